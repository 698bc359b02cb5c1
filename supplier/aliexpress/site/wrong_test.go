package site

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
)

// reader is one of the answers that the driver reads: how it is judged, and
// what may be concluded from a good one.
type reader struct {
	call, fixture string
	// empty is the kind of an answer without content.
	empty supplier.Kind
	// judge gives what was concluded, in a form that can be compared.
	judge func(Profile, Answer) (any, error)
}

func readers(p Profile) map[string]reader {
	return map[string]reader{
		"list": {p.Calls.List, "ok_list_jsonp.js", supplier.Throttled, func(p Profile, a Answer) (any, error) {
			page, err := p.ParseList(a, readAt, time.UTC)
			return conclusions(page.Orders...), err
		}},
		// The skeleton is judged with the list at hand, see emptyOrThrottled.
		"detail": {p.Calls.Detail, "ok_detail_processing.json", supplier.Throttled, func(p Profile, a Answer) (any, error) {
			d, err := p.ParseDetail(a, readAt, time.UTC)
			return conclusions(d.Reading), err
		}},
		"tracking": {p.Calls.Tracking, "ok_tracking.json", supplier.Unreadable, func(p Profile, a Answer) (any, error) {
			parcels, err := p.ParseTracking(a, readAt)
			var out []string
			for _, t := range parcels {
				out = append(out, fmt.Sprint(t.Number, t.FirstScanAt, t.FirstScanCode, t.DeliveredAt))
			}
			return out, err
		}},
		"refund": {p.Calls.Refund, "ok_refund_done.json", supplier.Throttled, func(p Profile, a Answer) (any, error) {
			l, err := p.ParseRefund(a)
			if !l.unclear.IsZero() {
				return readingsOf{l.Order + l.Line: ""}, err // a person is asked, so it is the less
			}
			return readingsOf{l.Order + l.Line: fmt.Sprint(l.done, l.running, l.amount)}, err
		}},
		"returns": {p.Calls.Returns, "ok_returns.json", supplier.Unreadable, func(p Profile, a Answer) (any, error) {
			page, err := p.ParseReturns(a)
			out := readingsOf{"pages": fmt.Sprint(page.More, page.Page)}
			for _, r := range page.List {
				out[r.Number+r.OrderLine] = map[bool]string{true: "", false: "over"}[r.Open] // open stops us, so it is the less
			}
			if err == nil && len(page.List) != 2 {
				err = errors.New("a return is missing")
			}
			return out, err
		}},
		"form": {p.Calls.Reasons, "ok_reasons.json", supplier.Throttled, func(p Profile, a Answer) (any, error) {
			number, offered := ParseReasons(a)
			choice, _ := p.Choose(offered)
			return readingsOf{number: choice.Text}, Formless(a)
		}},
	}
}

// readingsOf is what decisions may rest on, by order; empty where the reading
// decides nothing.
type readingsOf map[string]string

func conclusions(list ...state.Reading) readingsOf {
	out := readingsOf{}
	for _, r := range list {
		out[r.Number] = ""
		if r.Complete && r.Phase != state.PhaseUnknown {
			out[r.Number] = fmt.Sprint(r.Phase, r.Total, r.RefusedText)
		}
	}
	return out
}

