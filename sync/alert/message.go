package alert

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"countermand/state"
)

const timeLayout = "Mon 2 Jan 15:04 MST"

// Chat services cut or refuse long messages; the smallest common limit of
// those in use is 2000 characters.
const (
	maxTitle = 120
	maxText  = 1800
)

// messageOf words an alert for a channel.
func messageOf(a state.Alert) Message {
	title, text := oneLine(a.Title), strings.TrimSpace(a.Text)
	switch {
	case !a.ResolvedAt.IsZero():
		return Message{Title: cut("resolved: "+title, maxTitle), Text: cut(text, maxText)}
	case a.Deliveries > 0:
		title = fmt.Sprintf("reminder %d: %s", a.Deliveries, title)
	}
	if a.Page {
		text = cut(text, maxText) + "\n\nReminders end with: countermand alerts ack " + a.ID
	}
	return Message{Title: cut(title, maxTitle), Text: text}
}

// oneLine keeps a text from breaking a title, a mail header or a log line.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// cut shortens to n characters and says so.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// deadlineEndings are how the kinds of alerts about a deadline end.
var deadlineEndings = []string{"_ending", "_overdue", "_due", "_late", "_closing", "_closed"}

// Deadline tells whether an alert's kind is about a deadline: those are
// delivered in quiet hours too, because a deadline does not wait for morning.
// The end of a snooze can wait.
func Deadline(kind string) bool {
	return kind == "window_over" || slices.ContainsFunc(deadlineEndings, func(end string) bool { return strings.HasSuffix(kind, end) })
}
