package boltstore

import (
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"countermand/state"
)

// of2 is a case of version 2, as far as sentences speak of it.
func of2() record2 {
	r := record2{SupplierOrder: "81", ShopOrderedAt: day.Add(3 * time.Second), Clocks: map[string]time.Time{"ship_window_end": day.Add(59 * time.Second)}}
	r.Attempt.ClickedAt = time.Date(2026, 3, 2, 1, 0, 7, 5, time.FixedZone("", 3600))
	return r
}

const (
	dayText   = "2026-03-02 00:00 UTC"
	laterText = "2026-03-05 10:30 UTC"
	later     = "2026-03-05T10:30:00Z"
	clicked   = "2026-03-02T00:00:07Z"
	askedText = "the supplier was asked about AliExpress order 81 before (2026-03-02 00:00 UTC), and case 01J1 about it was left alone: it is asked again only if you want it"
	noWay     = "; an AliExpress order cannot be cancelled in part by itself"
	notKnown  = "the page is not one that countermand knows: "
	guardText = "this may not be the right order: "
)

var (
	found       = state.Found
	askedBefore = found(state.AskedBefore, "81", "case", "01J1", "at", clicked)
	withdrawn2  = found(state.FindingWithdrawn, "")
	twice       = found(state.NumberTwice, "81", "by", "mystore #1002")
	fewItems    = found(state.TooFewItems, "81", "have", "1", "need", "2")
	before      = found(state.OrderedBefore, "81", "placed", later, "shop_order", "2026-03-02T00:00:03Z")
)

