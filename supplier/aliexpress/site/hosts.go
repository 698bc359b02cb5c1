package site

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Hosts are the addresses of the site's four roles, such as
// "https://www.aliexpress.com", without a path.
type Hosts struct {
	WWW, Mobile, Login, API string
	// Also are hosts that only the piece of work at hand may lead to.
	Also []string
}

// ours tells whether an address is on a host of the account's.
func (h Hosts) ours(u *url.URL) bool {
	return containsHost(h.Also, u.Host) || slices.ContainsFunc([]string{h.WWW, h.Mobile}, func(h string) bool {
		own, err := url.Parse(h)
		return err == nil && own.Host == u.Host
	})
}

// Address makes an address of the site's data absolute and refuses one that
// is not on a host we know.
func (h Hosts) Address(raw string) (string, error) {
	base, err := url.Parse(h.WWW)
	if err != nil {
		return "", err
	}
	u, err := base.Parse(strings.TrimSpace(raw))
	if err != nil || raw == "" || u.Scheme != "https" && u.Scheme != base.Scheme || u.User != nil {
		return "", fmt.Errorf("the site's own link %q cannot be followed", raw)
	}
	if !h.ours(u) {
		return "", fmt.Errorf("the site's own link leads to %q, a host that is not known", u.Host)
	}
	return u.String(), nil
}

func containsHost(hosts []string, host string) bool {
	return slices.ContainsFunc(hosts, func(h string) bool { return strings.EqualFold(h, host) })
}

// ParentDomain gives ".aliexpress.com" of a name under it; a numeric or
// single-label host has none and is given instead.
func ParentDomain(address string) (host, domain string) {
	u, err := url.Parse(address)
	if err != nil {
		return address, ""
	}
	host = u.Hostname()
	labels := strings.Split(host, ".")
	if len(labels) < 2 || strings.Trim(host, "0123456789.") == "" || strings.Contains(host, ":") {
		return host, ""
	}
	return "", "." + strings.Join(labels[len(labels)-2:], ".")
}

// OnLoopback tells whether the whole site is on this machine.
func (h Hosts) OnLoopback() bool {
	return !slices.ContainsFunc([]string{h.WWW, h.Mobile, h.Login, h.API}, func(own string) bool {
		u, err := url.Parse(own)
		return err != nil || !isLoopback(u.Hostname())
	})
}
