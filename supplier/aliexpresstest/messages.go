package aliexpresstest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// MessagePage says where the messages with an order's seller are written.
type MessagePage string

// The message pages: one on the www host, for Choice sellers, and one on
// a host of its own for the rest.
const (
	MessageWWW    MessagePage = "www"    // /p/message/index.html?orderId=…
	MessageDetail MessagePage = "detail" // /msgDetail.htm?orderId=…
)

// Message is one that was written about an order.
type Message struct {
	At         time.Time
	FromSeller bool
	Text       string
}

// Messages gives what was written about an order so far, oldest first.
func (s *Site) Messages(orderID string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.find(orderID); e != nil {
		return slices.Clone(e.Messages)
	}
	return nil
}

// connectURL is the order's link to its seller.
func (s *Site) connectURL(e *entry) string {
	if e.MessagePage == MessageDetail {
		return s.messages + "/msgDetail.htm?orderId=" + e.ID
	}
	return s.www + "/p/message/index.html?orderId=" + e.ID
}

// messageList answers what was written about an order, oldest first.
func (s *Site) messageList(a ask) result {
	e := s.find(a.text("tradeOrderId"))
	if e == nil {
		return fail(noOrder)
	}
	e = s.instead(e, e.Trap.MessagesShowOther)
	now := s.now()
	list := []obj{}
	for i, m := range e.Messages {
		if m.At.After(now) {
			continue
		}
		from := "buyer"
		if m.FromSeller {
			from = "seller"
		}
		list = append(list, obj{
			"messageId": fmt.Sprintf("%s-%d", e.ID, i+1), "from": from, "content": m.Text,
			"time": m.At.UnixMilli(), "timeText": a.lang.day(m.At.In(s.zone)) + m.At.In(s.zone).Format(" 15:04"),
		})
	}
	return result{data: obj{"module": obj{
		"tradeOrderId": number(e.ID), "storeName": e.Store, "storeUrl": s.www + "/store/" + e.storeID(), "messageList": list,
	}}}
}

// sendMessage takes a message to the seller of an order. It is a write.
func (s *Site) sendMessage(a ask) result {
	now := s.now()
	w := Write{At: now, Kind: WriteMessage, OrderID: a.text("tradeOrderId"), Text: a.text("content"), Trusted: a.trusted()}
	e := s.find(w.OrderID)
	switch {
	case e == nil:
		w.Refused = noOrder
	case strings.TrimSpace(w.Text) == "":
		w.Refused = "FAIL_BIZ_EMPTY_MESSAGE::The message is empty"
	default:
		e.Messages = append(slices.Clone(e.Messages), Message{At: now, Text: w.Text})
	}
	s.note(a, w, "")
	if w.Refused != "" {
		return fail(w.Refused)
	}
	return result{data: obj{"module": obj{
		"tradeOrderId": number(e.ID), "success": true, "messageId": fmt.Sprintf("%s-%d", e.ID, len(e.Messages)),
	}}}
}
