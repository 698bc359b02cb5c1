package dossier

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"countermand/state"
	"countermand/supplier"
)

// checklistItem is one line of what AliExpress asks for.
type checklistItem struct {
	have bool
	text string
}

// The pieces of evidence by what they show, as the driver names them.
var (
	requestLabels = []string{"before-first-click", "before-submit", "before-confirm", "after-submit", "re-read"}
	refusalLabels = []string{"picked-up"}
	messageLabels = []string{"before-send", "after-send", "message-stands"}
)

func (r *readme) checklist() []checklistItem {
	c := r.Case
	out := []checklistItem{
		dated(c, "Order date", c.OrderedAt, "open the order's page, it shows it"),
		dated(c, "Ship deadline", c.Clocks[state.ClockShipWindowEnd], "not known, or over because the order is marked shipped; the order's page may tell"),
		dated(c, "Date of the cancel request", c.RequestedAt, "no request was seen to stand; the journal tells what was tried"),
		dated(c, "Filing date", r.disputedAt(), "the day you open the dispute; record it with: countermand disputes opened"),
		{c.Amount.Known(), "Wanted result: a full refund of " + c.Amount.String()},
		r.pictures("Screenshots of the request", r.with(requestLabels), "none was kept; make one of the order's page"),
		r.pictures("Screenshots of the refusal", r.refusal(), "make one of the order's page while it says so"),
		r.pictures("Screenshots of the tracking on "+supplier.Title(c.Supplier), r.with([]string{"tracking"}), "make one of the tracking page"),
		{false, "Screenshots of the tracking at the carrier or another tracking site: countermand reads " + supplier.Title(c.Supplier) + " only; " + r.lookUp()},
		r.messages(),
	}
	var large int
	for _, p := range r.pieces {
		if p.state != pieceMissing && p.size >= siteFileLimit {
			large++
		}
	}
	if large > 0 {
		return append(out, checklistItem{false, fmt.Sprintf("Files below 2 MB, unedited: %d file(s) are larger, see below", large)})
	}
	return append(out, checklistItem{true, "Files below 2 MB, unedited: all of those here are"})
}

func dated(c state.Case, name string, at time.Time, missing string) checklistItem {
	if at.IsZero() {
		return checklistItem{false, name + ": " + missing}
	}
	return checklistItem{true, name + ": " + zonesOf(c, at)}
}

// disputedAt is when the operator recorded the dispute, zero before.
func (r *readme) disputedAt() (at time.Time) {
	for _, e := range r.Journal {
		if e.Event == state.EventOpened {
			at = e.At
		}
	}
	return at
}

// with lists the whole pieces that have one of the labels.
func (r *readme) with(labels []string) (out []piece) {
	for _, p := range r.pieces {
		if p.state == pieceWhole && slices.Contains(labels, p.label()) {
			out = append(out, p)
		}
	}
	return out
}

// refusal are the pictures of a refusal, and what was kept at the step that
// concluded one. Of a step that wrote several entries the first names its
// evidence, so it is known by its time.
func (r *readme) refusal() []piece {
	out := r.with(refusalLabels)
	for _, p := range r.pieces {
		at := func(e state.Entry) bool { return e.To == state.Refused && e.From != e.To && e.At.Equal(p.At) }
		if p.state == pieceWhole && !slices.Contains(refusalLabels, p.label()) && slices.ContainsFunc(r.Journal, at) {
			out = append(out, p)
		}
	}
	return out
}

// pictures counts pictures; the data that a page was built from are better
// than nothing but are not what the form wants.
func (r *readme) pictures(name string, found []piece, missing string) checklistItem {
	var shots, data []string
	for _, p := range found {
		if p.ext() == "png" {
			shots = append(shots, "evidence/"+p.name)
		} else {
			data = append(data, "evidence/"+p.name)
		}
	}
	switch {
	case len(shots) > 0:
		return checklistItem{true, name + ": " + strings.Join(shots, ", ")}
	case len(data) > 0:
		return checklistItem{false, fmt.Sprintf("%s: %s (the page's data as it came, no picture: %s)", name, missing, data[len(data)-1])}
	}
	return checklistItem{false, name + ": " + missing}
}

func (r *readme) lookUp() string {
	if len(r.Case.Tracking) == 0 {
		return "there is no number to look up"
	}
	var numbers []string
	for _, t := range r.Case.Tracking {
		numbers = append(numbers, strings.TrimSpace(t.Number+" "+t.Carrier))
	}
	return "look up " + strings.Join(numbers, ", ")
}

func (r *readme) messages() checklistItem {
	var told string
	for _, k := range []state.EffectKind{state.EffectMessageRequest, state.EffectMessageRefusal, state.EffectMessageProof} {
		if at := r.Case.MessagedAt[k]; !at.IsZero() {
			told += "; written on " + bothZones(at)
		}
	}
	missing := "no picture of them was kept; make one of the conversation"
	if told == "" {
		missing = "countermand wrote none; if you did, make a picture of the conversation"
	}
	w := r.pictures("Messages to the seller", r.with(messageLabels), missing)
	w.text += told
	return w
}
