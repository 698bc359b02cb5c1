package sync

import (
	"context"
	"fmt"
	"strings"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/sync/machine"
)

// mayClick is asked at the last moment before a call leaves: by what is on disk and
// by what is true, not by what the engine believes.
func (y *year) mayClick(req supplier.CancelRequest, o *yearOrder) {
	var c state.Case
	var f state.Effect
	y.view(func(tx state.ReadTx) (err error) {
		if c, err = tx.Case(req.CaseID); err != nil {
			return err
		}
		f, err = tx.Effect(state.EffectID(req.CaseID, state.EffectRequest))
		return err
	})
	mayFollow(c)
	s := y.watch.of(c.ID)
	switch {
	case y.mode == machine.Observe:
		wrong("case %s: a click in mode observe", c.ID)
	case y.mode == machine.Confirm && s.events[state.EventApprove] == 0:
		wrong("case %s: a click that nobody approved", c.ID)
	case c.Status != state.Requesting || c.Attempt.DispatchedAt.IsZero() || f.State != state.EffectDispatched:
		wrong("case %s: a click without its mark on disk: %s, %+v, %+v", c.ID, c.Status, c.Attempt, f)
	case c.SupplierOrder != o.number || !o.owners[c.ShopOrderID]:
		wrong("case %s of %s: a click on order %s, whose goods are those of %v", c.ID, c.ShopOrderID, o.number, o.owners)
	case o.reached > 0 && !o.allowed && !o.untold() && !(o.clicks == 0 && y.now.Before(o.shownFrom)): // one by hand may not be shown yet
		wrong("case %s: order %s has the request since %s and is asked again", c.ID, o.number, o.reachedAt)
	case c.Paused || !c.Stop.IsZero():
		wrong("case %s: a click although it is stopped (%s)", c.ID, c.Stop.Code)
	}
}

// audit compares the listings with each other, and what waits with what is
// planned for it.
func (y *year) audit() {
	var open []state.Case
	y.view(func(tx state.ReadTx) error {
		counts, err := tx.CountByStatus()
		if err != nil {
			return err
		}
		for after := ""; ; {
			cases, next, err := tx.Cases(state.Page{After: after, Limit: 500})
			if err != nil {
				return err
			}
			for _, c := range cases {
				counts[c.Status]--
				y.waits(tx, c)
				if !c.Status.Ended() {
					open = append(open, c)
				}
			}
			if after = next; after == "" {
				break
			}
		}
		for s, n := range counts {
			if n != 0 {
				wrong("%d cases more are counted as %s than listed", n, s)
			}
		}
		return nil
	})
	for _, c := range open {
		y.judge(c)
	}
}

// waits: whatever is to be asked is in its lane.
func (y *year) waits(tx state.ReadTx, c state.Case) {
	if s := y.watch.seen[c.ID]; s == nil || s.status != c.Status {
		wrong("case %s is %s, and nothing of the kind was ever stored", c.ID, c.Status)
	}
	if c.Paused || c.Status != state.Queued && (c.Status != state.Requesting || c.Attempt.StartedAt.IsZero()) {
		return
	}
	if _, err := tx.Effect(state.EffectID(c.ID, state.EffectRequest)); err != nil {
		wrong("case %s is %s and no request waits for it: %v", c.ID, c.Status, err)
	}
}

