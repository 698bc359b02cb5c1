package site

import (
	"errors"
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
	lines, err := returnLines(m)
	if err != nil {
		return out, err
	}
	for _, l := range lines {
		amount, _ := p.amount(l.get("refundAmount")) // what contradicts itself is not known
		r := supplier.Return{
			ID: l.get("reverseOrderId").str(), LineID: l.get("reverseOrderLineId").str(),
			Number: l.get("tradeOrderId").str(), OrderLine: l.get("tradeOrderLineId").str(),
			Code: l.get("reverseStatus").str(), Status: l.get("reverseStatusText").str(),
			Amount: amount, CreatedAt: millis(l.get("gmtCreate")),
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
	for name, to := range map[string]*int64{"pageNo": &out.Page, "pageNum": &out.Page, "size": &size, "pageSize": &size, "totalCount": &total, "total": &total} {
		n, ok := m.get(name).num()
		if m.get(name).there() && !ok {
			return out, fmt.Errorf("%w: %s of the list of returns is no number", ErrShape, name)
		}
		*to = max(*to, n)
	}
	if total > 0 && out.Page <= 1 && len(out.List) == 0 {
		return out, fmt.Errorf("%w: the list of returns counts %d entries and shows none", ErrShape, total)
	}
	out.More = size > 0 && out.Page > 0 && total/size >= out.Page && total > out.Page*size
	return out, nil
}

// returnLines gives the entries of the list, which come in one list or in one for
// each shop. An answer with neither is not a list without entries.
func returnLines(m node) (lines []node, err error) {
	list, groups := m.get("reverseOrderLines"), m.get("items")
	if !list.there() && !groups.there() {
		return nil, fmt.Errorf("%w: the list of returns came without its lines", ErrShape)
	}
	lines, err = list.items()
	shops, err2 := groups.items()
	err = errors.Join(err, err2)
	for _, g := range shops {
		own, wrong := g.get("reverseOrderLines").items()
		if len(own) == 0 && wrong == nil {
			wrong = fmt.Errorf("%w: a shop of the list of returns came without its lines", ErrShape)
		}
		lines, err = append(lines, own...), errors.Join(err, wrong)
	}
	return lines, err
}
