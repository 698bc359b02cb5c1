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
