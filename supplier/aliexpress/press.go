package aliexpress

import (
	"context"
	"errors"
	"slices"

	"countermand/state"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// click is the only function that clicks. The element is checked at the last
// moment, when the pointer is already on it.
func (c *Client) click(ctx context.Context, tab *chrome.Tab, e site.Element, a site.Allowance) error {
	return tab.Click(ctx, ref(e), func(now chrome.Element) error {
		if err := c.p.CheckClick(element(now), a); err != nil {
			return err
		}
		// The gate must know of it before the page does.
		return c.gate.press(tab, a.Press, a.About)
	})
}

// press clicks an element once it is free.
func (c *Client) press(ctx context.Context, tab *chrome.Tab, e site.Element, a site.Allowance) error {
	if _, err := c.reach(ctx, tab, e); err != nil {
		return err
	}
	err := c.click(ctx, tab, e, a)
	if !errors.Is(err, chrome.ErrCovered) {
		return err
	}
	// It came between the look and the click; nothing was pressed.
	if _, err := c.reach(ctx, tab, e); err != nil {
		return err
	}
	return c.click(ctx, tab, e, a)
}

// unclickable tells whether an error means that an element could not be clicked.
func unclickable(err error) bool {
	return slices.ContainsFunc([]error{chrome.ErrCovered, chrome.ErrDisabled, chrome.ErrHidden, chrome.ErrStale, chrome.ErrNotFound}, func(kind error) bool {
		return errors.Is(err, kind)
	})
}

// commitment is a click by which a page may ask the supplier for something.
type commitment struct {
	// name is that of the evidence kept before it.
	name  string
	el    site.Element
	allow site.Allowance
	// still tells whether the page is still the one that it was decided on.
	still func(context.Context, site.Sight) error
}

// commit makes a click by which the page may ask, in the one order of steps of
// all flows: the element is free and allowed, evidence is kept, the page is
// checked, the click is made. What leaves then, the gate decides.
func (s *scene) commit(ctx context.Context, p commitment) error {
	err := s.commitOnce(ctx, p)
	if errors.Is(err, chrome.ErrCovered) {
		// It came between the look and the press; nothing was pressed.
		err = s.commitOnce(ctx, p)
	}
	if errors.Is(err, site.ErrTooManyPresses) {
		return s.unknown(ctx, err.Error())
	}
	return err
}

func (s *scene) commitOnce(ctx context.Context, p commitment) error {
	now, err := s.c.reach(ctx, s.tab, p.el)
	if err == nil {
		err = s.c.p.CheckClick(now, p.allow)
	}
	if err != nil {
		return err
	}
	if err := s.keep(ctx, p.name); err != nil {
		return end(state.AskFailed, "%v%s", err, s.sofar())
	}
	if err := s.check(ctx, p); err != nil {
		return err
	}
	s.did("presses "+p.allow.What, p.el.Text+" "+p.el.Selector)
	return s.c.click(ctx, s.tab, p.el, p.allow)
}

// check makes sure that the page is still the one that a click was decided on.
func (s *scene) check(ctx context.Context, p commitment) error {
	now, err := s.look(ctx)
	if err != nil {
		return err
	}
	if err = p.still(ctx, now); err != nil {
		s.keepQuietly(ctx, "page-turned")
	}
	return err
}

// write puts text into an empty field, or in place of what it proposes.
func (s *scene) write(ctx context.Context, field site.Element, text string) error {
	if err := s.c.press(ctx, s.tab, field, site.Allowance{What: "a text field", Form: true, Press: s.touch}); err != nil {
		return err
	}
	return s.tab.Insert(ctx, ref(field), text)
}

// pick opens a drop-down and chooses one of the offered reasons. Neither click
// reaches the supplier.
func (s *scene) pick(ctx context.Context, list, options string, choice site.Offer, chosen func(site.Sight) bool) error {
	v, err := s.expect(ctx, "a drop-down of reasons", func(v site.Sight) bool { return len(v.Shown(list)) > 0 })
	if err != nil {
		return err
	}
	if n := len(v.Shown(list)); n != 1 {
		return s.unknown(ctx, "the form shows several drop-downs")
	}
	if err := s.c.press(ctx, s.tab, v.Shown(list)[0], site.Allowance{What: "the reasons", Form: true, Press: s.touch}); err != nil {
		return err
	}
	v, err = s.expect(ctx, "the reason "+site.Quoted(choice.Text)+" once", func(v site.Sight) bool {
		_, ok := v.Option(options, choice)
		return ok
	})
	if err == nil {
		err = s.pace(ctx)
	}
	if err != nil {
		return err
	}
	option, _ := v.Option(options, choice)
	s.did("chooses the reason", option.Text+" "+option.Selector)
	if err := s.c.press(ctx, s.tab, option, site.Allowance{What: "the reason", Captions: site.Texts{"": {choice.Text}}, Form: true, Press: s.touch}); err != nil {
		return err
	}
	_, err = s.expect(ctx, "the reason "+site.Quoted(choice.Text)+" as chosen", chosen)
	return err
}
