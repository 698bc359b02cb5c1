package state

import (
	"context"
	"errors"
	"time"
)

// Errors of every store.
var (
	// ErrNotFound: no record under that key.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the record was saved by somebody else since it was read.
	ErrConflict = errors.New("changed by somebody else since it was read")
	// ErrInUse: another process has the database open.
	ErrInUse = errors.New("database in use by another process")
	// ErrCorrupt: a record's checksum does not fit; it was quarantined.
	ErrCorrupt = errors.New("record damaged")
	// ErrDisk: the disk is full, read-only or broken, so an Update was not
	// stored. One that broke while it wrote may be found stored after all at
	// the next start, as after a crash.
	ErrDisk = errors.New("the disk cannot be written to")
)

// Store keeps everything that must outlive the process.
//
// Update runs fn in one atomic, durable transaction: nil from Update means it
// is on disk. fn may run more than once, so it must have no effect outside
// the transaction. Nothing slow belongs into fn or View. All values that come
// out are copies.
type Store interface {
	Update(ctx context.Context, fn func(Tx) error) error
	View(ctx context.Context, fn func(ReadTx) error) error
	Close() error
}

// ValueRestored is the mark that a restore leaves: since when records are gone
// (the backup's last change, or what an earlier restore had left), and, from the
// first start on it on, that start, both in RFC 3339.
const ValueRestored = "restored"

// ValueClockAhead is the mark of times that a wrong clock stamped: one line for
// each, when it was found out and up to when the stamps reach, both in RFC 3339.
const ValueClockAhead = "clock/ahead"

// Page cuts a listing. After is the Next of the page before; zero Limit means
// 100.
type Page struct {
	After string
	Limit int
}

// ReadTx are the questions. Listings are ordered and paged; none is a full
// scan of stored records. Every method returns ErrNotFound (wrapped) for a
// single record that is not there, and ErrCorrupt for one that cannot be
// read; listings leave a damaged record out, as it stands in Quarantine then.
// A limit that is not positive means 100. Times outside of the years 1678 to
// 2262 sort as if they were the first or the last of them.
type ReadTx interface {
	Case(id string) (Case, error)
	// Cases lists newest first (by id, a ULID). next is "" at the end.
	Cases(p Page) (cases []Case, next string, err error)
	// CasesByStatus lists newest first.
	CasesByStatus(s Status, p Page) (cases []Case, next string, err error)
	// CasesByShopOrder and CasesBySupplierOrder list oldest first. They decide
	// whether a case is opened, so a damaged one is no "there is none": its
	// ErrCorrupt comes with the cases that can be read.
	CasesByShopOrder(shop, orderID string) ([]Case, error)
	// A number is that of one supplier; no supplier means any.
	CasesBySupplierOrder(supplier, number string) ([]Case, error)
	// FindCases lists what a person may mean by ref, newest first, each case
	// once: the cases whose id begins with it, whose supplier order it is, or
	// whose shop order's name it is, without "#" and spaces around it. Letters
	// from A to Z may be small in ids and names. Nothing finds nothing, and a
	// name of more than 255 bytes does not count. Limit bounds the cases; a
	// damaged one that may be meant is ErrCorrupt beside them, as above.
	FindCases(ref string, limit int) ([]Case, error)
	// OpenCasesByAccount lists an account's cases that have not ended and have
	// a supplier order, oldest first.
	OpenCasesByAccount(account string, p Page) (cases []Case, next string, err error)
	// DueCases lists cases with DueAt at or before t, earliest first.
	DueCases(t time.Time, limit int) ([]Case, error)
	// CountByStatus costs the number of statuses, not of cases. A status that
	// no case has is left out.
	CountByStatus() (map[Status]int, error)
	// EndedCases lists the ended cases whose EndedAt lies after from and not
	// after to, earliest first. An ended case without the time is left out.
	EndedCases(from, to time.Time, p Page) (cases []Case, next string, err error)
	// Forgotten tells whether the cases of a shop order were deleted because
	// of their age: such an order must not open new ones.
	Forgotten(shop, orderID string) (bool, error)
	// NextDue is the earliest DueAt, false when nothing is due ever.
	NextDue() (time.Time, bool, error)
	// Journal is a case's whole story, oldest first.
	Journal(caseID string) ([]Entry, error)

	Effect(id string) (Effect, error)
	// DueEffects lists a lane's effects with NotBefore at or before t,
	// earliest first.
	DueEffects(lane string, t time.Time, limit int) ([]Effect, error)
	// DueEffectIDs lists the ids of all of these, in the same order. It reads
	// none of them, so a damaged one is among them.
	DueEffectIDs(lane string, t time.Time) ([]string, error)
	// LaneEffects lists all open effects of a lane, whenever they are due.
	LaneEffects(lane string, p Page) (effects []Effect, next string, err error)

	// Knocks lists knocks with NotBefore at or before t, in that order.
	Knocks(t time.Time, limit int) ([]Knock, error)

	Alert(id string) (Alert, error)
	// AlertByKey finds the alert that was raised under a key.
	AlertByKey(key string) (Alert, error)
	// Alerts lists by RaisedAt, newest first.
	Alerts(p Page) (alerts []Alert, next string, err error)
	// DueAlerts lists alerts with NextAt at or before t, earliest first.
	DueAlerts(t time.Time, limit int) ([]Alert, error)

	Account(name string) (Account, error)
	// Accounts lists all by name.
	Accounts() ([]Account, error)

	// Mappings are what the operator said about a shop order, by its name;
	// none, without an error, when nothing was said.
	Mappings(shop, orderName string) ([]Mapping, error)
	// MappedTo lists the shop orders that the operator gave a number to.
	MappedTo(number string) ([]ShopOrder, error)

	// Claim is what a shop order named when it was last read.
	Claim(shop, orderID string) (Claim, error)
	// Claims lists the shop orders that name a supplier order. "No other order
	// names it" must not be concluded from a damaged one: its ErrCorrupt comes
	// with those that can be read.
	Claims(number string) ([]Claim, error)

	// Request is a customer's request about a shop order.
	Request(shop, orderID string) (Request, error)

	// Value is a value that some package stored for itself, "" where there is none.
	Value(name string) (string, error)

	// Quarantine lists oldest first.
	Quarantine(p Page) (rows []Quarantined, next string, err error)
	// NewestTime is the latest time that any transaction was stamped with,
	// zero before the first.
	NewestTime() (time.Time, error)
}

