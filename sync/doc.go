// Package sync is the engine: it keeps the cases moving, by storing what was
// decided and doing at the shop and at the supplier what follows.
//
// Every change of a case is an event put through
// [countermand/sync/machine.Policy.Step]. What Step wants done outside
// (readings, the request, messages) is stored in the same transaction as the
// case; the lanes do it and turn what happened into the next event.
//
// # Asking once
//
// A request is the only effect that cannot be taken back, so it is stored
// three times: the intent (queued → requesting, effect started) before the
// browser is touched; the mark (effect dispatched) when the call that asks waits
// at the gate on the wire, before it leaves; the outcome, with what the site said,
// after the order was read again. Without a mark nothing left, and the attempt is
// simply done again, however often it is cut off.
//
// A page that shows the request or the closed order ends the matter. Else what
// the site said does: a yes stands from the mark on, also where pages show the
// old state for a while, and no trace of it later means refused; a no is refused;
// an answer that is not understood, or that a request stands already, is a
// person's unless a page shows it. Only where no answer of the shop came is there
// *doubt*: the order is read twice, a settle time after the mark and another one
// later, on the daemon's clock. What both times reads as never asked is asked
// once more, at most once; anything else waits for a person.
//
// # Effects
//
// Whatever is done outside is written down here with what keeps a crash or a
// lost answer from doing it twice.
//
//	read             idempotent: changes nothing outside, done again at will
//	request          at most once: intent, mark, call, answer, outcome (above). A
//	                 page that tells of a refusal is not asked either, whoever
//	                 asked before, unless a person has approved those very words
//	message_request  at most once: the page is read before a text is sent, and a
//	message_refusal  text that stands there is not sent again; the words are kept
//	message_proof    with the effect, so that trying again compares the same text.
//	                 The mark is stored before the first text. An attempt cut off
//	                 after it is only looked for: a text that is not found may be
//	                 shown otherwise than it was written, so a person is told
//	shop_cancel      idempotent: the order is read before it is sent, and one that
//	                 is cancelled stays as it is; the sending is marked, and after
//	                 a crash it waits until the shop has had time to carry it out
//	resolve, decline idempotent: ending a request that was ended changes nothing
//	write_back       idempotent: tag and metafield are set, not added to; each
//	                 change of a case plans them anew
//	alert            at least once: the outbox repeats what it cannot show to be
//	                 delivered
//
// One record that cannot be read, or one case on which work fails, holds up no
// other: its work is put off, longer each time, and a person is called. What is
// about to be asked and hangs on such a record (two supplier orders of one
// customer's request) is held. Damaged records stand in the store's quarantine,
// of which the daemon's upkeep raises a page for each.
//
// # Asking the supplier first
//
// A customer's request ([state.Request]) joins the cases of its shop order.
// Each answer of a supplier is a step of its case; at the end of the
// transaction all answers together decide what becomes of the request: all
// accepted, the shop's order is cancelled; none did, the customer is told; a
// mixture, or a shop that refuses, waits for a person. Only then is anything
// done in the shop.
//
// # Lanes
//
// One goroutine works each account, and one each shop, one thing at a time. An
// account is worked under a lease whose fence number every started effect
// carries: an outcome under an older fence is not believed. Knocks from the
// shops are worked apart from the lanes. Of what is due in a lane, requests go
// before messages and these before readings, each by the nearest deadline that
// can still be missed; after a few of them readings have their turn, and in
// each run one place is for what waits longest. A piece of work is begun when
// the hour's budget of actions has room for about all of it, and then runs to
// its end.
//
// Cron only wakes the engine. What is due is found through the store's index
// of due times, so what was missed while the daemon was down is simply due.
//
// The package is imported as casesync, so that `sync` keeps its usual meaning.
package sync
