// Package aliexpress is the supplier: it reads a buyer account's orders and
// asks for their cancellation in a real browser, as a person would.
//
// Reads prefer data over markup: the pages call the site themselves, and the
// driver reads the answers. Writes are a loop, not a script: look, classify
// the page, act, look again, bounded in steps and in time. A page that is not
// known ends the loop with nothing clicked.
//
// What the site looks like is data: the Profile, parsed from YAML that is
// handed in. What the driver may click is decided in one function, click,
// against the profile's allow list and a deny list that no profile can
// shorten.
//
// No personal data gets into readings, logs and kept JSON or HTML; a
// screenshot shows what the page shows.
package aliexpress
