package configs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// One file with many slips: all are told, in the file's order, each with its
// place.
func TestAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	ps := problemsOf(t, `mode: automatic
datadir: /x
webhooks: {listen: 8780}
shops:
  - name: my shop
    domain: https://mystore.myshopify.com
    endpoint: http://example.com
    api_version: 2026
    token_file: gone
    poll_evry: 60s
    poll_every: 60
    account: other
    mapping: [a]
  - domain: b.myshopify.com
    domain: c.myshopify.com
accounts:
  - name: main
    headless: "yes"
    timezone: Mars/Olympus
    pace: {between_actions: 0s}
clocks: {answer: -1h, proof_working_days: five, refund_warn_days: 30}
alerts: {digest: "0 8 * *"}
`)
	want := strings.TrimSpace(`
c.yaml:1:7: mode: "automatic" is not possible; write observe or confirm or auto
c.yaml:2:1: datadir: is not a key that exists; did you mean data_dir?
c.yaml:3:20: webhooks.listen: must be text; put it in quotes
c.yaml:5:11: shops[0].name: "my shop" is not a name; write up to 40 letters, digits, - and _
c.yaml:6:13: shops[0].domain: "https://mystore.myshopify.com" is not the shop's own domain; write NAME.myshopify.com, in lower case and without https://
c.yaml:7:15: shops[0].endpoint: http is for loopback only; write https://example.com
c.yaml:8:18: shops[0].api_version: must be text; put it in quotes
c.yaml:9:17: shops[0].token_file: DIR/gone does not exist; create it with mode 0600 and the secret in it
c.yaml:10:5: shops[0].poll_evry: is not a key that exists; did you mean poll_every?
c.yaml:11:17: shops[0].poll_every: must be a duration with its unit: 90s, 15m, 72h or 400d
c.yaml:12:14: shops[0].account: there is no account "other"; add it under accounts, or name one of those there
c.yaml:13:14: shops[0].mapping: must be a section with keys
c.yaml:15:5: shops[1].domain: is already set on line 14; keep one
c.yaml:18:15: accounts[0].headless: must be true or false
c.yaml:19:15: accounts[0].timezone: "Mars/Olympus" is not a time zone; write one such as Europe/Berlin or UTC
c.yaml:20:29: accounts[0].pace.between_actions: 0 is for hosts on loopback only; a real site is worked at a person's pace, such as 20s
c.yaml:21:18: clocks.answer: "-1h" is not a duration; write a number and its unit: 90s, 15m, 72h or 400d
c.yaml:21:43: clocks.proof_working_days: must be a whole number
c.yaml:22:18: alerts.digest: "0 8 * *" is not a schedule; write five fields, minute hour day month weekday, such as "0 8 * * *"; the zone is alerts.timezone`)
	got := ps.Error()
	for line := range strings.SplitSeq(want, "\n") {
		before, after, _ := strings.Cut(line, "DIR")
		if !strings.Contains(got, before) || !strings.Contains(got, after) {
			t.Errorf("missing: %s", line)
		}
	}
	for i := 1; i < len(ps); i++ {
		if ps[i].Line < ps[i-1].Line {
			t.Errorf("line %d is told after line %d", ps[i].Line, ps[i-1].Line)
		}
	}
	if t.Failed() {
		t.Log("\n" + got)
	}
}

