package sync_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
)

// queue cancels some orders while the account rests: what was missed is caught
// up later. Of two the later one was ordered earlier.
func (w *world) queue(n int) (numbers []string) {
	w.t.Helper()
	w.site.set(func() { w.site.down = &supplier.Error{Kind: supplier.LoggedOut, Op: "ask"} })
	for i := range n {
		number := fmt.Sprintf("81900000000001%02d", i)
		w.site.set(func() { w.site.add(number).OrderedAt = w.clock.Now() })
		id := w.edge.cancelled(2000+i, w.clock.Now(), number)
		w.edge.set(func() {
			o := w.edge.orders[id]
			o.CreatedAt = w.clock.Now().Add(-time.Duration(i+1) * 12 * time.Hour)
			w.edge.orders[id] = o
		})
		w.knock(id)
		numbers = append(numbers, "ask "+number)
	}
	w.until("all wait", func() bool {
		waiting := 0
		for _, c := range w.cases() {
			if c.Status == state.Queued {
				waiting++
			}
		}
		return waiting == n
	})
	w.rests()
	w.site.set(func() { w.site.steps = nil })
	return numbers
}

func (w *world) steps() []string {
	w.site.mu.Lock()
	defer w.site.mu.Unlock()
	return slices.Clone(w.site.steps)
}

// After an outage, what would be too late first is asked first.
func TestMostUrgentFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.boot()
	want := w.queue(4)
	slices.Reverse(want)
	w.works()
	got := slices.DeleteFunc(w.steps(), func(s string) bool { return strings.HasPrefix(s, "read") })
	if !slices.Equal(got, want) {
		t.Errorf("asked in the order %q, want %q", got, want)
	}
}

// A stream of cancels does not hide an answer: readings have their turn.
func TestReadingsHaveTheirTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.boot()
	w.site.add(numberA)
	w.cancelled(1042, numberA)
	w.queue(60)
	w.site.set(func() { refuses("", w.site.orders[numberA]) })
	w.works()
	w.pass(time.Hour)
	steps := w.steps()
	read := slices.Index(steps, "read "+numberA)
	asked := 0
	for _, s := range steps[:max(read, 0)] {
		if strings.HasPrefix(s, "ask") {
			asked++
		}
	}
	if read < 0 || asked >= 60 {
		t.Errorf("the answer was read after %d requests: %q", asked, steps)
	}
}

// hour is an account's budget, as the test sets it.
type hour struct {
	mu   sync.Mutex
	left int
}

func (h *hour) set(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.left = n
}

func (h *hour) room(n int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return n <= h.left
}

// budgeted boots an engine whose one account has a budget, which each order
// read uses up by one.
func (w *world) budgeted(left int) *hour {
	w.t.Helper()
	h := &hour{left: left}
	o := w.options()
	a := o.Accounts[lane]
	a.Room = h.room
	o.Accounts[lane] = a
	w.site.reading = func(bool) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.left--
	}
	w.start(o)
	return h
}

// beats lets the engine look for work some times, with nothing to wait for.
func (w *world) beats() {
	w.t.Helper()
	n := 0
	w.until("it has looked", func() bool { n++; return n > 50 })
}

func (w *world) dueIn(name string) (n int) {
	w.t.Helper()
	w.view(func(tx state.ReadTx) error {
		due, err := tx.DueEffects(name, w.clock.Now(), 100)
		n = len(due)
		return err
	})
	return n
}

// What the rest of the hour has no room for is not begun, and nothing smaller
// in its place: a request would wait for ever behind readings.
func TestNoRoomForARequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.budgeted(100)
	w.site.add(numberA)
	w.cancelled(1042, numberA)
	h.set(0)
	w.site.set(func() { w.site.add(numberB); w.site.steps = nil })
	w.clock.add(time.Hour)
	w.knock(w.edge.cancelled(1043, w.clock.Now(), numberB))
	w.until("a reading and a request wait", func() bool { return w.dueIn(lane) == 2 })
	h.set(5)
	w.beats()
	if got := w.steps(); len(got) > 0 {
		t.Errorf("with room for five actions: %q", got)
	}
	h.set(100)
	w.quiet()
	if n := w.site.clicks(numberB); n != 1 {
		t.Errorf("%d requests once there is room", n)
	}
}

// Readings go on while there is room, and later from where they were.
func TestReadingsEndWithTheHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.budgeted(1000)
	for i := range 6 {
		number := fmt.Sprintf("81900000000002%02d", i)
		w.site.add(number)
		w.cancelled(3000+i, number)
		w.site.set(func() { refuses("", w.site.orders[number]) })
	}
	w.clock.add(time.Hour)
	h.set(5)
	w.site.set(func() { w.site.steps = nil })
	w.beats()
	if got := len(w.steps()); got == 0 || got > 5 {
		t.Errorf("with room for five actions: %q", w.steps())
	}
	h.set(1000)
	w.quiet()
	for _, c := range w.cases() {
		if c.Status != state.Refused {
			t.Errorf("%s is %s once there is room", c.SupplierOrder, c.Status)
		}
	}
}
