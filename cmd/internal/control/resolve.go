package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"countermand/state"
)

// shown bounds the candidates that an ambiguous reference lists.
const shown = 6

// findCase finds the one case that a person means: by its id, a prefix of it,
// the shop order's name with or without "#", or the supplier's number. Two
// that fit are an error: a decision never goes to a guess.
func findCase(ctx context.Context, b Backend, ref string) (state.Case, []state.Entry, error) {
	ref = strings.TrimSpace(ref)
	if ref == "" {
		return state.Case{}, nil, Invalid("no case given")
	}
	c, journal, err := b.Case(ctx, ref)
	if err == nil || !errors.Is(err, state.ErrNotFound) {
		return c, journal, err
	}
	all, err := b.Cases(ctx, Filter{})
	if err != nil {
		return state.Case{}, nil, err
	}
	var found []state.Case
	for _, c := range all {
		if means(c, ref) {
			found = append(found, c)
		}
	}
	switch len(found) {
	case 0:
		return state.Case{}, nil, NotFound(fmt.Sprintf("no case %s: see countermand cases list", ref))
	case 1:
		return b.Case(ctx, found[0].ID)
	}
	return state.Case{}, nil, ambiguous(ref, found)
}

func means(c state.Case, ref string) bool {
	return strings.HasPrefix(strings.ToUpper(c.ID), strings.ToUpper(ref)) || ref == c.SupplierOrder ||
		strings.TrimPrefix(ref, "#") == strings.TrimPrefix(c.ShopOrder, "#")
}

func ambiguous(ref string, found []state.Case) error {
	var list []string
	for _, c := range found[:min(shown, len(found))] {
		number := c.SupplierOrder
		if number == "" {
			number = "no supplier order"
		}
		list = append(list, fmt.Sprintf("%s (%s %s, %s, %s)", c.ID, c.Shop, c.ShopOrder, number, c.Status))
	}
	if len(found) > shown {
		list = append(list, fmt.Sprintf("and %d more", len(found)-shown))
	}
	return &Error{http.StatusConflict, fmt.Sprintf("%s may be %d cases, give an id: %s", ref, len(found), strings.Join(list, "; "))}
}

// findAlert finds an alert by its id or a prefix that only it has.
func findAlert(ctx context.Context, b Backend, ref string) (string, error) {
	ref = strings.ToUpper(strings.TrimSpace(ref))
	if ref == "" {
		return "", Invalid("no alert given")
	}
	all, err := b.Alerts(ctx, false)
	if err != nil {
		return "", err
	}
	var found []string
	for _, a := range all {
		if strings.EqualFold(a.ID, ref) {
			return a.ID, nil
		}
		if strings.HasPrefix(strings.ToUpper(a.ID), ref) {
			found = append(found, a.ID)
		}
	}
	switch len(found) {
	case 0:
		return "", NotFound(fmt.Sprintf("no alert %s: see countermand alerts list", ref))
	case 1:
		return found[0], nil
	}
	return "", &Error{http.StatusConflict, fmt.Sprintf("%s may be %d alerts, give more of the id: %s", ref, len(found), strings.Join(found[:min(shown, len(found))], ", "))}
}
