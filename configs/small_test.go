package configs

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestLoopback(t *testing.T) {
	t.Parallel()
	c, _, err := load(filepath.Join(everyKey(t), "c.yaml"), "", true)
	if err != nil {
		t.Fatal(err)
	}
	for name, slip := range map[string]func(c *Config){
		"shop":        func(c *Config) { c.Shops[0].Endpoint = "https://one.myshopify.com" },
		"webhooks":    func(c *Config) { c.Webhooks.PublicURL = "https://hooks.example.com" },
		"no endpoint": func(c *Config) { c.Shops[0].Endpoint = "" },
		"host":        func(c *Config) { c.Accounts[0].Hosts.API = "https://acs.aliexpress.com" },
		"look-alike":  func(c *Config) { c.Accounts[0].Hosts.WWW = "http://127.0.0.1.example.com" },
		"user part":   func(c *Config) { c.Accounts[0].Hosts.WWW = "http://127.0.0.1@example.com" },
		"browser":     func(c *Config) { c.Accounts[0].RemoteURL = "http://10.0.0.1:9222" },
	} {
		other := *c
		other.Shops, other.Accounts = slices.Clone(c.Shops), slices.Clone(c.Accounts)
		slip(&other)
		if Loopback(&other) {
			t.Errorf("%s: taken for loopback", name)
		}
	}
	if !Loopback(c) {
		t.Error("the original is on loopback")
	}
}

// Two accounts in one browser would be one session.
func TestTwoAccountsInOneBrowser(t *testing.T) {
	t.Parallel()
	const one = "http://127.0.0.1:9222"
	for other, same := range map[string]bool{
		one: true, "http://127.0.0.1:9222/": true, "HTTP://LOCALHOST:9222": true, "ws://[::1]:9222": true, "http://127.0.0.1:09222": true,
		"ws://localhost.:9222/devtools/browser/0f3c": true, "http://127.0.0.1:9222/json/version": true, "http://[::ffff:127.0.0.1]:9222": true, "http://0.0.0.0:9222": true,
		"": false, "http://127.0.0.1:9223": false, "http://10.0.0.1:9222": false, "ws://127.0.0.1:9222/second": false, "ws://127.0.0.1:9222?token=b": false,
	} {
		_, _, err := loadText(t, minimal+"    remote_url: '"+one+"'\n  - {name: two, remote_url: '"+other+"'}\n")
		if told := err != nil && strings.Contains(err.Error(), "accounts[1].remote_url: is the browser of account main too"); told != same {
			t.Errorf("%s: told %t: %v", other, told, err)
		}
	}
	_, _, err := loadText(t, minimal+"    remote_url: 'wss://Browser.example'\n  - {name: two, remote_url: 'https://browser.example:443/'}\n")
	if err == nil || !strings.Contains(err.Error(), "accounts[1].remote_url") {
		t.Errorf("the usual port: %v", err)
	}
}

func TestCheckCron(t *testing.T) {
	t.Parallel()
	for _, spec := range []string{"", "0 8 * * *", "*/15 0-6,22 1 jan mon-fri", "0 9 29 2 *", "0 9 31 * *", "5-50/5 * * * 0"} {
		if err := checkCron(spec); err != nil {
			t.Errorf("%q: %v", spec, err)
		}
	}
	for _, spec := range []string{
		"TZ=Europe/Berlin", "CRON_TZ=UTC 0 8 * * *", "0 8 * *", "0 0 8 * * *", "@daily", "@every 0s", "60 8 * * *", "0 24 * * *",
		"0 8 0 * *", "0 8 * 13 *", "0 8 * * 7", "0 8 * * mo", "*/0 * * * *", "5-1 * * * *", "a * * * *", "1, * * * *", "0 9 31 2 *", "0 9 30 feb *",
	} {
		if err := checkCron(spec); err == nil {
			t.Errorf("%q is taken", spec)
		}
	}
}

func TestHolidayFiles(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, want string }{
		{"year: 2027\noff: [2027-02-30]\n", `h.yaml:2:7: off[0]: "2027-02-30" is not a date`},
		{"year: 2027\noff: [2027-02-06..]\n", "is not a date"},
		{"year: 2027\noff: [2026-12-31..2027-01-01]\n", "is not in 2027"},
		{"year: 2027\noff: [2027-01-03..2027-01-01]\n", "ends before it begins"},
		{"year: 2027\n", "off: must list"},
		{"off: [2027-01-01]\n", "year: must be given"},
		{"calendar: gb\nyear: 2027\noff: [2027-01-01]\n", "neither calendar.supplier (cn) nor calendar.bank (us)"},
		{"years: 2027\n", "did you mean year?"},
	} {
		_, ps := parseHolidays("h.yaml", []byte(tc.text), Default().Calendar)
		if !strings.Contains(ps.Error(), tc.want) {
			t.Errorf("%q: want %q, got %v", tc.text, tc.want, ps)
		}
	}
	bank, ps := parseHolidays("h.yaml", []byte("calendar: us\nyear: 2027\noff: [2027-01-01]\n"), Default().Calendar)
	if len(ps) > 0 || bank.Calendar != "us" || len(bank.Off) != 1 {
		t.Errorf("%+v, %v", bank, ps)
	}
}

func TestHolidayYearTwice(t *testing.T) {
	t.Parallel()
	year := "year: 2027\noff: [2027-01-01]\n"
	dir := write(t, map[string]string{
		"c.yaml": minimal + "calendar: {files: [a.yaml, b.yaml]}\n", "token": "x", "client-secret": "y", "a.yaml": year, "b.yaml": year,
	})
	_, _, err := load(filepath.Join(dir, "c.yaml"), "", true)
	if err == nil || !strings.Contains(err.Error(), "calendar.files[1]: the year 2027 of cn is given by an earlier file too") {
		t.Error(err)
	}
}

// The command's own door uses the environment of the process.
func TestLoadTakesTheServicesCredentials(t *testing.T) {
	dir := write(t, map[string]string{"c.yaml": change(t, "token_file: token", "token_file: credential:tok"), "client-secret": "y", "tok": "z"})
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	c, _, err := Load(filepath.Join(dir, "c.yaml"))
	if err != nil || c.Shops[0].TokenFile != filepath.Join(dir, "tok") {
		t.Errorf("%+v, %v", c, err)
	}
	if err := os.Remove(filepath.Join(dir, "tok")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Read(filepath.Join(dir, "c.yaml")); err != nil {
		t.Error(err)
	}
}
