package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"countermand/cmd/internal/control"
	"countermand/state"
	"countermand/state/boltstore"
	"countermand/supplier"
)

var update = flag.Bool("update", false, "write the golden files anew")

var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func in(h float64) time.Time { return now.Add(time.Duration(h * float64(time.Hour))) }

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fakeDaemon stands behind a real control socket: questions go to a real store,
// decisions are noted, and answered as a test wants.
type fakeDaemon struct {
	control.Reader
	socket   string
	dataDir  string // for exports
	refuse   error
	decided  []state.Event
	mapped   []string
	imported map[string][]state.Mapping
	alerts   []state.Alert
	channels []control.ChannelResult
	lent     []string
	asks     bool // whether it asks for a claim
}

func (d *fakeDaemon) SiteCalls(context.Context) ([]supplier.SiteCall, error) {
	return []supplier.SiteCall{{Name: "mtop.x.detail", Is: "read", From: "built-in"}, {Name: "mtop.x.hint", Failed: 2, Why: "it may write, and nothing was decided"}}, nil
}

func (d *fakeDaemon) SetSiteCall(_ context.Context, in control.SiteCallSet, _ string) error {
	if in.Name == "mtop.x.write" && in.Is == "read" {
		return control.Invalid("mtop.x.write is known as a call that writes (cancel): that cannot be taken back")
	}
	return nil
}

func (d *fakeDaemon) Rehearse(_ context.Context, c state.Case) (supplier.Rehearsal, error) {
	return supplier.Rehearsal{
		Number: c.SupplierOrder, Reached: true, Outcome: state.AskObserved, Reason: "I no longer want this order",
		Steps: []supplier.Step{{Did: "sees the order's page", By: "orderId"}, {Did: "presses Submit", By: "Submit"}},
		Call:  &supplier.Call{Method: "POST", Address: "https://acs.example/h5/x", Fields: []supplier.Field{{Key: "tradeOrderId", Value: c.SupplierOrder}}},
	}, nil
}

func (d *fakeDaemon) RehearseAny(_ context.Context, account, number string) (supplier.Rehearsal, error) {
	return supplier.Rehearsal{Number: number, Outcome: state.AskUnknown, Detail: "nobody knows what mtop.x does", Steps: []supplier.Step{}}, nil
}

func (d *fakeDaemon) Decide(ctx context.Context, id string, e state.Event) (state.Case, error) {
	if d.refuse != nil {
		return state.Case{}, d.refuse
	}
	e.Who = "" // whoever runs the test
	d.decided = append(d.decided, e)
	c, _, err := d.Case(ctx, id)
	c.Status, c.Flag = state.Queued, "will be asked"
	return c, err
}

func (d *fakeDaemon) MapSet(ctx context.Context, shop, order string, numbers []string, _ string) ([]state.Case, error) {
	d.mapped = append([]string{shop, order}, numbers...)
	cases, err := d.Cases(ctx, control.Filter{Shop: shop})
	return cases[:min(1, len(cases))], errors.Join(err, d.refuse)
}

// MapImport refuses the order 1049, of which somebody said otherwise.
func (d *fakeDaemon) MapImport(_ context.Context, _ string, orders map[string][]state.Mapping, _ string) (map[string]string, error) {
	if d.imported == nil {
		d.imported = map[string][]state.Mapping{}
	}
	maps.Copy(d.imported, orders)
	if _, ok := orders["1049"]; ok {
		delete(d.imported, "1049")
		return map[string]string{"1049": "map set has said otherwise"}, d.refuse
	}
	return nil, d.refuse
}

func (d *fakeDaemon) Alerts(_ context.Context, open bool) (out []state.Alert, err error) {
	for _, a := range d.alerts {
		if !open || a.AckedAt.IsZero() && a.ResolvedAt.IsZero() {
			out = append(out, a)
		}
	}
	return out, d.refuse
}

func (d *fakeDaemon) Ack(_ context.Context, id, _ string) (state.Alert, error) {
	return state.Alert{ID: id, Title: "refused: #1042", AckedBy: "anna", AckedAt: now}, d.refuse
}

func (d *fakeDaemon) TestAlert(context.Context) ([]control.ChannelResult, error) {
	return d.channels, d.refuse
}

func (d *fakeDaemon) Lend(_ context.Context, account, _ string, _ time.Duration) error {
	d.lent = append(d.lent, account)
	return d.refuse
}

func (d *fakeDaemon) TakeBack(_ context.Context, account string) error {
	d.lent = append(d.lent, account+" back")
	return d.refuse
}

func (d *fakeDaemon) Claim(context.Context, string) (control.Claimed, error) {
	return control.Claimed{Claimed: d.asks, DataDir: "/var/lib/countermand"}, d.refuse
}

func (d *fakeDaemon) AcceptClock(context.Context, string) (control.ClockAccepted, error) {
	return control.ClockAccepted{Accepted: d.asks, Now: now}, d.refuse
}