// reckon closes the books: the stories against the truth.
func (y *year) reckon() {
	cases, asked := 0, map[string]bool{}
	byNumber := map[string]bool{}
	var every []state.Case
	y.view(func(tx state.ReadTx) error {
		for after := ""; ; {
			page, next, err := tx.Cases(state.Page{After: after, Limit: 500})
			if err != nil {
				return err
			}
			every = append(every, page...)
			if after = next; after == "" {
				break
			}
		}
		for _, c := range every {
			journal, err := tx.Journal(c.ID)
			if err != nil {
				return err
			}
			yearJournal(c, journal)
			y.accuses(c)
		}
		if err := y.wishes(tx); err != nil {
			return err
		}
		return y.alerts(tx)
	})
	for _, c := range every {
		cases++
		byNumber[c.ShopOrderID+" "+c.SupplierOrder] = true
		o, s := y.site.orders[c.SupplierOrder], y.watch.of(c.ID)
		if o == nil {
			continue
		}
		if o.reached > 0 {
			asked[o.number] = true
		}
		if why := y.rightEnd(c, o, s); why != "" {
			wrong("case %s (%s %s, order %s which %s) ended as %s: %s%s", c.ID, c.Shop, c.ShopOrder, c.SupplierOrder, o.fate, c.Status, why, y.tale(c))
		}
	}
	for number, o := range y.site.orders {
		if o.reached > 0 && !asked[number] {
			wrong("order %s was asked and no case tells of it", number)
		}
	}
	y.covered(byNumber)
	if problems, err := y.store.inner.Check(context.Background()); err != nil || len(problems) > 0 {
		wrong("the database: %v %v", problems, err)
	}
}

// covered: every cancelled order has a case for each number that it named at
// the end, or one without.
func (y *year) covered(have map[string]bool) {
	for _, s := range y.shops {
		for _, sale := range s.sales {
			partly := sale.wish.want == wantEdit && len(sale.wish.edit.Removals) < len(sale.lines)
			if sale.cancelled.IsZero() && (partly || sale.wish.want != wantCancelled && !sale.wish.withdrawn.IsZero() || sale.wish.want == wantLines) {
				continue // taken back before we looked, or only a part of it is wanted back
			}
			named := false
			for _, n := range sale.numbers {
				if n.until.IsZero() && n.from.IsZero() {
					named = true
					if !have[sale.id+" "+n.number] {
						wrong("%s (%s, withdrawn %s, cancelled %s) names order %s and no case is about it%s", sale.name, sale.wish.want, machine.Stamp(sale.wish.withdrawn), machine.Stamp(sale.cancelled), n.number, y.storyOf(state.Request{Shop: sale.shop, ShopOrderID: sale.id}))
					}
				}
			}
			if !named && !y.any(sale, have) {
				wrong("%s was cancelled and has no case", sale.name)
			}
		}
	}
}

func (y *year) any(sale *yearSale, have map[string]bool) bool {
	if have[sale.id+" "] {
		return true
	}
	for _, n := range sale.numbers {
		if have[sale.id+" "+n.number] {
			return true
		}
	}
	for _, number := range sale.truth {
		if have[sale.id+" "+number] {
			return true
		}
	}
	return false
}

// yearJournal: the chain from the beginning to the end.
func yearJournal(c state.Case, journal []state.Entry) {
	at := state.StatusStart
	for i, e := range journal {
		if e.From != at || e.Detail == "" || e.At.IsZero() || i > 0 && e.At.Before(journal[i-1].At) {
			wrong("case %s: entry %d of its journal (%+v) does not follow %q", c.ID, i, e, at)
		}
		at = e.To
	}
	if at != c.Status {
		wrong("case %s is %s and its journal ends at %q", c.ID, c.Status, at)
	}
}

// accuses: no supplier is said to have sent a parcel after the request who had
// not, or may not have.
func (y *year) accuses(c state.Case) {
	if o := y.site.orders[c.SupplierOrder]; o != nil && c.SentAfterRequest() && !o.accused() {
		wrong("case %s accuses the supplier, who is not to blame: %+v%s", c.ID, o, y.tale(c))
	}
}

