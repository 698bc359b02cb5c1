package aliexpress

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// Options of a client.
type Options struct {
	// Account names the buyer account, for messages.
	Account string
	Hosts   site.Hosts
	// Chrome are the options of the account's browser. Its gate is the
	// client's own.
	Chrome  chrome.Options
	Profile site.Profile
	// Known gives the numbers that the store knows of the account's orders; nil:
	// none.
	Known func(context.Context) (Known, error)
	// Prepared is told the names of calls that came before the one which asked,
	// in a flow that ended well, and are not known yet; nil: nobody is.
	Prepared func(names []string)
	// Evidence stores screenshots, pages and answers; nil: nothing is stored.
	Evidence supplier.EvidenceSink
	// Now tells the time of readings; nil: the real one.
	Now func() time.Time
	// Zone is the IANA zone that the account's pages show times in.
	Zone string
	// Region, Language and Currency as the site writes them: US, en_US, USD.
	Region, Language, Currency string
	// Pace is called before each action; nil: no pause.
	Pace func(context.Context) error
	Log  zerolog.Logger

	// StepTimeout bounds the wait for one page or one answer; default 30 s.
	StepTimeout time.Duration
	// CancelTimeout bounds a whole attempt up to its last click, pauses
	// included; default 15 min.
	CancelTimeout time.Duration
	// FinalTimeout bounds the reading after the last click, which is done
	// even when the caller is gone; default 45 s.
	FinalTimeout time.Duration
	// CheckWait is how long CheckOrder waits for a page to show what the profile
	// names; default 8 s.
	CheckWait time.Duration
	// MaxSteps bounds the looks of one attempt; default 12.
	MaxSteps int
	// MaxPages bounds a sweep of the list, of ten orders a page; default 5. An
	// order further down is cheaper to read by its own page.
	MaxPages int
}

// Client works one account at AliExpress. It is a supplier.Client and is used
// by one goroutine at a time.
type Client struct {
	o    Options
	p    site.Profile
	b    *chrome.Browser
	gate *gatekeeper
	zone *time.Location
	tab  *chrome.Tab
}

var _ supplier.Client = (*Client)(nil)

