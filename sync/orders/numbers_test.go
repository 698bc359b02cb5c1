package orders

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countermand/shop"
	"countermand/state"
)

var noon = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

// lamps is a shop order of two lines: two lamps and a bulb.
func lamps(named ...state.Mapping) shop.Order {
	return shop.Order{
		Shop: "mystore", ID: "gid://shopify/Order/1", Name: "#1042", Supplier: named,
		Lines: []state.Line{{ID: "l1", Title: "Lamp", SKU: "LAMP", Quantity: 2}, {ID: "l2", Title: "Bulb", SKU: "BULB", Quantity: 1}},
	}
}

func by(by, number string, lines ...state.Line) state.Mapping {
	return state.Mapping{SupplierOrder: number, By: by, Lines: lines}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	differs := by("attribute", "81")
	differs.Conflict = state.Found(state.ImportDiffers, "81", "other", "82")
	desk := by(ByImport, "82", state.Line{SKU: "DESK"}, state.Line{SKU: "CHAIR"})
	foreign := desk
	foreign.Conflict = state.Found(state.LinesForeign, "82", "skus", "DESK, CHAIR")
	desks := by("metafield", "81", state.Line{SKU: "DESK"})
	foreignToo := desks
	foreignToo.Conflict = state.Found(state.LinesForeign, "81", "skus", "DESK")
	partly := by(ByImport, "82", state.Line{ID: "l2", Title: "Bulb", SKU: "BULB", Quantity: 1}, state.Line{SKU: "DESK"})
	ofLamps := by(ByImport, "82", state.Line{ID: "l1", Title: "Lamp", SKU: "LAMP", Quantity: 1})
	for name, tt := range map[string]struct {
		order      shop.Order
		said, want []state.Mapping
	}{
		"what the order names":                       {lamps(by("note", "81")), nil, []state.Mapping{by("note", "81")}},
		"nothing is known":                           {lamps(), nil, nil},
		"a person's word beats the order":            {lamps(by("note", "81")), []state.Mapping{by(ByOperator, "82")}, []state.Mapping{by(ByOperator, "82")}},
		"a file counts where the order names none":   {lamps(), []state.Mapping{by(ByImport, "82")}, []state.Mapping{by(ByImport, "82")}},
		"a file that agrees":                         {lamps(by("attribute", "81")), []state.Mapping{by(ByImport, "81")}, []state.Mapping{by("attribute", "81")}},
		"a file that differs puts both in doubt":     {lamps(by("attribute", "81")), []state.Mapping{by(ByImport, "82")}, []state.Mapping{differs}},
		"a file's SKU is the shop's line":            {lamps(), []state.Mapping{by(ByImport, "82", state.Line{SKU: "LAMP", Quantity: 1})}, []state.Mapping{ofLamps}},
		"a file's SKUs, none of which is the shop's": {lamps(), []state.Mapping{desk}, []state.Mapping{foreign}},
		"one of a file's SKUs is the shop's":         {lamps(), []state.Mapping{by(ByImport, "82", state.Line{SKU: "BULB"}, state.Line{SKU: "DESK"})}, []state.Mapping{partly}},
		"the order's own, with lines of another":     {lamps(desks), nil, []state.Mapping{foreignToo}},
		"the order's own, with lines of its own":     {lamps(by("attribute", "81", state.Line{ID: "l1"})), nil, []state.Mapping{by("attribute", "81", state.Line{ID: "l1"})}},
		"a person's SKU is the shop's line, as well": {lamps(), []state.Mapping{by(ByOperator, "82", state.Line{SKU: "BULB"})}, []state.Mapping{by(ByOperator, "82", state.Line{ID: "l2", Title: "Bulb", SKU: "BULB", Quantity: 1})}},
	} {
		if d := cmp.Diff(tt.want, Numbers(tt.order, tt.said)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestNumbersLeaveTheOrderAsItIs(t *testing.T) {
	t.Parallel()
	o, said := lamps(by("attribute", "81")), []state.Mapping{by(ByImport, "82", state.Line{SKU: "LAMP"})}
	Numbers(o, said)
	if !o.Supplier[0].Conflict.IsZero() || said[0].Lines[0].ID != "" {
		t.Errorf("changed to %+v and %+v", o.Supplier, said)
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	lamp, bulb := state.Line{SKU: "LAMP"}, state.Line{SKU: "BULB"}
	for name, tt := range map[string]struct {
		list, have []state.Mapping
		want       string // the numbers
		unclear    bool
	}{
		"a first file":                            {[]state.Mapping{by("", "81")}, nil, "81", false},
		"the same again":                          {[]state.Mapping{by("", "81")}, []state.Mapping{by("", "81")}, "81", false},
		"another number, without lines":           {[]state.Mapping{by("", "82")}, []state.Mapping{by("", "81")}, "82 81", true},
		"another number, with lines of its":       {[]state.Mapping{by("", "82", lamp)}, []state.Mapping{by("", "81", bulb)}, "82 81", false},
		"another number for the very line":        {[]state.Mapping{by("", "82", lamp)}, []state.Mapping{by("", "81", lamp)}, "82 81", true},
		"more numbers that are in the file":       {[]state.Mapping{by("", "81"), by("", "82")}, []state.Mapping{by("", "81")}, "81 82", false},
		"one with lines beside one that has none": {[]state.Mapping{by("", "82", lamp)}, []state.Mapping{by("", "81")}, "82 81", true},
	} {
		out, why := Merge(tt.list, tt.have)
		numbers := ""
		for _, m := range out {
			if numbers != "" {
				numbers += " "
			}
			numbers += m.SupplierOrder
			if m.By != ByImport || !m.Conflict.Equal(why) {
				t.Errorf("%s: %+v beside %v", name, m, why)
			}
		}
		if numbers != tt.want || (why.Code == state.ImportUnclear) != tt.unclear {
			t.Errorf("%s: %s, %v; want %s", name, numbers, why, tt.want)
		}
	}
}

func TestEndedCasesLetGo(t *testing.T) {
	t.Parallel()
	stopped := func(code state.FindingCode, a state.Attempt) state.Case {
		return state.Case{Status: state.Ignored, Stop: state.Found(code, ""), Cause: state.CauseCancelled, EndedAt: noon, Attempt: a}
	}
	clicked := state.Attempt{ClickedAt: noon.Add(-time.Hour)}
	for name, tt := range map[string]struct {
		c            state.Case
		cn           state.Cancellation
		letGo, freed bool
	}{
		"under way":                              {state.Case{Status: state.Queued}, state.Cancellation{Cause: state.CauseCancelled}, false, false},
		"left alone":                             {state.Case{Status: state.Ignored, EndedAt: noon}, state.Cancellation{}, false, false},
		"its number was taken back":              {stopped(state.FindingReplaced, state.Attempt{}), state.Cancellation{}, true, true},
		"the order was wanted again":             {stopped(state.FindingWithdrawn, state.Attempt{}), state.Cancellation{}, true, true},
		"taken back when it may have been asked": {stopped(state.FindingReplaced, clicked), state.Cancellation{}, true, false},
		"stopped for another reason":             {stopped(state.NumberTwice, state.Attempt{}), state.Cancellation{}, false, false},
		"the shop says more":                     {state.Case{Status: state.Ignored, Cause: state.CauseLines, EndedAt: noon}, state.Cancellation{Cause: state.CauseCancelled}, true, false},
		"the customer asks anew":                 {state.Case{Status: state.Ignored, Cause: state.CauseRequested, EndedAt: noon}, state.Cancellation{Cause: state.CauseRequested, AskedAt: noon.Add(time.Minute)}, true, false},
	} {
		if Superseded(tt.c, &tt.cn) != tt.letGo || GaveNumberBack(tt.c) != tt.freed {
			t.Errorf("%s: lets go %t, freed %t", name, Superseded(tt.c, &tt.cn), GaveNumberBack(tt.c))
		}
	}
}
