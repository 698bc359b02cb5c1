package sync

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/sync/machine"
)

// messageTries is how often a message is tried before a person is told to send it.
const messageTries = 4

// writeAgain is after what time an account's page for messages is tried again that
// was not understood. Until then a person writes.
const writeAgain = 24 * time.Hour

// maybeSent tells whether a message may have been sent by an attempt that never
// ended.
func maybeSent(f state.Effect) bool {
	return machine.IsMessage(f.Kind) && f.State == state.EffectDispatched
}

var errMaybeSent = errors.New("an attempt to write it was cut off, and the text is not found")

// message sends one message. Texts that the page already shows are not sent again,
// so an attempt that was interrupted before its mark is simply repeated. After
// the mark the page is only read: the site may show a text differently from how
// it was written, so one that is not found may have been sent all the same.
func (l *lane) message(ctx context.Context, f state.Effect) error {
	c, texts, from, err := l.beginMessage(ctx, f)
	if err != nil || len(texts) == 0 {
		return err
	}
	if !from.IsZero() {
		left := supplier.MessageResult{Outcome: supplier.MessageUnknown, Detail: "the page where messages are written was not understood; it is tried again from " + machine.Stamp(from)}
		if maybeSent(f) {
			left.Outcome = supplier.MessageUnclear
		}
		return l.endMessage(ctx, f, left, texts)
	}
	look, marked, lost := maybeSent(f), false, false
	res, err := l.account.Messenger.Message(ctx, supplier.MessageRequest{
		Number: c.SupplierOrder, CaseID: c.ID, Texts: texts, Observe: look,
		Guard: func(r state.Reading) error { return machine.RightOrder(c, r) },
		Dispatch: func(ctx context.Context) error {
			if lost = look; lost {
				return errMaybeSent
			}
			defer l.e.crash("message dispatch stored")
			err := l.markMessage(ctx, f)
			marked = marked || err == nil
			return err
		},
	})
	l.e.crash("message sent")
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		res = supplier.MessageResult{Outcome: supplier.MessageFailed, Detail: err.Error()}
	}
	if supplier.KindOf(err) == supplier.UnknownPage { // its cases tell
		res.Outcome, err = supplier.MessageUnknown, nil
	}
	if err := l.canWrite(ctx, res.Outcome); err != nil {
		return err
	}
	switch res.Outcome {
	case supplier.MessageSent, supplier.MessageAlready, supplier.MessageUnclear:
	case supplier.MessageObserved:
		res.Outcome, res.Detail = supplier.MessageUnclear, errMaybeSent.Error()
	default:
		if marked || lost || look && res.Outcome != supplier.MessageFailed {
			res.Outcome = supplier.MessageUnclear
		}
	}
	return errors.Join(l.endMessage(ctx, f, res, texts), err)
}

