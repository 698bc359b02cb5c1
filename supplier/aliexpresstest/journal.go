package aliexpresstest

import (
	"maps"
	"slices"
	"time"
)

// Kinds of writes. WriteCancel is wanted, WriteMessage and WriteDispute are
// where a person has decided so; the others are traps.
const (
	WriteCancel       = "cancel"
	WriteMessage      = "message"
	WriteDispute      = "dispute"
	WriteExtend       = "extend"
	WriteConfirmGoods = "confirm_goods"
	WritePay          = "pay"
	WriteDelete       = "delete"
	WriteRepurchase   = "repurchase"
	WriteOpenDispute  = "open_dispute"
)

// Write is one write that reached the site, whether or not it was granted.
type Write struct {
	At      time.Time
	Kind    string
	OrderID string
	// Reason is the reason code of a cancel or a dispute.
	Reason string
	// Text is a message's, or the description of a dispute.
	Text string
	// LineID, Amount (a decimal) and Files (their names) are a dispute's.
	LineID string
	Amount string
	Files  []string
	// Trusted tells whether a real input event was behind it, as the page
	// says; a call made past the page's handlers is not.
	Trusted bool
	// Shape is how it came: method, media type of the body and the browser's
	// Sec-Fetch-Dest, such as "POST application/x-www-form-urlencoded empty"
	// (the pages' own) or "GET image".
	Shape string
	// Refused is the site's error, "" where the write was taken.
	Refused string
}

// Attempt is a click that did not do what it was for: see Untrusted, Missed.
type Attempt struct {
	At      time.Time
	Kind    string
	OrderID string
}

// Writes gives every write so far, in the order of arrival.
func (s *Site) Writes() []Write {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.writes)
}

// Missed gives the real clicks that landed on something that lay over the
// page: kind "overlay", "loading", "robot" or "cookies". To close a box by its
// own button is no miss.
func (s *Site) Missed() []Attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.missed)
}

// note logs a write.
func (s *Site) note(a ask, w Write, outcome string) {
	w.Shape = a.shape
	s.writes = append(s.writes, w)
	s.logf("write %s %s reason=%q trusted=%v -> %s%s", w.Kind, w.OrderID, w.Reason, w.Trusted, outcome, w.Refused)
}

// Untrusted gives the synthetic clicks so far, which the pages ignored because
// no person made them.
func (s *Site) Untrusted() []Attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.attempts)
}

// Calls counts the requests so far by kind: CallList, PageDetail and so on.
func (s *Site) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.calls)
}
