package app

import "testing"

func TestCrashAt(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"knock stored", "knock stored:", "knock stored:0", "knock stored:x", ":-1"} {
		if _, err := CrashAt(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	none, err := CrashAt("")
	if err != nil {
		t.Fatal(err)
	}
	second, err := CrashAt("knock stored:2")
	if err != nil {
		t.Fatal(err)
	}
	for _, point := range []string{"knock stored", "order settled", "order settled"} { // we live
		none(point)
		second(point)
	}
}

// Outside of a rehearsal no crash point is one.
func TestNoCrashOnTheRealClock(t *testing.T) {
	t.Parallel()
	passed := 0
	a := &App{clock: RealClock(), o: Options{Crash: func(string) { passed++ }}}
	a.crash()("knock stored")
	if passed > 0 {
		t.Error("a crash point was passed on")
	}
	a.clock = FastClock(a.clock.Now(), 60)
	a.crash()("knock stored")
	if passed != 1 {
		t.Error("a rehearsal does not pass its crash points on")
	}
}
