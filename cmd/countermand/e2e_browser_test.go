package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"countermand/cmd/internal/control"
	"countermand/state"
	"countermand/supplier/aliexpresstest"
)

// blow is an end of the browser that nobody asked for: at a moment of the work
// at which the site is made to wait, or, without one, at any time.
type blow struct {
	*moment
	// hang stops the browser instead, so that it is there and answers nothing.
	hang bool
}

func (b blow) String() string {
	switch {
	case b.hang:
		return "hangs at any time"
	case b.moment == nil:
		return "dies at any time"
	}
	return "dies at: " + b.name
}

// blows are some at each moment and as many at any time, in no order.
func (w *wrecker) blows(each, anyTime, hangs int) (out []blow) {
	onList := moment{"list", before(aliexpresstest.CallList), aliexpresstest.CallList, false, false}
	onListPage := moment{"list page", before(aliexpresstest.PageList), aliexpresstest.PageList, false, false}
	onReading := moment{"reading afterwards", w.holdReading, aliexpresstest.PageDetail, true, true}
	moments := []moment{beforeEffect, afterEffect, onReading, onReasonPage, onReasonsCall, onDetailPage, onDetailCall, onList, onListPage}
	if each == 0 {
		moments, each = moments[:3], 1
	}
	for _, m := range moments {
		for range each {
			out = append(out, blow{moment: &m})
		}
	}
	for range anyTime {
		out = append(out, blow{})
	}
	for range hangs {
		out = append(out, blow{hang: true})
	}
	w.rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// wrecker ends the daemon's browsers while there is work, and remembers what
// they were made of.
type wrecker struct {
	*process
	rng    *rand.Rand
	orders map[string]string // shop orders and their supplier orders
	dead   family

	mu      sync.Mutex
	lastHit string
	asking  chan func() // while the next reading after a request is to be held
}

// heard is told of each request to the site.
func (w *wrecker) heard(kind, order string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lastHit = strings.TrimSpace(kind + " " + order)
	if kind == aliexpresstest.CallOperation && w.asking != nil && len(w.asking) == 0 {
		w.asking <- w.site.Block(aliexpresstest.PageDetail)
	}
}

func (w *wrecker) holdReading(*aliexpresstest.Site) (release func()) {
	c := make(chan func(), 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asking = c
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.asking = nil
		(<-c)()
	}
}

func (w *wrecker) last() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lastHit
}

// busy cancels shop orders until a batch of them is to be asked.
func (w *wrecker) busy() {
	w.t.Helper()
	through := 0
	for _, c := range w.cases() {
		if c.Status != state.Queued && c.Status != state.Requesting {
			through++
		}
	}
	for len(w.orders)-through < 4 {
		n := len(w.orders)
		name, number := fmt.Sprintf("#%d", 3001+n), fmt.Sprintf("81900000000%05d", 30001+n)
		var changes []func(*aliexpresstest.Order)
		if n%2 == 1 {
			changes = append(changes, inDialog)
		}
		if n%5 == 4 {
			changes = append(changes, fate(aliexpresstest.Fate{InstantClose: true}))
		}
		w.order(name, number, changes...)
		w.orders[name] = number
		w.cancel(name)
	}
}

// strike waits for its moment and ends the browser.
func (w *wrecker) strike(b blow) {
	w.t.Helper()
	if b.moment == nil {
		w.sometime()
		pid := w.signal(map[bool]syscall.Signal{false: syscall.SIGKILL, true: syscall.SIGSTOP}[b.hang])
		w.t.Logf("browser %d %s; the last request was %s", pid, b, w.last())
		if b.hang {
			until(w.t, "the hanging browser is ended", func() bool { w.busy(); return len(w.dead.alive()) == 0 })
		}
		return
	}
	release := b.hold(w.site)
	w.busy()
	until(w.t, "the site holds "+b.kind, func() bool {
		if b.kind != aliexpresstest.CallList && b.kind != aliexpresstest.PageList { // requests go before the list
			w.busy()
		}
		return w.site.Held(b.kind) > 0
	})
	pid := w.signal(syscall.SIGKILL)
	w.t.Logf("browser %d %s", pid, b)
	until(w.t, "the site notices that the browser is gone", func() bool { return w.site.Held(b.kind) == 0 })
	release()
}

