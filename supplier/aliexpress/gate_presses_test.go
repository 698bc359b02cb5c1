package aliexpress

import (
	"net/http"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// keeper is a gatekeeper without a browser.
type keeper struct {
	*gatekeeper
	t *testing.T
}

func newKeeper(t *testing.T) *keeper {
	t.Helper()
	const host = "https://www.aliexpress.com"
	return &keeper{newGatekeeper(testProfile(t), site.Hosts{WWW: host, Mobile: host, Login: host, API: host}, zerolog.Nop()), t}
}

// passes tells whether a request is let through at once. What is held did not
// pass.
func (k *keeper) passes(r chrome.Request) bool {
	k.t.Helper()
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	before := k.verdicts(r)
	return before.Do == site.Pass
}

// verdicts judges as Judge does, and gives the verdict itself.
func (k *keeper) verdicts(r chrome.Request) site.Verdict {
	k.mu.Lock()
	c := k.call(&r)
	v := k.p.JudgeCall(k.state(), c)
	k.mu.Unlock()
	k.Judge(k.t.Context(), &r)
	return v
}

// loads sends a tab to an address as the driver does, and gives the document.
func (k *keeper) loads(tab, id, address string) chrome.Document {
	k.t.Helper()
	k.mu.Lock()
	k.ours[tab] = driven{address, site.ByDriver}
	k.mu.Unlock()
	if !k.passes(chrome.Request{ID: id, URL: address, Kind: "Document", Frame: tab, Tab: tab}) {
		k.t.Errorf("%s does not pass", address)
	}
	return chrome.Document{ID: id, Address: address, Since: chrome.BootTime()}
}

// pressed notes a press in a tab at a time.
func (k *keeper) pressed(tab string, kind site.PressKind, at time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.presses[tab] = append(k.presses[tab], site.Press{Kind: kind, About: site.KindCancel, At: at})
}

const orderAddress = "https://www.aliexpress.com/p/order/detail.html?orderId=" + numberOne

func silent(tab string, d chrome.Document) chrome.Request {
	return chrome.Request{ID: "call", Method: http.MethodPost, URL: "https://www.aliexpress.com/api/x", Body: []byte("id=7"), Kind: "Fetch", Frame: tab, Tab: tab, Document: d}
}

// However long ago it was: a page that was pressed is no page that only
// reads, whatever other tabs load meanwhile.
func TestAPageStaysPressedHoweverLong(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	page := k.loads("T1", "d1", orderAddress)
	page.Since = 1
	if !k.passes(silent("T1", page)) {
		t.Error("before a press it looks like a read")
	}
	k.pressed("T1", site.PressOpening, 2)
	k.loads("T2", "d2", orderAddress)
	if k.passes(silent("T1", page)) {
		t.Error("after a press, and another tab's page, it passes")
	}
	// The next page of the tab is asked for, and does not come.
	if k.verdicts(chrome.Request{ID: "d3", Method: http.MethodGet, URL: orderAddress, Kind: "Document", Frame: "T1", Tab: "T1", Document: page}).Do != site.Pass {
		t.Error("the page's own document does not pass")
	}
	if k.passes(silent("T1", page)) {
		t.Error("after a document that did not come, it passes")
	}
}

// A press while the next page is on its way is none of the next page's.
func TestAPressIsOnThePageThatStood(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	k.loads("T1", "d1", orderAddress)
	k.pressed("T1", site.PressCommits, chrome.BootTime())
	next := chrome.Document{ID: "d1", Address: orderAddress, Since: chrome.BootTime() + 1}
	r := silent("T1", next)
	k.mu.Lock()
	defer k.mu.Unlock()
	if d := k.document(&r, r.Document); len(d.Presses) > 0 {
		t.Errorf("a page that came after the press: %+v", d.Presses)
	}
}

// Only a page of the shop's that a press led to tells by its address what
// stands for the order.
func TestHandlesComeFromWhatAPressLedTo(t *testing.T) {
	t.Parallel()
	const handle, address = "a1b2c3d4e5f6a7b8c9", "https://www.aliexpress.com/p/x?sid="
	led := func(set func(k *keeper, r *chrome.Request)) bool {
		k := newKeeper(t)
		page := k.loads("T1", "d1", orderAddress)
		f := &passage{mode: site.ModeDecided, ticket: site.Ticket{Order: numberOne, Kind: site.KindCancel, Until: chrome.BootTime() + site.TicketLasts}}
		k.mu.Lock()
		f.k, f.tabs, f.changed, f.latest = k.gatekeeper, map[string]bool{"T1": true}, make(chan struct{}), make(chan struct{})
		k.flow = f
		f.ticket, _ = f.ticket.Pressed(site.Press{Kind: site.PressOpening, At: chrome.BootTime()})
		k.mu.Unlock()
		r := chrome.Request{ID: "d2", Method: http.MethodGet, URL: address + handle, Kind: "Document", Frame: "T1", Tab: "T1", Document: page}
		set(k, &r)
		if !k.passes(r) {
			t.Errorf("%s does not pass", r.URL)
		}
		other := site.Call{Method: http.MethodPost, URL: "https://www.aliexpress.com/api/x", Body: []byte("sid=" + handle), Resource: site.ResourceFetch, Frame: "T1", Doc: site.Document{Address: orderAddress, Flow: true, By: site.ByPress}, At: chrome.BootTime()}
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.p.JudgeCall(k.state(), other).Do == site.Hold
	}
	now := func(k *keeper) { k.pressed("T1", site.PressOpening, chrome.BootTime()) }
	if !led(func(k *keeper, _ *chrome.Request) { now(k) }) {
		t.Error("the page that the press led to tells nothing")
	}
	for name, set := range map[string]func(k *keeper, r *chrome.Request){
		"another shop's":    func(k *keeper, r *chrome.Request) { now(k); r.URL = "https://ads.example/?sid=" + handle },
		"a page that comes": func(k *keeper, _ *chrome.Request) { k.pressed("T1", site.PressReads, 1) },
		"another's frame":   func(k *keeper, r *chrome.Request) { now(k); r.Frame, r.URL = "F2", "https://ads.example/?sid="+handle },
	} {
		if led(set) {
			t.Errorf("%s: its parameter stands for the order", name)
		}
	}
}

// A call that comes while a flow ends is waited for, or does not leave.
func TestAFlowEndsOnlyWhenNothingIsInHand(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	f := &passage{k: k.gatekeeper, changed: make(chan struct{}), latest: make(chan struct{})}
	k.mu.Lock()
	k.flow = f
	f.arrived()
	k.mu.Unlock()
	ended := make(chan error, 1)
	go func() { ended <- f.finish(t.Context()) }()
	k.mu.Lock()
	open := k.flow == f
	f.inHand--
	f.change()
	k.mu.Unlock()
	if err := <-ended; err != nil || !open {
		t.Errorf("ended while a call was in hand (%t), %v", !open, err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.flow != nil {
		t.Error("it has not ended")
	}
}
