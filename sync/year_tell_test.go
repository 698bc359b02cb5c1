package sync

import (
	"context"
	"fmt"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/sync/machine"
)

var _ supplier.Messenger = yearClient{}

// yearSent is one text that a supplier got.
type yearSent struct {
	kind state.EffectKind
	lang string
	id   string // of the case
	at   time.Time
}

func yearSentOf(text string) (s yearSent, number string) {
	var n int
	if _, err := fmt.Sscan(text, &s.kind, &s.lang, &number, &s.id, &n); err != nil {
		wrong("a message that nobody worded: %q", text)
	}
	return s, number
}

// texts words each message anew, so that one worded twice is seen.
func (y *year) texts(kind state.EffectKind, c state.Case) ([]string, error) {
	y.ids++
	return []string{fmt.Sprintf("%s en %s %s %d", kind, c.SupplierOrder, c.ID, y.ids), fmt.Sprintf("%s zh %s %s %d", kind, c.SupplierOrder, c.ID, y.ids)}, nil
}

// Message sends what does not stand there yet, and dies between two texts. A
// site that shows texts otherwise than they were written never finds them.
func (c yearClient) Message(ctx context.Context, req supplier.MessageRequest) (supplier.MessageResult, error) {
	o := c.orders[req.Number]
	for _, text := range req.Texts {
		s, _ := yearSentOf(text)
		o.tried[s.id+string(s.kind)] = true
	}
	r, err := c.look(req.Number, false)
	if supplier.KindOf(err) == supplier.UnknownPage {
		c.mute[c.account] = true
	}
	if err != nil {
		return supplier.MessageResult{}, err
	}
	if err := req.Guard(r); err != nil {
		return supplier.MessageResult{Outcome: supplier.MessageWrongOrder, Detail: err.Error()}, nil
	}
	missing := 0
	for _, text := range req.Texts {
		if !o.stands(text) {
			missing++
		}
	}
	if missing == 0 {
		return supplier.MessageResult{Outcome: supplier.MessageAlready}, nil
	}
	if req.Observe {
		return supplier.MessageResult{Outcome: supplier.MessageObserved}, nil
	}
	if err := req.Dispatch(ctx); err != nil {
		return supplier.MessageResult{Outcome: supplier.MessageFailed, Detail: err.Error()}, nil
	}
	for _, text := range req.Texts {
		if o.stands(text) {
			continue
		}
		c.y.store.dieHere("before a message")
		c.y.gets(o, text)
		c.y.store.dieHere("after a message")
	}
	if o.masks || c.rng.IntN(30) == 0 {
		return supplier.MessageResult{Outcome: supplier.MessageUnclear, Detail: "it does not show"}, nil
	}
	return supplier.MessageResult{Outcome: supplier.MessageSent, Sent: missing}, nil
}

// stands tells whether a text is found on the page.
func (o *yearOrder) stands(text string) bool { return o.tells[text] > 0 && !o.masks }

// gets is a text that a supplier gets: each once, of each case and kind one in
// each language, about its own order.
func (y *year) gets(o *yearOrder, text string) {
	s, number := yearSentOf(text)
	s.at = y.now
	if y.mode == machine.Observe {
		wrong("order %s: wrote to the supplier in mode observe", o.number)
	}
	if number != o.number {
		wrong("order %s was told %q", o.number, text)
	}
	if o.tells[text]++; o.tells[text] > 1 {
		wrong("order %s was told %q twice", o.number, text)
	}
	for _, before := range o.sends {
		if before.kind == s.kind && before.lang == s.lang && before.id == s.id {
			wrong("case %s: %s was sent %s and again %s", s.id, s.kind, machine.Stamp(before.at), machine.Stamp(s.at))
		}
	}
	o.sends = append(o.sends, s)
}

// yearWrites is how soon a message is written, its four tries included.
const yearWrites = 30 * time.Minute

// written: each message that is wanted reached the supplier, or a person was
// told that it may not have. What a case says of it is true.
func (t *yearTruth) written() {
	for _, s := range t.in(state.Requested) {
		t.wants(state.EffectMessageRequest, s, s.from, s.to)
	}
	for _, s := range t.in(state.Refused) {
		known, _ := t.number(s)
		if by := t.read(s.from, yearWrites); known.IsZero() || known.After(by) {
			t.wants(state.EffectMessageRefusal, s, s.from, s.to)
		}
		due := yearChinaDays(t.answered(s.from), 5)
		near := later(due.Add(-24*time.Hour), s.from)
		if by := t.read(near, yearWrites); known.IsZero() || known.After(by) {
			t.wants(state.EffectMessageProof, s, near, earlier(due, s.to))
		}
	}
	for kind := range t.c.MessagedAt {
		if !t.sent(kind) && !t.doubted(kind) {
			wrong("case %s says that %s was sent, and the supplier has %v%s", t.c.ID, kind, t.o.sends, t.y.tale(t.c))
		}
	}
}

// wants: the message is sent before the end, if there is time for it.
func (t *yearTruth) wants(kind state.EffectKind, s yearSpan, from, end time.Time) {
	by := t.read(from, yearWrites)
	if !from.Before(end) || !end.After(by) || t.y.mode == machine.Observe || t.sent(kind) || t.doubted(kind) {
		return
	}
	wrong("case %s is in this state since %s and %s was wanted from %s to %s; the supplier has %v, and nobody was told%s", t.c.ID, machine.Stamp(s.from), kind, machine.Stamp(from), machine.Stamp(by), t.o.sends, t.y.tale(t.c))
}

// doubted tells whether it was tried to write a message, or the account's page for
// it was not understood at some time, and a person told that it may not stand
// there.
func (t *yearTruth) doubted(kind state.EffectKind) bool {
	tried := t.o.tried[t.c.ID+string(kind)] || t.y.site.mute[t.o.account]
	return tried && len(t.s.raised[machine.AlertMessageUnsent]) > 0
}

// sent tells whether a message is there in both languages.
func (t *yearTruth) sent(kind state.EffectKind) bool {
	n := 0
	for _, s := range t.o.sends {
		if s.kind == kind && s.id == t.c.ID {
			n++
		}
	}
	return n >= 2
}