// sometime lets the work go on for a while that is about as long as an attempt.
func (w *wrecker) sometime() {
	w.t.Helper()
	before := w.last()
	until(w.t, "the site is asked for something", func() bool { w.busy(); return w.last() != before })
	select {
	case <-time.After(time.Duration(w.rng.Int64N(int64(4 * time.Second)))):
	case <-w.t.Context().Done():
	}
}

// signal sends one to the browser's main process, which is a child of the
// daemon, and notes who belongs to it.
func (w *wrecker) signal(s syscall.Signal) (pid int) {
	w.t.Helper()
	until(w.t, "a browser runs", func() bool {
		all := processes()
		for id, p := range all {
			if p.parent == w.cmd.Process.Pid && p.group == id && p.state != "Z" {
				maps.Copy(w.dead, familyIn(all, id))
				pid = id
				return syscall.Kill(id, s) == nil
			}
		}
		return false
	})
	return pid
}

// settled brings a case to its end: where its request was twice cut off and
// never took, a person was called and decides.
func (w *wrecker) settled(order, number string) bool {
	w.t.Helper()
	var c control.Case
	w.document(&c, "cases", "show", order, "--json")
	switch c.Status {
	case state.Requested, state.Cancelled:
		return true
	case state.Held:
		marks := 0
		for _, e := range c.Journal {
			if e.Event == state.EventDispatching {
				marks++
			}
		}
		asked := slices.ContainsFunc(w.site.Writes(), func(x aliexpresstest.Write) bool { return x.OrderID == number })
		if marks != 2 || asked {
			w.t.Fatalf("%s is held because %q after %d marks; the supplier was asked: %t", order, c.HeldWhy, marks, asked)
		}
		w.t.Logf("%s is held: %s; a person approves", order, c.HeldWhy)
		if r := w.cli("cases", "approve", order); r.code != exitDone {
			w.t.Fatalf("approve: %+v", r)
		}
	}
	return false
}

// Whenever the browser dies or hangs, each order is asked for once, every case
// comes out right, and nothing of the browser is left.
func TestBrowserKilled(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	if given := os.Getenv("COUNTERMAND_TEST_SEED"); given != "" {
		var err error
		seed, err = strconv.ParseUint(given, 10, 64)
		ok(t, err)
	}
	t.Logf("COUNTERMAND_TEST_SEED=%d", seed)
	s := newScene(t, setting{})
	tmp, err := os.MkdirTemp("", "cm") // a browser's socket is in it: the path has to be short
	ok(t, err)
	t.Cleanup(func() { ok(t, os.RemoveAll(tmp)) })
	s.env = []string{"TMPDIR=" + tmp}
	w := &wrecker{process: s.start(), rng: rand.New(rand.NewPCG(seed, 1)), orders: map[string]string{}, dead: family{}}
	s.site.OnRequest(w.heard)
	blows := w.blows(0, 2, 1)
	if everything {
		blows = w.blows(3, 23, 2)
	}
	for _, b := range blows {
		w.strike(b)
	}

	numbers := slices.Collect(maps.Values(w.orders))
	for order, number := range w.orders {
		until(t, order+" comes out right", func() bool { return w.settled(order, number) })
	}
	s.oneCancel(numbers...)
	for order, number := range w.orders {
		c, want := s.story(order), state.Requested
		if s.site.Status(number) == "Canceled" {
			want = state.Cancelled
		}
		if c.Status != want || c.SupplierOrder != number {
			t.Errorf("%s is %s, the site shows %q", order, c.Status, s.site.Status(number))
		}
	}
	w.term()
	s.oneCancel(numbers...)
	w.nothingLeft(tmp)
}

// nothingLeft looks for processes and temporary files of the browsers.
func (w *wrecker) nothingLeft(tmp string) {
	w.t.Helper()
	until(w.t, "nothing of the killed browsers is left", func() bool { return len(w.dead.alive()) == 0 })
	left, err := os.ReadDir(tmp)
	ok(w.t, err)
	if len(left) > 0 {
		w.t.Errorf("left in the temporary folder: %v", left)
	}
}
