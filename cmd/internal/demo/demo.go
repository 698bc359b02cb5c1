// Package demo is the time-lapse demonstration: the whole product, the real
// daemon with a real Chromium, between a Shopify and an AliExpress on
// loopback, with weeks told in about two minutes.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"countermand/cmd/internal/app"
	"countermand/supplier/aliexpresstest"
)

// Options of a demonstration.
type Options struct {
	// Exit ends it once every story has reached its end; else it stays up to
	// be looked at until the context ends.
	Exit bool
	// Speed is how much faster than real the clock runs.
	Speed float64
	// Port of the daemon's console, 0: any.
	Port int
	// JSON prints the final cases as `cases list --json` does, and the story
	// itself to Progress only.
	JSON    bool
	Version string
	// Out gets the document, Progress the story.
	Out, Progress io.Writer
	// Width is Progress's, where that is a terminal: then there are colours, and
	// a bar that moves. 0 where it is none.
	Width int
	// Self is how the program is called, for the hints.
	Self string
}

// limits of one demonstration: after so long on the clock and in real time it
// ends, whatever is missing.
const (
	longest     = 45 * day
	longestReal = 170 * time.Second
)

// ErrEnds says that a story did not end as it should.
var ErrEnds = errors.New("not every story ended as it should")

// demo is one running demonstration.
type demo struct {
	o     Options
	w     *world
	show  *show
	mu    sync.Mutex
	cases map[string]app.Change // by shop order, the latest
	moved chan struct{}
}

// Run tells the stories. It returns ErrEnds (wrapped) when one of them did not
// end as it should.
func Run(ctx context.Context, o Options) (err error) {
	d := &demo{o: o, cases: map[string]app.Change{}, moved: make(chan struct{}, 1)}
	d.show = newShow(o)
	defer d.show.close()
	d.show.intro()
	d.w, err = newWorld(ctx, o, d.changed, func(body string) { d.show.ring(body) })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.w.close(context.WithoutCancel(ctx))) }()
	d.show.open(d.w)

	telling, stop := context.WithCancel(ctx)
	defer stop()
	told := make(chan error, 1)
	go func() { told <- d.play(telling) }()
	days := time.NewTicker(200 * time.Millisecond)
	defer days.Stop()
	deadline := time.After(max(longestReal, time.Duration(float64(longest)/o.Speed)))
	for ended := false; !ended; {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the demo was interrupted: %w", context.Cause(ctx))
		case err := <-told:
			if err != nil {
				return err
			}
			told = nil
		case <-days.C:
			d.show.tick(d.w.clock.Now(), d.done())
		case <-d.moved:
			ended = told == nil && d.done() == len(stories)
		case <-deadline:
			ended = true
		}
	}
	return d.finish(ctx)
}

// play lets the customers cancel, each at their time.
func (d *demo) play(ctx context.Context) error {
	for _, s := range stories {
		at := d.w.clock.Real(begin.Add(s.after))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Until(at)):
		}
		d.show.cancel(d.w.clock.Now(), s)
		if err := d.w.cancel(ctx, s); err != nil {
			return err
		}
	}
	d.nudge()
	return nil
}

// changed hears of every step of every case.
func (d *demo) changed(c app.Change) {
	d.mu.Lock()
	d.cases[c.Case.ShopOrder] = c
	d.mu.Unlock()
	d.show.change(c)
	d.nudge()
}

func (d *demo) nudge() {
	select {
	case d.moved <- struct{}{}:
	default:
	}
}

// done counts the stories that stand where they are to end.
func (d *demo) done() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for _, s := range stories {
		if d.ending(s).right() {
			n++
		}
	}
	return n
}

// finish shows how everything ended and judges it.
func (d *demo) finish(ctx context.Context) error {
	d.mu.Lock()
	var rows []ending
	for _, s := range stories {
		rows = append(rows, d.ending(s))
	}
	d.mu.Unlock()
	writes := d.w.site.Writes()
	d.show.end(d.w.clock.Now(), rows, writes)
	if d.o.JSON {
		if err := d.w.app.WriteCases(ctx, d.o.Out); err != nil {
			return fmt.Errorf("print the cases: %w", err)
		}
	}
	err := errors.Join(checkEndings(rows), checkWrites(writes))
	if d.o.Exit || err != nil {
		return err
	}
	d.show.stay(d.w, d.o.Self)
	<-ctx.Done()
	return nil
}

// ending is a story with where its case stands.
type ending struct {
	story
	app.Change
	// became is the shop's order of a customer who asked.
	became string
}

// ending is where a story stands; d.mu is held.
func (d *demo) ending(s story) ending { return ending{s, d.cases[s.order], d.w.became(s)} }

func (e ending) right() bool {
	return string(e.Case.Status) == e.ends && (e.shop == "" || e.became == e.shop)
}

func checkEndings(rows []ending) error {
	var errs []error
	for _, r := range rows {
		if !r.right() {
			errs = append(errs, fmt.Errorf("%w: %s is %q, wanted %q; the shop's order is %s", ErrEnds, r.order, r.Case.Status, r.ends, r.became))
		}
	}
	return errors.Join(errs...)
}

// checkWrites holds the site's own log against what may be clicked: one
// trusted cancel an order at the most, messages, each text once, and nothing
// else.
func checkWrites(writes []aliexpresstest.Write) error {
	var seen []string
	for _, w := range writes {
		key := w.Kind + " of order " + w.OrderID
		if w.Kind == aliexpresstest.WriteMessage {
			key += " “" + w.Text + "”"
		}
		switch {
		case w.Kind != aliexpresstest.WriteCancel && w.Kind != aliexpresstest.WriteMessage:
			return fmt.Errorf("the site got a %s", key)
		case !w.Trusted:
			return fmt.Errorf("the %s was not a trusted click", key)
		case slices.Contains(seen, key):
			return fmt.Errorf("the site got the %s twice", key)
		}
		seen = append(seen, key)
	}
	return nil
}

// count counts the writes of a kind.
func count(writes []aliexpresstest.Write, kind string) (n int) {
	for _, w := range writes {
		if w.Kind == kind {
			n++
		}
	}
	return n
}