// TestWrongAnswersHaveTheirKind puts every wrong input before every reader.
func TestWrongAnswersHaveTheirKind(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	const punish = `<script>location.href="/h5/_____tmd_____/punish?x5secdata=1"</script>`
	for name, rd := range readers(p) {
		good := fixture(t, rd.fixture)
		type input struct {
			name   string
			status int
			body   string
			want   supplier.Kind
		}
		inputs := []input{
			{"empty", 200, "", supplier.Unreadable}, {"blank", 200, " \n", supplier.Unreadable}, {"no answer", 204, "", supplier.Unreadable},
			{"an object", 200, "{}", supplier.Unreadable}, {"a list", 200, "[]", supplier.Unreadable}, {"null", 200, "null", supplier.Unreadable}, {"a text", 200, `"x"`, supplier.Unreadable},
			{"HTML", 200, "<!doctype html><title>Busy</title>", supplier.Unreadable}, {"challenge", 200, punish, supplier.Challenged}, {"challenge, 403", 403, punish, supplier.Challenged},
			{"500", 500, "", supplier.Unreachable}, {"502", 502, "<h1>Bad gateway", supplier.Unreachable}, {"404", 404, "<h1>Not found", supplier.Unreachable},
			{"429", 429, "", supplier.Throttled}, {"429, HTML", 429, "<p>slow down", supplier.Throttled}, {"403", 403, "denied", supplier.Throttled},
			{"unknown code", 200, `{"ret":["FAIL_BIZ_NEW::x"],"data":{}}`, supplier.Unreadable}, {"code and text", 200, `{"ret":["FAIL_BIZ_NEW::x"],"data":""}`, supplier.Unreadable},
			{"codes as text", 200, `{"ret":"SUCCESS::x","data":{}}`, supplier.Unreadable}, {"no codes", 200, `{"ret":[],"data":{}}`, supplier.Unreadable},
			{"codes of another type", 200, `{"ret":[{}],"data":{}}`, supplier.Unreadable}, {"no data", 200, `{"ret":["SUCCESS::x"]}`, rd.empty},
			{"data null", 200, `{"ret":["SUCCESS::x"],"data":null}`, rd.empty}, {"data empty", 200, `{"ret":["SUCCESS::x"],"data":{}}`, rd.empty},
			{"data a list", 200, `{"ret":["SUCCESS::x"],"data":[]}`, supplier.Unreadable}, {"data a text", 200, `{"ret":["SUCCESS::x"],"data":"x"}`, supplier.Unreadable},
			{"data a number", 200, `{"ret":["SUCCESS::x"],"data":7}`, supplier.Unreadable}, {"logged out", 200, `{"ret":["FAIL_SYS_SESSION_EXPIRED::x"],"data":{}}`, supplier.LoggedOut},
			{"traffic limit", 200, `{"ret":["FAIL_SYS_TRAFFIC_LIMIT::x"],"data":{}}`, supplier.Throttled},
		}
		step := 1
		if !everything() {
			step = 13
		}
		for n := 0; n < len(bytes.TrimSpace(good)); n += step {
			inputs = append(inputs, input{fmt.Sprintf("cut off after %d bytes", n), 200, string(good[:n]), supplier.Unreadable})
		}
		for _, in := range inputs {
			if got, err := p.judged(rd, in.status, []byte(in.body)); supplier.KindOf(err) != in.want || err == nil {
				t.Errorf("%s, %s: concluded %v, %v; want %s", name, in.name, got, err, in.want)
			}
		}
		if got, err := p.judged(rd, 200, good); err != nil {
			t.Errorf("%s: the good answer: %v, %v", name, got, err)
		}
	}
}

// judged takes one response the way of the driver.
func (p Profile) judged(rd reader, status int, body []byte) (any, error) {
	a, err := p.Accept(Response{URL: "https://acs.example/h5/" + rd.call + "/1.0/", Status: status, Body: body}, rd.call)
	var got any
	switch {
	case err != nil:
	case a == nil:
		err = errors.New("was not taken for an answer")
	default:
		got, err = rd.judge(p, *a)
	}
	if err == nil {
		return got, nil
	}
	if e, ok := errors.AsType[*supplier.Error](err); ok {
		return got, e
	}
	kind := supplier.Kind("none")
	switch {
	case errors.Is(err, ErrEmpty):
		kind = supplier.Throttled
	case errors.Is(err, ErrShape):
		kind = supplier.Unreadable
	}
	return got, &supplier.Error{Kind: kind, Err: err}
}

// TestOneWrongTypeConcludesNothingElse changes the type of each value of a
// good answer in turn: either the reader refuses it, or what it concludes is
// the same, or less.
func TestOneWrongTypeConcludesNothingElse(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	for name, rd := range readers(p) {
		a, err := ParseAnswer(fixture(t, rd.fixture))
		if err != nil {
			t.Fatal(err)
		}
		want, err := rd.judge(p, a)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		eachWrongType(a.data.v, func(path string) {
			n++
			got, err := rd.judge(p, a)
			switch {
			case errors.Is(err, ErrShape), errors.Is(err, ErrEmpty):
			case err != nil:
				t.Errorf("%s: %s: an error without a kind: %v", name, path, err)
			case !less(got, want):
				t.Errorf("%s: %s: concluded %v instead of %v", name, path, got, want)
			}
		})
		if n < 10 {
			t.Errorf("%s: only %d values were changed", name, n)
		}
	}
}

// less tells whether got says nothing that want does not. Lists of readings
// may be shorter: what a page does not show proves nothing.
func less(got, want any) bool {
	g, ok := got.(readingsOf)
	if !ok {
		return reflect.DeepEqual(got, want)
	}
	for number, said := range g {
		if was, there := want.(readingsOf)[number]; said != "" && (!there || said != was) {
			return false
		}
	}
	return true
}

