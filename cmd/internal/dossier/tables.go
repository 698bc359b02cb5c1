package dossier

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"time"
	"unicode"

	"countermand/state"
)

// beijing has no summer time, so it needs no zone database.
var beijing = time.FixedZone("Beijing", 8*60*60)

// orderDateGrace: a scan from before the order's date by more than this is
// another parcel's, as the engine has it.
const orderDateGrace = 24 * time.Hour

// askedAt is since when the supplier may have known, as the engine takes it.
// Zero: nothing was ever tried, or it is not known when.
func askedAt(c state.Case) time.Time {
	m := c.RequestedAt
	if c.Attempt.Undated() {
		return m
	}
	if d := c.Attempt.Heard(); !d.IsZero() && (m.IsZero() || d.Before(m)) {
		m = d
	}
	if m.IsZero() {
		m = c.Attempt.FirstAt
	}
	return m
}

// scanOfAnother tells whether a scan is older than the order itself.
func scanOfAnother(c state.Case, scan time.Time) bool {
	placed := c.OrderedAt
	if placed.IsZero() {
		placed = c.ShopOrderedAt
	}
	return !placed.IsZero() && scan.Before(placed.Add(-orderDateGrace))
}

// sheet is a table for spreadsheets.
type sheet struct {
	buf bytes.Buffer
	w   *csv.Writer
}

func newSheet(head ...string) *sheet {
	s := &sheet{}
	s.w = csv.NewWriter(&s.buf)
	s.row(head...)
	return s
}

// row writes one line. A text from a page must not be taken for a formula.
func (s *sheet) row(cells ...string) {
	for i, c := range cells {
		if c = plain(c); strings.IndexAny(c, "=+-@") == 0 {
			c = "'" + c
		}
		cells[i] = c
	}
	_ = s.w.Write(cells) // Error tells
}

func (s *sheet) bytes() ([]byte, error) {
	s.w.Flush()
	return s.buf.Bytes(), s.w.Error()
}

func journalCSV(b Bundle) ([]byte, error) {
	s := newSheet("at_utc", "at_beijing", "at_"+zoneWord(b.Zone), "event", "from", "to", "by", "who", "detail", "evidence")
	for _, e := range b.Journal {
		s.row(e.At.UTC().Format(time.RFC3339), e.At.In(beijing).Format(time.RFC3339), e.At.In(b.Zone).Format(time.RFC3339),
			string(e.Event), string(e.From), string(e.To), string(e.By), e.Who, e.Detail, strings.Join(e.Evidence, " "))
	}
	return s.bytes()
}

func trackingCSV(b Bundle) ([]byte, error) {
	s := newSheet("number", "carrier", "first_seen_utc", "first_scan_utc", "first_scan_beijing", "first_scan_code", "delivered_utc", "first_scan_against_the_request")
	for _, t := range b.Case.Tracking {
		scan := ""
		if !t.FirstScanAt.IsZero() {
			scan = t.FirstScanAt.In(beijing).Format(time.RFC3339)
		}
		s.row(t.Number, t.Carrier, utcCell(t.SeenAt), utcCell(t.FirstScanAt), scan, t.FirstScanCode, utcCell(t.DeliveredAt), against(b.Case, t))
	}
	return s.bytes()
}

// against says how a parcel's first scan lies to the request.
func against(c state.Case, t state.Tracking) string {
	switch {
	case t.FirstScanAt.IsZero():
		return "no scan"
	case scanOfAnother(c, t.FirstScanAt):
		return "older than the order itself: proves nothing"
	}
	m, what := heldAgainst(c, t.FirstScanAt)
	switch {
	case m.IsZero():
		return unasked(c)
	case what == theRequest:
		return distance(t.FirstScanAt, m)
	}
	return distance(t.FirstScanAt, m) + " " + what
}

const theRequest = "the request"

// heldAgainst is the moment that a date is compared with, and what it is: the
// request where that was seen to stand by then, else what may have been one.
// Zero: [unasked] says why there is none.
func heldAgainst(c state.Case, at time.Time) (m time.Time, what string) {
	m = askedAt(c)
	switch {
	case !c.RequestedAt.IsZero() && at.After(c.RequestedAt):
		return c.RequestedAt, theRequest
	case c.Attempt.Undated():
		return time.Time{}, ""
	case m.Equal(c.RequestedAt):
		return m, theRequest
	case c.Attempt.Heard().IsZero():
		return m, "the first attempt to ask"
	}
	return m, "an attempt that may have been a request"
}

func distance(at, m time.Time) string {
	if at.After(m) {
		return apart(at.Sub(m)) + " after"
	}
	return apart(m.Sub(at)) + " before"
}

// unasked says why there is no request to compare with.
func unasked(c state.Case) string {
	switch {
	case c.Attempt.Earlier:
		return "when the refused request was made is not known"
	case c.Attempt.Lost:
		return "whether it was asked before is not known, since a backup was restored"
	}
	return "nothing was asked"
}

func utcCell(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// zoneWord names a zone for people.
func zoneWord(z *time.Location) string {
	if name := z.String(); name != "Local" {
		return name
	}
	return "local"
}

// apart shows a distance in days, hours and minutes, the two largest.
func apart(d time.Duration) string {
	days, hours, minutes := d/(24*time.Hour), d%(24*time.Hour)/time.Hour, d%time.Hour/time.Minute
	switch {
	case days > 0:
		return fmt.Sprintf("%d d %d h", days, hours)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%d min", minutes)
	}
	return "less than a minute"
}

// plain puts a text on one line and takes out what a terminal would obey.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	return strings.TrimSpace(s)
}
