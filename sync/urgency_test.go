package sync_test

import (
	"fmt"
	"slices"
	"strings"
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
