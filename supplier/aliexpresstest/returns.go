package aliexpresstest

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// returned is one entry of the list of returns and refunds: a dispute, or the
// money of a closed order.
type returned struct {
	v      view
	line   int
	at     time.Time
	code   string
	status string
	amount int64
}

func (r returned) over() bool { return r.code != disputeOpen && r.code != "PROCESSING" }

// returnsList answers the list of returns and refunds, newest first. Status 1
// asks for all, 2 and 3 for open ones, 4 for those that are over; the real
// site answers others with an error that says nothing.
func (s *Site) returnsList(a ask) result {
	status := a.text("reverseStatus")
	if !slices.Contains([]string{"1", "2", "3", "4"}, status) {
		return fail("UNKNOWN_FAIL_CODE::unknown")
	}
	var found []returned
	for _, e := range s.orders {
		if only := a.text("tradeOrderId"); only != "" && only != e.ID {
			continue
		}
		if shop := a.text("shopName"); !strings.Contains(strings.ToLower(e.Store), strings.ToLower(shop)) {
			continue
		}
		for _, r := range a.view(e, s.now()).returns() {
			if status == "1" || (status == "4") == r.over() {
				found = append(found, r)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b returned) int {
		return cmp.Or(b.at.Compare(a.at), cmp.Compare(b.v.Lines[b.line].ID, a.v.Lines[a.line].ID))
	})
	size := max(a.number("size"), 1)
	page := max(a.number("pageNo"), 1)
	from := min((page-1)*size, len(found))
	list := []obj{}
	for _, r := range found[from:min(from+size, len(found))] {
		list = append(list, s.returnFields(r))
	}
	return result{data: obj{"module": obj{"pageNo": page, "size": size, "totalCount": len(found), "reverseOrderLines": list}}}
}

// returns lists what an order has in the list.
func (v view) returns() []returned {
	var out []returned
	for i := range v.Lines {
		if d := v.disputeOf(i); d != nil {
			how := v.verdict(d)
			amount := how.won
			if how.code == disputeOpen {
				amount = cents(d.amount)
			}
			out = append(out, returned{v, i, d.at, how.code, v.lang.say(how.key), amount})
		} else if r := v.refund(); r != nil {
			out = append(out, returned{v, i, v.endedAt, r.status, v.lang.say(r.key()), v.share(r.amount, i)})
		}
	}
	return out
}

func (s *Site) returnFields(r returned) obj {
	l := r.v.Lines[r.line]
	return obj{
		"reverseOrderId": reverseID(l.ID), "reverseOrderLineId": reverseLineID(l.ID), "tradeOrderId": r.v.ID, "tradeOrderLineId": l.ID,
		"storeName": r.v.Store, "itemTitle": l.Title, "skuText": l.SKU, "reverseStatus": r.code, "reverseStatusText": r.status,
		"refundAmount": obj{"amount": decimal(r.amount), "currency": r.v.Currency}, "gmtCreate": r.at.UnixMilli(),
		"detailUrl":        s.mobile + "/p/refund-amount/detail.html?pha_manifest=refund-amount&tradeOrderLineId=" + l.ID,
		"sellerConnectUrl": s.connectURL(r.v.entry),
	}
}
