package sync

import (
	"context"
	"errors"
	"time"

	"countermand/state"
	"countermand/sync/machine"
)

// visit is a person who looks at what needs them, and who now and then does
// what nobody expects.
func (y *year) visit() {
	for _, c := range y.open() {
		stood := y.now.Sub(y.watch.of(c.ID).visited[c.Status])
		if stood < yearPatience(c) || y.rng.IntN(3) > 0 && stood < 20*24*time.Hour {
			continue
		}
		if c.Paused {
			y.decide(c, state.Event{Kind: state.EventResume})
			continue
		}
		if y.rng.IntN(250) == 0 {
			y.whim(c)
			continue
		}
		y.handle(c)
	}
	for _, r := range y.requests() {
		y.attend(r)
	}
	if y.acked = !y.acked; y.acked && len(y.shops) > 0 {
		y.ack()
	}
}

// yearPatience is how long a person lets a case lie: some for too long.
func yearPatience(c state.Case) time.Duration {
	switch last := c.ID[len(c.ID)-2:]; {
	case c.Status == state.Held && last < "15":
		return 9 * 24 * time.Hour
	case c.Status == state.Disputable && last > "94":
		return 55 * 24 * time.Hour
	}
	return 0
}

// handle is what a case of this status is for.
func (y *year) handle(c state.Case) {
	s := y.watch.of(c.ID)
	switch c.Status {
	case state.Unmapped:
		y.mapOrder(c)
	case state.Held:
		y.held(c, s)
	case state.Cancelled:
		if y.now.Sub(c.ClosedAt) > 42*24*time.Hour {
			y.settleMoney(c)
		}
	case state.Disputable:
		y.disputable(c)
	case state.Disputed:
		y.disputed(c)
	}
}

// mapOrder tells the numbers that the order truly has.
func (y *year) mapOrder(c state.Case) {
	if c.OpenedAt.Add(50 * time.Hour).After(y.now) {
		return
	}
	truth := y.sale(c).truth
	if y.rng.IntN(5) == 0 {
		y.decide(c, state.Event{Kind: state.EventIgnore})
		return
	}
	y.mapTo(c, truth)
}

func (y *year) mapTo(c state.Case, numbers []string) {
	err := y.engine(func() error {
		_, err := y.e.MapSet(context.Background(), c.Shop, c.ShopOrder, "ann", numbers)
		return err
	})
	y.tolerate("map "+c.ShopOrder, err)
}

// held asks the truth: a person knows which order it is.
func (y *year) held(c state.Case, s *yearSeen) {
	o := y.site.orders[c.SupplierOrder]
	if o == nil || !o.owners[c.ShopOrderID] {
		if y.rng.IntN(2) == 0 && s.events[state.EventReplaced] == 0 && len(y.sale(c).truth) > 0 {
			y.mapTo(c, y.sale(c).truth)
			return
		}
		y.decide(c, state.Event{Kind: state.EventIgnore})
		return
	}
	switch n := y.rng.IntN(10); {
	case s.events[state.EventApprove] > 3 || o.fate == fateUnknown:
		y.decide(c, state.Event{Kind: state.EventIgnore})
	case n < 7 && y.mode != machine.Observe:
		if y.decide(c, state.Event{Kind: state.EventApprove}) {
			o.allowed = true
		}
	case n < 8:
		y.decide(c, state.Event{Kind: state.EventRetry})
	case n < 9:
		y.decide(c, state.Event{Kind: state.EventWriteOff})
	default:
		y.decide(c, state.Event{Kind: state.EventIgnore})
	}
}

func (y *year) settleMoney(c state.Case) {
	d := &state.Decision{Amount: c.Amount, To: state.RefundCard}
	switch n := y.rng.IntN(9); {
	case n < 3 || !c.Amount.Known():
		y.decide(c, state.Event{Kind: state.EventWriteOff})
		return
	case n < 5: // a part of it; the rest may come yet
		d.Amount.Units = 1 + y.rng.Int64N(c.Amount.Units)
	}
	y.decide(c, state.Event{Kind: state.EventRefund, Decision: d})
}

