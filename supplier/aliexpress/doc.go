// Package aliexpress reads a buyer account's orders at AliExpress and asks for
// their cancellation in a real browser, as a person would. What needs no
// browser is in its package site.
//
// Reads prefer data over markup: the pages call the site themselves, and the
// driver reads the answers. Writes are a loop, not a script: look, classify
// the page, act, look again, bounded in steps and in time. A page that is not
// known ends the loop with nothing clicked.
//
// What leaves the browser is decided on the bytes, not on the buttons. The
// account's gatekeeper shows every request to the verdict of package site. A
// flow that was decided on holds a ticket for one order (passage): a call that
// fits it waits, is kept as evidence, is marked by the caller, leaves once, and
// its answer is read. Until then nothing has left, whatever was pressed;
// without a ticket nothing that may write leaves at all.
//
// What the site looks like is data: site.Profile, parsed from YAML that is
// handed in. What the driver may click is decided in one function, click,
// against the profile's allow list and a deny list that no profile can
// shorten.
//
// Some things no known page or call tells, and readings leave them unset: when a
// cancel was requested, when the seller answered it (an acceptance has the
// date of the closing, a refusal none), and the exact day on which disputes
// close. The engine then uses the time of its own reading and its own rules.
// Dates of an order's page have no hour: they are the beginning of the day in
// the page's zone.
//
// No personal data gets into readings, logs and kept JSON or HTML; a
// screenshot shows what the page shows.
package aliexpress
