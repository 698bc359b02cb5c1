package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"countermand/cmd/internal/control"
	"countermand/state"
)

func TestCasesListForPeople(t *testing.T) {
	t.Parallel()
	d := serve(t, someCases()...)
	golden(t, "cases_list.txt", d.call(t, "cases", "list").out)
	golden(t, "cases_list_open.txt", d.call(t, "cases", "list", "--open", "--status", "held", "--shop", "mystore").out)
	if s := d.call(t, "cases", "list", "--shop", "nobody"); s != (said{0, "No cases.\n", ""}) {
		t.Errorf("%+v", s)
	}
}

func TestJSONIsOneDocument(t *testing.T) {
	t.Parallel()
	d := serve(t, someCases()...)
	d.alerts = []state.Alert{{ID: "01JX1", Kind: "refused", Page: true, RaisedAt: now}}
	for _, args := range [][]string{
		{"cases", "list", "--json"}, {"cases", "show", "1042", "--json"}, {"disputes", "list", "--json"},
		{"disputes", "show", "1044", "--json"}, {"alerts", "list", "--json"}, {"status", "--json"}, {"claim", "--json"}, {"clock", "accept", "--json"},
	} {
		s := d.call(t, args...)
		dec := json.NewDecoder(strings.NewReader(s.out))
		var doc map[string]any
		if err := dec.Decode(&doc); err != nil || dec.More() || s.code != 0 || s.err != "" {
			t.Errorf("%v: %v %+v", args, err, s)
		}
	}
	var cases control.Cases
	ok(t, json.Unmarshal([]byte(d.call(t, "cases", "list", "--open", "--json").out), &cases))
	if len(cases.Cases) != 5 || cases.Cases[0].ShopOrder != "#1045" {
		t.Errorf("got %+v", cases)
	}
}

func TestCaseShownToAPerson(t *testing.T) {
	t.Parallel()
	d := serve(t)
	c := someCases()[3]
	c.Account, c.Store, c.Reason, c.Rule, c.MappedBy = "main", "Lamps \x1b[31m& more", "customer", "mode auto", "attribute"
	c.RequestedAt, c.AnsweredAt, c.ShippedAt, c.CancelledAt, c.ReadAt = in(-200), in(-150), in(-290), in(-201), in(-0.5)
	c.Clocks[state.ClockProofDue], c.Estimated = in(-20), []state.Clock{state.ClockProofDue}
	c.Proof = state.ProofScanAfter
	c.Lines = []state.Line{{Title: "Lamp", SKU: "L-1", Quantity: 2}, {Title: "Bulb", Quantity: 1}}
	c.Tracking = []state.Tracking{{Number: "LP001", Carrier: "Cainiao", FirstScanAt: in(-100), FirstScanCode: "AE_GOT"}, {Number: "LP002"}}
	c.Refund = &state.Refund{Amount: usd("5"), To: state.RefundBalance, At: in(-30), ConfirmedBy: "site"}
	d.put(t, c,
		state.Entry{At: in(-201), Event: state.EventCancelled, To: state.Queued, By: state.ByShop, Detail: "cancelled in the shop"},
		state.Entry{At: in(-150), Event: state.EventReading, From: state.Requested, To: state.Refused, By: state.BySupplier, Detail: "no longer\npending", Evidence: []string{"01J/1.png", "01J/1.html"}},
		state.Entry{At: in(-1), Event: state.EventRemind, From: state.Disputable, To: state.Disputable, By: state.ByCLI, Who: "anna", Detail: "asked again"},
	)
	s := d.call(t, "cases", "show", "#1044")
	golden(t, "cases_show.txt", s.out)
	if again := d.call(t, "disputes", "show", "8190000000000004"); again != s {
		t.Errorf("%+v", again)
	}
	if strings.Contains(s.out, "\x1b") {
		t.Error("a page's text drives the terminal")
	}
	c.ID, c.ShopOrder, c.SupplierOrder = "01JNQ5Z3K0C8V4T2M6R7S9W1X9", "#1099", "8190000000000099"
	c.Status, c.DisputeID, c.DisputedAt = state.Disputed, "301", in(-10)
	day := time.Date(2026, 2, 27, 0, 0, 0, 0, time.FixedZone("CST", 8*3600))
	c.ShippedAt, c.Days, c.Zone = day.UTC(), state.Days{state.FieldShippedAt: state.DayOf(day)}, "Asia/Shanghai"
	d.put(t, c)
	if s := d.call(t, "cases", "show", "#1099"); !strings.Contains(s.out, "marked shipped         2026-02-27") || !strings.Contains(s.out, "the day in Asia/Shanghai") {
		t.Errorf("of a day it shows %q", s.out)
	}
	if s := d.call(t, "cases", "show", "#1099"); !strings.Contains(s.out, "dispute opened         Mon 2 Mar 2026 03:00 CET") {
		t.Errorf("of an opened dispute it shows %q", s.out)
	}
}

