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
	c.o.Hosts.Also = c.p.Messages.Hosts
	defer func() { c.o.Hosts.Also = nil }()
	l := &letter{req: req, scene: scene{
		c: c, number: req.Number, caseID: req.CaseID, what: "sent", part: "messages", guard: req.Guard, store: req.Dispatch, more: c.p.MessageQueries(),
	}}
	l.right = func(s site.Sight) error {
		if why := s.MessagesOf(l.number, l.detail.Reading.Store); why != "" {
			return end(supplier.MessageWrongOrder, "%s%s", why, l.sofar())
		}
		return nil
	}
	v, err := l.play(ctx, op, l)
	if err != nil {
		return supplier.MessageResult{}, err
	}
	return supplier.MessageResult{Outcome: supplier.MessageOutcome(v.outcome), Detail: v.detail, Sent: l.sent, Evidence: l.evidence}, nil
}

func (l *letter) run(ctx context.Context) error {
	if err := l.enter(ctx); err != nil {
		return err
	}
	standing, err := l.open(ctx)
	if err != nil {
		return err
	}
	missing := site.Missing(l.req.Texts, standing)
	switch {
	case len(missing) == 0:
		l.witness(ctx, "message-stands")
		return end(supplier.MessageAlready, "the message stands there already; nothing was typed")
	case l.req.Observe:
		return end(supplier.MessageObserved, "would send: %s", strings.Join(missing, " / "))
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
	if err := l.visit(ctx, l.detail.Connect); err != nil {
		return nil, err
	}
	s, err := l.page(ctx)
	return s.Mine(), err
}

// page waits for the messages that stand there: without them nobody knows
// what was said already. Two looks must show the same.
func (l *letter) page(ctx context.Context) (site.Sight, error) {
	before := []string{"?"}
	return l.expect(ctx, "what stands there already", func(s site.Sight) bool {
		now := append(s.Mine(), fmt.Sprint(len(s.Found["list"])))
		same := slices.Equal(before, now)
		before = now
		// Any other text may say that the list is still on its way.
		told := len(s.Found["mine"]) > 0 || len(s.Found["theirs"]) > 0 || len(s.Shown("empty")) > 0
		return same && told && len(s.Shown("input")) == 1
	})
}

// say types one text and sends it.
func (l *letter) say(ctx context.Context, text string) error {
	if err := l.pace(ctx); err != nil {
		return err
	}
	s, err := l.page(ctx)
	if err != nil {
		return err
	}
	field, standing := s.Shown("input")[0], s.Mine()
	draft, err := l.tab.Value(ctx, ref(field))
	if err != nil {
		return err
	}
	if strings.TrimSpace(draft) != "" {
		return end(supplier.MessageFailed, "the field holds a draft, %s%s", site.Quoted(site.Clip(draft)), l.sofar())
	}
	if err := l.write(ctx, field, text); err != nil {
		return err
	}
	allow := site.Allowance{What: "Send", Captions: l.c.p.Messages.SendCaptions, Form: true}
	s, err = l.expect(ctx, "a button to send", func(s site.Sight) bool { return s.Has("send", allow) })
	if err != nil {
		return err
	}
	// Nothing may have come to stand there meanwhile: it may be the very text.
	still := func(ctx context.Context, s site.Sight) error {
		if !slices.Equal(s.Mine(), standing) {
			return end(supplier.MessageFailed, "the messages that stand there changed before Send; it was not clicked")
		}
		held, err := l.tab.Value(ctx, ref(field))
		switch {
		case err != nil:
			return err
		case held != text:
			return end(supplier.MessageFailed, "the field holds %s instead of the message%s", site.Quoted(site.Clip(held)), l.sofar())
		}
		return l.right(s)
	}
	send, _ := s.Button("send", allow)
	if err = l.commit(ctx, commitment{name: "before-send", el: send, allow: allow, still: still}); err != nil {
		return err
	}
	// The site may show it otherwise, with its digits masked or a link made.
	if _, err = l.expect(ctx, "the message after Send", func(s site.Sight) bool { return len(s.Mine()) > len(standing) }); err == nil {
		l.sent++
	}
	return err
}

// conclude loads the page afresh and says what stands there.
func (l *letter) conclude(ctx context.Context, cause error) error {
	why := "all texts were sent"
	if cause != nil {
		why = cause.Error()
	}
	var standing []string
	var err error
	if l.tab, err = l.c.page(ctx); err == nil {
		standing, err = l.open(ctx)
	}
	if err != nil {
		return end(supplier.MessageUnclear, "%s; read again: %v", why, err)
	}
	l.witness(ctx, "after-send")
	if missing := site.Missing(l.req.Texts, standing); len(missing) > 0 && len(standing) < l.before+l.due {
		return end(supplier.MessageUnclear, "%s; read again: %s does not stand there", why, site.Quoted(site.Clip(missing[0])))
	}
	l.sent = len(l.req.Texts)
	return end(supplier.MessageSent, "read again: as many messages as were sent stand there")
}
