package site

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"countermand/state"
)

// FuzzParsers feeds all readers of answers with anything at all: they may
// refuse it but not die, and what they make of it can be stored.
func FuzzParsers(f *testing.F) {
	names, err := filepath.Glob("testdata/*.js*")
	if err != nil || len(names) == 0 {
		f.Fatalf("seeds: %v, %v", names, err)
	}
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, s := range []string{
		`{"ret":["SUCCESS"],"data":{"hierarchy":{"root":"a","structure":{"a":["a","b"],"b":["a"]}},"data":{"a":{"tag":"pc_om_list_order","fields":{"orderId":1}}}}}`,
		`{"ret":["SUCCESS"],"data":{"module":{"trackingDetailLineList":[{"mailNo":7,"detailList":[{"time":-1},{"time":1e400},null]}]}}}`,
		`{"ret":[1,null],"data":[]}`, `f({"ret":["SUCCESS"]})`, `)(`,
	} {
		f.Add([]byte(s))
	}
	p := testProfile(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := ParseAnswer(body)
		if err != nil {
			return
		}
		p.Returns.Kind(a.Ret)
		page, _ := p.ParseList(a, readAt, time.UTC) // what it could read
		for _, r := range page.Orders {
			storable(t, r)
		}
		if d, err := p.ParseDetail(a, readAt, time.UTC); err == nil {
			storable(t, d.Reading)
		}
		if parcels, err := p.ParseTracking(a, readAt); err == nil {
			storable(t, state.Reading{Tracking: parcels})
		}
		if l, err := p.ParseRefund(a); err == nil {
			got, questions := SumRefunds([]LineRefund{l, l}, l.Line, state.Money{})
			storable(t, state.Reading{Refund: got, RefundUnclear: questions})
		}
		if page, err := p.ParseReturns(a); err == nil {
			for _, r := range page.List {
				if r.Number == "" || r.OrderLine == "" {
					t.Errorf("a return about nothing: %+v", r)
				}
			}
		}
		_, offered := ParseReasons(a)
		p.Choose(offered)
		if _, err := a.Public(p.Private.Keys); err != nil {
			t.Errorf("evidence: %v", err)
		}
	})
}

// FuzzShown feeds the readers of what a page shows.
func FuzzShown(f *testing.F) {
	f.Add("https://www.aliexpress.com/p/order/detail.html?orderId=8190000000000001", "Orden ID: 8190000000000001", "Total: R$1.132,74", "1 sep, 2026")
	f.Add("?tradeOrderId=1&orderId=12345678901234567", "12345678901234567 12345678901234568", "US $1,", "Date: ")
	p := testProfile(f)
	f.Fuzz(func(t *testing.T, link, text, total, date string) {
		for _, n := range []string{numberInLink(link), NumberIn(text)} {
			if n != "" && (len(n) < 15 || len(n) > 17) {
				t.Errorf("%q is no order number", n)
			}
		}
		d := shownCard(Element{Attrs: map[string]string{"href": link}, Parts: map[string][]Part{
			"link": {{Href: link}}, "info": {{Text: text}, {Text: date}}, "status": {{Text: text, Visible: true}}, "total": {{Text: total, Visible: true}},
		}})
		r := d.Reading(p, readAt, time.UTC, state.SourceList)
		storable(t, r)
		if r.Complete {
			t.Error("what is only shown is never complete")
		}
		d.contradicts(p, r)
	})
}

func storable(t *testing.T, r state.Reading) {
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatalf("%+v: %v", r, err)
	}
	var back state.Reading
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
}
