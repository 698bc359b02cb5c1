package shopify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"countermand/shop"
)

const (
	// maxStaffNote is Shopify's limit, in characters.
	maxStaffNote = 255
	// cancelLooks bounds the looks for a cancel's end: with pauses of 1, 2, 4
	// and then 8 s some 95 s in all.
	cancelLooks = 14
	// cancelMost ends the looks at a shop that hardly answers.
	cancelMost = 5 * time.Minute
	// standingLooks is how often an order must be seen standing after its job
	// ended, where the job does not tell what came of it: a reading may be a
	// moment old.
	standingLooks = 3
)

// cancelJob is what a cancel that was accepted goes on as; empty where its
// answer was lost.
type cancelJob struct {
	id    string
	tells bool // an OrderCancelJobResult, which tells how it ended
}

// Cancel cancels a whole order. It reads the order first, sends the cancel
// once, and looks until the order is cancelled, the shop has refused, or the
// looks are used up.
func (c *Client) Cancel(ctx context.Context, o shop.CancelOrder) (shop.Cancelled, error) {
	op := "cancel order " + o.ID + " of shop " + c.name
	in, err := cancelInput(o)
	if err != nil {
		return shop.Cancelled{}, named(err, op)
	}
	before, err := c.cancelState(ctx, o.ID)
	if err != nil {
		return shop.Cancelled{}, named(err, op)
	}
	if before.CancelledAt != nil {
		return cancelDone(before, nil), nil
	}
	job, problems, err := c.sendCancel(ctx, in)
	if err != nil && !shop.MaySent(err) {
		return shop.Cancelled{}, named(err, op)
	}
	out := c.seeCancel(ctx, o.ID, job, problems)
	if out.Outcome == shop.CancelUnclear {
		out.Err = errors.Join(err, out.Err)
	}
	return out, nil
}

func cancelInput(o shop.CancelOrder) (*__cancelOrderInput, error) {
	in := &__cancelOrderInput{
		Id: o.ID, Reason: OrderCancelReason(strings.ToUpper(o.Reason)), Restock: o.Restock, Notify: o.NotifyCustomer, Note: o.StaffNote,
	}
	switch {
	case !slices.Contains(AllOrderCancelReason, in.Reason):
		return nil, invalid("the shop knows no reason %q", o.Reason)
	case utf8.RuneCountInString(o.StaffNote) > maxStaffNote:
		return nil, invalid("the note for the staff has more than %d characters", maxStaffNote)
	}
	switch o.Refund {
	case shop.RefundOriginal:
		in.Refund = &OrderCancelRefundMethodInput{OriginalPaymentMethodsRefund: true}
	case shop.RefundStoreCredit:
		in.Refund = &OrderCancelRefundMethodInput{StoreCreditRefund: &OrderCancelStoreCreditRefundInput{}}
	case shop.RefundNone:
	default:
		return nil, invalid("the shop knows no refund %q: original, store_credit or none", o.Refund)
	}
	return in, checkOrderID(o.ID)
}

func (c *Client) cancelState(ctx context.Context, id string) (*readCancelOrder, error) {
	got, err := read(ctx, c, func(ctx context.Context) (*readCancelResponse, error) {
		return readCancel(ctx, c, id)
	})
	switch {
	case err != nil:
		return nil, err
	case got.Order == nil:
		return nil, &shop.Error{Kind: shop.NotFound, Detail: mendMissing}
	case got.Order.Id != id:
		return nil, invalid("the shop answered with order %q", got.Order.Id)
	}
	return got.Order, nil
}

