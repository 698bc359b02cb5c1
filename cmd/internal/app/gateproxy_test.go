package app_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countermand/cmd/internal/app"
	"countermand/configs"
	"countermand/supplier/chrome"
	"countermand/supplier/chrome/proxy"
)

// dropAll is a gate that lets nothing leave.
type dropAll struct{}

func (dropAll) Judge(context.Context, *chrome.Request) chrome.Decision { return chrome.Decision{} }

const gateConfig = `data_dir: data
shops: [{name: s, domain: s.myshopify.com, token_file: token, webhook_secret_files: [token], account: a}]
accounts: [{name: a}]
`

func gateConfigOf(t *testing.T, line, upstream string) (*configs.Config, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"c.yaml": gateConfig + line + "\n", "token": "x", "upstream": upstream} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, _, err := configs.Load(filepath.Join(dir, "c.yaml"))
	return c, err
}

// The configuration says with a line what the browser would refuse at its
// start: both must refuse the same.
func TestConfigAndBrowserRefuseTheSameFlags(t *testing.T) {
	t.Parallel()
	for flag, refused := range map[string]bool{
		"lang=de": false, "window-size=800,600": false, "proxy": false, "disable-gpu": false,
		"proxy-server=a:1": true, "--proxy-bypass-list=*": true, "no-proxy-server": true, "host-resolver-rules=MAP * a": true, "host-rules=a": true,
		"webrtc-ip-handling-policy=default": true, "force-webrtc-ip-handling-policy": true, "enable-features=x": true, "disable-features=x": true,
		"load-extension=/x": true, "remote-debugging-port=1": true, "remote-allow-origins=*": true,
	} {
		_, config := gateConfigOf(t, `browser: {flags: ["`+flag+`"]}`, "x")
		_, browser := chrome.New(chrome.Options{ProfileDir: t.TempDir(), Gate: dropAll{}, Flags: []string{flag}})
		if (config != nil) != refused || (browser != nil) != refused {
			t.Errorf("%s: the configuration says %v, the browser %v", flag, config, browser)
		}
		if refused && config != nil && !strings.Contains(config.Error(), "c.yaml:4:19: browser.flags[0]: ") {
			t.Errorf("%s: no line and path: %v", flag, config)
		}
	}
}

func TestConfigAndProxyTakeTheSameUpstream(t *testing.T) {
	t.Parallel()
	for text, taken := range map[string]bool{
		"http://user:pa%40ss@proxy.example:3128": true, "proxy.example:3128": true, "http://[2001:db8::1]:8080/": true, "  http://h:1\n": true,
		"https://proxy.example:443": false, "socks5://proxy.example:1080": false, "http://proxy.example": false, "http://h:0": false, "http://h:99999": false,
		"http://h:1/path": false, "http://h:1?q": false, "http://h:1#f": false, "http://:1": false, "http://user:pa ss@h:1": false, "shpat_secret": false,
	} {
		c, config := gateConfigOf(t, "browser: {upstream_proxy_file: upstream}", text)
		u, own := proxy.ParseUpstream(text)
		if (config == nil) != taken || (own == nil) != taken {
			t.Errorf("%q: the configuration says %v, the proxy %v", text, config, own)
		}
		if !taken {
			for _, err := range []error{config, own} {
				if err != nil && (strings.Contains(err.Error(), "pa ss") || strings.Contains(err.Error(), "shpat_")) {
					t.Errorf("the text is told: %v", err)
				}
			}
			if config != nil && !strings.Contains(config.Error(), "c.yaml:4:32: browser.upstream_proxy_file: ") {
				t.Errorf("%q: no line and path: %v", text, config)
			}
			continue
		}
		o, err := app.GateProxy(c, c.Accounts[0])
		if err != nil || o.Upstream.String() != u.String() || o.Addr != "127.0.0.1:0" || o.Private {
			t.Errorf("%q: the browser's proxy is %+v, error %v", text, o, err)
		}
	}
}

// Only an account whose site is on this machine may reach this machine.
func TestProxyOfALoopbackSiteReachesLoopback(t *testing.T) {
	t.Parallel()
	const loopback = "http://127.0.0.1:1"
	c := configs.Default()
	o, err := app.GateProxy(c, configs.Account{Hosts: configs.Hosts{WWW: loopback, Mobile: loopback, Login: loopback, API: loopback}})
	if err != nil || !o.Private || o.Upstream != nil {
		t.Errorf("%+v, error %v", o, err)
	}
}

func TestRehearsalRefusesAProxyElsewhere(t *testing.T) {
	t.Parallel()
	for text, refused := range map[string]bool{"http://proxy.example:1": true, "127.0.0.1:1": false} {
		c, err := gateConfigOf(t, "browser: {upstream_proxy_file: upstream}", text)
		if err != nil {
			t.Fatal(err)
		}
		if err := app.UpstreamInRehearsal(c); (err != nil) != refused {
			t.Errorf("%s: %v", text, err)
		}
	}
}