func (y *year) disputable(c state.Case) {
	switch n := y.rng.IntN(20); {
	case n < 3:
		until := y.now.Add(yearWithin(y.rng, time.Hour, 5*24*time.Hour))
		y.decide(c, state.Event{Kind: state.EventSnooze, Decision: &state.Decision{Until: until}})
	case n < 5:
		y.decide(c, state.Event{Kind: state.EventWriteOff})
	case n < 6:
		y.decide(c, state.Event{Kind: state.EventProof})
	case n < 7:
		y.decide(c, state.Event{Kind: state.EventRemind})
	case n < 16:
		if !y.decide(c, state.Event{Kind: state.EventOpened, Decision: &state.Decision{DisputeID: "D" + c.ID}}) {
			return
		}
		if o := y.site.orders[c.SupplierOrder]; o != nil && len(o.pays) == 0 && y.rng.IntN(3) > 0 {
			o.pays = []yearPay{{y.now.Add(yearWithin(y.rng, 24*time.Hour, 8*24*time.Hour)), o.total, state.RefundCard}}
		}
	}
}

func (y *year) disputed(c state.Case) {
	if y.now.Sub(y.watch.of(c.ID).visited[state.Disputed]) < 5*24*time.Hour {
		return
	}
	switch {
	case c.Refund != nil && y.rng.IntN(2) == 0:
		y.decide(c, state.Event{Kind: state.EventRefund, Decision: &state.Decision{Amount: c.Amount, To: c.Refund.To}})
	case c.Refund != nil:
		y.decide(c, state.Event{Kind: state.EventWon})
	case y.rng.IntN(2) == 0:
		y.decide(c, state.Event{Kind: state.EventLost})
	default:
		y.decide(c, state.Event{Kind: state.EventWriteOff})
	}
}

// whim is any decision at all; most are refused.
func (y *year) whim(c state.Case) {
	kinds := []state.EventKind{
		state.EventPause, state.EventPause, state.EventRetry, state.EventIgnore, state.EventWriteOff, state.EventOpened, state.EventProof, state.EventRemind,
		state.EventWon, state.EventLost, state.EventRefund, state.EventSnooze, state.EventResume,
	}
	ev := state.Event{Kind: kinds[y.rng.IntN(len(kinds))]}
	if ev.Kind == state.EventRefund {
		ev.Decision = &state.Decision{Amount: c.Amount, To: state.RefundBalance}
	}
	if y.decide(c, ev) {
		y.whims++
	}
}

// decide puts a decision through the engine; true when it was taken.
func (y *year) decide(c state.Case, ev state.Event) bool {
	ev.By, ev.Who = state.ByCLI, "ann"
	before, at := y.watch.of(c.ID).events[ev.Kind], y.now
	err := y.engine(func() error {
		_, err := y.e.Decide(context.Background(), c.ID, ev)
		return err
	})
	y.tolerate(string(ev.Kind)+" "+c.ID, err)
	if y.watch.of(c.ID).events[ev.Kind] == before {
		return false
	}
	switch d := ev.Decision; ev.Kind {
	case state.EventSnooze:
		y.snoozes[c.ID] = append(y.snoozes[c.ID], yearSpan{at, d.Until})
	case state.EventRefund:
		y.words[c.ID] = append(y.words[c.ID], yearWord{at, d.Amount})
	}
	return true
}

// tolerate lets pass what a person may be told: that it does not fit, that the
// disk failed or that the daemon is gone.
func (y *year) tolerate(what string, err error) {
	if _, refused := errors.AsType[*machine.RefusedError](err); err == nil || refused || errors.Is(err, errYearFault) || errors.Is(err, errYearKilled) {
		return
	}
	wrong("%s: %v", what, err)
}

// ack takes note of all alerts, as the console does, in one transaction.
func (y *year) ack() {
	err := y.engine(func() error {
		return y.e.o.Store.Update(context.Background(), func(tx state.Tx) error {
			due, err := tx.DueAlerts(y.now, 200)
			if err != nil {
				return err
			}
			for _, a := range due {
				a.Deliveries++
				a.DeliveredAt, a.NextAt, a.AckedAt, a.AckedBy = y.now, time.Time{}, y.now, "ann"
				if _, err := tx.PutAlert(a); err != nil {
					return err
				}
			}
			return nil
		})
	})
	y.tolerate("acknowledge", err)
}
