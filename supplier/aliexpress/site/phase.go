package site

import (
	"slices"

	"countermand/state"
)

// signs are what an order's page tells about where the order stands.
type signs struct {
	caption, reminder string
	// number is the numeric status as written, "" where there is none.
	number  string
	buttons []Button
	// shipped and ended: the page shows such a date.
	shipped, ended bool
}

// phase concludes where an order stands. Each sign leaves some phases
// possible; only when one is left is it the answer. Signs that contradict each
// other, and a caption that is not known, give PhaseUnknown.
func (p Profile) phase(s signs) state.Phase {
	left := p.captionPhases(s)
	narrow := func(to []state.Phase) {
		if to != nil {
			left = slices.DeleteFunc(slices.Clone(left), func(ph state.Phase) bool { return !slices.Contains(to, ph) })
		}
	}
	narrow(p.Numbers[s.number])
	for _, b := range s.buttons {
		narrow(p.ButtonPhases[b.Type])
	}
	if s.shipped {
		narrow([]state.Phase{state.PhaseShipped, state.PhaseDelivered, state.PhaseFinished, state.PhaseClosed})
	}
	if s.ended {
		narrow([]state.Phase{state.PhaseFinished, state.PhaseClosed})
	}
	if len(left) == 1 {
		return left[0]
	}
	return state.PhaseUnknown
}

// captionPhases is what the words allow. A request that waits may leave the
// status caption as it was, so its own sentence counts more.
func (p Profile) captionPhases(s signs) []state.Phase {
	named := p.named(s.caption)
	if p.Reminders.Pending.in(s.reminder) != "" {
		if named == "" || named == state.PhasePending || named == state.PhaseProcessing {
			return []state.Phase{state.PhasePending}
		}
		return nil
	}
	if named != "" {
		return []state.Phase{named}
	}
	// Under a caption that is not known it is what a number alone leaves, and
	// that must be one. An empty page proves nothing.
	if only := p.Numbers[s.number]; s.caption != "" && len(only) == 1 {
		return only
	}
	return nil
}

func (p Profile) named(caption string) state.Phase {
	for phase, texts := range p.Statuses {
		if texts.Is(caption) {
			return phase
		}
	}
	return ""
}

// CancelButton finds the one button that cancels the order; ok is false where
// there is none or more than one.
func (p Profile) CancelButton(buttons []Button) (Button, bool) {
	var found []Button
	for _, b := range buttons {
		if slices.Contains(p.Cancel.ButtonTypes, b.Type) && p.Denies(b) == "" {
			found = append(found, b)
		}
	}
	if len(found) != 1 {
		return Button{}, false
	}
	return found[0], true
}

// Ended tells whether nothing more will happen to an unshipped order.
func Ended(ph state.Phase) bool {
	return ph == state.PhaseShipped || ph == state.PhaseDelivered || ph == state.PhaseFinished
}
