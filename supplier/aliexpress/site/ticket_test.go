package site

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// flow plays calls one after another under one ticket.
type flow struct {
	t *testing.T
	p Profile
	s State
	k Ticket
}

func decided(t *testing.T, kind Kind) *flow {
	k := ticketFor(thisOrder, kind)
	return &flow{t: t, p: testProfile(t), s: in(ModeDecided, &k), k: k}
}

func (f *flow) judge(c Call) Verdict {
	f.s.Ticket = &f.k
	return f.p.JudgeCall(f.s, c)
}

// leaves releases a call that must be held, and answers it.
func (f *flow) leaves(name string, c Call, r Result) Verdict {
	f.t.Helper()
	v := f.judge(c)
	if v.Do != Hold {
		f.t.Errorf("%s: %s (%s)", name, v.Do, v.Why)
	}
	f.k = f.k.Released(v, c).Answered(v, r, c.At)
	return v
}

func (f *flow) stays(name string, c Call, why string) {
	f.t.Helper()
	if v := f.judge(c); v.Do == Hold || v.Do == Pass || !strings.Contains(v.Why, why) {
		f.t.Errorf("%s: %s (%s), want it failed because %s", name, v.Do, v.Why, why)
	}
}

func (f *flow) press(kind PressKind, when time.Duration) Document {
	f.t.Helper()
	press := Press{Kind: kind, About: f.k.Kind, At: when}
	k, err := f.k.Pressed(press)
	if err != nil {
		f.t.Error(err)
	}
	f.k = k
	return pressed(formPage, press)
}

var (
	unclear = Result{Outcome: OutcomeUnclear}
	expired = Result{Outcome: OutcomeGateway, Resend: true}
)

func TestOnePressOneWrite(t *testing.T) {
	t.Parallel()
	f := decided(t, KindCancel)
	form := committedForm(KindCancel)
	f.leaves("the write", mtop(operations, cancelData(""), form), unclear)
	f.stays("half a second later", mtop(operations, cancelData(""), form, at(now+500*time.Millisecond)), "left already")
	f.stays("with another payload", mtop(operations, cancelData(`,"a":1`), form, at(now+time.Second)), "has led to a call already")
	second := f.press(PressCommits, now+2*time.Second)
	f.leaves("after the next press", mtop(operations, cancelData(`,"a":1`), second, at(now+3*time.Second)), Result{Outcome: OutcomeYes})
	third := f.press(PressCommits, now+4*time.Second)
	f.stays("after a yes", mtop(operations, cancelData(`,"a":2`), third, at(now+5*time.Second)), "answered already")
	f.leaves("a refresh after it", mtop("mtop.shop.order.status", `{"orderId":"`+thisOrder+`"}`, third, at(now+6*time.Second)), unclear)
	if got, left := f.k.Left(); got != OutcomeYes || !left {
		t.Errorf("the flow ended with %q, %v", got, left)
	}
}

func TestNoCallBeforeTheAnswerOfTheOneBefore(t *testing.T) {
	t.Parallel()
	f := decided(t, KindCancel)
	c := mtop("mtop.shop.applyCancel", `{"orderId":"`+thisOrder+`"}`, committedForm(KindCancel))
	f.k = f.k.Released(f.judge(c), c)
	f.stays("two at once", mtop("mtop.shop.submitCancel", `{"orderId":"`+thisOrder+`"}`, committedForm(KindCancel)), "not answered yet")
}

func TestExpiredTokenIsSentAgainByThePage(t *testing.T) {
	t.Parallel()
	f := decided(t, KindCancel)
	form := committedForm(KindCancel)
	anew := func(sign string, when time.Duration) Call {
		return mtop(operations, cancelData(""), form, at(when), func(c *Call) {
			c.URL = strings.ReplaceAll(strings.ReplaceAll(c.URL, "0cc175b9c0f1b6a831c399e269772661", sign), "1795000000000", "1795000000999")
		})
	}
	f.leaves("the write", anew("0cc175b9c0f1b6a831c399e269772661", now), expired)
	if v := f.leaves("signed anew", anew("92eb5ffee6ae2fec3ad71c777531578f", now+time.Second), Result{Outcome: OutcomeGateway}); !v.Again || v.Role != RoleAsking || !v.Known {
		t.Errorf("%+v", v)
	}
	// The captcha's answer is not a token's: what the site sends again once a
	// person has solved it is a second request.
	f.stays("after a captcha", anew("4a8a08f09d37b73795649038408b5f33", now+2*time.Second), "left already")
}

