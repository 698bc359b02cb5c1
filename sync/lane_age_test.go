package sync

import (
	"testing"
	"time"
)

// TestAgeOfAnAttempt: a machine that slept, or whose clock was set forward, has
// aged; one whose clock was set back has not grown younger.
func TestAgeOfAnAttempt(t *testing.T) {
	t.Parallel()
	began := time.Now()
	slept := began.Round(0).Add(time.Hour) // the wall clock went on, the other one did not
	if got := age(began, slept); got < time.Hour {
		t.Errorf("an hour later by the wall clock it is %s old", got)
	}
	if got := age(began, began.Add(time.Minute)); got != time.Minute {
		t.Errorf("a minute later it is %s old", got)
	}
	if got := age(began.Round(0).Add(time.Hour), began); got > 0 {
		t.Errorf("before its beginning it is %s old", got)
	}
}
