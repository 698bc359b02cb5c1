package aliexpresstest

import (
	"maps"
	"slices"
	"time"
)

// Kinds of writes. Only WriteCancel is ever wanted; the others are traps.
const (
	WriteCancel       = "cancel"
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
	// Reason is the reason code of a cancel.
	Reason string
	// Trusted tells whether a real input event was behind it, as the page
	// says; a call made past the page's handlers is not.
	Trusted bool
	// Refused is the site's error, "" where the write was taken.
	Refused string
}

// Attempt is a click that the page ignored because no person made it.
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

// Untrusted gives the synthetic clicks so far.
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
