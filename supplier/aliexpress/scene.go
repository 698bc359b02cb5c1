package aliexpress

import (
	"context"
	"errors"
	"fmt"

	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// sees looks until the elements are as wanted or the step's time is over;
// what stops the account's work is its error. ok tells whether they are.
func (c *Client) sees(ctx context.Context, tab *chrome.Tab, queries map[string]site.Query, good func(site.View) bool) (v site.View, ok bool, err error) {
	step, cancel := context.WithTimeout(ctx, c.o.StepTimeout)
	defer cancel()
	err = tab.WaitFor(step, "wait for the page", func(ctx context.Context) (bool, error) {
		s, err := c.look(ctx, tab)
		if err == nil {
			err = s.Barrier()
		}
		if err != nil {
			return false, err
		}
		now, err := see(ctx, tab, queries)
		if err != nil {
			return false, err // the last good look stands
		}
		v = now
		return good(v), nil
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return v, false, nil
	}
	return v, err == nil, err
}

// scene is one order's page beside the cancel flow: the messages, a dispute.
type scene struct {
	c              *Client
	tab            *chrome.Tab
	number, caseID string
	mark, pace     func(context.Context) error
	detail         site.Detail
	evidence       []string
	// marked: the mark is on disk; from here on the answer is an outcome.
	marked bool
}

// stop ends a scene: with an outcome's words, before anything was sent.
type stop struct {
	outcome string
	detail  string
}

func (s stop) Error() string { return s.detail }

func halt[T ~string](outcome T, format string, args ...any) error {
	return stop{string(outcome), fmt.Sprintf(format, args...)}
}

// enter reads the order, asks the guard and gives what its page says.
func (s *scene) enter(ctx context.Context, guard func(site.Detail) error) error {
	// Evidence should show what a person would have seen.
	if err := s.tab.SetBlocking(ctx, false); err != nil {
		return err
	}
	d, err := s.c.readDetail(ctx, s.tab, s.number, s.pace)
	if err != nil {
		return err
	}
	s.detail = d
	return guard(d)
}

func (s *scene) leave(ctx context.Context) {
	s.c.tidy(ctx)
}

func (s *scene) keep(ctx context.Context, name string) error {
	refs, err := s.c.keep(ctx, s.tab, s.caseID, s.number, name, nil)
	s.evidence = append(s.evidence, refs...)
	return err
}

// witness keeps evidence where its lack must not change the outcome.
func (s *scene) witness(ctx context.Context, name string) {
	if err := s.keep(ctx, name); err != nil {
		s.c.o.Log.Warn().Err(err).Str("order", s.number).Msg("evidence was not kept")
	}
}

// dispatch sets the mark once.
func (s *scene) dispatch(ctx context.Context) error {
	if s.marked {
		return nil
	}
	if s.mark != nil {
		if err := s.mark(ctx); err != nil {
			return err
		}
	}
	s.marked = true
	return nil
}

// write puts text into an empty field, or in place of what it proposes.
func (c *Client) write(ctx context.Context, tab *chrome.Tab, field site.Element, text string) error {
	if err := c.press(ctx, tab, field, site.Allowance{What: "a text field", Form: true}); err != nil {
		return err
	}
	return tab.Insert(ctx, ref(field), text)
}

// asError gives a stop its outcome, and everything else its kind.
func (c *Client) asStop(ctx context.Context, op string, err error) (stop, error) {
	if s, ok := errors.AsType[stop](err); ok {
		return s, nil
	}
	if supplier.KindOf(err) == "" && unclickable(err) {
		return stop{"failed", err.Error() + "; nothing was sent"}, nil
	}
	if supplier.KindOf(err) == supplier.WrongOrder {
		return stop{"wrong_order", err.Error()}, nil
	}
	return stop{}, c.fail(ctx, op, err)
}
