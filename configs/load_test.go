package configs

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMinimalTakesDefaults(t *testing.T) {
	t.Parallel()
	c, warnings, err := loadText(t, minimal)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("error %v, warnings %v", err, warnings)
	}
	dir := filepath.Dir(c.DataDir)
	want := Default()
	want.DataDir = filepath.Join(dir, "data")
	var s Shop
	s.setDefaults()
	s.Name, s.Domain, s.Endpoint, s.Account = "mystore", "mystore.myshopify.com", "https://mystore.myshopify.com", "main"
	s.TokenFile, s.ClientSecretFile = filepath.Join(dir, "token"), filepath.Join(dir, "client-secret")
	var a Account
	a.setDefaults()
	a.Name, a.ProfileDir = "main", filepath.Join(dir, "data/accounts/main")
	want.Shops, want.Accounts = []Shop{s}, []Account{a}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
	if got := c.Shops[0].WebhookSecrets(); !slices.Equal(got, []string{s.ClientSecretFile}) {
		t.Errorf("webhooks are checked with %v", got)
	}
	if Loopback(c) {
		t.Error("the live site is taken for loopback")
	}
}

func everyKey(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("testdata/ok_every_key.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return write(t, map[string]string{
		"c.yaml": string(data), "token": "shpat_x", "client-secret": "y",
		"2027.yaml": "year: 2027\noff: [2027-01-01, 2027-02-06..2027-02-08]\nwork: [2027-02-20]\n",
	})
}

func TestEveryKeyIsRead(t *testing.T) {
	t.Parallel()
	dir := everyKey(t)
	c, _, err := load(filepath.Join(dir, "c.yaml"), "", true)
	if err != nil {
		t.Fatal(err)
	}
	off := []time.Time{date(2027, 1, 1), date(2027, 2, 6), date(2027, 2, 7), date(2027, 2, 8)}
	want := &Config{
		DataDir: "/srv/cm", Mode: "confirm", ControlSocket: "/run/cm.sock",
		Webhooks: Webhooks{Listen: "127.0.0.1:1", PublicURL: "http://127.0.0.1:9"}, Console: Console{Listen: "127.0.0.1:2"},
		Shops: []Shop{{
			Name: "one", Domain: "one.myshopify.com", Endpoint: "http://127.0.0.1:3", APIVersion: "2026-07",
			TokenFile: filepath.Join(dir, "token"), ClientSecretFile: filepath.Join(dir, "client-secret"),
			WebhookSecretFiles: []string{filepath.Join(dir, "token")}, PollEvery: 61 * time.Second,
			Account: "a", Accounts: []string{}, LookBack: 96 * time.Hour,
			Mapping:       Mapping{AttributeKeys: []string{"ae"}, TagPrefix: "x:", Wait: time.Minute, RetryFor: 60 * time.Hour},
			SupplierFirst: SupplierFirst{Enabled: true, Tag: "t", Refund: "none", DeclineNote: "sorry"},
		}},
		Accounts: []Account{{
			Name:       "a",
			Supplier:   "aliexpress",
			Hosts:      Hosts{WWW: "http://127.0.0.1:4", Mobile: "http://127.0.0.1:5", Login: "http://localhost:6", API: "http://[::1]:7"},
			ProfileDir: filepath.Join(dir, "p"), RemoteURL: "http://127.0.0.1:8",
			Region: "DE", Language: "de_DE", Currency: "EUR", Timezone: "Europe/Berlin", CoolDown: time.Minute,
		}},
		Browser:   Browser{Sandbox: "off", IdleStop: time.Minute, Flags: []string{"--lang=de"}, GateListen: "localhost:0"},
		Clocks:    Clocks{time.Hour, 1, 2, 0, 3, 4, 5 * time.Hour, 7 * time.Hour, time.Minute},
		Calendar:  Calendar{"cn", "de", "Europe/Berlin", []string{filepath.Join(dir, "2027.yaml")}, []HolidayYear{{"cn", 2027, off, []time.Time{date(2027, 2, 20)}}}},
		Messages:  map[string]map[string]string{"request": {"en": "please cancel {{.Order}}", "pt_BR": "por favor, cancele"}, "refusal": {"zh": ""}, "proof": {}},
		Retention: Retention{Cases: 24 * time.Hour, Evidence: 48 * time.Hour},
		Rules:     []Rule{{"order.total > 100", "confirm"}},
		Alerts:    Alerts{Digest: "30 7 * * mon-fri", Timezone: "Europe/Berlin", QuietHours: "22:00-07:00", RepeatEvery: time.Hour},
		Log:       Log{Level: "debug", Format: "console"},
	}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
	if !Loopback(c) {
		t.Error("everything is on loopback")
	}
}

