package dossier

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"countermand/cmd/internal/plain"
	"countermand/state"
	"countermand/supplier"
	"countermand/sync/machine"
)

// siteFileLimit is what AliExpress once took of a file, in bytes (its older
// help pages: 2 MB).
const siteFileLimit = 2_000_000

const (
	readmeWidth  = 78
	readmeLayout = "2006-01-02 15:04"
)

// readme is the text for the person who opens the archive.
type readme struct {
	Bundle
	pieces  []piece
	version string
	b       strings.Builder
}

func (r readme) text() string {
	c := r.Case
	r.line("Case %s: %s order %s, %s order %s", plain.Line(c.ID), plain.Line(c.Shop), plain.Line(c.ShopOrder), supplier.Title(c.Supplier), plain.Line(cmp.Or(c.SupplierOrder, "not known")))
	r.line("%s", strings.TrimSpace("Packed "+r.Now.UTC().Format(readmeLayout)+" UTC by countermand "+plain.Line(r.version)))
	r.problems()
	r.head("What this is")
	r.para("%s %s", causeWords(c), machine.StatusText(c.Status))
	r.facts()
	r.head("What was decided, and by which dates")
	r.moves()
	for _, s := range comparisons(c) {
		r.item("- ", s)
	}
	r.line("")
	r.dates()
	r.head("Text for " + supplier.Title(c.Supplier) + "'s dispute form")
	r.disputeText()
	r.head("Evidence that " + supplier.Title(c.Supplier) + " asks for")
	r.para("[x] is in this archive or known, [ ] is missing.")
	for _, i := range r.checklist() {
		r.item(map[bool]string{true: "[x] ", false: "[ ] "}[i.have], i.text)
	}
	r.head("What is in this archive")
	r.contents()
	return r.b.String()
}

func (r *readme) line(format string, args ...any) {
	r.b.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
}

func (r *readme) head(s string) { r.line("\n%s\n%s\n", s, strings.Repeat("=", len(s))) }

func (r *readme) para(format string, args ...any) { r.item("", fmt.Sprintf(format, args...)) }

// item breaks a text into lines, the later ones set in under the first.
func (r *readme) item(mark, text string) {
	line, indent := mark, strings.Repeat(" ", len(mark))
	for n, word := range strings.Fields(plain.Line(text)) {
		switch {
		case n == 0:
			line += word
		case len([]rune(line))+1+len([]rune(word)) > readmeWidth:
			r.line("%s", line)
			line = indent + word
		default:
			line += " " + word
		}
	}
	r.line("%s", line)
}

func (r *readme) table(rows [][]string) {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	for _, cells := range rows {
		for i, c := range cells {
			cells[i] = plain.Line(c)
		}
		fmt.Fprintln(w, "  "+strings.Join(cells, "\t"))
	}
	_ = w.Flush() // a strings.Builder takes everything
	for l := range strings.Lines(out.String()) {
		r.line("%s", strings.TrimRight(l, " \n"))
	}
}

// problems stands first and cannot be overlooked.
func (r *readme) problems() {
	r.warn(pieceChanged, "ARE NOT WHAT THEY WERE WHEN THEY WERE KEPT", "Do not hand them in. A copy of DATA_DIR/evidence from before may hold them whole.")
	r.warn(pieceMissing, "ARE MISSING", "Evidence of ended cases is deleted as retention says; a copy of DATA_DIR/evidence from before may hold it.")
}

// warn lists the pieces of one state, if there are any.
func (r *readme) warn(of pieceState, what, advice string) {
	found := slices.DeleteFunc(slices.Clone(r.pieces), func(p piece) bool { return p.state != of })
	if len(found) == 0 {
		return
	}
	r.line("\n!!! %d FILE(S) OF EVIDENCE %s !!!", len(found), what)
	r.para("%s", advice)
	for _, p := range found {
		r.item("  - ", "evidence/"+p.name+" "+p.why)
	}
}

func (r *readme) facts() {
	c := r.Case
	rows := [][]string{{"status", plain.Words(c.Status)}}
	fact := func(name, value string) {
		if value != "" {
			rows = append(rows, []string{name, value})
		}
	}
	fact("to do", r.NextAction)
	fact("flag", c.Flag)
	fact("held because", machine.HeldWhy(c))
	fact("store", c.Store)
	fact("order's total", c.Amount.String())
	if f := c.Refund; f != nil {
		fact("came back", fmt.Sprintf("%s to %s, confirmed by the %s", f.Amount, f.To, f.ConfirmedBy))
	}
	fact("proof", proofOf(c))
	fact("dispute", c.DisputeID)
	fact("handled as", c.Rule)
	fact("reason", c.Reason)
	for _, l := range c.Lines {
		fact("item", fmt.Sprintf("%d x %s", l.Quantity, l.Title))
	}
	r.line("")
	r.table(rows)
}

