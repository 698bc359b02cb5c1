package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"countermand/cmd/internal/doctor"
	"countermand/configs"
	"countermand/state"
	"countermand/supplier"
	"countermand/supplier/aliexpress"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
	"countermand/supplier/chrome/proxy"
)

// browserMemory is what a browser may take before it is started anew between
// two tasks: three times what it needs, and less than the unit's MemoryMax.
const browserMemory = 1500 << 20

// client is what the daemon and the commands without one ask of an account.
type client interface {
	supplier.Client
	supplier.Messenger
	doctor.Account
	learner
	Sandboxed() bool
}

// account is one buyer account with its browser.
type account struct {
	client
	pace *pacer
}

// parts are what an account is opened with, beside its configuration.
type parts struct {
	evidence supplier.EvidenceSink
	now      func() time.Time
	log      zerolog.Logger
	// store, where there is one, knows the orders of other cases.
	store state.Store
	book  *SiteBook
}

// openers make the client and the browser of an account, by its supplier.
var openers = map[string]func(*configs.Config, configs.Account, parts) (*account, error){
	"aliexpress": openAliExpress,
}

func openAccount(c *configs.Config, ac configs.Account, with parts) (*account, error) {
	open, ok := openers[ac.Supplier]
	if !ok {
		return nil, fmt.Errorf("open account %s: there is no supplier %q", ac.Name, ac.Supplier)
	}
	return open(c, ac, with)
}

func openAliExpress(c *configs.Config, ac configs.Account, with parts) (*account, error) {
	path, err := chrome.Find(c.Browser.Path)
	if err != nil && ac.RemoteURL == "" {
		return nil, err
	}
	profile, err := siteProfile(ac)
	if err != nil {
		return nil, err
	}
	through, err := gateProxy(c, ac)
	if err != nil {
		return nil, err
	}
	a := &account{pace: newPacer(ac.Pace)}
	a.client, err = aliexpress.New(aliexpress.Options{
		Account: ac.Name, Hosts: site.Hosts{WWW: ac.Hosts.WWW, Mobile: ac.Hosts.Mobile, Login: ac.Hosts.Login, API: ac.Hosts.API},
		Chrome: chrome.Options{
			Path: path, ProfileDir: ac.ProfileDir, RemoteURL: ac.RemoteURL, Visible: !ac.Headless,
			Sandbox: chrome.Sandbox(c.Browser.Sandbox), Flags: c.Browser.Flags, Proxy: through, MemoryLimit: browserMemory,
		},
		Prepared: func(names []string) {
			if err := with.book.prepared(names); err != nil {
				with.log.Warn().Err(err).Str("account", ac.Name).Strs("calls", names).Msg("calls that prepare a request were not noted")
			}
		},
		Profile: profile, Evidence: with.evidence, Now: with.now, Known: knownOrders(with.store, ac.Supplier),
		Zone: ac.Timezone, Language: ac.Language, Region: ac.Region, Currency: ac.Currency,
		Pace: a.pace.wait, Log: with.log.With().Str("account", ac.Name).Logger(),
	})
	if err == nil {
		err = with.book.teach(a.client)
	}
	if err != nil {
		return nil, fmt.Errorf("open account %s: %w", ac.Name, err)
	}
	return a, nil
}

// knownOrders looks up the numbers that cases and shop orders name; nil where
// there is no store.
func knownOrders(store state.Store, at string) func(context.Context) (aliexpress.Known, error) {
	if store == nil {
		return nil
	}
	isOrder := func(number string) bool {
		err := store.View(context.Background(), func(tx state.ReadTx) error {
			cases, err := tx.CasesBySupplierOrder(at, number)
			if err != nil {
				return err
			}
			claims, err := tx.Claims(number)
			if err == nil && len(cases)+len(claims) == 0 {
				return state.ErrNotFound
			}
			return err
		})
		return !errors.Is(err, state.ErrNotFound) // what cannot be read may be one
	}
	return func(ctx context.Context) (aliexpress.Known, error) {
		known := aliexpress.Known{Order: isOrder, Open: map[string]string{}}
		return known, store.View(ctx, func(tx state.ReadTx) error {
			for c, err := range state.OpenCases(tx) {
				if errors.Is(err, state.ErrCorrupt) {
					return nil // isOrder fears the worst of what is behind it
				}
				if err != nil {
					return err
				}
				if c.SupplierOrder == "" || c.Supplier != at {
					continue
				}
				known.Open[c.SupplierOrder] = c.SupplierOrder
				for _, l := range c.SupplierLines {
					if l.ID != "" {
						known.Open[l.ID] = c.SupplierOrder
					}
				}
			}
			return nil
		})
	}
}

// gateProxy is how the proxy of an account's browser listens and leads out.
func gateProxy(c *configs.Config, ac configs.Account) (proxy.Options, error) {
	o := proxy.Options{Addr: c.Browser.GateListen, Private: ac.OnLoopback()}
	file := c.Browser.UpstreamProxyFile
	if file == "" {
		return o, nil
	}
	address, err := configs.ReadSecret(file)
	if err == nil {
		o.Upstream, err = proxy.ParseUpstream(address.Reveal())
	}
	if err != nil {
		return o, fmt.Errorf("read browser.upstream_proxy_file: %w", err)
	}
	return o, nil
}

// upstreamInRehearsal refuses a proxy elsewhere, which would be asked for every
// page: a rehearsal stays on this machine.
func upstreamInRehearsal(c *configs.Config) error {
	o, err := gateProxy(c, configs.Account{})
	if err == nil && o.Upstream != nil && !configs.LoopbackHost(o.Upstream.Hostname()) {
		err = errors.New("read browser.upstream_proxy_file: the proxy is not on this machine, and a rehearsal must not call anybody")
	}
	return err
}

func siteProfile(ac configs.Account) (site.Profile, error) {
	data, err := ac.SiteProfileData()
	if err != nil {
		return site.Profile{}, err
	}
	p, err := site.ParseProfile(data)
	if err != nil {
		return p, fmt.Errorf("read site_profile of account %s: %w", ac.Name, err)
	}
	return p, nil
}
