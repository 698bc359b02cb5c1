// Package sync is the engine: it decides what happens to a case and drives
// both edges so that it does.
//
// Every change of a case is an event put through [Policy.Step], a pure
// function over one table of status and event: no I/O, no clock, no
// randomness. What Step wants done outside (readings, the request, alerts) is
// stored in the same transaction as the case; the runner executes it and turns
// what happened into the next event.
//
// # Asking once
//
// A request is the only effect that cannot be taken back, so it is stored
// three times: the intent (queued → requesting, effect started) before the
// browser is touched; the mark (effect dispatched) right before the first
// click that may reach the supplier; the outcome after the order was read
// again. A crash before the mark is simply done again. A crash after it is
// *doubt*: the order is read, twice, a settle time apart. Pending or closed
// ends the doubt; an order that both times reads as never asked is asked once
// more, at most once; anything else waits for a person.
//
// # Lanes
//
// One goroutine works each account, one thing at a time, under a lease whose
// fence number every started effect carries. An outcome under an older fence
// is not believed. Knocks from the shops are worked apart from the lanes.
//
// Cron only wakes the engine. What is due is found through the store's index
// of due times, so what was missed while the daemon was down is simply due.
//
// The package is imported as casesync, so that `sync` keeps its usual meaning.
//
// # Transitions
//
// Where each event may take a case; events that leave it where it is are not
// shown. Made from the table by go generate.
//
//	(new)      → unmapped    cancelled
//	           → held        cancelled
//	           → queued      cancelled
//	           → ignored     cancelled
//	unmapped   → held        mapped
//	           → queued      mapped
//	           → ignored     mapped, withdrawn, ignore
//	held       → queued      cancelled, approve
//	           → requested   reading
//	           → cancelled   reading
//	           → refunded    reading
//	           → refused     reading
//	           → shipped     reading
//	           → disputable  reading
//	           → written_off write_off
//	           → ignored     cancelled, replaced, withdrawn, ignore
//	queued     → held        mapped, tick, begin, reading
//	           → requesting  begin
//	           → requested   reading
//	           → cancelled   reading
//	           → refunded    reading
//	           → refused     reading
//	           → shipped     reading
//	           → disputable  reading
//	           → ignored     replaced, withdrawn, reading, ignore
//	requesting → held        asked, interrupted, reading
//	           → queued      asked, interrupted, reading
//	           → requested   asked, reading
//	           → cancelled   asked, reading
//	           → refunded    asked, reading
//	           → refused     asked
//	           → shipped     asked
//	           → disputable  asked
//	requested  → cancelled   reading
//	           → refunded    reading, refund
//	           → refused     reading
//	           → shipped     reading
//	           → disputable  reading
//	           → ignored     ignore
//	cancelled  → refunded    reading, refund
//	           → disputed    opened
//	           → written_off write_off
//	           → ignored     ignore
//	refused    → requested   reading
//	           → cancelled   reading
//	           → refunded    reading, refund
//	           → shipped     reading, proof
//	           → disputable  reading
//	           → disputed    opened
//	           → written_off write_off
//	           → ignored     ignore
//	disputable → cancelled   reading
//	           → refunded    reading, refund
//	           → shipped     proof
//	           → disputed    opened
//	           → written_off write_off
//	           → ignored     ignore
//	disputed   → refunded    refund
//	           → won         won
//	           → lost        lost
//	           → written_off write_off
package sync

//go:generate go test -run ^TestDiagramIsCurrent$ -update .
