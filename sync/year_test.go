package sync

import (
	flags "flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"countermand/sync/machine"
)

// yearSeed replays one year: -seed N, or COUNTERMAND_SEED=N.
var yearSeed = flags.Uint64("seed", 0, "play only the year of this seed")

// yearUsual is how often things go wrong in a usual year.
var yearUsual = yearOdds{kill: 150, killClick: 12_000, refuse: 60, lose: 60, reply: 60, twice: 2000, view: 20}

// TestYear plays years of cancelled orders: the engine, the store and the
// calendars are the real ones, the two sites are made up and the clock is
// ours. A usual test plays a small year, COUNTERMAND_TEST_ALL=1 a larger one,
// COUNTERMAND_YEARS=10 ten of 1,000 cases each; make test-all plays one of these.
func TestYear(t *testing.T) {
	t.Parallel()
	seed, only := yearNumber64(t, "COUNTERMAND_SEED", *yearSeed)
	years, all := yearNumber64(t, "COUNTERMAND_YEARS", 1)
	cases := 15
	switch {
	case all:
		cases = 1000
	case os.Getenv("COUNTERMAND_TEST_ALL") != "":
		cases = 60 // the race detector makes it ten times slower
	}
	if n, ok := yearNumber64(t, "COUNTERMAND_YEAR_CASES", 0); ok {
		cases = int(n)
	}
	first, last := uint64(1), years
	if only {
		first, last = seed, seed
	}
	for s := first; s <= last; s++ {
		t.Run(fmt.Sprint("seed ", s), func(t *testing.T) {
			t.Parallel()
			playYear(t, s, cases, yearMode(s), yearUsual)
		})
	}
}

// yearNumber64 reads a number from the environment; given tells whether it or
// another default than none was there.
func yearNumber64(t *testing.T, name string, otherwise uint64) (n uint64, given bool) {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise, name == "COUNTERMAND_SEED" && otherwise != 0
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n, true
}

// yearMode: every fifth year asks a person first.
func yearMode(seed uint64) machine.Mode {
	if seed%5 == 0 {
		return machine.Confirm
	}
	return machine.Auto
}

func playYear(t *testing.T, seed uint64, cases int, mode machine.Mode, odds yearOdds) *year {
	t.Helper()
	return playYearWith(t, seed, cases, mode, odds, func(*year) {})
}

// playYearWith plays a year that something is changed about.
func playYearWith(t *testing.T, seed uint64, cases int, mode machine.Mode, odds yearOdds, change func(*year)) *year {
	t.Helper()
	y, err := newYear(seed, t.TempDir(), cases, mode, odds)
	if err != nil {
		t.Fatal(err)
	}
	change(y)
	defer func() {
		if err := y.store.inner.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := y.run(); err != nil {
		t.Fatalf("%v\nplay it again: COUNTERMAND_SEED=%d COUNTERMAND_YEAR_CASES=%d go test -run '^%s$' ./sync", err, seed, cases, strings.Split(t.Name(), "/")[0])
	}
	t.Logf("seed %d: %s", seed, y)
	return y
}

// String is what a year came to.
func (y *year) String() string {
	kills := 0
	for _, n := range y.kills {
		kills += n
	}
	return fmt.Sprintf("%d cases, %d moves, %d readings, %d sweeps, %d clicks, %d kills, %d faults, %d alerts, until %s",
		y.made, y.watch.moves, y.site.reads, y.site.sweeps, y.site.clicks, kills, y.faults, len(y.watch.keys), y.now.Format("2006-01-02"))
}

// TestYearReplays: a failing seed is worth something only if it fails again.
func TestYearReplays(t *testing.T) {
	t.Parallel()
	odds := yearUsual
	odds.kill = 500
	first, again := playYear(t, 10, 15, machine.Confirm, odds).String(), playYear(t, 10, 15, machine.Confirm, odds).String()
	if first != again {
		t.Errorf("the same seed came to\n%s and to\n%s", first, again)
	}
}
