package boltstore

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"countermand/state"
)

// What version 2 said before and behind some of its sentences.
const (
	ofGuard    = `(?:this may not be the right order: )?`
	endOfGuard = `(?:; nothing was (?:clicked|asked))?`
	inPart     = `(?:; an AliExpress order cannot be cancelled in part by itself)?`
)

// sentences2 are the sentences that version 2 stored, with what was found. Those
// that are joined may follow another one. The groups of a pattern are the facts
// of the finding; NUM, TIME and QUOTED are short for what Go printed. They are
// that version's, and are never changed to fit words of today.
var sentences2 = []struct {
	code    state.FindingCode
	joined  bool
	pattern string
}{
	{state.NumberTwice, true, `AliExpress order (?P<subject>\S+) is also named by (?P<by>.+)`},
	{state.NumberGiven, true, `AliExpress order (?P<subject>\S+) was given to (?P<to>.+) by the operator`},
	{state.NumberGone, true, `the shop order does not name AliExpress order (?P<subject>\S+) any more`},
	{state.ImportUnclear, true, `an earlier file names (?P<others>.+) for it, and it is not clear whether all are right: say which with map set, or nothing is asked without you`},
	{state.ImportDiffers, true, `it is not clear which AliExpress order belongs to it: an imported file names (?P<other>.+)`},
	{state.NumberUnclear, true, `it is not clear which AliExpress order belongs to it: (?P<places>the \w+ also names \d+(?:, the \w+ also names \d+)*)`},
	{state.AccountUnknown, true, `the shop order names account (?P<account>QUOTED) for AliExpress order (?P<subject>\S+), which (?:is not configured|does not buy) for this shop`},
	{state.RecordDamaged, true, `a stored record of this shop order is damaged, so it cannot be seen whether it is still to be cancelled: look at it in the shop, then approve or ignore it`},
	{state.AskedBefore, true, `the supplier was asked about AliExpress order (?P<subject>\S+) before \((?P<at>TIME)\), and case (?P<case>\S+) about it was left alone: it is asked again only if you want it`},
	{state.FindingReplaced, true, `the operator named other AliExpress orders for this shop order`},
	{state.FindingWithdrawn, true, `the order is wanted after all`},
	{state.MaybeAsked, true, `the supplier may have been asked (?P<at>TIME)`},

	{state.OtherOrder, true, ofGuard + `the page shows order (?P<shown>QUOTED), the case means QUOTED` + endOfGuard},
	{state.OrderedBefore, true, ofGuard + `placed (?P<placed>TIME), before the shop's order of (?P<shop_order>TIME)` + endOfGuard},
	{state.TooFewItems, true, ofGuard + `it has (?P<have>NUM) items, the shop's lines need (?P<need>NUM)` + endOfGuard},
	{state.ItemsUncounted, true, ofGuard + `its items cannot be counted, the shop's lines need (?P<need>NUM)` + endOfGuard},
	{state.TotalChanged, true, ofGuard + `its total is (?P<total>\S+ \S+), it was (?P<before>\S+ \S+) before` + endOfGuard},
	{state.StoreChanged, true, ofGuard + `its store is (?P<store>QUOTED), it was (?P<before>QUOTED) before` + endOfGuard},
	{state.WrongOrder, false, `this may not be the right order`},

	{state.LinesBeforeStart, false, `lines of an order from before countermand's first start were taken off, and the shop does not tell when`},
	{state.TagBeforeStart, false, `the order is from before countermand's first start, and the shop does not tell when it was tagged`},
	{state.PartUnclear, false, `(?P<gone>NUM) of (?P<all>NUM) items were taken off the shop order, and it is not known which AliExpress order holds them` + inPart},
	{state.PartOfOrder, false, `only (?P<gone>NUM) of the (?P<all>NUM) items of this AliExpress order were taken off in the shop` + inPart},
	{state.PartOfShop, false, `only (?P<gone>NUM) of the (?P<all>NUM) items of the shop order were taken off` + inPart},
	{state.PartAsked, false, `the customer asks for only (?P<gone>NUM) of the (?P<all>NUM) items to be taken off` + inPart},

	{state.FindingObserved, false, `mode observe, so nothing was clicked: (?P<detail>.+)`},
	{state.UnknownPage, false, `the page is not one that countermand knows: (?P<detail>the order's page is not understood \(status “.*?”, and “(?P<refused>.+)”\); nothing was clicked; mend the site profile)`},
	{state.UnknownPage, false, `the page is not one that countermand knows: (?P<detail>the site shows “.*?”, and “(?P<refused>.+)”, which do not fit together; nothing was clicked)`},
	{state.UnknownPage, false, `the page is not one that countermand knows: (?P<detail>.*)`},
	{state.OrderNotShown, false, `(?:the account|none of the accounts) (?P<accounts>.*) does not show order (?P<subject>\S+): is the number right, and the account\?`},
	{state.RequestInDoubt, false, `it is not certain that the request was placed(?: \(clicked (?P<clicked>TIME)\))?, and the order now reads as (?P<phase>\S*) \(“(?P<status>.*?)”(?:, and the page says “(?P<refused>.+)”)?\)`},
	{state.DoubtedTwice, false, `the request was placed twice in doubt, last (?P<clicked>TIME), and the order still reads as never asked (?P<read>TIME)`},
	{state.RecordsLost, false, `a backup was restored: what was done between (?P<from>TIME) and (?P<to>TIME) is not known, and the supplier may have been asked; look at the order, then approve or ignore it`},
	{state.WindowOver, false, `the ship window ended (?P<ended>TIME)(?: \(an estimate: the days off of (?P<estimate_year>NUM) are not known\))? and (?P<why>the request could not be placed); look at the order yourself`},
	{state.AsksFirst, false, `(?P<rule>.+): asks you before the supplier is asked`},
	{state.WrongOrder, false, `(?P<detail>(?:[^;]*: )?(?:asked for order|the data are of order|the reason form|one answer is about two orders).*; nothing was (?:clicked|asked))`},
	{state.WindowOver, false, `(?P<why>.+); the ship window ended (?P<ended>TIME): look at the order yourself`},
}

