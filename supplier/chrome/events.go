package chrome

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// onEvent runs on the goroutine that reads the tab's messages: it must be
// quick and must not call the browser.
func (t *Tab) onEvent(ev any) {
	switch ev := ev.(type) {
	case *inspector.EventTargetCrashed:
		t.crashOnce.Do(func() { close(t.crashed) })
	case *page.EventJavascriptDialogOpening:
		t.dismiss(ev)
	case *page.EventFrameAttached:
		if g := t.p.gate; g != nil {
			g.frames.child(ev.FrameID, ev.ParentFrameID)
		}
	case *page.EventFrameNavigated:
		t.noteDocument(ev.Frame)
	case *target.EventTargetCreated:
		t.noteTarget(ev.TargetInfo)
	case *network.EventRequestWillBeSent, *network.EventResponseReceived, *network.EventResponseReceivedExtraInfo, *network.EventLoadingFinished, *network.EventLoadingFailed:
		t.onNetwork(ev)
	}
}

// noteDocument remembers the last documents of the main frame.
func (t *Tab) noteDocument(f *cdp.Frame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f != nil && f.ParentID == "" {
		t.loaders = append(t.loaders, f.LoaderID)
		t.loaders = t.loaders[max(0, len(t.loaders)-8):]
	}
}

func (t *Tab) noteTarget(info *target.Info) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if info != nil && info.Type == "page" && info.OpenerID != "" && info.OpenerID == t.id {
		t.opened = append(t.opened, info.TargetID)
	}
}

// dismiss answers a page's dialog with no; only the question whether to leave
// with yes, as we asked to.
func (t *Tab) dismiss(ev *page.EventJavascriptDialogOpening) {
	t.spawn(func() {
		_ = t.do(context.Background(), "dismiss dialog", func(op context.Context) error {
			_, err := chromedp.Call(op, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: ev.Type == page.DialogTypeBeforeunload})
			return err // gone by itself is as good
		})
	})
}

// spawn starts work that events ask for, unless the tab is being closed.
func (t *Tab) spawn(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.work.Go(f)
	}
}