// New checks the options. The browser is started when it is first needed.
func New(o Options) (*Client, error) {
	if err := o.Profile.Validate(); err != nil {
		return nil, fmt.Errorf("account %s: site profile: %w", o.Account, err)
	}
	for name, h := range map[string]string{"www": o.Hosts.WWW, "mobile": o.Hosts.Mobile, "login": o.Hosts.Login, "api": o.Hosts.API} {
		u, err := url.Parse(h)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" {
			return nil, fmt.Errorf("account %s: host %s: %q is not an address such as https://www.aliexpress.com", o.Account, name, h)
		}
	}
	orDefault(&o.Zone, "UTC")
	zone, err := time.LoadLocation(o.Zone)
	if err != nil {
		return nil, fmt.Errorf("account %s: timezone: %w", o.Account, err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Pace == nil {
		o.Pace = func(context.Context) error { return nil }
	}
	defaults(&o)
	c := &Client{o: o, p: o.Profile, zone: zone}
	c.p.Language, _, _ = strings.Cut(o.Language, "_")
	c.gate = newGatekeeper(c.p, o.Hosts, o.Log)
	o.Chrome.Timezone, o.Chrome.Language, o.Chrome.Gate = o.Zone, o.Language, c.gate
	o.Chrome.Proxy.Private = o.Hosts.OnLoopback()
	if o.Chrome.Report == nil {
		o.Chrome.Report = func(err error) { o.Log.Debug().Err(err).Str("account", o.Account).Msg("at the browser's gate") }
	}
	if c.b, err = chrome.New(o.Chrome); err != nil {
		return nil, fmt.Errorf("account %s: %w", o.Account, err)
	}
	return c, nil
}

func defaults(o *Options) {
	orDefault(&o.StepTimeout, 30*time.Second)
	orDefault(&o.CancelTimeout, 15*time.Minute)
	orDefault(&o.FinalTimeout, 45*time.Second)
	orDefault(&o.CheckWait, 8*time.Second)
	orDefault(&o.MaxSteps, 12)
	orDefault(&o.MaxPages, 5)
	orDefault(&o.Region, "US")
	orDefault(&o.Language, "en_US")
	orDefault(&o.Currency, "USD")
}

// orDefault fills in an option that says nothing.
func orDefault[T cmp.Ordered](v *T, otherwise T) {
	var none T
	if *v <= none {
		*v = otherwise
	}
}

// Close stops the browser, keeping the session. The next call starts it
// again.
func (c *Client) Close(ctx context.Context) error {
	c.dropTab()
	c.gate.enter(site.ModeReading)
	if err := c.b.Stop(ctx); err != nil {
		return fmt.Errorf("account %s: stop browser: %w", c.o.Account, err)
	}
	return nil
}

// dropTab throws the account's tab away.
func (c *Client) dropTab() {
	if c.tab != nil {
		c.tab.Close()
		c.tab = nil
	}
}

// url fills a template of the profile.
func (c *Client) url(template, id, line string) string {
	r := strings.NewReplacer(
		"{www}", strings.TrimRight(c.o.Hosts.WWW, "/"), "{mobile}", strings.TrimRight(c.o.Hosts.Mobile, "/"),
		"{id}", url.QueryEscape(id), "{line}", url.QueryEscape(line))
	return r.Replace(template)
}

// begin starts a piece of work: a browser that is not fit for it is started
// anew first.
func (c *Client) begin(ctx context.Context) (*chrome.Tab, error) {
	why, err := c.b.Fit(ctx)
	if why != "" {
		c.o.Log.Info().Str("account", c.o.Account).Msg("browser restarted: " + why)
	}
	if err != nil {
		return nil, err
	}
	c.closeExtraTabs(ctx) // what opened after the last piece of work is of that one
	if c.o.Known != nil {
		known, err := c.o.Known(ctx)
		if err != nil {
			return nil, fmt.Errorf("look up the numbers of other orders: %w", err)
		}
		c.gate.refresh(known)
	}
	return c.page(ctx)
}

// navigate sends a tab to an address.
func (c *Client) navigate(ctx context.Context, tab *chrome.Tab, address string) error {
	c.gate.drives(tab, address, site.ByDriver)
	return tab.Navigate(ctx, address)
}

// reload loads the page of a tab again.
func (c *Client) reload(ctx context.Context, tab *chrome.Tab) error {
	address, err := tab.URL(ctx)
	if err != nil {
		return err
	}
	c.gate.reloads(tab, address)
	return tab.Reload(ctx)
}

// Learn takes over what people have said of the site's calls. It counts for the
// requests from now on.
func (c *Client) Learn(l site.Learned) error {
	p, err := c.o.Profile.With(l)
	if err != nil {
		return fmt.Errorf("account %s: %w", c.o.Account, err)
	}
	c.gate.learn(p)
	return nil
}

// UnknownCalls are the calls of the site's pages, since the start, of which
// nobody knows what they do.
func (c *Client) UnknownCalls() []supplier.SiteCall { return c.gate.counted() }

// Sandboxed tells whether the browser runs in its sandbox; worth a warning
// where it does not.
func (c *Client) Sandboxed() bool { return c.b.Sandboxed() }

// work does one piece of work in the account's tab, and keeps the session after
// it.
func (c *Client) work(ctx context.Context, op string, do func(*chrome.Tab) error) error {
	tab, err := c.begin(ctx)
	defer c.closeExtraTabs(ctx)
	if err == nil {
		err = do(tab)
	}
	if err != nil {
		return c.fail(ctx, op, err)
	}
	c.done(ctx)
	return nil
}

// closeExtraTabs closes the tabs that the site opened: they would go on after this
// piece of work and be mistaken for part of the next one.
func (c *Client) closeExtraTabs(ctx context.Context) {
	if c.tab == nil || !c.tab.Alive() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if err := c.tab.CloseOpened(ctx); err != nil {
		c.o.Log.Debug().Err(err).Str("account", c.o.Account).Msg("tabs that the site opened stay open")
	}
}

// page gives the account's one tab, with the locale pinned.
func (c *Client) page(ctx context.Context) (*chrome.Tab, error) {
	if c.tab != nil && c.tab.Alive() {
		return c.tab, nil
	}
	c.dropTab()
	tab, err := c.b.NewTab(ctx)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		// A browser that opens no tab is of no use, whatever else it answers.
		return nil, errors.Join(&supplier.Error{Kind: supplier.Browser, Detail: "the browser opens no tab and was ended", Err: err}, c.b.Stop(ctx))
	}
	if err != nil {
		return nil, err
	}
	c.tab = tab
	return tab, c.pinLocale(ctx)
}

