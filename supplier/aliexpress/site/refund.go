package site

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"countermand/state"
)

// LineRefund is what the refund page says about one order line.
type LineRefund struct {
	Order, Line string
	// state is the page's code: done, running or nothing begun.
	done, running bool
	amount        state.Money
	to            state.RefundTo
	at            time.Time
}

// ParseRefund reads the refund page of one order line.
func (p Profile) ParseRefund(a Answer) (LineRefund, error) {
	m := a.data.get("module")
	l := LineRefund{Order: m.get("tradeOrderId").str(), Line: m.get("tradeOrderLineId").str()}
	switch {
	case !m.holds():
		return l, ErrEmpty
	case !isNumber(l.Order) || !isNumber(l.Line):
		return l, fmt.Errorf("%w: the refund page does not name its order and line", ErrShape)
	}
	finish := m.get("reverseFinishInfo")
	info := finish.get("refundInfo")
	switch {
	case !finish.there() || finish.isObject() && !info.there():
		return l, nil
	case !info.isObject():
		return l, fmt.Errorf("%w: the refund is no object", ErrShape)
	}
	status := strings.ToUpper(info.get("refundNewestStatus").str())
	switch {
	case slices.Contains(p.Refund.Done, status):
		l.done = true
	case slices.Contains(p.Refund.Running, status):
		l.running = true
		return l, nil
	default:
		return l, fmt.Errorf("%w: refund status %q is not in the profile (refund.done, refund.running)", ErrShape, status)
	}
	l.at = millis(info.get("refundNewestTime"))
	var err error
	if l.amount, l.to, err = p.channels(info); err != nil {
		return l, err
	}
	if !l.amount.Known() {
		l.amount = plainMoney(info.get("refundDetails", "cashMoney"))
	}
	if !l.amount.Known() {
		return l, fmt.Errorf("%w: the refund names no amount", ErrShape)
	}
	return l, nil
}

// channels sums where the money went: the whole amount counts, cash or not.
func (p Profile) channels(info node) (sum state.Money, to state.RefundTo, err error) {
	to = state.RefundUnknown
	list, err := info.get("refundChannelDetails").items()
	if err != nil {
		return state.Money{}, to, err
	}
	for i, c := range list {
		m := plainMoney(c.get("amount"))
		if !m.Known() {
			return state.Money{}, to, fmt.Errorf("%w: a refund channel names no amount", ErrShape)
		}
		if sum, err = sum.Add(m); err != nil {
			return state.Money{}, to, fmt.Errorf("%w: %w", ErrShape, err)
		}
		dest, ok := p.Refund.Channels[strings.ToUpper(c.get("channel").str())]
		if !ok {
			dest = state.RefundUnknown
		}
		to = merge(i == 0, to, dest)
	}
	return sum, to, nil
}

// merge gives the common destination, unknown where there are several.
func merge(first bool, a, b state.RefundTo) state.RefundTo {
	if first || a == b {
		return b
	}
	return state.RefundUnknown
}

// SumRefunds makes the order's refund of its lines'. While one still runs
// there is none: a part of the money is no news. More than the order's total
// cannot be right, and then nothing is concluded.
func SumRefunds(lines []LineRefund, total state.Money) (*state.Refund, error) {
	out := state.Refund{To: state.RefundUnknown, ConfirmedBy: "site"}
	done := 0
	for _, l := range lines {
		if l.running {
			return nil, nil
		}
		if !l.done {
			continue
		}
		sum, err := out.Amount.Add(l.amount)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrShape, err)
		}
		out.Amount, out.To = sum, merge(done == 0, out.To, l.to)
		if l.at.After(out.At) {
			out.At = l.at
		}
		done++
	}
	if done == 0 {
		return nil, nil
	}
	if c, err := out.Amount.Cmp(total); err == nil && c > 0 {
		return nil, fmt.Errorf("%w: the refunds of the lines add up to %s, more than the order's %s", ErrShape, out.Amount, total)
	}
	return &out, nil
}
