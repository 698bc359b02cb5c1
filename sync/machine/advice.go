package machine

import (
	"fmt"
	"slices"
	"strings"

	"countermand/state"
	"countermand/supplier"
)

// Advice is a case in doubt in five short lines, for whoever decides on it.
type Advice struct {
	// Found is what is in doubt.
	Found string `json:"found"`
	// Asked is what may have reached the supplier.
	Asked string `json:"asked"`
	// Page is what the order's page said last.
	Page string `json:"page"`
	// Follows is what happens while nobody decides.
	Follows string `json:"follows"`
	// Can is what may be decided, and what each decision does.
	Can string `json:"can"`
}

// Advise gives the advice on a case; false where it is not in doubt.
func Advise(c state.Case) (Advice, bool) {
	a := Advice{Asked: askedSoFar(c), Page: pageSoFar(c)}
	switch {
	case c.Status == state.Held:
		a.Found, a.Follows, a.Can = HeldWhy(c), followsHeld(c), decisionsOfHeld(c)
	case c.Status == state.Requesting && !c.Attempt.DispatchedAt.IsZero():
		a.Found, a.Follows = "it is not certain that the request was placed", "the order is read twice; then it counts as asked, is asked once more, or is held for you"
		a.Can = "wait, or have it read now: cases retry"
	case c.Status == state.Cancelled && (raised(c, AlertRefundShort) || raised(c, AlertRefundUnclear)):
		a.Found, a.Follows = refundFlag(c), "the order goes on being read; a whole refund in its currency ends the case"
		a.Can = "say what came back, in the order's currency: cases refund; open a dispute and say so: disputes opened; give the rest up: disputes write-off"
	default:
		return Advice{}, false
	}
	return a, true
}

func raised(c state.Case, kind string) bool {
	_, ok := c.Raised[kind]
	return ok
}

// askedSoFar lists the calls that left for the supplier.
func askedSoFar(c state.Case) string {
	var told []string
	for _, call := range c.Attempt.Calls() {
		answer := orElse(string(call.Said), string(state.SaidNone))
		if call.Words != "" {
			answer += ", “" + call.Words + "”"
		}
		told = append(told, fmt.Sprintf("a call left %s (answer: %s)", Stamp(call.At), answer))
	}
	switch a := c.Attempt; {
	case len(told) > 0:
	case a.AskedBy != "":
		told = append(told, fmt.Sprintf("by case %s, %s", a.AskedBy, Stamp(a.ClickedAt)))
	case a.InLostPeriod:
		told = append(told, "not known: a backup was restored, and what was done since "+Stamp(a.ClickedAt)+" is lost")
	case a.NotOurs:
		told = append(told, "by somebody, at a time that is not known")
	default:
		return "nothing has left for the supplier"
	}
	return strings.Join(told, "; ")
}

// pageSoFar is the order as it was read last.
func pageSoFar(c state.Case) string {
	if c.DetailAt.IsZero() {
		return "not read yet"
	}
	return fmt.Sprintf("“%s”, read %s", orElse(c.SiteState, "no status"), Stamp(c.DetailAt))
}

func followsHeld(c state.Case) string {
	out := "nothing is asked until you decide"
	switch {
	case c.SupplierOrder == "":
	case c.NumberUnsure:
		out += ", and what the page shows decides nothing"
	default:
		out += "; should the page show the order closed, asked or shipped, the case goes on by itself"
	}
	end := c.Clocks[state.ClockShipWindowEnd]
	switch {
	case c.Paused:
		return out + "; it is paused, so it is not read either"
	case !c.ShippedAt.IsZero():
		return out + "; it is marked shipped"
	case end.IsZero():
		return out
	}
	return out + fmt.Sprintf("; the time to ship ends %s, and an unshipped order closes then", Stamp(end))
}

// decisionsOfHeld says what a person may decide, and what it leads to.
func decisionsOfHeld(c state.Case) string {
	has := func(codes ...state.FindingCode) bool {
		return slices.ContainsFunc(c.Findings, func(f state.Finding) bool { return slices.Contains(codes, f.Code) })
	}
	at := supplier.Title(c.Supplier)
	var can []string
	if has(numberFindings...) {
		can = append(can, "say which order it is: map set")
	}
	switch {
	case c.SupplierOrder == "":
	case has(state.FindingObserved):
		can = append(can, "set mode to confirm or auto, then have it asked: cases approve")
	case len(c.Attempt.Calls()) > 0 || !c.Attempt.NoticeAt().IsZero():
		can = append(can, "look at the order on "+at+"; if no request stands there, have it asked again: cases approve")
	default:
		can = append(can, "have the supplier asked to cancel all of it: cases approve")
	}
	if !c.NumberUnsure && c.SupplierOrder != "" {
		can = append(can, "have it read now: cases retry")
	}
	return strings.Join(append(can, "leave it alone and end the case: cases ignore"), "; ")
}

// numberFindings are those which another number may answer.
var numberFindings = []state.FindingCode{
	state.NumberTwice, state.NumberGiven, state.NumberGone, state.NumberUnclear, state.ImportUnclear, state.ImportDiffers,
	state.OrderNotShown, state.OtherOrder, state.OrderedBefore, state.TooFewItems, state.PartUnclear,
}
