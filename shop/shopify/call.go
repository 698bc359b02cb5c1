package shopify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/Khan/genqlient/graphql"
	"github.com/cenkalti/backoff/v7"

	"countermand/shop"
)

const (
	// maxTries bounds the tries of one read; the engine asks again later.
	maxTries = 3
	// maxWait is the longest that a call waits for the shop's budget or for
	// its Retry-After; a longer wait is handed to the caller.
	maxWait = 15 * time.Second
	// maxReply bounds an answer, in bytes. A page of lines has some 100 KB.
	maxReply = 4 << 20
	// tokenHeader carries the Admin API token.
	tokenHeader = "X-Shopify-Access-Token"
)

// read runs a read until it succeeds, fails for good or has had its tries.
// Only reads may come here: a write is never sent twice unseen.
func read[T any](ctx context.Context, c *Client, ask func(context.Context) (T, error)) (T, error) {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval = c.pause, 10*c.pause
	got, err := backoff.Retry(ctx, func() (T, error) {
		got, err := ask(ctx)
		return got, retryable(err)
	}, backoff.WithBackOff(pauses), backoff.WithMaxTries(maxTries), backoff.WithMaxElapsedTime(0))
	switch failed := backoff.AsRetryError(err); {
	case failed == nil:
		return got, nil
	case ctx.Err() != nil:
		return got, &shop.Error{Kind: shop.Unavailable, Op: "read", Detail: "given up", Err: context.Cause(ctx)}
	default:
		return got, failed.LastErr
	}
}

// retryable translates an error for package backoff.
func retryable(err error) error {
	e, ok := errors.AsType[*shop.Error](err)
	switch {
	case err == nil:
		return nil
	case !ok, e.Kind != shop.Throttled && e.Kind != shop.Unavailable, e.RetryAfter > maxWait:
		return backoff.Permanent(err)
	case e.RetryAfter > 0:
		return backoff.RetryAfter(e.RetryAfter, err)
	}
	return err
}

// pageInfo is what the generated code has under a name of its own for each
// listing.
type pageInfo struct {
	HasNextPage bool
	EndCursor   string
}

// pages asks page after page.
func pages(ask func(after string) (pageInfo, error)) error {
	after := ""
	for range maxPages {
		page, err := ask(after)
		if err != nil {
			return err
		}
		if after, err = page.next(after); err != nil || after == "" {
			return err
		}
	}
	return invalid("there are more than %d pages", maxPages)
}

// next is the cursor of the page after the one at cursor, empty at the end.
func (p pageInfo) next(cursor string) (string, error) {
	switch {
	case !p.HasNextPage:
		return "", nil
	case p.EndCursor == "" || p.EndCursor == cursor:
		return "", invalid("the shop tells of more pages but not where they are")
	}
	return p.EndCursor, nil
}

// reply is the envelope of every answer.
type reply struct {
	Data       json.RawMessage `json:"data"`
	Errors     []replyError    `json:"errors"`
	Extensions struct {
		Cost cost `json:"cost"`
	} `json:"extensions"`
}

type replyError struct {
	Message    string `json:"message"`
	Extensions struct {
		Code string `json:"code"`
	} `json:"extensions"`
}

// MakeRequest sends one operation once; it is what the generated code calls.
// Every error is a *shop.Error.
func (c *Client) MakeRequest(ctx context.Context, req *graphql.Request, resp *graphql.Response) error {
	if wait := c.budget.reserve(req.OpName, time.Now()); wait > maxWait {
		return &shop.Error{Kind: shop.Throttled, Op: req.OpName, Detail: "the shop's request budget is used up", RetryAfter: wait}
	} else if err := sleep(ctx, wait); err != nil {
		return &shop.Error{Kind: shop.Unavailable, Op: req.OpName, Err: err}
	}
	body, err := c.post(ctx, req)
	if err != nil {
		return err
	}
	var r reply
	if err := json.Unmarshal(body, &r); err != nil {
		return &shop.Error{Kind: shop.Invalid, Op: req.OpName, Detail: "the answer is not JSON", Sent: true, Err: err}
	}
	c.budget.observe(req.OpName, r.Extensions.Cost, time.Now())
	if len(r.Errors) > 0 {
		return replyFailure(req.OpName, r)
	}
	// An empty answer proves nothing, above all not that an order is absent.
	var roots map[string]json.RawMessage
	if err := json.Unmarshal(r.Data, &roots); err != nil || len(roots) == 0 {
		return &shop.Error{Kind: shop.Invalid, Op: req.OpName, Detail: "the answer holds no data", Sent: true, Err: err}
	}
	if err := json.Unmarshal(r.Data, resp.Data); err != nil {
		return &shop.Error{Kind: shop.Invalid, Op: req.OpName, Detail: "the answer does not fit the schema", Sent: true, Err: err}
	}
	return nil
}

