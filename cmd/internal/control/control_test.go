package control

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"countermand/state"
	"countermand/state/boltstore"
	"countermand/supplier"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func in(h int) time.Time { return now.Add(time.Duration(h) * time.Hour) }

// daemon is a Backend on a real store, whose decisions are noted and answered
// as a test wants.
type daemon struct {
	Reader
	refuse  error
	decided []state.Event
	mapped  []string
	orders  map[string][]state.Mapping
	who     string
	alerts  []state.Alert
	lent    []string
}

func (d *daemon) SiteCalls(context.Context) ([]supplier.SiteCall, error) {
	return []supplier.SiteCall{{Name: "mtop.x.detail", Is: "read", From: "built-in"}, {Name: "mtop.x.hint", Failed: 2, Why: "it may write, and nothing was decided"}}, nil
}

func (d *daemon) SetSiteCall(_ context.Context, in SiteCallSet, _ string) error {
	if in.Name == "mtop.x.write" && in.Is == "read" {
		return Invalid("mtop.x.write is known as a call that writes (cancel): that cannot be taken back")
	}
	return nil
}

func (d *daemon) Rehearse(_ context.Context, c state.Case) (supplier.Rehearsal, error) {
	return supplier.Rehearsal{Number: c.SupplierOrder, Reached: true}, nil
}

func (d *daemon) RehearseAny(_ context.Context, account, number string) (supplier.Rehearsal, error) {
	return supplier.Rehearsal{Number: number, Detail: account}, nil
}

func (d *daemon) Decide(ctx context.Context, id string, e state.Event) (state.Case, error) {
	if d.refuse != nil {
		return state.Case{}, d.refuse
	}
	d.decided = append(d.decided, e)
	c, _, err := d.Case(ctx, id)
	c.Flag = "decided"
	return c, err
}

func (d *daemon) MapSet(_ context.Context, shop, order string, numbers []string, who string) ([]state.Case, error) {
	d.mapped, d.who = append([]string{shop, order}, numbers...), who
	return nil, d.refuse
}

func (d *daemon) MapImport(_ context.Context, shop string, orders map[string][]state.Mapping, who string) (map[string]string, error) {
	d.mapped, d.orders, d.who = []string{shop}, orders, who
	return map[string]string{"1049": "somebody said otherwise"}, d.refuse
}

func (d *daemon) Alerts(_ context.Context, open bool) (out []state.Alert, err error) {
	for _, a := range d.alerts {
		if !open || a.AckedAt.IsZero() {
			out = append(out, a)
		}
	}
	return out, d.refuse
}

func (d *daemon) Ack(_ context.Context, id, who string) (state.Alert, error) {
	return state.Alert{ID: id, AckedBy: who, AckedAt: now}, d.refuse
}

func (d *daemon) TestAlert(context.Context) ([]ChannelResult, error) {
	return []ChannelResult{{Channel: "1 (ntfy)", OK: true}}, d.refuse
}

func (d *daemon) Lend(_ context.Context, account, who string, l time.Duration) error {
	d.lent = append(d.lent, account+" "+l.String())
	d.who = who
	return d.refuse
}

func (d *daemon) TakeBack(_ context.Context, account string) error {
	d.lent = append(d.lent, account+" back")
	return d.refuse
}

func (d *daemon) Claim(_ context.Context, who string) (Claimed, error) {
	d.who = who
	return Claimed{Claimed: true, DataDir: "/data"}, d.refuse
}

func (d *daemon) AcceptClock(_ context.Context, who string) (ClockAccepted, error) {
	d.who = who
	return ClockAccepted{Accepted: true, Now: now, AheadUntil: in(1)}, d.refuse
}

func TestAcceptClock(t *testing.T) {
	t.Parallel()
	d, cl := start(t)
	c, err := cl.AcceptClock(t.Context())
	if err != nil || c != (ClockAccepted{true, now, in(1)}) || d.who == "" {
		t.Errorf("%+v by %q, error %v", c, d.who, err)
	}
}

