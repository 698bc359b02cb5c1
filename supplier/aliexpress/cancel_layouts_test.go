package aliexpress

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/aliexpresstest"
)

// row is one cancel in a real browser: what is special about the order and
// the site, and what must come of it.
type row struct {
	name   string
	layout aliexpresstest.Layout
	order  func(*aliexpresstest.Order)
	// site turns something on; what it gives back turns it off.
	site func(*aliexpresstest.Site) (off func())
	want state.AskOutcome
	// kind is wanted instead of an outcome.
	kind   supplier.Kind
	writes int
	// marked: the mark was set, although the site took no write.
	marked bool
	// despite is what a person has seen.
	despite []string
	// extra rows run only with COUNTERMAND_TEST_ALL=1.
	extra bool
}

// everything tells whether the extra rows run, too.
func everything() bool { return os.Getenv("COUNTERMAND_TEST_ALL") == "1" }

var allLayouts = []aliexpresstest.Layout{
	aliexpresstest.LayoutPage, aliexpresstest.LayoutDialog, aliexpresstest.LayoutNewTab, aliexpresstest.LayoutInstant, aliexpresstest.LayoutNoPopup,
	aliexpresstest.LayoutBare, aliexpresstest.LayoutOtherCall,
}

// ways are the layouts with what may come of each.
func ways(extra func(layout aliexpresstest.Layout, end string) bool) []row {
	var out []row
	for _, l := range allLayouts {
		pending := state.AskPending
		if slices.Contains([]aliexpresstest.Layout{aliexpresstest.LayoutInstant, aliexpresstest.LayoutBare, aliexpresstest.LayoutOtherCall}, l) {
			pending = state.AskClosed
		}
		for _, end := range []struct {
			name  string
			order func(*aliexpresstest.Order)
			want  state.AskOutcome
		}{
			{"accepted", func(o *aliexpresstest.Order) { o.Fate.Accept = time.Hour }, pending},
			{"closed at once", func(o *aliexpresstest.Order) { o.Fate.InstantClose = true }, state.AskClosed},
			{"picked up", func(o *aliexpresstest.Order) { o.Fate.PickedUp = true }, state.AskPickedUp},
			{"unpaid", func(o *aliexpresstest.Order) { o.PaidAt = time.Time{} }, state.AskClosed},
		} {
			want := end.want
			if want == state.AskPickedUp && (l == aliexpresstest.LayoutBare || l == aliexpresstest.LayoutOtherCall) {
				want = state.AskUnclear // these say nothing: the next reading tells
			}
			out = append(out, row{name: string(l) + " " + end.name, layout: l, order: end.order, want: want, writes: 1, extra: extra(l, end.name)})
		}
	}
	return out
}

// TestCancelInEveryLayoutAndLanguage cancels through every layout in every language, a part of it in
// a window, and through every trap and block.
func TestCancelInEveryLayoutAndLanguage(t *testing.T) {
	t.Parallel()
	onlyAccepted := func(_ aliexpresstest.Layout, end string) bool { return end != "accepted" }
	onlyDialog := func(l aliexpresstest.Layout, end string) bool {
		return l != aliexpresstest.LayoutDialog || end != "accepted"
	}
	for _, part := range []struct {
		name, locale string
		visible      bool
		rows         []row
	}{
		{"en", aliexpresstest.LocaleEnglish, false, ways(onlyAccepted)},
		{"es", aliexpresstest.LocaleSpanish, false, ways(onlyDialog)},
		{"pt", aliexpresstest.LocalePortuguese, false, ways(onlyDialog)},
		{"en in a window", aliexpresstest.LocaleEnglish, true, ways(onlyDialog)},
		{"traps", aliexpresstest.LocaleEnglish, false, traps()},
		{"blocks", aliexpresstest.LocaleEnglish, false, blocks()},
		{"states", aliexpresstest.LocaleSpanish, false, states()},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			show := ""
			if part.visible {
				if show = display(t); show == "" {
					return // no X server is installed: those rows are not there
				}
			}
			r := newRig(t, func(o *Options) {
				o.Language, o.StepTimeout = part.locale, 6*time.Second
				o.Profile.Gate.Writes = map[string]site.WriteCall{"mtop.aliexpress.trade.buyer.order.cancel": {Kind: site.KindCancel}}
				o.Chrome.Visible, o.Chrome.Display = part.visible, show
			})
			for _, row := range part.rows {
				if !row.extra || everything() {
					t.Run(row.name, func(t *testing.T) { r.play(t, row) })
				}
			}
			r.nothingElse(t)
		})
	}
}