// moves are the steps that brought the case where it is, the last one first:
// it is the rule that fired.
func (r *readme) moves() {
	last := true
	for _, e := range slices.Backward(r.Journal) {
		if e.From == e.To {
			continue
		}
		who := string(e.By)
		if e.Who != "" {
			who += " (" + e.Who + ")"
		}
		mark := "  earlier: "
		if last {
			mark = "The rule that fired last: "
		}
		r.item(mark, fmt.Sprintf("%s UTC, %s, %s: %s", e.At.UTC().Format(readmeLayout), plain.Words(e.To), who, e.Detail))
		last = false
	}
	r.line("")
}

// dates shows every date of the case in three zones: the supplier's days are
// counted in Beijing.
func (r *readme) dates() {
	rows := [][]string{{"", "UTC", "Beijing", zoneWord(r.Zone)}}
	date := func(name string, at time.Time) {
		if d := r.Case.DayAt(at); !d.IsZero() {
			rows = append(rows, []string{name, d.Date, "", "the day in " + r.Case.Zone})
		} else if !at.IsZero() {
			rows = append(rows, []string{name, at.UTC().Format(readmeLayout), at.In(plain.Beijing).Format(readmeLayout), at.In(r.Zone).Format(readmeLayout)})
		}
	}
	c := r.Case
	date("ordered in the shop", c.ShopOrderedAt)
	date("ordered at "+supplier.Title(c.Supplier), c.OrderedAt)
	date("paid", c.PaidAt)
	date("cancelled in the shop", c.CancelledAt)
	date("cancel requested, at the earliest", c.RequestedSince)
	date("cancel requested", c.RequestedAt)
	if n := c.Notice(); n.Basis == state.NoticeClick || n.Basis == state.NoticeAttempt {
		date("first attempt to ask", n.At)
	}
	date("answered", c.AnsweredAt)
	date("marked shipped", c.ShippedAt)
	for _, t := range c.Tracking {
		date("number "+t.Number+" seen", t.SeenAt)
		date("first scan of "+t.Number, t.FirstScanAt)
		date("delivered "+t.Number, t.DeliveredAt)
	}
	date("dispute opened", c.DisputedAt)
	date("closed at "+supplier.Title(c.Supplier), c.ClosedAt)
	for _, k := range state.PublicClocks {
		name := plain.Words(k)
		if slices.Contains(c.Estimated, k) {
			name += " (estimated)"
		}
		date(name, c.Clocks[k])
	}
	date("last read", c.ReadAt)
	date("ended", c.EndedAt)
	r.table(rows)
}

func (r *readme) disputeText() {
	c, text := r.Case, disputeText(r.Case)
	warn, due := c.Clocks[state.ClockRefundWarn], c.Clocks[state.ClockProofDue]
	switch {
	case text == "":
		r.para("None: %s", noDisputeText(c))
		return
	case c.Status == state.Cancelled && warn.After(r.Now):
		r.para("None yet: refunds are slow, this one has until %s.", utcWords(warn))
		return
	case c.Proof == state.ProofScanBefore:
		r.para("CAREFUL: a scan from before the request is known. Check it before you file anything.")
		r.line("")
	case c.Status == state.Refused && due.After(r.Now):
		r.para("TOO EARLY: the supplier has until %s to prove its shipment.", utcWords(due))
		r.line("")
	}
	r.para("Read it before you use it: it says only what is known here, and you sign for it. Each paragraph is one line.")
	r.line("\n--8<--\n%s\n--8<--", text)
}

func (r *readme) contents() {
	r.table([][]string{
		{"case.json", "the case, as countermand cases show --json prints it"},
		{"journal.csv", fmt.Sprintf("what happened, in three zones (%d lines)", len(r.Journal))},
		{"tracking.csv", fmt.Sprintf("the parcels and their first scans (%d)", len(r.Case.Tracking))},
		{"SHA256SUMS", "checksums of all of these: sha256sum -c SHA256SUMS"},
	})
	r.line("")
	var large []piece
	rows := [][]string{}
	for _, p := range r.pieces {
		if p.state == pieceMissing {
			continue
		}
		note := ""
		if p.state == pieceChanged {
			note = "CHANGED"
		}
		if p.size >= siteFileLimit {
			note = strings.TrimSpace(note + " 2 MB or more")
			large = append(large, p)
		}
		rows = append(rows, []string{"evidence/" + p.name, fmt.Sprintf("%d bytes", p.size), note})
	}
	if len(rows) == 0 {
		r.para("There is no evidence file.")
		return
	}
	r.para("Evidence, each file as it was kept and held against the sum that the journal has of it:")
	r.table(rows)
	if len(large) > 0 {
		r.line("")
		r.para("%d file(s) are of 2 MB or more. %s's old limit is 2 MB a file: hand in a smaller copy beside the unedited one if the form refuses it.", len(large), supplier.Title(r.Case.Supplier))
	}
}