// serve starts a daemon that knows the cases.
func serve(t *testing.T, cases ...state.Case) *fakeDaemon {
	t.Helper()
	store, err := boltstore.Open(filepath.Join(t.TempDir(), "db"), boltstore.Options{NoSync: true, InitialMmapSize: 1 << 20})
	ok(t, err)
	dir, err := os.MkdirTemp("", "cm") // a socket's path has to be short
	ok(t, err)
	d := &fakeDaemon{socket: filepath.Join(dir, "s"), Reader: control.Reader{
		Store: store, Clock: func() time.Time { return now },
		Daemon: control.Daemon{Version: "v1.2.3", Mode: "confirm", PID: 7, StartedAt: in(-75)},
	}}
	for _, c := range cases {
		d.put(t, c)
	}
	s, err := control.Listen(control.Options{Path: d.socket, Backend: d, Log: zerolog.Nop()})
	ok(t, err)
	done := make(chan error, 1)
	go func() { done <- s.Serve() }()
	t.Cleanup(func() {
		ok(t, s.Close(context.WithoutCancel(t.Context())))
		ok(t, <-done)
		ok(t, store.Close())
		ok(t, os.RemoveAll(dir))
	})
	return d
}

func (d *fakeDaemon) put(t *testing.T, c state.Case, journal ...state.Entry) {
	t.Helper()
	ok(t, d.Store.(state.Store).Update(t.Context(), func(tx state.Tx) error {
		_, err := tx.PutCase(c)
		for _, e := range journal {
			err = errors.Join(err, tx.AddEntry(c.ID, e))
		}
		return err
	}))
}

// said is what one command left behind.
type said struct {
	code     int
	out, err string
}

// call runs one client command in Berlin's time.
func (d *fakeDaemon) call(t *testing.T, args ...string) said {
	t.Helper()
	return call(t, map[string]string{"COUNTERMAND_SOCKET": d.socket}, args...)
}

func call(t *testing.T, env map[string]string, args ...string) said {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	ok(t, err)
	var out, errOut bytes.Buffer
	root := rootCommand()
	root.AddCommand(clientCommands(&clientEnv{
		Stdout: &out, Stderr: &errOut, Zone: berlin,
		Getenv: func(k string) string { return env[k] },
	})...)
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&errOut)
	err = root.ExecuteContext(t.Context())
	if err != nil {
		errOut.WriteString(err.Error())
	}
	return said{exitCode(err), out.String(), errOut.String()}
}

// golden holds what a person reads against a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		ok(t, os.MkdirAll("testdata", 0o755))
		ok(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	ok(t, err)
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got):\n%s", name, d)
	}
}

func usd(s string) state.Money {
	m, err := state.ParseMoney(s, "USD")
	if err != nil {
		panic(err)
	}
	return m
}

func caseOf(id, order, number string, s state.Status) state.Case {
	return state.Case{ID: id, Shop: "mystore", ShopOrder: order, ShopOrderID: "gid://shopify/Order/" + id, Supplier: "aliexpress", SupplierOrder: number, Status: s, Amount: usd("12.34"), Proof: state.ProofNone, OpenedAt: in(-48)}
}

func someCases() []state.Case {
	held := caseOf("01JNQ5Z3K0C8V4T2M6R7S9W1X1", "#1041", "8190000000000001", state.Held)
	held.Flag, held.Paused = "waits for your decision", true
	held.Findings = state.Findings{state.Found(state.AsksFirst, "", "rule", "mode confirm")}
	asked := caseOf("01JNQ5Z3K0C8V4T2M6R7S9W1X2", "#1042", "8190000000000002", state.Requested)
	asked.Flag, asked.Clocks = "waiting for the supplier's answer", map[state.Clock]time.Time{state.ClockAnswerDue: in(51.5), state.ClockShipWindowEnd: in(90)}
	unmapped := caseOf("01JNQ5Z3K0C8V4T2M6R7S9W1X3", "#1043", "", state.Unmapped)
	unmapped.Amount, unmapped.Flag = state.Money{}, "no AliExpress order known: map it"
	urgent := caseOf("01JNQ5Z3K0C8V4T2M6R7S9W1X4", "#1044", "8190000000000004", state.Disputable)
	urgent.Clocks = map[state.Clock]time.Time{state.ClockDisputeOpens: in(-50), state.ClockDisputeCloses: in(10.25)}
	closed := caseOf("01JNQ5Z3K0C8V4T2M6R7S9W1X5", "#1045", "8190000000000005", state.Disputed)
	done := caseOf("01JNQ5Z3K0C8V4T2M6R7S9W1X6", "#1046", "8190000000000006", state.Refunded)
	done.Shop = "other"
	return []state.Case{held, asked, unmapped, urgent, closed, done}
}
