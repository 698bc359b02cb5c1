// Package machine decides what happens to a case: what an event does to it, and
// what follows.
//
// It is pure: [Policy.Step] is a function of case, event and time over one
// table of status and event, without I/O, clock or randomness. What a step
// wants done outside comes back as plans and alerts in its [Outcome]; package
// sync stores all of it in one transaction and carries it out.
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
//	           → ignored     mapped, replaced, withdrawn, ignore
//	held       → queued      cancelled, reading, approve
//	           → requested   reading
//	           → cancelled   reading
//	           → refunded    reading
//	           → refused     reading
//	           → shipped     reading
//	           → disputable  reading
//	           → written_off write_off
//	           → ignored     cancelled, replaced, withdrawn, ignore
//	queued     → held        mapped, replaced, withdrawn, tick, begin, reading
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
package machine

//go:generate go test -run ^TestDiagramIsCurrent$ -update .