// tellings are the sentences of version 2 as its program wrote them, and what
// is to be made of them.
var tellings = []struct {
	text string
	want state.Findings
}{
	{"AliExpress order 81 is also named by mystore #1002", state.Findings{twice}},
	{"AliExpress order 81 was given to mystore 1011 by the operator", state.Findings{found(state.NumberGiven, "81", "to", "mystore 1011")}},
	{"an earlier file names 82, 83 for it, and it is not clear whether all are right: say which with map set, or nothing is asked without you", state.Findings{found(state.ImportUnclear, "", "others", "82, 83")}},
	{"it is not clear which AliExpress order belongs to it: the note also names 82, the tag also names 83, the tag also names 84", state.Findings{found(state.NumberUnclear, "81", "note", "82", "tag", "83, 84")}},
	{`the shop order names account "second" for AliExpress order 81, which does not buy for this shop`, state.Findings{found(state.AccountUnknown, "81", "account", "second")}},
	{"it is not clear which AliExpress order belongs to it: an imported file names 82", state.Findings{found(state.ImportDiffers, "81", "other", "82")}},
	{"the shop order does not name AliExpress order 81 any more", state.Findings{found(state.NumberGone, "81")}},
	{`the shop order names account "a \"b; c" for AliExpress order 81, which is not configured for this shop`, state.Findings{found(state.AccountUnknown, "81", "account", `a "b; c`)}},
	{"a stored record of this shop order is damaged, so it cannot be seen whether it is still to be cancelled: look at it in the shop, then approve or ignore it", state.Findings{found(state.RecordDamaged, "")}},
	{askedText, state.Findings{askedBefore}},
	{"the operator named other AliExpress orders for this shop order", state.Findings{found(state.FindingReplaced, "")}},
	{"the order is wanted after all", state.Findings{withdrawn2}},
	{"the order is wanted after all, but the supplier may have been asked " + dayText, state.Findings{withdrawn2, found(state.MaybeAsked, "81", "at", clicked)}},
	{"the operator named other AliExpress orders for this shop order, but the supplier may have been asked unknown", state.Findings{found(state.FindingReplaced, ""), found(state.MaybeAsked, "81")}},

	{guardText + `the page shows order "82", the case means "81"`, state.Findings{found(state.OtherOrder, "81", "shown", "82")}},
	{guardText + `the page shows order "", the case means "81"; nothing was clicked`, state.Findings{found(state.OtherOrder, "81", "shown", "none")}},
	{guardText + "placed " + laterText + ", before the shop's order of " + dayText, state.Findings{before}},
	{guardText + "placed " + laterText + ", before the shop's order of " + dayText + "; it has 1 items, the shop's lines need 2; nothing was asked", state.Findings{before, fewItems}},
	{guardText + "its items cannot be counted, the shop's lines need 2", state.Findings{found(state.ItemsUncounted, "81", "need", "2")}},
	{guardText + `its total is 35.00 USD, it was 20.00 USD before; its store is "A \"; b", it was "C" before`, state.Findings{
		found(state.TotalChanged, "81", "total", "35.00 USD", "before", "20.00 USD"), found(state.StoreChanged, "81", "store", `A "; b`, "before", "C"),
	}},
	{"this may not be the right order", state.Findings{found(state.WrongOrder, "")}},
	same(state.WrongOrder, "detail", "", `read order 81: wrong_order: asked for order 81, the site's data are of "82"; nothing was clicked`),
	same(state.WrongOrder, "detail", "", "the data are of order 81, the page shows “82”; nothing was asked"),
	same(state.WrongOrder, "detail", "", "the data are of order 81, the page's address names 82; nothing was asked"),
	same(state.WrongOrder, "detail", "", "the reason form shows “82”; nothing was asked"),
	same(state.WrongOrder, "detail", "", "the reason form's address names 82; nothing was asked"),
	same(state.WrongOrder, "detail", "", `read order 81: wrong_order: one answer is about two orders, "81" and "82"; nothing was clicked`),

	{"lines of an order from before countermand's first start were taken off, and the shop does not tell when", state.Findings{found(state.LinesBeforeStart, "")}},
	{"the order is from before countermand's first start, and the shop does not tell when it was tagged", state.Findings{found(state.TagBeforeStart, "")}},
	{"2 of 3 items were taken off the shop order, and it is not known which AliExpress order holds them" + noWay, state.Findings{found(state.PartUnclear, "", "gone", "2", "all", "3")}},
	{"only 2 of the 3 items of this AliExpress order were taken off in the shop" + noWay, state.Findings{found(state.PartOfOrder, "", "gone", "2", "all", "3")}},
	{"only 2 of the 3 items of the shop order were taken off", state.Findings{found(state.PartOfShop, "", "gone", "2", "all", "3")}},
	{"the customer asks for only 2 of the 3 items to be taken off" + noWay, state.Findings{found(state.PartAsked, "", "gone", "2", "all", "3")}},

	{"mode confirm: asks you before the supplier is asked", state.Findings{found(state.AsksFirst, "", "rule", "mode confirm")}},
	{"rule 1: a > 1; b: asks you before the supplier is asked", state.Findings{found(state.AsksFirst, "", "rule", "rule 1: a > 1; b")}},
	same(state.FindingObserved, "detail", "mode observe, so nothing was clicked: ", "would click “Cancel order”, give the reason “No; thanks” and submit"),
	same(state.UnknownPage, "detail", notKnown, "click: unsafe: it says “Confirm received”;\nit was not clicked; nothing was asked"),
	same(state.UnknownPage, "detail", notKnown, "the order's page is not understood (status “Frozen”); nothing was clicked; mend the site profile"),
	same(state.UnknownPage, "detail", notKnown, "the order's page is not understood (status “Frozen”, and “No, “sorry”; sent”); nothing was clicked; mend the site profile", "refused", "No, “sorry”; sent"),
	same(state.UnknownPage, "detail", notKnown, "the site shows “”, and “Declined”, which do not fit together; nothing was clicked", "refused", "Declined"),
	{"the account main does not show order 81: is the number right, and the account?", state.Findings{found(state.OrderNotShown, "81", "accounts", "main")}},
	{"none of the accounts other, main does not show order 81: is the number right, and the account?", state.Findings{found(state.OrderNotShown, "81", "accounts", "other, main")}},
	same(state.WindowOver, "why", "", "the attempt broke off before its last click: a; b", "ended", "2026-03-02T00:00:59Z"),
	same(state.WindowOver, "why", "", "twice, "+dayText+" and "+laterText+", the order reads as never asked: asked once more", "ended", "2026-03-02T00:00:59Z"),
	{"the ship window ended " + laterText + " and the request could not be placed; look at the order yourself", state.Findings{found(state.WindowOver, "", "ended", later, "why", "the request could not be placed")}},
	{"the ship window ended " + laterText + " (an estimate: the days off of 2026 are not known) and the request could not be placed; look at the order yourself", state.Findings{found(state.WindowOver, "", "ended", later, "estimate_year", "2026", "why", "the request could not be placed")}},
	{"it is not certain that the request was placed (clicked " + dayText + "), and the order now reads as unknown (“Away (soon)”)", state.Findings{found(state.RequestInDoubt, "", "clicked", clicked, "phase", "unknown", "status", "Away (soon)")}},
	{"it is not certain that the request was placed (clicked " + laterText + "), and the order now reads as processing (“”, and the page says “No; “really””)", state.Findings{found(state.RequestInDoubt, "", "clicked", later, "phase", "processing", "refused", "No; “really”")}},
	{"the request was placed twice in doubt, last " + laterText + ", and the order still reads as never asked " + laterText, state.Findings{found(state.DoubtedTwice, "", "clicked", later, "read", later)}},
	{"a backup was restored: what was done between " + dayText + " and " + laterText + " is not known, and the supplier may have been asked; look at the order, then approve or ignore it", state.Findings{found(state.RecordsLost, "", "from", clicked, "to", later)}},

	// Joined ones, and what no program wrote.
	{"mode confirm: asks you before the supplier is asked; " + askedText, state.Findings{found(state.AsksFirst, "", "rule", "mode confirm"), askedBefore}},
	{"only 2 of the 3 items of this AliExpress order were taken off in the shop" + noWay + "; AliExpress order 81 is also named by mystore #1002", state.Findings{found(state.PartOfOrder, "", "gone", "2", "all", "3"), twice}},
	{guardText + "it has 1 items, the shop's lines need 2; " + askedText, state.Findings{fewItems, askedBefore}},
	{"AliExpress order 81 is also named by mystore #1002; AliExpress order 81 is also named by mystore #9; the order is wanted after all", state.Findings{twice, found(state.NumberTwice, "81", "by", "mystore #9"), withdrawn2}},
	{"a rabbit; ran; the order is wanted after all", state.Findings{found(state.OldText, "", "text", "a rabbit; ran"), withdrawn2}},
	{"The order is wanted after all", state.Findings{found(state.OldText, "", "text", "The order is wanted after all")}},
}

