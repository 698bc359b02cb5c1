package app

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"countermand/configs"
)

// pacer keeps an account at a person's speed, in real time even in a
// rehearsal: a pause of uneven length between two actions, and a number of
// actions an hour. The hour's budget is asked for before a piece of work and
// not within it, so that an attempt is never left standing half-way.
type pacer struct {
	p  configs.Pace
	mu sync.Mutex
	// free is when the next action may begin, recent the actions of the last
	// hour, oldest first.
	free   time.Time
	recent []time.Time
}

func newPacer(p configs.Pace) *pacer { return &pacer{p: p} }

// wait holds an action until its turn.
func (c *pacer) wait(ctx context.Context) error {
	turn := c.book(time.Now())
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait for the next action: %w", context.Cause(ctx))
	case <-time.After(time.Until(turn)):
		return nil
	}
}

// book gives an action its turn and counts it.
func (c *pacer) book(now time.Time) time.Time {
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
	if c.p.ActionsPerHour > 0 {
		c.recent = append(c.recent, turn)
	}
	return turn
}

// spent tells that the hour's actions are used up.
func (c *pacer) spent() bool { return c.spentAt(time.Now()) }

func (c *pacer) spentAt(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.p.ActionsPerHour <= 0 {
		return false
	}
	for len(c.recent) > 0 && now.Sub(c.recent[0]) >= time.Hour {
		c.recent = c.recent[1:]
	}
	return len(c.recent) >= c.p.ActionsPerHour
}
