package alert

import (
	"context"
	"fmt"
	"time"

	"countermand/state"
)

// Ack notes that a person has seen an alert: no more reminders. A second
// acknowledgement changes nothing. The error wraps state.ErrNotFound for an
// unknown id.
func (b *Outbox) Ack(ctx context.Context, id, who string) (state.Alert, error) {
	var out state.Alert
	err := b.o.Store.Update(ctx, func(tx state.Tx) error {
		a, err := tx.Alert(id)
		if err != nil {
			return err
		}
		out = a
		if !a.AckedAt.IsZero() {
			return nil
		}
		a.AckedAt, a.AckedBy = b.o.Now(), who
		if a.ResolvedAt.IsZero() {
			a.NextAt = time.Time{}
		}
		a.Rev, err = tx.PutAlert(a)
		out = a
		return err
	})
	if err != nil {
		return state.Alert{}, fmt.Errorf("acknowledge alert %s: %w", id, err)
	}
	return out, nil
}

// List gives the newest alerts, newest first, at most a thousand. open leaves
// out those that were acknowledged or resolved.
func (b *Outbox) List(ctx context.Context, open bool) ([]state.Alert, error) {
	var out []state.Alert
	err := b.o.Store.View(ctx, func(tx state.ReadTx) error {
		out = nil
		for a, err := range state.All(tx.Alerts) {
			if err != nil || len(out) == listed {
				return err
			}
			if !open || isOpen(a) {
				out = append(out, a)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list alerts: %w", err)
	}
	return out, nil
}

func isOpen(a state.Alert) bool { return a.AckedAt.IsZero() && a.ResolvedAt.IsZero() }

// eacher is a Sender that can tell how each of its channels did.
type eacher interface {
	SendEach(ctx context.Context, m Message) []Result
}

// Test sends a message to every channel at once, whatever the hour, and tells
// how each took it.
func (b *Outbox) Test(ctx context.Context) []Result {
	m := Message{
		Title: "countermand: test",
		Text:  "A test message, sent " + b.o.Now().In(b.o.Zone).Format(timeLayout) + ". Alerts reach you here.",
	}
	if s, ok := b.o.Send.(eacher); ok {
		return s.SendEach(ctx, m)
	}
	return []Result{{Channel: "1", Err: b.o.Send.Send(ctx, m)}}
}
