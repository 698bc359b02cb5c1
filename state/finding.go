package state

import (
	"maps"
	"slices"
)

// FindingCode says what was found about a case, as data: decisions compare
// codes, and words are made from them where a person reads (package
// sync/machine).
type FindingCode string

// The findings. Subject and facts are named behind each; times are RFC 3339 in
// UTC.
const (
	// Which supplier order belongs to the shop order is in doubt. The subject
	// is the supplier order.
	NumberTwice    FindingCode = "number_twice"     // other shop orders name it: by
	NumberGiven    FindingCode = "number_given"     // the operator, or a file, gave it to other shop orders: to
	NumberGone     FindingCode = "number_gone"      // the shop order does not name it any more
	NumberUnclear  FindingCode = "number_unclear"   // other places of the shop order name others: attribute, note, tag
	ImportUnclear  FindingCode = "import_unclear"   // an earlier file named others: others
	ImportDiffers  FindingCode = "import_differs"   // an imported file names another one: other
	LinesForeign   FindingCode = "lines_foreign"    // it is said to hold lines, none of which the shop order has: skus
	AccountUnknown FindingCode = "account_unknown"  // the shop order names an account that does not buy for the shop: account
	ShopGone       FindingCode = "shop_gone"        // its shop is not configured any more, and may want the order after all; the subject is the shop
	RecordDamaged  FindingCode = "record_damaged"   // a stored record of the shop order cannot be read; no subject
	OrderNotShown  FindingCode = "order_not_shown"  // no account shows it: accounts
	WrongOrder     FindingCode = "wrong_order"      // the page may show another order: detail
	OtherOrder     FindingCode = "other_order"      // the page shows another number: shown
	OrderedBefore  FindingCode = "ordered_before"   // placed before the shop's order: placed, shop_order
	OrderedAfter   FindingCode = "ordered_after"    // placed after the shop's order was cancelled: placed, cancelled
	TooFewItems    FindingCode = "too_few_items"    // it has fewer items than the shop's lines need: have, need
	TooManyItems   FindingCode = "too_many_items"   // it has more items than the shop's lines that went: have, went
	ItemsUncounted FindingCode = "items_uncounted"  // its items cannot be counted: need
	TotalChanged   FindingCode = "total_changed"    // its total is another than before: total, before
	StoreChanged   FindingCode = "store_changed"    // its store is another than before: store, before
	AskedBefore    FindingCode = "asked_before"     // a case that was left alone asked about it: case, at
	MaybeAsked     FindingCode = "maybe_asked"      // the supplier may have been asked: at
	RequestInDoubt FindingCode = "request_in_doubt" // a call may have been a request, and the order reads otherwise: clicked (its mark), said, words, phase, status, refused
	DoubtedTwice   FindingCode = "doubted_twice"    // so twice, and the order reads as never asked: clicked, read
	AnswerUnclear  FindingCode = "answer_unclear"   // the site's answer to the call is not understood, and no page shows a request: clicked, words, phase, status, refused
	SaysAsked      FindingCode = "says_asked"       // the site says that a request stands already, and no page shows it: clicked, words, phase, status, refused
	CallLeft       FindingCode = "call_left"        // an earlier call that asks left, beside whatever else holds the case: clicked, said, words
	RecordsLost    FindingCode = "records_lost"     // a backup was restored: from, to

	// The supplier may have split the order after it was paid. The subject is the
	// supplier order.
	SplitOrder FindingCode = "split_order" // another one has its payment and store, and nobody names it: other

	// What was to be cancelled changed, or is not certain.
	FindingReplaced  FindingCode = "replaced"           // the operator named other supplier orders
	FindingWithdrawn FindingCode = "withdrawn"          // the order is wanted after all
	LinesBeforeStart FindingCode = "lines_before_start" // lines of an order from before the first start went, undated
	TagBeforeStart   FindingCode = "tag_before_start"   // such an order was tagged, undated

	// Only a part went: gone, all (numbers of items).
	PartUnclear FindingCode = "part_unclear" // of the shop order, and which supplier order holds it is not known
	PartOfOrder FindingCode = "part_of_order"
	PartOfShop  FindingCode = "part_of_shop" // of the shop order, of which no supplier order is known
	PartAsked   FindingCode = "part_asked"   // so the customer asks

	// A person is asked, or must look.
	AsksFirst       FindingCode = "asks_first"   // a rule or the mode wants it: rule
	FindingObserved FindingCode = "observed"     // mode observe: detail
	UnknownPage     FindingCode = "unknown_page" // the page is not understood: detail, refused
	WindowOver      FindingCode = "window_over"  // the ship window ended and nothing could be asked: ended, estimate_year, why

	// Money came back, or may have, and cannot be compared with what was paid. The
	// subject is the order's line, where it is one line's.
	RefundWord       FindingCode = "refund_word"       // the page's word for where the refund stands is not known: word, amount
	RefundAmount     FindingCode = "refund_amount"     // it says that it was paid, and no amount
	RefundShape      FindingCode = "refund_shape"      // what it shows is not understood: detail
	RefundPart       FindingCode = "refund_part"       // another line shows a refund and this one nothing: amount
	RefundTooMuch    FindingCode = "refund_too_much"   // the lines add up to more than was paid: amount, total
	RefundUnpaid     FindingCode = "refund_unpaid"     // it closed, and no page showed that it was ever paid; no subject
	RefundUncompared FindingCode = "refund_uncompared" // in another currency than was paid, or what was paid is not known: amount, total

	// OldText is what a database before schema version 3 kept as a sentence
	// that no code stands for: text.
	OldText FindingCode = "old_text"
)

// Finding is one thing that was found, with what it is about. The zero Finding
// is none.
type Finding struct {
	Code    FindingCode       `json:"code,omitempty"`
	Subject string            `json:"subject,omitempty"`
	Facts   map[string]string `json:"facts,omitempty"`
}

// Found makes a finding of pairs of names and values. Empty values are left
// out.
func Found(code FindingCode, subject string, facts ...string) Finding {
	f := Finding{Code: code, Subject: subject}
	for i := 0; i+1 < len(facts); i += 2 {
		if facts[i+1] == "" {
			continue
		}
		if f.Facts == nil {
			f.Facts = map[string]string{}
		}
		f.Facts[facts[i]] = facts[i+1]
	}
	return f
}

// IsZero tells whether nothing was found.
func (f Finding) IsZero() bool { return f.Code == "" }

// Equal tells whether two findings say the same: another fact is another
// finding.
func (f Finding) Equal(g Finding) bool {
	return f.Code == g.Code && f.Subject == g.Subject && maps.Equal(f.Facts, g.Facts)
}

// Findings are several, in the order in which they were found.
type Findings []Finding

// Contains tells whether a finding is among them.
func (fs Findings) Contains(f Finding) bool { return slices.ContainsFunc(fs, f.Equal) }

// With adds those that are not among them yet. fs is left as it is.
func (fs Findings) With(more ...Finding) Findings {
	out := fs.Clone()
	for _, f := range more {
		if !f.IsZero() && !out.Contains(f) {
			out = append(out, f)
		}
	}
	return out
}

// Clone returns a copy that shares nothing with fs.
func (fs Findings) Clone() Findings {
	var out Findings
	for _, f := range fs {
		out = append(out, f.clone())
	}
	return out
}

// Equal tells whether both hold the same findings in the same order.
func (fs Findings) Equal(other Findings) bool {
	return slices.EqualFunc(fs, other, Finding.Equal)
}

func (f Finding) clone() Finding {
	f.Facts = maps.Clone(f.Facts)
	return f
}