// A call whose token had expired is not sent again behind another's answer.
func TestExpiredTokenAfterTheShopsAnswer(t *testing.T) {
	t.Parallel()
	f := decided(t, KindCancel)
	form := committedForm(KindCancel)
	one := mtop("mtop.shop.cancel.apply", `{"orderId":"`+thisOrder+`"}`, form)
	f.leaves("one", one, expired)
	f.leaves("another", mtop(operations, cancelData(""), form), Result{Outcome: OutcomeNo})
	f.stays("the one again", one, "answered already")
}

func TestRedirectedWrites(t *testing.T) {
	t.Parallel()
	f := decided(t, KindCancel)
	first := call("POST", "https://m.aliexpress.com/api/order/cancel", ResourceFetch, `{"orderId":"`+thisOrder+`"}`, committedForm(KindCancel))
	f.leaves("the write", first, unclear)
	hop := func(to string) Call {
		c := first
		c.URL, c.RedirectedFrom = to, first.URL
		return c
	}
	f.stays("to a host of somebody's", hop("https://elsewhere.example.com/api/order/cancel"), "left already")
	opaque := hop("https://elsewhere.example.com/x")
	opaque.Body = []byte("\x01\x02")
	f.stays("with a body that nobody can read", opaque, "")
	if v := f.leaves("to a host of the shop's", hop("https://acs.aliexpress.com/v2/order"), unclear); !v.Again {
		t.Errorf("%+v", v)
	}
}

func TestTwoStepsWithAReturnedToken(t *testing.T) {
	t.Parallel()
	f := decided(t, KindCancel)
	form := committedForm(KindCancel)
	f.leaves("check", mtop("mtop.shop.cancel.check", `{"orderId":"`+thisOrder+`"}`, form), unclear)
	f.leaves("apply", mtop("mtop.shop.cancel.apply", `{"orderId":"`+thisOrder+`"}`, form), unclear)
	f.leaves("confirm with what came back", mtop("mtop.shop.cancel.confirm", `{"orderId":"`+thisOrder+`","step":"q9"}`, form), unclear)
}

func TestLateAndEarlyCalls(t *testing.T) {
	t.Parallel()
	f := decided(t, KindCancel)
	c := mtop(operations, cancelData(""), committedForm(KindCancel))
	f.leaves("the write", c, expired)
	c.At += PressReach + time.Second
	f.stays("long after its token expired", c, "left already")

	f = decided(t, KindCancel)
	f.k.opened = false
	f.stays("before the opening press", mtop(operations, cancelData(""), committedForm(KindCancel)), "nothing was pressed yet")

	f = decided(t, KindCancel)
	f.p.Gate.Writes = map[string]WriteCall{"mtop.shop.im.say": {Kind: KindMessage}}
	f.stays("a listed write of another kind", mtop("mtop.shop.im.say", `{"o":"`+thisOrder+`"}`, committedForm(KindCancel)), "another kind")
}

// What only looks like a read of a page that nothing was pressed on.
func TestNoReadByItsLooksAlone(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	list := fresh("https://www.aliexpress.com/p/order/index.html")
	for name, c := range map[string]Call{
		"by a page that is being left":   mtop("mtop.shop.x", `{}`, but(fresh(orderPage), func(d *Document) { d.Leaving = true })),
		"by another page than it says":   mtop("mtop.shop.x", `{}`, fresh(orderPage), func(c *Call) { c.Referer = "https://www.aliexpress.com/p/home.html" }),
		"with a case's line on the list": mtop("mtop.shop.x", `{"l":"`+thisLine+`"}`, list),
		"a listed read that nobody can read": mtop("mtop.aliexpress.trade.buyer.order.detail", `{"a":`, pressed(orderPage, Press{At: opened}), func(c *Call) {
			c.Body = []byte(`{"a":`)
		}),
		"a listed read that climbs": call("POST", gatewayURL+"mtop.aliexpress.trade.buyer.order.detail/../x/1.0/", ResourceFetch, "x=1", openedPage()),
		"a listed read as a stream": mtop("mtop.aliexpress.trade.buyer.order.detail", `{}`, openedPage(), func(c *Call) { c.Hidden = true }),
	} {
		if v := p.JudgeCall(in(ModeReading, nil), c); v.Do != Fail {
			t.Errorf("%s: %s as %s", name, v.Do, v.Class)
		}
	}
}

