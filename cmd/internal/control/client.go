package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"time"
)

// ErrUnreachable: no daemon answers on the socket. Nothing was changed.
var ErrUnreachable = errors.New("the daemon is not reachable")

// callTimeout bounds one call. A test of the alert channels is the slowest.
const callTimeout = 60 * time.Second

// Client asks a daemon. It keeps no connection open.
type Client struct {
	path string
	http *http.Client
	now  time.Time
}

// NewClient makes a client for the socket at path. It connects only when
// asked something.
func NewClient(path string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}
	return &Client{path: path, http: &http.Client{
		Transport:     &http.Transport{DialContext: dial, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Now is the daemon's clock at its last answer, zero before one.
func (c *Client) Now() time.Time { return c.now }

// Status asks how the daemon is.
func (c *Client) Status(ctx context.Context) (out Status, err error) {
	return out, c.call(ctx, http.MethodGet, "/v1/status", nil, &out)
}

// Cases lists cases, newest first.
func (c *Client) Cases(ctx context.Context, f Filter) (out Cases, err error) {
	q := url.Values{}
	if f.Status != "" {
		q.Set("status", string(f.Status))
	}
	if f.Shop != "" {
		q.Set("shop", f.Shop)
	}
	if f.Open {
		q.Set("open", "1")
	}
	return out, c.call(ctx, http.MethodGet, "/v1/cases?"+q.Encode(), nil, &out)
}

// Case gives one case with its journal. ref is its id, a prefix that only it
// has, the shop order's name or the supplier's number.
func (c *Client) Case(ctx context.Context, ref string) (out Case, err error) {
	return out, c.call(ctx, http.MethodGet, "/v1/cases/"+url.PathEscape(ref), nil, &out)
}

// Decide hands in a decision; one that is not allowed comes back as *Error.
func (c *Client) Decide(ctx context.Context, ref string, d Decision) (out Case, err error) {
	return out, c.call(ctx, http.MethodPost, "/v1/cases/"+url.PathEscape(ref)+"/decide", d, &out)
}

// Disputes lists the queue, most urgent first.
func (c *Client) Disputes(ctx context.Context) (out Disputes, err error) {
	return out, c.call(ctx, http.MethodGet, "/v1/disputes", nil, &out)
}

// MapSet says which supplier orders belong to a shop order.
func (c *Client) MapSet(ctx context.Context, m MapSet) (out Cases, err error) {
	return out, c.call(ctx, http.MethodPost, "/v1/mappings", m, &out)
}

// MapImport hands in a part of a file, at most MaxImport orders. It may be
// repeated: what is stored already is stored again.
func (c *Client) MapImport(ctx context.Context, m MapImport) (out MapImported, err error) {
	return out, c.call(ctx, http.MethodPost, "/v1/mappings-import", m, &out)
}

// Alerts lists alerts, newest first.
func (c *Client) Alerts(ctx context.Context, open bool) (out Alerts, err error) {
	path := "/v1/alerts"
	if open {
		path += "?open=1"
	}
	return out, c.call(ctx, http.MethodGet, path, nil, &out)
}

// Ack acknowledges an alert, by its id or a prefix that only it has.
func (c *Client) Ack(ctx context.Context, ref string) (out Alert, err error) {
	return out, c.call(ctx, http.MethodPost, "/v1/alerts/"+url.PathEscape(ref)+"/ack", nil, &out)
}

// TestAlert sends a message to every channel.
func (c *Client) TestAlert(ctx context.Context) (out Channels, err error) {
	return out, c.call(ctx, http.MethodPost, "/v1/alerts-test", nil, &out)
}

// Lend asks for an account's browser profile for so long.
func (c *Client) Lend(ctx context.Context, account string, d time.Duration) error {
	return c.call(ctx, http.MethodPost, "/v1/accounts/"+url.PathEscape(account)+"/lend", Loan{Seconds: int(d.Seconds())}, &Loan{})
}

// TakeBack gives the profile back to the daemon.
func (c *Client) TakeBack(ctx context.Context, account string) error {
	return c.call(ctx, http.MethodPost, "/v1/accounts/"+url.PathEscape(account)+"/take-back", nil, &Loan{})
}

// Claim says that the daemon's data folder is the only one in use.
func (c *Client) Claim(ctx context.Context) (out Claimed, err error) {
	return out, c.call(ctx, http.MethodPost, "/v1/claim", nil, &out)
}

// AcceptClock says that the daemon's clock is right.
func (c *Client) AcceptClock(ctx context.Context) (out ClockAccepted, err error) {
	return out, c.call(ctx, http.MethodPost, "/v1/clock-accept", nil, &out)
}

// call asks once for a document. It never repeats: a decision must not be taken
// twice.
func (c *Client) call(ctx context.Context, method, path string, body, out any) error {
	return c.callWithin(ctx, callTimeout, method, path, body, out)
}

func (c *Client) callWithin(ctx context.Context, limit time.Duration, method, path string, body, out any) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var payload io.Reader = http.NoBody
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("write the request: %w", err)
		}
		payload = bytes.NewReader(b)
	}
	var answer bytes.Buffer
	if _, err := c.exchange(ctx, method, path, payload, &answer, method != http.MethodGet); err != nil {
		return err
	}
	if err := json.Unmarshal(answer.Bytes(), out); err != nil {
		return fmt.Errorf("read the daemon's answer: %w", err)
	}
	return nil
}

// exchange copies an answer to w and gives what stands behind it. Where the
// request changes nothing it can be sent again.
func (c *Client) exchange(ctx context.Context, method, path string, body io.Reader, w io.Writer, changes bool) (trailer http.Header, err error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://countermand"+path, body)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.broken(changes, err)
	}
	defer resp.Body.Close()
	if now, err := time.Parse(time.RFC3339Nano, resp.Header.Get(nowHeader)); err == nil {
		c.now = now
	}
	if resp.StatusCode != http.StatusOK {
		answer, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
		return nil, errors.Join(refusal(resp.StatusCode, answer), err)
	}
	if _, err := io.Copy(w, resp.Body); err != nil {
		return nil, c.broken(changes, err)
	}
	return resp.Trailer, nil
}

func refusal(code int, answer []byte) error {
	var f failure
	if err := json.Unmarshal(answer, &f); err != nil || f.Error == "" {
		f.Error = fmt.Sprintf("the daemon answered %d %s", code, http.StatusText(code))
	}
	return &Error{code, f.Error}
}

// broken words a call without an answer. Whether a change was made is known
// only when no connection came about.
func (c *Client) broken(changes bool, err error) error {
	op, dialled := errors.AsType[*net.OpError](err)
	switch {
	case dialled && op.Op == "dial" && errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: no permission for %s: run this as the daemon's user or as a member of control_group", ErrUnreachable, c.path)
	case dialled && op.Op == "dial":
		return fmt.Errorf("%w: nobody answers on %s: start it (countermand run --config FILE) or name its socket (--socket PATH)", ErrUnreachable, c.path)
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if !changes {
		return fmt.Errorf("the daemon gave no whole answer, ask again: %w", err)
	}
	return fmt.Errorf("the daemon gave no whole answer, look whether it took this before you repeat it (countermand cases show ID): %w", err)
}
