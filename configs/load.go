package configs

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// maxFile is far above any configuration; it keeps a wrong path, such as a
// database, from being read whole.
const maxFile = 1 << 20

// Load reads and checks the whole configuration, with the files that it
// names. It refuses with Problems, which holds everything found; what is only
// worth knowing comes as Warnings, also beside problems.
func Load(path string) (*Config, Warnings, error) {
	return load(path, os.Getenv("CREDENTIALS_DIRECTORY"), true)
}

// Read is Load without reading the files that the configuration names: for
// commands that only need to find the daemon, run by people who may not read
// its secrets.
func Read(path string) (*Config, Warnings, error) {
	return load(path, os.Getenv("CREDENTIALS_DIRECTORY"), false)
}

func load(path, credentials string, files bool) (*Config, Warnings, error) {
	data, err := readLimited(path)
	if err != nil {
		return nil, nil, Problems{{File: path, Text: err.Error() + "; name the file with --config, or begin one with: countermand config example > countermand.yaml"}}
	}
	base, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, nil, fmt.Errorf("find the folder of %s: %w", path, err)
	}
	c, d := Default(), newDecoder(path)
	d.document(data, c)
	r := resolver{base: base, credentials: credentials}
	r.config(c)
	d.validate(c)
	if files {
		d.files(c)
	}
	inFileOrder(d.warnings)
	if len(d.problems) > 0 {
		inFileOrder(d.problems)
		return nil, d.warnings, d.problems
	}
	return c, d.warnings, nil
}

func readLimited(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", cause(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot be read: %w", cause(err))
	case len(data) > maxFile:
		return nil, fmt.Errorf("is larger than any configuration")
	}
	return data, nil
}

// resolver makes paths absolute and fills what follows from other fields.
type resolver struct{ base, credentials string }

func (r resolver) path(p *string) {
	name, credential := strings.CutPrefix(*p, credentialPrefix)
	switch {
	case *p == "" || credential && r.credentials == "":
	case credential:
		*p = filepath.Join(r.credentials, filepath.Base(name))
	case !filepath.IsAbs(*p):
		*p = filepath.Join(r.base, *p)
	}
}

func (r resolver) config(c *Config) {
	r.path(&c.DataDir)
	r.path(&c.ControlSocket)
	r.path(&c.Console.PasswordFile)
	r.path(&c.Alerts.URLsFile)
	r.path(&c.Alerts.HeartbeatURLFile)
	r.path(&c.Browser.Path)
	r.path(&c.Browser.UpstreamProxyFile)
	for i := range c.Calendar.Files {
		r.path(&c.Calendar.Files[i])
	}
	for i := range c.Shops {
		r.shop(&c.Shops[i], c.Accounts)
	}
	for i := range c.Accounts {
		a := &c.Accounts[i]
		if a.ProfileDir == "" {
			a.ProfileDir = filepath.Join(c.DataDir, "accounts", a.Name)
		}
		r.path(&a.ProfileDir)
		r.path(&a.SiteProfile)
	}
}

func (r resolver) shop(s *Shop, accounts []Account) {
	r.path(&s.TokenFile)
	r.path(&s.ClientSecretFile)
	r.path(&s.FlowSecretFile)
	for i := range s.WebhookSecretFiles {
		r.path(&s.WebhookSecretFiles[i])
	}
	if s.Endpoint == "" && s.Domain != "" {
		s.Endpoint = "https://" + s.Domain
	}
	s.Endpoint = strings.TrimSuffix(s.Endpoint, "/")
	switch {
	case s.Account != "":
	case len(s.Accounts) == 1:
		s.Account, s.Accounts = s.Accounts[0], nil
	case len(s.Accounts) == 0 && len(accounts) == 1:
		s.Account = accounts[0].Name
	}
}
