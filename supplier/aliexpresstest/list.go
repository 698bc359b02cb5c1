package aliexpresstest

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const pageSize = 10

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
func (s *Site) orderList(p params) result {
	page := max(p.number("pageIndex"), 1)
	if _, linked := p["linkage"].(map[string]any); page > 1 && !linked {
		return result{data: obj{}}
	}
	now := s.now()
	found := s.listed(p, now)
	from := min((page-1)*pageSize, len(found))
	to := min(from+pageSize, len(found))

	components, keys := obj{}, []string{}
	for _, v := range found[from:to] {
		key := "pc_om_list_order_" + v.ID
		components[key] = component("pc_om_list_order", v.ID, "body", s.listFields(v, now))
		keys = append(keys, key)
	}
	const root, header, action, body = "pc_om_list_page_410001", "pc_om_list_header_410002", "pc_om_list_header_action_410003", "pc_om_list_body_410004"
	components[root] = component("pc_om_list_page", "410001", "", obj{"i18n": i18n})
	components[header] = component("pc_om_list_header", "410002", "header", listHeader())
	components[action] = component("pc_om_list_header_action", "410003", "header", obj{
		"searchInput": p.text("searchInput"), "searchOption": "order",
		"statusTab": firstNonEmpty(p.text("statusTab"), "all"), "timeOption": "all",
	})
	components[body] = component("pc_om_list_body", "410004", "body", obj{
		"hasMore": to < len(found), "hasMoreText": "View orders", "mergePayLimit": 20, "pageIndex": page, "pageSize": pageSize,
	})
	structure := obj{root: []string{header, body}, header: []string{action}, body: keys}
	return result{data: s.ultron(root, components, structure, nil)}
}

// listed gives the orders that a list request asks for.
func (s *Site) listed(p params, now time.Time) []view {
	tab, search := p.text("statusTab"), p.text("searchInput")
	var found []view
	for _, e := range s.orders {
		v := e.at(now)
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
	return found
}

func listHeader() obj {
	return obj{
		"pageTitle": "Orders", "disableSearch": false,
		"statusTabList": []obj{
			{"code": "all", "title": "View all"}, {"code": "unpaid", "title": "To pay"}, {"code": "processing", "title": "Processing"},
			{"code": "shipped", "title": "Processed"}, {"code": "completed", "title": "Completed"},
		},
		"tailStatusTab": obj{"code": "recycle", "title": "Deleted orders"},
	}
}

func (s *Site) listFields(v view, now time.Time) obj {
	f := obj{
		"orderId": v.ID, "hiddenOrderId": false, "orderDateTitle": "Date", "orderDateText": s.dateText(v.PlacedAt),
		"statusTitle": "Status", "statusText": titles[v.phase],
		"totalPriceTitle": "Total", "totalPriceText": priceText(v.Total, v.Currency), "formatPriceInfo": priceTriple(v.Total, v.Currency),
		"currencyCode": v.Currency, "baseCurrency": "CNY", "intentionCurrency": v.Currency,
		"storeName": v.Store, "storePageUrl": s.www + "/store/" + v.storeID(), "sellerConnectUrl": s.www + "/p/message/index.html",
		"orderDetailText": "Details", "orderDetailUrl": s.detailURL(v.ID), "paymentOutId": "1299" + v.ID,
		"orderLineSize": len(v.Lines), "orderLines": s.lineFields(v, false), "buttons": s.listButtons(v), "showSelectBox": false,
	}
	if len(v.Lines) > 1 {
		f["moreItemText"] = "items"
	}
	if r := v.refund(now); r != nil {
		title := r.caption() + " " + priceText(decimal(r.amount), v.Currency)
		f["exposeInfo"] = obj{"itemList": []obj{{"detailList": []obj{{"title": title}}}}}
	}
	return f
}

func (s *Site) dateText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(s.zone).Format("Jan 2, 2006")
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