// pinLocale keeps the site from guessing region and language by the address
// that we come from.
func (c *Client) pinLocale(ctx context.Context) error {
	value := strings.NewReplacer("{region}", c.o.Region, "{language}", c.o.Language, "{currency}", c.o.Currency).Replace(c.p.LocaleCookie.Value)
	seen := map[string]bool{}
	var cookies []chrome.Cookie
	for _, h := range []string{c.o.Hosts.WWW, c.o.Hosts.Mobile, c.o.Hosts.Login, c.o.Hosts.API} {
		k := chrome.Cookie{Name: c.p.LocaleCookie.Name, Value: value, Path: "/", Expires: time.Now().AddDate(1, 0, 0)}
		host, domain := site.ParentDomain(h)
		if seen[host+domain] {
			continue
		}
		seen[host+domain] = true
		if k.Domain = domain; domain == "" {
			k.URL = h
		}
		cookies = append(cookies, k)
	}
	return c.b.SetCookies(ctx, cookies...)
}

// fail gives an error its kind. An error of the caller's own context is passed
// on as it is.
func (c *Client) fail(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*supplier.Error](err); ok {
		if e.Op == "" {
			e.Op = op
		}
		return e
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	kind := supplier.Browser
	switch {
	case errors.Is(err, chrome.ErrNet):
		kind = supplier.Unreachable
	case errors.Is(err, site.ErrEmpty):
		kind = supplier.Throttled
	case errors.Is(err, site.ErrShape):
		kind = supplier.Unreadable
	case errors.Is(err, context.DeadlineExceeded):
		kind = c.slowOrWedged(ctx)
	}
	return &supplier.Error{Kind: kind, Op: op, Err: err}
}

// slowOrWedged tells whether the site, the page or the browser does not answer.
// A page or browser that hangs is closed, so that the next call gets a new one.
func (c *Client) slowOrWedged(ctx context.Context) supplier.Kind {
	if c.b.Health(ctx) == nil {
		if c.tab == nil || c.tab.Health(ctx) == nil {
			return supplier.Unreachable
		}
		c.dropTab()
		return supplier.Browser
	}
	if err := c.Close(ctx); err != nil {
		c.o.Log.Warn().Err(err).Str("account", c.o.Account).Msg("a browser that hangs was killed")
	}
	return supplier.Browser
}

// tidy leaves the account's tab as the next piece of work expects it, and
// keeps the session. A tab that cannot be tidied up is thrown away.
func (c *Client) tidy(ctx context.Context) {
	if c.tab == nil || !c.tab.Alive() {
		return
	}
	quick, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if err := c.tab.SetBlocking(quick, true); err != nil {
		c.o.Log.Debug().Err(err).Str("account", c.o.Account).Msg("the page is thrown away")
		c.dropTab()
		return
	}
	c.closeExtraTabs(ctx)
	c.done(ctx)
}

// done keeps the session after a piece of work.
func (c *Client) done(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := c.b.ExportCookies(ctx); err != nil {
		c.o.Log.Warn().Err(err).Str("account", c.o.Account).Msg("session not kept: a killed browser would have to sign in again")
	}
}

// wrong is the error of a page that shows another order.
func wrong(op, want, got string) error {
	return &supplier.Error{Kind: supplier.WrongOrder, Op: op, Detail: fmt.Sprintf("asked for order %s, the site's data are of %q; nothing was clicked", want, got)}
}
