// Package state holds the words that every room of countermand shares: money,
// cases, cancellations, readings, events, effects, alerts, accounts; and the
// interfaces of the store that keeps them.
//
// It imports only the standard library and does nothing: no I/O, no clock, no
// randomness. Times are absolute and in UTC; zones appear only where a rule
// counts days (sync/calendar) or a page showed a local time.
//
// Readings live here and not in supplier, because a case keeps what it learnt
// from them and an event carries one.
package state
