package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"countermand/cmd/internal/doctor"
	"countermand/configs"
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
}

// account is one buyer account with its browser.
type account struct {
	client
	browser *chrome.Browser
	pace    *pacer
}

// openers make the client and the browser of an account, by its supplier.
var openers = map[string]func(*configs.Config, configs.Account, supplier.EvidenceSink, func() time.Time, zerolog.Logger) (*account, error){
	"aliexpress": openAliExpress,
}

func openAccount(c *configs.Config, ac configs.Account, ev supplier.EvidenceSink, now func() time.Time, log zerolog.Logger) (*account, error) {
	open, ok := openers[ac.Supplier]
	if !ok {
		return nil, fmt.Errorf("open account %s: there is no supplier %q", ac.Name, ac.Supplier)
	}
	return open(c, ac, ev, now, log)
}

func openAliExpress(c *configs.Config, ac configs.Account, ev supplier.EvidenceSink, now func() time.Time, log zerolog.Logger) (*account, error) {
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
	a.browser, err = chrome.New(chrome.Options{
		Path: path, ProfileDir: ac.ProfileDir, RemoteURL: ac.RemoteURL, Visible: !ac.Headless,
		Sandbox: chrome.Sandbox(c.Browser.Sandbox), Flags: c.Browser.Flags, Proxy: through,
		Timezone: ac.Timezone, Language: ac.Language, MemoryLimit: browserMemory,
	})
	if err != nil {
		return nil, fmt.Errorf("make the browser of account %s: %w", ac.Name, err)
	}
	a.client, err = aliexpress.New(aliexpress.Options{
		Account: ac.Name, Hosts: site.Hosts{WWW: ac.Hosts.WWW, Mobile: ac.Hosts.Mobile, Login: ac.Hosts.Login, API: ac.Hosts.API},
		Browser: a.browser, Profile: profile, Evidence: ev, Now: now,
		Zone: ac.Timezone, Language: ac.Language, Region: ac.Region, Currency: ac.Currency,
		Pace: a.pace.wait, Log: log.With().Str("account", ac.Name).Logger(),
	})
	if err != nil {
		return nil, fmt.Errorf("open account %s: %w", ac.Name, err)
	}
	return a, nil
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

// Close keeps the session and stops the browser.
func (a *account) Close(ctx context.Context) error {
	return errors.Join(a.client.Close(ctx), a.browser.Stop(ctx))
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
