package machine

import (
	"maps"

	"countermand/state"
)

// handler is what one event does to a case of one status.
type handler func(*change) error

// row is what one status takes.
type row map[state.EventKind]handler

// openRow is what every case that has not ended takes; its own entries
// override that. What the shop says again is no news, and a customer who
// changes their mind after the supplier was asked is a matter for a person.
func openRow(own row) row {
	r := row{
		state.EventCancelled:  cancelledToo,
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

// endedRow is what may reach a case after its end, because it was under way.
// There it changes nothing.
func endedRow() row {
	return row{
		state.EventCancelled: nothing, state.EventMapped: nothing, state.EventReplaced: nothing, state.EventWithdrawn: nothing,
		state.EventTick: nothing, state.EventReading: nothing, state.EventReadFailed: nothing,
		state.EventMessaged: messaged, state.EventShop: shopDone,
	}
}

// table decides every pair of status and event. A pair that is not here is
// impossible or refused.
var table = map[state.Status]row{
	state.StatusStart: {
		state.EventCancelled: open,
	},
	state.Unmapped: without(openRow(row{
		state.EventMapped:    mapped,
		state.EventWithdrawn: withdrawn,
		state.EventTick:      tickUnmapped,
		state.EventRetry:     retryUnmapped,
		state.EventIgnore:    ignore,
		state.EventReplaced:  covered,
	}), state.EventReadFailed),
	state.Held: openRow(row{
		state.EventMapped:    mappedAgain,
		state.EventReplaced:  replaced,
		state.EventWithdrawn: withdrawn,
		state.EventReading:   readingHeld,
		state.EventApprove:   approve,
		state.EventRetry:     retryHeld,
		state.EventIgnore:    ignore,
		state.EventWriteOff:  writeOff,
	}),
	state.Queued: openRow(row{
		state.EventMapped:    mappedAgain,
		state.EventReplaced:  replaced,
		state.EventWithdrawn: withdrawn,
		state.EventBegin:     begin,
		state.EventReading:   readingQueued,
		state.EventRetry:     retryQueued,
		state.EventIgnore:    ignore,
	}),
	state.Requesting: openRow(row{
		state.EventMapped:      mappedAsking,
		state.EventReplaced:    replacedAsking,
		state.EventWithdrawn:   withdrawnAsking,
		state.EventTick:        tickRequesting,
		state.EventDispatching: dispatching,
		state.EventAsked:       asked,
		state.EventInterrupted: interrupted,
		state.EventReading:     readingRequesting,
		state.EventRetry:       retryRequesting,
	}),
	state.Requested: openRow(row{
		state.EventReading: readingRequested,
		state.EventRetry:   readNow,
		state.EventRefund:  refundByOperator,
		state.EventIgnore:  ignore,
	}),
	state.Cancelled: openRow(row{
		state.EventReading:  readingCancelled,
		state.EventRetry:    readNow,
		state.EventRefund:   refundByOperator,
		state.EventOpened:   opened,
		state.EventWriteOff: writeOff,
		state.EventIgnore:   ignore,
	}),
	state.Refused: openRow(row{
		state.EventReading:  readingRefused,
		state.EventRetry:    readNow,
		state.EventRefund:   refundByOperator,
		state.EventOpened:   opened,
		state.EventProof:    proofByOperator,
		state.EventAsk:      askAgain,
		state.EventWriteOff: writeOff,
		state.EventIgnore:   ignore,
	}),
	state.Disputable: openRow(row{
		state.EventReading:  readingDisputable,
		state.EventRetry:    readNow,
		state.EventRefund:   refundByOperator,
		state.EventOpened:   opened,
		state.EventProof:    proofByOperator,
		state.EventAsk:      askAgain,
		state.EventSnooze:   snooze,
		state.EventWriteOff: writeOff,
		state.EventIgnore:   ignore,
	}),
	state.Disputed: openRow(row{
		state.EventReading:  readingDisputed,
		state.EventRetry:    readNow,
		state.EventRefund:   refundByOperator,
		state.EventWon:      won,
		state.EventLost:     lost,
		state.EventSnooze:   snooze,
		state.EventWriteOff: writeOff,
	}),
	state.Refunded:   endedRow(),
	state.Shipped:    endedRow(),
	state.Won:        endedRow(),
	state.Lost:       endedRow(),
	state.WrittenOff: endedRow(),
	state.Ignored:    endedRow(),
}

// without takes entries out: an unmapped case has nothing to read.
func without(r row, kinds ...state.EventKind) row {
	for _, k := range kinds {
		delete(r, k)
	}
	return r
}

// nothing is for events that are true but no news.
func nothing(*change) error { return nil }
