package machine

import (
	"regexp"
	"strings"
	"testing"

	"countermand/state"
)

var dateWord = regexp.MustCompile(`\b20\d\d-\d\d-\d\d \d\d:\d\d UTC\b`)

// dateless are the moves in which no date is compared, by what decides them.
var dateless = map[string]string{
	"an AliExpress order cannot be cancelled in part by itself": "which lines went",
	"asks you before the supplier is asked":                     "the mode or a rule",
	"mode observe, so nothing was clicked":                      "the mode",
	"also named by #":                                           "who else holds the number",
	"the page shows order":                                      "the number on the page",
	"are to be cancelled in the shop: the others":               "how many items there are",
	"held: this may not be the right order: as told":            "the driver's guard",
	"none of the accounts tried":                                "that no account has it",
	"the page is not one that countermand knows":                "an unknown page",
	"the operator named other AliExpress orders":                "the operator's word",
	"its lines belong to AliExpress orders that are known":      "the shop's word",
	"the order is wanted after all":                             "the shop's word",
}

// Every move that is not a person's decision names the dates that it compared:
// an operator, and whoever judges a dispute, must be able to follow it.
func TestEveryMoveNamesItsDates(t *testing.T) {
	t.Parallel()
	moves, used := 0, map[string]bool{}
	for _, s := range everyStory() {
		s.steps = append([]step(nil), s.steps...)
		for i := range s.steps {
			s.steps[i].check = func(_ expect, _ state.Case, out Outcome) {
				for _, e := range out.Entries {
					if e.From == e.To || e.Event.Decision() {
						continue
					}
					if moves++; dateWord.MatchString(e.Detail) {
						continue
					}
					excused := false
					for words := range dateless {
						if strings.Contains(e.Detail, words) {
							excused, used[words] = true, true
						}
					}
					if !excused {
						t.Errorf("%s: %q → %s at %s says %q: no date", s.name, e.From, e.To, e.Event, e.Detail)
					}
				}
			}
		}
		play(new(deaf), s)
	}
	if moves < 500 {
		t.Errorf("only %d moves were seen", moves)
	}
	for words, why := range dateless {
		if !used[words] {
			t.Errorf("no move is excused by %q (%s) any more", words, why)
		}
	}
}

// A person's word about money or a dispute is told with its own date, and the
// rest of the refund's lines with what they were compared with.
func TestWordsNameTheirDates(t *testing.T) {
	t.Parallel()
	said := &state.Decision{Amount: usd(20), To: state.RefundCard, At: base.Add(-day1)}
	for _, s := range []scenario{
		{name: "a supplier that accepts", steps: then(reach[state.Requested], []step{
			{after: day1, ev: reads(state.PhaseClosed), to: state.Cancelled, check: saysOnly("the supplier accepted: the order is closed (asked 2026-11-03 10:00 UTC, closed by 2026-11-04 10:00 UTC)")},
		})},
		{name: "a request that is gone", steps: then(reach[state.Requested], []step{
			{after: day1, ev: reads(state.PhaseProcessing), to: state.Refused, raised: AlertRefused, plans: "read:tracking",
				check: has("refused (asked 2026-11-03 10:00 UTC, read 2026-11-04 10:00 UTC)")},
		})},
		{name: "a refund by the site", steps: then(reach[state.Cancelled], []step{
			{after: day1, ev: reads(state.PhaseClosed, paidBack(20, "USD", state.RefundCard)), to: state.Refunded,
				check: saysOnly("refund of 20.00 USD to card, the total was 20.00 USD (closed 2026-11-03 11:00 UTC, seen 2026-11-04 11:00 UTC, due 2026-12-04 05:00 UTC)")},
		})},
		{name: "a refund by a person's word", steps: then(reach[state.Cancelled], []step{
			{after: day1, ev: decision(state.EventRefund, said), to: state.Refunded,
				check: saysOnly("20.00 USD arrived on the card 2026-11-02 10:00 UTC, the total was 20.00 USD (closed 2026-11-03 11:00 UTC, due 2026-12-04 05:00 UTC)")},
		})},
		{name: "a dispute of yesterday", steps: then(reach[state.Disputable], []step{
			{after: day1, ev: decision(state.EventOpened, &state.Decision{DisputeID: "D9", At: base}), to: state.Disputed, check: func(t expect, c state.Case, out Outcome) {
				if saysOnly("ann opened a dispute D9 on 2026-11-03 10:00 UTC")(t, c, out); !c.DisputedAt.Equal(base) {
					t.Errorf("disputed at %s", c.DisputedAt)
				}
			}},
		})},
		{name: "a dispute of now", steps: then(reach[state.Refused], []step{
			{after: day1, ev: decision(state.EventOpened, nil), to: state.Disputed, check: func(t expect, c state.Case, _ Outcome) {
				if !c.DisputedAt.Equal(base.Add(day1 + 60*60e9)) {
					t.Errorf("disputed at %s", c.DisputedAt)
				}
			}},
		})},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			play(t, s)
		})
	}
}
