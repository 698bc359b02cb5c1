package sync

import (
	"fmt"
	"os"
	"testing"
)

// yearFatal is a machine that hardly stays up.
var yearFatal = yearOdds{kill: 4000, killClick: 200_000, refuse: 500, lose: 500, reply: 500, twice: 2000, view: 100}

// TestCrashRuns drops the engine between any two of its steps, many times over
// in each of many small years, and holds both sites' books against the cases:
// no order asked twice, no case lost, no wrong end. COUNTERMAND_CRASH_RUNS=N
// plays N of them; the same number counts for the process itself, which is
// killed in the tests of the program.
func TestCrashRuns(t *testing.T) {
	t.Parallel()
	const together = 10 // years in one subtest
	runs, ok := yearNumber64(t, "COUNTERMAND_CRASH_RUNS", 1)
	if !ok && os.Getenv("COUNTERMAND_TEST_ALL") != "" {
		runs = 8
	}
	first := uint64(1)
	if seed, only := yearNumber64(t, "COUNTERMAND_SEED", *yearSeed); only {
		first, runs = seed, 1
	}
	for from := first; from < first+runs; from += together {
		to := min(from+together, first+runs)
		t.Run(fmt.Sprintf("seeds %d to %d", from, to-1), func(t *testing.T) {
			t.Parallel()
			for seed := from; seed < to; seed++ {
				y := playYear(t, seed, 6, yearMode(seed), yearFatal)
				if len(y.kills) == 0 {
					t.Errorf("seed %d: nothing was killed", seed)
				}
			}
		})
	}
}
