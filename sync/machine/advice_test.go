package machine

import (
	"strings"
	"testing"
	"time"

	"countermand/state"
)

// TestAdviseOnCasesInDoubt: whoever reads the five lines knows what was found,
// what may have reached the supplier, what the page says, what follows and what
// may be decided.
func TestAdviseOnCasesInDoubt(t *testing.T) {
	t.Parallel()
	at := func(day int) time.Time { return time.Date(2026, 3, day, 9, 0, 0, 0, time.UTC) }
	held := func(change func(*state.Case), found ...state.Finding) state.Case {
		c := state.Case{
			Status: state.Held, Supplier: "aliexpress", SupplierOrder: "8190000000000000", Findings: found, SiteState: "Processing", DetailAt: at(3),
			Clocks: map[state.Clock]time.Time{state.ClockShipWindowEnd: at(9)},
		}
		if change != nil {
			change(&c)
		}
		return c
	}
	for name, tc := range map[string]struct {
		c                                state.Case
		found, asked, page, follows, can string
		never                            string
	}{
		"a rule asks first": {
			held(nil, state.Found(state.AsksFirst, "", "rule", "rule 2")),
			"rule 2: asks you", "nothing has left", "“Processing”, read 2026-03-03", "ends 2026-03-09", "asked to cancel all of it: cases approve", "map set",
		},
		"the number is another order's too": {
			held(func(c *state.Case) { c.NumberUnsure = true }, state.Found(state.NumberTwice, "8190000000000000", "by", "mystore #7")),
			"also named by mystore #7", "nothing has left", "“Processing”", "decides nothing", "say which order it is: map set", "cases retry",
		},
		"an answer that is not understood": {
			held(func(c *state.Case) {
				c.Attempt = state.Attempt{DispatchedAt: at(2), ClickedAt: at(2), Said: state.SaidUnclear, SaidWords: "Please verify"}
			}, state.Found(state.AnswerUnclear, "", "clicked", moment(at(2)), "words", "Please verify", "phase", "processing")),
			"“Please verify”", "a call left 2026-03-02 09:00 UTC (answer: not understood, “Please verify”)", "“Processing”", "goes on by itself", "if no request stands there, have it asked again: cases approve", "map set",
		},
		"an earlier case asked": {
			held(func(c *state.Case) { c.Attempt = state.Attempt{AskedBy: "01OLD", ClickedAt: at(1)} }, state.Found(state.AskedBefore, "8190000000000000", "case", "01OLD", "at", moment(at(1)))),
			"asked about", "by case 01OLD, 2026-03-01", "“Processing”", "nothing is asked", "asked again: cases approve", "",
		},
		"a restore": {
			held(func(c *state.Case) { c.Attempt = state.Attempt{InLostPeriod: true, ClickedAt: at(1)} }, state.Found(state.RecordsLost, "", "from", moment(at(1)), "to", moment(at(2)))),
			"a backup was restored", "not known: a backup was restored", "“Processing”", "nothing is asked", "cases ignore", "",
		},
		"mode observe": {
			held(nil, state.Found(state.FindingObserved, "", "detail", "would ask")),
			"mode observe", "nothing has left", "“Processing”", "nothing is asked", "set mode to confirm or auto", "cancel all of it: cases approve",
		},
		"an order that nobody knows": {
			held(func(c *state.Case) { c.SupplierOrder, c.DetailAt, c.Clocks = "", time.Time{}, nil }, state.Found(state.PartOfShop, "", "gone", "1", "all", "3")),
			"only 1 of the 3", "nothing has left", "not read yet", "nothing is asked", "cases ignore", "cases approve",
		},
		"shipped and paused": {
			held(func(c *state.Case) { c.Paused = true }, state.Found(state.AsksFirst, "", "rule", "mode confirm")),
			"mode confirm", "nothing has left", "“Processing”", "it is paused", "cases approve", "",
		},
		"being read": {
			state.Case{Status: state.Requesting, Supplier: "aliexpress", Attempt: state.Attempt{DispatchedAt: at(2), ClickedAt: at(2), Said: state.SaidNone}},
			"not certain", "a call left", "not read yet", "read twice", "cases retry", "cases approve",
		},
		"a refund that cannot be compared": {
			state.Case{
				Status: state.Cancelled, Supplier: "aliexpress", Amount: state.Money{Units: 1000, Currency: "USD"}, Raised: map[string]string{AlertRefundUnclear: "k"},
				Refund: &state.Refund{Amount: state.Money{Units: 900, Currency: "EUR"}, To: state.RefundCard},
			},
			"a refund of", "nothing has left", "not read yet", "whole refund", "cases refund", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, ok := Advise(tc.c)
			if !ok {
				t.Fatal("no advice")
			}
			for what, want := range map[string][2]string{"found": {a.Found, tc.found}, "asked": {a.Asked, tc.asked}, "page": {a.Page, tc.page}, "follows": {a.Follows, tc.follows}, "can": {a.Can, tc.can}} {
				if want[0] == "" || !strings.Contains(want[0], want[1]) {
					t.Errorf("%s: %q, want %q in it", what, want[0], want[1])
				}
			}
			if tc.never != "" && strings.Contains(a.Can, tc.never) {
				t.Errorf("can: %q, want nothing of %q", a.Can, tc.never)
			}
		})
	}
	for _, s := range []state.Status{state.Queued, state.Requested, state.Refunded} {
		if a, ok := Advise(state.Case{Status: s}); ok {
			t.Errorf("%s: %+v", s, a)
		}
	}
}

// TestAdvicePromisesWhatTheTableAllows: each decision that a held case is said
// to take is one that its row takes.
func TestAdvicePromisesWhatTheTableAllows(t *testing.T) {
	t.Parallel()
	verbs := map[string]state.EventKind{
		"cases approve": state.EventApprove, "cases retry": state.EventRetry, "cases ignore": state.EventIgnore, "cases refund": state.EventRefund,
		"disputes opened": state.EventOpened, "disputes write-off": state.EventWriteOff,
	}
	for code := range findingTexts {
		for _, unsure := range []bool{false, true} {
			c := state.Case{Status: state.Held, Supplier: "aliexpress", SupplierOrder: "1", NumberUnsure: unsure, Findings: state.Findings{state.Found(code, "1")}}
			a, _ := Advise(c)
			for verb, kind := range verbs {
				if strings.Contains(a.Can, verb) && statuses[state.Held].handlers[kind] == nil {
					t.Errorf("%s: %q is offered and not taken", code, verb)
				}
			}
			if unsure && strings.Contains(a.Can, "cases retry") {
				t.Errorf("%s: a reading is offered that decides nothing", code)
			}
		}
	}
}
