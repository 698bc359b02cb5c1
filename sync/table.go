package sync

import "countermand/state"

// handler is what one event does to a case of one status.
type handler func(*change) error

// row is what one status takes.
type row map[state.EventKind]handler

// table decides every pair of status and event. A pair that is not here is
// impossible or refused.
//
// Readings and the ends of effects may reach a case after it has ended,
// because they were under way; there they change nothing.
var table map[state.Status]row

// The table refers to handlers that refer to the policy's helpers; building it
// in init keeps Go from seeing a cycle.
func init() { //nolint:gochecknoinits // a table of functions
	table = map[state.Status]row{
		state.StatusStart: {
			state.EventCancelled: open,
		},
		state.Unmapped: {
			state.EventCancelled: nothing,
			state.EventMapped:    mapped,
			state.EventWithdrawn: withdrawn,
			state.EventTick:      tickUnmapped,
			state.EventRetry:     retryUnmapped,
			state.EventIgnore:    ignore,
			state.EventPause:     pause,
			state.EventResume:    resume,
		},
		state.Held: {
			state.EventCancelled:  nothing,
			state.EventMapped:     mappedAgain,
			state.EventWithdrawn:  withdrawn,
			state.EventTick:       tick,
			state.EventReading:    readingHeld,
			state.EventReadFailed: readFailed,
			state.EventApprove:    approve,
			state.EventRetry:      retryHeld,
			state.EventIgnore:     ignore,
			state.EventWriteOff:   writeOff,
			state.EventPause:      pause,
			state.EventResume:     resume,
		},
		state.Queued: {
			state.EventCancelled:  nothing,
			state.EventMapped:     mappedAgain,
			state.EventWithdrawn:  withdrawn,
			state.EventTick:       tick,
			state.EventBegin:      begin,
			state.EventReading:    readingQueued,
			state.EventReadFailed: readFailed,
			state.EventRetry:      retryQueued,
			state.EventIgnore:     ignore,
			state.EventPause:      pause,
			state.EventResume:     resume,
		},
		state.Requesting: {
			state.EventCancelled:   nothing,
			state.EventMapped:      nothing,
			state.EventWithdrawn:   withdrawnLate,
			state.EventTick:        tickRequesting,
			state.EventDispatching: dispatching,
			state.EventAsked:       asked,
			state.EventInterrupted: interrupted,
			state.EventReading:     readingRequesting,
			state.EventReadFailed:  readFailed,
			state.EventRetry:       retryRequesting,
			state.EventPause:       pause,
			state.EventResume:      resume,
		},
		state.Requested: {
			state.EventCancelled:  nothing,
			state.EventMapped:     nothing,
			state.EventWithdrawn:  withdrawnLate,
			state.EventTick:       tick,
			state.EventReading:    readingRequested,
			state.EventReadFailed: readFailed,
			state.EventRetry:      readNow,
			state.EventRefund:     refundByOperator,
			state.EventIgnore:     ignore,
			state.EventPause:      pause,
			state.EventResume:     resume,
		},
		state.Cancelled: {
			state.EventCancelled:  nothing,
			state.EventMapped:     nothing,
			state.EventWithdrawn:  withdrawnLate,
			state.EventTick:       tick,
			state.EventReading:    readingCancelled,
			state.EventReadFailed: readFailed,
			state.EventRetry:      readNow,
			state.EventRefund:     refundByOperator,
			state.EventOpened:     opened,
			state.EventWriteOff:   writeOff,
			state.EventIgnore:     ignore,
			state.EventPause:      pause,
			state.EventResume:     resume,
		},
		state.Refused: {
			state.EventCancelled:  nothing,
			state.EventMapped:     nothing,
			state.EventWithdrawn:  withdrawnLate,
			state.EventTick:       tick,
			state.EventReading:    readingRefused,
			state.EventReadFailed: readFailed,
			state.EventRetry:      readNow,
			state.EventRefund:     refundByOperator,
			state.EventOpened:     opened,
			state.EventProof:      proofByOperator,
			state.EventAsk:        askAgain,
			state.EventWriteOff:   writeOff,
			state.EventIgnore:     ignore,
			state.EventPause:      pause,
			state.EventResume:     resume,
		},
		state.Disputable: {
			state.EventCancelled:  nothing,
			state.EventMapped:     nothing,
			state.EventWithdrawn:  withdrawnLate,
			state.EventTick:       tick,
			state.EventReading:    readingDisputable,
			state.EventReadFailed: readFailed,
			state.EventRetry:      readNow,
			state.EventRefund:     refundByOperator,
			state.EventOpened:     opened,
			state.EventProof:      proofByOperator,
			state.EventAsk:        askAgain,
			state.EventSnooze:     snooze,
			state.EventWriteOff:   writeOff,
			state.EventIgnore:     ignore,
			state.EventPause:      pause,
			state.EventResume:     resume,
		},
		state.Disputed: {
			state.EventCancelled:  nothing,
			state.EventMapped:     nothing,
			state.EventWithdrawn:  withdrawnLate,
			state.EventTick:       tick,
			state.EventReading:    readingDisputed,
			state.EventReadFailed: readFailed,
			state.EventRetry:      readNow,
			state.EventRefund:     refundByOperator,
			state.EventWon:        won,
			state.EventLost:       lost,
			state.EventSnooze:     snooze,
			state.EventWriteOff:   writeOff,
			state.EventPause:      pause,
			state.EventResume:     resume,
		},
	}
	for _, s := range state.Statuses {
		if s.Ended() {
			table[s] = row{
				state.EventCancelled: nothing, state.EventMapped: nothing, state.EventWithdrawn: nothing,
				state.EventTick: nothing, state.EventReading: nothing, state.EventReadFailed: nothing,
			}
		}
	}
}

// nothing is for events that are true but no news.
func nothing(*change) error { return nil }
