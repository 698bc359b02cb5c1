// Package chrome drives one Chromium on one profile. It knows no site.
//
// Three layers: the process (find the binary, start it in a process group of
// its own, own the profile by a lock), the supervisor (Browser: started when
// first needed, stopped gracefully, asked for its health, its death noticed)
// and the page (Tab: navigation, snapshots, trusted clicks, responses).
//
// With Options.Gate every request of the process is shown to a policy before it
// leaves: it passes, fails, is answered in the site's place or is held until it
// is released, which then happens once (Held.Release). What is not decided, by
// whatever mishap, does not leave. The daemon's death lets nothing go: the
// browser dies with it, it holds its own copies of the pipes whose end it would
// notice first, and its only way out, the proxy, was in the daemon.
//
// Every call to a tab has a deadline: the caller's, and for a single action
// Options.ActionTimeout where that is sooner, so that a hung browser is noticed
// in the middle of a long piece of work. A call that ends by its deadline says nothing
// about what the page did.
//
// Nothing here hides that the browser is automated.
package chrome

import "errors"

// The kinds of trouble; test with errors.Is.
var (
	// ErrMissing: no browser is installed where we look for one.
	ErrMissing = errors.New("no Chromium found")
	// ErrProfileInUse: another process owns the profile.
	ErrProfileInUse = errors.New("the browser profile is in use")
	// ErrGone: the browser died or was stopped during the call.
	ErrGone = errors.New("the browser is gone")
	// ErrClosed: the tab was closed, by itself or by us.
	ErrClosed = errors.New("the tab was closed")
	// ErrCrashed: the page's renderer died; the tab is of no more use.
	ErrCrashed = errors.New("the page crashed")
	// ErrNet: the address could not be loaded.
	ErrNet = errors.New("the page could not be loaded")
	// ErrNotFound: no element where one was expected.
	ErrNotFound = errors.New("no such element on the page")
	// ErrStale: the element is not what it was when it was looked at.
	ErrStale = errors.New("the element changed since it was looked at")
	// ErrCovered: something lies over the element, so a person could not
	// click it either.
	ErrCovered = errors.New("the element is covered")
	// ErrDisabled: the element takes no clicks.
	ErrDisabled = errors.New("the element is disabled")
	// ErrHidden: the element is not visible.
	ErrHidden = errors.New("the element is not visible")
)