// aboutOwn are the findings about the case's own supplier order of which
// version 2 did not say the number.
var aboutOwn = []state.FindingCode{
	state.NumberUnclear, state.ImportDiffers, state.MaybeAsked,
	state.OtherOrder, state.OrderedBefore, state.TooFewItems, state.ItemsUncounted, state.TotalChanged, state.StoreChanged,
}

// record2 is what version 2 of a case or a mapping holds that its sentences
// speak of.
type record2 struct {
	SupplierOrder string    `json:"supplier_order"`
	ShopOrderedAt time.Time `json:"shop_ordered_at"`
	OrderedAt     time.Time `json:"ordered_at"`
	ReadAt        time.Time `json:"read_at"`
	Attempt       struct {
		DispatchedAt time.Time `json:"dispatched_at"`
		ClickedAt    time.Time `json:"clicked_at"`
	} `json:"attempt"`
	Clocks map[string]time.Time `json:"clocks"`
}

// times are those that the record holds of each fact that is one.
func (r record2) times() map[string][]time.Time {
	asked := []time.Time{r.Attempt.ClickedAt, r.Attempt.DispatchedAt}
	return map[string][]time.Time{
		"shop_order": {r.ShopOrderedAt}, "placed": {r.OrderedAt}, "read": {r.ReadAt}, "ended": {r.Clocks["ship_window_end"]},
		"at": asked, "clicked": asked, "from": asked, "to": nil,
	}
}

// moment is a time of a sentence, which has no seconds, in RFC 3339; none where
// it was not known. Where the record does not have the seconds either, the fact
// may differ from what is found later: then a person is asked again about what
// they approved.
func (r record2) moment(fact, text string) string {
	minute, err := time.Parse("2006-01-02 15:04 UTC", text)
	if err != nil {
		return strings.TrimPrefix(text, "unknown")
	}
	for _, t := range r.times()[fact] {
		if t.Truncate(time.Minute).Equal(minute) {
			return t.UTC().Format(time.RFC3339)
		}
	}
	return minute.Format(time.RFC3339)
}

// sentences reads texts of version 2.
type sentences []*regexp.Regexp

func readSentences() (s sentences) {
	short := strings.NewReplacer("NUM", `\d+`, "TIME", `(?:\d{4}-\d\d-\d\d \d\d:\d\d UTC|unknown)`, "QUOTED", `"(?:[^"\\]|\\.)*"`)
	for _, row := range sentences2 {
		s = append(s, regexp.MustCompile(`(?s)^`+short.Replace(row.pattern)+`$`))
	}
	return s
}

// between is what joined sentences of version 2.
var between = regexp.MustCompile(`; |, but `)

// findings are all that a text says. Version 2 looked for a sentence in the text,
// so none of them makes an approval broader than it was.
func (s sentences) findings(text string, r record2) (out state.Findings) {
	for text != "" {
		last, rest := s.last(text, r)
		out, text = append(out, last), rest
	}
	slices.Reverse(out)
	return state.Findings(nil).With(out...)
}

// finding is what a text says that is one sentence.
func (s sentences) finding(text string, r record2) state.Finding {
	last, rest := s.last(text, r)
	if rest != "" {
		return state.Found(state.OldText, "", "text", text)
	}
	return last
}

// last is the last sentence of a text, the shortest that there is.
func (s sentences) last(text string, r record2) (f state.Finding, rest string) {
	for _, at := range slices.Backward(between.FindAllStringIndex(text, -1)) {
		if f, ok := s.one(text[at[1]:], true, r); ok {
			return f, text[:at[0]]
		}
	}
	if f, ok := s.one(text, false, r); ok {
		return f, ""
	}
	return state.Found(state.OldText, "", "text", text), ""
}

