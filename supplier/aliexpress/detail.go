package aliexpress

import (
	"errors"
	"time"

	"countermand/state"
)

// detailPage is an answer of the order's page.
type detailPage struct {
	reading state.Reading
	buttons []button
}

// errEmpty is a good answer without content: an order that is not this
// account's, or a site that has had enough of us.
var errEmpty = errors.New("the answer holds no order")

// parseDetail reads the order's page. It is complete only when the status,
// the dates, the items and the price are all there and readable.
func (p Profile) parseDetail(a answer, at time.Time, zone *time.Location) (detailPage, error) {
	status, info := component(a.Data, p.Tags.Status), component(a.Data, p.Tags.Info)
	products, price := component(a.Data, p.Tags.Products), component(a.Data, p.Tags.Price)
	number := status.get("orderId").str()
	infoNumber := info.get("tradeOrderId").str()
	if number == "" && infoNumber == "" {
		return detailPage{}, errEmpty
	}
	if number == "" {
		number = infoNumber
	}
	total := price.get("totalPrice")
	r := state.Reading{
		Number: number, At: at, Zone: zone.String(), Source: state.SourceDetail,
		StatusText: status.get("title").str(), RefusedText: p.refusedText(status.get("reminder").str()),
		OrderedAt: p.date(info.get("orderCreatTime").str(), zone), PaidAt: p.date(info.get("payTime").str(), zone),
		ShippedAt: p.date(info.get("orderShipTime").str(), zone),
		WindowEnd: millis(status.get("countDownEndTime")),
		Total:     money(total.get("formatPriceInfo").str(), total.get("currencyCode").str()),
		Store:     products.get("sellerVO", "sellerName").str(),
	}
	for _, l := range products.get("productVOList").list() {
		r.Lines = append(r.Lines, readLine(l))
	}
	buttons := readButtons(status.get("buttonVOList"))
	r.Phase = p.phase(signs{
		caption: r.StatusText, reminder: status.get("reminder").str(), number: a.Data.get("global", "orderStatus").str(), buttons: buttons,
		shipped: info.get("orderShipTime").str() != "", ended: info.get("orderEndTime").str() != "",
	})
	if r.Phase == state.PhaseClosed {
		r.ClosedAt = p.date(info.get("orderEndTime").str(), zone)
	}
	_, r.CancelOffered = p.cancelButton(buttons)
	r.Complete = r.StatusText != "" && number == infoNumber && !r.OrderedAt.IsZero() && r.Total.Known() && len(r.Lines) > 0
	return detailPage{r, buttons}, nil
}

// refusedText gives the site's sentence where it says that the seller refused.
func (p Profile) refusedText(reminder string) string {
	if p.Reminders.Refused.in(reminder) == "" {
		return ""
	}
	return reminder
}
