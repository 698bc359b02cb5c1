package aliexpress

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
)

var _ supplier.Messenger = (*Client)(nil)

// letter is one attempt to write to a seller.
type letter struct {
	scene
	req  supplier.MessageRequest
	sent int
	// before is how many of our messages stood there when the first was sent,
	// due how many were to be sent.
	before, due int
}

// Message writes to the seller of an order what does not stand there yet.
func (c *Client) Message(ctx context.Context, req supplier.MessageRequest) (supplier.MessageResult, error) {
	op := "message the seller of order " + req.Number
	ms := c.p.Messages.Selectors
	if len(ms.Input) == 0 || len(ms.Send) == 0 || len(ms.List) == 0 {
		return supplier.MessageResult{}, c.fail(ctx, op, lacks("where messages are written (messages)"))
	}
	limited, cancel := context.WithTimeout(ctx, c.o.CancelTimeout)
	defer cancel()
	tab, err := c.begin(limited)
	if err != nil {
		return supplier.MessageResult{}, c.fail(limited, op, err)
	}
	c.o.Hosts.Also = c.p.Messages.Hosts
	defer func() { c.o.Hosts.Also = nil }()
	l := &letter{scene: scene{c: c, tab: tab, number: req.Number, caseID: req.CaseID, mark: req.Dispatch, pace: c.o.Pace}, req: req}
	defer func() { l.leave(ctx) }()
	err = l.run(limited)
	if l.marked {
		return l.conclude(ctx, err), nil
	}
	s, err := c.asStop(limited, op, err)
	if err != nil {
		if e, ok := errors.AsType[*supplier.Error](err); ok {
			e.Evidence = append(e.Evidence, l.evidence...)
		}
		return supplier.MessageResult{}, err
	}
	return l.result(supplier.MessageOutcome(s.outcome), s.detail), nil
}

func (l *letter) result(o supplier.MessageOutcome, detail string) supplier.MessageResult {
	return supplier.MessageResult{Outcome: o, Detail: detail, Sent: l.sent, Evidence: l.evidence}
}

