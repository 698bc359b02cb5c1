package aliexpresstest

import "strings"

// i18n holds the captions that the pages take from their calls.
var i18n = obj{
	"confirm_delivery": "Confirm received", "popup_order_confirm1": "Are you sure you want to confirm the receipt of your order?",
	"popup_order_confirm1_tips": "Rehearsal: confirming releases the money to the seller and cannot be undone.",
	"confirm":                   "Confirm", "cancel": "Cancel", "okay": "OK", "no_thanks": "No, thanks", "button_close": "Close",
	"canceling_title": "Your order will be cancelled", "cancel_success": "You've canceled the order",
	"reject_confirm_title":   " ",
	"reject_confirm_content": "Your order has been picked up by the courier company and can't be canceled at this time",
	"connect_seller":         "Contact seller", "copy": "Copy", "order_ID": "Ref. Number", "delete_confirm": "Delete the order?",
}

const (
	detailRoot = "detail_root_container_420001"
	detailTail = "detail_tail_container_420008"
)

// orderDetail answers one order. An order that is not this account's, or a
// request that names none, is a success with only the page's skeleton in it.
func (s *Site) orderDetail(p params) result {
	components := obj{
		detailRoot: component("detail_root_container", "420001", "", obj{"canAddCart": true, "i18n": i18n}),
		detailTail: component("detail_tail_container", "420008", "footer", obj{"recommendScenario": "pcOrderDetail"}),
	}
	e := s.shown(p.text("tradeOrderId"))
	if e == nil {
		return result{data: s.ultron(detailRoot, components, obj{detailRoot: []string{detailTail}}, obj{"pageTitle": "Order Detail"})}
	}
	v := e.at(s.now())
	blocks := []struct {
		tag, id string
		fields  obj
	}{
		{"detail_order_status_block", "420002", s.statusFields(v)},
		{"detail_simple_order_info_component", "420003", s.infoFields(v)},
		{"detail_product_block", "420004", s.productFields(v)},
		{"detail_order_price_block", "420005", priceFields(v)},
		{"detail_aync_block", "420006", obj{}},
	}
	var keys []string
	for _, b := range blocks {
		key := b.tag + "_" + b.id
		components[key] = component(b.tag, b.id, "body", b.fields)
		keys = append(keys, key)
	}
	structure := obj{detailRoot: append(keys, detailTail)}
	return result{data: s.ultron(detailRoot, components, structure, obj{"pageTitle": "Order Detail", "orderStatus": numbers[v.phase]})}
}

// shown is the order that the detail call answers with, traps included.
func (s *Site) shown(id string) *entry {
	e := s.find(id)
	if e == nil {
		return nil
	}
	if other := e.Trap.ShowsOtherOnce; other != "" && !e.trapSprung {
		e.trapSprung = true
		return s.find(other)
	}
	if e.Trap.ShowsOther != "" {
		return s.find(e.Trap.ShowsOther)
	}
	return e
}

func (s *Site) statusFields(v view) obj {
	f := obj{
		"title": titles[v.phase], "reminder": s.reminder(v), "orderId": number(v.ID), "buttonVOList": s.detailButtons(v),
		"baseCurrency": "CNY", "intentionCurrency": v.Currency,
		// How this account's cancel form comes: the page follows it.
		"cancelLayout": string(v.Layout),
	}
	if v.paid && !v.NoCountdown && (v.phase == verifying || v.phase == processing || v.phase == pending) {
		f["countDownEndTime"] = v.windowEnd.UnixMilli()
	}
	return f
}

func (s *Site) reminder(v view) string {
	switch {
	case v.declined:
		return "The seller declined your cancellation request"
	case v.phase == pending:
		return "Waiting for the seller to respond to your cancellation request"
	case v.phase == unpaid:
		return "Complete the payment so that the seller can prepare your order."
	case v.phase == verifying:
		return "We are checking your payment. This takes up to a day."
	case v.phase == processing:
		return "The seller is preparing your order."
	case v.phase == shipped:
		return "Your parcel is on its way. Confirm only once you have it in your hands."
	case v.phase == completed:
		return "Order complete."
	}
	return "This order was closed on " + s.dateText(v.endedAt) + "."
}

