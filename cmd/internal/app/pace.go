package app

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"countermand/configs"
	"countermand/state"
)

// pacer keeps an account at a person's speed, in real time even in a
// rehearsal: a pause of uneven length between two actions, and a number of
// actions an hour. The hour's budget is asked for before a piece of work, with
// about what the work takes, and not within it, so that an attempt is never
// left standing half-way. A daemon that is started again and again gets no new
// budget.
type pacer struct {
	p configs.Pace
	// keep stores the actions of the last hour before each of them; may be nil.
	keep func(recent []time.Time) error
	mu   sync.Mutex
	// free is when the next action may begin, recent the actions of the last
	// hour, oldest first.
	free   time.Time
	recent []time.Time
}

func newPacer(p configs.Pace) *pacer { return &pacer{p: p} }

// resume goes on from what an earlier process kept.
func (c *pacer) resume(recent []time.Time, now time.Time) {
	for _, t := range recent {
		if now.Sub(t) < time.Hour && t.Sub(now) < time.Hour { // later ones are of a clock that was wrong
			c.recent = append(c.recent, t)
			c.free = t.Add(c.p.BetweenActions + c.p.Jitter)
		}
	}
}

// wait holds an action until its turn.
func (c *pacer) wait(ctx context.Context) error {
	turn, err := c.book(time.Now())
	if err != nil {
		return fmt.Errorf("count an action: %w", err)
	}
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait for the next action: %w", context.Cause(ctx))
	case <-time.After(time.Until(turn)):
		return nil
	}
}

// book gives an action its turn and counts it.
func (c *pacer) book(now time.Time) (time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	turn := now
	if c.free.After(turn) {
		turn = c.free
	}
	c.free = turn.Add(c.p.BetweenActions)
	if c.p.Jitter > 0 {
		c.free = c.free.Add(rand.N(c.p.Jitter))
	}
	if c.p.ActionsPerHour <= 0 {
		return turn, nil
	}
	c.forget(now)
	c.recent = append(c.recent, turn)
	if c.keep == nil {
		return turn, nil
	}
	return turn, c.keep(c.recent)
}

// forget drops what is an hour old.
func (c *pacer) forget(now time.Time) {
	for len(c.recent) > 0 && now.Sub(c.recent[0]) >= time.Hour {
		c.recent = c.recent[1:]
	}
}

// room tells whether the hour has so many actions left. Work that takes more
// than a whole hour's has room while nothing was done in the hour.
func (c *pacer) room(actions int) bool { return c.roomAt(time.Now(), actions) }

func (c *pacer) roomAt(now time.Time, actions int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.p.ActionsPerHour <= 0 {
		return true
	}
	c.forget(now)
	return len(c.recent)+min(actions, c.p.ActionsPerHour) <= c.p.ActionsPerHour
}

// kept lets the store remember an account's actions, in real time, and takes
// up those of an earlier process.
func (c *pacer) kept(ctx context.Context, store state.Store, account string) error {
	if c.p.ActionsPerHour <= 0 {
		return nil
	}
	mark := "pace/" + account
	text, err := state.Get(ctx, store, func(tx state.ReadTx) (string, error) { return tx.Value(mark) })
	if err != nil {
		return fmt.Errorf("read the last actions of account %s: %w", account, err)
	}
	var recent []time.Time
	for _, word := range strings.Fields(text) {
		if t, err := time.Parse(time.RFC3339, word); err == nil {
			recent = append(recent, t)
		}
	}
	c.resume(recent, time.Now())
	c.keep = func(recent []time.Time) error {
		words := make([]string, len(recent))
		for i, t := range recent {
			words[i] = t.UTC().Format(time.RFC3339)
		}
		// An action that began is counted, whoever stops waiting for it.
		return store.Update(context.WithoutCancel(ctx), func(tx state.Tx) error {
			return tx.PutValue(mark, strings.Join(words, " "))
		})
	}
	return nil
}