// same is a telling of which a fact is a part as it stands.
func same(code state.FindingCode, fact, begins, text string, more ...string) (telling struct {
	text string
	want state.Findings
}) {
	telling.text = begins + text
	if fact == "why" {
		telling.text += "; the ship window ended " + dayText + ": look at the order yourself"
	}
	telling.want = state.Findings{found(code, "", append(more, fact, text)...)}
	return telling
}

func TestSentencesBecomeFindings(t *testing.T) {
	t.Parallel()
	s, codes := readSentences(), map[state.FindingCode]bool{}
	for _, x := range tellings {
		got := s.findings(x.text, of2())
		if !got.Equal(x.want) {
			t.Errorf("%s\ngives %v\n want %v", x.text, got, x.want)
		}
		for _, f := range got {
			codes[f.Code] = true
		}
	}
	for _, row := range sentences2 {
		if !codes[row.code] {
			t.Errorf("no sentence gives %s", row.code)
		}
	}
}

// TestOneFindingOnly: what lets a number go must be said by all of the text.
func TestOneFindingOnly(t *testing.T) {
	t.Parallel()
	s := readSentences()
	for text, want := range map[string]state.Finding{
		"the order is wanted after all":                                                     withdrawn2,
		"the operator named other AliExpress orders for this shop order":                    found(state.FindingReplaced, ""),
		"AliExpress order 81 is also named by mystore #1002":                                twice,
		"AliExpress order 81 is also named by mystore #1002; the order is wanted after all": oldText("AliExpress order 81 is also named by mystore #1002; the order is wanted after all"),
		"x, but the order is wanted after all":                                              oldText("x, but the order is wanted after all"),
		guardText + "the order is wanted after all":                                         oldText(guardText + "the order is wanted after all"),
		"the order is wanted after all.":                                                    oldText("the order is wanted after all."),
		"only 1 of the 3 items of the shop order were taken off":                            found(state.PartOfShop, "", "gone", "1", "all", "3"),
	} {
		if got := s.finding(text, of2()); !got.Equal(want) {
			t.Errorf("%s gives %v, want %v", text, got, want)
		}
	}
}

