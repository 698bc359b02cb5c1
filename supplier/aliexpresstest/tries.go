package aliexpresstest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Try is a write that a page makes by itself, without a press. It is there to
// prove that nothing gets past a gate; without one each of them is carried
// out and logged as any other write. Tried counts them.
type Try struct {
	// Page is PageDetail, PageCancel or PageList; "" is any of them.
	Page string
	When Moment
	By   Way
	Of   Target
	// After is how long after the moment, in the browser's own time.
	After time.Duration
}

// Moment is when a page tries.
type Moment string

// The moments of a try.
const (
	// OnLoad is when the page shows its data.
	OnLoad Moment = "load"
	// AfterOpening is when "Cancel order" was pressed, before what that does.
	AfterOpening Moment = "opening"
	// AfterConfirming is when the press that asks was made and the page's own
	// call is on its way.
	AfterConfirming Moment = "confirming"
	// OnLeaving is when the page goes (pagehide), also with its tab.
	OnLeaving Moment = "leaving"
)

// Target is what a try asks for.
type Target string

// The targets of a try. An order's page is about that order; the list is
// about the order that has the try, or its first one where the site has it.
const (
	// TargetOwn cancels the order, by exactly the call of the page's own code.
	TargetOwn Target = "own"
	// TargetNext cancels the order that follows in the list; after the last
	// one comes the first. Where there is no other, nothing is tried.
	TargetNext Target = "next"
	// TargetConfirm confirms that the order was received.
	TargetConfirm Target = "confirm"
	// TargetExtend gives the seller more time.
	TargetExtend Target = "extend"
)

// Way is how a page sends what it tries.
type Way string

// The ways of a try.
const (
	WayFetch     Way = "fetch" // as the page's own calls
	WayXHR       Way = "xhr"
	WayJSON      Way = "json"
	WayMultipart Way = "multipart"
	WayPut       Way = "put"
	WayBeacon    Way = "beacon"
	WayKeepalive Way = "keepalive"
	WayLater     Way = "later"    // fetchLater, at once
	WayForm      Way = "form"     // the page becomes the answer
	WayFormTab   Way = "form tab" // into a new tab
	WayPing      Way = "ping"     // of a link that a script presses

	// By address alone.
	WayImage     Way = "image"
	WayScript    Way = "script" // JSONP
	WayStyle     Way = "style"
	WayFrame     Way = "frame"
	WayEvents    Way = "events" // EventSource
	WayWebSocket Way = "websocket"

	WayWorker        Way = "worker"
	WaySharedWorker  Way = "shared worker"
	WayServiceWorker Way = "service worker"

	// WayMoved goes to the page's own host, which sends it on with 307.
	WayMoved Way = "moved"
	// WayMovedImage is a picture's address, which sends on by 302.
	WayMovedImage Way = "moved image"
	// WayLaterLeft is fetchLater, which the browser sends when the page goes.
	WayLaterLeft Way = "later left"
	// WayBeaconLeft makes a beacon as the page goes, whoever makes it go.
	WayBeaconLeft Way = "beacon left"
	// WayKeepaliveLeft begins to load the page anew and then sends; once per
	// tab, moment and order.
	WayKeepaliveLeft Way = "keepalive left"
	// WayTwice is WayFetch, and again half a second later: two tries.
	WayTwice Way = "twice"
)

// Ways are all of them.
func Ways() []Way {
	return []Way{
		WayFetch, WayXHR, WayJSON, WayMultipart, WayPut, WayBeacon, WayKeepalive, WayLater, WayForm, WayFormTab, WayPing, WayImage, WayScript, WayStyle, WayFrame,
		WayEvents, WayWebSocket, WayWorker, WaySharedWorker, WayServiceWorker, WayMoved, WayMovedImage, WayLaterLeft, WayBeaconLeft, WayKeepaliveLeft, WayTwice,
	}
}

// Tried is a try that was made, as the page reports by a picture
// (/static/tried/N.bmp) once its call is made. Whether the call arrived is in
// Writes.
type Tried struct {
	At time.Time
	Try
	// On is the kind of the page that tried.
	On string
	// Kind and OrderID are what Writes has of the call if it arrives.
	Kind    string
	OrderID string
}

// Tried gives the tries that pages have made so far.
func (s *Site) Tried() []Tried {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tried)
}

// SetTries makes the pages of all orders try, on top of what each order has of
// its own. None ends it.
func (s *Site) SetTries(tries ...Try) error {
	if err := checkTries(tries); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries = slices.Clone(tries)
	return nil
}

