package shopify

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"countermand/shop"
)

const (
	// maxNoticed bounds the remarks that are kept.
	maxNoticed = 20
	// maxSkew is how far the clocks may differ before a person hears of it.
	maxSkew = time.Minute
	// orderWindow is how old the orders are that read_all_orders is needed
	// for, and a day.
	orderWindow = 61 * 24 * time.Hour
	// allOrders is the scope that shows orders of more than 60 days ago.
	allOrders = "read_all_orders"
)

// NeededScopes are what the app must be granted.
var NeededScopes = []string{"read_orders", "write_orders"}

// noticed is what the headers of the answers say, since the start.
type noticed struct {
	mu         sync.Mutex
	served     string
	deprecated []string
	skew       time.Duration
}

// take keeps what one answer says and tells whether that is news.
func (n *noticed) take(served, deprecated, date string, now time.Time) (news bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if served != "" && served != n.served {
		n.served, news = served, true
	}
	deprecated = clip(deprecated, 300)
	if deprecated != "" && len(n.deprecated) < maxNoticed && !slices.Contains(n.deprecated, deprecated) {
		n.deprecated, news = append(n.deprecated, deprecated), true
	}
	if t, err := http.ParseTime(date); err == nil {
		n.skew = t.Sub(now.Truncate(time.Second))
	}
	return news
}

// Health asks the shop about our access to it. Where it cannot be asked the
// error is of type *shop.Error, and the health holds what is known.
func (c *Client) Health(ctx context.Context) (shop.Health, error) {
	op := "ask after the health of shop " + c.name
	h := shop.Health{Shop: c.name, AskedVersion: c.version, Token: "static"}
	got, err := read(ctx, c, func(ctx context.Context) (*readHealthResponse, error) {
		return readHealth(ctx, c)
	})
	if err == nil {
		c.fill(&h, got)
		h.OldOrders, err = c.seesOld(ctx, h.Scopes)
	}
	c.noticed.mu.Lock()
	h.ServedVersion, h.Deprecated, h.Skew = c.noticed.served, slices.Clone(c.noticed.deprecated), c.noticed.skew
	c.noticed.mu.Unlock()
	if c.creds != nil {
		h.Token = "client_credentials"
	}
	if err == nil {
		h.Problems = c.problems(h)
	}
	return h, named(err, op)
}

func (c *Client) fill(h *shop.Health, got *readHealthResponse) {
	h.Domain = got.Shop.MyshopifyDomain
	for _, s := range got.CurrentAppInstallation.AccessScopes {
		h.Scopes = append(h.Scopes, s.Handle)
	}
	for _, s := range NeededScopes {
		if !granted(h.Scopes, s) {
			h.MissingScopes = append(h.MissingScopes, s)
		}
	}
	for _, v := range got.PublicApiVersions {
		if v.Supported {
			h.Supported = append(h.Supported, v.Handle)
		}
	}
}

// granted: to write something is to read it too.
func granted(scopes []string, want string) bool {
	return slices.Contains(scopes, want) || want == "read_orders" && slices.Contains(scopes, "write_orders")
}

// seesOld tells whether old orders show: by the scope, else by looking for
// one. A shop that has none yet seems to hide them, which is as well: it will.
func (c *Client) seesOld(ctx context.Context, scopes []string) (bool, error) {
	if slices.Contains(scopes, allOrders) {
		return true, nil
	}
	query := "created_at:<'" + c.now().UTC().Add(-orderWindow).Format(time.RFC3339) + "'"
	got, err := read(ctx, c, func(ctx context.Context) (*readOldestResponse, error) {
		return readOldest(ctx, c, query)
	})
	return err == nil && len(got.Orders.Nodes) > 0, err
}

func (c *Client) problems(h shop.Health) []string {
	var out []string
	add := func(format string, a ...any) { out = append(out, fmt.Sprintf(format, a...)) }
	for _, s := range h.MissingScopes {
		add("the app lacks the scope %s: grant it and install the app again", s)
	}
	if h.FellForward() {
		add("api_version %s is not supported any more, the shop answers in %s: set api_version to one of %v", h.AskedVersion, h.ServedVersion, h.Supported)
	}
	if c.domain != "" && h.Domain != c.domain {
		add("the shop calls itself %s, the configuration %s: webhooks name the former", h.Domain, c.domain)
	}
	if h.Skew.Abs() > maxSkew {
		add("the clocks differ by %s: see that this machine's clock is set by NTP", h.Skew)
	}
	if !h.OldOrders {
		add("orders of more than 60 days ago do not show: ask for the scope %s if you cancel such", allOrders)
	}
	for _, d := range h.Deprecated {
		add("the shop calls something deprecated that this version uses, so a newer countermand is due before long: %s", d)
	}
	return out
}
