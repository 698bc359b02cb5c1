package machine

import (
	"maps"
	"strings"
	"time"

	"countermand/state"
	"countermand/supplier"
)

// handler is what one event does to a case of one status.
type handler func(*change) error

// row is what each event does to a case of one status. An event that is not
// here is impossible or refused.
type row map[state.EventKind]handler

// openRow is what every case that has not ended takes; its own entries
// override that. What the shop says again is no news, and a customer who
// changes their mind after the supplier was asked is a matter for a person.
func openRow(own row) row {
	r := row{
		state.EventCancelled:  cancelledFurther,
		state.EventMapped:     mappedLate,
		state.EventReplaced:   replacedLate,
		state.EventWithdrawn:  withdrawnLate,
		state.EventTick:       tick,
		state.EventReadFailed: readFailed,
		state.EventMessaged:   messaged,
		state.EventShop:       shopDone,
		state.EventPause:      pause,
		state.EventResume:     resume,
	}
	maps.Copy(r, own)
	return r
}

// endedRow holds the events that were under way when a case ended. They change
// nothing.
func endedRow() row {
	return row{
		state.EventCancelled: nothing, state.EventMapped: nothing, state.EventReplaced: nothing, state.EventWithdrawn: nothing,
		state.EventTick: nothing, state.EventReading: nothing, state.EventReadFailed: nothing,
		state.EventMessaged: messaged, state.EventShop: shopDone,
	}
}

// watch is a clock that counts in a status; warn: also a day ahead.
type watch struct {
	clock state.Clock
	warn  bool
}

// status is all that differs from one status to another, beside what everybody
// must know of it (package state).
type status struct {
	handlers row
	// enter sets up what the status needs from its first moment on.
	enter   func(*change)
	watches []watch
	// check is when the order is read next; nil: not by itself.
	check func(c state.Case, now time.Time) time.Time
	// depth is how much is then read: tracking is nowhere but on its own page,
	// refunds only behind the detail. Empty: the list, and the detail once a
	// day.
	depth state.Depth
	// messages are the messages to the supplier that are true in it.
	messages []state.EffectKind
	// flag is the one short line of what a person should do or know.
	flag func(state.Case) string
	// needs orders the statuses by how much they need a person, 1 first: of
	// several cases of an order the shop shows the first.
	needs int
	// word says what it means.
	word string
}

// statuses is [everyStatus], for what a row does to look into the rows: Go
// allows no variable that its own functions refer to.
var statuses map[state.Status]status

func init() { statuses = everyStatus }

