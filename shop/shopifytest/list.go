package shopifytest

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// listOrders pages through the orders that a search finds. Its cursors name
// an order and its place in the sorting, so that a change between two pages
// moves an order and shifts no other.
func (s *Shop) listOrders(args map[string]any) (any, error) {
	first := number(args["first"])
	if first < 1 || first > 250 {
		return nil, fmt.Errorf("first must be from 1 to 250, not %d", first)
	}
	if key := args["sortKey"]; key != nil && key != "UPDATED_AT" && key != "PROCESSED_AT" {
		return nil, fmt.Errorf("this shop does not sort by %v", key)
	}
	query, _ := args["query"].(string)
	match, err := readSearch(query)
	if err != nil {
		return nil, err
	}
	rows := s.sorted()
	reverse := args["reverse"] == true
	if reverse {
		rows = slices.Clone(rows)
		slices.Reverse(rows)
	}
	from, err := afterCursor(args["after"], reverse)
	if err != nil {
		return nil, err
	}
	nodes, end, more := []object{}, any(nil), false
	for _, o := range rows {
		if !from(o) || !match(o) {
			continue
		}
		if more = len(nodes) == first; more {
			break
		}
		nodes, end = append(nodes, s.orderObject(o)), any(orderCursor(o))
	}
	return object{"nodes": nodes, "pageInfo": object{"hasNextPage": more, "hasPreviousPage": args["after"] != nil, "startCursor": nil, "endCursor": end}}, nil
}

// sorted are all orders by their update, then by their id.
func (s *Shop) sorted() []*Order {
	if s.byUpdate == nil {
		s.byUpdate = slices.Clone(s.orders)
		slices.SortFunc(s.byUpdate, compareUpdate)
	}
	return s.byUpdate
}

func compareUpdate(a, b *Order) int {
	if c := a.UpdatedAt.Compare(b.UpdatedAt); c != 0 {
		return c
	}
	return int(min(1, max(-1, a.ID-b.ID)))
}

func orderCursor(o *Order) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%d:%d", o.UpdatedAt.Unix(), o.ID))
}

func afterCursor(v any, reverse bool) (func(*Order) bool, error) {
	text, ok := v.(string)
	if !ok {
		return func(*Order) bool { return true }, nil
	}
	b, err := base64.StdEncoding.DecodeString(text)
	at, id, found := strings.Cut(string(b), ":")
	unix, err2 := strconv.ParseInt(at, 10, 64)
	n, err3 := strconv.ParseInt(id, 10, 64)
	if err != nil || err2 != nil || err3 != nil || !found {
		return nil, fault{"BAD_REQUEST", fmt.Sprintf("invalid cursor %q", text)}
	}
	last := &Order{ID: n, UpdatedAt: time.Unix(unix, 0)}
	return func(o *Order) bool {
		if reverse {
			return compareUpdate(o, last) < 0
		}
		return compareUpdate(o, last) > 0
	}, nil
}

var searchTerm = regexp.MustCompile(`^([a-z_]+):(>=|<=|>|<)?'?([^']+)'?$`)

// readSearch knows the few filters that countermand uses; any other is an
// error, where Shopify would find everything.
func readSearch(query string) (func(*Order) bool, error) {
	var tests []func(*Order) bool
	for _, term := range strings.Fields(query) {
		m := searchTerm.FindStringSubmatch(term)
		if m == nil {
			return nil, fmt.Errorf("search term %q", term)
		}
		test, err := searchTest(m[1], m[2], m[3])
		if err != nil {
			return nil, err
		}
		tests = append(tests, test)
	}
	return func(o *Order) bool {
		return !slices.ContainsFunc(tests, func(t func(*Order) bool) bool { return !t(o) })
	}, nil
}

func searchTest(field, op, value string) (func(*Order) bool, error) {
	if field == "requested_order_edit_status" {
		return func(o *Order) bool { return strings.EqualFold(o.editStatus(), value) }, nil
	}
	when, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return nil, fmt.Errorf("search for %s: %w", field, err)
	}
	at, ok := map[string]func(*Order) time.Time{
		"updated_at": func(o *Order) time.Time { return o.UpdatedAt },
		"created_at": func(o *Order) time.Time { return o.CreatedAt },
	}[field]
	if !ok {
		return nil, fmt.Errorf("this shop does not search by %s", field)
	}
	return func(o *Order) bool {
		c := at(o).Compare(when)
		return op == ">=" && c >= 0 || op == ">" && c > 0 || op == "<=" && c <= 0 || op == "<" && c < 0
	}, nil
}
