package site

import (
	"strings"
	"testing"

	"countermand/state"
)

// TestJudgeReading: what the first reading answers without a click.
func TestJudgeReading(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	const said = "The seller declined your cancellation request"
	for name, c := range map[string]struct {
		phase   state.Phase
		refused string
		despite []string
		offered bool
		partly  bool
		want    state.AskOutcome
	}{
		"asked for the first time":        {phase: state.PhaseProcessing, offered: true},
		"refused before":                  {phase: state.PhaseProcessing, refused: said, offered: true, want: state.AskRefused},
		"refused before, no button":       {phase: state.PhaseProcessing, refused: said, want: state.AskRefused},
		"refused before, seen":            {phase: state.PhaseProcessing, refused: said, despite: []string{"The seller rejected it", said}, offered: true},
		"refused before, seen, no button": {phase: state.PhaseProcessing, refused: said, despite: []string{said}, want: state.AskNotOffered},
		"refused otherwise than seen":     {phase: state.PhaseProcessing, refused: said, despite: []string{"The seller rejected it"}, offered: true, want: state.AskRefused},
		"refused and asked again":         {phase: state.PhasePending, refused: said, want: state.AskPending},
		"refused and closed":              {phase: state.PhaseClosed, refused: said, want: state.AskClosed},
		"refused and sent":                {phase: state.PhaseShipped, refused: said, want: state.AskShipped},
		"refused while verified":          {phase: state.PhaseRiskHold, refused: said, want: state.AskRefused},
		"refused and unpaid":              {phase: state.PhaseUnpaid, refused: said, offered: true, want: state.AskUnknown},
		"refused on an odd page":          {phase: state.PhaseUnknown, refused: said, offered: true, want: state.AskUnknown},
		"refused on half a page":          {phase: state.PhaseProcessing, refused: said, offered: true, partly: true, want: state.AskUnknown},
	} {
		r := state.Reading{Number: "8190000000000001", Phase: c.phase, StatusText: "caption", RefusedText: c.refused, CancelOffered: c.offered, Complete: !c.partly}
		outcome, why := p.AnsweredAlready(Detail{Reading: r}, false, c.despite)
		if outcome != c.want {
			t.Errorf("%s: %q (%s), want %q", name, outcome, why, c.want)
		}
		if outcome == state.AskRefused && !strings.Contains(why, said) { // of the others the reading says it
			t.Errorf("%s: %q does not say what the page says", name, why)
		}
	}
}
