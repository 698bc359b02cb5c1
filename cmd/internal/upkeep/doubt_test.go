package upkeep

import (
	"slices"
	"testing"
)

// TestNothingIsDeletedWhileTheClockIsInDoubt: what is old is not known then. The
// backup is made all the same.
func TestNothingIsDeletedWhileTheClockIsInDoubt(t *testing.T) {
	t.Parallel()
	r := newKeptRig(t)
	r.story("old", "#1", "8190000000000001", 500*day)
	doubt := true
	r.o.Doubt = func() bool { return doubt }
	for range backupsKept + 2 {
		r.at = r.at.Add(day)
		r.Daily(t.Context())
	}
	r.ForgetDeliveries()
	if got := r.cases(); !slices.Equal(got, []string{"old"}) {
		t.Errorf("cases left: %v", got)
	}
	if len(r.folders()) == 0 {
		t.Error("the evidence is gone")
	}
	if n := len(r.backups()); n != backupsKept+2 {
		t.Errorf("%d backups", n)
	}
	doubt = false
	r.at = r.at.Add(day)
	r.Daily(t.Context())
	if got := r.cases(); len(got) != 0 {
		t.Errorf("cases left: %v", got)
	}
	if n := len(r.backups()); n != backupsKept {
		t.Errorf("%d backups", n)
	}
}
