package dossier

import (
	"bytes"
	"encoding/csv"
	"strings"
	"time"

	"countermand/cmd/internal/plain"
	"countermand/state"
)

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
		if c = plain.Line(c); strings.IndexAny(c, "=+-@") == 0 {
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
		s.row(e.At.UTC().Format(time.RFC3339), e.At.In(plain.Beijing).Format(time.RFC3339), e.At.In(b.Zone).Format(time.RFC3339),
			string(e.Event), string(e.From), string(e.To), string(e.By), e.Who, e.Detail, strings.Join(e.Evidence, " "))
	}
	return s.bytes()
}

func trackingCSV(b Bundle) ([]byte, error) {
	s := newSheet("number", "carrier", "first_seen_utc", "first_scan_utc", "first_scan_beijing", "first_scan_code", "delivered_utc", "first_scan_against_the_request")
	for _, t := range b.Case.Tracking {
		scan := ""
		if !t.FirstScanAt.IsZero() {
			scan = t.FirstScanAt.In(plain.Beijing).Format(time.RFC3339)
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
	case c.OlderThanOrder(t):
		return "older than the order itself: proves nothing"
	}
	switch n := c.NoticeBy(t.FirstScanAt); noticeWords[n.Basis] {
	case "":
		return noRequestWords(c)
	default:
		words := distance(c, t.FirstScanAt, n.At)
		if n.Basis != state.NoticeRequest || !c.DayAt(n.At).IsZero() {
			words += " " + noticeWords[n.Basis]
		}
		if e := t.Doubt(n.At); !e.IsZero() && t.FirstScanAt.After(n.At) {
			words += ", but an earlier event (" + e.Code + ") leaves open when it left"
		}
		return words
	}
}

// noticeWords are what a date is compared with. Of the others [unasked] says
// why there is nothing to compare with.
var noticeWords = map[state.NoticeBasis]string{
	state.NoticeRequest: "the request",
	state.NoticeFound:   "the earliest that the request can be of, which was found standing",
	state.NoticeClick:   "an attempt that may have been a request",
	state.NoticeAttempt: "the first attempt to ask",
}

// distance says how a moment lies to one of the case's, or to a day of it.
func distance(c state.Case, at, m time.Time) string {
	if d := c.DayAt(m); !d.IsZero() {
		switch {
		case at.Before(m):
			return "on a day before"
		case at.Before(d.End):
			return "on the day of"
		}
		return "on a day after"
	}
	if at.After(m) {
		return plain.Span(at.Sub(m)) + " after"
	}
	return plain.Span(m.Sub(at)) + " before"
}

// noRequestWords says why there is no request to compare with.
func noRequestWords(c state.Case) string {
	switch c.Notice().Basis {
	case state.NoticeRefused:
		return "when the refused request was made is not known"
	case state.NoticeLostPeriod:
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
