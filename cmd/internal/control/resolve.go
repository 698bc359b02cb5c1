package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"countermand/state"
)

// shown bounds the candidates that an ambiguous reference lists, counted those
// that are looked up for it.
const (
	shown   = 6
	counted = 100
)

// findCase finds the one case that a person means: by its id, a prefix of it,
// the shop order's name with or without "#", or the supplier's number. Two
// that fit are an error, and so is one that cannot be read: a decision never
// goes to a guess.
func findCase(ctx context.Context, b Backend, ref string) (state.Case, []state.Entry, error) {
	ref = strings.TrimSpace(ref)
	if ref == "" {
		return state.Case{}, nil, Invalid("no case given")
	}
	c, journal, err := b.Case(ctx, ref)
	if err == nil || !errors.Is(err, state.ErrNotFound) {
		return c, journal, err
	}
	found, err := b.Find(ctx, ref, counted+1)
	switch {
	case errors.Is(err, state.ErrCorrupt):
		return state.Case{}, nil, unreadable(ref, found, err)
	case err != nil:
		return state.Case{}, nil, err
	case len(found) == 0:
		return state.Case{}, nil, NotFound(fmt.Sprintf("no case %s: see countermand cases list", ref))
	case len(found) > 1:
		return state.Case{}, nil, ambiguous(ref, found)
	}
	return b.Case(ctx, found[0].ID)
}

func ambiguous(ref string, found []state.Case) error {
	n := fmt.Sprint(len(found))
	if len(found) > counted {
		n = fmt.Sprintf("more than %d", counted)
	}
	return &Error{http.StatusConflict, fmt.Sprintf("%s may be %s cases, give an id: %s", ref, n, candidates(found))}
}

// unreadable refuses a reference that may mean a case that nobody can read.
func unreadable(ref string, found []state.Case, err error) error {
	others := "none that can be read has it"
	if len(found) > 0 {
		others = "give an id: " + candidates(found)
	}
	return &Error{http.StatusConflict, fmt.Sprintf("%s may be a case whose record is damaged; %s (%s)", ref, others, oneLine(err.Error()))}
}

// candidates describes the first of the cases found and counts the others.
func candidates(found []state.Case) string {
	var list []string
	for _, c := range found[:min(shown, len(found))] {
		list = append(list, fmt.Sprintf("%s (%s %s, %s, %s)", c.ID, c.Shop, c.ShopOrder, cmp.Or(c.SupplierOrder, "no supplier order"), c.Status))
	}
	switch more := len(found) - shown; {
	case len(found) > counted:
		list = append(list, fmt.Sprintf("and at least %d more", more))
	case more > 0:
		list = append(list, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(list, "; ")
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
