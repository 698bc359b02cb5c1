package aliexpress

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
)

var _ supplier.Messenger = (*Client)(nil)

// messageFlow is one attempt to write to a seller.
type messageFlow struct {
	scene
	req  supplier.MessageRequest
	sent int
	// before is how many of our messages stood there when the first was sent,
	// due how many were to be sent.
	before, due int
}

// Message sends those of the texts to an order's seller that were not sent yet.
func (c *Client) Message(ctx context.Context, req supplier.MessageRequest) (supplier.MessageResult, error) {
	op := "message the seller of order " + req.Number
	ms := c.p.Messages.Selectors
	if len(ms.Input) == 0 || len(ms.Send) == 0 || len(ms.List) == 0 {
		return supplier.MessageResult{}, c.fail(ctx, op, lacks("where messages are written (messages)"))
	}
	c.o.Hosts.Also = c.p.Messages.Hosts
	defer func() { c.o.Hosts.Also = nil }()
	f := &messageFlow{req: req, scene: scene{
		c: c, number: req.Number, caseID: req.CaseID, what: "sent", part: "messages", kind: site.KindMessage, touch: site.PressOpening, guard: req.Guard, store: req.Dispatch, more: c.p.MessageQueries(),
	}}
	f.right = func(s site.Sight) error {
		if why := s.MessagesOf(f.number, f.detail.Reading.Store); why != "" {
			return end(supplier.MessageWrongOrder, "%s%s", why, f.sofar())
		}
		return nil
	}
	v, err := f.runFlow(ctx, op, f)
	if err != nil {
		return supplier.MessageResult{}, err
	}
	return supplier.MessageResult{Outcome: supplier.MessageOutcome(v.outcome), Detail: v.detail, Sent: f.sent, Evidence: f.evidence}, nil
}

func (f *messageFlow) run(ctx context.Context) error {
	if err := f.enter(ctx); err != nil {
		return err
	}
	standing, err := f.open(ctx)
	if err != nil {
		return err
	}
	missing := site.UnsentTexts(f.req.Texts, standing)
	switch {
	case len(missing) == 0:
		f.keepQuietly(ctx, "message-stands")
		return end(supplier.MessageAlready, "the message was sent before; nothing was typed")
	case f.req.Observe:
		return end(supplier.MessageObserved, "would send: %s", strings.Join(missing, " / "))
	}
	f.before, f.due = len(standing), len(missing)
	f.decide(ctx, func(t *site.Ticket) { t.Texts = missing })
	for _, t := range missing {
		if err := f.say(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// open goes to the order's message page and returns the messages that we sent.
func (f *messageFlow) open(ctx context.Context) ([]string, error) {
	if err := f.visit(ctx, f.detail.Connect); err != nil {
		return nil, err
	}
	s, err := f.page(ctx)
	return s.OwnMessages(), err
}

// page waits until the sent messages are shown: without them it is not known
// what was sent already. Two looks must show the same.
func (f *messageFlow) page(ctx context.Context) (site.Sight, error) {
	before := []string{"?"}
	return f.expect(ctx, "what stands there already", func(s site.Sight) bool {
		now := append(s.OwnMessages(), fmt.Sprint(len(s.Found["list"])))
		same := slices.Equal(before, now)
		before = now
		// Any other text may say that the list is still on its way.
		told := len(s.Found["mine"]) > 0 || len(s.Found["theirs"]) > 0 || len(s.Shown("empty")) > 0
		return same && told && len(s.Shown("input")) == 1
	})
}

// say types one text and sends it.
func (f *messageFlow) say(ctx context.Context, text string) error {
	if err := f.pace(ctx); err != nil {
		return err
	}
	s, err := f.page(ctx)
	if err != nil {
		return err
	}
	f.c.gate.judged(f.tab, f.number)
	field, standing := s.Shown("input")[0], s.OwnMessages()
	draft, err := f.tab.Value(ctx, ref(field))
	if err != nil {
		return err
	}
	if strings.TrimSpace(draft) != "" {
		return end(supplier.MessageFailed, "the field holds a draft, %s%s", site.Quoted(site.Clip(draft)), f.sofar())
	}
	if err := f.write(ctx, field, text); err != nil {
		return err
	}
	allow := site.Allowance{What: "Send", Captions: f.c.p.Messages.SendCaptions, Form: true, Press: site.PressCommits, About: site.KindMessage}
	s, err = f.expect(ctx, "a button to send", func(s site.Sight) bool { return s.Has("send", allow) })
	if err != nil {
		return err
	}
	// A message that appeared meanwhile may be this very text.
	still := func(ctx context.Context, s site.Sight) error {
		if !slices.Equal(s.OwnMessages(), standing) {
			return end(supplier.MessageFailed, "the messages on the page changed before Send; it was not clicked")
		}
		held, err := f.tab.Value(ctx, ref(field))
		switch {
		case err != nil:
			return err
		case held != text:
			return end(supplier.MessageFailed, "the field holds %s instead of the message%s", site.Quoted(site.Clip(held)), f.sofar())
		}
		return f.right(s)
	}
	send, _ := s.Button("send", allow)
	if err = f.commit(ctx, commitment{name: "before-send", el: send, allow: allow, still: still}); err != nil {
		return err
	}
	// The site may show it otherwise, with its digits masked or a link made.
	if _, err = f.expect(ctx, "the message after Send", func(s site.Sight) bool { return len(s.OwnMessages()) > len(standing) }); err == nil {
		f.sent++
	}
	return err
}

// conclude loads the page again and says which messages are shown.
func (f *messageFlow) conclude(ctx context.Context, cause error) error {
	why := "all texts were sent"
	if cause != nil {
		why = cause.Error()
	}
	var standing []string
	var err error
	if f.tab, err = f.c.page(ctx); err == nil {
		standing, err = f.open(ctx)
	}
	if err != nil {
		return end(supplier.MessageUnclear, "%s; read again: %v", why, err)
	}
	f.keepQuietly(ctx, "after-send")
	if missing := site.UnsentTexts(f.req.Texts, standing); len(missing) > 0 && len(standing) < f.before+f.due {
		return end(supplier.MessageUnclear, "%s; read again: %s is not among the sent messages", why, site.Quoted(site.Clip(missing[0])))
	}
	f.sent = len(f.req.Texts)
	return end(supplier.MessageSent, "read again: as many new messages are shown as were sent")
}