func TestBoundsOfAFlow(t *testing.T) {
	t.Parallel()
	f := decided(t, KindCancel)
	form := committedForm(KindCancel)
	step := func(i int) Call {
		return mtop("mtop.shop.cancel.apply", fmt.Sprintf(`{"orderId":"%s","n":%d}`, thisOrder, i), form)
	}
	for i := range maxAsking {
		f.leaves("asking call", step(i), unclear)
	}
	f.stays("one too many", step(99), "as many calls")
	look := func(i int) Call {
		return mtop("mtop.shop.look", fmt.Sprintf(`{"orderId":"%s","n":%d}`, thisOrder, i), form)
	}
	for i := range maxCalls - maxAsking {
		f.leaves("preparation", look(i), unclear)
	}
	f.stays("one too many", look(99), "as many calls")

	k := ticketFor(thisOrder, KindCancel)
	var err error
	for range maxCommits {
		k, err = k.Pressed(Press{Kind: PressCommits})
	}
	if !errors.Is(err, ErrTooManyPresses) {
		t.Errorf("six committing presses: %v", err)
	}
	if v := testProfile(t).JudgeCall(in(ModeDecided, &Ticket{}), mtop(operations, cancelData(""), form)); v.Do != Fail {
		t.Errorf("the empty ticket lets through: %+v", v)
	}
}

func TestTicketIsAValue(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	k := ticketFor(thisOrder, KindCancel)
	s, c := in(ModeDecided, &k), mtop(operations, cancelData(""), committedForm(KindCancel))
	v := p.JudgeCall(s, c)
	one := k.Released(v, c)
	_ = k.Released(v, c).Answered(v, Result{Outcome: OutcomeYes}, now)
	if _, left := k.Left(); left {
		t.Error("the old value has changed")
	}
	if o, left := one.Left(); o != "" || !left {
		t.Errorf("a value that shares its calls: %q %v", o, left)
	}
}

func TestHandlesAreThoseOfTheOpeningPress(t *testing.T) {
	t.Parallel()
	from := Document{Address: orderPage + "&spm=a2g0o.order_detail.0.0.7f5e1"}
	k, _ := Ticket{Order: thisOrder}.Pressed(Press{Kind: PressOpening})
	k = k.Led(from, formPage+"&spm=a2g0o.order_detail.0.0.7f5e1&word=confirmtheCancellation&n=12345678901234567890&to=https%3A%2F%2Fa.example%2F1234567")
	if got := strings.Join(k.handles, " "); got != aHandle {
		t.Errorf("handles %q", got)
	}
	if k := (Ticket{}).Led(from, formPage); len(k.handles) != 0 {
		t.Error("a handle before the opening press")
	}
}

func TestPersonsYesIsForOnePayload(t *testing.T) {
	t.Parallel()
	f := decided(t, KindCancel)
	form := committedForm(KindCancel)
	odd := mtop(operations, cancelData(`,"x":"7000000000000001"`), form)
	v := f.judge(odd)
	if v.Do != Fail || v.Strange != "7000000000000001" {
		t.Fatalf("%+v", v)
	}
	f.k.Only = v.Print
	f.stays("another payload", mtop(operations, cancelData(""), form), "a person said yes to")
	f.leaves("the one", odd, unclear)

	f = decided(t, KindCancel)
	sealed := mtop(operations, "", form, func(c *Call) { c.Body = []byte("\x8f\x02\xff kx") })
	f.stays("an encrypted call", sealed, "without naming the order")
	f.p.Gate.Writes = map[string]WriteCall{"mtop.shop.sealed": {Kind: KindCancel, Unnamed: true}}
	shown := mtop("mtop.shop.sealed", "", form, func(c *Call) { c.Body = []byte("\x8f\x02\xff kx") })
	f.leaves("one that a person has shown", shown, unclear)
}