func TestDisputesForPeople(t *testing.T) {
	t.Parallel()
	d := serve(t, someCases()...)
	golden(t, "disputes_list.txt", d.call(t, "disputes", "list").out)
	if s := d.call(t, "disputes", "show", "1042"); s.code != 1 || !strings.Contains(s.err, "not in the dispute queue") {
		t.Errorf("%+v", s)
	}
	if s := serve(t).call(t, "disputes", "list"); s != (said{0, "Nothing to review.\n", ""}) {
		t.Errorf("%+v", s)
	}
}

func TestStatusForPeople(t *testing.T) {
	t.Parallel()
	d := serve(t, someCases()...)
	ok(t, d.Store.(state.Store).Update(t.Context(), func(tx state.Tx) error {
		_, err := tx.PutAccount(state.Account{Name: "main", State: state.AccountReady})
		_, err2 := tx.PutAccount(state.Account{Name: "second", State: state.AccountChallenged, Until: in(0.5), Why: "captcha on the order list"})
		_, err3 := tx.RaiseAlert(state.Alert{ID: "A1", Key: "k", Page: true, RaisedAt: now})
		return errors.Join(err, err2, err3)
	}))
	golden(t, "status.txt", d.call(t, "status").out)
	empty := serve(t)
	empty.Daemon.Rehearsal = true
	golden(t, "status_empty.txt", empty.call(t, "status").out)
}

func TestAlertsForPeople(t *testing.T) {
	t.Parallel()
	d := serve(t)
	d.alerts = []state.Alert{
		{ID: "01JX5", Kind: "refused", Page: true, Title: "mystore #1042 (AliExpress 8190000000000002): the supplier refused the cancel", RaisedAt: in(-1), Deliveries: 2},
		{ID: "01JX4", Kind: "held", Page: true, Title: "held", RaisedAt: in(-2), Failures: 3, LastError: "channel 1 (ntfy): refused"},
		{ID: "01JX3", Kind: "refund_late", Title: "late", RaisedAt: in(-30)},
		{ID: "01JX2", Kind: "unmapped", Page: true, Title: "seen", RaisedAt: in(-50), AckedAt: now, AckedBy: "anna"},
		{ID: "01JX1", Kind: "account_challenged", Page: true, Title: "over", RaisedAt: in(-60), ResolvedAt: now},
	}
	golden(t, "alerts_list.txt", d.call(t, "alerts", "list").out)
	if s := d.call(t, "alerts", "list", "--open"); strings.Count(s.out, "\n") != 4 {
		t.Errorf("%+v", s)
	}
	if s := d.call(t, "alerts", "ack", "01JX5"); s != (said{0, "acknowledged by anna: refused: #1042\n", ""}) {
		t.Errorf("%+v", s)
	}
	d.channels = []control.ChannelResult{{Channel: "1 (ntfy)", OK: true}, {Channel: "2 (smtp)", Error: "refused"}}
	if s := d.call(t, "alerts", "test"); s.code != 1 || s.out != "channel 1 (ntfy)  sent\nchannel 2 (smtp)  FAILED  refused\n" || !strings.Contains(s.err, "1 of 2 channels") {
		t.Errorf("%+v", s)
	}
	d.channels = d.channels[:1]
	if s := d.call(t, "alerts", "test"); s != (said{0, "channel 1 (ntfy)  sent\n", ""}) {
		t.Errorf("%+v", s)
	}
	d.channels = nil
	if s := d.call(t, "alerts", "test"); s.code != 1 || !strings.Contains(s.err, "urls_file") {
		t.Errorf("%+v", s)
	}
}

