package app

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/robfig/cron/v3"

	"countermand/configs"
	"countermand/shop"
	"countermand/shop/shopify"
	"countermand/state"
)

// leastPoll bounds in real time how often a shop is asked what changed,
// however fast the clock runs: its budget is real.
const leastPoll = time.Second

// schedulePolls lets each shop tell what changed, for webhooks get lost and
// some machines cannot be reached by any.
func (a *App) schedulePolls() error {
	for _, s := range a.shops {
		r, err := shopify.NewReconciler(shopify.ReconcilerOptions{
			Shop: s.Name, Lister: s.Client, Sink: a.engine, Cursors: cursors{a.store}, LookBack: s.LookBack, Now: a.clock.Now,
			Tag: requestTag(s.Shop), Follows: func(ctx context.Context, id string) bool { return a.engine.Follows(ctx, s.Name, id) },
			Log: a.o.Log.With().Str("room", "polls").Logger(),
		})
		if err != nil {
			return fmt.Errorf("make the polls of shop %s: %w", s.Name, err)
		}
		a.cron.Schedule(every{a.clock, s.PollEvery, leastPoll}, cron.FuncJob(func() {
			ctx, cancel := context.WithTimeout(a.life, 10*time.Minute)
			defer cancel()
			if _, err := r.Poll(ctx); err != nil && a.life.Err() == nil {
				a.o.Log.Warn().Err(err).Str("shop", s.Name).Msg("shop not polled, tried again at the next tick")
			}
		}))
	}
	return nil
}

// requestTag is the tag by which an order asks for a cancel, empty where the
// shop's orders ask for none.
func requestTag(s configs.Shop) string {
	if !s.SupplierFirst.Enabled {
		return ""
	}
	return s.SupplierFirst.Tag
}

// since is the time before which a shop's cancels are history: its first start
// less the look-back.
func (a *App) since(ctx context.Context, s configs.Shop) (first time.Time, err error) {
	name := "first-start/" + s.Name
	err = a.store.Update(ctx, func(tx state.Tx) error {
		text, err := tx.Value(name)
		if err != nil {
			return err
		}
		if text == "" {
			first = a.clock.Now()
			return tx.PutValue(name, first.Format(time.RFC3339Nano))
		}
		first, err = time.Parse(time.RFC3339Nano, text)
		return err
	})
	if err != nil {
		return first, fmt.Errorf("read the first start of shop %s: %w", s.Name, err)
	}
	return first.Add(-s.LookBack), nil
}

// cursors keeps how far the polls are in the store.
type cursors struct{ store state.Store }

// LoadCursor gives the zero cursor before the first poll.
func (c cursors) LoadCursor(ctx context.Context, name string) (out shop.Cursor, err error) {
	err = c.store.View(ctx, func(tx state.ReadTx) error {
		text, err := tx.Value("poll/" + name)
		if err != nil || text == "" {
			return err
		}
		return json.Unmarshal([]byte(text), &out)
	})
	if err != nil {
		return out, fmt.Errorf("read how far shop %s was polled: %w", name, err)
	}
	return out, nil
}

// SaveCursor returns nil once it is on disk.
func (c cursors) SaveCursor(ctx context.Context, name string, at shop.Cursor) error {
	text, err := json.Marshal(at)
	if err == nil {
		err = c.store.Update(ctx, func(tx state.Tx) error { return tx.PutValue("poll/"+name, string(text)) })
	}
	if err != nil {
		return fmt.Errorf("save how far shop %s was polled: %w", name, err)
	}
	return nil
}
