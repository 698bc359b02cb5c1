package aliexpress

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/aliexpresstest"
)

// TestCancel runs every way that an attempt can end on one browser.
func TestCancel(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	hour := time.Hour
	for name, c := range map[string]struct {
		change func(*aliexpresstest.Order)
		want   state.AskOutcome
		writes []string
		marks  int
	}{
		"accepted later":   {func(o *aliexpresstest.Order) { o.Fate.Accept = hour }, state.AskPending, []string{aliexpresstest.WriteCancel}, 1},
		"dialog layout":    {func(o *aliexpresstest.Order) { o.Layout = aliexpresstest.LayoutDialog; o.Fate.Silent = true }, state.AskPending, []string{aliexpresstest.WriteCancel}, 1},
		"closed at once":   {func(o *aliexpresstest.Order) { o.Fate.InstantClose = true }, state.AskClosed, []string{aliexpresstest.WriteCancel}, 1},
		"closed in dialog": {func(o *aliexpresstest.Order) { o.Layout = aliexpresstest.LayoutDialog; o.Fate.InstantClose = true }, state.AskClosed, []string{aliexpresstest.WriteCancel}, 1},
		"picked up":        {func(o *aliexpresstest.Order) { o.Fate.PickedUp = true }, state.AskPickedUp, []string{aliexpresstest.WriteCancel}, 1},
		"unpaid":           {func(o *aliexpresstest.Order) { o.PaidAt = time.Time{}; o.Fate.InstantClose = true }, state.AskClosed, []string{aliexpresstest.WriteCancel}, 1},
		"already shipped": {func(o *aliexpresstest.Order) {
			o.Fate.AlreadyShipped = &aliexpresstest.Shipment{ShippedAt: r.now.Add(-hour), Number: "LP1"}
		}, state.AskShipped, nil, 0},
		"already pending": {func(o *aliexpresstest.Order) { o.RequestedAt = r.now.Add(-hour) }, state.AskPending, nil, 0},
		"already closed":  {func(o *aliexpresstest.Order) { o.ClosedAt = r.now.Add(-hour) }, state.AskClosed, nil, 0},
		"no button":       {func(o *aliexpresstest.Order) { o.Fate.RiskHold = r.now.Add(hour) }, state.AskNotOffered, nil, 0},
	} {
		if slices.Contains([]string{"dialog layout", "closed in dialog"}, name) && !everything() {
			continue // the matrix has them, too
		}
		t.Run(name, func(t *testing.T) {
			number, marks := r.order(t, c.change), 0
			got, err := r.client.Cancel(t.Context(), request(number, &marks))
			if err != nil || got.Outcome != c.want || marks != c.marks {
				t.Fatalf("cancel: %+v, %v, %d marks; want %s", got, err, marks, c.want)
			}
			r.wantWrites(t, number, c.writes...)
			if got.Reading == nil || got.Reading.Number != number || len(got.Reading.Evidence) == 0 {
				t.Errorf("reading %+v", got.Reading)
			}
			if c.marks > 0 && (r.writes(number)[0].Reason != "buyerDonotwantOrder" || got.Reason != "I no longer want this order" || len(got.Offered) < 5) {
				t.Errorf("reason %q of %q, write %+v", got.Reason, got.Offered, r.writes(number))
			}
		})
	}
	for _, name := range []string{"before-first-click", "before-submit", "before-confirm", "after-submit", "re-read", "picked-up"} {
		for _, ext := range []string{"png", "html"} {
			if !slices.Contains(r.sink.names(ext), name) {
				t.Errorf("no evidence %s.%s, have %v", name, ext, r.sink.names(ext))
			}
		}
	}
	for _, e := range r.sink.kept {
		for _, personal := range []string{"Jo Rehearsal", "5550100", "Loopback Lane"} {
			if e.Ext != "png" && strings.Contains(string(e.Body), personal) {
				t.Errorf("%s.%s of %s holds %q", e.Name, e.Ext, e.Number, personal)
			}
		}
	}
}

func TestObserveClicksNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	number, marks := r.order(t, nil), 0
	req := request(number, &marks)
	req.Observe = true
	got, err := r.client.Cancel(t.Context(), req)
	if err != nil || got.Outcome != state.AskObserved || marks != 0 {
		t.Fatalf("observe: %+v, %v", got, err)
	}
	for _, want := range []string{"Cancel order", "no longer want", "buyerDonotwantOrder"} {
		if !strings.Contains(got.Detail, want) {
			t.Errorf("detail %q does not say %q", got.Detail, want)
		}
	}
	if calls := r.site.Calls(); calls[aliexpresstest.CallReasons] != 0 || calls[aliexpresstest.PageCancel] != 0 {
		t.Errorf("observe opened the form: %v", calls)
	}
	r.wantWrites(t, number)
}