// play runs one row.
func (r *rig) play(t *testing.T, w row) {
	number := r.order(t, func(o *aliexpresstest.Order) {
		o.Layout = w.layout
		if w.order != nil {
			w.order(o)
		}
	})
	if w.site != nil {
		defer w.site(r.site)()
	}
	marks := 0
	req := request(number, &marks)
	req.ApprovedRefusals = w.despite
	got, err := r.client.Cancel(t.Context(), req)
	switch {
	case w.kind != "":
		if supplier.KindOf(err) != w.kind {
			t.Errorf("cancel: %+v, %v; want %s", got, err, w.kind)
		}
	case err != nil || got.Outcome != w.want || got.Outcome == "":
		t.Errorf("cancel: %+v, %v; want %s", got, err, w.want)
	}
	if (w.writes > 0 || w.marked) != (marks == 1) {
		t.Errorf("%d marks for %d wanted writes", marks, w.writes)
	}
	kinds := make([]string, w.writes)
	for i := range kinds {
		kinds[i] = aliexpresstest.WriteCancel
	}
	r.wantWrites(t, number, kinds...)
}

// nothingElse looks at all that reached the site.
func (r *rig) nothingElse(t *testing.T) {
	t.Helper()
	for _, w := range r.site.Writes() {
		if w.Kind != aliexpresstest.WriteCancel || !w.Trusted || w.Refused != "" {
			t.Errorf("write %+v", w)
		}
	}
	if m := r.site.Missed(); len(m) > 0 {
		t.Errorf("clicks on what lay over the page: %+v", m)
	}
	if n := r.site.Calls()[aliexpresstest.PagePolicy]; n > 0 {
		t.Errorf("the decoy was followed %d times", n)
	}
}

func disturbed(n aliexpresstest.Nuisance) func(*aliexpresstest.Order) {
	return func(o *aliexpresstest.Order) { o.Nuisance = n }
}

// traps are what an order's pages put in the way.
func traps() []row {
	const forever, s = aliexpresstest.Forever, time.Second
	type nuisance = aliexpresstest.Nuisance
	const other = "8189999999999999"
	trap := func(tr aliexpresstest.Trap) func(*aliexpresstest.Order) {
		return func(o *aliexpresstest.Order) { o.Trap = tr }
	}
	done, failed, unknown, wrong := state.AskPending, state.AskFailed, state.AskUnknown, state.AskWrongOrder
	withOther := func(site *aliexpresstest.Site) func() {
		err := site.Add(aliexpresstest.Order{ID: other, Store: "Other", PaidAt: time.Now().Add(-time.Hour), Lines: []aliexpresstest.Line{{Title: "Other thing", Price: "1.00"}}})
		if err != nil {
			panic(err) // the first row adds it
		}
		return func() {}
	}
	return []row{
		{name: "no trap yet", site: withOther, want: done, writes: 1},
		{name: "shows another", order: trap(aliexpresstest.Trap{ShowsOther: other}), want: wrong, extra: true},
		{name: "shows another once", order: trap(aliexpresstest.Trap{ShowsOtherOnce: other}), want: wrong},
		{name: "form of another", order: trap(aliexpresstest.Trap{FormShowsOther: other}), want: wrong},
		{name: "form of another in a dialog", layout: aliexpresstest.LayoutDialog, order: trap(aliexpresstest.Trap{FormShowsOther: other}), want: wrong, extra: true},
		{name: "form of another in a new tab", layout: aliexpresstest.LayoutNewTab, order: trap(aliexpresstest.Trap{FormShowsOther: other}), want: wrong, extra: true},
		{name: "form of another, no pop-up", layout: aliexpresstest.LayoutNoPopup, order: trap(aliexpresstest.Trap{FormShowsOther: other}), want: wrong, extra: true},
		{name: "form of a dispute", layout: aliexpresstest.LayoutDispute, want: unknown},
		{name: "cookie banner", order: disturbed(nuisance{Cookies: true}), want: done, writes: 1, extra: true},
		{name: "chat robot", order: disturbed(nuisance{Robot: true}), want: done, writes: 1, extra: true},
		{name: "loading veil", order: disturbed(nuisance{Loading: 2 * s}), want: done, writes: 1, extra: true},
		{name: "unknown layer", order: disturbed(nuisance{Overlay: forever}), want: failed},
		{name: "unknown layer for a while", order: disturbed(nuisance{Overlay: 3 * s}), want: failed, extra: true},
		{name: "loading for ever", order: disturbed(nuisance{Loading: forever}), want: failed, extra: true},
		{name: "late buttons", order: disturbed(nuisance{LateButtons: s}), want: done, writes: 1, extra: true},
		{name: "late buttons in a dialog", layout: aliexpresstest.LayoutDialog, order: disturbed(nuisance{LateButtons: s}), want: done, writes: 1, extra: true},
		{name: "buttons never come", order: disturbed(nuisance{LateButtons: forever}), want: unknown, extra: true},
		{name: "buttons swapped", order: disturbed(nuisance{SwapButtons: true, Decoys: true}), want: done, writes: 1, extra: true},
		{name: "swapped under the pointer", order: disturbed(nuisance{SwapOnHover: true}), want: done, writes: 1},
		{name: "swapped under the pointer, in a dialog", layout: aliexpresstest.LayoutDialog, order: disturbed(nuisance{SwapOnHover: true}), want: done, writes: 1, extra: true},
		{name: "sticky header", order: disturbed(nuisance{StickyHeader: true}), want: done, writes: 1, extra: true},
		{name: "all at once", order: disturbed(nuisance{Robot: true, Cookies: true, Loading: s, LateButtons: s, StickyHeader: true, SwapButtons: true, SwapOnHover: true, Decoys: true}), want: done, writes: 1},
		{name: "all at once in a new tab", layout: aliexpresstest.LayoutNewTab, order: disturbed(nuisance{Robot: true, Cookies: true, Loading: s, LateButtons: s, StickyHeader: true, Decoys: true}), want: done, writes: 1, extra: true},
	}
}