func (l *letter) run(ctx context.Context) error {
	err := l.enter(ctx, func(d site.Detail) error {
		if l.req.Guard != nil {
			if err := l.req.Guard(d.Reading); err != nil {
				return halt(supplier.MessageWrongOrder, "%v; nothing was sent", err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	standing, err := l.open(ctx)
	if err != nil {
		return err
	}
	var missing []string
	for _, t := range l.req.Texts {
		if !slices.Contains(standing, site.Fold(t)) && site.Fold(t) != "" {
			missing = append(missing, t)
		}
	}
	switch {
	case len(missing) == 0:
		l.witness(ctx, "message-stands")
		return halt(supplier.MessageAlready, "the message stands there already; nothing was typed")
	case l.req.Observe:
		return halt(supplier.MessageObserved, "would send: %s", strings.Join(missing, " / "))
	}
	l.before, l.due = len(standing), len(missing)
	for _, t := range missing {
		if err := l.say(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// open goes to the order's own message page and gives what we wrote there.
func (l *letter) open(ctx context.Context) ([]string, error) {
	address, err := l.c.o.Hosts.Address(l.detail.Connect)
	if err != nil {
		return nil, halt(supplier.MessageUnknown, "%v; nothing was sent", err)
	}
	if err := l.pace(ctx); err != nil {
		return nil, err
	}
	if err := l.tab.Navigate(ctx, address); err != nil {
		return nil, err
	}
	v, err := l.page(ctx)
	if err != nil {
		return nil, err
	}
	return mine(v), nil
}

func (l *letter) queries() map[string]site.Query {
	s := l.c.p.Messages.Selectors
	return map[string]site.Query{
		"order": {Selectors: s.Order}, "store": {Selectors: s.Store}, "list": {Selectors: s.List}, "mine": {Selectors: s.Mine}, "theirs": {Selectors: s.Theirs},
		"empty": {Selectors: s.Empty}, "input": {Selectors: s.Input}, "send": {Selectors: s.Send},
	}
}

// page waits for the messages that stand there: without them nobody knows
// what was said already. Two looks must show the same.
func (l *letter) page(ctx context.Context) (site.View, error) {
	before := []string{"?"}
	v, ok, err := l.c.sees(ctx, l.tab, l.queries(), func(v site.View) bool {
		now := append(mine(v), fmt.Sprint(len(v.Found["list"])))
		same := slices.Equal(before, now)
		before = now
		// Any other text may say that the list is still on its way.
		told := len(v.Found["mine"]) > 0 || len(v.Found["theirs"]) > 0 || len(v.Shown("empty")) > 0
		return same && told && len(v.Shown("input")) == 1
	})
	if err != nil {
		return v, err
	}
	if !ok {
		l.witness(ctx, "unknown-page")
		return v, halt(supplier.MessageUnknown, "the message page is not known (messages.selectors); nothing was sent")
	}
	return v, l.right(v)
}

// right tells whether the page writes to this order's seller: by the order's
// number, or else by the store's name.
func (l *letter) right(v site.View) error {
	if text := v.TextOf("order"); text != "" {
		if site.NumberIn(text) == l.number {
			return nil
		}
		return halt(supplier.MessageWrongOrder, "the message page is about %s; nothing was sent", site.Quoted(site.Clip(text)))
	}
	if store := v.TextOf("store"); store != "" && site.Fold(store) == site.Fold(l.detail.Reading.Store) {
		return nil
	}
	return halt(supplier.MessageWrongOrder, "the message page shows neither order %s nor its store; nothing was sent", l.number)
}

// mine gives our own messages, folded.
func mine(v site.View) []string {
	var out []string
	for _, e := range v.Found["mine"] {
		out = append(out, site.Fold(e.Text))
	}
	return out
}

// say types one text and sends it.
func (l *letter) say(ctx context.Context, text string) error {
	if err := l.pace(ctx); err != nil {
		return err
	}
	v, err := l.page(ctx)
	if err != nil {
		return err
	}
	field := v.Shown("input")[0]
	draft, err := l.tab.Value(ctx, ref(field))
	if err != nil {
		return err
	}
	if strings.TrimSpace(draft) != "" {
		return halt(supplier.MessageFailed, "the field holds a draft, %s; nothing was sent", site.Quoted(site.Clip(draft)))
	}
	if err := l.c.write(ctx, l.tab, field, text); err != nil {
		return err
	}
	standing := mine(v)
	send, err := l.button(ctx, text, standing)
	if err != nil {
		return err
	}
	if err := l.c.press(ctx, l.tab, send, site.Allowance{What: "Send", Captions: l.c.p.Messages.SendCaptions, Form: true}); err != nil {
		return err
	}
	// The site may show it otherwise, with its digits masked or a link made.
	_, ok, err := l.c.sees(ctx, l.tab, l.queries(), func(v site.View) bool { return len(mine(v)) > len(standing) })
	if err == nil && !ok {
		err = errors.New("the message does not show after Send")
	}
	if err == nil {
		l.sent++
	}
	return err
}

// button makes sure of the page once more, keeps evidence and sets the mark;
// what follows is the click.
func (l *letter) button(ctx context.Context, text string, standing []string) (site.Element, error) {
	captions := l.c.p.Messages.SendCaptions
	isSend := func(e site.Element) bool { return e.Enabled && captions.Is(e.Text) }
	v, ok, err := l.c.sees(ctx, l.tab, l.queries(), func(v site.View) bool {
		_, why := v.Only("send", isSend)
		return why == ""
	})
	if err != nil {
		return site.Element{}, err
	}
	if !ok {
		l.witness(ctx, "unknown-page")
		return site.Element{}, halt(supplier.MessageUnknown, "the message page shows no button to send (messages.send_captions); nothing was sent")
	}
	if err := l.right(v); err != nil {
		return site.Element{}, err
	}
	send, _ := v.Only("send", isSend)
	if send, err = l.c.reach(ctx, l.tab, send); err != nil {
		return send, err
	}
	if held, err := l.tab.Value(ctx, ref(v.Shown("input")[0])); err != nil || held != text {
		return send, errors.Join(err, halt(supplier.MessageFailed, "the field holds %s instead of the message; nothing was sent", site.Quoted(site.Clip(held))))
	}
	if err := l.keep(ctx, "before-send"); err != nil {
		return send, halt(supplier.MessageFailed, "%v; nothing was sent", err)
	}
	if err := l.same(ctx, standing); err != nil {
		return send, err
	}
	if err := l.dispatch(ctx); err != nil {
		return send, halt(supplier.MessageFailed, "the mark could not be stored: %v; nothing was sent", err)
	}
	return send, l.same(ctx, standing)
}

// same makes sure that the page is yet this order's and that nothing came to
// stand there meanwhile: it may be the very text.
func (l *letter) same(ctx context.Context, standing []string) error {
	v, err := see(ctx, l.tab, l.queries())
	if err != nil {
		return err
	}
	if !slices.Equal(mine(v), standing) {
		return halt(supplier.MessageFailed, "the messages that stand there changed before Send; it was not clicked")
	}
	return l.right(v)
}

// conclude loads the page afresh and says what stands there.
func (l *letter) conclude(ctx context.Context, cause error) supplier.MessageResult {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.c.o.FinalTimeout)
	defer cancel()
	why := "all texts were sent"
	if cause != nil {
		why = cause.Error()
		l.c.revive(ctx, cause)
	}
	tab, err := l.c.page(ctx)
	if err == nil {
		// A person would look at once, too.
		l.tab, l.pace = tab, func(context.Context) error { return nil }
		var standing []string
		if standing, err = l.open(ctx); err == nil {
			l.witness(ctx, "after-send")
			for _, t := range l.req.Texts {
				if !slices.Contains(standing, site.Fold(t)) && len(standing) < l.before+l.due {
					err = fmt.Errorf("%s does not stand there", site.Quoted(site.Clip(t)))
				}
			}
		}
	}
	if err != nil {
		return l.result(supplier.MessageUnclear, why+"; read again: "+err.Error())
	}
	l.sent = len(l.req.Texts)
	return l.result(supplier.MessageSent, "read again: as many messages as were sent stand there")
}
