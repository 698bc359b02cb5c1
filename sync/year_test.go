package sync

import (
	flags "flag"
	"fmt"
	"os"
	"strconv"
	"testing"
)

// yearSeed replays one year: -seed N, or COUNTERMAND_SEED=N.
var yearSeed = flags.Uint64("seed", 0, "play only this year again")

// yearUsual is how often things go wrong in a usual year.
var yearUsual = yearOdds{kill: 150, killClick: 12_000, refuse: 60, lose: 60, reply: 60, twice: 2000, view: 20}

const yearCases = 200

// TestYear plays years of cancelled orders: the engine, the store and the
// calendars are the real ones, the two sites are made up and the clock is
// ours. COUNTERMAND_TEST_ALL=1 plays ten years of a thousand cases each.
func TestYear(t *testing.T) {
	t.Parallel()
	seeds := []uint64{1}
	if os.Getenv("COUNTERMAND_TEST_ALL") != "" {
		seeds = nil
		for s := uint64(1); s <= 10; s++ {
			seeds = append(seeds, s)
		}
	}
	if s := yearReplay(t); s != 0 {
		seeds = []uint64{s}
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			playYear(t, seed, yearCases, yearMode(seed), yearUsual)
		})
	}
}

func yearReplay(t *testing.T) uint64 {
	t.Helper()
	if text := os.Getenv("COUNTERMAND_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("COUNTERMAND_SEED: %v", err)
		}
		return n
	}
	return *yearSeed
}

// yearMode: every fifth year asks a person first.
func yearMode(seed uint64) Mode {
	if seed%5 == 0 {
		return Confirm
	}
	return Auto
}

func playYear(t *testing.T, seed uint64, cases int, mode Mode, odds yearOdds) *year {
	t.Helper()
	y, err := newYear(seed, t.TempDir(), cases, mode, odds)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := y.store.inner.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := y.run(); err != nil {
		t.Fatalf("%v\nplay it again: COUNTERMAND_SEED=%d go test -run '^TestYear$' ./sync", err, seed)
	}
	kills := 0
	for _, n := range y.kills {
		kills += n
	}
	t.Logf("seed %d: %d cases, %d moves, %d readings, %d sweeps, %d clicks, %d kills, %d faults, %d alerts, until %s",
		seed, y.made, y.watch.moves, y.site.reads, y.site.sweeps, y.site.clicks, kills, y.faults, len(y.watch.keys), y.now.Format("2006-01-02"))
	return y
}
