package chrome

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
)

// frames knows which tab a frame belongs to, which tab opened which, and which
// document stands in which. The
// main frame of a tab has the tab's name. Nothing is forgotten before the
// browser's end: a frame may ask for something on its way out.
type frames struct {
	run string // of the browser, before all names of requests

	mu      sync.Mutex
	parents map[string]string // of frames
	tabs    map[string]string // with their openers
	strange map[string]bool   // waited for in vain
	changed chan struct{}     // closed at the next change

	documents map[string]Document // by frame; Since is when each came
	coming    map[string]string   // the requests for the next ones, by frame
}

// name gives a request's name. The browser's own begin anew with each run.
func (f *frames) name(id fetch.RequestID) string {
	if id == "" {
		return ""
	}
	return f.run + " " + string(id)
}

// change needs mu.
func (f *frames) change() {
	if f.parents == nil {
		f.parents, f.tabs, f.strange = map[string]string{}, map[string]string{}, map[string]bool{}
		f.documents, f.coming = map[string]Document{}, map[string]string{}
	}
	if f.changed != nil {
		close(f.changed)
		f.changed = nil
	}
}

// target notes a tab, or a frame that has a target of its own because it runs
// in another process than its parent.
func (f *frames) target(info *target.Info) {
	if info == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change()
	switch {
	case info.Type == "page":
		if info.OpenerID != "" || f.tabs[string(info.TargetID)] == "" {
			f.tabs[string(info.TargetID)] = string(info.OpenerID)
		}
		f.moved(string(info.TargetID), info.URL)
	case info.Type == "iframe" && info.ParentFrameID != "":
		f.parents[string(info.TargetID)] = string(info.ParentFrameID)
	}
}

// child notes a frame inside another.
func (f *frames) child(id, parent cdp.FrameID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change()
	f.parents[string(id)] = string(parent)
}

// tree notes the frames of a page.
func (f *frames) tree(t *page.FrameTree) {
	if t == nil {
		return
	}
	for _, c := range t.ChildFrames {
		if c != nil && c.Frame != nil && t.Frame != nil {
			f.child(c.Frame.ID, t.Frame.ID)
		}
		f.tree(c)
	}
}

// frameWait is for word of a new frame, which may come after its first
// request.
const frameWait = 100 * time.Millisecond

// tab finds the tab of a frame, and the tab that opened that.
func (f *frames) tab(frame string) (tab, opener string) {
	for timeout := time.After(frameWait); ; {
		f.mu.Lock()
		tab, opener, known := f.find(frame)
		if known || frame == "" || f.strange[frame] {
			f.mu.Unlock()
			return tab, opener
		}
		if f.changed == nil {
			f.changed = make(chan struct{})
		}
		changed := f.changed
		f.mu.Unlock()
		select {
		case <-changed:
		case <-timeout:
			f.mu.Lock()
			f.change()
			f.strange[frame] = true
			f.mu.Unlock()
			return "", ""
		}
	}
}

// find needs mu.
func (f *frames) find(frame string) (tab, opener string, known bool) {
	for range 64 { // deeper than any page
		if opener, known = f.tabs[frame]; known {
			return frame, opener, true
		}
		parent, inside := f.parents[frame]
		if !inside {
			return "", "", false
		}
		frame = parent
	}
	return "", "", false
}

// moved notes the address that the document of a tab gave itself. Needs mu.
func (f *frames) moved(tab, address string) {
	d, known := f.documents[tab]
	address, _, _ = strings.Cut(address, "#")
	if !known || f.coming[tab] != "" || !strings.HasPrefix(address, "http") || address == d.Address || slices.Contains(d.Later, address) {
		return
	}
	d.Later = append(slices.Clone(d.Later), address)
	f.documents[tab] = d
}

// asking gives the document that sends a request. A request for a document is
// then on its way: what stands in the frame is being left.
func (f *frames) asking(r *Request) Document {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change()
	document := r.Kind == string(network.ResourceTypeDocument)
	d := f.standing(r.Frame, document)
	if !document {
		return d
	}
	if d.ID == "" && r.Opener != "" {
		d = f.standing(r.Opener, false)
	}
	f.coming[r.Frame] = r.ID
	return d
}

// now gives the document of a request that was held, with what became of it.
func (f *frames) now(r *Request) Document {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := r.Document
	if frame := r.Frame; r.Kind != string(network.ResourceTypeDocument) {
		now := f.standing(frame, false)
		d.Leaving = d.Leaving || now.Leaving || now.ID != d.ID
	} else {
		d.Leaving = d.Leaving || f.coming[frame] != r.ID
	}
	return d
}

// standing gives the document of a frame, or of the nearest one around it that
// has one. Needs mu.
func (f *frames) standing(frame string, own bool) (d Document) {
	leaving := false
	for range 64 {
		leaving = leaving || f.coming[frame] != "" && !own
		own = false // counts for the first
		if d.ID == "" {
			d = f.documents[frame]
		}
		parent, inside := f.parents[frame]
		if !inside {
			break
		}
		frame = parent
	}
	d.Leaving, d.Since = leaving, f.documents[frame].Since
	return d
}

// stays tells that a request for a document brings none.
func (f *frames) stays(ev *fetch.EventRequestPaused) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.coming[string(ev.FrameID)] == f.name(ev.RequestID) {
		delete(f.coming, string(ev.FrameID))
	}
}

// answered notes what the answer to a request for a document brings.
func (f *frames) answered(ev *fetch.EventRequestPaused) {
	download := slices.ContainsFunc(ev.ResponseHeaders, func(h *fetch.HeaderEntry) bool {
		return strings.EqualFold(h.Name, "Content-Disposition") && strings.HasPrefix(strings.ToLower(h.Value), "attachment")
	})
	switch s := ev.ResponseStatusCode; {
	case s >= 300 && s < 400 && s != http.StatusNotModified:
		return // the next hop is a request of its own
	case download, s == http.StatusNoContent, s == http.StatusResetContent, ev.ResponseErrorReason == network.ErrorReasonAborted:
		f.stays(ev)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change()
	address, _, _ := strings.Cut(ev.Request.URL, "#")
	f.documents[string(ev.FrameID)] = Document{ID: f.name(ev.RequestID), Address: address, Since: BootTime()}
	if f.coming[string(ev.FrameID)] == f.name(ev.RequestID) {
		delete(f.coming, string(ev.FrameID))
	}
}
