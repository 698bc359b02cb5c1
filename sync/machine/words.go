package machine

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"countermand/state"
	"countermand/supplier"
)

// findingTexts are the words of each finding, for people. {subject}, {supplier}
// and the names of facts stand for their values; what stands in brackets is said where its
// facts are known.
var findingTexts = map[state.FindingCode]string{
	state.NumberTwice:    "{supplier} order {subject} is also named by {by}",
	state.NumberGiven:    "{supplier} order {subject} was given to {to} by the operator",
	state.NumberGone:     "the shop order does not name {supplier} order {subject} any more",
	state.NumberUnclear:  "it is not clear which {supplier} order belongs to it[; an attribute also names {attribute}][; the note also names {note}][; a tag also names {tag}]",
	state.ImportUnclear:  "an earlier file names {others} for it, and it is not clear whether all are right: say which with map set, or nothing is asked without you",
	state.ImportDiffers:  "it is not clear which {supplier} order belongs to it: an imported file names {other}",
	state.LinesForeign:   "{supplier} order {subject} is said to hold {skus}, and the shop order has no such line: it may be another order's",
	state.AccountUnknown: "the shop order names account {account} for {supplier} order {subject}, which does not buy for this shop",
	state.ShopGone:       "shop {subject} is not configured any more, so it cannot be seen whether the order is still to be cancelled: look at it in the shop, then approve or ignore it",
	state.RecordDamaged:  "a stored record of this shop order is damaged, so it cannot be seen whether it is still to be cancelled: look at it in the shop, then approve or ignore it",
	state.OrderNotShown:  "none of the accounts tried ({accounts}) shows order {subject}: is the number right, and the account?",
	state.WrongOrder:     "{detail}",
	state.OtherOrder:     "the page shows order {shown}, the case means {subject}",
	state.OrderedBefore:  "placed {placed}, before the shop's order of {shop_order}",
	state.OrderedAfter:   "placed {placed}, after the shop's order was cancelled ({cancelled})",
	state.TooFewItems:    "it has {have} items, the shop's lines need {need}",
	state.TooManyItems:   "it has {have} items, of which only {went} are to be cancelled in the shop: the others may be goods that are wanted",
	state.ItemsUncounted: "its items cannot be counted, the shop's lines need {need}",
	state.TotalChanged:   "its total is {total}, it was {before} before",
	state.StoreChanged:   "its store is “{store}”, it was “{before}” before",
	state.SplitOrder:     "{supplier} order {other} has the payment and the store of {subject}, and no shop order names it: it may have been split off, and is not cancelled with it",
	state.AskedBefore:    "the supplier was asked about {supplier} order {subject} before ({at}), and case {case} about it was left alone: it is asked again only if you want it",
	state.MaybeAsked:     "the supplier may have been asked {at}",
	state.RequestInDoubt: "it is not certain that the request was placed[ (a call left at {clicked})][; the site's answer: “{words}”], and the order now reads as {phase}[ (“{status}”)][, and the page says “{refused}”]",
	state.DoubtedTwice:   "the request was placed twice in doubt, last by a call that left at {clicked}, and the order still reads as never asked {read}",
	state.AnswerUnclear:  "the site's answer to the call[ that left at {clicked}] is not understood[ (“{words}”)], and the order now reads as {phase}[ (“{status}”)][, and the page says “{refused}”]",
	state.SaysAsked:      "the site says[ (“{words}”)][ to the call that left at {clicked}] that a request stands already, and the order now reads as {phase}[ (“{status}”)][, and the page says “{refused}”]",
	state.CallLeft:       "a call left at {clicked}[ (answer: {said})][, and the site said “{words}”]",
	state.RecordsLost:    "a backup was restored: what was done between {from} and {to} is not known, and the supplier may have been asked; look at the order, then approve or ignore it",

	state.FindingReplaced:  "the operator named other {supplier} orders for this shop order",
	state.FindingWithdrawn: "the order is wanted after all",
	state.LinesBeforeStart: "lines of an order from before countermand's first start were taken off, and the shop does not tell when",
	state.TagBeforeStart:   "the order is from before countermand's first start, and the shop does not tell when it was tagged",

	state.PartUnclear: "{gone} of {all} items were taken off the shop order, and it is not known which {supplier} order holds them" + inPart,
	state.PartOfOrder: "only {gone} of the {all} items of this {supplier} order were taken off in the shop" + inPart,
	state.PartOfShop:  "only {gone} of the {all} items of the shop order were taken off" + inPart,
	state.PartAsked:   "the customer asks for only {gone} of the {all} items to be taken off" + inPart,

	state.AsksFirst:       "{rule}: asks you before the supplier is asked",
	state.FindingObserved: "mode observe, so nothing was clicked: {detail}",
	state.UnknownPage:     "the page is not one that countermand knows: {detail}[; it says “{refused}”]",
	state.WindowOver:      "the ship window ended {ended}[ (an estimate: the days off of {estimate_year} are not known)], and {why}: look at the order yourself",
	state.OldText:         "{text}",

	state.RefundWord:       "what the refund page[ of line {subject}] says of the money[ (“{word}”)] is not known[; it shows {amount}]",
	state.RefundAmount:     "the refund page[ of line {subject}] says that the money came back, and no amount",
	state.RefundShape:      "the refund page[ of line {subject}] is not understood: {detail}",
	state.RefundPart:       "{amount} came back, and line {subject} shows no refund",
	state.RefundTooMuch:    "the refunds add up to {amount}, more than the total of {total}",
	state.RefundUnpaid:     "it is closed, and no page showed that it was ever paid: if nothing was, say so with --amount 0",
	state.RefundUncompared: "a refund of {amount} came, the total was {total}: that cannot be compared",
}

