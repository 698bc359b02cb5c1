package calendar

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// zones that skip midnight, have it twice, or lie at the edges of the day.
var zones = []string{
	"Asia/Shanghai", "America/New_York", "Europe/Berlin", "America/Santiago", "Africa/Cairo", "America/Havana",
	"Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC",
}

func drawCalendar(t *rapid.T) *Calendar {
	zone := mustLoad(rapid.SampledFrom(zones).Draw(t, "zone"))
	if rapid.Bool().Draw(t, "china") {
		c := China()
		c.zone = zone // the counting must hold in any zone
		return c
	}
	c, err := Bank(rapid.SampledFrom(Banks()).Draw(t, "bank"), zone)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func drawTime(t *rapid.T, label string) time.Time {
	from := time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC).Unix()
	to := time.Date(2028, 6, 1, 0, 0, 0, 0, time.UTC).Unix()
	return time.Unix(rapid.Int64Range(from, to).Draw(t, label), 0)
}

// Between the start and the end lie exactly n working days, the last of them
// right before the end, and the end is the day's first instant.
func TestAddCountsExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, from, n := drawCalendar(t), drawTime(t, "from"), rapid.IntRange(1, 30).Draw(t, "n")
		end, latest, estimated := c.AddWorkingDays(from, n)

		if latest.Before(end) || !estimated && !latest.Equal(end) {
			t.Fatalf("between %v and %v, estimated %v", end, latest, estimated)
		}
		if estimated { // see TestEstimates
			return
		}
		last := dateOf(end.Add(-time.Nanosecond).In(c.zone))
		if got := dateOf(end.In(c.zone)); got != last.next() {
			t.Fatalf("%v is not the start of a day in %v", end.In(c.zone), c.zone)
		}
		if working, _ := c.working(last); !working {
			t.Fatalf("%v is not a working day", last)
		}
		count, unknown := 0, false
		for d := dateOf(from.In(c.zone)); d != last; {
			d = d.next()
			working, known := c.working(d)
			if working {
				count++
			}
			unknown = unknown || !known
		}
		if count != n || unknown != estimated {
			t.Fatalf("%d working days up to %v, want %d; estimated %v, want %v", count, last, n, estimated, unknown)
		}
	})
}

func TestAddIsMonotone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, a, b := drawCalendar(t), drawTime(t, "a"), drawTime(t, "b")
		n := rapid.IntRange(0, 20).Draw(t, "n")
		if b.Before(a) {
			a, b = b, a
		}
		endA, _, _ := c.AddWorkingDays(a, n)
		endB, _, _ := c.AddWorkingDays(b, n)
		if endB.Before(endA) {
			t.Fatalf("a later start ends earlier: %v → %v, %v → %v", a, endA, b, endB)
		}
		if more, _, _ := c.AddWorkingDays(a, n+1); !more.After(endA) {
			t.Fatalf("day %d ends %v, day %d %v", n, endA, n+1, more)
		}
	})
}

// The hour of the start does not matter, only its date in the zone.
func TestAddLooksAtTheDateOnly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, a := drawCalendar(t), drawTime(t, "a")
		b := a.Add(time.Duration(rapid.IntRange(0, 24*60).Draw(t, "minutes")) * time.Minute)
		if dateOf(a.In(c.zone)) != dateOf(b.In(c.zone)) {
			return
		}
		endA, _, _ := c.AddWorkingDays(a, 3)
		endB, _, _ := c.AddWorkingDays(b, 3)
		if !endA.Equal(endB) {
			t.Fatalf("%v and %v are one day, but end %v and %v", a, b, endA, endB)
		}
	})
}
