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

// payload is an order in the shape of Shopify's order webhooks.
func payload(o Order) map[string]any {
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
		"financial_status":     financial(o),
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
		"total_price":          "40.00",
		"total_price_set":      money("40.00"),
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

func financial(o Order) string {
	if o.CancelledAt.IsZero() {
		return "paid"
	}
	return "refunded"
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
			"price":                fmt.Sprintf("%d.00", 10+i),
			"price_set":            money(fmt.Sprintf("%d.00", 10+i)),
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

func money(amount string) map[string]any {
	m := map[string]any{"amount": amount, "currency_code": "USD"}
	return map[string]any{"shop_money": m, "presentment_money": m}
}