// write sends a write. It is sent again only where the shop says that it did
// not carry it out and when to ask again.
func (c *Client) write(ctx context.Context, do func(context.Context) error) error {
	for try := 1; ; try++ {
		err := do(ctx)
		e, ok := errors.AsType[*shop.Error](err)
		if !ok || e.Kind != shop.Throttled || e.Sent || e.RetryAfter > maxWait || try == maxTries {
			return err
		}
		if sleep(ctx, max(e.RetryAfter, c.pause)) != nil {
			return err
		}
	}
}

// post returns the body of a 200. A token that is refused is renewed once,
// where that can be done; the shop has then not looked at the request.
func (c *Client) post(ctx context.Context, req *graphql.Request) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, tryTimeout, errors.New("no answer in time"))
	defer cancel()
	out, err := json.Marshal(req)
	if err != nil {
		return nil, &shop.Error{Kind: shop.Invalid, Op: req.OpName, Err: err}
	}
	for renewed := false; ; renewed = true {
		token, err := c.token(ctx)
		if err != nil {
			return nil, tokenFailure(req.OpName, err)
		}
		if token == "" {
			return nil, &shop.Error{Kind: shop.Unauthorized, Op: req.OpName, Detail: "the token is empty: put the shop's Admin API token into its token file"}
		}
		status, body, err := c.try(ctx, req.OpName, token, out)
		if status != http.StatusUnauthorized || c.creds == nil || renewed {
			return body, err
		}
		c.creds.Refuse(token)
	}
}

// try sends a request once.
func (c *Client) try(ctx context.Context, op, token string, out []byte) (status int, body []byte, err error) {
	hr, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(out))
	if err != nil {
		return 0, nil, &shop.Error{Kind: shop.Invalid, Op: op, Err: err}
	}
	hr.Header.Set("Content-Type", "application/json")
	hr.Header.Set("Accept", "application/json")
	hr.Header.Set("User-Agent", "countermand")
	hr.Header.Set(tokenHeader, token)
	res, err := c.http.Do(hr)
	if err != nil {
		return 0, nil, &shop.Error{Kind: shop.Unavailable, Op: op, Sent: !neverLeft(err), Err: err}
	}
	defer res.Body.Close()
	if date, err := http.ParseTime(res.Header.Get("Date")); err == nil && c.heard != nil {
		c.heard(date)
	}
	body, err = io.ReadAll(io.LimitReader(res.Body, maxReply+1))
	c.remark(op, res)
	switch {
	case res.StatusCode != http.StatusOK:
		return res.StatusCode, nil, statusFailure(op, res, time.Now())
	case err != nil:
		return res.StatusCode, nil, &shop.Error{Kind: shop.Unavailable, Op: op, Detail: "the answer broke off", Sent: true, Err: err}
	case len(body) > maxReply:
		return res.StatusCode, nil, &shop.Error{Kind: shop.Invalid, Op: op, Detail: "the answer is larger than any order", Sent: true}
	}
	return res.StatusCode, body, nil
}

// neverLeft tells whether an error of http means that no connection was made.
func neverLeft(err error) bool {
	e, ok := errors.AsType[*net.OpError](err)
	return ok && e.Op == "dial"
}

// remark keeps and logs what the answer's headers say about our use of the
// API.
func (c *Client) remark(op string, res *http.Response) {
	served := res.Header.Get("X-Shopify-API-Version")
	why := res.Header.Get("X-Shopify-API-Deprecated-Reason")
	news := c.noticed.take(served, why, res.Header.Get("Date"), c.now())
	l := c.log.Debug()
	if news && (served != "" && served != c.version || why != "") {
		l = c.log.Warn().Str("asked_version", c.version).Str("served_version", served).Str("deprecated", why)
	}
	l.Str("op", op).Int("status", res.StatusCode).Str("request_id", res.Header.Get("X-Request-Id")).Msg("shop answered")
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
