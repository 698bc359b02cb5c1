package aliexpresstest

import (
	"fmt"
	"strings"
	"time"
)

const (
	detailRoot = "detail_root_container_420001"
	detailTail = "detail_tail_container_420008"
)

// orderDetail answers one order. An order that is not this account's, or a
// request that names none, is a success with only the page's skeleton in it.
func (s *Site) orderDetail(a ask) result {
	components := obj{
		detailRoot: component("detail_root_container", "420001", "", obj{"canAddCart": true, "i18n": a.lang.i18n()}),
		detailTail: component("detail_tail_container", "420008", "footer", obj{"recommendScenario": "pcOrderDetail"}),
	}
	e := s.shown(a.text("tradeOrderId"))
	if e == nil {
		return result{data: s.ultron(detailRoot, components, obj{detailRoot: []string{detailTail}}, obj{"pageTitle": a.lang.say("detail_title")})}
	}
	e.looks++
	v := a.view(e, s.now())
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
	return result{data: s.ultron(detailRoot, components, structure, obj{"pageTitle": a.lang.say("detail_title"), "orderStatus": numbers[v.phase]})}
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
	return s.instead(e, e.Trap.ShowsOther)
}

// instead is the order that a trap shows in place of e, e where none is set.
func (s *Site) instead(e *entry, other string) *entry {
	if o := s.find(other); o != nil {
		return o
	}
	return e
}

func (s *Site) statusFields(v view) obj {
	f := obj{
		"title": v.lang.title(v.phase), "reminder": s.reminder(v), "orderId": number(v.ID), "buttonVOList": s.disturbed(v, s.detailButtons(v)),
		"baseCurrency": "CNY", "intentionCurrency": v.Currency,
		// How this account's cancel form comes: the page follows it.
		"cancelLayout": string(v.Layout),
		"cancelChecks": v.Checks,
	}
	if v.paid && !v.NoCountdown && (v.phase == verifying || v.phase == processing || v.phase == pending) {
		f["countDownEndTime"] = v.windowEnd.UnixMilli()
	}
	return f
}

func (s *Site) reminder(v view) string {
	switch {
	case v.declined:
		return v.lang.say("reminder_declined")
	case v.phase == closed:
		return fmt.Sprintf(v.lang.say("reminder_closed"), v.day(s, v.endedAt))
	}
	return v.lang.say("reminder_" + names[v.phase])
}

// day writes a date of the order in the site's zone and the caller's language.
func (v view) day(s *Site, t time.Time) string { return v.lang.day(t.In(s.zone)) }

func (s *Site) infoFields(v view) obj {
	f := obj{
		"tradeOrderId": number(v.ID), "orderIdTitle": v.lang.say("order_ID"),
		"orderCreatTime": v.day(s, v.PlacedAt), "orderCreatTimeTile": v.lang.say("placed_on"),
		"paymentMethod": v.lang.say("card"), "paymentMethodTitle": v.lang.say("payment_method"),
		"addressVO": obj{
			"contactName": "Jo Rehearsal", "countryCode": "US", "detailAddress": "1 Loopback Lane", "detailAddress2": "",
			"fullPhoneNo": "+1 5550100", "postCode": "00000", "regionAddress": "Nowhere, Oregon, United States",
		},
	}
	if v.paid {
		f["payTime"], f["payTimeTitle"] = v.day(s, earliest(v.PaidAt, v.paidHereAt)), v.lang.say("paid_on")
	}
	if !v.shippedAt.IsZero() {
		f["orderShipTime"], f["orderShipTimeTile"] = v.day(s, v.shippedAt), v.lang.say("shipped_on")
	}
	if !v.endedAt.IsZero() {
		f["orderEndTime"], f["orderEndTimeTile"] = v.day(s, v.endedAt), v.lang.say("ended_on")
	}
	return f
}

func (s *Site) productFields(v view) obj {
	return obj{
		"productVOList": s.lineFields(v, true),
		"sellerVO": obj{
			"sellerName": v.Store, "storeUrl": s.www + "/store/" + v.storeID(), "connectUrl": s.connectURL(v.entry),
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
			"itemPriceText": v.lang.price(l.Price, v.Currency), "formatPriceInfo": v.lang.triple(l.Price, v.Currency),
			"itemDetailUrl": s.www + "/item/" + product + ".html",
			"itemImgUrl":    s.www + "/kf/" + product + ".svg?t=" + firstLetter(l.Title),
			"itemTags":      []any{}, "skuAttrs": skuAttrs(l.SKU),
		}
		if detail {
			out[i]["buttonVOS"] = s.lineButtons(v, i)
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
	details := []obj{{"title": v.lang.say("subtotal"), "value": v.lang.price(sum, v.Currency)}}
	if diff := cents(v.Total) - v.linesTotal(); diff > 0 {
		details = append(details, obj{"title": v.lang.say("shipping"), "value": v.lang.price(decimal(diff), v.Currency)})
	} else if diff < 0 {
		details = append(details, obj{"title": v.lang.say("coupons"), "value": "-" + v.lang.price(decimal(-diff), v.Currency), "valueColor": "#ff472e"})
	}
	return obj{"priceDetails": details, "totalPrice": obj{
		"title": v.lang.say("list_total"), "currencyCode": v.Currency, "value": v.lang.price(v.Total, v.Currency), "formatPriceInfo": v.lang.triple(v.Total, v.Currency),
	}}
}
