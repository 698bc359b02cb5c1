package aliexpress

import (
	"regexp"
	"strings"
	"time"

	"countermand/state"
)

// drawn is what a page shows of one order, whatever its data say.
type drawn struct {
	number, caption, reminder string
	date, total               string
	buttons                   []string
}

var digits = regexp.MustCompile(`\d+`)

// numberIn gives the one order number that a text holds, "" where it holds
// none or several. The site's have 16 digits; one more or less may come.
func numberIn(s string) (found string) {
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
func (d drawn) phase(p Profile) state.Phase {
	return p.phase(signs{caption: d.caption, reminder: d.reminder, buttons: d.known(p)})
}

// known gives the buttons whose type their caption tells.
func (d drawn) known(p Profile) []button {
	var out []button
	for _, caption := range d.buttons {
		if p.Cancel.ButtonCaptions.is(caption) && len(p.Cancel.ButtonTypes) > 0 {
			out = append(out, button{Type: p.Cancel.ButtonTypes[0], Caption: caption})
		}
	}
	return out
}

// reading makes the best of a page whose data never came. It is never
// complete.
func (d drawn) reading(p Profile, at time.Time, zone *time.Location, source state.Source) state.Reading {
	r := state.Reading{
		Number: d.number, At: at, Zone: zone.String(), Source: source, StatusText: d.caption, Phase: d.phase(p),
		RefusedText: p.refusedText(d.reminder), OrderedAt: p.date(afterColon(d.date), zone), Total: p.shownMoney(d.total),
		Doubt: "the page's data never came; this is what it shows",
	}
	_, r.CancelOffered = p.cancelButton(d.known(p))
	return r
}

// contradicts says where what is shown and what the data say cannot both be
// true, "" where they agree or too little is shown.
func (d drawn) contradicts(p Profile, r state.Reading) string {
	if d.number != "" && d.number != r.Number {
		return "the data are of order " + r.Number + ", the page shows " + d.number
	}
	if why := d.contradictsSum(p, r); why != "" {
		return why
	}
	if d.caption == "" || fold(d.caption) == fold(r.StatusText) && d.reminder == "" {
		return ""
	}
	if ph := d.phase(p); ph != r.Phase && (ph != state.PhaseUnknown || fold(d.caption) != fold(r.StatusText)) {
		return "the data say " + quoted(r.StatusText) + " (" + string(r.Phase) + "), the page shows " + quoted(clip(d.caption)) + " (" + string(ph) + ")"
	}
	return ""
}

// contradictsSum compares the total and the day, where both are readable.
func (d drawn) contradictsSum(p Profile, r state.Reading) string {
	total := p.shownMoney(d.total)
	if diff, err := total.Cmp(r.Total); err == nil && total.Known() && r.Total.Known() && diff != 0 {
		return "the data say " + r.Total.String() + ", the page shows " + quoted(clip(d.total))
	}
	zone, err := time.LoadLocation(r.Zone)
	if err != nil || r.OrderedAt.IsZero() {
		return ""
	}
	shown, told := p.date(afterColon(d.date), zone), r.OrderedAt.In(zone).Format(time.DateOnly)
	if !shown.IsZero() && shown.In(zone).Format(time.DateOnly) != told {
		return "the data are of an order of " + told + ", the page shows " + quoted(clip(d.date))
	}
	return ""
}

// doubt takes every conclusion out of a reading.
func doubt(r *state.Reading, why string) {
	r.Complete, r.Phase, r.RefusedText, r.CancelOffered, r.Doubt = false, state.PhaseUnknown, "", false, why
}

func afterColon(s string) string {
	if _, after, ok := strings.Cut(s, ":"); ok {
		return strings.TrimSpace(after)
	}
	return s
}

// adds takes what is shown and what the data leave out: a refusal counts
// wherever it stands.
func (d drawn) adds(p Profile, r *state.Reading) {
	if r.RefusedText == "" {
		r.RefusedText = p.refusedText(d.reminder)
	}
}

// detailQueries are what an order's page is read by where it is only shown.
func (p Profile) detailQueries() map[string]Query {
	s := p.Selectors
	return map[string]Query{
		"id": {Selectors: s.DetailID}, "title": {Selectors: s.DetailTitle}, "note": {Selectors: s.DetailNote},
		"date": {Selectors: s.DetailDate}, "total": {Selectors: s.DetailTotal}, "buttons": {Selectors: s.DetailButtons},
	}
}

// drawnDetail reads an order's page as it is shown; ok is false where it
// shows none.
func drawnDetail(v View) (d drawn, ok bool) {
	d = drawn{number: numberIn(v.TextOf("id")), caption: v.TextOf("title"), reminder: v.TextOf("note"), date: v.TextOf("date"), total: v.TextOf("total")}
	for _, b := range v.Shown("buttons") {
		d.buttons = append(d.buttons, b.Text)
	}
	return d, d.caption != ""
}

// listQueries are what the list's cards are read by.
func (p Profile) listQueries() map[string]Query {
	s := p.Selectors
	return map[string]Query{"cards": {Selectors: s.ListCard, Parts: map[string][]string{
		"link": s.ListLink, "info": s.ListInfo, "status": s.ListStatus, "total": s.ListTotal, "buttons": s.ListButtons,
	}}}
}

// drawnList reads the list's cards as they are shown.
func drawnList(v View) []drawn {
	var out []drawn
	for _, card := range v.Shown("cards") {
		if d := drawnCard(card); d.number != "" {
			out = append(out, d)
		}
	}
	return out
}

// drawnCard reads one card. Its own link tells the order best; a narrow
// window makes the whole card the link.
func drawnCard(card Element) drawn {
	d := drawn{number: numberInLink(card.Attrs["href"]), caption: card.partText("status"), total: card.partText("total")}
	for _, l := range card.Parts["link"] {
		if d.number == "" {
			d.number = numberInLink(l.Href)
		}
	}
	for _, i := range card.Parts["info"] {
		if n := numberIn(i.Text); n != "" && d.number == "" {
			d.number = n
		}
		if d.date == "" && numberIn(i.Text) == "" {
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
