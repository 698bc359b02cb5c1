package aliexpresstest

import (
	"fmt"
	"strings"
	"time"
)

// bare is an order whose button asks at once: one press, one write.
func bare(o *Order) { o.Layout = LayoutBare }

// brokenWriteIsSentTwice shows why the switch is there: on a connection that
// was used before, the browser sends a write again that the server has taken.
// Which connection it takes is the browser's affair: one of a few writes is to
// have a used one.
func brokenWriteIsSentTwice(v *visit) {
	v.site.SetReuse(true)
	v.site.SetBusy(true)
	orders := 0
	for _, c := range []struct {
		how             Break
		arrived, writes int
	}{{BreakReset, 2, 2}, {BreakLate, 2, 2}, {BreakTimeout, 2, 2}, {BreakMisdirected, 2, 1}, {BreakHalf, 1, 1}} {
		arrived, written := 0, 0
		for try := 0; try < 6 && arrived < c.arrived; try++ {
			orders++
			id := fmt.Sprintf("81900000000%05d", orders)
			v.order(id, bare)
			arrived, written = v.breakWrite(id, c.how, c.arrived)
			if how := c.how; arrived < c.arrived && (written == 0) != (how == BreakMisdirected) {
				v.Errorf("%s: arrived %d times, written %d times", how, arrived, written)
			}
		}
		if arrived != c.arrived || written != c.writes {
			v.Errorf("%s: arrived %d times, want %d; written %d times, want %d", c.how, arrived, c.arrived, written, c.writes)
		}
	}
	v.site.SetBusy(false)
}

// breakWrite presses a button whose write meets its fate, until the write was
// there so often or the page tells how it ended.
func (v *visit) breakWrite(id string, how Break, often int) (arrived, written int) {
	v.Helper()
	v.detail(id)
	v.see(detailButton, "Cancel order")
	before := v.site.Calls()
	eventually(v.T, "the page is busy", func() bool { return v.site.Calls()[CallTick] > before[CallTick]+3 })
	v.site.BreakCalls(CallOperation, 1, how)
	v.press(detailButton, "Cancel order")
	count := func() int { return v.site.Calls()[CallOperation] - before[CallOperation] }
	eventually(v.T, string(how)+": an end", func() bool { return count() >= often || len(v.all(".comet-v2-message")) > 0 })
	if often == 1 {
		v.see(".comet-v2-message", "") // nothing comes after it
	}
	v.detail(id) // ends what is under way
	return count(), len(v.writesOf(id))
}

// writeIsRepeatedForItsToken: the page signs anew and asks for the same.
func writeIsRepeatedForItsToken(v *visit) {
	v.order(idA, func(o *Order) { o.Layout, o.Stale = LayoutDialog, time.Hour })
	v.detail(idA)
	v.press(detailButton, "Cancel order")
	v.fillForm()
	v.site.ExpireTokenAt(CallOperation)
	v.press(dialogButton, "Confirm")
	v.see(resultTitle, "request has been submitted")
	v.wrote(WriteCancel)
	if n := v.site.Calls()[CallOperation]; n != 2 {
		v.Errorf("%d calls", n)
	}
	v.detail(idA)
	v.see(detailButton, "Cancel order") // the order is stale
}

// writeIsLimited: the page gives up, and nothing was asked.
func writeIsLimited(v *visit) {
	v.order(idA, bare)
	v.detail(idA)
	v.site.FailCalls(CallOperation, 1, RetTrafficLimit)
	v.press(detailButton, "Cancel order")
	_, words, _ := strings.Cut(RetTrafficLimit, "::")
	v.see(".comet-v2-message", words)
	if n := v.site.Calls()[CallOperation]; n != 1 {
		v.Errorf("%d calls", n)
	}
	v.wrote()
}
