// Package aliexpresstest is an AliExpress on loopback: four hosts, and a regional one, that serve
// the buyer's order pages and the calls behind them, so that a real Chromium
// can be driven through whole stories without an account and without the
// network. Tests use it and so does the demonstration.
//
// Orders carry their fate as data: how long the seller takes, what it answers,
// what it ships. What an order shows is computed from those facts and the
// clock at each request, so the site works on any clock, however fast, and
// owns no goroutines besides its listeners.
//
// The pages hold nothing until their calls have answered, ignore events that
// no person made, and place the dangerous buttons beside the wanted one. Every
// write that arrives is logged, the wrong ones too: a test that proves that a
// button was never pressed reads Writes.
//
// What differs per order is a field of Order: the way to a cancelled order
// (Layout), what lies over its pages (Nuisance), whose data they show instead
// (Trap), how long they show an old state (Stale), where its seller is written
// to (MessagePage), how a dispute ends (Fate.Dispute). What differs for a while
// is a switch of the Site: language (SetLocale, SetRegional), answers that are slow, stuck, spoilt, empty or lost
// (SetDelay, HangLoads, Garble, SetEmpty, DropReply), refusals (FailCalls,
// SetTokens, SetChallenge, SetPunish, SetLoggedOut), connections that break
// under a request (BreakCalls, SetReuse, SetBusy), the shape of the list
// (ShuffleList, SetMobileCards). Nothing of it is on by default.
//
// To prove a gate, pages write by themselves: Order.Tries and SetTries. The
// operation calls take a write in whatever shape it comes, and Tried tells
// that it was tried, so that Writes can tell whether it got through.
//
// The shapes of answers follow what is publicly known of the site. Where
// nothing is known (the cancel button's type, the reason form, the pending
// status) they are assumptions, shared with the driver's site profile.
package aliexpresstest
