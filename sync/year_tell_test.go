package sync

import (
	"context"
	"fmt"
	"strings"

	"countermand/state"
	"countermand/supplier"
)

var _ supplier.Messenger = yearClient{}

// texts words each message anew, so that one worded twice is seen.
func (y *year) texts(kind state.EffectKind, c state.Case) ([]string, error) {
	y.ids++
	return []string{fmt.Sprintf("%s en %s %d", kind, c.SupplierOrder, y.ids), fmt.Sprintf("%s zh %s %d", kind, c.SupplierOrder, y.ids)}, nil
}

// Message sends what does not stand there yet, and dies between two texts.
func (c yearClient) Message(ctx context.Context, req supplier.MessageRequest) (supplier.MessageResult, error) {
	r, err := c.Read(ctx, req.Number, false)
	if err != nil {
		return supplier.MessageResult{}, err
	}
	if err := req.Guard(r); err != nil {
		return supplier.MessageResult{Outcome: supplier.MessageWrongOrder, Detail: err.Error()}, nil
	}
	o := c.orders[req.Number]
	missing := 0
	for _, text := range req.Texts {
		if !o.tells[text] {
			missing++
		}
	}
	if missing == 0 {
		return supplier.MessageResult{Outcome: supplier.MessageAlready}, nil
	}
	if req.Observe {
		return supplier.MessageResult{Outcome: supplier.MessageObserved}, nil
	}
	for _, text := range req.Texts {
		o.cut[text] = !o.tells[text] // until it is sent
	}
	if err := req.Dispatch(ctx); err != nil {
		clear(o.cut)
		return supplier.MessageResult{Outcome: supplier.MessageFailed, Detail: err.Error()}, nil
	}
	for _, text := range req.Texts {
		c.y.store.dieHere("before a message")
		o.tells[text], o.cut[text] = true, false
		c.y.store.dieHere("after a message")
	}
	if c.rng.IntN(30) == 0 {
		return supplier.MessageResult{Outcome: supplier.MessageUnclear, Detail: "it does not show"}, nil
	}
	return supplier.MessageResult{Outcome: supplier.MessageSent, Sent: missing}, nil
}

// told: a supplier reads each message once, and none that is not about its
// order.
func (y *year) told(c state.Case, o *yearOrder) {
	if y.mode == Observe && len(o.tells) > 0 {
		wrong("case %s: wrote to the supplier in mode observe", c.ID)
	}
	count := map[string]int{}
	for text := range o.tells {
		var kind, lang, number string
		var id int
		if _, err := fmt.Sscan(text, &kind, &lang, &number, &id); err != nil {
			wrong("a message that nobody worded: %q", text)
		}
		if number != o.number {
			wrong("order %s was told %q", o.number, text)
		}
		if count[kind+lang]++; count[kind+lang] > len(o.owners) { // of two shop orders that name it each may write
			wrong("order %s was told twice: %v%s", o.number, o.tells, y.tale(c))
		}
	}
	for kind := range c.Told {
		if o.cutOff(kind) {
			continue // a person was told to look
		}
		if count[string(kind)+"en"] == 0 || count[string(kind)+"zh"] == 0 {
			wrong("case %s says that %s was sent; the supplier has %v", c.ID, kind, o.tells)
		}
	}
}

// cutOff tells whether the daemon died over a message and left a text unsent.
func (o *yearOrder) cutOff(kind state.EffectKind) bool {
	for text, unsent := range o.cut {
		if unsent && strings.HasPrefix(text, string(kind)+" ") {
			return true
		}
	}
	return false
}