// beginMessage stores that the message is being sent. It returns no texts where the
// message is no longer needed; from is set where the page is not tried before then.
func (l *lane) beginMessage(ctx context.Context, f state.Effect) (c state.Case, texts []string, from time.Time, err error) {
	err = l.updateAccount(ctx, func(t *txn, a state.Account) error {
		texts, from = nil, time.Time{}
		if a.WriteFrom.After(t.now) {
			from = a.WriteFrom
		}
		now, err := t.Effect(f.ID)
		if missing(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if c, err = t.Case(f.CaseID); err != nil {
			return err
		}
		if _, told := c.MessagedAt[f.Kind]; !told && machine.MessageFits(c, f.Kind) && !c.Paused && l.account.Messenger != nil {
			if texts = now.Texts; len(texts) == 0 {
				if texts, err = l.e.o.Texts(f.Kind, c); err != nil {
					return fmt.Errorf("word the message: %w", err)
				}
			}
		}
		switch _, told := c.MessagedAt[f.Kind]; {
		case len(texts) == 0 && maybeSent(now) && !told:
			return t.endUncertainMessage(c, now)
		case len(texts) == 0:
			return t.DeleteEffect(f.ID)
		case !maybeSent(now):
			now.State = state.EffectStarted
		}
		now.StartedAt, now.Fence, now.Tries, now.Texts = t.now, l.fence, now.Tries+1, texts
		_, err = t.PutEffect(now)
		return err
	})
	if err != nil {
		return c, nil, from, fmt.Errorf("begin to write to the supplier of case %s: %w", f.CaseID, err)
	}
	return c, texts, from, nil
}

// canWrite keeps, with the account, whether its page for messages is understood.
func (l *lane) canWrite(ctx context.Context, how supplier.MessageOutcome) error {
	unknown := how == supplier.MessageUnknown
	if !unknown && how != supplier.MessageSent && how != supplier.MessageAlready {
		return nil
	}
	return l.updateAccount(context.WithoutCancel(ctx), func(t *txn, a state.Account) error {
		switch {
		case unknown:
			a.WriteFrom = t.now.Add(writeAgain)
		case a.WriteFrom.IsZero():
			return nil
		default:
			a.WriteFrom = time.Time{}
		}
		_, err := t.PutAccount(a)
		return err
	})
}

// endUncertainMessage ends a message whose attempt was interrupted after the mark and that
// is no longer needed: it must not be sent later as if it never had been.
func (t *txn) endUncertainMessage(c state.Case, f state.Effect) error {
	if err := t.DeleteEffect(f.ID); err != nil {
		return err
	}
	_, err := t.step(c, state.Event{Kind: state.EventMessaged, By: state.ByEngine, Messaged: &state.Messaged{
		Kind: f.Kind, Maybe: true, Texts: f.Texts, Detail: "an attempt to write it was cut off" + lookFirst,
	}})
	return err
}

const lookFirst = "; it may stand there all the same: look before you write it"

var errMessageOver = errors.New("the case was paused or went on meanwhile, so the message is not sent")

// markMessage stores the mark before the first text is sent.
func (l *lane) markMessage(ctx context.Context, f state.Effect) error {
	return l.update(ctx, func(t *txn) error {
		now, err := t.Effect(f.ID)
		if err != nil {
			return err
		}
		c, err := t.Case(f.CaseID)
		if err != nil {
			return err
		}
		if now.Fence != l.fence {
			return errFenced
		}
		if c.Paused || !machine.MessageFits(c, f.Kind) {
			return errMessageOver
		}
		now.State = state.EffectDispatched
		_, err = t.PutEffect(now)
		return err
	})
}

// endMessage stores the outcome, and postpones a message that may be tried again.
func (l *lane) endMessage(ctx context.Context, f state.Effect, res supplier.MessageResult, texts []string) error {
	ev := state.Event{Kind: state.EventMessaged, By: state.ByEngine, Evidence: res.Evidence, Messaged: &state.Messaged{Kind: f.Kind, Detail: res.Detail, Texts: texts}}
	again := false
	switch res.Outcome {
	case supplier.MessageSent, supplier.MessageAlready:
		ev.Messaged.Sent = true
	case supplier.MessageFailed:
		again = true
	case supplier.MessageUnclear:
		// The site may show a text otherwise than it was written, so that it
		// would never be found and be sent again and again.
		ev.Messaged.Maybe = true
	}
	return l.update(context.WithoutCancel(ctx), func(t *txn) error {
		now, err := t.Effect(f.ID)
		switch {
		case missing(err):
		case err != nil:
			return err
		case again && now.Tries < messageTries:
			if now.NotBefore = t.now.Add(machine.Backoff(now.Tries)); !maybeSent(f) {
				now.State = state.EffectPlanned
			}
			_, err = t.PutEffect(now)
			return err
		default:
			ev.Messaged.Maybe = ev.Messaged.Maybe || again && maybeSent(f)
			if err := t.endEffect(f); err != nil {
				return err
			}
		}
		if ev.Messaged.Maybe {
			ev.Messaged.Detail += lookFirst
		}
		return t.onCase(f.CaseID, func(c state.Case) error {
			_, err := t.step(c, ev)
			return err
		})
	})
}
