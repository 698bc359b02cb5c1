package aliexpresstest

import (
	"cmp"
	"time"
)

// Forever, as the length of a nuisance, is one that never goes away.
const Forever time.Duration = -1

// Nuisance is what makes an order's pages hard to use without being wrong.
// Lengths of time are the browser's own and count from when the page shows
// its data; zero is off, Forever never ends.
type Nuisance struct {
	// Overlay is how long a transparent layer swallows every click.
	Overlay time.Duration
	// Loading is how long .comet-loading-wrap, a visible veil, does so.
	Loading time.Duration
	// Robot puts the chat robot's box, #J_xiaomi_dialog, over the page's
	// buttons. Its × closes it.
	Robot bool
	// Cookies puts the cookie banner over the lower part of the window until
	// its .btn-accept is pressed; the browser then remembers.
	Cookies bool
	// StickyHeader keeps the header over whatever is scrolled to the top.
	StickyHeader bool
	// LateButtons is how long after the data the buttons come: those of the
	// order, those of the forms.
	LateButtons time.Duration
	// SwapButtons lets "Extend processing time" and "Cancel order" stand in
	// the other order with every second answer.
	SwapButtons bool
	// SwapOnHover lets the two change places once when the pointer arrives
	// at "Cancel order".
	SwapOnHover bool
	// Decoys adds a button "Cancellation policy" (type CANCEL_POLICY, the
	// first of all) and a link of that name. Both lead to PagePolicy.
	Decoys bool
}

// SetNuisance disturbs all order pages, on top of what each order has of its
// own. The zero value ends it.
func (s *Site) SetNuisance(n Nuisance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nuisance = n
}

// with adds what m has and n has not.
func (n Nuisance) with(m Nuisance) Nuisance {
	return Nuisance{
		Overlay: cmp.Or(n.Overlay, m.Overlay), Loading: cmp.Or(n.Loading, m.Loading), LateButtons: cmp.Or(n.LateButtons, m.LateButtons),
		Robot: n.Robot || m.Robot, Cookies: n.Cookies || m.Cookies, StickyHeader: n.StickyHeader || m.StickyHeader,
		SwapButtons: n.SwapButtons || m.SwapButtons, SwapOnHover: n.SwapOnHover || m.SwapOnHover, Decoys: n.Decoys || m.Decoys,
	}
}

// nuisanceOf is what disturbs the pages of an order, "" for those of none. The
// caller holds mu.
func (s *Site) nuisanceOf(orderID string) Nuisance {
	if e := s.find(orderID); e != nil {
		return e.Nuisance.with(s.nuisance)
	}
	return s.nuisance
}

// stage is what a page's script is told of the nuisances; times in ms, -1 for
// Forever.
func (n Nuisance) stage() obj {
	ms := func(d time.Duration) int64 {
		if d < 0 {
			return -1
		}
		return d.Milliseconds()
	}
	return obj{
		"overlay": ms(n.Overlay), "loading": ms(n.Loading), "lateButtons": ms(n.LateButtons), "robot": n.Robot, "cookies": n.Cookies,
		"stickyHeader": n.StickyHeader, "swapOnHover": n.SwapOnHover, "decoys": n.Decoys,
	}
}