// Each slip alone: the path it is told under and a word of the advice.
func TestProblems(t *testing.T) {
	t.Parallel()
	shop := func(line string) string { return change(t, "    account: main\n", "    account: main\n    "+line+"\n") }
	account := func(line string) string { return minimal + "    " + line + "\n" }
	for _, tc := range []struct{ name, text, path, advice string }{
		{"syntax", "mode: [", "", "not YAML"},
		{"two documents", minimal + "---\nmode: auto\n", "", "second document"},
		{"not a mapping", "- a\n", "", "section with keys"},
		{"anchor", minimal + "mode: &m auto\n", "mode", "anchors"},
		{"merge key", minimal + "log: {<<: {level: info}}\n", "log.<<", "merge keys"},
		{"no shop", "accounts: [{name: main}]\n", "shops", "add one"},
		{"no account", "shops: []\n", "accounts", "countermand login"},
		{"relative nothing", minimal + "data_dir2: x\n", "data_dir2", "data_dir"},
		{"far from any key", minimal + "zzzzzzzzz: x\n", "zzzzzzzzz", "known here are data_dir, mode"},
		{"twin shops", change(t, "accounts:", "  - {name: MyStore, domain: b.myshopify.com, token_file: token, client_secret_file: token, account: main}\naccounts:"), "shops[1].name", "names must differ"},
		{"path in a name", change(t, "name: mystore", "name: ../up"), "shops[0].name", "letters"},
		{"no domain", change(t, "domain: mystore.myshopify.com", `domain: ""`), "shops[0].domain", "myshopify.com"},
		{"capitals", change(t, "mystore.myshopify.com", "MyStore.myshopify.com"), "shops[0].domain", "lower case"},
		{"endpoint with path", shop("endpoint: https://a.example/admin"), "shops[0].endpoint", "end after the host"},
		{"old version", shop(`api_version: "2026-11"`), "shops[0].api_version", "2026-10"},
		{"no token", change(t, "    token_file: token\n", ""), "shops[0].token_file", "access token"},
		{"client id alone", change(t, "token_file: token\n    client_secret_file: client-secret", "token_file: token\n    client_id: x\n    webhook_secret_files: [token]"), "shops[0].client_secret_file", "client_id"},
		{"own tag", shop("supplier_first: {tag: 'Countermand:cancel'}"), "shops[0].supplier_first.tag", "its own"},
		{"two tags", shop("supplier_first: {tag: 'cancel, please'}"), "shops[0].supplier_first.tag", "comma"},
		{"long tag", shop("supplier_first: {tag: " + strings.Repeat("ü", 41) + "}"), "shops[0].supplier_first.tag", "40"},
		{"no tag", shop("supplier_first: {enabled: true, tag: ''}"), "shops[0].supplier_first.tag", "must be given"},
		{"own tags hold no numbers", shop("mapping: {tag_prefix: 'countermand:ae:'}"), "shops[0].mapping.tag_prefix", "its own"},
		{"Flow alone", shop("flow_secret_file: token"), "shops[0].flow_secret_file", "supplier_first.enabled"},
		{"both accounts", shop("accounts: [main]"), "shops[0].accounts", "one of the two"},
		{"account twice", change(t, "account: main", "accounts: [main, main]"), "shops[0].accounts[1]", "second time"},
		{"pasted token", change(t, "token_file: token", "token_file: shpat_0123456789"), "shops[0].token_file", "holds the secret itself"},
		{"pasted address", minimal + "alerts: {urls_file: 'discord://tok@id'}\n", "alerts.urls_file", "holds the secret itself"},
		{"folder", change(t, "token_file: token", "token_file: ."), "shops[0].token_file", "is a folder"},
		{"unknown supplier", account("supplier: alibaba"), "accounts[0].supplier", "write aliexpress"},
		{"accounts at two suppliers", change(t, "account: main", "accounts: [main, two]") + "  - {name: two, supplier: alibaba}\n", "shops[0].accounts[1]", "at one supplier"},
		{"http host", account("hosts: {www: 'http://aliexpress.com'}"), "accounts[0].hosts.www", "loopback"},
		{"half loopback is not loopback", account("hosts: {www: 'http://127.0.0.1:1'}\n    pace: {jitter: 0s}"), "accounts[0].pace.jitter", "loopback"},
		{"no limit", account("pace: {actions_per_hour: 0}"), "accounts[0].pace.actions_per_hour", "40"},
		{"shared profile", minimal + "    profile_dir: p\n  - {name: two, profile_dir: p}\n", "accounts[1].profile_dir", "main"},
		{"language", account("language: en"), "accounts[0].language", "en_US"},
		{"local zone", account("timezone: Local"), "accounts[0].timezone", "Europe/Berlin"},
		{"remote", account("remote_url: '9222'"), "accounts[0].remote_url", "9222"},
		{"site profile", account("site_profile: gone.yaml"), "accounts[0].site_profile", "cannot be read"},
		{"browser", minimal + "browser: {path: token}\n", "browser.path", "not a program"},
		{"no browser", minimal + "browser: {path: /none}\n", "browser.path", "leave it empty"},
		{"sandbox flag", minimal + "browser: {flags: ['--no-sandbox']}\n", "browser.flags[0]", "browser.sandbox"},
		{"debug port", minimal + "browser: {flags: [remote-debugging-port=1]}\n", "browser.flags[0]", "session"},
		{"own proxy", minimal + "browser: {flags: [lang=de, '--proxy-server=a:1']}\n", "browser.flags[1]", "upstream_proxy_file"},
		{"features", minimal + "browser: {flags: [disable-features=Translate]}\n", "browser.flags[0]", "own list"},
		{"open gate", minimal + "browser: {gate_listen: '0.0.0.0:0'}\n", "browser.gate_listen", "127.0.0.1"},
		{"gate without port", minimal + "browser: {gate_listen: '127.0.0.1'}\n", "browser.gate_listen", "address to listen on"},
		{"one gate for two", minimal + "  - {name: two}\nbrowser: {gate_listen: '127.0.0.1:9'}\n", "browser.gate_listen", "127.0.0.1:0"},
		{"pasted proxy", minimal + "browser: {upstream_proxy_file: 'http://u:p@h:1'}\n", "browser.upstream_proxy_file", "holds the secret itself"},
		{"no proxy in the file", minimal + "browser: {upstream_proxy_file: token}\n", "browser.upstream_proxy_file", "http://user:password@"},
		{"open console", minimal + "console: {listen: ':8781'}\n", "console.listen", "password"},
		{"one port", minimal + "webhooks: {listen: '127.0.0.1:8781'}\n", "webhooks.listen", "another port"},
		{"public path", minimal + "webhooks: {public_url: 'https://a.example/hooks'}\n", "webhooks.public_url", "end after the host"},
		{"public http", minimal + "webhooks: {public_url: 'http://a.example'}\n", "webhooks.public_url", "https://a.example"},
		{"port", minimal + "webhooks: {listen: '127.0.0.1:99999'}\n", "webhooks.listen", "8780"},
		{"refund clocks", minimal + "clocks: {refund_due_days: 3}\n", "clocks.refund_due_days", "15"},
		{"no days", minimal + "clocks: {proof_working_days: 0}\n", "clocks.proof_working_days", "1 or more"},
		{"no time", minimal + "clocks: {answer: 0s}\n", "clocks.answer", "longer than 0s"},
		{"no time to settle", minimal + "clocks: {settle: 0s}\n", "clocks.settle", "1m or longer"},
		{"too little time to settle", minimal + "clocks: {settle: 59s}\n", "clocks.settle", "1m or longer"},
		{"calendar", minimal + "calendar: {supplier: us}\n", "calendar.supplier", "cn"},
		{"no file", minimal + "calendar: {files: [gone]}\n", "calendar.files[0]", "cannot be read"},
		{"bad file", minimal + "calendar: {files: [token]}\n", "calendar.files[0]", "section with keys"},
		{"rule", minimal + "rules: [{when: 'true', then: stop}]\n", "rules[0].then", "ignore"},
		{"quiet", minimal + "alerts: {quiet_hours: 22-7}\n", "alerts.quiet_hours", "22:00-07:00"},
		{"level", minimal + "log: {level: loud}\n", "log.level", "debug"},
		{"socket", minimal + "control_socket: /" + strings.Repeat("x", 120) + "\n", "control_socket", "shorter"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ps := problemsOf(t, tc.text)
			for _, p := range ps {
				if p.Path == tc.path && strings.Contains(p.Text, tc.advice) {
					if tc.path != "" && p.Line == 0 && !strings.Contains("shops accounts", tc.path) {
						t.Errorf("no line: %v", p)
					}
					return
				}
			}
			t.Errorf("want %s with %q, got\n%v", tc.path, tc.advice, ps)
		})
	}
}

