package state

// Wait is why nothing new is asked of any supplier, in one line. Orders are read
// and deadlines watched all the same.
type Wait struct {
	Code WaitCode `json:"code"`
	// Text says what a person should do.
	Text string `json:"text"`
}

// WaitCode names a Wait; the alert about it is of the same kind.
type WaitCode string

// WaitPlace: the data folder was copied or moved, and its original may be in use.
const WaitPlace WaitCode = "place_changed"
