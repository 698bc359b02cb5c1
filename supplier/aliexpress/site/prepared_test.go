package site

import (
	"slices"
	"testing"
	"time"
)

// What came before the call that asked, in a flow that ended well, needs no
// mark in the next one. It still needs the ticket, and whatever asks needs both.
func TestPreparationsAreRemembered(t *testing.T) {
	t.Parallel()
	check := func(more string) Call {
		return mtop("mtop.shop.cancel.eligible", `{"orderId":"`+thisOrder+`"`+more+`}`, committedForm(KindCancel))
	}
	f := decided(t, KindCancel)
	f.leaves("a check", check(""), unclear)
	if got := f.k.Prepared(); len(got) != 0 {
		t.Errorf("nothing asked yet, and %q are taken for preparations", got)
	}
	f.leaves("the write", mtop(operations, cancelData(""), committedForm(KindCancel)), Result{Outcome: OutcomeYes})
	f.leaves("a refresh after it", mtop("mtop.shop.order.status", `{"orderId":"`+thisOrder+`"}`, committedForm(KindCancel), at(now+time.Second)), unclear)
	if got := f.k.Prepared(); !slices.Equal(got, []string{"mtop.shop.cancel.eligible"}) {
		t.Errorf("prepared %q", got)
	}

	f = decided(t, KindCancel)
	var err error
	if f.p, err = f.p.With(Learned{Calls: map[string]LearnedCall{"mtop.shop.cancel.Eligible": {Is: IsPreparation}, "mtop.shop.form": {Is: IsPreparation}}}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		call       Call
		remembered bool
	}{
		"the check":              {check(""), true},
		"with an operation":      {check(`,"action":"CANCEL_ORDER"`), false},
		"a call of another name": {mtop("mtop.shop.cancel.other", `{"orderId":"`+thisOrder+`"}`, committedForm(KindCancel)), false},
		"a listed write":         {mtop(operations, cancelData(""), committedForm(KindCancel)), false},
	} {
		if v := f.judge(c.call); v.Do != Hold || v.Remembered != c.remembered {
			t.Errorf("%s: %+v", name, v)
		}
	}
	f.stays("of another order", mtop("mtop.shop.cancel.eligible", `{"orderId":"`+nextOrder+`"}`, committedForm(KindCancel)), "names order")
	if v := f.p.JudgeCall(State{Mode: ModeReading}, check("")); v.Do == Pass || v.Do == Hold {
		t.Errorf("without a ticket: %+v", v)
	}
}
