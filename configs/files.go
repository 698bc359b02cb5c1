package configs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"regexp"
	"strings"
)

// files checks what the configuration points to: it must be there, and hold
// something.
func (d *decoder) files(c *Config) {
	d.secret("console.password_file", c.Console.PasswordFile)
	d.secret("alerts.urls_file", c.Alerts.URLsFile)
	d.secret("alerts.heartbeat_url_file", c.Alerts.HeartbeatURLFile)
	for i, s := range c.Shops {
		at := fmt.Sprintf("shops[%d].", i)
		d.secret(at+"token_file", s.TokenFile)
		d.secret(at+"client_secret_file", s.ClientSecretFile)
		d.secret(at+"flow_secret_file", s.FlowSecretFile)
		for j, f := range s.WebhookSecretFiles {
			d.secret(fmt.Sprintf("%swebhook_secret_files[%d]", at, j), f)
		}
	}
	for i, a := range c.Accounts {
		if _, err := a.SiteProfileData(); err != nil {
			d.bad(fmt.Sprintf("accounts[%d].site_profile", i), "%v", err)
		}
	}
	d.executable("browser.path", c.Browser.Path)
	d.upstreamProxy(c.Browser.UpstreamProxyFile)
	if c.ControlGroup != "" {
		if _, err := user.LookupGroup(c.ControlGroup); err != nil {
			d.warn("control_group", "the group %s does not exist on this machine; create it with groupadd", c.ControlGroup)
		}
	}
	d.calendarFiles(c)
}

// pasted recognises a secret that stands where a file's name belongs, so that
// it is not printed with the problem.
var pasted = regexp.MustCompile(`(^|/)shp[a-z]{2}_|://|:/[^/]`)

func (d *decoder) secret(field, path string) {
	if path == "" {
		return
	}
	if strings.HasPrefix(path, credentialPrefix) {
		d.warn(field, "the credential is not visible here and was not checked; the service sees it")
		return
	}
	info, missing := os.Stat(path)
	if missing != nil && pasted.MatchString(path) {
		d.bad(field, "holds the secret itself; write it into a file of mode 0600 and name the file here")
		return
	}
	if missing == nil && info.IsDir() {
		d.bad(field, "%s is a folder; name a file", path)
		return
	}
	if _, err := ReadSecret(path); err != nil {
		d.bad(field, "%v", err)
		return
	}
	// The service's group may read it: that is how the unit is installed.
	if missing == nil && info.Mode().Perm()&0o027 != 0 {
		d.warn(field, "others may read or change it; run: chmod g-w,o= %s", path)
	}
}

func (d *decoder) executable(field, path string) {
	if path == "" {
		return
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		d.bad(field, "%s cannot be found (%v); leave it empty to have Chromium looked for", path, cause(err))
	case info.IsDir() || info.Mode().Perm()&0o111 == 0:
		d.bad(field, "%s is not a program; name the browser's own binary", path)
	}
}

// cause leaves out the operation and the name that the text holds already.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
