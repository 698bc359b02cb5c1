package site

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"countermand/state"
	"countermand/supplier"
)

// Detail is an answer of the order's page.
type Detail struct {
	Reading state.Reading
	Buttons []Button
	// Reminder is the sentence below the status.
	Reminder string
	// Connect is the order's link to its seller.
	Connect string
	// Disputes are the links to the dispute form, by order line.
	Disputes map[string]disputeLinks
}

// disputeLinks are where the question "Have you received your package?"
// leads to.
type disputeLinks struct{ Received, Missing string }

// ErrEmpty is a good answer without content: an order that is not this
// account's, or a site that has had enough of us.
var ErrEmpty = errors.New("success with nothing in it")

// ParseDetail reads the order's page. It is complete only when the status,
// the dates, the items and the price are all there and readable.
func (p Profile) ParseDetail(a Answer, at time.Time, zone *time.Location) (Detail, error) {
	status, info := Component(a.Data, p.Tags.Status), Component(a.Data, p.Tags.Info)
	products, price := Component(a.Data, p.Tags.Products), Component(a.Data, p.Tags.Price)
	number := status.Get("orderId").Str()
	infoNumber := info.Get("tradeOrderId").Str()
	switch {
	case number == "" && infoNumber == "" && !status.holds() && !info.holds():
		return Detail{}, ErrEmpty
	case number == "":
		number = infoNumber
	case isNumber(number) && isNumber(infoNumber) && infoNumber != number:
		return Detail{}, &supplier.Error{Kind: supplier.WrongOrder, Detail: fmt.Sprintf("one answer is about two orders, %q and %q; nothing was clicked", number, infoNumber)}
	}
	if !isNumber(number) {
		return Detail{}, fmt.Errorf("%w: the order's page names no order (%q)", ErrShape, number)
	}
	total := price.Get("totalPrice")
	r := state.Reading{
		Number: number, At: at, Zone: zone.String(), Source: state.SourceDetail,
		StatusText: status.Get("title").Str(), RefusedText: p.refusedText(status.Get("reminder").Str()),
		OrderedAt: p.date(info.Get("orderCreatTime").Str(), zone), PaidAt: p.date(info.Get("payTime").Str(), zone),
		ShippedAt: p.date(info.Get("orderShipTime").Str(), zone),
		WindowEnd: millis(status.Get("countDownEndTime")),
		Total:     money(total.Get("formatPriceInfo").Str(), total.Get("currencyCode").Str()),
		Store:     products.Get("sellerVO", "sellerName").Str(),
	}
	disputes := map[string]disputeLinks{}
	for _, l := range products.Get("productVOList").list() {
		line := readLine(l)
		r.Lines = append(r.Lines, line)
		if links, ok := p.disputeLinks(l); ok && line.ID != "" {
			disputes[line.ID] = links
		}
	}
	buttons := readButtons(status.Get("buttonVOList"))
	r.Phase = p.phase(signs{
		caption: r.StatusText, reminder: status.Get("reminder").Str(), number: a.Data.Get("global", "orderStatus").Str(), buttons: buttons,
		shipped: info.Get("orderShipTime").Str() != "", ended: info.Get("orderEndTime").Str() != "",
	})
	switch r.Phase {
	case state.PhaseClosed:
		r.ClosedAt = p.date(info.Get("orderEndTime").Str(), zone)
	case state.PhaseFinished:
		r.FinishedAt = p.date(info.Get("orderEndTime").Str(), zone)
	}
	if days, ok := p.Reminders.DisputeWithin.days(status.Get("reminder").Str()); ok && !r.OrderedAt.IsZero() {
		r.DisputeCloses = r.OrderedAt.AddDate(0, 0, days)
	}
	_, r.CancelOffered = p.CancelButton(buttons)
	r.Complete = r.StatusText != "" && number == infoNumber && !r.OrderedAt.IsZero() && r.Total.Known() && len(r.Lines) > 0 && sound(
		[]node{status.Get("title"), status.Get("reminder"), info.Get("orderShipTime"), info.Get("orderEndTime")},
		[]node{status.Get("buttonVOList"), products.Get("productVOList")})
	return Detail{r, buttons, status.Get("reminder").Str(), products.Get("sellerVO", "connectUrl").Str(), disputes}, nil
}

// disputeLinks reads the links of a line's dispute button. They are opened,
// never clicked: the button itself stays on the deny list.
func (p Profile) disputeLinks(line node) (disputeLinks, bool) {
	for _, b := range line.Get("buttonVOS").list() {
		if slices.Contains(p.Dispute.ButtonTypes, b.Get("type").Str()) {
			yes, no := b.Get("extMap", "okButton", "href").Str(), b.Get("extMap", "cancelButton", "href").Str()
			return disputeLinks{Received: yes, Missing: no}, yes != "" && no != ""
		}
	}
	return disputeLinks{}, false
}

// refusedText gives the site's sentence where it says that the seller refused.
func (p Profile) refusedText(reminder string) string {
	if p.Reminders.Refused.In(reminder) == "" {
		return ""
	}
	return reminder
}