// one reads one sentence; joined tells whether it follows another.
func (s sentences) one(text string, joined bool, r record2) (f state.Finding, ok bool) {
	for i, pattern := range s {
		if joined && !sentences2[i].joined {
			continue
		}
		if groups := pattern.FindStringSubmatch(text); groups != nil {
			return found2(sentences2[i].code, pattern.SubexpNames(), groups, r), true
		}
	}
	return f, false
}

// found2 makes a finding of what the groups of a pattern hold.
func found2(code state.FindingCode, names, groups []string, r record2) state.Finding {
	var subject string
	if slices.Contains(aboutOwn, code) {
		subject = r.SupplierOrder
	}
	var facts []string
	for i, name := range names {
		v := groups[i]
		switch name {
		case "":
			continue
		case "subject":
			subject = v
			continue
		case "shown", "account", "store":
			v, _ = strconv.Unquote(v)
		case "before": // a store or an amount
			if plain, err := strconv.Unquote(v); err == nil {
				v = plain
			}
		case "places":
			facts = append(facts, places2(v)...)
			continue
		}
		if _, is := r.times()[name]; is {
			v = r.moment(name, v)
		}
		if name == "shown" {
			v = cmp.Or(v, "none")
		}
		facts = append(facts, name, v)
	}
	return state.Found(code, subject, facts...)
}

// places2 are the facts in "the note also names 81, the tag also names 82".
func places2(text string) (facts []string) {
	numbers := map[string][]string{}
	for _, one := range strings.Split(text, ", ") {
		place, number, _ := strings.Cut(strings.TrimPrefix(one, "the "), " also names ")
		numbers[place] = append(numbers[place], number)
	}
	for _, place := range slices.Sorted(maps.Keys(numbers)) {
		facts = append(facts, place, strings.Join(numbers[place], ", "))
	}
	return facts
}

// findingsOfSentences rewrites the cases and mappings of version 2, which told
// in English sentences what are findings now.
func findingsOfSentences(b *bbolt.Tx) error {
	s := readSentences()
	if err := rewriteBodies(b, "cases", s.inRecord); err != nil {
		return err
	}
	return rewriteBodies(b, "mappings", s.inList)
}

// rewriteBodies changes records where there is something to change: change
// returns nil where there is not. They keep their revisions, and those that
// cannot be read stay as they are.
func rewriteBodies(b *bbolt.Tx, bucket string, change func(body []byte) ([]byte, error)) error {
	records := b.Bucket([]byte(bucket))
	var rewritten []pair
	for key, raw := range ascend(records, nil, nil) {
		rev, body, err := unseal(bucket, key, raw)
		if err != nil {
			continue
		}
		if changed, err := change(body); err == nil && changed != nil {
			rewritten = append(rewritten, pair{bytes.Clone(key), seal(bucket, key, rev, changed)})
		}
	}
	for _, p := range rewritten {
		if err := records.Put(p.key, p.value); err != nil {
			return err
		}
	}
	return nil
}

// inList replaces the sentences in a list of records.
func (s sentences) inList(body []byte) ([]byte, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, err
	}
	some := false
	for i, record := range list {
		changed, err := s.inRecord(record)
		if err != nil {
			return nil, err
		}
		if changed != nil {
			list[i], some = changed, true
		}
	}
	if !some {
		return nil, nil
	}
	return json.Marshal(list)
}

// inRecord puts findings in place of the sentences of a record, leaves out what
// nobody compared, and names the only supplier there was in a case; nil: nothing
// is to be changed.
func (s sentences) inRecord(body []byte) ([]byte, error) {
	var fields map[string]json.RawMessage
	var r record2
	if err := errors.Join(json.Unmarshal(body, &fields), json.Unmarshal(body, &r)); err != nil {
		return nil, err
	}
	_, changed := fields["parts_unread"]
	delete(fields, "parts_unread")
	if _, isCase := fields["status"]; isCase {
		changed, fields["supplier"] = true, json.RawMessage(`"aliexpress"`)
	}
	for _, f := range []struct {
		was, is string
		several bool
	}{{"held_why", "findings", true}, {"accepted", "accepted", true}, {"stop", "stop", false}, {"partial", "partial", false}, {"conflict", "conflict", false}} {
		raw, ok := fields[f.was]
		if !ok {
			continue
		}
		changed = true
		delete(fields, f.was)
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, err
		}
		if text == "" {
			continue
		}
		var found any = s.finding(text, r)
		if f.several {
			found = s.findings(text, r)
		}
		var err error
		if fields[f.is], err = json.Marshal(found); err != nil {
			return nil, err
		}
	}
	if !changed {
		return nil, nil
	}
	return json.Marshal(fields)
}