func TestMessages(t *testing.T) {
	t.Parallel()
	f := decided(t, KindMessage)
	page := committedForm(KindMessage)
	send := func(body string, d Document) Call {
		return call("POST", "https://msg.aliexpress.com/api/im", ResourceFetch, body, d, content("application/json"))
	}
	say := func(s string) string { return fmt.Sprintf(`{"to":"seller","content":%q}`, s) }
	f.stays("other words", mtop("mtop.shop.im.send", `{"content":"hello"}`, page), "none of the texts")
	f.stays("a page of nobody's", send(say(text), but(page, func(d *Document) { d.Order = "" })), "nothing proves")
	f.stays("before Send was pressed", send(say(text), fresh(orderPage)), "no press")
	f.stays("another order beside it", send(strings.Replace(say(text), "{", `{"orderId":"`+nextOrder+`",`, 1), page), "names order")
	f.stays("a cancel beside it", send(strings.Replace(say(text), "{", `{"operation":"CANCEL_ORDER",`, 1), page), "something else")
	script := send(say(text), page)
	script.Resource = ResourceScript
	f.stays("as a script", script, "as a script")
	f.leaves("the text", send(say(text), page), unclear)
	f.stays("the text twice", send(strings.Replace(say(text), "{", `{"n":2,`, 1), page), "left already")
	f.leaves("read receipts of this order", mtop("mtop.shop.im.receipt", `{"orderId":"`+thisOrder+`"}`, page), unclear)
	f.stays("a cancel", mtop(operations, cancelData(""), page), "none of the texts")
}

func TestDisputes(t *testing.T) {
	t.Parallel()
	f := decided(t, KindDispute)
	f.k.commits = 0
	page := committedForm(KindDispute)
	picture := func(n string) Call {
		return call("POST", "https://www.aliexpress.com/upload", ResourceXHR, multi(part("file", n, "image/jpeg", "\xff\xd8"+n)), page, content(multiType))
	}
	f.stays("a picture that nobody chose", picture("a.jpg"), "were chosen")
	f.k = f.k.Chose(1)
	if v := f.leaves("the chosen picture", picture("a.jpg"), unclear); v.Role != RoleUpload {
		t.Errorf("%+v", v)
	}
	f.stays("one more", picture("b.jpg"), "were chosen")
	next := pressed(formPage, Press{Kind: PressNext, At: committed})
	draft := mtop("mtop.shop.reverse.draft", `{"tradeOrderLineId":"`+thisLine+`","reason":"lost"}`, next)
	if v := f.leaves("a draft after Next", draft, unclear); v.Role != RolePreparation {
		t.Errorf("%+v", v)
	}
	submit := mtop("mtop.shop.reverse.submitReverse", `{"tradeOrderLineId":"`+thisLine+`","reason":"lost"}`, page)
	if v := f.judge(submit); v.Do != Show {
		t.Errorf("without the second yes: %+v", v)
	}
	f.stays("receiving on the way", mtop("mtop.shop.confirmReceive", `{"tradeOrderLineId":"`+thisLine+`"}`, page), "never leaves")
	f.k.Submit = true
	f.leaves("with it", submit, unclear)

	f = decided(t, KindCancel)
	f.stays("a picture in a cancel", picture("a.jpg"), "without naming")
}

