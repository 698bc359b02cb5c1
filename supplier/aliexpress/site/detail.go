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
	Disputes map[string]DisputeLinks
	// Harmless are the numbers of products, SKUs, stores and users that the
	// order's data name.
	Harmless []string
}

// DisputeLinks are where the question "Have you received your package?"
// leads to.
type DisputeLinks struct{ Received, Missing string }

// ErrEmpty: the site reports success and sends no content: the order is not this
// account's, or the site throttles.
var ErrEmpty = errors.New("the site reports success and sends no content")

// ParseDetail reads the order's page. It is complete only when the status,
// the dates, the items and the price are all there and readable.
func (p Profile) ParseDetail(a Answer, at time.Time, zone *time.Location) (Detail, error) {
	status, info := component(a.data, p.Tags.Status), component(a.data, p.Tags.Info)
	products, price := component(a.data, p.Tags.Products), component(a.data, p.Tags.Price)
	number := status.get("orderId").str()
	infoNumber := info.get("tradeOrderId").str()
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
	total := price.get("totalPrice")
	dates := dateReader{p: p, at: at, zone: zone}
	r := state.Reading{
		Number: number, At: at, Zone: zone.String(), Source: state.SourceDetail,
		StatusText: status.get("title").str(), RefusedText: p.refusedText(status.get("reminder").str()),
		OrderedAt: dates.read(state.FieldOrderedAt, info.get("orderCreatTime").str()), PaidAt: dates.read(state.FieldPaidAt, info.get("payTime").str()),
		ShippedAt: dates.read(state.FieldShippedAt, info.get("orderShipTime").str()),
		WindowEnd: millis(status.get("countDownEndTime")),
		Total:     money(total.get("formatPriceInfo").str(), total.get("currencyCode").str()),
		Store:     products.get("sellerVO", "sellerName").str(),
	}
	disputes := map[string]DisputeLinks{}
	for _, l := range products.get("productVOList").list() {
		line := readLine(l)
		r.Lines = append(r.Lines, line)
		if links, ok := p.disputeLinks(l); ok && line.ID != "" {
			disputes[line.ID] = links
		}
	}
	buttons := readButtons(status.get("buttonVOList"))
	r.Phase = p.phase(signs{
		caption: r.StatusText, reminder: status.get("reminder").str(), number: a.data.get("global", "orderStatus").str(), buttons: buttons,
		shipped: info.get("orderShipTime").str() != "", ended: info.get("orderEndTime").str() != "",
	})
	switch r.Phase {
	case state.PhaseClosed:
		r.ClosedAt = dates.read(state.FieldClosedAt, info.get("orderEndTime").str())
	case state.PhaseFinished:
		r.FinishedAt = dates.read(state.FieldFinishedAt, info.get("orderEndTime").str())
	}
	r.Days = dates.days
	if days, ok := p.Reminders.DisputeWithin.days(status.get("reminder").str()); ok && !r.OrderedAt.IsZero() {
		r.DisputeCloses = r.OrderedAt.AddDate(0, 0, days)
	}
	_, r.CancelOffered = p.CancelButton(buttons)
	r.Complete = r.StatusText != "" && number == infoNumber && !r.OrderedAt.IsZero() && r.Total.Known() && len(r.Lines) > 0 && sound(
		[]node{status.get("title"), status.get("reminder"), info.get("orderShipTime"), info.get("orderEndTime")},
		[]node{status.get("buttonVOList"), products.get("productVOList")})
	return Detail{r, buttons, status.get("reminder").str(), products.get("sellerVO", "connectUrl").str(), disputes, harmless(a.data)}, nil
}

// disputeLinks reads the links of a line's dispute button. They are opened,
// never clicked: the button itself stays on the deny list.
func (p Profile) disputeLinks(line node) (DisputeLinks, bool) {
	for _, b := range line.get("buttonVOS").list() {
		if slices.Contains(p.Dispute.ButtonTypes, b.get("type").str()) {
			yes, no := b.get("extMap", "okButton", "href").str(), b.get("extMap", "cancelButton", "href").str()
			return DisputeLinks{Received: yes, Missing: no}, yes != "" && no != ""
		}
	}
	return DisputeLinks{}, false
}

// refusedText gives the site's sentence where it says that the seller refused.
func (p Profile) refusedText(reminder string) string {
	if p.Reminders.Refused.in(reminder) == "" {
		return ""
	}
	return reminder
}