// alerts: each was stored under its key once, and none that must be told is
// missing.
func (y *year) alerts(tx state.ReadTx) error {
	stored := map[string]int{}
	for after := ""; ; {
		page, next, err := tx.Alerts(state.Page{After: after, Limit: 500})
		if err != nil {
			return err
		}
		for _, a := range page {
			if stored[a.Key]++; stored[a.Key] > 1 {
				wrong("alert %s is stored twice", a.Key)
			}
			if c := y.watch.seen[a.CaseID]; c != nil && c.image != "" && a.ResolvedAt.IsZero() && a.Kind != machine.AlertShipped && a.Kind != machine.AlertFault && !strings.HasPrefix(a.Key, "calendar/") {
				wrong("alert %s outlives its case, which is %s", a.Key, c.status)
			}
		}
		if after = next; after == "" {
			break
		}
	}
	if len(stored) != len(y.watch.keys) {
		wrong("%d alerts are stored, %d were raised", len(stored), len(y.watch.keys))
	}
	for id, s := range y.watch.seen {
		for status, kind := range map[state.Status]string{state.Held: machine.AlertHeld, state.Refused: machine.AlertRefused, state.Disputable: machine.AlertDisputable} {
			if want := s.entered[status] - s.revoked[status]; len(s.raised[kind]) != want {
				c, err := tx.Case(id)
				if err != nil {
					return err
				}
				wrong("case %s was %s %d times and that was told %d times%s", id, status, want, len(s.raised[kind]), y.tale(c))
			}
		}
		if len(s.faults) > 0 {
			wrong("case %s met what the table does not allow: %v", id, s.faults)
		}
	}
	return nil
}

// rightEnd compares an end that the engine reached with the truth. What a
// person decided is theirs.
func (y *year) rightEnd(c state.Case, o *yearOrder, s *yearSeen) string {
	asked := o.reachedAt
	if asked.IsZero() || len(o.owners) > 1 && c.Attempt.FirstAt.After(asked) { // of two cases about it one came later
		asked = c.Attempt.FirstAt
	}
	left := !o.scan.IsZero() && !o.shipped.IsZero() && (asked.IsZero() || !o.scan.After(asked)) && !o.scan.Before(o.placed.Add(-yearBought)) && !o.short
	switch c.Status {
	case state.Refunded:
		if s.events[state.EventRefund] == 0 && (o.closed.IsZero() && s.visited[state.Disputed].IsZero()) {
			return "the order was never closed"
		}
	case state.Shipped:
		if s.events[state.EventProof] == 0 && !left {
			return fmt.Sprintf("scanned %s, asked %s", o.scan, asked)
		}
	case state.Ignored:
		if s.events[state.EventIgnore]+s.events[state.EventReplaced]+s.events[state.EventWithdrawn] == 0 {
			return "nobody said so"
		}
	case state.Won, state.Lost, state.WrittenOff:
		if s.events[state.EventWon]+s.events[state.EventLost]+s.events[state.EventWriteOff] == 0 {
			return "nobody said so"
		}
	}
	switch {
	case !s.visited[state.Cancelled].IsZero() && (o.closed.IsZero() || s.visited[state.Cancelled].Before(o.closed)):
		return fmt.Sprintf("taken for cancelled at %s, closed at %s", s.visited[state.Cancelled], o.closed)
	case !s.visited[state.Requested].IsZero() && o.reached == 0:
		return "taken for requested, and no request came"
	case !s.visited[state.Refused].IsZero() && o.reached > 0 && o.shipped.IsZero() && s.visited[state.Refused].Before(o.answered):
		return fmt.Sprintf("taken for refused at %s, answered %s", s.visited[state.Refused], o.answered)
	case !s.visited[state.Disputable].IsZero() && left && !o.inDoubt() && !o.vague && come(o.scanSeen, s.visited[state.Disputable].Add(-30*time.Minute)):
		return fmt.Sprintf("disputed since %s although it was scanned %s, asked %s", s.visited[state.Disputable], o.scan, asked)
	}
	return y.asked(c, o, s)
}

// asked: an order that could be asked was asked.
func (y *year) asked(c state.Case, o *yearOrder, s *yearSeen) string {
	person := s.events[state.EventIgnore] + s.events[state.EventWriteOff] + s.events[state.EventReplaced] + s.events[state.EventWithdrawn] + s.events[state.EventPause] + s.events[state.EventOpened]
	if o.reached > 0 || person > 0 || y.mode != machine.Auto {
		return ""
	}
	if come(o.shipped, y.now) || !o.closed.IsZero() || o.fate == fatePickedUp {
		return ""
	}
	return "it was never asked"
}