const inPart = "; an {supplier} order cannot be cancelled in part by itself"

// guardFindings are the findings that the right-order guard makes.
var guardFindings = []state.FindingCode{state.WrongOrder, state.OtherOrder, state.OrderedBefore, state.OrderedAfter, state.TooFewItems, state.TooManyItems, state.ItemsUncounted, state.TotalChanged, state.StoreChanged}

// HeldWhy says why a case is held, in a sentence; nothing where it is not.
func HeldWhy(c state.Case) string { return words(c, c.Findings...) }

// words says some findings about a case.
func (x *change) words(found ...state.Finding) string { return words(x.c, found...) }

func words(c state.Case, found ...state.Finding) string {
	var out strings.Builder
	guard := false
	for i, f := range found {
		if i > 0 {
			out.WriteString("; ")
		}
		if now := slices.Contains(guardFindings, f.Code); now != guard {
			if guard = now; now {
				out.WriteString("this may not be the right order: ")
			}
		}
		out.WriteString(findingText(c, f))
	}
	return out.String()
}

var (
	optional    = regexp.MustCompile(`\[[^\]]*\]`)
	placeholder = regexp.MustCompile(`\{[a-z_]+\}`)
)

// findingText puts the facts of a finding about a case into its words.
func findingText(c state.Case, f state.Finding) string {
	value := func(name string) string {
		name = strings.Trim(name, "{}")
		v := f.Facts[name]
		switch name {
		case "subject":
			v = f.Subject
		case "supplier":
			v = supplier.Title(c.Supplier)
		}
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			return Stamp(at)
		}
		return v
	}
	text := optional.ReplaceAllStringFunc(findingTexts[f.Code], func(part string) string {
		for _, name := range placeholder.FindAllString(part, -1) {
			if value(name) == "" {
				return ""
			}
		}
		return strings.Trim(part, "[]")
	})
	return placeholder.ReplaceAllStringFunc(text, func(name string) string { return orElse(value(name), "unknown") })
}

// moment is a time as a fact of a finding; empty where it is not known.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
