package shopifytest

import (
	"fmt"
	"strings"
)

// Personal is what stands in every payload's personal fields: a receiver that
// keeps any of it has stored what it should not.
var Personal = []string{
	"Wilhelmina", "Quackenbush", "wilhelmina.quackenbush@example.org", "+1 555 010 4477",
	"77 Larkspur Crescent", "Pemberton Mills", "203.0.113.77",
}

// payload is the body of a topic, in the shape of Shopify's own.
func (s *Shop) payload(topic string, o Order) map[string]any {
	now := stamp(s.opts.Now())
	switch topic {
	case "orders/edited":
		return map[string]any{"order_edit": map[string]any{
			"id": o.ID + 1, "app_id": nil, "created_at": now, "committed_at": now, "notify_customer": false,
			"order_id": o.ID, "staff_note": Personal[0], "user_id": nil,
			"line_items": map[string]any{"additions": []any{}, "removals": []any{map[string]any{"id": o.ID + 3, "delta": 1}}},
		}}
	case "refunds/create":
		return map[string]any{
			"id": o.ID + 1, "admin_graphql_api_id": fmt.Sprintf("gid://shopify/Refund/%d", o.ID+1), "order_id": o.ID,
			"created_at": now, "processed_at": now, "note": Personal[0], "restock": false,
			"refund_line_items": []any{map[string]any{"id": o.ID + 3, "quantity": 1, "restock_type": "cancel"}},
		}
	case "requested_order_edit/created":
		return map[string]any{
			"id": o.ID + 1, "admin_graphql_api_id": fmt.Sprintf("gid://shopify/RequestedOrderEdit/%d", o.ID+1),
			"order_id": o.ID, "status": "requested", "requested_at": now,
		}
	case "app/uninstalled":
		return map[string]any{
			"id": 548380009, "name": "Test", "email": Personal[2], "domain": nil, "myshopify_domain": s.opts.Domain,
			"shop_owner": Personal[0] + " " + Personal[1], "address1": Personal[4], "plan_name": "basic",
		}
	}
	return orderPayload(o)
}

// orderPayload is an order in the shape of Shopify's order webhooks.
func orderPayload(o Order) map[string]any {
	first, last, mail, phone, ip := Personal[0], Personal[1], Personal[2], Personal[3], Personal[6]
	return map[string]any{
		"id":                   o.ID,
		"admin_graphql_api_id": o.GID(),
		"browser_ip":           ip,
		"cancel_reason":        orNull(strings.ToLower(o.CancelReason)),
		"cancelled_at":         stamp(o.CancelledAt),
		"closed_at":            stamp(o.CancelledAt),
		"client_details":       map[string]any{"browser_ip": ip, "user_agent": "Mozilla/5.0"},
		"confirmed":            true,
		"contact_email":        mail,
		"created_at":           stamp(o.CreatedAt),
		"currency":             "USD",
		"email":                mail,
		"financial_status":     strings.ToLower(o.Financial),
		"fulfillment_status":   nil,
		"name":                 o.Name,
		"note":                 orNull(o.Note),
		"note_attributes":      pairs(o.Attributes),
		"order_status_url":     "https://shop.example/orders/1/authenticate?key=k",
		"phone":                phone,
		"processed_at":         stamp(o.CreatedAt),
		"source_name":          "web",
		"tags":                 strings.Join(o.Tags, ", "),
		"test":                 true,
		"total_price":          dollars(o.total(false)),
		"total_price_set":      o.money(o.total(false)),
		"updated_at":           stamp(o.UpdatedAt),
		"customer": map[string]any{
			"id": 820001, "admin_graphql_api_id": "gid://shopify/Customer/820001",
			"first_name": first, "last_name": last, "email": mail, "phone": phone,
			"default_address": address(),
		},
		"billing_address":  address(),
		"shipping_address": address(),
		"fulfillments":     []any{},
		"refunds":          []any{},
		"line_items":       lineItems(o),
		"shipping_lines":   []any{map[string]any{"id": 820002, "title": "Standard", "price": "4.00"}},
	}
}

func address() map[string]any {
	return map[string]any{
		"first_name": Personal[0], "last_name": Personal[1], "name": Personal[0] + " " + Personal[1],
		"address1": Personal[4], "address2": nil, "city": Personal[5], "phone": Personal[3],
		"zip": "00017", "country": "United States", "country_code": "US",
	}
}

func lineItems(o Order) []any {
	out := make([]any, len(o.Lines))
	for i, l := range o.Lines {
		out[i] = map[string]any{
			"id":                   l.ID,
			"admin_graphql_api_id": l.GID(),
			"name":                 l.Title,
			"title":                l.Title,
			"sku":                  orNull(l.SKU),
			"quantity":             l.Quantity,
			"current_quantity":     l.Quantity - l.Removed,
			"fulfillable_quantity": l.Quantity - l.Removed,
			"price":                dollars(l.Cents),
			"price_set":            o.money(l.Cents),
			"properties":           pairs(l.Attributes),
			"requires_shipping":    true,
		}
	}
	return out
}

func pairs(attrs []Attribute) []any {
	out := make([]any, len(attrs))
	for i, a := range attrs {
		out[i] = map[string]any{"name": a.Key, "value": a.Value}
	}
	return out
}

// total is in cents: as ordered, or what still stands.
func (o Order) total(standing bool) int {
	sum := 0
	for _, l := range o.Lines {
		n := l.Quantity
		if standing {
			n -= l.Removed
		}
		sum += n * l.Cents
	}
	return sum
}

func dollars(cents int) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }

func (o Order) money(cents int) map[string]any {
	m := map[string]any{"amount": dollars(cents), "currency_code": o.Currency}
	return map[string]any{"shop_money": m, "presentment_money": m}
}
