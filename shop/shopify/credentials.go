package shopify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"countermand/shop"
)

const (
	// grantLife is how long a token lives where the shop does not say.
	grantLife = 24 * time.Hour
	// renewPause is how long a token that still lives is used after a renewal
	// that did not work.
	renewPause = time.Minute
	// maxGrant bounds the answer to a grant, in bytes.
	maxGrant = 64 << 10
)

// CredentialOptions say how tokens are to be had.
type CredentialOptions struct {
	// Name is the shop's name in our configuration.
	Name string
	// Domain and Endpoint are as in Options.
	Domain, Endpoint string
	ClientID         string
	// Secret gives the app's client secret. Called for each grant, so that it
	// may change; StaticToken makes one of a fixed text.
	Secret func(ctx context.Context) (string, error)
	// Now is time.Now where it is nil.
	Now func() time.Time
}

// Credentials get tokens by the client credentials grant, for an app of the
// shop's own organisation. A token is kept and renewed after 23 of its 24
// hours, by one grant at a time however many goroutines ask. They are safe for
// use from several goroutines.
type Credentials struct {
	o      CredentialOptions
	url    string
	http   *http.Client
	flight singleflight.Group

	mu   sync.Mutex
	held heldToken
}

type heldToken struct {
	text            string
	renewAt, endsAt time.Time
}

// ClientCredentials checks the options. It sends nothing.
func ClientCredentials(o CredentialOptions) (*Credentials, error) {
	base, err := endpoint(o.Endpoint, o.Domain)
	switch {
	case err != nil:
		return nil, fmt.Errorf("make credentials of shop %s: %w", o.Name, err)
	case o.ClientID == "" || o.Secret == nil:
		return nil, fmt.Errorf("make credentials of shop %s: client_id and client_secret_file are needed together", o.Name)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Credentials{o: o, url: base + "/admin/oauth/access_token", http: httpClient(nil)}, nil
}

// Close drops the idle connections.
func (c *Credentials) Close() { c.http.CloseIdleConnections() }

// Token gives a token that lives. Where a renewal does not work, the old one
// is given for as long as it lives. Errors are of type *shop.Error.
func (c *Credentials) Token(ctx context.Context) (string, error) {
	now := c.o.Now()
	held := c.now()
	if held.text != "" && now.Before(held.renewAt) {
		return held.text, nil
	}
	fresh, err := c.renew(ctx)
	if err != nil && ctx.Err() == nil && held.text != "" && now.Before(held.endsAt) {
		c.putOff(held.text, now.Add(renewPause))
		return held.text, nil
	}
	return fresh, err
}

// Refuse forgets a token that the shop does not take any more, unless there
// is a newer one by now.
func (c *Credentials) Refuse(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held.text == token {
		c.held = heldToken{}
	}
}

func (c *Credentials) now() heldToken {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held
}

func (c *Credentials) putOff(token string, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held.text == token {
		c.held.renewAt = until
	}
}

// renew gets a new token; those who ask meanwhile share it. The grant outlives
// the one who asked first, as others may wait for it.
func (c *Credentials) renew(ctx context.Context) (string, error) {
	done := c.flight.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), tryTimeout, errors.New("no answer in time"))
		defer cancel()
		got, err := c.grant(ctx)
		if err == nil {
			c.mu.Lock()
			c.held = got
			c.mu.Unlock()
		}
		return got.text, err
	})
	select {
	case r := <-done:
		text, _ := r.Val.(string)
		return text, r.Err
	case <-ctx.Done():
		return "", &shop.Error{Kind: shop.Unavailable, Op: c.op(), Err: context.Cause(ctx)}
	}
}

func (c *Credentials) op() string { return "get a token for shop " + c.o.Name }

func (c *Credentials) grant(ctx context.Context) (heldToken, error) {
	secret, err := c.o.Secret(ctx)
	if err != nil || secret == "" {
		return heldToken{}, &shop.Error{Kind: shop.Unauthorized, Op: c.op(), Detail: "no client secret: put it into the shop's client_secret_file", Err: err}
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.o.ClientID}, "client_secret": {secret}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, strings.NewReader(form.Encode()))
	if err != nil {
		return heldToken{}, &shop.Error{Kind: shop.Invalid, Op: c.op(), Err: err}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "countermand")
	asked := c.o.Now()
	res, err := c.http.Do(req)
	if err != nil {
		return heldToken{}, &shop.Error{Kind: shop.Unavailable, Op: c.op(), Err: err}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxGrant))
	if err != nil {
		return heldToken{}, &shop.Error{Kind: shop.Unavailable, Op: c.op(), Detail: "the answer broke off", Err: err}
	}
	return c.granted(res, body, asked)
}

func (c *Credentials) granted(res *http.Response, body []byte, asked time.Time) (heldToken, error) {
	var got struct {
		AccessToken string  `json:"access_token"`
		ExpiresIn   float64 `json:"expires_in"`
		Error       string  `json:"error"`
		Description string  `json:"error_description"`
	}
	err := json.Unmarshal(body, &got)
	switch {
	case res.StatusCode != http.StatusOK:
		return heldToken{}, c.refused(res, got.Error, got.Description)
	case err != nil, got.AccessToken == "":
		return heldToken{}, &shop.Error{Kind: shop.Invalid, Op: c.op(), Detail: "the answer holds no token"} // nor may it be shown: it could hold one all the same
	}
	life := seconds(got.ExpiresIn, 90*24*time.Hour)
	if life <= 0 {
		life = grantLife
	}
	return heldToken{text: got.AccessToken, renewAt: asked.Add(life / 24 * 23), endsAt: asked.Add(life)}, nil
}

// What a person has to do, by the code of a refused grant.
var mendGrant = map[string]string{
	"shop_not_permitted":          "this app and this shop belong to different Shopify organisations, or the app is not installed: install it, or give the shop a token_file",
	"app_not_installed":           "the app is not installed in this shop: install it from the Dev Dashboard",
	"application_cannot_be_found": "no app has this client_id: compare it with the app's settings",
	"invalid_client":              "client_id and client secret do not belong together: compare both with the app's settings",
	"unsupported_grant_type":      "this app cannot get tokens by itself: give the shop a token_file",
}

func (c *Credentials) refused(res *http.Response, code, text string) error {
	e := statusFailure(c.op(), res, c.o.Now())
	detail, known := mendGrant[code]
	switch {
	case known:
		e.Kind, e.Detail = shop.Unauthorized, detail
	case e.Kind == shop.Unauthorized || res.StatusCode == http.StatusBadRequest:
		e.Kind, e.Detail = shop.Unauthorized, "the shop gives no token: see that the app is installed and that client_id and client secret are its own"
	}
	if code != "" {
		e.Err = fmt.Errorf("%w: %s", e.Err, strings.TrimSpace(clip(code, 80)+" "+clip(text, 200)))
	}
	return e
}