func TestWhatAPersonDoes(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	s := in(ModePerson, nil)
	byHand := Document{Address: orderPage, Order: thisOrder}
	for name, x := range map[string]struct {
		c    Call
		do   Action
		mark string
	}{
		"a cancel":                                 {mtop(operations, cancelData(""), byHand), Pass, thisOrder},
		"a cancel of a line":                       {mtop(operations, `{"l":"`+thisLine+`","operation":"CANCEL_ORDER"}`, byHand), Pass, thisOrder},
		"a cancel of no case's order":              {mtop(operations, `{"o":"`+nextOrder+`","operation":"CANCEL_ORDER"}`, Document{Address: orderPage}), Pass, ""},
		"what follows a press on a case":           {mtop("mtop.shop.sealed", `{}`, but(byHand, func(d *Document) { d.Presses = []Press{{At: committed}} })), Pass, thisOrder},
		"a call of a case's page before any press": {mtop("mtop.shop.sealed", `{}`, byHand), Pass, ""},
		"reading the order":                        {mtop("mtop.aliexpress.trade.buyer.order.detail", `{"tradeOrderId":"`+thisOrder+`"}`, byHand), Pass, ""},
		"receiving it":                             {mtop(operations, `{"tradeOrderId":"`+thisOrder+`","operation":"CONFIRM_GOODS"}`, byHand), Fail, ""},
		"opening a dispute":                        {mtop(operations, `{"tradeOrderId":"`+thisOrder+`","operation":"OPEN_DISPUTE"}`, byHand), Pass, thisOrder},
		"a payment's page in another way":          {call("POST", "https://www.aliexpress.com/pay", ResourceDocument, "orderId="+nextOrder, byHand), Fail, ""},
	} {
		if v := p.JudgeCall(s, x.c); v.Do != x.do || v.MarkFor != x.mark {
			t.Errorf("%s: %s, mark for %q (%s)", name, v.Do, v.MarkFor, v.Why)
		}
	}
	s.Mode = ModeTeach
	v := p.JudgeCall(s, mtop(operations, cancelData(""), byHand))
	if v.Do != Show || v.MarkFor != thisOrder {
		t.Fatalf("teach: %+v", v)
	}
	s.Ticket = &Ticket{Order: thisOrder, Kind: KindCancel, Until: now + DecisionLasts, Only: v.Print}
	if v := p.JudgeCall(s, mtop(operations, cancelData(""), byHand)); v.Do != Pass || v.MarkFor != thisOrder {
		t.Errorf("after a yes: %+v", v)
	}
	if v := p.JudgeCall(s, mtop(operations, cancelData(""), byHand, at(s.Ticket.Until+1))); v.Do != Show {
		t.Errorf("after the yes has run out: %+v", v)
	}
	if v := p.JudgeCall(s, mtop(operations, cancelData(`,"a":1`), byHand)); v.Do != Show {
		t.Errorf("another payload after a yes: %+v", v)
	}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	login := Document{Address: "https://login.aliexpress.com/user/login"}
	for name, x := range map[string]struct {
		c  Call
		do Action
	}{
		"the form":                         {call("POST", "https://login.aliexpress.com/newlogin/login.do", ResourceFetch, "loginId=a&password2=b&submit=true", login), Pass},
		"its call to the gateway":          {mtop("mtop.shop.login.apply", `{"x":1}`, login), Pass},
		"a cancel from the sign-in's page": {mtop(operations, cancelData(""), login), Fail},
		"a call of the order's page":       {mtop("mtop.shop.x", `{}`, openedPage()), Fail},
	} {
		if v := p.JudgeCall(in(ModeLogin, nil), x.c); v.Do != x.do {
			t.Errorf("%s: %s (%s)", name, v.Do, v.Why)
		}
		if v := p.JudgeCall(in(ModeReading, nil), x.c); v.Do != Fail {
			t.Errorf("%s while reading: %s", name, v.Do)
		}
	}
}

func TestLoopbackHostsAreExact(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	s := in(ModeReading, nil)
	s.Hosts = Hosts{WWW: "http://127.0.0.1:81", Mobile: "http://127.0.0.1:82", Login: "http://127.0.0.1:83", API: "http://127.0.0.1:84"}
	for address, want := range map[string]Class{
		"http://127.0.0.1:81/api": ClassOther, "http://127.0.0.1:84/api": ClassOther, "http://127.0.0.1:85/api": ClassForeign, "http://localhost:81/api": ClassForeign,
		"http://127.0.0.1:85/h5/mtop.x/1.0/": ClassOther, "https://msg.aliexpress.com/api": ClassOther,
	} {
		if v := p.JudgeCall(s, call("POST", address, ResourceFetch, "x=1", Document{Address: address})); v.Class != want {
			t.Errorf("%s: %s, want %s", address, v.Class, want)
		}
	}
}

// A redirect carries on only the very call that was redirected, to a call of
// the same kind.
func TestRedirectsOfOtherCalls(t *testing.T) {
	t.Parallel()
	f := decided(t, KindCancel)
	f.p.Gate.Writes = map[string]WriteCall{"mtop.shop.message.post": {Kind: KindMessage}}
	form := committedForm(KindCancel)
	first := mtop(operations, cancelData(""), form)
	hop := func(from, to string) Call {
		c := first
		c.URL, c.RedirectedFrom, c.At = to, from, now+time.Second
		return c
	}
	f.leaves("the write", first, unclear)
	again := strings.ReplaceAll(first.URL, "0cc175b9c0f1b6a831c399e269772661", "92eb5ffee6ae2fec3ad71c777531578f")
	f.stays("behind a redirect of a call that only reads", hop(gatewayURL+"mtop.aliexpress.trade.buyer.order.list/1.0/?api=mtop.aliexpress.trade.buyer.order.list", again), "left already")
	f.stays("to a call that writes a message", hop(first.URL, strings.ReplaceAll(first.URL, operations, "mtop.shop.message.post")), "another kind")
	f.leaves("to another host of the shop's", hop(first.URL, strings.Replace(first.URL, "acs.", "acs-m.", 1)), unclear)
}

