package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"countermand/state"
	"countermand/supplier"
)

// Rehearse asks for the walk through a cancel flow.
type Rehearse struct {
	// Order is a case's, by its id, the shop order's name or the supplier's
	// number.
	Order string `json:"order"`
	// Account and Shop tell several cases apart.
	Account string `json:"account,omitempty"`
	Shop    string `json:"shop,omitempty"`
	// Any takes an order that no open case is about, by the supplier's number;
	// Account is needed then.
	Any bool `json:"any,omitempty"`
}

// rehearsalTimeout bounds a walk, with the pauses of a person.
const rehearsalTimeout = 20 * time.Minute

// Rehearse walks the cancel flow of an order; nothing is asked.
func (c *Client) Rehearse(ctx context.Context, r Rehearse) (out supplier.Rehearsal, err error) {
	return out, c.callWithin(ctx, rehearsalTimeout, http.MethodPost, "/v1/rehearsals", r, &out)
}

func (s *Server) rehearse(r *http.Request) (any, error) {
	var in Rehearse
	if err := read(r, &in); err != nil {
		return nil, err
	}
	in.Order = strings.TrimSpace(in.Order)
	c, err := s.orderToRehearse(r.Context(), in)
	switch {
	case err != nil:
		return nil, err
	case c.ID != "":
		return s.o.Backend.Rehearse(r.Context(), c)
	case in.Account == "":
		return nil, Invalid("say which account has the order (--account)")
	}
	return s.o.Backend.RehearseAny(r.Context(), in.Account, in.Order)
}

// orderToRehearse finds the open case that is meant; none where any order may
// be taken.
func (s *Server) orderToRehearse(ctx context.Context, in Rehearse) (state.Case, error) {
	found, err := s.o.Backend.Find(ctx, in.Order, counted+1)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return state.Case{}, err
	}
	found = slices.DeleteFunc(found, func(c state.Case) bool {
		return c.Status.Ended() || c.SupplierOrder == "" || in.Shop != "" && c.Shop != in.Shop || in.Account != "" && c.Account != in.Account
	})
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return state.Case{}, ambiguous(in.Order, found)
	case in.Any && isDigits(in.Order):
		return state.Case{}, nil
	case in.Any:
		return state.Case{}, Invalid(cmp.Or(in.Order, "nothing") + " is no supplier order's number")
	}
	return state.Case{}, NotFound(fmt.Sprintf("no open case has order %s. A rehearsal of another order takes --any: it opens that order's cancel form, and what the site does by itself then is not known", in.Order))
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
