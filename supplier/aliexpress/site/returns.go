package site

import (
	"fmt"
	"slices"

	"countermand/supplier"
)

// ReturnsPage is one answer of the list of returns and refunds.
type ReturnsPage struct {
	List []supplier.Return
	Page int64
	More bool
}

// ParseReturns reads a page of the list of returns. An entry that cannot be
// told apart may be the dispute that is open already, so it is an error.
func (p Profile) ParseReturns(a Answer) (out ReturnsPage, err error) {
	m := a.data.get("module")
	list := m.get("reverseOrderLines")
	if !list.there() {
		return out, fmt.Errorf("%w: the list of returns came without its lines", ErrShape)
	}
	lines, err := list.items()
	for _, l := range lines {
		r := supplier.Return{
			ID: l.get("reverseOrderId").str(), LineID: l.get("reverseOrderLineId").str(),
			Number: l.get("tradeOrderId").str(), OrderLine: l.get("tradeOrderLineId").str(),
			Code: l.get("reverseStatus").str(), Status: l.get("reverseStatusText").str(),
			Amount: plainMoney(l.get("refundAmount")), CreatedAt: millis(l.get("gmtCreate")),
		}
		// A state that is not known may still be open: then no second
		// dispute is begun.
		r.Open = !slices.Contains(p.Dispute.Over, r.Code)
		if !isNumber(r.Number) || !isNumber(r.OrderLine) {
			return out, fmt.Errorf("%w: an entry of the list of returns does not tell its order and line", ErrShape)
		}
		out.List = append(out.List, r)
	}
	var size, total int64
	for name, to := range map[string]*int64{"pageNo": &out.Page, "size": &size, "totalCount": &total} {
		n, ok := m.get(name).num()
		if m.get(name).there() && !ok {
			return out, fmt.Errorf("%w: %s of the list of returns is no number", ErrShape, name)
		}
		*to = n
	}
	out.More = size > 0 && out.Page > 0 && total/size >= out.Page && total > out.Page*size
	return out, err
}
