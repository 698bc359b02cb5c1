package aliexpress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/supplier/aliexpresstest"
)

const (
	english = "Dear seller,\nplease do not ship this order, we asked to cancel it."
	chinese = "您好，我们已申请取消此订单，请不要发货。"
)

func letterTo(number string, marks *int) supplier.MessageRequest {
	return supplier.MessageRequest{
		Number: number, CaseID: "case-" + number, Texts: []string{english, chinese},
		Guard:    func(state.Reading) error { return nil },
		Dispatch: func(context.Context) error { *marks++; return nil },
	}
}

// TestMessage writes to the seller on both pages, never twice, never to
// another one.
func TestMessage(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.StepTimeout = 6 * time.Second })
	ctx := t.Context()
	for _, page := range []aliexpresstest.MessagePage{aliexpresstest.MessageWWW, aliexpresstest.MessageDetail} {
		t.Run(string(page), func(t *testing.T) {
			number, marks := r.order(t, func(o *aliexpresstest.Order) {
				o.MessagePage = page
				o.Messages = []aliexpresstest.Message{{At: r.now.Add(-time.Hour), FromSeller: true, Text: english}}
			}), 0
			got, err := r.client.Message(ctx, letterTo(number, &marks))
			if err != nil || got.Outcome != supplier.MessageSent || got.Sent != 2 || marks != 1 || len(got.Evidence) == 0 {
				t.Fatalf("message: %+v, %v, %d marks", got, err, marks)
			}
			r.wantWrites(t, number, aliexpresstest.WriteMessage, aliexpresstest.WriteMessage)
			if w := r.writes(number); w[0].Text != english || w[1].Text != chinese {
				t.Errorf("written: %+v", w)
			}
			got, err = r.client.Message(ctx, letterTo(number, &marks))
			if err != nil || got.Outcome != supplier.MessageAlready || marks != 1 {
				t.Errorf("again: %+v, %v", got, err)
			}
			r.wantWrites(t, number, aliexpresstest.WriteMessage, aliexpresstest.WriteMessage)
		})
	}
	t.Run("only what is missing", func(t *testing.T) {
		number, marks := r.order(t, func(o *aliexpresstest.Order) {
			o.Messages = []aliexpresstest.Message{{At: r.now.Add(-time.Hour), Text: english}}
			o.Nuisance = aliexpresstest.Nuisance{Cookies: true, LateButtons: time.Second}
		}), 0
		got, err := r.client.Message(ctx, letterTo(number, &marks))
		if err != nil || got.Outcome != supplier.MessageSent || marks != 1 {
			t.Errorf("message: %+v, %v", got, err)
		}
		r.wantWrites(t, number, aliexpresstest.WriteMessage)
	})
	other := r.order(t, nil)
	for name, c := range map[string]struct {
		order  func(*aliexpresstest.Order)
		change func(*supplier.MessageRequest)
		want   supplier.MessageOutcome
	}{
		"observe": {nil, func(q *supplier.MessageRequest) { q.Observe = true }, supplier.MessageObserved},
		"guard": {nil, func(q *supplier.MessageRequest) {
			q.Guard = func(state.Reading) error { return errors.New("other items") }
		}, supplier.MessageWrongOrder},
		"mark": {nil, func(q *supplier.MessageRequest) {
			q.Dispatch = func(context.Context) error { return errors.New("disk full") }
		}, supplier.MessageFailed},
		"other's page":  {func(o *aliexpresstest.Order) { o.Trap.MessagesShowOther = other }, nil, supplier.MessageWrongOrder},
		"unknown cover": {func(o *aliexpresstest.Order) { o.Nuisance.Overlay = aliexpresstest.Forever }, nil, supplier.MessageFailed},
	} {
		t.Run(name, func(t *testing.T) {
			number, marks := r.order(t, c.order), 0
			req := letterTo(number, &marks)
			if c.change != nil {
				c.change(&req)
			}
			got, err := r.client.Message(ctx, req)
			if err != nil || got.Outcome != c.want || marks != 0 || got.Detail == "" {
				t.Errorf("message: %+v, %v, %d marks; want %s", got, err, marks, c.want)
			}
			r.wantWrites(t, number)
		})
	}
	if m := r.site.Missed(); len(m) > 0 {
		t.Errorf("clicks on what lay over the page: %+v", m)
	}
}