func TestEveryDecision(t *testing.T) {
	t.Parallel()
	tests := []struct {
		args string
		want state.Event
	}{
		{"cases approve 1042", state.Event{Kind: state.EventApprove}},
		{"cases retry 1042 --note again", state.Event{Kind: state.EventRetry, Note: "again"}},
		{"cases ignore 1042", state.Event{Kind: state.EventIgnore}},
		{"cases pause 1042", state.Event{Kind: state.EventPause}},
		{"cases resume 1042", state.Event{Kind: state.EventResume}},
		{"cases refund 1042 --amount 12.34 --to card", state.Event{Kind: state.EventRefund, Decision: &state.Decision{Amount: usd("12.34"), To: state.RefundCard}}},
		{"cases refund 1042 --amount 1 --to bonus --at 2026-03-01", state.Event{Kind: state.EventRefund, Decision: &state.Decision{Amount: usd("1"), To: state.RefundBonus, At: time.Date(2026, 2, 28, 23, 0, 0, 0, time.UTC)}}},
		{"disputes opened 1042 --dispute-id 301 --at 2026-03-02T12:30:00+01:00", state.Event{Kind: state.EventOpened, Decision: &state.Decision{DisputeID: "301", At: in(-0.5)}}},
		{"disputes proof 1042", state.Event{Kind: state.EventProof}},
		{"disputes ask 1042", state.Event{Kind: state.EventRemind}},
		{"disputes snooze 1042 --until 2026-03-05T08:00", state.Event{Kind: state.EventSnooze, Decision: &state.Decision{Until: time.Date(2026, 3, 5, 7, 0, 0, 0, time.UTC)}}},
		{"disputes won 1042", state.Event{Kind: state.EventWon}},
		{"disputes lost 1042", state.Event{Kind: state.EventLost}},
		{"disputes write-off 1042", state.Event{Kind: state.EventWriteOff}},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			d := serve(t, someCases()...)
			args := strings.Fields(tt.args)
			s := d.call(t, args...)
			if want := (said{0, args[1] + ": #1042 / AliExpress 8190000000000002 at mystore is queued: will be asked\n", ""}); s != want {
				t.Errorf("%+v", s)
			}
			tt.want.By = state.ByCLI
			if tt.want.Decision == nil {
				tt.want.Decision = &state.Decision{}
			}
			if diff := cmp.Diff([]state.Event{tt.want}, d.decided); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMapSet(t *testing.T) {
	t.Parallel()
	d := serve(t, someCases()...)
	s := d.call(t, "map", "set", "--shop", "other", "--order", "#1046", "8190000000000006", "8190000000000007")
	if s.code != 0 || !strings.Contains(s.out, "01JNQ5Z3K0C8V4T2M6R7S9W1X6") {
		t.Errorf("%+v", s)
	}
	if diff := cmp.Diff([]string{"other", "#1046", "8190000000000006", "8190000000000007"}, d.mapped); diff != "" {
		t.Error(diff)
	}
	if s := d.call(t, "map", "set", "--shop", "new", "--order", "#1", "8190000000000006"); s != (said{0, "Noted for #1 at new; no case needs it yet.\n", ""}) {
		t.Errorf("%+v", s)
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	d := serve(t, someCases()...)
	config := filepath.Join(t.TempDir(), "broken.yaml")
	ok(t, os.WriteFile(config, []byte("no_such_key: 1\n"), 0o600))
	tests := []struct {
		code int
		args string
		says string
	}{
		{1, "cases show 999", "no case 999"},
		{1, "alerts ack 999", "no alert 999"},
		{2, "", "what? See countermand --help"},
		{2, "case", "did you mean countermand cases?"},
		{2, "cases", "cases what?"},
		{2, "cases aprove 1042", "did you mean countermand cases approve?"},
		{2, "disputes zzz", "see countermand disputes --help"},
		{2, "disputes export 1044", "--out is missing"},
		{2, "cases list --bogus", "unknown flag: --bogus"},
		{2, "cases list extra", "takes no"},
		{2, "cases list --status gone", "one of unmapped, held"},
		{2, "cases show", "wants one case"},
		{2, "cases approve 1042 1043", "wants one case"},
		{2, "cases refund 1042 --to card", "--amount is missing"},
		{2, "cases refund 1042 --amount 12,34 --to card", "12.34"},
		{2, "cases refund 1042 --amount 12.34", "card, balance or bonus"},
		{2, "cases refund 1042 --amount 0 --to card", "more than zero"},
		{2, "cases refund 1042 --amount 1 --to card --at yesterday", "--at"},
		{2, "cases refund 1042 --amount 1 --to card --at 2026-03-03", "future"},
		{2, "disputes snooze 1044", "--until is missing"},
		{2, "disputes snooze 1044 --until 2026-03-01", "time in the future"},
		{2, "map set --shop mystore --order 1 12", "8 to 20 digits"},
		{2, "map set --shop mystore --order 1 8190000000000001 8190000000000001", "given twice"},
		{2, "map set --shop mystore 8190000000000001", "--order is missing"},
		{2, "map set --order 1 8190000000000001", "--shop is missing"},
		{2, "map set --shop mystore --order 1", "at least one"},
		{2, "status --config " + config, "no_such_key"},
		{3, "status --socket /nowhere/s", "nobody answers on /nowhere/s: start it"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			s := d.call(t, strings.Fields(tt.args)...)
			if s.code != tt.code || !strings.Contains(s.err, tt.says) || s.out != "" {
				t.Errorf("%+v", s)
			}
		})
	}
	if len(d.decided)+len(d.mapped) > 0 {
		t.Errorf("something was decided: %v %v", d.decided, d.mapped)
	}
}

func TestRefusalIsToldWithItsReason(t *testing.T) {
	t.Parallel()
	d := serve(t, someCases()...)
	d.refuse = control.Refused("a refunded case takes no approve")
	if s := d.call(t, "cases", "approve", "1046"); s != (said{1, "", "a refunded case takes no approve"}) {
		t.Errorf("%+v", s)
	}
}

func TestSocketIsFound(t *testing.T) {
	t.Parallel()
	d := serve(t)
	config := filepath.Join(t.TempDir(), "countermand.yaml")
	ok(t, os.WriteFile(config, []byte(fmt.Sprintf(`
data_dir: /var/lib/countermand
control_socket: %s
shops: [{name: mystore, domain: mystore.myshopify.com, token_file: /no/such/token, webhook_secret_files: [/no/such/secret], account: main}]
accounts: [{name: main}]
`, d.socket)), 0o600))
	nowhere := map[string]string{"COUNTERMAND_SOCKET": "/nowhere/env"}
	for name, s := range map[string]said{
		"flag before all":           call(t, nowhere, "status", "--config", "/no/such.yaml", "--socket", d.socket),
		"config before environment": call(t, nowhere, "status", "--config", config),
		"environment":               d.call(t, "status"),
	} {
		if s.code != 0 {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if s := call(t, nil, "status"); s.code == exitUnreachable && !strings.Contains(s.err, defaultSocket) {
		t.Errorf("default: %+v", s)
	}
}

func TestEveryCommandHelps(t *testing.T) {
	t.Parallel()
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		if c.Short == "" || c.Example == "" || !strings.Contains(c.Example, c.CommandPath()) && c.HasParent() {
			t.Errorf("%s: short %q, example %q", c.CommandPath(), c.Short, c.Example)
		}
		for _, child := range c.Commands() {
			visit(child)
		}
	}
	root := rootCommand()
	root.Example = "-"
	root.AddCommand(clientCommands(&clientEnv{})...)
	visit(root)
	if s := call(t, nil, "cases", "refund", "--help"); s.code != 0 || !strings.Contains(s.out, "--amount") {
		t.Errorf("%+v", s)
	}
}

// One line on stderr, and the code, through the whole program.
func TestRunTellsInOneLine(t *testing.T) {
	t.Parallel()
	var out, errOut bytes.Buffer
	code := run([]string{"status", "--socket", "/nowhere/s"}, func(string) string { return "" }, strings.NewReader(""), &out, &errOut)
	if code != exitUnreachable || out.Len() > 0 || strings.Count(errOut.String(), "\n") != 1 || !strings.HasPrefix(errOut.String(), "countermand: the daemon is not reachable") {
		t.Errorf("%d %q %q", code, out.String(), errOut.String())
	}
}
