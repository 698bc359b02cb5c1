package app

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"countermand/configs"
)

// Clock is the daemon's clock. It is the real one, except in a rehearsal,
// where it starts at a given time and runs faster.
type Clock struct {
	began time.Time // real
	from  time.Time // shown at began
	speed float64
}

// RealClock shows the real time.
func RealClock() *Clock {
	now := time.Now()
	return &Clock{began: now, from: now, speed: 1}
}

// FastClock shows from now on the time from and runs speed times as fast.
func FastClock(from time.Time, speed float64) *Clock {
	return &Clock{began: time.Now(), from: from, speed: speed}
}

// Now is the time shown, in UTC.
func (c *Clock) Now() time.Time {
	if !c.Fast() {
		return time.Now().UTC()
	}
	return c.shown(time.Now())
}

// shown is what a fast clock shows at a real time.
func (c *Clock) shown(real time.Time) time.Time {
	return c.from.Add(time.Duration(float64(real.Sub(c.began)) * c.speed)).UTC().Round(0)
}

// Up is how long it has been since this call, as fast as the clock runs, by a
// clock that nobody sets.
func (c *Clock) Up(boot func() time.Duration) func() time.Duration {
	began := boot()
	return func() time.Duration { return time.Duration(float64(boot()-began) * c.speed) }
}

// Real is the real time at which the clock shows t.
func (c *Clock) Real(t time.Time) time.Time {
	return c.began.Add(time.Duration(float64(t.Sub(c.from)) / c.speed))
}

// Fast tells whether this is a rehearsal's clock.
func (c *Clock) Fast() bool { return c.speed != 1 || !c.began.Equal(c.from) }

// NotBefore gives a clock that shows at least t from now on: a rehearsal that
// is taken up again goes on where the store stands.
func (c *Clock) NotBefore(t time.Time) *Clock {
	if !c.Fast() || !c.Now().Before(t) {
		return c
	}
	return FastClock(t, c.speed)
}

// ParseSpeed reads "24h=5s": so much on the daemon's clock for so much of real
// time.
func ParseSpeed(s string) (float64, error) {
	shown, real, ok := strings.Cut(s, "=")
	if !ok {
		return 0, fmt.Errorf("read speed %q: want how much for how much, such as 24h=5s", s)
	}
	a, err := configs.ParseDuration(strings.TrimSpace(shown))
	if err != nil {
		return 0, fmt.Errorf("read speed %q: %w", s, err)
	}
	b, err := configs.ParseDuration(strings.TrimSpace(real))
	if err != nil {
		return 0, fmt.Errorf("read speed %q: %w", s, err)
	}
	if a <= 0 || b <= 0 || a < b {
		return 0, fmt.Errorf("read speed %q: both must be positive, and the clock cannot run slower than real", s)
	}
	return float64(a) / float64(b), nil
}

// leastPeriod bounds how often cron wakes anything on a fast clock.
const leastPeriod = 100 * time.Millisecond

// every is a cron schedule of a period on the daemon's clock. Cron itself
// lives in real time and knows no period under a second.
type every struct {
	clock  *Clock
	period time.Duration
	// least bounds it in real time.
	least time.Duration
}

// Next is the real time of the next run.
func (e every) Next(t time.Time) time.Time {
	real := time.Duration(float64(e.period) / e.clock.speed)
	return t.Add(max(real, e.least))
}

// mapped runs a cron specification on the daemon's clock.
type mapped struct {
	clock *Clock
	spec  cron.Schedule
}

// Next is the real time at which the daemon's clock shows the next moment of
// the specification; the zero time means never, as cron has it.
func (m mapped) Next(t time.Time) time.Time {
	if !m.clock.Fast() {
		return m.spec.Next(t) // by the wall clock, which may have been set since the start
	}
	next := m.spec.Next(m.clock.shown(t))
	if !next.IsZero() && !m.clock.Real(next).After(t) {
		next = m.spec.Next(next) // rounding shows the moment that just ran as yet to come
	}
	if next.IsZero() {
		return next
	}
	real := m.clock.Real(next)
	if soonest := t.Add(leastPeriod); real.Before(soonest) {
		return soonest
	}
	return real
}
