package alert

import (
	"strings"
	"testing"
	"time"

	"countermand/state"
)

func TestQuietUntil(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	check(t, err)
	tests := []struct{ name, span, now, end string }{
		{"before", "22:00-07:00", "2026-03-02T20:59:59Z", ""},
		{"the evening", "22:00-07:00", "2026-03-02T21:00:00Z", "2026-03-03T06:00:00Z"},
		{"the morning", "22:00-07:00", "2026-03-03T05:59:59Z", "2026-03-03T06:00:00Z"},
		{"over", "22:00-07:00", "2026-03-03T06:00:00Z", ""},
		{"within a day", "12:30-13:00", "2026-03-02T11:45:00Z", "2026-03-02T12:00:00Z"},
		{"the night that summer time begins", "22:00-07:00", "2026-03-28T22:00:00Z", "2026-03-29T05:00:00Z"},
		{"the night that summer time ends", "22:00-07:00", "2026-10-24T22:00:00Z", "2026-10-25T06:00:00Z"},
		{"the last of a year", "22:00-07:00", "2026-12-31T22:30:00Z", "2027-01-01T06:00:00Z"},
		{"never", "", "2026-03-02T23:00:00Z", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q, err := ParseQuiet(tt.span, berlin)
			check(t, err)
			now, err := time.Parse(time.RFC3339, tt.now)
			check(t, err)
			end, quiet := q.Until(now)
			got := ""
			if quiet {
				got = end.Format(time.RFC3339)
			}
			if got != tt.end {
				t.Errorf("got %q, want %q", got, tt.end)
			}
		})
	}
}

func TestQuietAlwaysEndsLater(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	check(t, err)
	q, err := ParseQuiet("01:30-02:30", berlin)
	check(t, err)
	for now := time.Date(2026, 10, 24, 20, 0, 0, 0, time.UTC); now.Day() < 26; now = now.Add(time.Minute) {
		if end, quiet := q.Until(now); quiet && !end.After(now) {
			t.Fatalf("at %s quiet until %s", now, end)
		}
	}
}

func TestParseQuietRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"22-7", "22:00", "22:00-22:00", "25:00-07:00", "22:00-07:00-08:00", "nights"} {
		if _, err := ParseQuiet(s, time.UTC); err == nil || !strings.Contains(err.Error(), "22:00-07:00") {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestDeadlineKinds(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]bool{
		"window_ending": true, "window_over": true, "answer_overdue": true, "refund_late": true, "dispute_closing": true, "proof_ending": true,
		"refused": false, "held": false, "snooze_over": false, "account_logged_out": false, "unmapped": false,
	} {
		if Deadline(kind) != want {
			t.Errorf("%s: %v", kind, !want)
		}
	}
}

func TestMessageWording(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 5000)
	m := messageOf(state.Alert{ID: "A1", Page: true, Title: "two\nlines", Text: long})
	if m.Title != "two lines" || !strings.HasSuffix(m.Text, "…\n\nReminders end with: countermand alerts ack A1") || len([]rune(m.Text)) > 2000 {
		t.Errorf("%q: %d characters", m.Title, len([]rune(m.Text)))
	}
	if m := messageOf(state.Alert{ID: "A1", Title: long}); len([]rune(m.Title)) != maxTitle {
		t.Errorf("title of %d characters", len([]rune(m.Title)))
	}
}
