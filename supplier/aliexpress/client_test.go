package aliexpress

import (
	"strings"
	"testing"

	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	good := Options{Account: "main", Profile: testProfile(t), Chrome: chrome.Options{ProfileDir: t.TempDir()},
		Hosts: site.Hosts{WWW: "https://www.aliexpress.com", Mobile: "https://m.aliexpress.com", Login: "https://login.aliexpress.com", API: "https://acs.aliexpress.com"}}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Options){
		"profile": func(o *Options) { o.Profile = site.Profile{} },
		"host":    func(o *Options) { o.Hosts.WWW = "www.aliexpress.com" },
		"path":    func(o *Options) { o.Hosts.Mobile = "https://m.aliexpress.com/p/" },
		"zone":    func(o *Options) { o.Zone = "Nowhere" },
		"browser": func(o *Options) { o.Chrome = chrome.Options{} },
	} {
		o := good
		change(&o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), "main") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