// eachWrongType puts values of other types in place of each value below v.
func eachWrongType(v any, try func(path string)) {
	var walk func(path string, v any, set func(any))
	walk = func(path string, v any, set func(any)) {
		others := []any{map[string]any{"x": json.Number("1")}, []any{json.Number("1")}, true}
		switch v := v.(type) {
		case map[string]any:
			others = []any{"?", []any{json.Number("1")}, json.Number("7")}
			for k, x := range v {
				walk(path+"."+k, x, func(y any) { v[k] = y })
			}
		case []any:
			others = []any{"?", map[string]any{"x": json.Number("1")}, json.Number("7")}
			for i, x := range v {
				walk(fmt.Sprintf("%s[%d]", path, i), x, func(y any) { v[i] = y })
			}
		}
		for _, other := range others {
			set(other)
			try(fmt.Sprintf("%s is %v", path, other))
		}
		set(v)
	}
	for k, x := range v.(map[string]any) {
		top := v.(map[string]any)
		walk(k, x, func(y any) { top[k] = y })
	}
}

// The status block is of our order, the information of another one.
func TestAnAnswerAboutTwoOrders(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	raw := bytes.Replace(fixture(t, "ok_detail_processing.json"), []byte(`"tradeOrderId":8200000000000001`), []byte(`"tradeOrderId":8299999999999999,"orderEndTime":"Jul 20, 2026"`), 1)
	raw = bytes.Replace(raw, []byte(`"title":"Processing"`), []byte(`"title":"Canceled"`), 1)
	raw = bytes.Replace(raw, []byte(`{"type":"EXTEND_PROCESSING","text":"Extend processing time"},{"type":"CANCEL_ORDER","text":"Cancel order"}`), nil, 1)
	a, err := ParseAnswer(raw)
	if err != nil {
		t.Fatal(err)
	}
	d, err := p.ParseDetail(a, readAt, zone(t))
	if err == nil && d.Reading.Unclear == "" && d.Reading.Phase != state.PhaseUnknown {
		t.Errorf("answer about two orders concludes %s for %s (closed at %s, total %s), complete=%v, doubt=%q", d.Reading.Phase, d.Reading.Number, d.Reading.ClosedAt, d.Reading.Total, d.Reading.Complete, d.Reading.Unclear)
	}
}

// Scans that are there, but of a code family that is not known or without a
// code, must not read as "number only, never scanned".
func TestUnknownScansAreNotNoScans(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	for name, events := range map[string]string{
		"codes of another family":     `{"time":1784251000000,"trackingPrimaryCode":"GTMS_SIGNED","trackingName":"Delivered"},{"time":1784251000000,"trackingPrimaryCode":"CC_EX_SUCCESS"}`,
		"codeless beside AE_ORDER":    `{"time":1785512000000,"trackingName":"Delivered","trackingDetailDesc":"Package delivered."},{"time":1784251000000,"trackingName":"Collected by carrier"},{"time":1783900000000,"trackingSecondCode":"AE_ORDER_PAID"}`,
		"primary unknown, second not": `{"time":1785512000000,"trackingPrimaryCode":"DELIVERED","trackingSecondCode":"AE_GTMS_SIGNED"}`,
	} {
		a, err := ParseAnswer([]byte(`{"ret":["SUCCESS::ok"],"data":{"module":{"trackingDetailLineList":[{"mailNo":"XX1","detailList":[` + events + `]}]}}}`))
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.ParseTracking(a, readAt)
		if err == nil && len(got) == 1 && got[0].FirstScanAt.IsZero() {
			t.Errorf("%s: reads as a number that was never scanned: %+v", name, got[0])
		}
	}
}