func date(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

// The keys are what operators' files hold: one that is renamed or dropped
// breaks them, one that is added belongs into the fixture and the example.
func TestKeysOfFixtureAndExampleAreComplete(t *testing.T) {
	t.Parallel()
	fixture, err := os.ReadFile("testdata/ok_every_key.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := keys(reflect.TypeFor[Config](), "")
	for name, data := range map[string][]byte{"fixture": fixture, "example": Example} {
		d := newDecoder(name)
		d.document(data, Default())
		for _, key := range want {
			if _, ok := d.at[key]; !ok {
				t.Errorf("%s lacks %s", name, key)
			}
		}
	}
}

// keys lists the paths of all fields, of lists those of the first element.
func keys(typ reflect.Type, path string) []string {
	var out []string
	for i := range typ.NumField() {
		f := typ.Field(i)
		name := f.Tag.Get("yaml")
		if name == "-" {
			continue
		}
		at, inner := join(path, name), f.Type
		out = append(out, at)
		if inner.Kind() == reflect.Slice && inner.Elem().Kind() == reflect.Struct && name != "rules" {
			at, inner = at+"[0]", inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			out = append(out, keys(inner, at)...)
		}
	}
	return out
}

func TestExampleLoads(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"c.yaml": string(Example), "secrets/mystore.token": "x", "secrets/mystore.client-secret": "y"})
	c, warnings, err := load(filepath.Join(dir, "c.yaml"), "", true)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("error %v, warnings %v", err, warnings)
	}
	// What it shows as the default must be the default.
	short := write(t, map[string]string{"c.yaml": "shops:\n  - {name: mystore, domain: mystore.myshopify.com, token_file: secrets/mystore.token, client_secret_file: secrets/mystore.client-secret}\naccounts: [{name: main}]\n"})
	want, _, err := load(filepath.Join(short, "c.yaml"), "", false)
	if err != nil {
		t.Fatal(err)
	}
	want.Shops[0].TokenFile = strings.Replace(want.Shops[0].TokenFile, short, dir, 1)
	want.Shops[0].ClientSecretFile = strings.Replace(want.Shops[0].ClientSecretFile, short, dir, 1)
	emptyIsNil := cmp.FilterPath(func(p cmp.Path) bool { k := p.Last().Type().Kind(); return k == reflect.Slice || k == reflect.Map },
		cmp.FilterValues(func(a, b any) bool { return reflect.ValueOf(a).Len() == 0 && reflect.ValueOf(b).Len() == 0 }, cmp.Ignore()))
	if diff := cmp.Diff(want, c, emptyIsNil); diff != "" {
		t.Error(diff)
	}
}

func TestReadLooksAtNoOtherFile(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"c.yaml": minimal})
	if _, warnings, err := load(filepath.Join(dir, "c.yaml"), "", false); err != nil || len(warnings) > 0 {
		t.Errorf("error %v, warnings %v", err, warnings)
	}
	if _, _, err := load(filepath.Join(dir, "c.yaml"), "", true); err == nil {
		t.Error("the missing token file is not noticed")
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	text := change(t, "token_file: token", "token_file: credential:tok")
	dir := write(t, map[string]string{"c.yaml": text, "client-secret": "y", "creds/tok": "shpat_z"})

	c, _, err := load(filepath.Join(dir, "c.yaml"), filepath.Join(dir, "creds"), true)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := ReadSecret(c.Shops[0].TokenFile); err != nil || s.Reveal() != "shpat_z" {
		t.Errorf("the credential reads %q, %v", s.Reveal(), err)
	}

	// Outside the service nobody sees it: the check warns, the daemon stops.
	c, warnings, err := load(filepath.Join(dir, "c.yaml"), "", true)
	if err != nil || len(warnings) != 1 || !strings.Contains(Problems(warnings).Error(), "shops[0].token_file") {
		t.Fatalf("error %v, warnings %v", err, warnings)
	}
	if _, err := ReadSecret(c.Shops[0].TokenFile); err == nil || !strings.Contains(err.Error(), "LoadCredential=tok:") {
		t.Errorf("reading it says %v", err)
	}
}

func TestAccountsOfAShop(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		line, want string
		two        bool
	}{
		{"    account: main\n", "main", false},
		{"", "main", false}, // the only one there is
		{"    accounts: [main]\n", "main", false},
		{"    accounts: [main, second]\n", "main second", true},
	} {
		text := change(t, "    account: main\n", tc.line)
		if tc.two {
			text += "  - name: second\n"
		}
		c, warnings, err := loadText(t, text)
		if err != nil {
			t.Errorf("%q: %v", tc.line, err)
			continue
		}
		if got := strings.Join(c.Shops[0].AccountNames(), " "); got != tc.want || len(warnings) > 0 {
			t.Errorf("%q: accounts %q, warnings %v", tc.line, got, warnings)
		}
	}
}

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"400d": 9600 * time.Hour, "1d12h": 36 * time.Hour, "60s": time.Minute, "0s": 0, "0d": 0, "1.5h": 90 * time.Minute,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "d", "5", "-1h", "1d-1h", "1d+1h", "-1d", "1h1d", "1.5d", "99999999d", "65535d2562047h", "soon"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q is taken as %v", text, got)
		}
	}
}
