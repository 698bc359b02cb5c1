package aliexpress

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/supplier/aliexpresstest"
)

// spoilt is what an answer or a page suffers, and the kind that it ends in.
var spoilt = map[aliexpresstest.Garbling]supplier.Kind{
	aliexpresstest.GarbleTypes: "", aliexpresstest.GarbleTruncated: supplier.Unreadable, aliexpresstest.GarbleHTML: supplier.Unreadable,
	aliexpresstest.GarbleEmpty: supplier.Unreadable, aliexpresstest.GarbleObject: supplier.Unreadable, aliexpresstest.GarbleData: supplier.Unreadable,
	aliexpresstest.GarblePunish: supplier.Challenged, aliexpresstest.GarbleStatus: supplier.Unreachable, aliexpresstest.GarbleLimit: supplier.Throttled,
}

// TestWrongAnswersInTheBrowser spoils what each page of the site asks for,
// and the pages themselves. A page without its data is loaded once more.
func TestWrongAnswersInTheBrowser(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.StepTimeout = 3 * time.Second })
	ctx := t.Context()
	number := r.order(t, nil)
	shipped, line := r.shippedOrder(t, nil)
	closed := r.order(t, func(o *aliexpresstest.Order) {
		o.RequestedAt = r.now.Add(-10 * time.Hour)
		o.Fate = aliexpresstest.Fate{Accept: time.Hour, Refund: &aliexpresstest.Refund{After: time.Hour}}
	})
	var marks int
	read := func(number string, tracking bool) func(context.Context) (any, error) {
		return func(ctx context.Context) (any, error) {
			got, err := r.client.Read(ctx, number, tracking)
			return got, errors.Join(err, leftOut(t, got))
		}
	}
	sweep := func(ctx context.Context) (any, error) { return r.client.Sweep(ctx, []string{number}) }
	returns := func(ctx context.Context) (any, error) { return r.client.Returns(ctx, "") }
	d := dossier(t, shipped, line, &marks)
	dispute := func(ctx context.Context) (any, error) { return r.client.Dispute(ctx, d) }
	message := func(ctx context.Context) (any, error) {
		return r.client.Message(ctx, supplier.MessageRequest{Number: number, Texts: []string{english}, Observe: true})
	}
	// core are the rows of the everyday run.
	for _, c := range []struct {
		kind string
		core aliexpresstest.Garbling
		do   func(context.Context) (any, error)
	}{
		{aliexpresstest.CallList, aliexpresstest.GarbleEmpty, sweep}, {aliexpresstest.CallDetail, aliexpresstest.GarbleLimit, read(number, false)},
		{aliexpresstest.CallTracking, aliexpresstest.GarbleHTML, read(number, true)}, {aliexpresstest.CallRefund, aliexpresstest.GarbleData, read(closed, false)},
		{aliexpresstest.CallReturns, aliexpresstest.GarbleTruncated, returns}, {aliexpresstest.CallDisputeForm, aliexpresstest.GarbleObject, dispute},
	} {
		for how, want := range spoilt {
			times := 1
			if c.kind == aliexpresstest.CallList && (how == aliexpresstest.GarbleHTML || how == aliexpresstest.GarblePunish) {
				// The list's answer is a script: a browser hands no other
				// kind of text to the page, nor to us. It is loaded again.
				times, want = 2, supplier.Unreachable
			}
			if how == c.core || how == aliexpresstest.GarbleTypes || everything() {
				t.Run(fmt.Sprintf("%s %s", c.kind, how), func(t *testing.T) { r.spoil(t, c.kind, times, how, want, c.do) })
			}
		}
		t.Run(c.kind+" answers nobody knows", func(t *testing.T) {
			r.site.FailCalls(c.kind, 1, "FAIL_BIZ_NEW::x")
			if got, err := c.do(ctx); supplier.KindOf(err) != supplier.Unreadable {
				t.Errorf("%+v, %v", got, err)
			}
			r.site.FailCalls(c.kind, 1, "FAIL_SYS_TOKEN_EXOIRED::x")
			if got, err := c.do(ctx); err != nil {
				t.Errorf("after an expired token: %+v, %v", got, err)
			}
		})
	}
	for _, c := range []struct {
		kind string
		do   func(context.Context) (any, error)
	}{
		{aliexpresstest.PageList, sweep}, {aliexpresstest.PageDetail, read(number, false)}, {aliexpresstest.PageTracking, read(number, true)},
		{aliexpresstest.PageRefund, read(closed, false)}, {aliexpresstest.PageReturns, returns}, {aliexpresstest.PageReverse, dispute}, {aliexpresstest.PageMessages, message},
	} {
		for how, want := range map[aliexpresstest.Garbling]supplier.Kind{
			aliexpresstest.GarbleLimit: supplier.Throttled, aliexpresstest.GarbleStatus: supplier.Unreachable, aliexpresstest.GarblePunish: supplier.Challenged,
			aliexpresstest.GarbleHTML: supplier.Unreachable, aliexpresstest.GarbleEmpty: supplier.Unreachable, aliexpresstest.GarbleTruncated: supplier.Unreachable,
		} {
			if want == supplier.Unreachable && how != aliexpresstest.GarbleStatus && (c.kind == aliexpresstest.PageReverse || c.kind == aliexpresstest.PageMessages) {
				want = "" // there it is an outcome: a page that is not known
			}
			if everything() || how == aliexpresstest.GarbleLimit && (c.kind == aliexpresstest.PageDetail || c.kind == aliexpresstest.PageMessages) {
				t.Run(fmt.Sprintf("%s %s", c.kind, how), func(t *testing.T) { r.spoil(t, c.kind, 2, how, want, c.do) })
			}
		}
	}
	t.Run("messages cannot be read", func(t *testing.T) {
		r.site.Garble(aliexpresstest.CallMessages, 1, aliexpresstest.GarbleHTML)
		got, err := r.client.Message(ctx, supplier.MessageRequest{Number: number, Texts: []string{english}})
		if err != nil || got.Outcome != supplier.MessageUnknown {
			t.Errorf("%+v, %v", got, err)
		}
	})
	if w := r.site.Writes(); len(w) > 0 || marks > 0 {
		t.Errorf("%d marks, writes %+v", marks, w)
	}
}

