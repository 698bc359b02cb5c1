package site

import (
	"strings"
	"testing"
	"time"

	"countermand/state"
)

// A finished order tells when it was confirmed and how long a dispute may be
// opened; a closed one when it was closed. No page tells of the request.
func TestParseFinished(t *testing.T) {
	t.Parallel()
	p, good := testProfile(t), string(fixture(t, "ok_detail_finished.json"))
	placed := time.Date(2026, 7, 15, 7, 0, 0, 0, time.UTC) // midnight in Los Angeles
	ended := time.Date(2026, 8, 2, 7, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		old, new       string
		phase          state.Phase
		finished, last time.Time
	}{
		"as it is":             {"", "", state.PhaseFinished, ended, placed.AddDate(0, 0, 90)},
		"another time":         {"within 90 days", "within 60 days", state.PhaseFinished, ended, placed.AddDate(0, 0, 60)},
		"no end":               {`,"orderEndTime":"Aug 2, 2026"`, ``, state.PhaseFinished, time.Time{}, placed.AddDate(0, 0, 90)},
		"an end in other code": {`"Aug 2, 2026"`, `"yesterday"`, state.PhaseFinished, time.Time{}, placed.AddDate(0, 0, 90)},
		"other words":          {"open a dispute within 90 days after", "complain in 90 days from when", state.PhaseFinished, ended, time.Time{}},
		"no day of the order":  {`"orderCreatTime":"Jul 15, 2026"`, `"orderCreatTime":"soon"`, state.PhaseFinished, ended, time.Time{}},
		"closed":               {`"title":"Completed"`, `"title":"Canceled"`, state.PhaseClosed, time.Time{}, placed.AddDate(0, 0, 90)},
	} {
		if !strings.Contains(good, c.old) {
			t.Fatalf("%s: the fixture lacks %s", name, c.old)
		}
		a, err := ParseAnswer([]byte(strings.Replace(good, c.old, c.new, 1)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		d, err := p.ParseDetail(a, readAt, zone(t))
		r := d.Reading
		if err != nil || r.Phase != c.phase || !r.FinishedAt.Equal(c.finished) || !r.DisputeCloses.Equal(c.last) || r.ClosedAt.IsZero() != (c.phase != state.PhaseClosed) ||
			!r.RequestedAt.IsZero() || !r.AnsweredAt.IsZero() {
			t.Errorf("%s: %+v, %v; want finished %s, disputes until %s", name, r, err, c.finished, c.last)
		}
	}
}

func TestDaysInTexts(t *testing.T) {
	t.Parallel()
	words := Texts{"en": {"within {days} days of it", "in {days} days at most"}}
	for s, want := range map[string]int{
		"Ask within 15 days of it.":                      15,
		"ASK  WITHIN 15 DAYS OF IT":                      15,
		"Within 7 days of that, or within 9 days of it.": 9,
		"within 15 days":                                 0,
		"within days of it":                              0,
		"within 0 days of it":                            0,
		"within 1.5 days of it":                          0,
		"within 4000 days of it":                         0,
		"within 99999999999999999999999 days of it":      0,
		"Within 7 days of it, in 9 days at most.":        0, // which one?
		"Within 7 days of it, in 7 days at most.":        7,
		"": 0,
	} {
		if got, ok := words.days(s); got != want || ok != (want > 0) {
			t.Errorf("%q: %d, %t; want %d", s, got, ok, want)
		}
	}
	for text, good := range map[string]bool{"in {days} days": true, "in ten days": false, "{days} days": false, "in {days}": false, "in {days} or {days} days": false} {
		var said []string
		Texts{"en": {text}}.validateDays("here", func(path, _ string, _ ...any) { said = append(said, path) })
		if (len(said) == 0) != good {
			t.Errorf("%q: complaints at %q", text, said)
		}
	}
}
