package aliexpresstest

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const pageSize = 10

// ShuffleList turns the list round with every second load of its first page:
// what stood first then stands last. The pages of one load fit together.
func (s *Site) ShuffleList(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shuffle, s.listings = on, 0
}

// SetMobileCards makes the list show its orders as the narrow layout does: one
// link per order, without buttons, a.order-item.order-item-mobile.
func (s *Site) SetMobileCards(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mobileCards = on
}

// component makes one block of an ultron answer.
func component(tag, id, position string, fields obj) obj {
	c := obj{
		"tag": tag, "type": tag, "id": id, "status": "normal",
		"scriptKey": strings.ToUpper(tag[:1]) + tag[1:] + "_" + id, "fields": fields,
	}
	if position != "" {
		c["position"] = position
	}
	return c
}

// ultron wraps components; structure gives their order on the page.
func (s *Site) ultron(root string, components, structure, global obj) obj {
	var tags []string
	for _, c := range components {
		if tag := c.(obj)["tag"].(string); !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	slices.Sort(tags)
	whole := obj{"curTime": s.now().UnixMilli(), "response": obj{}, "refreshPage": true, "local_ab": true}
	for k, v := range global {
		whole[k] = v
	}
	return obj{
		"container": obj{"data": []any{}},
		"data":      components,
		"endpoint":  obj{"droplet": true, "mode": "pc", "osVersion": "9.9.9", "protocolVersion": "3.0", "standard": true, "ultronage": true},
		"global":    whole,
		"hierarchy": obj{"component": tags, "root": root, "structure": structure},
		"linkage":   obj{"common": obj{}, "input": []any{}, "request": []any{}, "signature": obj{"stub": true}},
		"reload":    true,
	}
}

// orderList answers one page of the list, newest order first. A further page
// asked for without the linkage of the page before is answered with success
// and nothing in it, as on the real site.
func (s *Site) orderList(a ask) result {
	page := max(a.number("pageIndex"), 1)
	if page == 1 {
		s.listings++
	}
	if _, linked := a.params["linkage"].(map[string]any); page > 1 && !linked {
		return result{data: obj{}}
	}
	now := s.now()
	found := s.listed(a, now)
	from := min((page-1)*pageSize, len(found))
	to := min(from+pageSize, len(found))

	components, keys := obj{}, []string{}
	for _, v := range found[from:to] {
		key := "pc_om_list_order_" + v.ID
		components[key] = component("pc_om_list_order", v.ID, "body", s.listFields(v))
		keys = append(keys, key)
	}
	const root, header, action, body = "pc_om_list_page_410001", "pc_om_list_header_410002", "pc_om_list_header_action_410003", "pc_om_list_body_410004"
	components[root] = component("pc_om_list_page", "410001", "", obj{"i18n": a.lang.i18n()})
	components[header] = component("pc_om_list_header", "410002", "header", listHeader(a.lang))
	components[action] = component("pc_om_list_header_action", "410003", "header", obj{
		"searchInput": a.text("searchInput"), "searchOption": "order",
		"statusTab": firstNonEmpty(a.text("statusTab"), "all"), "timeOption": "all",
	})
	components[body] = component("pc_om_list_body", "410004", "body", obj{
		"hasMore": to < len(found), "hasMoreText": a.lang.say("list_more"), "mergePayLimit": 20, "pageIndex": page, "pageSize": pageSize,
	})
	structure := obj{root: []string{header, body}, header: []string{action}, body: keys}
	return result{data: s.ultron(root, components, structure, nil)}
}

// listed gives the orders that a list request asks for.
func (s *Site) listed(a ask, now time.Time) []view {
	tab, search := a.text("statusTab"), a.text("searchInput")
	var found []view
	for _, e := range s.orders {
		v := a.view(e, now)
		switch {
		case e.deleted, e.PlacedAt.After(now):
		case tab != "" && tab != "all" && tab != tabs[v.phase]:
		case search != "" && !strings.Contains(e.ID, search) && !strings.Contains(strings.ToLower(e.Store), strings.ToLower(search)):
		default:
			found = append(found, v)
		}
	}
	slices.SortStableFunc(found, func(a, b view) int {
		return cmp.Or(b.PlacedAt.Compare(a.PlacedAt), cmp.Compare(b.ID, a.ID))
	})
	if s.shuffle && s.listings%2 == 0 {
		slices.Reverse(found)
	}
	return found
}

func listHeader(l *language) obj {
	return obj{
		"pageTitle": l.say("list_title"), "disableSearch": false,
		"statusTabList": []obj{
			{"code": "all", "title": l.say("tab_all")}, {"code": "unpaid", "title": l.say("tab_unpaid")}, {"code": "processing", "title": l.say("tab_processing")},
			{"code": "shipped", "title": l.say("tab_shipped")}, {"code": "completed", "title": l.say("tab_completed")},
		},
		"tailStatusTab": obj{"code": "recycle", "title": l.say("tab_recycle")},
	}
}

func (s *Site) listFields(v view) obj {
	f := obj{
		"orderId": v.ID, "hiddenOrderId": false, "orderDateTitle": v.lang.say("list_date"), "orderDateText": v.day(s, v.PlacedAt),
		"statusTitle": v.lang.say("list_status"), "statusText": v.lang.title(v.phase),
		"totalPriceTitle": v.lang.say("list_total"), "totalPriceText": v.lang.price(v.Total, v.Currency), "formatPriceInfo": v.lang.triple(v.Total, v.Currency),
		"currencyCode": v.Currency, "baseCurrency": "CNY", "intentionCurrency": v.Currency,
		"storeName": v.Store, "storePageUrl": s.www + "/store/" + v.storeID(), "sellerConnectUrl": s.connectURL(v.entry),
		"orderDetailText": v.lang.say("list_details"), "orderDetailUrl": s.detailURL(v.ID), "paymentOutId": "1299" + v.ID,
		"orderLineSize": len(v.Lines), "orderLines": s.lineFields(v, false), "buttons": s.listButtons(v), "showSelectBox": false,
	}
	if len(v.Lines) > 1 {
		f["moreItemText"] = v.lang.say("list_items")
	}
	if r := v.refund(); r != nil {
		title := v.lang.say(r.key()) + " " + v.lang.price(decimal(r.amount), v.Currency)
		f["exposeInfo"] = obj{"itemList": []obj{{"detailList": []obj{{"title": title}}}}}
	}
	return f
}

func (s *Site) detailURL(id string) string { return s.www + "/p/order/detail.html?orderId=" + id }

// storeID makes a stable number of a store's name.
func (e *entry) storeID() string {
	n := 0
	for _, r := range e.Store {
		n = (n*31 + int(r)) % 9_000_000
	}
	return strconv.Itoa(110_000_000 + n)
}