// Tx adds the changes. Put methods with a Rev compare it with what is stored
// (zero: must not exist yet), return ErrConflict (wrapped) when they differ,
// and give back the new revision. A revision is never used twice for one id,
// not even after a deletion. What is deleted already is no error.
type Tx interface {
	ReadTx
	PutCase(c Case) (rev uint64, err error)
	AddEntry(caseID string, e Entry) error
	PutEffect(e Effect) (rev uint64, err error)
	DeleteEffect(id string) error
	// AddKnock stores a knock unless its shop and key were seen before, and
	// tells whether it was new. It fills Seq.
	AddKnock(k Knock) (added bool, err error)
	// PutKnock saves a stored knock with a new NotBefore, Tries or error; its
	// other fields stay. One that is gone is ErrNotFound.
	PutKnock(k Knock) error
	DeleteKnock(seq uint64) error
	// ForgetKeys drops delivery ids first seen before t, at most limit.
	ForgetKeys(t time.Time, limit int) (int, error)
	// ForgetOrder deletes the cases of a shop order with all that belongs to
	// them: journals, effects, alerts, the customer's request; its claim stays. From then on
	// the order is Forgotten. It deletes nothing, and returns none, unless
	// every case has ended at or before t and no work on the order is under
	// way; a damaged case is ErrCorrupt.
	ForgetOrder(shop, orderID string, t, now time.Time) ([]Case, error)
	// ForgetClaims drops the claims of shop orders without a case that were
	// last read at or before t, at most limit.
	ForgetClaims(t time.Time, limit int) (int, error)
	// ForgetAlerts drops alerts that concern no case and were settled at or
	// before t, at most limit: resolved or acknowledged, or told in a digest.
	ForgetAlerts(t time.Time, limit int) (int, error)
	// RaiseAlert stores a new alert unless its key was raised before. One that
	// was but is damaged is raised anew.
	RaiseAlert(a Alert) (added bool, err error)
	PutAlert(a Alert) (rev uint64, err error)
	PutAccount(a Account) (rev uint64, err error)
	PutRequest(r Request) (rev uint64, err error)
	// PutMappings replaces what was said; an empty list takes it back.
	PutMappings(shop, orderName string, m []Mapping) error
	// PutClaim replaces what a shop order named; no numbers take it back.
	PutClaim(c Claim) error
	PutValue(name, value string) error
	// Stamp records the transaction's one "now"; an older one changes nothing.
	Stamp(now time.Time) error
	// Restamp sets the newest time to now, also back: later stamps were made by
	// a clock that was wrong.
	Restamp(now time.Time) error
}