// sendCancel sends the mutation that the version has.
func (c *Client) sendCancel(ctx context.Context, in *__cancelOrderInput) (cancelJob, shop.Problems, error) {
	job := cancelJob{tells: c.version >= editsSince}
	var problems []cancelProblem
	err := c.write(ctx, func(ctx context.Context) error {
		if job.tells {
			got, err := cancelOrderWithResult(ctx, c, in.Id, in.Reason, in.Restock, in.Notify, in.Refund, in.Note)
			if err == nil && got.OrderCancel != nil {
				problems = got.OrderCancel.OrderCancelUserErrors
				if got.OrderCancel.JobResult != nil {
					job.id = got.OrderCancel.JobResult.Id
				}
			}
			return err
		}
		got, err := cancelOrder(ctx, c, in.Id, in.Reason, in.Restock, in.Notify, in.Refund, in.Note)
		if err == nil && got.OrderCancel != nil {
			problems = got.OrderCancel.OrderCancelUserErrors
			if got.OrderCancel.Job != nil {
				job.id = got.OrderCancel.Job.Id
			}
		}
		return err
	})
	return job, cancelProblems(problems), err
}

// seeCancel looks for what came of a cancel. The job is asked before the
// order, so that an order that stands was seen after the job's end.
func (c *Client) seeCancel(ctx context.Context, id string, job cancelJob, refused shop.Problems) shop.Cancelled {
	ctx, cancel := context.WithTimeoutCause(ctx, cancelMost, errors.New("the shop did not tell in time"))
	defer cancel()
	out := shop.Cancelled{Outcome: shop.CancelUnclear, Problems: refused}
	standing := 0
	pause := 2 * c.pause
	for range cancelLooks {
		ended := len(out.Problems) > 0
		if !ended && job.id != "" {
			var failed shop.Problems
			ended, failed = c.jobEnd(ctx, job)
			out.Problems = failed
		}
		s, err := c.cancelState(ctx, id)
		out.Err = err
		if err == nil {
			out.Financial = strings.ToLower(string(s.DisplayFinancialStatus))
			if s.CancelledAt != nil {
				return cancelDone(s, out.Problems)
			}
			if ended {
				standing++
			}
			if len(out.Problems) > 0 || !job.tells && standing >= standingLooks {
				out.Outcome = shop.CancelRefused
				if len(out.Problems) == 0 {
					out.Problems = shop.Problems{{Message: "the shop ended the cancel and the order still stands: look at it in the shop's admin"}}
				}
				return out
			}
		}
		if err := sleep(ctx, pause); err != nil {
			out.Err = err
			return out
		}
		pause = min(2*pause, 16*c.pause)
	}
	if out.Err == nil {
		out.Err = fmt.Errorf("the order still stands after %d looks", cancelLooks)
	}
	return out
}

func cancelDone(s *readCancelOrder, problems shop.Problems) shop.Cancelled {
	return shop.Cancelled{
		Outcome: shop.CancelDone, At: s.CancelledAt.UTC(), Problems: problems,
		Financial: strings.ToLower(string(s.DisplayFinancialStatus)),
	}
}

// jobEnd asks how far a cancel is. An answer that cannot be had is "not yet":
// the order itself is looked at in any case.
func (c *Client) jobEnd(ctx context.Context, job cancelJob) (ended bool, failed shop.Problems) {
	if !job.tells {
		got, err := read(ctx, c, func(ctx context.Context) (*readJobResponse, error) {
			return readJob(ctx, c, job.id)
		})
		return err == nil && got.Job != nil && got.Job.Done, nil
	}
	got, err := read(ctx, c, func(ctx context.Context) (*readCancelResultResponse, error) {
		return readCancelResult(ctx, c, job.id)
	})
	if err != nil {
		return false, nil
	}
	r, ok := got.Node.(*readCancelResultNodeOrderCancelJobResult)
	if !ok || !r.Done {
		return false, nil
	}
	if r.Status == OrderCancelStatusFailed {
		if failed = cancelProblems(r.Errors); len(failed) == 0 {
			failed = shop.Problems{{Message: "the shop's cancel failed and it does not say why: look at the order in the shop's admin"}}
		}
	}
	return true, failed
}

func cancelProblems(in []cancelProblem) shop.Problems {
	return problemsOf(in, func(p cancelProblem) string { return string(p.Code) })
}
