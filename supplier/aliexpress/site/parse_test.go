package site

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
)

var readAt = time.Date(2026, time.September, 20, 12, 0, 0, 0, time.UTC)

func TestParseList(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	page, err := p.ParseList(parsed(t, "ok_list_jsonp.js"), readAt, zone(t))
	if err != nil || !page.More || !page.Whole || page.Index != 1 || len(page.Orders) != 3 {
		t.Fatalf("page %+v", page)
	}
	first, second, odd := page.Orders[0], page.Orders[1], page.Orders[2]
	if first.Number != "8200000000000001" || first.Phase != state.PhaseFinished || first.Total.String() != "132.74 BRL" || !first.Complete {
		t.Errorf("first by the site's order: %+v", first)
	}
	if second.Phase != state.PhaseShipped || second.Total.String() != "1204.50 USD" || state.ItemCount(second.Lines) != 3 || second.CancelOffered {
		t.Errorf("shipped: %+v", second)
	}
	if want := time.Date(2026, 7, 9, 7, 0, 0, 0, time.UTC); !second.OrderedAt.Equal(want) {
		t.Errorf("ordered at %s, want %s (midnight in Los Angeles)", second.OrderedAt, want)
	}
	if odd.Phase != state.PhaseUnknown || odd.Complete || odd.Total.Known() || odd.OrderedAt.IsZero() {
		t.Errorf("what is not understood: %+v", odd)
	}
}

// Orders of one payment to one store may be parts of one that was split; those
// of other stores were paid together.
func TestSiblings(t *testing.T) {
	t.Parallel()
	entry := func(n, payment, store string) string {
		return `"o` + n + `":{"tag":"pc_om_list_order","fields":{"orderId":"819000000000000` + n + `","paymentOutId":` + payment + `,"storeName":` + store + `}}`
	}
	a, err := ParseAnswer([]byte(`{"ret":["SUCCESS::ok"],"data":{"data":{` + strings.Join([]string{
		entry("1", `"P1"`, `"Lantern House"`), entry("2", `"P1"`, `"Lantern House"`), entry("3", `"P1"`, `"Other Store"`), entry("4", `"P2"`, `"Lantern House"`),
		entry("5", `""`, `"Lantern House"`), entry("6", `""`, `"Lantern House"`), entry("7", `"P3"`, `""`), entry("8", `"P3"`, `""`),
	}, ",") + `}}}`))
	if err != nil {
		t.Fatal(err)
	}
	p := testProfile(t)
	page, err := p.ParseList(a, readAt, zone(t))
	if err != nil || len(page.Orders) != 8 {
		t.Fatalf("%+v, %v", page, err)
	}
	for n, want := range map[string]string{"1": "8190000000000002", "2": "8190000000000001", "3": "", "4": "", "5": "", "7": "", "9": ""} {
		if got := strings.Join(Siblings(page.Paid, "819000000000000"+n), " "); got != want {
			t.Errorf("order %s has the siblings %q, want %q", n, got, want)
		}
	}
}

func TestParseDetail(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	d, err := p.ParseDetail(parsed(t, "ok_detail_processing.json"), readAt, zone(t))
	if err != nil {
		t.Fatal(err)
	}
	r := d.Reading
	if r.Number != "8200000000000001" || r.Phase != state.PhaseProcessing || !r.Complete || !r.CancelOffered || r.Total.String() != "12.34 USD" ||
		r.Store != "Lantern House" || r.Lines[0].Quantity != 2 || !r.WindowEnd.Equal(time.UnixMilli(1785000000000)) || r.PaidAt.IsZero() {
		t.Errorf("reading %+v", r)
	}
	if _, err := p.ParseDetail(parsed(t, "empty_detail.json"), readAt, zone(t)); !errors.Is(err, ErrEmpty) {
		t.Errorf("skeleton: %v", err)
	}
}

