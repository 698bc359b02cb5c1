package state

// Wait is why nothing new is asked of any supplier.
type Wait struct {
	Code WaitCode `json:"code"`
	// Text says in one line why, and what a person should do.
	Text string `json:"text"`
}

// WaitCode names a Wait; the alert about it is of the same kind.
type WaitCode string

// WaitPlace: the data folder was copied or moved, and its original may be in use.
const WaitPlace WaitCode = "place_changed"

// WaitClock: the daemon's clock disagrees with its own newest stamp, the
// machine's uptime or a shop. Nothing is deleted either, no deadline judged, and
// a reading is only stored.
const WaitClock WaitCode = "clock_doubtful"