// everyStatus has one row for each status.
var everyStatus = map[state.Status]status{
	state.StatusStart: {
		handlers: row{
			state.EventCancelled: open,
		},
	},
	state.Unmapped: {
		handlers: without(openRow(row{
			state.EventMapped:    mapped,
			state.EventWithdrawn: withdrawn,
			state.EventTick:      tickUnmapped,
			state.EventRetry:     retryUnmapped,
			state.EventIgnore:    ignore,
			state.EventReplaced:  linesMapped,
		}), state.EventReadFailed),
		enter: enterUnmapped,
		flag:  fixedFlag("no {supplier} order known: map it"),
		needs: 2,
		word:  "Which supplier order stands behind it is not known.",
	},
	state.Held: {
		handlers: openRow(row{
			state.EventMapped:    mappedAgain,
			state.EventReplaced:  replaced,
			state.EventWithdrawn: withdrawn,
			state.EventReading:   onReading(readingHeld),
			state.EventApprove:   approve,
			state.EventRetry:     retryHeld,
			state.EventIgnore:    ignore,
			state.EventWriteOff:  writeOff,
		}),
		enter:   enterHeld,
		watches: []watch{{state.ClockShipWindowEnd, true}},
		check:   checkHeld,
		depth:   state.DepthDetail,
		flag:    fixedFlag("waits for your decision"),
		needs:   1,
		word:    "It waits for a person: nothing was asked since.",
	},
	state.Queued: {
		handlers: openRow(row{
			state.EventMapped:    mappedAgain,
			state.EventReplaced:  replaced,
			state.EventWithdrawn: withdrawn,
			state.EventBegin:     begin,
			state.EventReading:   onReading(readingQueued),
			state.EventRetry:     retryQueued,
			state.EventIgnore:    ignore,
		}),
		enter:   enterQueued,
		watches: []watch{{state.ClockUnasked, false}, {state.ClockShipWindowEnd, true}},
		flag:    queuedFlag,
		needs:   9,
		word:    "The supplier has not been asked yet.",
	},
	state.Requesting: {
		handlers: openRow(row{
			state.EventMapped:       mappedAsking,
			state.EventReplaced:     replacedAsking,
			state.EventWithdrawn:    withdrawnAsking,
			state.EventTick:         tickRequesting,
			state.EventDispatching:  dispatching,
			state.EventAttemptEnded: attemptEnded,
			state.EventInterrupted:  interrupted,
			state.EventReading:      readingRequesting,
			state.EventRetry:        retryRequesting,
		}),
		watches: []watch{{state.ClockUnasked, false}, {state.ClockShipWindowEnd, true}},
		depth:   state.DepthDetail,
		flag:    requestingFlag,
		needs:   10,
		word:    "The supplier is being asked; how that ended is not known yet.",
	},
	state.Requested: {
		handlers: openRow(row{
			state.EventReading: onReading(readingRequested),
			state.EventRetry:   readNow,
			state.EventRefund:  refundByOperator,
			state.EventIgnore:  ignore,
		}),
		enter:    enterRequested,
		watches:  []watch{{state.ClockAnswerDue, false}, {state.ClockShipWindowEnd, true}},
		check:    checkRequested,
		messages: []state.EffectKind{state.EffectMessageRequest},
		flag:     fixedFlag("waiting for the supplier's answer"),
		needs:    11,
		word:     "The supplier was asked and has not answered.",
	},
	state.Cancelled: {
		handlers: openRow(row{
			state.EventReading:  onReading(readingCancelled),
			state.EventRetry:    readNow,
			state.EventRefund:   refundByOperator,
			state.EventOpened:   opened,
			state.EventWriteOff: writeOff,
			state.EventIgnore:   ignore,
		}),
		enter:   enterCancelled,
		watches: []watch{{state.ClockRefundWarn, false}, {state.ClockRefundDue, false}},
		check:   checkCancelled,
		depth:   state.DepthDetail,
		flag:    refundFlag,
		needs:   12,
		word:    "The supplier order is closed; the money is awaited.",
	},
	state.Refunded: {
		handlers: endedRow(),
		needs:    14,
		word:     "The money came back. The case has ended.",
	},
	state.Refused: {
		handlers: openRow(row{
			state.EventReading:  onReading(readingRefused),
			state.EventRetry:    readNow,
			state.EventRefund:   refundByOperator,
			state.EventOpened:   opened,
			state.EventProof:    proofByOperator,
			state.EventRemind:   remindSupplier,
			state.EventWriteOff: writeOff,
			state.EventIgnore:   ignore,
		}),
		enter:    enterRefused,
		watches:  []watch{{state.ClockShipWindowEnd, false}, {state.ClockProofDue, true}, {state.ClockDisputeCloses, true}},
		check:    checkRefused,
		depth:    state.DepthTracking,
		messages: []state.EffectKind{state.EffectMessageRefusal, state.EffectMessageProof},
		flag:     refusedFlag,
		needs:    5,
		word:     "The supplier refused, and has some days to prove that it had shipped before it was asked.",
	},
	state.Shipped: {
		handlers: endedRow(),
		enter:    enterShipped,
		needs:    8,
		word:     "The parcel had left before the supplier was asked. The case has ended.",
	},
	state.Disputable: {
		handlers: openRow(row{
			state.EventReading:  onReading(readingDisputable),
			state.EventRetry:    readNow,
			state.EventRefund:   refundByOperator,
			state.EventOpened:   opened,
			state.EventProof:    proofByOperator,
			state.EventRemind:   remindSupplier,
			state.EventSnooze:   snooze,
			state.EventWriteOff: writeOff,
			state.EventIgnore:   ignore,
		}),
		enter:    enterDisputable,
		watches:  []watch{{state.ClockDisputeOpens, false}, {state.ClockDisputeCloses, true}, {state.ClockSnooze, false}},
		check:    checkDisputable,
		depth:    state.DepthTracking,
		messages: []state.EffectKind{state.EffectMessageProof},
		flag:     disputeFlag,
		needs:    3,
		word:     "It stands in the dispute queue: a person decides whether a dispute is opened.",
	},
	state.Disputed: {
		handlers: openRow(row{
			state.EventReading:  onReading(readingDisputed),
			state.EventRetry:    readNow,
			state.EventRefund:   refundByOperator,
			state.EventWon:      won,
			state.EventLost:     lost,
			state.EventSnooze:   snooze,
			state.EventWriteOff: writeOff,
		}),
		enter:   enterDisputed,
		watches: []watch{{state.ClockDisputeDue, false}, {state.ClockSnooze, false}},
		check:   checkDisputed,
		depth:   state.DepthTracking,
		flag:    disputedFlag,
		needs:   4,
		word:    "A dispute is open; its decision is awaited.",
	},
	state.Won: {
		handlers: endedRow(),
		needs:    13,
		word:     "The dispute was won. The case has ended.",
	},
	state.Lost: {
		handlers: endedRow(),
		needs:    6,
		word:     "The dispute was lost. The case has ended.",
	},
	state.WrittenOff: {
		handlers: endedRow(),
		needs:    7,
		word:     "The money was given up. The case has ended.",
	},
	state.Ignored: {
		handlers: endedRow(),
		needs:    15,
		word:     "It was decided to leave the order alone. The case has ended.",
	},
}

// without takes entries out: an unmapped case has nothing to read.
func without(r row, kinds ...state.EventKind) row {
	for _, k := range kinds {
		delete(r, k)
	}
	return r
}

// nothing handles events that need no change.
func nothing(*change) error { return nil }

// fixedFlag is a flag that differs by the name of the supplier alone.
func fixedFlag(text string) func(state.Case) string {
	return func(c state.Case) string { return strings.ReplaceAll(text, "{supplier}", supplier.Title(c.Supplier)) }
}

// StatusText says what a status means, in a sentence.
func StatusText(s state.Status) string { return statuses[s].word }

// ShownStatus is the status that a shop order shows: of its cases the one that
// needs a person most.
func ShownStatus(cases []state.Case) state.Status {
	best := state.StatusStart
	for _, c := range cases {
		if best == state.StatusStart || statuses[c.Status].needs < statuses[best].needs {
			best = c.Status
		}
	}
	return best
}
