package configs

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// ownFlags are browser flags that the daemon sets itself.
var ownFlags = map[string]string{
	"no-sandbox":                "set browser.sandbox instead",
	"headless":                  "set accounts[].headless instead",
	"user-data-dir":             "set accounts[].profile_dir instead",
	"remote-debugging-port":     "any program on this machine could then use the session",
	"remote-debugging-pipe":     "the daemon uses it already",
	"remote-allow-origins":      "any page could then use the session",
	"disable-web-security":      "any page could then use the session",
	"ignore-certificate-errors": "anybody on the way could then read the session",
}

// foreignFlags are the beginnings of browser flags by which a request could
// leave without being judged. supplier/chrome refuses the same; a test of
// cmd/internal/app holds the two together.
var foreignFlags = []struct{ prefix, why string }{
	{"proxy-", "all of the browser's traffic goes through the daemon's own proxy; name another one behind it in browser.upstream_proxy_file"},
	{"no-proxy-server", "all of the browser's traffic goes through the daemon's own proxy"},
	{"host-", "the browser would reach other hosts than the addresses say"},
	{"webrtc-", "requests could leave past the daemon's own proxy"},
	{"force-webrtc-", "requests could leave past the daemon's own proxy"},
	{"enable-features", "a feature could send requests that the daemon does not see"},
	{"disable-features", "it would take the place of the daemon's own list of them"},
	{"load-extension", "an extension could send requests that the daemon does not see"},
	{"remote-", "any program on this machine could then use the session"},
}

func (d *decoder) browser(c *Config) {
	b := c.Browser
	d.oneOf("browser.sandbox", b.Sandbox, "auto", "on", "off")
	d.positive("browser.idle_stop", b.IdleStop)
	d.gateListen(c)
	for i, flag := range b.Flags {
		name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		if why := forbiddenFlag(name); why != "" {
			d.bad(fmt.Sprintf("browser.flags[%d]", i), "--%s may not be given: %s", name, why)
		}
	}
}

// forbiddenFlag tells why a browser flag may not be given, "" if it may.
func forbiddenFlag(name string) string {
	if why, own := ownFlags[name]; own {
		return why
	}
	for _, f := range foreignFlags {
		if strings.HasPrefix(name, f.prefix) {
			return f.why
		}
	}
	return ""
}

// gateListen: whoever reaches the browser's proxy could try its password, so
// it is on this machine only.
func (d *decoder) gateListen(c *Config) {
	const field = "browser.gate_listen"
	host, ok := d.listen(field, c.Browser.GateListen)
	switch {
	case !ok:
	case !LoopbackHost(host):
		d.bad(field, "may be reached by this machine's browsers only; write 127.0.0.1 and a port, 0 for any free one")
	case len(c.Accounts) > 1 && !strings.HasSuffix(c.Browser.GateListen, ":0"):
		d.bad(field, "each of the %d accounts has a browser, and each browser its own proxy; write %s so that each finds a free port", len(c.Accounts), net.JoinHostPort(host, "0"))
	}
}

// upstreamProxy checks the file that holds the address of the proxy which leads
// out of the network.
func (d *decoder) upstreamProxy(path string) {
	const field = "browser.upstream_proxy_file"
	before := len(d.problems)
	d.secret(field, path)
	if path == "" || len(d.problems) > before || strings.HasPrefix(path, credentialPrefix) {
		return
	}
	address, err := ReadSecret(path)
	if err == nil {
		err = checkUpstream(address.Reveal())
	}
	if err != nil {
		d.bad(field, "%v", err)
	}
}

// errUpstream names the form and never the text, which holds a password.
var errUpstream = errors.New("the file must hold an address such as http://user:password@proxy.example:3128, with special characters of user and password percent-encoded")

// checkUpstream takes what the browser's own proxy can go through: HTTP with
// CONNECT, without TLS up to the proxy.
func checkUpstream(text string) error {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return errUpstream
	}
	if u.Scheme != "http" {
		return fmt.Errorf("the file holds the address of a %s:// proxy; only http:// is supported", u.Scheme)
	}
	if port, err := strconv.ParseUint(u.Port(), 10, 16); err != nil || port == 0 || u.Hostname() == "" {
		return errUpstream
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return errUpstream
	}
	return nil
}
