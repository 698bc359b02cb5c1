package aliexpresstest

// button makes one entry of a button list.
func button(typ, text, display string) obj {
	return obj{"type": typ, "text": text, "displayType": display, "border": display != "primary", "size": "large"}
}

// detailButtons are the order's own buttons. "Extend processing time" stands
// before "Cancel order" and is the louder one: a driver that presses by
// position or by size presses the wrong one.
func (s *Site) detailButtons(v view) []obj {
	repurchase := button("REPURCHASE", "Add to cart", "default")
	extend := button("EXTEND_PROCESSING", "Extend processing time", "primary")
	cancel := button("CANCEL_ORDER", "Cancel order", "default")
	switch v.phase {
	case unpaid:
		return []obj{button("PAY", "Pay now", "primary"), cancel}
	case processing:
		return []obj{extend, cancel, repurchase}
	case pending:
		return []obj{extend, repurchase}
	case shipped:
		return []obj{s.confirmGoods(), s.trackButton(v), repurchase}
	case completed:
		return []obj{s.trackButton(v), repurchase}
	}
	return []obj{repurchase}
}

// listButtons are those of the card in the list: no cancel there.
func (s *Site) listButtons(v view) []obj {
	repurchase := button("REPURCHASE", "Add to cart", "default")
	switch v.phase {
	case unpaid:
		return []obj{button("PAY", "Pay now", "primary")}
	case shipped:
		return []obj{s.confirmGoods(), s.trackButton(v)}
	case completed, closed:
		return []obj{repurchase, button("DELETE", "Remove", "default")}
	}
	return []obj{repurchase}
}

func (s *Site) trackButton(v view) obj {
	b := button("TRACKING", "Track status", "default")
	b["href"] = s.www + "/p/tracking/index.html?tradeOrderId=" + v.ID
	return b
}

func (s *Site) confirmGoods() obj {
	b := button("CONFIRM_GOODS", "Confirm received", "primary")
	b["extMap"] = obj{"title": i18n["popup_order_confirm1"], "confirmText": "Confirm", "cancelText": "Cancel"}
	return b
}

// lineButtons are those of one line; disputes are opened per line.
func (s *Site) lineButtons(v view) []obj {
	line := []obj{button("REPURCHASE_LINE", "Add to cart", "default")}
	if v.phase != shipped && v.phase != completed {
		return line
	}
	start := s.www + "/p/reverse-pages/start.html?tradeOrderId=" + v.ID
	dispute := button("OPEN_DISPUTE", "Returns/refunds", "default")
	dispute["actionType"] = "ASYNC_CONFIRM"
	dispute["extMap"] = obj{
		"title": "Have you received your package?", "actionType": "REFUND_RETURN",
		"okButton":     obj{"actionType": "OPEN_URL", "href": start + "&received=1", "text": "Yes"},
		"cancelButton": obj{"actionType": "OPEN_URL", "href": start + "&received=0", "text": "No"},
	}
	return append(line, dispute)
}
