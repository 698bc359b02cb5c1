package app

import (
	"strings"
	"testing"
	"time"

	"countermand/state"
)

// TestUnknownRequest: a parcel is compared with no request of which the day is
// not known.
func TestUnknownRequest(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC)
	parcel := state.Tracking{Number: "LP1", SeenAt: at, FirstScanAt: at, FirstScanCode: "AE_GOT"}
	c := state.Case{Tracking: []state.Tracking{parcel}, OrderedAt: at.AddDate(0, 0, -1), Proof: state.ProofScanAfter}
	c.Attempt = state.Attempt{FirstAt: at, ClickedAt: at.AddDate(0, 0, -2), Earlier: true}
	const want = "when the refused request was made is not known"
	for what, got := range map[string]string{"table": against(c, parcel), "comparison": comparisons(c)[0], "proof": proofOf(c)} {
		if !strings.Contains(got, want) {
			t.Errorf("%s: %q", what, got)
		}
	}
	c.RequestedAt = at.Add(-time.Hour)
	if got := against(c, parcel); !strings.Contains(got, "after") {
		t.Errorf("a request of a known time: %q", got)
	}
}
