package configs

import (
	"net"
	"net/url"
)

// Loopback tells whether all that the configuration talks to is on this
// machine's loopback: every shop's endpoint, where its webhooks are sent,
// every host of every account, and a browser that is attached to. A rehearsal
// asks for it. Only literal addresses and "localhost" count: a name that
// resolves to loopback now may not do so later.
func Loopback(c *Config) bool {
	if c.Webhooks.PublicURL != "" && !loopbackURL(c.Webhooks.PublicURL) {
		return false
	}
	for _, s := range c.Shops {
		if !loopbackURL(s.Endpoint) {
			return false
		}
	}
	for _, a := range c.Accounts {
		if !a.OnLoopback() {
			return false
		}
	}
	return true
}

// OnLoopback tells whether the account's site, and a browser that is attached
// to, are on this machine.
func (a Account) OnLoopback() bool {
	for _, h := range []string{a.Hosts.WWW, a.Hosts.Mobile, a.Hosts.Login, a.Hosts.API} {
		if !loopbackURL(h) {
			return false
		}
	}
	return a.RemoteURL == "" || loopbackURL(a.RemoteURL)
}

func loopbackURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && LoopbackHost(u.Hostname())
}

// LoopbackHost tells whether a host name or address is this machine.
func LoopbackHost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// SameOrigin tells whether two addresses are of one scheme, host and port.
func SameOrigin(a, b string) bool {
	x, err1 := url.Parse(a)
	y, err2 := url.Parse(b)
	return err1 == nil && err2 == nil && x.Scheme == y.Scheme && x.Host == y.Host
}