// TestCancelStopsWhereTheOrderDiffers shows that what is wrong ends the attempt
// before the mark.
func TestCancelStopsWhereTheOrderDiffers(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	ctx := t.Context()

	other := r.order(t, nil)
	number, marks := r.order(t, func(o *aliexpresstest.Order) { o.Trap.ShowsOther = other }), 0
	got, err := r.client.Cancel(ctx, request(number, &marks))
	if err != nil || got.Outcome != state.AskWrongOrder || marks != 0 {
		t.Errorf("the page shows another order: %+v, %v", got, err)
	}
	if _, err := r.client.Read(ctx, number, false); supplier.KindOf(err) != supplier.WrongOrder {
		t.Errorf("read of it: %v", err)
	}

	number = r.order(t, nil)
	req := request(number, &marks)
	var asked []state.Reading
	req.Guard = func(got state.Reading) error {
		asked = append(asked, got)
		if len(asked) == 3 { // on the reason form
			return errors.New("the items are not the ones")
		}
		return nil
	}
	got, err = r.client.Cancel(ctx, req)
	if err != nil || got.Outcome != state.AskWrongOrder || !strings.Contains(got.Detail, "the items") || !strings.Contains(got.Detail, "nothing was asked") || marks != 0 {
		t.Errorf("the guard trips: %+v, %v", got, err)
	}
	for _, a := range asked {
		if a.Number != number || a.Total.String() != "12.34 USD" || state.ItemCount(a.Lines) != 3 || a.Store != "Lamp Corner" {
			t.Errorf("guard was asked with %+v", a)
		}
	}

	number = r.order(t, nil)
	req = request(number, &marks)
	req.Dispatch = func(context.Context) error { return errors.New("disk full") }
	got, err = r.client.Cancel(ctx, req)
	if err != nil || got.Outcome != state.AskFailed || !strings.Contains(got.Detail, "disk full") {
		t.Errorf("the mark cannot be stored: %+v, %v", got, err)
	}

	r.sink.fail = errors.New("no space")
	number = r.order(t, nil)
	marks = 0
	got, err = r.client.Cancel(ctx, request(number, &marks))
	if err != nil || got.Outcome != state.AskFailed || marks != 0 {
		t.Errorf("no evidence can be kept: %+v, %v", got, err)
	}
	if n := len(r.site.Writes()); n != 0 {
		t.Errorf("%d writes reached the site: %+v", n, r.site.Writes())
	}
}

// TestCancelWithAnotherProfile cancels with profiles that know less of the site, or other
// things, on one browser.
func TestCancelWithAnotherProfile(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for name, test := range map[string]func(*testing.T, *rig){
		"no acceptable reason":        noAcceptableReason,
		"unknown page":                unknownPageClicksNothing,
		"unknown dialog after Submit": unknownDialogAfterSubmit,
		"mark before Confirm":         markBeforeConfirm,
	} {
		t.Run(name, func(t *testing.T) { test(t, r) })
	}
}

// withOptions changes the options for one test, which begins without evidence.
func (r *rig) withOptions(t *testing.T, change func(*Options)) {
	t.Helper()
	o := Options{Profile: testProfile(t), StepTimeout: r.client.o.StepTimeout}
	was, step := r.client.p, r.client.o.StepTimeout
	change(&o)
	r.client.p, r.client.o.StepTimeout, r.sink.kept = o.Profile, o.StepTimeout, nil
	t.Cleanup(func() { r.client.p, r.client.o.StepTimeout = was, step })
}

// noAcceptableReason shows that a seller's-fault reason is never given.
func noAcceptableReason(t *testing.T, r *rig) {
	r.withOptions(t, func(o *Options) { o.Profile.Cancel.Reasons = []site.Reason{{Code: "somethingElse"}} })
	number, marks := r.order(t, nil), 0
	got, err := r.client.Cancel(t.Context(), request(number, &marks))
	if err != nil || got.Outcome != state.AskUnknown || marks != 0 || len(got.Offered) == 0 {
		t.Errorf("cancel: %+v, %v", got, err)
	}
	r.wantWrites(t, number)
}

// unknownPageClicksNothing takes the Submit button out of the profile:
// the form is then a page that is not known.
func unknownPageClicksNothing(t *testing.T, r *rig) {
	r.withOptions(t, func(o *Options) {
		o.Profile.Selectors.FormSubmit = []string{".no-such-button"}
		o.StepTimeout = 3 * time.Second
	})
	number, marks := r.order(t, nil), 0
	got, err := r.client.Cancel(t.Context(), request(number, &marks))
	if err != nil || got.Outcome != state.AskUnknown || marks != 0 || !strings.Contains(got.Detail, "nothing was asked") {
		t.Errorf("cancel: %+v, %v, %d marks", got, err, marks)
	}
	r.wantWrites(t, number)
	if !slices.Contains(r.sink.names("png"), "unknown-page") {
		t.Errorf("no evidence of the unknown page: %v", r.sink.names("png"))
	}
}

// unknownDialogAfterSubmit leaves no doubt: no call left.
func unknownDialogAfterSubmit(t *testing.T, r *rig) {
	r.withOptions(t, func(o *Options) {
		o.Profile.Cancel.ConfirmTitles = site.Texts{"en": {"Some other question"}}
		o.StepTimeout = 3 * time.Second
	})
	number, marks := r.order(t, nil), 0
	got, err := r.client.Cancel(t.Context(), request(number, &marks))
	if err != nil || got.Outcome != state.AskUnknown || marks != 0 || got.Reading.Phase != state.PhaseProcessing {
		t.Errorf("cancel: %+v, %v, %d marks", got, err, marks)
	}
	r.wantWrites(t, number)
}

// markBeforeConfirm shows that the mark waits for the call: Submit only opens
// the pop-up.
func markBeforeConfirm(t *testing.T, r *rig) {
	number, marks := r.order(t, nil), 0
	req := request(number, &marks)
	req.Dispatch = func(context.Context) error {
		marks++
		if !slices.Contains(r.sink.names("png"), "before-confirm") {
			t.Error("marked before the pop-up was there")
		}
		return nil
	}
	got, err := r.client.Cancel(t.Context(), req)
	if err != nil || got.Outcome != state.AskPending || marks != 1 {
		t.Errorf("cancel: %+v, %v, %d marks", got, err, marks)
	}
	r.wantWrites(t, number, aliexpresstest.WriteCancel)
}
