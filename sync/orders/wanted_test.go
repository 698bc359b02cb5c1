package orders

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"countermand/shop"
	"countermand/state"
)

// said writes what is wanted: "81 82(part_of_order) rest:BULB".
func (w Cancels) said() string {
	var out []string
	for _, o := range w.Orders {
		s := o.SupplierOrder
		if !o.Partial.IsZero() {
			s += fmt.Sprintf("(%s %s/%s)", o.Partial.Code, o.Partial.Facts["gone"], o.Partial.Facts["all"])
		}
		out = append(out, s)
	}
	for _, l := range w.Rest {
		out = append(out, "rest:"+l.SKU)
	}
	return strings.Join(out, " ")
}

func TestWhatIsWanted(t *testing.T) {
	t.Parallel()
	lamp, bulb := state.Line{ID: "l1"}, state.Line{SKU: "BULB"}
	one, two := by("note", "81", lamp), by("note", "82", bulb)
	vague := by("note", "83")
	for name, tt := range map[string]struct {
		maps []state.Mapping
		gone map[string]int // nil: the whole order
		want string
	}{
		"all of one":                               {[]state.Mapping{vague}, nil, "83"},
		"all of two":                               {[]state.Mapping{one, two}, nil, "81 82"},
		"all, and a line of no known order":        {[]state.Mapping{one}, nil, "81 rest:BULB"},
		"all, and it is not known which lines":     {[]state.Mapping{one, vague}, nil, "81 83"},
		"no number is known":                       {nil, nil, ""},
		"nothing went":                             {[]state.Mapping{one, two}, map[string]int{}, ""},
		"all lines of one of them":                 {[]state.Mapping{one, two}, map[string]int{"l1": 2}, "81"},
		"a part of one of them":                    {[]state.Mapping{one, two}, map[string]int{"l1": 1}, "81(part_of_order 1/2)"},
		"a part of the only one":                   {[]state.Mapping{vague}, map[string]int{"l1": 1}, "83(part_of_order 1/3)"},
		"the whole of the only one":                {[]state.Mapping{vague}, map[string]int{"l1": 2, "l2": 1}, "83"},
		"a part, and it is not known of which":     {[]state.Mapping{vague, by("note", "84")}, map[string]int{"l1": 2}, "83(part_unclear 2/3) 84(part_unclear 2/3)"},
		"a line that no known order has":           {[]state.Mapping{one}, map[string]int{"l2": 1}, "rest:BULB"},
		"more went than there was":                 {[]state.Mapping{one, two}, map[string]int{"l1": 9}, "81"},
		"a number with a line that the shop lacks": {[]state.Mapping{by("note", "81", lamp, state.Line{ID: "gone"})}, map[string]int{"l1": 2}, "81(part_unclear 2/2)"},
	} {
		w := Whole(lamps(), tt.maps)
		if tt.gone != nil {
			w = InPart(lamps(), tt.maps, tt.gone)
		}
		if got := w.said(); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestGone(t *testing.T) {
	t.Parallel()
	o := lamps()
	o.Gone = map[string]int{"l1": 1, "l2": 5}
	for name, tt := range map[string]struct {
		lines     []state.Line
		went, all int
	}{"its line": {[]state.Line{{ID: "l1"}}, 1, 2}, "by SKU": {[]state.Line{{SKU: "BULB"}}, 1, 1}, "none named: all": {nil, 2, 3}} {
		if went, all := GoneItems(o, state.Case{Lines: tt.lines}); went != tt.went || all != tt.all {
			t.Errorf("%s: %d of %d", name, went, all)
		}
	}
}

func TestWish(t *testing.T) {
	t.Parallel()
	since := noon.Add(-24 * time.Hour)
	edit := func(id string, s shop.EditStatus, at time.Time) shop.RequestedEdit {
		return shop.RequestedEdit{ID: id, Status: s, RequestedAt: at}
	}
	flow := []state.Knock{{Topic: shop.FlowTopic("changed my mind")}}
	for name, tt := range map[string]struct {
		edits  []shop.RequestedEdit
		tags   []string
		knocks []state.Knock
		before state.Request
		want   state.RequestSource
	}{
		"nothing":                          {},
		"an edit":                          {edits: []shop.RequestedEdit{edit("e1", shop.EditRequested, noon)}, want: state.RequestByEdit},
		"an edit from before the history":  {edits: []shop.RequestedEdit{edit("e1", shop.EditRequested, since.Add(-time.Minute))}},
		"an edit that was answered":        {edits: []shop.RequestedEdit{edit("e1", shop.EditResolved, noon)}},
		"an edit that was dealt with":      {edits: []shop.RequestedEdit{edit("e1", shop.EditRequested, noon)}, before: state.Request{EditIDs: []string{"e1"}}},
		"the tag, in another case":         {tags: []string{" Cancel-Requested "}, want: state.RequestByTag},
		"the tag that was dealt with":      {tags: []string{"cancel-requested"}, before: state.Request{Source: state.RequestByTag, Status: state.RequestDone}},
		"the tag, taken off and set again": {tags: []string{"cancel-requested"}, before: state.Request{Source: state.RequestByTag, Status: state.RequestDone, TagGone: true}, want: state.RequestByTag},
		"another tag":                      {tags: []string{"vip"}},
		"Flow":                             {knocks: flow, want: state.RequestByFlow},
	} {
		o := lamps()
		o.Edits, o.Tags = tt.edits, tt.tags
		w, ok := FindRequest(o, tt.knocks, tt.before, "cancel-requested", since)
		if w.Source != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: %+v, %t", name, w, ok)
		}
	}
}

func TestTogether(t *testing.T) {
	t.Parallel()
	c := func(s state.Status) state.Case {
		return state.Case{Status: s, Cause: state.CauseRequested, SupplierOrder: "81", EndedAt: noon.Add(time.Hour)}
	}
	nothing := c(state.Ignored)
	nothing.SupplierOrder = ""
	asking := state.Request{Status: state.RequestAsking, OpenedAt: noon}
	of := func(s state.RequestStatus) state.Request { r := asking; r.Status = s; return r }
	partial := asking
	partial.Partial = true
	for name, tt := range map[string]struct {
		r       state.Request
		cases   []state.Case
		decline bool
		want    state.RequestStatus
	}{
		"one has not answered":              {asking, []state.Case{c(state.Cancelled), c(state.Requested)}, true, state.RequestAsking},
		"all accepted":                      {asking, []state.Case{c(state.Cancelled), c(state.Refunded)}, true, state.RequestCancelling},
		"all accepted, only lines":          {partial, []state.Case{c(state.Cancelled)}, true, state.RequestOpen},
		"mixed":                             {asking, []state.Case{c(state.Cancelled), c(state.Refused)}, true, state.RequestOpen},
		"refused, and the customer is told": {asking, []state.Case{c(state.Refused)}, true, state.RequestDeclining},
		"refused, and a person decides":     {asking, []state.Case{c(state.Refused)}, false, state.RequestOpen},
		"shipped":                           {asking, []state.Case{c(state.Shipped)}, false, state.RequestDeclining},
		"left alone by a person":            {asking, []state.Case{c(state.Ignored)}, false, state.RequestDeclining},
		"nothing was bought for it":         {asking, []state.Case{nothing}, false, state.RequestDeclining},
		"no order belongs to it":            {asking, nil, true, state.RequestOpen},
		"a withdrawn one, cancelled":        {of(state.RequestWithdrawn), []state.Case{c(state.Cancelled)}, true, state.RequestOpen},
		"a withdrawn one":                   {of(state.RequestWithdrawn), []state.Case{c(state.Refused)}, true, state.RequestWithdrawn},
		"a declined one, cancelled":         {of(state.RequestDeclined), []state.Case{c(state.Cancelled)}, true, state.RequestOpen},
		"a declined one":                    {of(state.RequestDeclined), []state.Case{c(state.Refused)}, true, state.RequestDeclined},
		"done stays done":                   {of(state.RequestDone), []state.Case{c(state.Refused)}, true, state.RequestDone},
	} {
		if got, why := JointAnswer(tt.r, tt.cases, tt.decline); got != tt.want || why == "" && got != tt.r.Status {
			t.Errorf("%s: %s (%s), want %s", name, got, why, tt.want)
		}
	}
}