func (s *Site) infoFields(v view) obj {
	f := obj{
		"tradeOrderId": number(v.ID), "orderIdTitle": "Ref. Number",
		"orderCreatTime": s.dateText(v.PlacedAt), "orderCreatTimeTile": "Order placed on",
		"paymentMethod": "Credit/Debit card", "paymentMethodTitle": "Payment method",
		"addressVO": obj{
			"contactName": "Jo Rehearsal", "countryCode": "US", "detailAddress": "1 Loopback Lane", "detailAddress2": "",
			"fullPhoneNo": "+1 5550100", "postCode": "00000", "regionAddress": "Nowhere, Oregon, United States",
		},
	}
	if v.paid {
		f["payTime"], f["payTimeTitle"] = s.dateText(earliest(v.PaidAt, v.paidHereAt)), "Paid on"
	}
	if !v.shippedAt.IsZero() {
		f["orderShipTime"], f["orderShipTimeTile"] = s.dateText(v.shippedAt), "Shipment completed on"
	}
	if !v.endedAt.IsZero() {
		f["orderEndTime"], f["orderEndTimeTile"] = s.dateText(v.endedAt), "Order completed on"
	}
	return f
}

func (s *Site) productFields(v view) obj {
	return obj{
		"productVOList": s.lineFields(v, true),
		"sellerVO": obj{
			"sellerName": v.Store, "storeUrl": s.www + "/store/" + v.storeID(), "connectUrl": s.www + "/p/message/index.html",
		},
	}
}

// lineFields are the lines as the list and, with their buttons, the detail
// page hold them.
func (s *Site) lineFields(v view, detail bool) []obj {
	out := make([]obj, len(v.Lines))
	for i, l := range v.Lines {
		product := "1005" + l.ID[len(l.ID)-12:]
		out[i] = obj{
			"orderLineId": l.ID, "productId": product, "skuId": "1200" + l.ID[len(l.ID)-12:],
			"itemTitle": l.Title, "quantity": l.Qty, "currencyCode": v.Currency,
			"itemPriceText": priceText(l.Price, v.Currency), "formatPriceInfo": priceTriple(l.Price, v.Currency),
			"itemDetailUrl": s.www + "/item/" + product + ".html",
			"itemImgUrl":    s.www + "/kf/" + product + ".svg?t=" + firstLetter(l.Title),
			"itemTags":      []any{}, "skuAttrs": skuAttrs(l.SKU),
		}
		if detail {
			out[i]["buttonVOS"] = s.lineButtons(v)
		}
	}
	return out
}

// skuAttrs splits "Red / XL" or "Red" into attributes as the site holds them.
func skuAttrs(sku string) []obj {
	out := []obj{}
	names := []string{"Color", "Size", "Ships From"}
	for i, part := range strings.Split(sku, "/") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, obj{"id": 14 + i, "name": names[min(i, 2)], "text": part, "vid": 1000 + i})
		}
	}
	return out
}

func firstLetter(title string) string {
	for _, r := range title {
		if r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return strings.ToUpper(string(r))
		}
	}
	return "A"
}

func priceFields(v view) obj {
	sum := decimal(v.linesTotal())
	details := []obj{{"title": "Subtotal", "value": priceText(sum, v.Currency)}}
	if diff := cents(v.Total) - v.linesTotal(); diff > 0 {
		details = append(details, obj{"title": "Shipping", "value": priceText(decimal(diff), v.Currency)})
	} else if diff < 0 {
		details = append(details, obj{"title": "AliExpress Coupons", "value": "-" + priceText(decimal(-diff), v.Currency), "valueColor": "#ff472e"})
	}
	return obj{"priceDetails": details, "totalPrice": obj{
		"title": "Total", "currencyCode": v.Currency, "value": priceText(v.Total, v.Currency), "formatPriceInfo": priceTriple(v.Total, v.Currency),
	}}
}