func TestPastedSecretIsNotPrinted(t *testing.T) {
	t.Parallel()
	ps := problemsOf(t, change(t, "token_file: token", "token_file: shpat_0123456789"))
	if strings.Contains(ps.Error(), "0123456789") {
		t.Error(ps)
	}
}

// A file may well be called after what it holds.
func TestFileNamedLikeAToken(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"c.yaml": change(t, "token_file: token", "token_file: shpat_mystore"), "shpat_mystore": "x", "client-secret": "y"})
	if _, _, err := load(filepath.Join(dir, "c.yaml"), "", true); err != nil {
		t.Error(err)
	}
}

func TestMissingFile(t *testing.T) {
	t.Parallel()
	_, _, err := Load(filepath.Join(t.TempDir(), "none.yaml"))
	if err == nil || !strings.Contains(err.Error(), "--config") || strings.Count(err.Error(), "none.yaml") != 1 {
		t.Error(err)
	}
}

func TestOthersMayReadTheSecret(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"c.yaml": minimal, "token": "x", "client-secret": "y"})
	if err := os.Chmod(filepath.Join(dir, "token"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, warnings, err := load(filepath.Join(dir, "c.yaml"), "", true)
	if err != nil || len(warnings) != 1 || !strings.Contains(Problems(warnings).Error(), ":5:17: shops[0].token_file: others may read or change it; run: chmod g-w,o= ") {
		t.Errorf("error %v, warnings %v", err, warnings)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, want string }{
		{minimal + "control_group: no-such-group\n", ":10:16: control_group: the group no-such-group does not exist"},
		{minimal + "    pace: {between_actions: 1s}\n", "accounts[0].pace.between_actions: is faster"},
	} {
		if _, warnings, err := loadText(t, tc.text); err != nil || !strings.Contains(Problems(warnings).Error(), tc.want) {
			t.Errorf("want %q, got %v, error %v", tc.want, warnings, err)
		}
	}
}

// Whatever bytes the file holds, the answer is a configuration or Problems.
func TestAnyTextIsAnswered(t *testing.T) {
	t.Parallel()
	example := strings.Split(string(Example), "\n")
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(strings.Join(rapid.SliceOfN(rapid.SampledFrom(example), 0, 40).Draw(t, "lines"), "\n"))
		for i, b := range rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "noise") {
			if len(text) > 0 {
				text[(i*7919+int(b)*31)%len(text)] = b
			}
		}
		d, c := newDecoder("c.yaml"), Default()
		d.document(text, c)
		d.validate(c)
	})
}
