package chrome

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// ErrNotTaken: the field did not take what was put into it.
var ErrNotTaken = errors.New("the field did not take it")

// Value gives what stands in an input field, a text area or an editable
// element, white space as it is.
func (t *Tab) Value(ctx context.Context, el Element) (string, error) {
	var v struct {
		Why   string `json:"why"`
		Value string `json:"value"`
	}
	if err := t.call(ctx, "read field", &v, "value", el.Selector, el.Index); err != nil {
		return "", err
	}
	if v.Why != "" {
		return "", fmt.Errorf("read field %s: %w", el.Selector, ErrNotFound)
	}
	return v.Value, nil
}

// Insert puts text in place of what the field holds, as an input method does: no key
// is pressed, so a line break in the text sends nothing. The element must
// have the focus, and must hold exactly the text afterwards.
func (t *Tab) Insert(ctx context.Context, el Element, text string) error {
	var focused bool
	if err := t.call(ctx, "type", &focused, "focused", el.Selector, el.Index); err != nil {
		return err
	}
	if !focused {
		return fmt.Errorf("type into %s: %w: the cursor is elsewhere", el.Selector, ErrNotTaken)
	}
	err := t.do(ctx, "type", func(op context.Context) error {
		_, err := chromedp.Call(op, input.InsertText, input.InsertTextParams{Text: text})
		return err
	})
	if err != nil {
		return err
	}
	got, err := t.Value(ctx, el)
	if err == nil && got != text {
		err = fmt.Errorf("type into %s: %w: it holds %q", el.Selector, ErrNotTaken, clip(got))
	}
	return err
}

// Attach names local files to a file field, as choosing them in its dialog
// does. The page decides what becomes of them.
func (t *Tab) Attach(ctx context.Context, el Element, files ...string) error {
	args, err := json.Marshal(el.Selector)
	if err != nil {
		return fmt.Errorf("attach files: %w", err)
	}
	return t.do(ctx, "attach files", func(op context.Context) error {
		found, err := chromedp.Call(op, runtime.Evaluate, runtime.EvaluateParams{Expression: fmt.Sprintf("document.querySelectorAll(%s)[%d]", args, el.Index)})
		if err != nil {
			return err
		}
		if found.Result == nil || found.Result.ObjectID == "" {
			return ErrNotFound
		}
		_, err = chromedp.Call(op, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: files, ObjectID: found.Result.ObjectID})
		return err
	})
}

// Cover tells what lies over the middle of the element, "" where nothing
// does; which is the index of the first of the selectors that matches the
// cover or something around it, -1 where none does.
func (t *Tab) Cover(ctx context.Context, el Element, selectors ...string) (by string, which int, err error) {
	var v struct {
		By    string `json:"by"`
		Which int    `json:"which"`
	}
	err = t.call(ctx, "find cover", &v, "cover", el.Selector, el.Index, selectors)
	return v.By, v.Which, err
}

func clip(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}
