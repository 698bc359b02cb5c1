// Package state holds the words that all packages of countermand share: money,
// cases, cancellations, readings, events, effects, alerts and accounts; and the
// interfaces of the store that keeps them.
//
// It imports only the standard library and does nothing: no I/O, no clock, no
// randomness. Times are absolute and in UTC; zones appear only where a rule
// counts days (sync/calendar) or a page showed a local time.
//
// Readings are defined here and not in supplier, because a case keeps what it
// learnt from them and an event carries one.
//
// # Glossary
//
// Each word has one meaning where it stands for what is stored or decided.
//
// What the merchant has:
//
//	shop             a Shopify store
//	shop order       an order in it, "#1042"
//	supplier         where the goods were bought: AliExpress
//	supplier order   an order there; one shop order has one for each seller
//	account          a buyer's account at the supplier: one browser profile, one thing at a time
//	mapping          which supplier order belongs to which lines of a shop order, and who says so
//	claim            the supplier orders that a shop order named when it was last read
//
// What is to be done:
//
//	cancellation     what the shop says: an order cancelled, or lines taken off it
//	request          a customer's wish to cancel; the suppliers are asked before the shop order is cancelled
//	cancel request   what is placed at the supplier so that it cancels a supplier order
//	case             one supplier order that must be cancelled because of one cancellation or request
//	status           where a case stands, such as queued or refused
//	clock            a deadline of a case, such as the end of the ship window
//	finding          what was found about a case, as a code with subject and facts, never a sentence
//	journal          all that happened to a case, entry by entry; only ever added to
//
// How it is done:
//
//	knock            a sign that a shop order should be read again; it carries no data
//	event            what happened to a case; the only thing that changes one
//	effect           one piece of work outside the store, planned in the transaction of an event
//	lane             what effects wait in: one for each account and each shop, one thing at a time
//	lease            the right of one running daemon to work an account
//	fence            the lease's number; an outcome under an older one is not believed
//	write-back       the tag and metafield that show in the shop how its cases stand
//	quarantine       where records stand that cannot be read, unchanged
//
// What is known of a cancel request:
//
//	attempt          one try to place it; its intent is stored before the browser is touched
//	mark             the stored note that the call that asks is about to leave; without one nothing left
//	answer           what the site said to that call: yes, no, or why it is neither
//	doubt            a mark without an answer of the shop: was the request placed or not
//	lost period      the time between a restored backup and the restore, of which the records are gone
//	found standing   a request that was there already; it lies between two readings
//	notice           since when the supplier could know that the order is to be cancelled
//
// What the supplier's pages tell:
//
//	reading          one look at a supplier order
//	day              a date without an hour; nothing is before or after another within one
//	phase            what a reading says of the order, such as pending or shipped
//	scan             a carrier's dated record of having the parcel; a printed label is none
//	proof            what the scans show against the notice: sent before it, after it, or nothing
//	evidence         files kept of a reading or attempt: screenshots, pages, answers
//
// Who is called:
//
//	alert            something that a person must know, raised once
//	page             an alert that is delivered at once and again until acknowledged
//	dispute queue    the cases that a person must review, the most urgent first
package state