// TestMessageInDoubt loses the reply, and breaks off after the mark.
func TestMessageInDoubt(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.StepTimeout = 3 * time.Second })
	number, marks := r.order(t, nil), 0
	req := letterTo(number, &marks)
	req.Texts = []string{english}
	r.site.DropReply(aliexpresstest.CallSend, 1)
	got, err := r.client.Message(t.Context(), req)
	if err != nil || got.Outcome != supplier.MessageSent || marks != 1 {
		t.Errorf("lost reply: %+v, %v", got, err)
	}
	r.wantWrites(t, number, aliexpresstest.WriteMessage)

	number = r.order(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	req = letterTo(number, &marks)
	req.Dispatch = func(context.Context) error { cancel(); return nil }
	got, err = r.client.Message(ctx, req)
	if err != nil || got.Outcome != supplier.MessageFailed {
		t.Errorf("caller gone at the mark: %+v, %v", got, err)
	}
	r.wantWrites(t, number)
	r.site.SetLoggedOut(true)
	if _, err := r.client.Message(t.Context(), letterTo(number, &marks)); supplier.KindOf(err) != supplier.LoggedOut {
		t.Errorf("logged out: %v", err)
	}
}

// TestMessageHosts follows the site's own link only to hosts that are known.
// lettersPage is a message page of which the history comes late.
func lettersPage(late time.Duration, shown string) string {
	return fmt.Sprintf(`<span data-pl="message_order_id">%s</span><div class="im-message-list">Loading…</div><textarea data-pl="message_input"></textarea>
<button data-pl="message_send" onclick="fetch('/write',{method:'POST'}); mine.push(document.querySelector('textarea').value); document.querySelector('textarea').value=''; draw()">Send</button>
<script>const mine = %s; const draw = () => document.querySelector('.im-message-list').innerHTML = mine.map(t => '<div data-from="buyer"><div class="im-message-text">'+t+'</div></div>').join('') || '<div class="im-message-empty">none</div>';
setTimeout(draw, %d)</script>`, numberOne, shown, late.Milliseconds())
}

// What was sent before an attempt that was cut off stands there, but the
// list says "Loading…" for a moment.
func TestMessageWaitsForTheHistory(t *testing.T) {
	t.Parallel()
	var writes atomic.Int32
	detail := bytes.Replace(fixture(t, "ok_detail_processing.json"), []byte(`"sellerName":"Lantern House"`), []byte(`"sellerName":"Lantern House","connectUrl":"/p/message/index.html"`), 1)
	base := bareSite(t, map[string]func(*http.Request) string{
		"/p/order/detail": func(*http.Request) string { return orderPage("", "") },
		"/h5/mtop.aliexpress.trade.buyer.order.detail": func(*http.Request) string { return string(detail) },
		"/p/message": func(*http.Request) string { return lettersPage(1500*time.Millisecond, `["please cancel"]`) },
	}, func(*http.Request) { writes.Add(1) })
	c := otherClient(t, base)
	c.o.StepTimeout = 4 * time.Second
	marks := 0
	req := letterTo(numberOne, &marks)
	req.Texts = []string{"please cancel"}
	got, err := c.Message(t.Context(), req)
	if writes.Load() != 0 {
		t.Errorf("a message that stood there was sent again (%d): %+v, %v", writes.Load(), got, err)
	}
}

// The site changes what it shows of a message (a link, masked digits); the
// engine tries an unclear message up to four times.
func TestMessageShownOtherwiseIsSentOnce(t *testing.T) {
	t.Parallel()
	var writes atomic.Int32
	detail := bytes.Replace(fixture(t, "ok_detail_processing.json"), []byte(`"sellerName":"Lantern House"`), []byte(`"sellerName":"Lantern House","connectUrl":"/p/message/index.html"`), 1)
	base := bareSite(t, map[string]func(*http.Request) string{
		"/p/order/detail": func(*http.Request) string { return orderPage("", "") },
		"/h5/mtop.aliexpress.trade.buyer.order.detail": func(*http.Request) string { return string(detail) },
		"/p/message": func(*http.Request) string {
			list := "[]"
			if n := int(writes.Load()); n > 0 {
				list = "[" + strings.Repeat(`"please cancel ****",`, n) + "]"
			}
			return strings.Replace(lettersPage(0, list), "mine.push(document.querySelector('textarea').value)", "mine.push('please cancel ****')", 1)
		},
	}, func(*http.Request) { writes.Add(1) })
	c := otherClient(t, base)
	c.o.StepTimeout = 2 * time.Second
	marks := 0
	req := letterTo(numberOne, &marks)
	req.Texts = []string{"please cancel 12345678"}
	for range 4 { // tellTries
		got, err := c.Message(t.Context(), req)
		if err != nil || got.Outcome != supplier.MessageUnclear {
			t.Logf("%+v, %v", got, err)
			break
		}
	}
	if writes.Load() > 1 {
		t.Errorf("one message was sent %d times", writes.Load())
	}
}
