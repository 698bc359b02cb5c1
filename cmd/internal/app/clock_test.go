package app

import (
	"testing"
	"testing/synctest"
	"time"
)

var begin = time.Date(2026, time.March, 2, 8, 0, 0, 0, time.UTC)

// day4s is the demonstration's speed.
const day4s = 21600

func TestParseSpeed(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]float64{"24h=5s": 17280, "2m=1s": 120, " 24h = 4s ": day4s, "1d=4s": day4s, "1s=1s": 1, "1h30m=1m": 90} {
		if got, err := ParseSpeed(in); err != nil || got != want {
			t.Errorf("%q: %v %v, want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "24h", "24h=", "=5s", "24h=5s=1s", "0s=5s", "5s=0s", "-1h=1s", "1h=-1s", "-1h=-1h", "1s=2s", "24=5", "fast"} {
		if got, err := ParseSpeed(in); err == nil {
			t.Errorf("%q: %v, want an error", in, got)
		}
	}
}

func TestFastClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		c := FastClock(begin.In(time.FixedZone("", 3600)), day4s)
		if got := c.Now(); !got.Equal(begin) || got.Location() != time.UTC || !c.Fast() {
			t.Fatalf("at the start it shows %s, want %s", got, begin)
		}
		<-time.After(6 * time.Second)
		if got, want := c.Now(), begin.Add(36*time.Hour); !got.Equal(want) {
			t.Errorf("after six seconds it shows %s, want %s", got, want)
		}
		if got, want := c.Real(begin.Add(48*time.Hour)), started.Add(8*time.Second); !got.Equal(want) {
			t.Errorf("two days are over at %s, want %s", got, want)
		}
		if got, want := c.Real(begin.Add(-24*time.Hour)), started.Add(-4*time.Second); !got.Equal(want) {
			t.Errorf("the day before was at %s, want %s", got, want)
		}
	})
}

func TestRealClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := RealClock()
		if c.Fast() || c.NotBefore(time.Now().AddDate(1, 0, 0)) != c {
			t.Error("the real clock follows nothing but the time")
		}
		<-time.After(time.Hour)
		at := time.Now().Add(90 * time.Minute)
		if got := c.Now(); !got.Equal(time.Now()) || got.Location() != time.UTC || !c.Real(at).Equal(at) {
			t.Errorf("it shows %s at %s", got, time.Now())
		}
	})
}

// A rehearsal that is taken up again never shows what was before.
func TestNotBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := FastClock(begin, day4s)
		if c.NotBefore(begin.Add(-time.Hour)) != c || c.NotBefore(time.Time{}) != c {
			t.Error("a store that is behind must not move the clock")
		}
		later := c.NotBefore(begin.Add(time.Hour))
		if got := later.Now(); !got.Equal(begin.Add(time.Hour)) {
			t.Errorf("it shows %s", got)
		}
		<-time.After(4 * time.Second)
		if got := later.Now(); !got.Equal(begin.Add(25 * time.Hour)) {
			t.Errorf("a day later it shows %s", got)
		}
	})
}

func TestEvery(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, r := range []struct {
		clock *Clock
		want  time.Duration
	}{{RealClock(), 15 * time.Second}, {FastClock(begin, 120), 125 * time.Millisecond}, {FastClock(begin, day4s), leastPeriod}} {
		if got := (every{r.clock, heartbeatEvery, leastPeriod}).Next(now).Sub(now); got != r.want {
			t.Errorf("at speed %v a heartbeat comes after %s, want %s", r.clock.speed, got, r.want)
		}
	}
}

// The digest comes at its hour of the wall clock, once a day, also over the
// nights in which the zone changes its clocks.
func TestMappedOverClockChanges(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []time.Time{time.Date(2026, time.March, 5, 3, 0, 0, 0, time.UTC), time.Date(2026, time.October, 29, 3, 0, 0, 0, time.UTC)} {
		spec, err := parseCron(zone.String(), "0 8 * * *")
		if err != nil {
			t.Fatal(err)
		}
		for _, speed := range []float64{120, 17280, day4s, 86400.7} {
			c := FastClock(from, speed)
			m, at := mapped{c, spec}, c.began
			local := from.In(zone)
			for n := range 7 {
				at = m.Next(at)
				want := time.Date(local.Year(), local.Month(), local.Day()+n, 8, 0, 0, 0, zone)
				if local.Hour() >= 8 {
					want = want.AddDate(0, 0, 1)
				}
				if off := c.shown(at).Sub(want).Abs(); off > time.Second {
					t.Errorf("at speed %v digest %d comes at %s, want %s", speed, n, c.shown(at).In(zone), want)
				}
			}
		}
	}
}

func TestMappedReal(t *testing.T) {
	t.Parallel()
	spec, err := parseCron("Europe/Berlin", "30 7 * * 1-5")
	if err != nil {
		t.Fatal(err)
	}
	// The wall clock was set after the daemon began: the digest follows it.
	c := RealClock()
	friday := time.Date(2026, time.March, 27, 12, 0, 0, 0, time.UTC)
	want := time.Date(2026, time.March, 30, 5, 30, 0, 0, time.UTC) // Monday, in summer time
	if got := (mapped{c, spec}).Next(friday); !got.Equal(want) {
		t.Errorf("next at %s, want %s", got, want)
	}
	never, err := parseCron("UTC", "0 0 31 2 *")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Clock{RealClock(), FastClock(begin, 120)} {
		if got := (mapped{c, never}).Next(c.began); !got.IsZero() {
			t.Errorf("31 February comes at %s", got)
		}
	}
}

// The parser of the library panics on some of these.
func TestParseCronRefuses(t *testing.T) {
	t.Parallel()
	for _, r := range [][2]string{{"UTC", ""}, {"UTC", "0 8 * *"}, {"UTC", "0 25 * * *"}, {"UTC", "TZ="}, {"UTC", "*/0 * * * *"}, {"Mars/Olympus", "0 8 * * *"}} {
		if _, err := parseCron(r[0], r[1]); err == nil {
			t.Errorf("%q in zone %q is taken", r[1], r[0])
		}
	}
}
