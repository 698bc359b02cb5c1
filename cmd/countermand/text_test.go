package main

import (
	"testing"
	"time"
)

func TestCountdown(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "now", 59 * time.Second: "now", -59 * time.Second: "now", time.Minute: "in 1 min", -90 * time.Minute: "1 h 30 min ago",
		2 * time.Hour: "in 2 h", 51*time.Hour + 59*time.Minute: "in 2 d 3 h", 48 * time.Hour: "in 2 d", -240 * time.Hour: "10 d ago",
	} {
		if got := countdown(now.Add(d), now); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
	if got := countdown(time.Time{}, now); got != "" {
		t.Errorf("an unknown time: %q", got)
	}
}
