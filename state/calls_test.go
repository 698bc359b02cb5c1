package state

import (
	"slices"
	"testing"
	"time"
)

func TestCalls(t *testing.T) {
	t.Parallel()
	at := func(h int) time.Time { return time.Date(2026, 11, 3, h, 0, 0, 0, time.UTC) }
	first := Call{At: at(8), Said: SaidUnclear, Words: "Please verify"}
	for name, tt := range map[string]struct {
		a    Attempt
		want []Call
	}{
		"nothing left":           {Attempt{FirstAt: at(7), StartedAt: at(7)}, nil},
		"one call":               {Attempt{DispatchedAt: at(9), ClickedAt: at(9), Said: SaidNone}, []Call{{At: at(9), Said: SaidNone}}},
		"an earlier one too":     {Attempt{Before: []Call{first}, DispatchedAt: at(9), ClickedAt: at(8)}, []Call{first, {At: at(9)}}},
		"of an older version":    {Attempt{ClickedAt: at(8), DispatchedAt: at(9)}, []Call{{At: at(8)}, {At: at(9)}}},
		"somebody else's":        {Attempt{ClickedAt: at(8), NotOurs: true}, nil},
		"a lost period":          {Attempt{ClickedAt: at(8), InLostPeriod: true}, nil},
		"an earlier case's":      {Attempt{ClickedAt: at(8), AskedBy: "01"}, nil},
		"read as without effect": {Attempt{Before: []Call{first}}, []Call{first}},
	} {
		if got := tt.a.Calls(); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}
