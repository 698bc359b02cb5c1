package sync

import (
	"context"
	"errors"
	"fmt"

	"countermand/state"
	"countermand/supplier"
	"countermand/sync/machine"
)

// ErrNotNow: the account cannot be worked now, or has done all that it may in
// this hour.
var ErrNotNow = errors.New("the account cannot be worked now")

// Rehearse walks the cancel flow of a case's order to the call that would ask,
// which does not leave, with the account's session, pace and budget. Nothing of
// the case is changed, and no mode matters.
func (e *Engine) Rehearse(ctx context.Context, c state.Case) (supplier.Rehearsal, error) {
	return e.rehearse(ctx, c.Account, supplier.RehearseRequest{
		Number: c.SupplierOrder, CaseID: c.ID,
		Guard: func(r state.Reading) error { return machine.RightOrder(c, r) },
	})
}

// RehearseAny is Rehearse for an order of an account that no case is about.
func (e *Engine) RehearseAny(ctx context.Context, account, number string) (supplier.Rehearsal, error) {
	return e.rehearse(ctx, account, supplier.RehearseRequest{Number: number})
}

func (e *Engine) rehearse(ctx context.Context, account string, req supplier.RehearseRequest) (supplier.Rehearsal, error) {
	none := supplier.Rehearsal{}
	l := e.lane(account)
	if l == nil {
		return none, fmt.Errorf("rehearse with account %q: %w: no such account is configured", account, state.ErrNotFound)
	}
	walker, ok := l.client.(supplier.Rehearser)
	if !ok {
		return none, fmt.Errorf("rehearse with account %s: its supplier cannot", account)
	}
	if err := l.acquire(ctx); err != nil {
		return none, err
	}
	defer l.release()
	ready, err := l.ready(ctx)
	if err != nil {
		return none, err
	}
	if !ready {
		return none, fmt.Errorf("rehearse with account %s: %w: see countermand status", account, ErrNotNow)
	}
	if !l.startWork(requestCost) {
		return none, fmt.Errorf("rehearse with account %s: %w: pace.actions_per_hour is used up, try again later", account, ErrNotNow)
	}
	out, err := walker.Rehearse(ctx, req)
	if err != nil {
		return none, errors.Join(fmt.Errorf("rehearse order %s: %w", req.Number, err), l.failed(ctx, err))
	}
	return out, nil
}
