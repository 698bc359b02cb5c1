package site

import (
	"regexp"
	"strings"
	"time"

	"countermand/state"
)

// Shown is what a page visibly shows of one order, apart from its data.
type Shown struct {
	Number, caption, reminder string
	date, total               string
	buttons                   []string
}

var digits = regexp.MustCompile(`\d+`)

// NumberIn gives the one order number that a text holds, "" where it holds
// none or several. The site's have 16 digits; one more or less may come.
func NumberIn(s string) (found string) {
	for _, n := range digits.FindAllString(s, -1) {
		switch {
		case len(n) < 15 || len(n) > 17 || n == found:
		case found != "":
			return ""
		default:
			found = n
		}
	}
	return found
}

var orderParameter = regexp.MustCompile(`[?&](?:orderId|tradeOrderId)=(\d{15,17})(?:[&#]|$)`)

// numberInLink gives the order number that an address names.
func numberInLink(href string) string {
	if m := orderParameter.FindStringSubmatch(href); m != nil {
		return m[1]
	}
	return ""
}

// phase concludes from what is shown, as from the data but with fewer signs.
func (d Shown) phase(p Profile) state.Phase {
	return p.phase(signs{caption: d.caption, reminder: d.reminder, buttons: d.known(p)})
}

// known gives the buttons whose type their caption tells.
func (d Shown) known(p Profile) []Button {
	var out []Button
	for _, caption := range d.buttons {
		if p.Cancel.ButtonCaptions.Is(caption) && len(p.Cancel.ButtonTypes) > 0 {
			out = append(out, Button{Type: p.Cancel.ButtonTypes[0], Caption: caption})
		}
	}
	return out
}

// Reading is what can be read of a page whose data never came. It is never
// complete.
func (d Shown) Reading(p Profile, at time.Time, zone *time.Location, source state.Source) state.Reading {
	dates := dateReader{p: p, at: at, zone: zone}
	r := state.Reading{
		Number: d.Number, At: at, Zone: zone.String(), Source: source, StatusText: d.caption, Phase: d.phase(p),
		RefusedText: p.refusedText(d.reminder), OrderedAt: dates.read(state.FieldOrderedAt, afterColon(d.date)), Total: p.shownMoney(d.total),
		Unclear: "the page's data never came; this is what it shows",
	}
	r.Days = dates.days
	_, r.CancelOffered = p.CancelButton(d.known(p))
	return r
}

// contradicts says where what is shown and what the data say cannot both be
// true, "" where they agree or too little is shown.
func (d Shown) contradicts(p Profile, r state.Reading) string {
	if d.Number != "" && d.Number != r.Number {
		return "the data are of order " + r.Number + ", the page shows " + d.Number
	}
	if why := d.contradictsSum(p, r); why != "" {
		return why
	}
	if d.caption == "" || fold(d.caption) == fold(r.StatusText) && d.reminder == "" {
		return ""
	}
	if ph := d.phase(p); ph != r.Phase && (ph != state.PhaseUnknown || fold(d.caption) != fold(r.StatusText)) {
		return "the data say " + Quoted(r.StatusText) + " (" + string(r.Phase) + "), the page shows " + Quoted(Clip(d.caption)) + " (" + string(ph) + ")"
	}
	return ""
}

// contradictsSum compares the total and the day, where both are readable.
func (d Shown) contradictsSum(p Profile, r state.Reading) string {
	total := p.shownMoney(d.total)
	if diff, err := total.Cmp(r.Total); err == nil && total.Known() && r.Total.Known() && diff != 0 {
		return "the data say " + r.Total.String() + ", the page shows " + Quoted(Clip(d.total))
	}
	zone, err := time.LoadLocation(r.Zone)
	if err != nil || r.OrderedAt.IsZero() {
		return ""
	}
	told := r.OrderedAt.In(zone).Format(time.DateOnly)
	shown, _ := p.date(afterColon(d.date), zone)
	if !shown.IsZero() && shown.In(zone).Format(time.DateOnly) != told {
		return "the data are of an order of " + told + ", the page shows " + Quoted(Clip(d.date))
	}
	return ""
}

func afterColon(s string) string {
	if _, after, ok := strings.Cut(s, ":"); ok {
		return strings.TrimSpace(after)
	}
	return s
}

// Check compares a reading with what is shown of its order. Where both cannot
// be true it takes every conclusion out of the reading and says why; else a
// refusal counts wherever it stands.
func (d Shown) Check(p Profile, r *state.Reading) string {
	why := d.contradicts(p, *r)
	switch {
	case why != "":
		r.Complete, r.Phase, r.RefusedText, r.CancelOffered, r.Unclear = false, state.PhaseUnknown, "", false, why
	case r.RefusedText == "":
		r.RefusedText = p.refusedText(d.reminder)
	}
	return why
}

// DetailQueries are what an order's page is read by where it is only shown.
func (p Profile) DetailQueries() map[string]Query {
	s := p.Selectors
	return map[string]Query{
		"id": {Selectors: s.DetailID}, "title": {Selectors: s.DetailTitle}, "note": {Selectors: s.DetailNote},
		"date": {Selectors: s.DetailDate}, "total": {Selectors: s.DetailTotal}, "buttons": {Selectors: s.DetailButtons},
	}
}

// ShownDetail reads an order's page as it is shown; ok is false where it
// shows none.
func ShownDetail(v View) (d Shown, ok bool) {
	d = Shown{Number: NumberIn(v.TextOf("id")), caption: v.TextOf("title"), reminder: v.TextOf("note"), date: v.TextOf("date"), total: v.TextOf("total")}
	for _, b := range v.Shown("buttons") {
		d.buttons = append(d.buttons, b.Text)
	}
	return d, d.caption != ""
}

// ListQueries are what the list's cards are read by.
func (p Profile) ListQueries() map[string]Query {
	s := p.Selectors
	return map[string]Query{"cards": {Selectors: s.ListCard, Parts: map[string][]string{
		"link": s.ListLink, "info": s.ListInfo, "status": s.ListStatus, "total": s.ListTotal, "buttons": s.ListButtons,
	}}}
}

// ShownList reads the list's cards as they are shown.
func ShownList(v View) []Shown {
	var out []Shown
	for _, card := range v.Shown("cards") {
		if d := shownCard(card); d.Number != "" {
			out = append(out, d)
		}
	}
	return out
}

// shownCard reads one card. Its own link tells the order best; a narrow
// window makes the whole card the link.
func shownCard(card Element) Shown {
	d := Shown{Number: numberInLink(card.Attrs["href"]), caption: card.partText("status"), total: card.partText("total")}
	for _, l := range card.Parts["link"] {
		if d.Number == "" {
			d.Number = numberInLink(l.Href)
		}
	}
	for _, i := range card.Parts["info"] {
		if n := NumberIn(i.Text); n != "" && d.Number == "" {
			d.Number = n
		}
		if d.date == "" && NumberIn(i.Text) == "" {
			d.date = i.Text
		}
	}
	for _, b := range card.Parts["buttons"] {
		if b.Visible {
			d.buttons = append(d.buttons, b.Text)
		}
	}
	return d
}