// TestDetailVariants changes one thing of a good answer at a time.
func TestDetailVariants(t *testing.T) {
	t.Parallel()
	p, good := testProfile(t), string(fixture(t, "ok_detail_processing.json"))
	for name, c := range map[string]struct {
		old, new string
		phase    state.Phase
		complete bool
		cancel   bool
	}{
		"pending by caption":      {`"title":"Processing"`, `"title":"Cancellation requested"`, state.PhaseUnknown, true, true}, // a cancel button beside it contradicts
		"pending by the sentence": {`The seller is preparing your order.`, `Waiting for the seller to respond to your cancellation request.`, state.PhaseUnknown, true, true},
		"no button":               {`,{"type":"CANCEL_ORDER","text":"Cancel order"}`, ``, state.PhaseProcessing, true, false},
		"two cancel buttons":      {`{"type":"EXTEND_PROCESSING","text":"Extend processing time"}`, `{"type":"CANCEL_ORDER","text":"Cancel order"}`, state.PhaseProcessing, true, false},
		"trap of the type":        {`"type":"CANCEL_ORDER"`, `"type":"CONFIRM_GOODS"`, state.PhaseUnknown, true, false},
		"new caption":             {`"title":"Processing"`, `"title":"Being packed"`, state.PhaseUnknown, true, true},
		"no caption":              {`"title":"Processing"`, `"title":""`, state.PhaseUnknown, false, true},
		"number contradicts":      {`"orderStatus":3`, `"orderStatus":8`, state.PhaseUnknown, true, true},
		"shipped date":            {`"payTime"`, `"orderShipTime":"Jul 17, 2026","payTime"`, state.PhaseUnknown, true, true},
		"one order number":        {`"tradeOrderId":8200000000000001,`, ``, state.PhaseProcessing, false, true},
		"no items":                {`"productVOList"`, `"other"`, state.PhaseProcessing, false, true},
		"no price":                {`"formatPriceInfo"`, `"other"`, state.PhaseProcessing, false, true},
		"no date":                 {`"orderCreatTime":"Jul 15, 2026"`, `"orderCreatTime":"soon"`, state.PhaseProcessing, false, true},
	} {
		if !strings.Contains(good, c.old) {
			t.Fatalf("%s: the fixture lacks %s", name, c.old)
		}
		a, err := ParseAnswer([]byte(strings.Replace(good, c.old, c.new, 1)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		d, err := p.ParseDetail(a, readAt, zone(t))
		if err != nil || d.Reading.Phase != c.phase || d.Reading.Complete != c.complete || d.Reading.CancelOffered != c.cancel {
			t.Errorf("%s: %+v, %v", name, d.Reading, err)
		}
	}
}

func TestPhase(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	for name, c := range map[string]struct {
		s    signs
		want state.Phase
	}{
		"pending sentence":       {signs{caption: "Processing", reminder: "Waiting for the seller to respond to your cancellation request"}, state.PhasePending},
		"pending caption":        {signs{caption: "Cancellation requested", buttons: []Button{{Type: "EXTEND_PROCESSING"}}}, state.PhasePending},
		"pending and shipped":    {signs{caption: "Awaiting delivery", reminder: "Waiting for the seller to respond to your cancellation request"}, state.PhaseUnknown},
		"one L":                  {signs{caption: "Canceled", ended: true}, state.PhaseClosed},
		"closed by number 9":     {signs{caption: "Cancelado", number: "9", ended: true}, state.PhaseClosed},
		"number 9 alone":         {signs{caption: "Etwas Neues", number: "9"}, state.PhaseUnknown},
		"shipped":                {signs{caption: "AGUARDANDO  A entrega", number: "8", shipped: true, buttons: []Button{{Type: "CONFIRM_GOODS"}}}, state.PhaseShipped},
		"refused, then shipped":  {signs{caption: "Awaiting delivery", reminder: "The seller declined your cancellation request", shipped: true}, state.PhaseShipped},
		"closed with cancel":     {signs{caption: "Canceled", buttons: []Button{{Type: "CANCEL_ORDER"}}}, state.PhaseUnknown},
		"completed":              {signs{caption: "Completed", number: "9", shipped: true, ended: true}, state.PhaseFinished},
		"nothing":                {signs{}, state.PhaseUnknown},
		"nothing but the number": {signs{number: "8"}, state.PhaseUnknown},
		"ended while processing": {signs{caption: "Processing", ended: true}, state.PhaseUnknown},
		"risk hold":              {signs{caption: "Payment being verified"}, state.PhaseRiskHold},
	} {
		if got := p.phase(c.s); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestParseTracking(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	got, err := p.ParseTracking(parsed(t, "ok_tracking.json"), readAt)
	if err != nil || len(got) != 2 {
		t.Fatalf("parcels %+v, %v", got, err)
	}
	if a := got[0]; a.Number != "XX111" || a.Carrier != "Quick Post" || a.FirstScanCode != "AE_PICK_UP_SUCCESS" ||
		!a.FirstScanAt.Equal(time.UnixMilli(1784251000000)) || !a.DeliveredAt.Equal(time.UnixMilli(1785512000000)) {
		t.Errorf("scanned parcel %+v", a)
	}
	if b := got[1]; b.Number != "LP222" || !b.FirstScanAt.IsZero() || b.Carrier != "Standard shipping" {
		t.Errorf("a warehouse notice is no scan: %+v", b)
	}
	if _, err := p.ParseTracking(parsed(t, "empty_detail.json"), readAt); !errors.Is(err, ErrShape) {
		t.Errorf("an answer without the list counts as read: %v", err)
	}
}

// What the items of a parcel are read by; where nothing tells, nobody knows.
func TestParcelItems(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	for in, want := range map[string]int{
		`"packageItemList":[{"count":2,"itemId":1},{"count":"1"}],"displayQuantity":2`: 3,
		`"packageItemList":[],"displayQuantity":"2"`:                                   2, `"displayQuantity":4`: 4, `"other":1`: 0,
		`"packageItemList":[{"count":2},{"itemId":1}],"displayQuantity":9`:         0,
		`"packageItemList":[{"count":-1}]`:                                         0,
		`"packageItemList":"two","displayQuantity":{}`:                             0,
		`"packageItemList":[{"count":1.5}],"displayQuantity":99999999999999999999`: 0,
	} {
		a, err := ParseAnswer([]byte(`{"ret":["SUCCESS::ok"],"data":{"module":{"trackingDetailLineList":[{"mailNo":"XX1","detailList":[],` + in + `}]}}}`))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.ParseTracking(a, readAt); err != nil || len(got) != 1 || got[0].Items != want {
			t.Errorf("%s: %+v, %v; want %d items", in, got, err, want)
		}
	}
}

func TestParseRefund(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	done, err := p.ParseRefund(parsed(t, "ok_refund_done.json"))
	if err != nil || !done.done || done.amount.String() != "12.34 USD" || done.to != state.RefundUnknown || done.Order != "8200000000000001" {
		t.Errorf("done: %+v, %v", done, err)
	}
	running, err := p.ParseRefund(parsed(t, "running_refund.json"))
	if err != nil || running.done || !running.running {
		t.Errorf("running: %+v, %v", running, err)
	}
	body := bytes.Replace(fixture(t, "running_refund.json"), []byte("PROCESSING"), []byte("PARKED"), 1)
	a, err := ParseAnswer(body)
	if err != nil {
		t.Fatal(err)
	}
	if l, err := p.ParseRefund(a); err != nil || l.done || l.unclear.Code != state.RefundWord {
		t.Errorf("unknown status: %+v, %v", l, err)
	}

	usd := func(v string) state.Money {
		m, err := state.ParseMoney(v, "USD")
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	line := func(v string, to state.RefundTo) LineRefund {
		return LineRefund{done: true, amount: usd(v), to: to, at: readAt}
	}
	for name, c := range map[string]struct {
		lines []LineRefund
		want  string
		to    state.RefundTo
	}{
		"two lines":      {[]LineRefund{line("4.00", state.RefundCard), line("8.34", state.RefundCard)}, "12.34 USD", state.RefundCard},
		"two ways":       {[]LineRefund{line("4.00", state.RefundCard), line("8.34", state.RefundBonus)}, "12.34 USD", state.RefundUnknown},
		"one still runs": {[]LineRefund{line("4.00", state.RefundCard), {running: true}}, "", ""},
		"nothing begun":  {[]LineRefund{{}, {}}, "", ""},
		"only a part":    {[]LineRefund{line("4.00", state.RefundBalance), {}}, "4.00 USD", state.RefundBalance},
	} {
		got, questions := SumRefunds(c.lines, "", usd("12.34"))
		switch {
		case len(questions) > 0 || (got == nil) != (c.want == ""):
			t.Errorf("%s: %+v, %v", name, got, questions)
		case got != nil && (got.Amount.String() != c.want || got.To != c.to || got.ConfirmedBy != "site" || !got.At.Equal(readAt)):
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestReturns(t *testing.T) {
	t.Parallel()
	r := testProfile(t).Returns
	for name, c := range map[string]struct {
		ret  []string
		want supplier.Kind
	}{
		"good":      {[]string{"SUCCESS::调用成功"}, ""},
		"token":     {[]string{"FAIL_SYS_TOKEN_EXOIRED::x"}, retryKind},
		"session":   {[]string{"FAIL_SYS_SESSION_EXPIRED::x"}, supplier.LoggedOut},
		"challenge": {[]string{"FAIL_SYS_USER_VALIDATE::x", "RGV587_ERROR::SM::x"}, supplier.Challenged},
		"rate":      {[]string{"FAIL_SYS_TRAFFIC_LIMIT::x"}, supplier.Throttled},
		"other":     {[]string{"UNKNOWN_FAIL_CODE::x"}, supplier.Unreadable},
		"both":      {[]string{"SUCCESS::x", "RGV587_ERROR::SM::x"}, supplier.Challenged},
	} {
		if got := r.Kind(c.ret); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := r.Kind(parsed(t, "challenge_list.json").Ret); got != supplier.Challenged {
		t.Errorf("captured challenge: %q", got)
	}
	for _, body := range []string{"", "{", "mtopjsonp1(", "<html>", `{"data":{}}`, `[]`, "null"} {
		if _, err := ParseAnswer([]byte(body)); !errors.Is(err, ErrShape) {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"R$132,74|132|74": "132.74 BRL", "US $1,204.50|1,204|50": "1204.50 BRL", "₩1500|1500|": "1500.00 BRL",
		"12.34": "unknown", "||": "unknown", "a|b|c": "unknown", "": "unknown",
	} {
		if got := money(in, "BRL").String(); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func dateOf(p Profile, s string, zone *time.Location) time.Time {
	at, _ := p.date(s, zone)
	return at
}

func TestDates(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	utc := time.UTC
	for in, want := range map[string]string{
		"Jul 15, 2026": "2026-07-15", "15 jul, 2026": "2026-07-15", "2 mar, 2026": "2026-03-02", "3 fev, 2026": "2026-02-03",
		"9 ago. 2026": "2026-08-09", "1 de dez de 2026": "2026-12-01", "Sep 1, 2026": "2026-09-01", "": "0001-01-01", "tomorrow": "0001-01-01",
	} {
		if got := dateOf(p, in, utc).Format("2006-01-02"); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

// A date without an hour is a day; one in the future or from before the site was
// there is of another calendar, and no date.
func TestDaysOfAPage(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	for in, want := range map[string]struct {
		date string
		day  bool
	}{
		"Jul 15, 2026": {"2026-07-15", true}, "15/07/2026": {"2026-07-15", true}, "2026-07-15": {"2026-07-15", true},
		"Jul 15, 2026 13:05": {"2026-07-15", false}, "2026-07-15 13:05:09": {"2026-07-15", false},
		"Sep 21, 2026": {"2026-09-21", true}, "Sep 23, 2026": {}, "Jul 15, 2569": {}, "2027-01-01": {}, "Jul 15, 0115": {}, "soon": {},
	} {
		dates := dateReader{p: p, at: readAt, zone: zone(t)}
		at := dates.read(state.FieldPaidAt, in)
		d := dates.days[state.FieldPaidAt]
		switch {
		case want.date == "":
			if !at.IsZero() || len(dates.days) > 0 {
				t.Errorf("%q reads as %s, %v", in, at, dates.days)
			}
		case at.In(zone(t)).Format(time.DateOnly) != want.date, d.IsZero() == want.day, want.day && (d.Date != want.date || !d.End.Equal(at.AddDate(0, 0, 1))):
			t.Errorf("%q reads as %s, %+v", in, at, d)
		}
	}
}

func TestChooseReason(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	for name, c := range map[string]struct {
		offered []Offer
		want    string
	}{
		"by code":           {[]Offer{{"productNotEnough", "Out of stock"}, {"buyerDonotwantOrder", "Anything"}}, "Anything"},
		"by keyword":        {[]Offer{{"901", "Out of stock"}, {"902", "Já não quero mais este pedido, não quero"}}, "Já não quero mais este pedido, não quero"},
		"code over keyword": {[]Offer{{"902", "I no longer want it"}, {"otherReasons", "Other reasons"}}, "Other reasons"},
		"only the seller's": {[]Offer{{"productNotEnough", "Out of stock"}, {"sellerRiseOrderAmount", "Price raised"}}, ""},
		"twice the same":    {[]Offer{{"buyerDonotwantOrder", "Same"}, {"productNotEnough", "Same"}}, ""},
	} {
		got, ok := p.Choose(c.offered)
		if got.Text != c.want || ok != (c.want != "") {
			t.Errorf("%s: %+v, %v", name, got, ok)
		}
	}
}

// TestNothingPersonalIsKept looks at what goes into evidence and readings.
func TestNothingPersonalIsKept(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	a := parsed(t, "ok_detail_processing.json")
	body, err := a.Public(p.Private.Keys)
	if err != nil {
		t.Fatal(err)
	}
	d, err := p.ParseDetail(a, readAt, zone(t))
	if err != nil {
		t.Fatal(err)
	}
	reading, err := json.Marshal(d.Reading)
	if err != nil {
		t.Fatal(err)
	}
	tracking, err := parsed(t, "ok_tracking.json").Public(p.Private.Keys)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"Nobody", "Nowhere", "+1 000", `"000"`} {
		for name, b := range map[string][]byte{"detail": body, "tracking": tracking, "reading": reading} {
			if bytes.Contains(b, []byte(text)) {
				t.Errorf("%s holds %q", name, text)
			}
		}
	}
	if !bytes.Contains(body, []byte("CANCEL_ORDER")) || !bytes.Contains(tracking, []byte("AE_PICK_UP_SUCCESS")) {
		t.Error("the evidence lacks what it is for")
	}
}

func TestMoreDates(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	for in, want := range map[string]string{
		"1 sep, 2026": "2026-09-01", "5 sept 2026": "2026-09-05", "15 de jul. de 2026": "2026-07-15", "15 de julio de 2026": "2026-07-15", "31 dic 2026": "2026-12-31",
		"3 mar. 2026": "2026-03-03", "Mar 8, 2026": "2026-03-08", "Nov 1, 2026": "2026-11-01", "2 de ago. de 2026": "2026-08-02", "9 out, 2026": "2026-10-09", "15 jul. 2026": "2026-07-15",
		"15/07/2026": "2026-07-15", "Sept 5, 2026": "2026-09-05", "4 set. 2026": "2026-09-04", "15 julho 2026": "2026-07-15", "Sep 05, 2026": "2026-09-05",
	} {
		got := dateOf(p, in, zone(t))
		if got.In(zone(t)).Format("2006-01-02") != want || got.In(zone(t)).Hour() != 0 {
			t.Errorf("%q reads as %s, want %s", in, got, want)
		}
	}
}

func TestShownMoneyForms(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	for in, want := range map[string]string{
		"US $1,234.50": "1234.50 USD", "Total: 1.234,50 €": "1234.50 EUR", "R$1.132,74": "1132.74 BRL", "Total:CLP$31.990": "31990 CLP", "US $1,234": "1234.00 USD",
		"€12,5": "12.50 EUR", "R$ 7": "7.00 BRL", "Total (2 items): US $5.00": "5.00 USD", "AU $5.00": "unknown", "MXN$1,234.50": "1234.50 MXN", "C$5.00": "unknown", "₩12,345": "unknown",
		"KWD 1,234.500": "1234.500 KWD", "KWD 1.250": "unknown", "0.250 KWD": "0.250 KWD", "1.234.567 KWD": "unknown", "BHD 3.5": "3.500 BHD",
		"AR$5.00": "unknown", "1 234,50 €": "1234.50 EUR", "-US $2.00": "unknown", "US $9.00 US $5.00": "unknown", "US $1,2345": "unknown", "€1.5.25": "unknown",
	} {
		if got := p.shownMoney(in).String(); got != want {
			t.Errorf("%q reads as %s, want %s", in, got, want)
		}
	}
}

// A date that can be read in two ways is read in the account's language.
func TestNumericDates(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	for in, want := range map[string]string{
		"03/04/2026": "0001-01-01 2026-04-03", "07/15/2026": "2026-07-15 2026-07-15", "15/07/2026": "2026-07-15 2026-07-15",
		"4/4/2026": "2026-04-04 2026-04-04", "15/15/2026": "0001-01-01 0001-01-01",
	} {
		p.Language = "en"
		got := dateOf(p, in, time.UTC).Format(time.DateOnly)
		p.Language = "pt"
		if got += " " + dateOf(p, in, time.UTC).Format(time.DateOnly); got != want {
			t.Errorf("%q reads as %s in English and Portuguese, want %s", in, got, want)
		}
	}
}

// TestParcelYetToCome lists goods that are in no parcel with a number: an order
// with such goods has not left altogether.
func TestParcelYetToCome(t *testing.T) {
	a, err := ParseAnswer([]byte(`{"ret":["SUCCESS::ok"],"data":{"module":{"trackingDetailLineList":[{"mailNo":"XX1","detailList":[]},{"packageItemList":[{"count":2}]},{}]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := testProfile(t).ParseTracking(a, readAt)
	if err != nil || len(got) != 2 || got[1].Number != "" || got[1].Items != 2 {
		t.Errorf("parcels %+v, %v; want the one without a number as well", got, err)
	}
}
