package machine

import (
	"time"

	"countermand/state"
)

// How often an order is read again. The site bears about forty pages an hour,
// and a sweep of the list serves every open case of the account.
const (
	nearWarning    = 24 * time.Hour // "a deadline under 24 h"
	checkFresh     = 10 * time.Minute
	checkDay       = time.Hour
	checkQuiet     = 3 * time.Hour
	checkProof     = 6 * time.Hour
	checkSlow      = 12 * time.Hour
	checkFailed    = 20 * time.Minute
	detailEvery    = 24 * time.Hour
	mapRetry       = 10 * time.Minute
	mapRetryLater  = 2 * time.Hour
	notOfferedWait = 30 * time.Minute // a risk hold hides the button for up to a day
	disputeOpensIn = 10 * 24 * time.Hour
	disputeAfter   = 15 * 24 * time.Hour // after delivery or confirmation
	disputeAtMost  = 90 * 24 * time.Hour // after the order's date
	notFoundTries  = 3
)

// nextCheck is when an order is read next; zero: not by itself.
func nextCheck(c state.Case, now time.Time) time.Time {
	if check := statuses[c.Status].check; check != nil {
		return check(c, now)
	}
	return time.Time{}
}

func checkHeld(c state.Case, now time.Time) time.Time {
	if c.SupplierOrder == "" || c.NumberUnsure {
		return time.Time{}
	}
	return now.Add(checkSlow)
}

func checkRequested(c state.Case, now time.Time) time.Time {
	age := now.Sub(c.RequestedAt)
	switch {
	case age < time.Hour:
		return sharedCheck(now, checkFresh)
	case age < 24*time.Hour, nearEnd(c, state.ClockShipWindowEnd, now), nearEnd(c, state.ClockAnswerDue, now):
		return sharedCheck(now, checkDay)
	}
	return sharedCheck(now, checkQuiet)
}

func checkRefused(c state.Case, now time.Time) time.Time {
	switch {
	case nearEnd(c, state.ClockProofDue, now):
		return now.Add(checkDay)
	case near(c.Clocks[state.ClockDisputeCloses], now):
		return now.Add(checkQuiet)
	}
	return now.Add(checkProof)
}

func checkCancelled(c state.Case, now time.Time) time.Time {
	return slowCheck(now, c.Clocks[state.ClockRefundDue])
}

func checkDisputable(c state.Case, now time.Time) time.Time {
	return slowCheck(now, c.Clocks[state.ClockDisputeCloses])
}

func checkDisputed(_ state.Case, now time.Time) time.Time { return now.Add(checkSlow) }

// slowCheck is twice a day, and oftener near a deadline: not hourly, as each of
// these readings takes several pages.
func slowCheck(now, deadline time.Time) time.Time {
	if near(deadline, now) {
		return now.Add(checkQuiet)
	}
	return now.Add(checkSlow)
}

// sharedCheck is about an interval later, rounded so that all cases share the
// moment: one sweep of the list then serves them all.
func sharedCheck(now time.Time, interval time.Duration) time.Time {
	return now.Add(interval).Round(interval)
}

// nearEnd is near for a clock that may be an estimate: from a day before it may
// end until a day after it must have.
func nearEnd(c state.Case, k state.Clock, now time.Time) bool {
	at := c.EarliestEnd(k)
	return !at.IsZero() && now.After(at.Add(-nearWarning)) && now.Before(c.Clocks[k].Add(nearWarning))
}

// near tells whether a running deadline is within a day, before or after.
func near(t, now time.Time) bool {
	return !t.IsZero() && now.After(t.Add(-nearWarning)) && now.Before(t.Add(nearWarning))
}

// depthFor is how much must be read.
func depthFor(c state.Case, now time.Time) state.Depth {
	switch depth := statuses[c.Status].depth; {
	case depth != "":
		return depth
	case byWordOnly(c): // only the order's own page can show what the site said yes to
		return state.DepthDetail
	case c.ReadFailures > 0 && c.Status == state.Requested, now.Sub(c.DetailAt) >= detailEvery:
		return state.DepthDetail
	}
	return state.DepthList
}

// BringBack has a case looked at now that a clock which was ahead has put off,
// and ends what such a clock made of its readings and of a call in doubt: beside
// a mark of the future no reading would say anything. It tells whether anything
// was to be brought back.
func BringBack(c *state.Case, now time.Time) (brought bool) {
	a := &c.Attempt
	if a.DoubtAt.After(now) {
		a.DoubtReads, a.DoubtAt = 0, time.Time{}
	}
	if a.ClickedAt.Equal(a.DispatchedAt) && a.ClickedAt.After(now) {
		a.ClickedAt = now
	}
	for _, at := range []*time.Time{&c.DueAt, &c.NextCheckAt, &c.DetailAt, &c.ReadAt, &a.StartedAt, &a.DispatchedAt, &a.OddAt} {
		if at.After(now) {
			*at, brought = now, true
		}
	}
	return brought
}
