package alert

import (
	"fmt"
	"strings"
	"time"
)

// Quiet is a daily span in which pages that can wait are held back. The zero
// value is never quiet.
type Quiet struct {
	from, to time.Duration // since midnight
	zone     *time.Location
}

// ParseQuiet reads "22:00-07:00", in the wall time of zone; empty means never.
func ParseQuiet(s string, zone *time.Location) (Quiet, error) {
	if strings.TrimSpace(s) == "" {
		return Quiet{}, nil
	}
	from, to, ok := strings.Cut(s, "-")
	f, err1 := time.Parse("15:04", strings.TrimSpace(from))
	t, err2 := time.Parse("15:04", strings.TrimSpace(to))
	if !ok || err1 != nil || err2 != nil || f.Equal(t) {
		return Quiet{}, fmt.Errorf("quiet hours %q: want two different times such as 22:00-07:00", s)
	}
	if zone == nil {
		zone = time.UTC
	}
	return Quiet{from: sinceMidnight(f), to: sinceMidnight(t), zone: zone}, nil
}

func sinceMidnight(t time.Time) time.Duration {
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}

// Until tells whether now lies in the quiet hours, and when they end. The end
// is counted by the wall clock, so a change to or from summer time moves it.
func (q Quiet) Until(now time.Time) (end time.Time, quiet bool) {
	if q.zone == nil {
		return time.Time{}, false
	}
	local := now.In(q.zone)
	at := sinceMidnight(local) + time.Duration(local.Second())*time.Second
	days := 0
	switch {
	case q.from < q.to && at >= q.from && at < q.to, q.from > q.to && at < q.to:
	case q.from > q.to && at >= q.from:
		days = 1
	default:
		return time.Time{}, false
	}
	end = time.Date(local.Year(), local.Month(), local.Day()+days, int(q.to/time.Hour), int(q.to%time.Hour/time.Minute), 0, 0, q.zone)
	if !end.After(now) { // the repeated hour of autumn
		end = now.Add(time.Hour)
	}
	return end.UTC(), true
}