// An event that is not understood and a warehouse's are kept, the earliest of
// each, beside the first scan that is known: what it proves depends on them.
func TestEventsBesideAScan(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	const scan = `,{"time":1784251000000,"trackingPrimaryCode":"AE_LH_LEAVE"}`
	at := func(ms int64, code string) state.TrackingEvent {
		return state.TrackingEvent{At: time.UnixMilli(ms).UTC(), Code: code}
	}
	for name, tt := range map[string]struct {
		events             string
		strange, warehouse state.TrackingEvent
	}{
		"labels only":            {`{"time":1784000000000,"trackingPrimaryCode":"AE_ORDER_PAID"}` + scan, state.TrackingEvent{}, state.TrackingEvent{}},
		"handed over":            {`{"time":1784000000000,"trackingPrimaryCode":"AE_FIRST_MILE_HO_DONE"}` + scan, state.TrackingEvent{}, at(1784000000000, "AE_FIRST_MILE_HO_DONE")},
		"two of a warehouse":     {`{"time":1784100000000,"trackingPrimaryCode":"AE_GWMS_OUT"},{"time":1784000000000,"trackingPrimaryCode":"AE_GWMS_IN"}` + scan, state.TrackingEvent{}, at(1784000000000, "AE_GWMS_IN")},
		"unknown":                {`{"time":1784100000000,"trackingPrimaryCode":"ZZ_2"},{"time":1784000000000,"trackingPrimaryCode":"ZZ_1"}` + scan, at(1784000000000, "ZZ_1"), state.TrackingEvent{}},
		"unknown after the scan": {`{"time":1784900000000,"trackingPrimaryCode":"ZZ_1"}` + scan, at(1784900000000, "ZZ_1"), state.TrackingEvent{}},
		"without a time":         {`{"time":1784000000000,"trackingPrimaryCode":"ZZ_2"},{"time":"soon","trackingPrimaryCode":"ZZ_1"}` + scan, state.TrackingEvent{Code: "ZZ_1"}, state.TrackingEvent{}},
		"of the future":          {`{"time":1884000000000,"trackingPrimaryCode":"ZZ_1"},{"time":1884000000000,"trackingPrimaryCode":"AE_GWMS_IN"}` + scan, state.TrackingEvent{Code: "ZZ_1"}, state.TrackingEvent{Code: "AE_GWMS_IN"}},
		"without a code":         {`{"time":1784000000000,"trackingName":"Collected"}` + scan, at(1784000000000, "Collected"), state.TrackingEvent{}},
		"without anything":       {`{"time":1784000000000}` + scan, at(1784000000000, "no code"), state.TrackingEvent{}},
	} {
		a, err := ParseAnswer([]byte(`{"ret":["SUCCESS::ok"],"data":{"module":{"trackingDetailLineList":[{"mailNo":"XX1","detailList":[` + tt.events + `]}]}}}`))
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.ParseTracking(a, readAt)
		if err != nil || len(got) != 1 || got[0].FirstScanAt.IsZero() || got[0].Strange != tt.strange || got[0].Warehouse != tt.warehouse {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// A profile of an older version, which has no list of warehouse events, lets
// nobody be accused in spite of one either.
func TestWarehouseInAnOlderProfile(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	p.Scans.Warehouse, p.Scans.Never = nil, []string{"AE_GWMS_", "AE_ORDER_"}
	a, err := ParseAnswer([]byte(`{"ret":["SUCCESS::ok"],"data":{"module":{"trackingDetailLineList":[{"mailNo":"XX1","detailList":[
		{"time":1784251000000,"trackingPrimaryCode":"AE_GOT"},{"time":1784000000000,"trackingPrimaryCode":"AE_GWMS_OUT"},{"time":1784100000000,"trackingPrimaryCode":"AE_FIRST_MILE_HO_DONE"}]}]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := p.ParseTracking(a, readAt); err != nil || len(got) != 1 || got[0].Warehouse.Code != "AE_GWMS_OUT" || got[0].Strange.Code != "AE_FIRST_MILE_HO_DONE" {
		t.Errorf("%+v, %v", got, err)
	}
}

// A scan of the future has no time that can be read: nothing is known then.
func TestScanOfTheFuture(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	const day = 24 * time.Hour
	for code, ahead := range map[string]time.Duration{"AE_PICK_UP_SUCCESS": day + time.Hour, "AE_GTMS_SIGNED": 20000 * day, "AE_LH_LEAVE": day - time.Hour} {
		at := readAt.Add(ahead)
		a, err := ParseAnswer([]byte(fmt.Sprintf(`{"ret":["SUCCESS::ok"],"data":{"module":{"trackingDetailLineList":[{"mailNo":"XX1","detailList":[{"time":%d,"trackingPrimaryCode":%q}]}]}}}`, at.UnixMilli(), code)))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.ParseTracking(a, readAt); (err == nil) != (ahead < day) {
			t.Errorf("%s, %s: %+v, %v", code, at, got, err)
		}
	}
}

// What a list's frame without an order says of the session: the site slows
// down with exactly that (doc of firstList).
func TestEmptyFrameIsNoList(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	a, err := ParseAnswer([]byte(`{"ret":["SUCCESS::ok"],"data":{"data":{"b":{"tag":"pc_om_list_body","fields":{}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if page, err := p.ParseList(a, readAt, zone(t)); err == nil {
		t.Errorf("a frame without a single field reads as a whole list of no orders: %+v", page)
	}
}