// blocks are what the site itself puts in the way.
func blocks() []row {
	type site = aliexpresstest.Site
	garble := func(kind string, how aliexpresstest.Garbling) func(*site) func() {
		return func(s *site) func() { s.Garble(kind, 1, how); return func() {} }
	}
	fail := func(kind string, n int, ret ...string) func(*site) func() {
		return func(s *site) func() { s.FailCalls(kind, n, ret...); return func() { s.FailCalls(kind, 0) } }
	}
	toggle := func(set func(*site, bool)) func(*site) func() {
		return func(s *site) func() { set(s, true); return func() { set(s, false) } }
	}
	regional := func(n int) func(*site) func() {
		return func(s *site) func() {
			err := s.SetRegional(aliexpresstest.LocaleSpanish, n)
			return func() {
				if err := errors.Join(err, s.SetRegional(aliexpresstest.LocaleSpanish, 0)); err != nil {
					panic(err)
				}
			}
		}
	}
	const detail, reasons, op, page = aliexpresstest.CallDetail, aliexpresstest.CallReasons, aliexpresstest.CallOperation, aliexpresstest.PageDetail
	done := state.AskPending
	rows := []row{
		{name: "logged out", site: toggle((*site).SetLoggedOut), kind: supplier.LoggedOut, extra: true},
		{name: "challenge", site: toggle((*site).SetChallenge), kind: supplier.Challenged, extra: true},
		{name: "punish page", site: toggle((*site).SetPunish), kind: supplier.Challenged, extra: true},
		{name: "challenge on the form", site: fail(reasons, 1, "FAIL_SYS_USER_VALIDATE::x", "RGV587_ERROR::SM::x"), kind: supplier.Challenged, extra: true},
		{name: "logged out on the form", site: fail(reasons, 1, "FAIL_SYS_SESSION_EXPIRED::x"), kind: supplier.LoggedOut},
		{name: "traffic limit", site: fail(detail, 1, "FAIL_SYS_TRAFFIC_LIMIT::x"), kind: supplier.Throttled},
		{name: "answers nobody knows", site: fail(detail, 1, "UNKNOWN_FAIL_CODE::x"), kind: supplier.Unreadable, extra: true},
		{name: "everything empty", site: func(s *site) func() {
			s.SetEmpty(detail, true)
			s.SetEmpty(aliexpresstest.CallList, true)
			return func() { s.SetEmpty(detail, false); s.SetEmpty(aliexpresstest.CallList, false) }
		}, kind: supplier.Throttled, extra: true},
		{name: "form empty", site: func(s *site) func() { s.SetEmpty(reasons, true); return func() { s.SetEmpty(reasons, false) } }, kind: supplier.Throttled, extra: true},
		{name: "token expired", site: func(s *site) func() { s.ExpireToken(); return func() { s.SetTokens(false) } }, want: done, writes: 1},
		{name: "regional once", site: regional(1), want: done, writes: 1},
		{name: "regional for good", site: regional(-1), kind: supplier.UnknownPage, extra: true},
		{name: "page hangs once", site: func(s *site) func() { s.HangLoads(page, 1); return func() {} }, want: done, writes: 1, extra: true},
		{name: "page spoilt once", site: garble(page, aliexpresstest.GarbleHTML), want: done, writes: 1, extra: true},
		{name: "page leads to punish", site: garble(page, aliexpresstest.GarblePunish), kind: supplier.Challenged, extra: true},
		{name: "slow", site: func(s *site) func() { s.SetDelay(400 * time.Millisecond); return func() { s.SetDelay(0) } }, want: done, writes: 1, extra: true},
		{name: "reply lost", site: func(s *site) func() { s.DropReply(op, 1); return func() {} }, want: done, writes: 1, extra: true},
		{name: "request refused", site: fail(op, 1, "FAIL_BIZ_X::not now"), want: state.AskUnclear, marked: true, extra: true},
	}
	for _, kind := range []string{detail, reasons, op} {
		for how, want := range map[aliexpresstest.Garbling]supplier.Kind{
			aliexpresstest.GarbleTypes: "", aliexpresstest.GarbleTruncated: supplier.Unreadable, aliexpresstest.GarbleHTML: supplier.Unreadable,
			aliexpresstest.GarblePunish: supplier.Challenged, aliexpresstest.GarbleStatus: supplier.Unreachable, aliexpresstest.GarbleLimit: supplier.Throttled,
			aliexpresstest.GarbleEmpty: supplier.Unreadable, aliexpresstest.GarbleObject: supplier.Unreadable, aliexpresstest.GarbleData: supplier.Unreadable,
		} {
			w := row{name: fmt.Sprintf("%s spoilt: %s", kind, how), site: garble(kind, how), kind: want, extra: how != aliexpresstest.GarbleTypes && how != aliexpresstest.GarbleTruncated || kind != reasons}
			if want == "" || kind == op {
				w.kind, w.want, w.writes = "", done, 1 // the request was taken all the same
			}
			rows = append(rows, w)
		}
	}
	return rows
}