// A page whose address asks for something is asked for once.
func TestAPageThatAsksIsAskedForOnce(t *testing.T) {
	t.Parallel()
	f := decided(t, KindCancel)
	page := func(path string, when time.Duration) Call {
		return call("GET", "https://www.aliexpress.com"+path+"?orderId="+thisOrder, ResourceDocument, "", committedForm(KindCancel), at(when))
	}
	f.leaves("the page", page("/order/cancel.do", now), unclear)
	f.stays("the same", page("/order/cancel.do", now+time.Second), "left already")
}

// A call that stayed is no answer: what the shop said to the one before it
// stands.
func TestACallThatStayedSaysNothing(t *testing.T) {
	t.Parallel()
	f := decided(t, KindCancel)
	f.leaves("the write", mtop(operations, cancelData(""), committedForm(KindCancel)), unclear)
	second := f.press(PressCommits, now+1)
	f.leaves("the next step", mtop(operations, cancelData(`,"step":2`), second, at(now+2)), Result{Outcome: OutcomeStayed})
	if got, asked := f.k.Left(); got != OutcomeUnclear || !asked {
		t.Errorf("the flow ended with %q, %v; the shop's answer was not understood", got, asked)
	}
	f = decided(t, KindCancel)
	f.leaves("the write", mtop(operations, cancelData(""), committedForm(KindCancel)), Result{Outcome: OutcomeStayed})
	if got, asked := f.k.Left(); asked {
		t.Errorf("nothing left, and the flow ended with %q", got)
	}
}

// Silence after an answer that was not understood is no silence of the shop's.
func TestSilenceTakesBackNoAnswer(t *testing.T) {
	t.Parallel()
	for _, later := range []Outcome{OutcomeNone, OutcomeGateway, OutcomeYes, OutcomeNo} {
		f := decided(t, KindCancel)
		f.leaves("the write", mtop(operations, cancelData(""), committedForm(KindCancel)), unclear)
		second := f.press(PressCommits, now+1)
		f.leaves("the next step", mtop(operations, cancelData(`,"step":2`), second, at(now+2)), Result{Outcome: later})
		want := later
		if !later.final() {
			want = OutcomeUnclear
		}
		if got, asked := f.k.Left(); got != want || !asked {
			t.Errorf("%q after an answer that was not understood: %q, want %q", later, got, want)
		}
	}
}

// A page that numbers its attempts sends the same again all the same.
func TestNumberedAttemptsAreTheSame(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"nonce", "uuid", "requestId", "traceId", "request_id", "random", "idempotencyKey"} {
		f := decided(t, KindCancel)
		form := committedForm(KindCancel)
		attempt := func(n string) Call {
			return mtop("mtop.shop.submitCancel", `{"orderId":"`+thisOrder+`","`+key+`":"`+n+`"}`, form)
		}
		f.leaves("the first", attempt("4f1c6c1e-8a5d-4a7e-9d3c-0c7a3f0f6b11"), unclear)
		f.stays(key, attempt("9b2d7e2f-1b6e-4b8f-8e4d-1d8b4a1a7c22"), "left already")
	}
}

// An upload of several files uses as many choices.
func TestUploadsAreCountedByTheirFiles(t *testing.T) {
	t.Parallel()
	f := decided(t, KindDispute)
	f.k = f.k.Chose(2)
	upload := func(names ...string) Call {
		body := ""
		for _, n := range names {
			body += "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"" + n + "\"\r\n\r\n" + n + "\r\n"
		}
		c := call("POST", "https://www.aliexpress.com/api/upload", ResourceFetch, body+"--B--\r\n", committedForm(KindDispute), content("multipart/form-data; boundary=B"))
		return c
	}
	f.leaves("two at once", upload("a.png", "b.png"), unclear)
	f.stays("one more", upload("c.png"), "were chosen")
}
