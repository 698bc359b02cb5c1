package aliexpress

import (
	"context"
	"encoding/json"

	"countermand/state"
	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
)

var _ supplier.Rehearser = (*Client)(nil)

// Rehearse walks the cancel flow of an order as Cancel does, up to the first
// call that would need a mark. The gate drops that; it is kept as evidence.
func (c *Client) Rehearse(ctx context.Context, req supplier.RehearseRequest) (supplier.Rehearsal, error) {
	f := c.newCancelFlow(supplier.CancelRequest{Number: req.Number, CaseID: req.CaseID, Guard: req.Guard})
	f.rehearsal = true
	v, err := f.runFlow(ctx, "rehearse the cancel of order "+req.Number, f)
	if err != nil {
		return supplier.Rehearsal{}, err
	}
	out := supplier.Rehearsal{
		Number: req.Number, Outcome: state.AskOutcome(v.outcome), Detail: v.detail, Reason: f.reason, Offered: f.offered,
		Steps: f.steps, Evidence: f.evidence,
	}
	if f.pass == nil {
		return out, nil
	}
	out.Failed = f.pass.so().failed
	call, verdict, ended := f.pass.last()
	if !ended {
		return out, nil
	}
	record := c.p.RecordCall(call, verdict)
	out.Call, out.Reached = &record, verdict.Role == site.RoleAsking
	// The page may have looked like an end before the call was noticed.
	out.Outcome, out.Detail = state.AskObserved, verdict.Why
	body, err := json.MarshalIndent(record, "", " ")
	if err == nil {
		refs, kept := f.pass.keep("rehearsed-call", body)
		out.Evidence, err = append(out.Evidence, refs...), kept
	}
	if err != nil {
		c.o.Log.Warn().Err(err).Str("order", req.Number).Msg("the rehearsed call was not kept")
	}
	return out, nil
}

// last is the call at which a rehearsal ended.
func (f *passage) last() (site.Call, site.Verdict, bool) {
	f.k.mu.Lock()
	defer f.k.mu.Unlock()
	if f.ended == nil {
		return site.Call{}, site.Verdict{}, false
	}
	return *f.ended, f.end, true
}