// leftOut gives the kind in which a page beside the order's own could not be
// read. Its finding must be missing, and the order's own page must stand.
func leftOut(t *testing.T, r state.Reading) error {
	t.Helper()
	if r.Unread == "" {
		return nil
	}
	if r.TrackingRead || r.Refund != nil || r.Phase == state.PhaseUnknown || !r.Complete {
		t.Errorf("left out: %q; reading %+v", r.Unread, r)
	}
	for _, kind := range []supplier.Kind{supplier.Unreadable, supplier.Unreachable} {
		if strings.Contains(r.Unread, ": "+string(kind)+": ") {
			return &supplier.Error{Kind: kind}
		}
	}
	return errors.New(r.Unread)
}

// spoil spoils the next n answers and expects a named end, and that the next
// call is good again.
func (r *rig) spoil(t *testing.T, kind string, n int, how aliexpresstest.Garbling, want supplier.Kind, do func(context.Context) (any, error)) {
	r.site.Garble(kind, n, how)
	got, err := do(t.Context())
	r.site.Garble(kind, 0, how)
	if supplier.KindOf(err) != want || want == "" && err != nil {
		t.Errorf("%+v, %v; want %q", got, err, want)
	}
	switch got := got.(type) {
	case supplier.MessageResult:
		if want == "" && got.Outcome != supplier.MessageUnknown {
			t.Errorf("%+v", got)
		}
	case supplier.DisputeResult:
		if want == "" && how != aliexpresstest.GarbleTypes && got.Outcome != supplier.DisputeUnknown {
			t.Errorf("%+v", got)
		}
	}
}
