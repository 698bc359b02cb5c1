package aliexpresstest

// button makes one entry of a button list.
func button(typ, text, display string) obj {
	return obj{"type": typ, "text": text, "displayType": display, "border": display != "primary", "size": "large"}
}

// detailButtons are the order's own buttons. "Extend processing time" stands
// before "Cancel order" and is the louder one: a driver that presses by
// position or by size presses the wrong one.
func (s *Site) detailButtons(v view) []obj {
	repurchase := button("REPURCHASE", v.lang.say("button_repurchase"), "default")
	extend := button("EXTEND_PROCESSING", v.lang.say("button_extend"), "primary")
	cancel := button("CANCEL_ORDER", v.lang.say("button_cancel"), "default")
	switch v.phase {
	case unpaid:
		return []obj{button("PAY", v.lang.say("button_pay"), "primary"), cancel}
	case processing:
		return []obj{extend, cancel, repurchase}
	case pending:
		return []obj{extend, repurchase}
	case shipped:
		return []obj{confirmGoods(v), s.trackButton(v), repurchase}
	case completed:
		return []obj{s.trackButton(v), repurchase}
	}
	return []obj{repurchase}
}

// disturbed adds the decoy and, with every second look, lets the two buttons
// that stand side by side change places. The caller counts the looks.
func (s *Site) disturbed(v view, list []obj) []obj {
	n := s.nuisanceOf(v.ID)
	if n.SwapButtons && v.looks%2 == 0 && len(list) > 1 {
		list[0], list[1] = list[1], list[0]
	}
	if n.Decoys {
		decoy := button("CANCEL_POLICY", v.lang.say("button_policy"), "primary")
		decoy["href"] = s.www + policyPath
		list = append([]obj{decoy}, list...)
	}
	return list
}

// listButtons are those of the card in the list: no cancel there.
func (s *Site) listButtons(v view) []obj {
	repurchase := button("REPURCHASE", v.lang.say("button_repurchase"), "default")
	switch v.phase {
	case unpaid:
		return []obj{button("PAY", v.lang.say("button_pay"), "primary")}
	case shipped:
		return []obj{confirmGoods(v), s.trackButton(v)}
	case completed, closed:
		return []obj{repurchase, button("DELETE", v.lang.say("button_delete"), "default")}
	}
	return []obj{repurchase}
}

func (s *Site) trackButton(v view) obj {
	b := button("TRACKING", v.lang.say("button_tracking"), "default")
	b["href"] = s.www + "/p/tracking/index.html?tradeOrderId=" + v.ID
	return b
}

func confirmGoods(v view) obj {
	b := button("CONFIRM_GOODS", v.lang.say("confirm_delivery"), "primary")
	b["extMap"] = obj{"title": v.lang.say("popup_order_confirm1"), "confirmText": v.lang.say("confirm"), "cancelText": v.lang.say("cancel")}
	return b
}

// lineButtons are those of the i-th line; disputes are opened per line.
func (s *Site) lineButtons(v view, i int) []obj {
	line := []obj{button("REPURCHASE_LINE", v.lang.say("button_repurchase"), "default")}
	if v.phase != shipped && v.phase != completed {
		return line
	}
	start := s.www + "/p/reverse-pages/start.html?orderId=" + v.ID + "&tradeOrderLineId=" + v.Lines[i].ID
	dispute := button("OPEN_DISPUTE", v.lang.say("button_dispute"), "default")
	dispute["actionType"] = "ASYNC_CONFIRM"
	dispute["extMap"] = obj{
		"title": v.lang.say("dispute_received"), "actionType": "REFUND_RETURN",
		"okButton":     obj{"actionType": "OPEN_URL", "href": start + "&received=1", "text": v.lang.say("yes")},
		"cancelButton": obj{"actionType": "OPEN_URL", "href": start + "&received=0", "text": v.lang.say("no")},
	}
	return append(line, dispute)
}
