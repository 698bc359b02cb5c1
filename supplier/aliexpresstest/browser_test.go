package aliexpresstest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countermand/supplier/chrome"
)

// TestPagesInABrowser uses the pages as a person would, each story on a site
// of its own, all in one Chromium.
func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	b, err := chrome.New(chrome.Options{ProfileDir: filepath.Join(t.TempDir(), "profile"), ActionTimeout: 40 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Stop(context.Background()); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	for name, story := range map[string]func(*visit){
		"page": pageLayout, "new tab": newTabLayout, "dialog": dialogLayout, "instant": instantLayout, "no pop-up": noPopupLayout,
		"overlay": overlayCoversButtons, "robot": robotIsInTheWay, "cookies": cookieBannerCoversTheFoot, "late": buttonsComeLate,
		"hover": buttonsSwapOnHover, "decoys": decoysLeadElsewhere, "languages": pagesSpeakPortuguese, "mobile cards": listOfMobileCards,
		"messages": messageIsSent, "dispute": disputeIsOpened, "returns": returnsAreListed, "garbled": pageSurvivesGarbling,
		"tokens": pagesDanceForTheirToken, "regional": regionalSiteSpeaksSpanish,
		"ways": everyWayArrives, "tries after presses": triesAfterPresses, "tries elsewhere": triesOfOtherPages, "tries of a closed tab": triesOfAClosedTab,
		"breaks": brokenWriteIsSentTwice, "token of a write": writeIsRepeatedForItsToken, "limit of a write": writeIsLimited,
	} {
		t.Run(name, func(t *testing.T) {
			site, err := New(Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer site.Close()
			tab, err := b.NewTab(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer tab.Close()
			story(&visit{T: t, site: site, browser: b, tab: tab})
		})
	}
}

// visit is one person in one tab.
type visit struct {
	*testing.T
	site    *Site
	browser *chrome.Browser
	tab     *chrome.Tab
}

// order adds a paid order as the browser's clock sees it.
func (v *visit) order(id string, change func(*Order)) {
	v.Helper()
	o := paid(id, Fate{})
	o.PaidAt = time.Now().Add(-20 * time.Hour)
	if change != nil {
		change(&o)
	}
	if err := v.site.Add(o); err != nil {
		v.Fatal(err)
	}
}

func (v *visit) open(address string) {
	v.Helper()
	if err := v.tab.Navigate(v.Context(), address); err != nil {
		v.Fatal(err)
	}
}

func (v *visit) detail(id string) { v.Helper(); v.open(v.site.detailURL(id)) }

// all gives the elements of a selector.
func (v *visit) all(selector string) []chrome.Element {
	v.Helper()
	view, err := v.tab.Look(v.Context(), map[string]chrome.Query{"all": {Selectors: []string{selector}}})
	if err != nil {
		v.Fatal(err)
	}
	return view.Found["all"]
}

// see waits for a visible element with this text in it.
func (v *visit) see(selector, text string) chrome.Element {
	v.Helper()
	var found chrome.Element
	err := v.tab.WaitFor(v.Context(), "see "+text, func(context.Context) (bool, error) {
		for _, e := range v.all(selector) {
			if e.Visible && strings.Contains(e.Text, text) {
				found = e
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		v.picture("not-seen")
		v.Fatalf("see %s %q: %v", selector, text, err)
	}
	return found
}

// press clicks the element with this caption once it can be clicked.
func (v *visit) press(selector, text string) {
	v.Helper()
	err := v.tab.WaitFor(v.Context(), "press "+text, func(ctx context.Context) (bool, error) {
		err := v.tab.Click(ctx, v.see(selector, text), nil)
		if errors.Is(err, chrome.ErrDisabled) || errors.Is(err, chrome.ErrCovered) || errors.Is(err, chrome.ErrStale) || errors.Is(err, chrome.ErrNotFound) {
			return false, nil
		}
		return true, err
	})
	if err != nil {
		v.picture("not-pressed")
		v.Fatalf("press %s %q: %v", selector, text, err)
	}
}

// blind clicks a point of the page, whatever lies there.
func (v *visit) blind(e chrome.Element) {
	v.Helper()
	x, y := e.Box.X+e.Box.Width/2, e.Box.Y+e.Box.Height/2
	for _, p := range []chrome.Pointer{chrome.PointerMove, chrome.PointerDown, chrome.PointerUp} {
		if err := v.tab.Point(v.Context(), p, x, y); err != nil {
			v.Fatal(err)
		}
	}
}

// write types a text into a field.
func (v *visit) write(selector, text string) {
	v.Helper()
	v.press(selector, "")
	if err := v.tab.Insert(v.Context(), v.see(selector, ""), text); err != nil {
		v.Fatal(err)
	}
}

// pin sets the locale cookie.
func (v *visit) pin(value string) {
	v.Helper()
	err := v.browser.SetCookies(v.Context(), chrome.Cookie{Name: localeCookie, Value: value, URL: v.site.www, Path: "/"})
	if err != nil {
		v.Error(err)
	}
}

// picture keeps a screenshot with the test's artifacts.
func (v *visit) picture(name string) {
	v.Helper()
	png, err := v.tab.Screenshot(v.Context())
	if err == nil {
		err = os.WriteFile(filepath.Join(v.ArtifactDir(), name+".png"), png, 0o600)
	}
	if err != nil {
		v.Errorf("picture %s: %v", name, err)
	}
}

// wrote checks the kinds of all writes; a refused or untrusted one is wrong.
func (v *visit) wrote(kinds ...string) {
	v.Helper()
	var got []string
	for _, w := range v.site.Writes() {
		got = append(got, w.Kind)
		if !w.Trusted || w.Refused != "" {
			v.Errorf("write %+v", w)
		}
	}
	if strings.Join(got, " ") != strings.Join(kinds, " ") {
		v.Errorf("writes %v, want %v", got, kinds)
	}
}

const (
	detailButton = ".order-status .order-block-btns button"
	submitButton = `[data-pl="buyersubmit_btn_submit"]`
	dialogButton = ".comet-v2-modal-footer button"
	resultTitle  = ".comet-v2-result-title"
)

// fillForm chooses the first reason and submits.
func (v *visit) fillForm() {
	v.Helper()
	v.press(".comet-v2-select", "")
	v.press(".comet-v2-menu-item", "no longer want")
	v.press(submitButton, "Submit")
}

func pageLayout(v *visit) {
	v.order(idA, nil)
	v.detail(idA)
	v.press(detailButton, "Cancel order")
	v.see(`[data-pl="refund_cancel_order_id"]`, idA)
	v.fillForm()
	v.see(".comet-v2-modal-title", "Your order will be cancelled")
	v.wrote()
	v.press(dialogButton, "Confirm")
	v.see(resultTitle, "request has been submitted")
	v.wrote(WriteCancel)
}

func newTabLayout(v *visit) {
	v.order(idA, func(o *Order) { o.Layout = LayoutNewTab })
	v.detail(idA)
	v.press(detailButton, "Cancel order")
	first := v.tab
	err := first.WaitFor(v.Context(), "follow", func(ctx context.Context) (bool, error) {
		next, ok, err := first.Follow(ctx)
		if ok {
			v.tab = next
		}
		return ok, err
	})
	if err != nil {
		v.Fatal(err)
	}
	defer v.tab.Close()
	v.see(`[data-pl="refund_cancel_order_id"]`, idA)
	v.fillForm()
	v.press(dialogButton, "Confirm")
	v.see(resultTitle, "request has been submitted")
	v.wrote(WriteCancel)
	v.tab = first
	v.see(".order-block-title", "Processing") // the first tab stayed as it was
}

func dialogLayout(v *visit) {
	v.order(idA, func(o *Order) { o.Layout = LayoutDialog })
	v.detail(idA)
	v.press(detailButton, "Cancel order")
	v.see(".comet-v2-modal", idA)
	v.fillForm()
	v.press(dialogButton, "Confirm")
	v.see(".comet-v2-modal "+resultTitle, "request has been submitted")
	v.wrote(WriteCancel)
}

func instantLayout(v *visit) {
	v.order(idA, func(o *Order) { o.Layout = LayoutInstant })
	v.detail(idA)
	v.press(detailButton, "Cancel order")
	v.see(".comet-v2-modal-title", "Your order will be cancelled")
	v.picture("confirm")
	v.press(dialogButton, "Cancel")
	v.wrote()
	v.press(detailButton, "Cancel order")
	v.press(dialogButton, "Confirm")
	v.see(resultTitle, "You've canceled the order")
	v.wrote(WriteCancel)
	v.picture("done")
}

func noPopupLayout(v *visit) {
	v.order(idA, func(o *Order) { o.Layout = LayoutNoPopup })
	v.detail(idA)
	v.press(detailButton, "Cancel order")
	v.fillForm()
	v.see(resultTitle, "request has been submitted")
	v.wrote(WriteCancel)
}
