package sync

// messaged is the end of an attempt to write to the supplier.
func messaged(x *change) error {
	m := x.ev.Messaged
	if m == nil {
		return x.refuse("no outcome came with it")
	}
	if m.Sent {
		x.say("wrote to the supplier: %s", m.Detail)
		return nil
	}
	x.say("nothing was written to the supplier: %s", m.Detail)
	return nil
}

// shopDone keeps in the journal what was done in the shop about the order.
func shopDone(x *change) error {
	if x.ev.Note == "" {
		return x.refuse("it does not say what was done")
	}
	detail := x.ev.Note
	x.ev.Note = ""
	x.say("%s", detail)
	return nil
}