// states are orders that need no click, or must get none.
func states() []row {
	ago := func(d time.Duration) time.Time { return time.Now().Add(-d) }
	return []row{
		{name: "risk hold", order: func(o *aliexpresstest.Order) { o.Fate.RiskHold = ago(-time.Hour) }, want: state.AskNotOffered},
		{name: "pending", order: func(o *aliexpresstest.Order) { o.RequestedAt = ago(time.Hour) }, want: state.AskPending},
		{name: "closed", order: func(o *aliexpresstest.Order) { o.ClosedAt = ago(time.Hour) }, want: state.AskClosed},
		{name: "shipped", order: func(o *aliexpresstest.Order) {
			o.Fate.AlreadyShipped = &aliexpresstest.Shipment{ShippedAt: ago(time.Hour), Number: "LP1"}
		}, want: state.AskShipped},
		{name: "refused before", order: func(o *aliexpresstest.Order) {
			o.RequestedAt = ago(10 * time.Hour)
			o.Fate.Refuse = &aliexpresstest.Refusal{After: time.Hour, Explicit: true}
		}, want: state.AskRefused},
		{name: "refused before, which a person has seen", order: func(o *aliexpresstest.Order) {
			o.RequestedAt = ago(10 * time.Hour)
			o.Fate.Refuse = &aliexpresstest.Refusal{After: time.Hour, Explicit: true}
		}, despite: []string{"El vendedor rechazó tu solicitud de cancelación"}, want: state.AskPending, writes: 1},
		{name: "refused before without a word", order: func(o *aliexpresstest.Order) {
			o.RequestedAt = ago(10 * time.Hour)
			o.Fate.Refuse = &aliexpresstest.Refusal{After: time.Hour}
		}, want: state.AskPending, writes: 1, extra: true},
	}
}

// display starts an X server on a free display; "" where none is installed.
func display(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("Xvfb")
	if err != nil {
		return ""
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-displayfd", "3", "-screen", "0", "1400x1500x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{w}
	if err := errors.Join(cmd.Start(), w.Close()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait(); r.Close() })
	var n int
	if _, err := fmt.Fscan(r, &n); err != nil {
		t.Fatalf("Xvfb names no display: %v", err)
	}
	return fmt.Sprintf(":%d", n)
}