func oldText(text string) state.Finding { return found(state.OldText, "", "text", text) }

func TestFindingsOfSentencesInRecords(t *testing.T) {
	t.Parallel()
	type put struct{ bucket, key, body, want string }
	all := []put{
		{"cases", "1", `{"id":"1","supplier_order":"81","held_why":"x","parts_unread":["y"],"unheard_of":[1e400,"<&>"]}`,
			`{"findings":[{"code":"old_text","facts":{"text":"x"}}],"id":"1","supplier_order":"81","unheard_of":[1e400,"\u003c\u0026\u003e"]}`},
		{"cases", "2", `{"stop":"the order is wanted after all", "id":"2","partial":"only 1 of the 2 items of the shop order were taken off"}`,
			`{"id":"2","partial":{"code":"part_of_shop","facts":{"all":"2","gone":"1"}},"stop":{"code":"withdrawn"}}`},
		{"cases", "3", `{ "id":"3", "status":"queued" }`, `{"id":"3","status":"queued","supplier":"aliexpress"}`},
		{"cases", "4", `{"id":"4","accepted":["no text"],"held_why":"x"}`, `{"id":"4","accepted":["no text"],"held_why":"x"}`},
		{"cases", "5", `{"id":"5","accepted":""}`, `{"id":"5"}`},
		{"cases", "6", `not JSON`, `not JSON`},
		{"cases", "7", `{"held_why":"x"`, ``}, // is damaged below
		{"mappings", "a", `[{"supplier_order":"81"},{"supplier_order":"82","conflict":"it is not clear which AliExpress order belongs to it: an imported file names 83"}]`,
			`[{"supplier_order":"81"},{"conflict":{"code":"import_differs","subject":"82","facts":{"other":"83"}},"supplier_order":"82"}]`},
		{"mappings", "b", `[ {"supplier_order":"81"} ]`, `[ {"supplier_order":"81"} ]`},
	}
	db := tempStore(t, Options{}).db
	noError(t, db.Update(func(b *bbolt.Tx) error {
		for i, p := range all {
			raw := seal(p.bucket, []byte(p.key), uint64(100+i), []byte(p.body))
			if p.want == "" {
				raw[sumAt] ^= 1
			}
			if err := b.Bucket([]byte(p.bucket)).Put([]byte(p.key), raw); err != nil {
				return err
			}
		}
		if err := findingsOfSentences(b); err != nil {
			return err
		}
		for i, p := range all {
			raw := b.Bucket([]byte(p.bucket)).Get([]byte(p.key))
			rev, body, err := unseal(p.bucket, []byte(p.key), raw)
			if p.want == "" {
				if err == nil || !strings.HasSuffix(string(raw), p.body) {
					t.Errorf("the damaged record became %q: %v", raw, err)
				}
				continue
			}
			if string(body) != p.want || rev != uint64(100+i) || err != nil {
				t.Errorf("%s %s: %s, revision %d, %v", p.bucket, p.key, body, rev, err)
			}
		}
		return nil
	}))
}
