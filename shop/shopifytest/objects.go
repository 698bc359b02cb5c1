package shopifytest

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// root answers the queries. It must be called under the lock, and so must
// what it returns.
func (s *Shop) root() object {
	return object{
		"order": call(func(args map[string]any) (any, error) {
			o := s.byGID(args["id"])
			if o == nil {
				return nil, nil
			}
			return s.orderObject(o), nil
		}),
		"orders":                 call(s.listOrders),
		"refund":                 call(s.refund),
		"fulfillment":            call(s.fulfillment),
		"node":                   call(s.node),
		"job":                    call(s.readJob),
		"webhookSubscriptions":   call(s.listSubscriptions),
		"currentAppInstallation": object{"id": "gid://shopify/AppInstallation/1", "accessScopes": handles(s.opts.Scopes)},
		"publicApiVersions":      append(versions(s.opts.Versions), object{"handle": "unstable", "displayName": "unstable", "supported": false}),
		"shop":                   object{"id": "gid://shopify/Shop/1", "name": "Test", "myshopifyDomain": s.opts.Domain},
	}
}

func handles(names []string) []object {
	out := make([]object, len(names))
	for i, n := range names {
		out[i] = object{"handle": n, "description": n}
	}
	return out
}

func versions(names []string) []object {
	out := make([]object, len(names))
	for i, n := range names {
		out[i] = object{"handle": n, "displayName": n, "supported": true}
	}
	return out
}

// byGID finds an order by its GraphQL id, nil where there is none.
func (s *Shop) byGID(id any) *Order {
	text, _ := id.(string)
	digits, ok := strings.CutPrefix(text, orderGID)
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil {
		return nil
	}
	return s.byID[n]
}

func (s *Shop) orderObject(o *Order) object {
	lines := make([]object, len(o.Lines))
	for i, l := range o.Lines {
		lines[i] = l.object()
	}
	ordered, standing := o.items()
	return object{
		"__typename":                       "Order",
		"id":                               o.GID(),
		"legacyResourceId":                 strconv.FormatInt(o.ID, 10),
		"name":                             o.Name,
		"createdAt":                        stamp(o.CreatedAt),
		"updatedAt":                        stamp(o.UpdatedAt),
		"cancelledAt":                      stamp(o.CancelledAt),
		"cancelReason":                     orNull(o.CancelReason),
		"displayFulfillmentStatus":         o.Fulfillment,
		"displayFinancialStatus":           orNull(o.Financial),
		"note":                             orNull(o.Note),
		"tags":                             append([]string{}, o.Tags...),
		"customAttributes":                 attributeObjects(o.Attributes),
		"lineItems":                        connection(lines),
		"edited":                           o.Edited,
		"subtotalLineItemsQuantity":        ordered,
		"currentSubtotalLineItemsQuantity": standing,
		"totalPriceSet":                    o.moneyBag(false),
		"metafield":                        call(o.metafield),
		"refunds":                          firstOf(o.refundObjects()),
		"fulfillments":                     firstOf(o.fulfillmentObjects()),
		"agreements":                       call(o.agreements),
		"requestedOrderEdits":              connection(o.editObjects()),
		"displayRequestedEditStatus":       o.editStatus(),
		"shippingAddress": call(func(map[string]any) (any, error) {
			if s.faults.hideAddress {
				return nil, fault{"ACCESS_DENIED", "This app is not approved to access the MailingAddress object."}
			}
			return object{"__typename": "MailingAddress", "id": "gid://shopify/MailingAddress/1", "countryCodeV2": orNull(o.Country)}, nil
		}),
	}
}

// HideAddresses refuses every address from now on, as for an app that is not
// approved for personal data.
func (s *Shop) HideAddresses() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.hideAddress = true
}

func (o *Order) items() (ordered, standing int) {
	for _, l := range o.Lines {
		ordered += l.Quantity
		standing += l.Quantity - l.Removed
	}
	return ordered, standing
}

func (o *Order) moneyBag(standing bool) object {
	m := object{"amount": dollars(o.total(standing)), "currencyCode": o.Currency}
	return object{"shopMoney": m, "presentmentMoney": m}
}

func (o *Order) metafield(args map[string]any) (any, error) {
	v, ok := o.Metafields[fmt.Sprint(args["namespace"], ".", args["key"])]
	if !ok {
		return nil, nil
	}
	return object{"__typename": "Metafield", "id": "gid://shopify/Metafield/1", "type": "json", "value": v}, nil
}

func (l Line) object() object {
	return object{
		"__typename":          "LineItem",
		"id":                  l.GID(),
		"title":               l.Title,
		"name":                l.Title,
		"sku":                 orNull(l.SKU),
		"vendor":              orNull(l.Vendor),
		"quantity":            l.Quantity,
		"currentQuantity":     l.Quantity - l.Removed,
		"unfulfilledQuantity": l.unshipped(),
		"customAttributes":    attributeObjects(l.Attributes),
	}
}

func attributeObjects(attrs []Attribute) []object {
	out := make([]object, len(attrs))
	for i, a := range attrs {
		out[i] = object{"key": a.Key, "value": orNull(a.Value)}
	}
	return out
}

// connection pages forward through nodes by first and after.
func connection(nodes []object) call {
	return func(args map[string]any) (any, error) {
		first := number(args["first"])
		if first < 1 || first > 250 {
			return nil, fmt.Errorf("first must be from 1 to 250, not %d", first)
		}
		from := 0
		if after, ok := args["after"].(string); ok {
			n, err := readCursor(after)
			if err != nil || n >= len(nodes) {
				return nil, fmt.Errorf("invalid cursor %q", after)
			}
			from = n + 1
		}
		to := min(from+first, len(nodes))
		page := object{"hasNextPage": to < len(nodes), "hasPreviousPage": from > 0, "startCursor": nil, "endCursor": nil}
		if to > from {
			page["startCursor"], page["endCursor"] = cursor(from), cursor(to-1)
		}
		return object{"nodes": nodes[from:to], "pageInfo": page}, nil
	}
}

func cursor(i int) string { return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "line:%d", i)) }

func readCursor(c string) (int, error) {
	b, err := base64.StdEncoding.DecodeString(c)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimPrefix(string(b), "line:"))
}

func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
