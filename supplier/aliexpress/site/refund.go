package site

import (
	"errors"
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
	// unclear is a question: money is shown, and how much came back is not
	// understood.
	unclear state.Finding
}

// ParseRefund reads the refund page of one order line. A page that does not say
// what it is about is an error; one whose words, shape or amounts are not known is
// a question, so that the other lines go on being read.
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
		l.unclear = state.Found(state.RefundShape, l.Line, "detail", info.kind()+" stands where the refund is due")
		return l, nil
	}
	l.at = millis(info.get("refundNewestTime"))
	paid, err := p.paid(info)
	l.amount, l.to = paid.sum, paid.to
	words := append(paid.words, info.get("refundNewestStatus").str())
	for _, word := range words {
		l.running = l.running || slices.Contains(p.Refund.Running, strings.ToUpper(word))
	}
	if l.running {
		return l, nil
	}
	for _, word := range words {
		if !slices.Contains(p.Refund.Done, strings.ToUpper(word)) {
			l.unclear = state.Found(state.RefundWord, l.Line, "word", Clip(word), "amount", known(l.amount))
			return l, nil
		}
	}
	switch {
	case err != nil:
		l.unclear = state.Found(state.RefundShape, l.Line, "detail", Clip(err.Error()))
	case !l.amount.Known():
		l.unclear = state.Found(state.RefundAmount, l.Line)
	default:
		l.done = true
	}
	return l, nil
}

// known is an amount for people, empty where it is not known.
func known(m state.Money) string {
	if !m.Known() {
		return ""
	}
	return m.String()
}

// paid is where the money of a line went. words are what its parts say of
// themselves.
type paid struct {
	sum   state.Money
	to    state.RefundTo
	words []string
}

// paid sums where the money went: the whole amount counts, cash or not.
func (p Profile) paid(info node) (out paid, err error) {
	out.to = state.RefundUnknown
	cash, err := p.amount(info.get("refundDetails", "cashMoney"))
	if err != nil {
		return out, err
	}
	list, err := info.get("refundChannelDetails").items()
	if err != nil || len(list) == 0 {
		out.sum = cash
		return out, err
	}
	for i, c := range list {
		m, err := p.channelAmount(c)
		if err == nil && !m.Known() {
			err = fmt.Errorf("%w: a refund channel names no amount", ErrShape)
		}
		if word := c.get("refundStatus"); word.there() {
			out.words = append(out.words, word.str())
		}
		if err == nil {
			out.sum, err = out.sum.Add(m)
		}
		if err != nil {
			return paid{to: state.RefundUnknown, words: out.words}, err
		}
		dest, ok := p.Refund.Channels[strings.ToUpper(c.get("channel").str())]
		if !ok {
			dest = state.RefundUnknown
		}
		out.to = merge(i == 0, out.to, dest)
	}
	if less, err := out.sum.Cmp(cash); cash.Known() && err == nil && less < 0 {
		return paid{to: state.RefundUnknown, words: out.words}, fmt.Errorf("%w: %s went out in cash, all parts are %s", ErrShape, cash, out.sum)
	}
	return out, nil
}

// channelAmount reads the amount of a part, under either name.
func (p Profile) channelAmount(c node) (state.Money, error) {
	a, err := p.amount(c.get("amount"))
	b, err2 := p.amount(c.get("money"))
	switch {
	case err != nil || err2 != nil:
		return state.Money{}, errors.Join(err, err2)
	case a.Known() && b.Known() && a != b:
		return state.Money{}, fmt.Errorf("%w: one part is told as %s and as %s", ErrShape, a, b)
	case a.Known():
		return a, nil
	}
	return b, nil
}

// merge gives the common destination, unknown where there are several.
func merge(first bool, a, b state.RefundTo) state.RefundTo {
	if first || a == b {
		return b
	}
	return state.RefundUnknown
}

// SumRefunds makes the order's refund of its lines'. silent is a line without
// any refund data: nothing was begun for it, or the page slows down, so less than
// the total beside it is no refund yet. While a line still runs there is none
// either: a part of the money is no news. What cannot be counted are questions,
// and the money beside them is a part at least; more than the order's total
// cannot be right.
func SumRefunds(lines []LineRefund, silent string, total state.Money) (*state.Refund, state.Findings) {
	out := state.Refund{To: state.RefundUnknown, ConfirmedBy: "site"}
	var unclear state.Findings
	done, running := 0, false
	for _, l := range lines {
		running = running || l.running
		unclear = unclear.With(l.unclear)
		if !l.done {
			continue
		}
		sum, err := out.Amount.Add(l.amount)
		if err != nil {
			unclear = unclear.With(state.Found(state.RefundShape, l.Line, "detail", err.Error()))
			continue
		}
		out.Amount, out.To = sum, merge(done == 0, out.To, l.to)
		if l.at.After(out.At) {
			out.At = l.at
		}
		done++
	}
	if running || done == 0 {
		return nil, unclear
	}
	c, err := out.Amount.Cmp(total)
	switch {
	case err == nil && c > 0:
		return nil, unclear.With(state.Found(state.RefundTooMuch, "", "amount", out.Amount.String(), "total", total.String()))
	case silent != "" && (err != nil || c < 0):
		return nil, unclear.With(state.Found(state.RefundPart, silent, "amount", out.Amount.String()))
	}
	return &out, unclear
}
