package chrome

import (
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
)

// frames knows which tab a frame belongs to, and which tab opened which. The
// main frame of a tab has the tab's name. Nothing is forgotten before the
// browser's end: a frame may ask for something on its way out.
type frames struct {
	mu      sync.Mutex
	parents map[string]string // of frames
	tabs    map[string]string // with their openers
	strange map[string]bool   // waited for in vain
	changed chan struct{}     // closed at the next change
}

// change needs mu.
func (f *frames) change() {
	if f.parents == nil {
		f.parents, f.tabs, f.strange = map[string]string{}, map[string]string{}, map[string]bool{}
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
