package control

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"countermand/state"
	"countermand/sync/machine"
)

// decide checks what a person gave, resolves the case and hands the event to
// the table.
func (s *Server) decide(r *http.Request) (any, error) {
	var d Decision
	if err := read(r, &d); err != nil {
		return nil, err
	}
	c, _, err := findCase(r.Context(), s.o.Backend, r.PathValue("ref"))
	if err != nil {
		return nil, err
	}
	now := s.o.Backend.Now()
	decision, err := decisionOf(d, c, now)
	if err != nil {
		return nil, Invalid(err.Error())
	}
	c, err = s.o.Backend.Decide(r.Context(), c.ID, state.Event{
		Kind: d.Kind, By: state.ByCLI, Who: who(r.Context()), Note: d.Note, Decision: decision,
	})
	if err != nil {
		return nil, err
	}
	return CaseOf(c, now), nil
}

// decisionOf checks the fields that the kind needs. Times may not lie: a
// refund of tomorrow or a snooze until yesterday is a slip of the pen.
func decisionOf(d Decision, c state.Case, now time.Time) (*state.Decision, error) {
	if !d.Kind.Decision() {
		return nil, fmt.Errorf("%q is not a decision", d.Kind)
	}
	out := &state.Decision{To: d.To, At: d.At.UTC(), Until: d.Until.UTC(), DisputeID: d.DisputeID, Seen: d.Seen}
	if d.At.After(now) {
		return nil, fmt.Errorf("%s lies in the future: when did it happen?", d.At.Format(time.RFC3339))
	}
	switch d.Kind {
	case state.EventRefund:
		return out, refundOf(d, c, out)
	case state.EventSnooze:
		if !d.Until.After(now) {
			return nil, errors.New("a snooze needs a time in the future")
		}
	}
	return out, nil
}

func refundOf(d Decision, c state.Case, out *state.Decision) error {
	if !slices.Contains([]state.RefundTo{state.RefundCard, state.RefundBalance, state.RefundBonus}, d.To) {
		return fmt.Errorf("a refund goes to card, balance or bonus, not to %q", d.To)
	}
	currency := c.Amount.Currency
	if currency == "" && c.Refund != nil {
		currency = c.Refund.Amount.Currency
	}
	if currency == "" {
		return fmt.Errorf("the total of order %s is not known yet, so the refund cannot be compared: run countermand cases retry %s first", c.SupplierOrder, c.ID)
	}
	m, err := state.ParseMoney(d.Amount, currency)
	if err != nil {
		return err
	}
	if m.Units < 0 || m.Units == 0 && !machine.ZeroIsAll(c) {
		return errors.New("a refund must be more than zero")
	}
	out.Amount = m
	return nil
}