func TestClaim(t *testing.T) {
	t.Parallel()
	d, cl := start(t)
	c, err := cl.Claim(t.Context())
	if err != nil || c != (Claimed{true, "/data"}) || d.who == "" {
		t.Errorf("%+v by %q, error %v", c, d.who, err)
	}
	d.refuse = errors.New("the disk is full")
	if _, err := cl.Claim(t.Context()); err == nil || !strings.Contains(err.Error(), "disk") {
		t.Error(err)
	}
}

func TestLendAnAccount(t *testing.T) {
	t.Parallel()
	d, cl := start(t)
	check(t, cl.Lend(t.Context(), "second hand", 10*time.Minute))
	check(t, cl.TakeBack(t.Context(), "second hand"))
	if diff := cmp.Diff([]string{"second hand 10m0s", "second hand back"}, d.lent); diff != "" {
		t.Error(diff)
	}
	if d.who == "" {
		t.Error("nobody borrowed it")
	}
	for _, l := range []time.Duration{0, 2 * time.Hour} {
		if err := cl.Lend(t.Context(), "main", l); err == nil {
			t.Errorf("lent for %s", l)
		}
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start serves a daemon that knows cases on a socket of its own.
func start(t *testing.T, cases ...state.Case) (*daemon, *Client) {
	t.Helper()
	store, err := boltstore.Open(filepath.Join(t.TempDir(), "db"), boltstore.Options{NoSync: true, InitialMmapSize: 1 << 20})
	check(t, err)
	t.Cleanup(func() { check(t, store.Close()) })
	check(t, store.Update(t.Context(), func(tx state.Tx) error {
		for _, c := range cases {
			if _, err := tx.PutCase(c); err != nil {
				return err
			}
			if err := tx.AddEntry(c.ID, state.Entry{At: now, Event: state.EventCancelled, To: c.Status, By: state.ByShop, Detail: "cancelled"}); err != nil {
				return err
			}
		}
		return nil
	}))
	d := &daemon{Reader: Reader{Store: store, Clock: func() time.Time { return now.Add(time.Millisecond) }, Daemon: Daemon{Version: "v1", Mode: "auto", StartedAt: in(-3)}}}
	path := socketPath(t)
	serve(t, Options{Path: path, Backend: d, Log: zerolog.Nop()})
	return d, NewClient(path)
}

// socketPath is short, as a socket's path may have 107 bytes.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "cm")
	check(t, err)
	t.Cleanup(func() { check(t, os.RemoveAll(dir)) })
	return filepath.Join(dir, "s")
}

func serve(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Listen(o)
	check(t, err)
	done := make(chan error, 1)
	go func() { done <- s.Serve() }()
	t.Cleanup(func() {
		check(t, s.Close(context.WithoutCancel(t.Context())))
		check(t, <-done)
	})
	return s
}

func caseOf(id, order, number string, s state.Status) state.Case {
	amount, _ := state.ParseMoney("12.34", "USD")
	return state.Case{ID: id, Shop: "mystore", ShopOrder: order, ShopOrderID: "gid://shopify/Order/" + id, Supplier: "aliexpress", SupplierOrder: number, Status: s, Amount: amount}
}

func codeIs(t *testing.T, err error, code int) {
	t.Helper()
	if e, ok := errors.AsType[*Error](err); !ok || e.Code != code {
		t.Errorf("got %v, want a %d", err, code)
	}
}

func TestCaseIsFoundByEveryName(t *testing.T) {
	t.Parallel()
	_, cl := start(t,
		caseOf("01JAAA1", "#1042", "8190000000000001", state.Requested),
		caseOf("01JAAB2", "#1043", "8190000000000002", state.Held),
		caseOf("01JABC3", "#1043", "8190000000000003", state.Held),
		caseOf("01JB", "#01JA", "", state.Unmapped),
		caseOf("01JBX", "#5", "", state.Unmapped),
	)
	for ref, want := range map[string]string{
		"01JAAA1": "01JAAA1", "01JAAA": "01JAAA1", "01jaab": "01JAAB2", "#1042": "01JAAA1", "1042": "01JAAA1", " 1042 ": "01JAAA1",
		"8190000000000003": "01JABC3", "01JB": "01JB", // a whole id wins over a prefix
	} {
		c, err := cl.Case(t.Context(), ref)
		if err != nil || c.ID != want || len(c.Journal) != 1 {
			t.Errorf("%q: got %q, %v", ref, c.ID, err)
		}
	}
	for ref, code := range map[string]int{
		"#1043": 409, "01JAA": 409, "01JA": 409, // a prefix of three and another's name
		"#104": 404, "819000": 404, "9": 404, "../status": 404, "a/b": 404,
	} {
		_, err := cl.Case(t.Context(), ref)
		codeIs(t, err, code)
	}
}

func TestAmbiguityNamesTheCandidates(t *testing.T) {
	t.Parallel()
	d, cl := start(t, caseOf("01JAAB2", "#1043", "8190000000000002", state.Held), caseOf("01JABC3", "#1043", "", state.Unmapped))
	_, err := cl.Decide(t.Context(), "#1043", Decision{Kind: state.EventApprove})
	want := "#1043 may be 2 cases, give an id: 01JABC3 (mystore #1043, no supplier order, unmapped); 01JAAB2 (mystore #1043, 8190000000000002, held)"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	if len(d.decided) != 0 {
		t.Error("a decision went to a guess")
	}
}

func TestCasesFilter(t *testing.T) {
	t.Parallel()
	other := caseOf("01J4", "#4", "8190000000000004", state.Requested)
	other.Shop = "other"
	_, cl := start(t, caseOf("01J1", "#1", "8190000000000001", state.Refunded), caseOf("01J2", "#2", "8190000000000002", state.Requested), caseOf("01J3", "#3", "", state.Unmapped), other)
	for name, tt := range map[string]struct {
		f    Filter
		want []string
	}{
		"all, newest first": {Filter{}, []string{"01J4", "01J3", "01J2", "01J1"}},
		"open":              {Filter{Open: true}, []string{"01J4", "01J3", "01J2"}},
		"status":            {Filter{Status: state.Requested}, []string{"01J4", "01J2"}},
		"status and shop":   {Filter{Status: state.Requested, Shop: "other"}, []string{"01J4"}},
		"nothing":           {Filter{Status: state.Won}, nil},
	} {
		got, err := cl.Cases(t.Context(), tt.f)
		check(t, err)
		var ids []string
		for _, c := range got.Cases {
			ids = append(ids, c.ID)
			if c.Journal != nil {
				t.Errorf("%s: a listing with journals", name)
			}
		}
		if d := cmp.Diff(tt.want, ids); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	_, err := cl.Cases(t.Context(), Filter{Status: "gone"})
	codeIs(t, err, http.StatusBadRequest)
}

func TestDecisionReachesTheEngineWhole(t *testing.T) {
	t.Parallel()
	d, cl := start(t, caseOf("01J1", "#1042", "8190000000000001", state.Cancelled))
	me, err := user.Current()
	check(t, err)
	got, err := cl.Decide(t.Context(), "#1042", Decision{Kind: state.EventRefund, Note: "seen", Amount: "12.3", To: state.RefundBonus, At: in(-1)})
	check(t, err)
	if got.ID != "01J1" || got.Flag != "decided" {
		t.Errorf("got %+v", got)
	}
	amount, err := state.ParseMoney("12.30", "USD")
	check(t, err)
	want := []state.Event{{
		Kind: state.EventRefund, By: state.ByCLI, Who: me.Username, Note: "seen",
		Decision: &state.Decision{Amount: amount, To: state.RefundBonus, At: in(-1)},
	}}
	if diff := cmp.Diff(want, d.decided); diff != "" {
		t.Error(diff)
	}
	if !cl.Now().Equal(now.Add(time.Millisecond)) {
		t.Errorf("the daemon's clock: %v", cl.Now())
	}
}

func TestDecisionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	blank := caseOf("01J2", "#2", "8190000000000002", state.Requested)
	blank.Amount = state.Money{}
	d, cl := start(t, caseOf("01J1", "#1", "8190000000000001", state.Cancelled), blank)
	refund := Decision{Kind: state.EventRefund, Amount: "12.34", To: state.RefundCard}
	with := func(change func(*Decision)) Decision { d := refund; change(&d); return d }
	for name, tt := range map[string]struct {
		ref string
		d   Decision
	}{
		"an event that is no decision": {"01J1", Decision{Kind: state.EventReading}},
		"no kind":                      {"01J1", Decision{}},
		"refund to nowhere":            {"01J1", with(func(d *Decision) { d.To = "unknown" })},
		"refund of nothing":            {"01J1", with(func(d *Decision) { d.Amount = "0" })},
		"negative refund":              {"01J1", with(func(d *Decision) { d.Amount = "-1" })},
		"refund of words":              {"01J1", with(func(d *Decision) { d.Amount = "12,34" })},
		"refund of tomorrow":           {"01J1", with(func(d *Decision) { d.At = in(1) })},
		"refund without a known total": {"01J2", refund},
		"snooze into the past":         {"01J1", Decision{Kind: state.EventSnooze, Until: in(-1)}},
		"snooze for ever":              {"01J1", Decision{Kind: state.EventSnooze}},
	} {
		_, err := cl.Decide(t.Context(), tt.ref, tt.d)
		if e, ok := errors.AsType[*Error](err); !ok || e.Code != http.StatusBadRequest {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if len(d.decided) != 0 {
		t.Errorf("decided: %+v", d.decided)
	}
}

func TestErrorsBecomeCodes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err  error
		code int
	}{
		"refused":   {Refused("a refunded case takes no approve"), http.StatusConflict},
		"not found": {NotFound("no such shop"), http.StatusNotFound},
		"invalid":   {Invalid("no"), http.StatusBadRequest},
		"gone":      {errors.Join(errors.New("read case"), state.ErrNotFound), http.StatusNotFound},
		"conflict":  {state.ErrConflict, http.StatusConflict},
		"broken":    {errors.New("disk\nfull"), http.StatusInternalServerError},
	} {
		d, cl := start(t, caseOf("01J1", "#1", "8190000000000001", state.Held))
		d.refuse = tt.err
		_, err := cl.Decide(t.Context(), "01J1", Decision{Kind: state.EventApprove})
		codeIs(t, err, tt.code)
		if err != nil && err.Error() != oneLine(tt.err.Error()) {
			t.Errorf("%s: %q", name, err)
		}
	}
}

func TestMapSet(t *testing.T) {
	t.Parallel()
	d, cl := start(t)
	_, err := cl.MapSet(t.Context(), MapSet{Shop: "mystore", Order: "#1042", SupplierOrders: []string{"8190000000000001", "8190000000000002"}})
	check(t, err)
	if diff := cmp.Diff([]string{"mystore", "#1042", "8190000000000001", "8190000000000002"}, d.mapped); diff != "" || d.who == "" {
		t.Errorf("%s by %q", diff, d.who)
	}
	for _, m := range []MapSet{
		{Order: "#1", SupplierOrders: []string{"8190000000000001"}},
		{Shop: "mystore", SupplierOrders: []string{"8190000000000001"}},
		{Shop: "mystore", Order: "#1"},
		{Shop: "mystore", Order: "#1", SupplierOrders: []string{"#1042"}},
		{Shop: "mystore", Order: "#1", SupplierOrders: []string{"8190000000000001 "}},
		{Shop: "mystore", Order: "#1", SupplierOrders: []string{"123"}},
		{Shop: "mystore", Order: "#1", SupplierOrders: []string{"８１９０００００００００"}},
	} {
		_, err := cl.MapSet(t.Context(), m)
		codeIs(t, err, http.StatusBadRequest)
	}
}

func TestAlerts(t *testing.T) {
	t.Parallel()
	d, cl := start(t)
	d.alerts = []state.Alert{{ID: "01JX2", Kind: "refused", RaisedAt: now}, {ID: "01JX1", Kind: "held", RaisedAt: now, AckedAt: now}, {ID: "01JX"}}
	all, err := cl.Alerts(t.Context(), false)
	check(t, err)
	open, err := cl.Alerts(t.Context(), true)
	check(t, err)
	if len(all.Alerts) != 3 || len(open.Alerts) != 2 {
		t.Errorf("%d, %d open", len(all.Alerts), len(open.Alerts))
	}
	for ref, want := range map[string]string{"01jx2": "01JX2", "01JX": "01JX"} {
		if a, err := cl.Ack(t.Context(), ref); err != nil || a.ID != want || a.AckedBy == "" {
			t.Errorf("%s: %+v, %v", ref, a, err)
		}
	}
	_, err = cl.Ack(t.Context(), "01J")
	codeIs(t, err, http.StatusConflict)
	_, err = cl.Ack(t.Context(), "02")
	codeIs(t, err, http.StatusNotFound)
	results, err := cl.TestAlert(t.Context())
	check(t, err)
	if diff := cmp.Diff([]ChannelResult{{Channel: "1 (ntfy)", OK: true}}, results.Channels); diff != "" {
		t.Error(diff)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	c := caseOf("01J1", "#1", "8190000000000001", state.Requested)
	c.Clocks = map[state.Clock]time.Time{state.ClockAnswerDue: in(5)}
	past := caseOf("01J2", "#2", "8190000000000002", state.Refused)
	past.Clocks = map[state.Clock]time.Time{state.ClockProofDue: in(-5)}
	d, cl := start(t, c, past, caseOf("01J3", "#3", "8190000000000003", state.Won))
	check(t, d.Store.(state.Store).Update(t.Context(), func(tx state.Tx) error {
		_, err := tx.PutAccount(state.Account{Name: "main", State: state.AccountChallenged, Until: in(1), Why: "captcha"})
		_, err2 := tx.RaiseAlert(state.Alert{ID: "A1", Key: "k1", Page: true, RaisedAt: now})
		_, err3 := tx.RaiseAlert(state.Alert{ID: "A2", Key: "k2", Page: true, RaisedAt: now, AckedAt: now})
		_, err4 := tx.RaiseAlert(state.Alert{ID: "A3", Key: "k3", RaisedAt: now})
		return errors.Join(err, err2, err3, err4)
	}))
	got, err := cl.Status(t.Context())
	check(t, err)
	risk, err := state.ParseMoney("24.68", "USD")
	check(t, err)
	want := Status{
		Daemon:       Daemon{Version: "v1", Mode: "auto", StartedAt: in(-3), Now: now},
		Accounts:     []Account{{Name: "main", State: state.AccountChallenged, Until: in(1), Why: "captcha"}},
		Counts:       map[state.Status]int{state.Requested: 1, state.Refused: 1, state.Won: 1},
		MoneyAtRisk:  []state.Money{risk},
		Deadlines:    []CaseDeadline{{Case: "01J1", Shop: "mystore", ShopOrder: "#1", Supplier: "aliexpress", SupplierOrder: "8190000000000001", Status: state.Requested, Clock: state.ClockAnswerDue, At: in(5)}},
		UnackedPages: 1,
		Waits:        []state.Wait{},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestClientWithoutADaemon(t *testing.T) {
	t.Parallel()
	dead := socketPath(t)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: dead, Net: "unix"})
	check(t, err)
	l.SetUnlinkOnClose(false)
	check(t, l.Close())
	for _, path := range []string{"/nowhere/at/all.sock", dead} {
		_, err := NewClient(path).Status(t.Context())
		if !errors.Is(err, ErrUnreachable) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// A daemon that dies with the answer half given may have taken the decision.
func TestBrokenAnswerIsNotUnreachable(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	l, err := net.Listen("unix", path)
	check(t, err)
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1<<16))
			_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"))
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { check(t, l.Close()); <-served })
	cl := NewClient(path)
	_, err = cl.Decide(t.Context(), "01J1", Decision{Kind: state.EventApprove})
	if err == nil || errors.Is(err, ErrUnreachable) || err.Error() != "the daemon gave no whole answer, look whether it took this before you repeat it (countermand cases show ID): unexpected EOF" {
		t.Errorf("got %v", err)
	}
	if _, err = cl.Status(t.Context()); err == nil || errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v", err)
	}
}
