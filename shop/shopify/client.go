package shopify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"countermand/shop"
)

// DefaultAPIVersion is the version that the operations are checked against.
const DefaultAPIVersion = "2026-10"

// tryTimeout ends one try; Shopify answers within 30 s or not at all.
const tryTimeout = 30 * time.Second

// Options say which shop to speak with.
type Options struct {
	// Name is the shop's name in our configuration.
	Name string
	// Domain is the shop's myshopify domain, without scheme.
	Domain string
	// Endpoint is where the shop's API is; empty means https://DOMAIN. Plain
	// http is only taken on loopback, as it would show the token.
	Endpoint string
	// APIVersion is a quarter such as the default, "2026-10".
	APIVersion string
	// Token gives the Admin API token for one request. Called for each, so
	// that it may change; StaticToken makes one of a fixed text.
	Token func(ctx context.Context) (string, error)
	// Credentials get the tokens in its place, and a new one when the shop
	// refuses the old. Close closes them.
	Credentials *Credentials
	Mapping     Mapping
	// Country: orders are read with the country they go to. Where the store
	// hides addresses from the app it stays empty.
	Country bool
	// Edits: orders are read with what their customers asked to have taken
	// off, where the API version has it.
	Edits bool
	// Heard is told the Date of each answer as soon as its head is there; nil:
	// nobody is.
	Heard func(date time.Time)
	// Now is time.Now where it is nil.
	Now func() time.Time
	// HTTP overrides the client. Its redirect policy is not used: redirects
	// are never followed, as that would hand the token to another host.
	HTTP *http.Client
	Log  zerolog.Logger
}

// StaticToken is a token that never changes.
func StaticToken(token string) func(context.Context) (string, error) {
	token = strings.TrimSpace(token)
	return func(context.Context) (string, error) { return token, nil }
}

// editsSince is the first version with requested order edits and with cancels
// that tell how they ended. "unstable" sorts after it.
const editsSince = "2026-10"

// Client reads one shop and writes to it. It is safe for use from several goroutines, and all
// of them share the shop's one budget.
type Client struct {
	name    string
	domain  string
	url     string
	version string
	token   func(context.Context) (string, error)
	creds   *Credentials // nil for a token of the operator's
	mapping Mapping
	country bool
	edits   bool
	heard   func(time.Time)
	now     func() time.Time
	http    *http.Client
	budget  budget
	noticed noticed
	pause   time.Duration // before the second try
	log     zerolog.Logger
}

var (
	_ shop.Edge   = (*Client)(nil)
	_ shop.Writer = (*Client)(nil)
	_ shop.Lister = (*Client)(nil)
)

var versionRE = regexp.MustCompile(`^(\d{4}-\d{2}|unstable)$`)

// New checks the options and returns a client. It sends nothing.
func New(o Options) (*Client, error) {
	if o.Credentials != nil {
		o.Token = o.Credentials.Token
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.APIVersion = cmp.Or(o.APIVersion, DefaultAPIVersion)
	base, err := endpoint(o.Endpoint, o.Domain)
	switch {
	case o.Name == "":
		err = errors.New("the shop has no name")
	case o.Token == nil:
		err = errors.New("no token source")
	case !versionRE.MatchString(o.APIVersion):
		err = fmt.Errorf("api version %q: write it like %q", o.APIVersion, DefaultAPIVersion)
	}
	if err != nil {
		return nil, fmt.Errorf("make client of shop %s: %w", o.Name, err)
	}
	return &Client{
		name:    o.Name,
		domain:  o.Domain,
		url:     base + "/admin/api/" + o.APIVersion + "/graphql.json",
		version: o.APIVersion,
		token:   o.Token,
		creds:   o.Credentials,
		mapping: o.Mapping,
		country: o.Country,
		edits:   o.Edits && o.APIVersion >= editsSince,
		heard:   o.Heard,
		now:     o.Now,
		http:    httpClient(o.HTTP),
		pause:   500 * time.Millisecond,
		log:     o.Log.With().Str("shop", o.Name).Logger(),
	}, nil
}

// Close drops the idle connections.
func (c *Client) Close() {
	c.http.CloseIdleConnections()
	if c.creds != nil {
		c.creds.Close()
	}
}

func httpClient(given *http.Client) *http.Client {
	hc := &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	if given != nil {
		hc = new(http.Client)
		*hc = *given
	}
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return hc
}

// endpoint is the base URL without a slash at its end.
func endpoint(given, domain string) (string, error) {
	if given == "" {
		if domain == "" || strings.ContainsAny(domain, "/:@?# ") {
			return "", fmt.Errorf("domain %q: write it like mystore.myshopify.com", domain)
		}
		return "https://" + domain, nil
	}
	u, err := url.Parse(given)
	if err != nil {
		return "", fmt.Errorf("endpoint: %w", err)
	}
	switch {
	case u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return "", fmt.Errorf("endpoint %q: write it like https://mystore.myshopify.com", given)
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return strings.TrimRight(u.String(), "/"), nil
	}
	return "", fmt.Errorf("endpoint %q: use https; plain http is for loopback only", given)
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && net.IP(ip.AsSlice()).IsLoopback()
}