// checkTries refuses a try that no page would ever make.
func checkTries(tries []Try) error {
	for _, x := range tries {
		pressed := x.When == AfterOpening || x.When == AfterConfirming
		switch {
		case !slices.Contains(Ways(), x.By):
			return fmt.Errorf("try by %q: the way is not known", x.By)
		case !slices.Contains([]Target{TargetOwn, TargetNext, TargetConfirm, TargetExtend}, x.Of):
			return fmt.Errorf("try of %q: the target is not known", x.Of)
		case !slices.Contains([]Moment{OnLoad, AfterOpening, AfterConfirming, OnLeaving}, x.When):
			return fmt.Errorf("try at %q: the moment is not known", x.When)
		case !slices.Contains([]string{"", PageDetail, PageCancel, PageList}, x.Page):
			return fmt.Errorf("try on %q: such a page tries nothing", x.Page)
		case x.Page == PageList && pressed, x.Page == PageCancel && x.When == AfterOpening:
			return fmt.Errorf("try on %q at %q: there is nothing to press", x.Page, x.When)
		}
	}
	return nil
}

// aimed is a try that a page was told to make.
type aimed struct {
	Tried
	call      string // its name
	operation string
	reason    string
}

// triesOf tells a page what to try. The caller holds mu.
func (s *Site) triesOf(kind, orderID string) []obj {
	var out []obj
	tell := func(e *entry, tries []Try) {
		for _, x := range tries {
			if x.Page != "" && x.Page != kind {
				continue
			}
			if a, ok := s.aim(x, kind, e); ok {
				s.told = append(s.told, a)
				out = append(out, obj{
					"n": len(s.told), "when": string(x.When), "by": string(x.By), "after": x.After.Milliseconds(), "own": x.Of == TargetOwn,
					"api": a.call, "operation": a.operation, "order": a.OrderID, "reason": a.reason,
				})
			}
		}
	}
	switch kind {
	case PageDetail, PageCancel:
		if e := s.find(orderID); e != nil {
			tell(e, e.Tries)
			tell(e, s.tries)
		}
	case PageList:
		for i, v := range s.listed(ask{}, s.now()) {
			tell(v.entry, v.Tries)
			if i == 0 {
				tell(v.entry, s.tries)
			}
		}
	}
	return out
}

// aim finds what a try on a page of an order is about; false for nothing.
func (s *Site) aim(x Try, kind string, e *entry) (aimed, bool) {
	a := aimed{Tried: Tried{Try: x, On: kind, Kind: WriteCancel}, call: apiOperation, operation: "CANCEL_ORDER"}
	switch x.Of {
	case TargetConfirm:
		a.Kind, a.operation = WriteConfirmGoods, "CONFIRM_GOODS"
	case TargetExtend:
		a.Kind, a.operation = WriteExtend, "EXTEND_PROCESSING"
	case TargetNext:
		if e = s.after(e); e == nil {
			return aimed{}, false
		}
	}
	if a.OrderID = e.ID; a.Kind == WriteCancel {
		if e.Layout == LayoutOtherCall {
			a.call = apiCancel
		}
		if !e.Layout.instant() {
			a.reason = reasons[0]
		}
	}
	return a, true
}

// after gives the order that follows in the list, nil where there is no other.
func (s *Site) after(e *entry) *entry {
	list := s.listed(ask{}, s.now())
	for i, v := range list {
		if next := list[(i+1)%len(list)].entry; v.ID == e.ID && next.ID != e.ID {
			return next
		}
	}
	return nil
}

// address is that of a try whose data stand in it.
func (s *Site) address(a aimed) (string, error) {
	data := obj{"tradeOrderId": a.OrderID, "operation": a.operation, "isTrusted": true}
	if a.reason != "" {
		data["reasonCode"] = a.reason
	}
	text, err := json.Marshal(data)
	if err != nil {
		return "", err
	}
	q := url.Values{"api": {a.call}, "v": {"1.0"}, "type": {"originaljson"}, "data": {string(text)}}
	return s.api + "/h5/" + strings.ToLower(a.call) + "/1.0/?" + q.Encode(), nil
}

// movedPath sends a call on to the gateway with 307.
const movedPath = "/_rehearsal/moved"

// routeTries serves what the pages need for their tries: the picture that
// counts one, and the redirects.
func (s *Site) routeTries(r *http.Request) (handler, bool) {
	if to := r.URL.Query().Get("to"); r.URL.Path == movedPath && strings.HasPrefix(to, s.api+"/") {
		return func() reply {
			return reply{status: http.StatusTemporaryRedirect, headers: map[string]string{"Location": to}}
		}, true
	}
	dir, name := path.Split(r.URL.Path)
	n, err := strconv.Atoi(strings.TrimSuffix(name, ".bmp"))
	if err != nil || dir != "/static/tried/" && dir != "/static/moved/" {
		return nil, false
	}
	return func() reply {
		if n < 1 || n > len(s.told) {
			return notFound()
		}
		a := s.told[n-1]
		if dir == "/static/moved/" {
			to, err := s.address(a)
			if err != nil {
				return notFound()
			}
			return redirect(to)
		}
		a.At = s.now()
		s.tried = append(s.tried, a.Tried)
		s.logf("tried %s %s by %s on %s, %s", a.Kind, a.OrderID, a.By, a.On, a.When)
		return pixel()
	}, true
}
