package chrome

import (
	"context"
	"fmt"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// aimed is what aim answers.
type aimed struct {
	Why     string  `json:"why"`
	By      string  `json:"by"`
	X       float64 `json:"x"`
	Y       float64 `json:"y"`
	Element Element `json:"element"`
}

// aim finds the element again and checks that a person could click it: it is
// the same, visible, enabled, and nothing lies over its middle.
func (t *Tab) aim(ctx context.Context, el Element, scroll bool) (aimed, error) {
	var a aimed
	if err := t.call(ctx, "aim", &a, "aim", el.query, el.Selector, el.Index, el.Text, scroll); err != nil {
		return aimed{}, err
	}
	kind := map[string]error{"missing": ErrNotFound, "stale": ErrStale, "hidden": ErrHidden, "disabled": ErrDisabled, "covered": ErrCovered}[a.Why]
	if kind != nil {
		err := fmt.Errorf("aim at %q (%s): %w", el.Text, el.Selector, kind)
		if a.By != "" {
			err = fmt.Errorf("%w by %q", err, a.By)
		}
		return aimed{}, err
	}
	a.Element.query = el.query
	return a, nil
}

// Aim scrolls the element into view and tells whether Click would click it,
// without doing so. It gives the element as it is now.
func (t *Tab) Aim(ctx context.Context, el Element) (Element, error) {
	a, err := t.aim(ctx, el, true)
	return a.Element, err
}

// Click clicks the middle of the element by real input events, which a page
// cannot tell from a person's. last is asked with the element as it is at
// the last moment, after the pointer moved there; the button is pressed only
// if it returns nil. An error of Click that is not one of this package's
// kinds leaves open whether the page saw the click.
func (t *Tab) Click(ctx context.Context, el Element, last func(Element) error) error {
	ctx, cancel := t.deadline(ctx)
	defer cancel()
	a, err := t.aim(ctx, el, true)
	if err != nil {
		return err
	}
	if err := t.mouse(ctx, input.DispatchMouseEventTypeMouseMoved, a); err != nil {
		return err
	}
	// The pointer's arrival may have opened something over the place.
	a, err = t.aim(ctx, el, false)
	if err != nil {
		return err
	}
	if last != nil {
		if err := last(a.Element); err != nil {
			return err
		}
	}
	if err := t.mouse(ctx, input.DispatchMouseEventTypeMousePressed, a); err != nil {
		return err
	}
	err = t.mouse(ctx, input.DispatchMouseEventTypeMouseReleased, a)
	if navigating(err) {
		return nil // the click did what it was for
	}
	return err
}

func (t *Tab) mouse(ctx context.Context, kind input.DispatchMouseEventType, a aimed) error {
	p := input.DispatchMouseEventParams{Type: kind, X: a.X, Y: a.Y, Button: input.MouseButtonLeft, ClickCount: 1}
	t.mu.Lock()
	held := t.held
	t.mu.Unlock()
	if kind == input.DispatchMouseEventTypeMouseMoved {
		p.ClickCount = 0
		if !held {
			p.Button = input.MouseButtonNone
		}
	}
	if held {
		p.Buttons = 1
	}
	return t.do(ctx, "click", func(op context.Context) error {
		_, err := chromedp.Call(op, input.DispatchMouseEvent, p)
		return err
	})
}

// Pointer is what a person's pointer does.
type Pointer string

// The pointer's movements.
const (
	PointerMove Pointer = "move"
	PointerDown Pointer = "down"
	PointerUp   Pointer = "up"
)

// Point passes a person's pointer on to the page, at CSS pixels of the
// window: it is for signing in by hand through a picture of the page.
func (t *Tab) Point(ctx context.Context, p Pointer, x, y float64) error {
	kind, ok := map[Pointer]input.DispatchMouseEventType{
		PointerMove: input.DispatchMouseEventTypeMouseMoved, PointerDown: input.DispatchMouseEventTypeMousePressed, PointerUp: input.DispatchMouseEventTypeMouseReleased,
	}[p]
	if !ok {
		return fmt.Errorf("pass pointer on: %q is not move, down or up", p)
	}
	t.mu.Lock()
	t.held = p == PointerDown || t.held && p == PointerMove
	t.mu.Unlock()
	return t.mouse(ctx, kind, aimed{X: x, Y: y})
}

// Type passes a person's typing on to the element that has the focus. "\r"
// is the Enter key, "\t" Tab, "\b" Backspace.
func (t *Tab) Type(ctx context.Context, keys string) error {
	return t.do(ctx, "type", func(op context.Context) error { return chromedp.Do(op, chromedp.KeyEvent(keys)) })
}
