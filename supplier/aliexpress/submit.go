package aliexpress

import (
	"context"
	"errors"

	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// submit sends the filled form: an operator decided it. The steps before
// Submit are the form's own.
func (k *claim) submit(ctx context.Context) error {
	d := k.c.p.Dispute
	isNext := func(e site.Element) bool { return e.Enabled && d.NextCaptions.Is(e.Text) }
	isSubmit := func(e site.Element) bool { return e.Enabled && k.c.p.Cancel.SubmitCaptions.Is(e.Text) }
	v, err := k.see(ctx, "a button to go on", func(v site.View) bool {
		_, next := v.Only("next", isNext)
		_, submit := v.Only("submit", isSubmit)
		return next == "" || submit == ""
	})
	if err != nil {
		return err
	}
	if next, why := v.Only("next", isNext); why == "" {
		if err := k.pace(ctx); err != nil {
			return err
		}
		// Whether this step already tells the supplier is not known.
		if err := k.commit(ctx, "dispute-next", next, site.Allowance{What: "Next", Captions: d.NextCaptions}); err != nil {
			return err
		}
	}
	v, err = k.see(ctx, "Submit", func(v site.View) bool {
		_, why := v.Only("submit", isSubmit)
		return why == ""
	})
	if err != nil {
		return err
	}
	submit, _ := v.Only("submit", isSubmit)
	if err := k.commit(ctx, "before-submit", submit, site.Allowance{What: "Submit", Captions: k.c.p.Cancel.SubmitCaptions}); err != nil {
		return err
	}
	return k.confirm(ctx)
}

// confirm agrees in the pop-up that asks whether to submit, where one comes.
func (k *claim) confirm(ctx context.Context) error {
	d := k.c.p.Dispute
	isConfirm := func(e site.Element) bool {
		return e.Enabled && k.c.p.Cancel.ConfirmCaptions.Is(e.Text) && d.ConfirmTitles.In(e.InsideTitle) != ""
	}
	done := func(v site.View) bool { return d.DoneTexts.In(v.TextOf("done")) != "" }
	v, err := k.see(ctx, "what came of Submit", func(v site.View) bool {
		_, why := v.Only("dialog_bt", isConfirm)
		return why == "" || done(v)
	})
	if err != nil || done(v) {
		return err
	}
	confirm, _ := v.Only("dialog_bt", isConfirm)
	if err := k.commit(ctx, "before-confirm", confirm, site.Allowance{What: "Confirm", Captions: k.c.p.Cancel.ConfirmCaptions, Title: d.ConfirmTitles}); err != nil {
		return err
	}
	_, err = k.see(ctx, "the end", done)
	return err
}

// commit makes a click that may reach the supplier: free, witnessed, marked,
// clicked.
func (k *claim) commit(ctx context.Context, name string, e site.Element, a site.Allowance) error {
	now, err := k.c.reach(ctx, k.tab, e)
	if err == nil {
		err = k.c.p.Judge(now, a)
	}
	if err != nil {
		return err
	}
	if err := k.keep(ctx, name); err != nil {
		return halt(supplier.DisputeFailed, "%v; nothing was submitted", err)
	}
	if err := k.same(ctx); err != nil {
		return err
	}
	if err := k.dispatch(ctx); err != nil {
		return halt(supplier.DisputeFailed, "the mark could not be stored: %v; nothing was submitted", err)
	}
	// To store it takes a moment, in which the page may have turned.
	if err := k.same(ctx); err != nil {
		return err
	}
	return k.c.click(ctx, k.tab, e, a)
}

// same makes sure that the page is yet the one that was filled in.
func (k *claim) same(ctx context.Context) error {
	s, err := k.c.look(ctx, k.tab)
	if err = errors.Join(err, s.Barrier()); err != nil {
		return err
	}
	v, err := see(ctx, k.tab, k.queries())
	if err != nil {
		return err
	}
	if n := site.NumberInLink(v.URL); n != "" && n != k.number {
		return halt(supplier.DisputeWrongOrder, "the page's address names order %s", n)
	}
	return k.right(v)
}

// conclude reads the list of returns and says whether the dispute is there.
func (k *claim) conclude(ctx context.Context, cause error) supplier.DisputeResult {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), k.c.o.FinalTimeout)
	defer cancel()
	why := "submitted"
	if cause != nil {
		why = cause.Error()
		k.c.revive(ctx, cause)
	}
	k.witness(ctx, "after-submit")
	tab, err := k.c.page(ctx)
	var list []supplier.Return
	if err == nil {
		k.tab = tab
		list, err = k.c.returns(ctx, tab, k.number, func(context.Context) error { return nil })
	}
	if err != nil {
		return k.result(supplier.DisputeUnclear, why+"; reading the list of returns: "+err.Error())
	}
	k.witness(ctx, "re-read")
	for _, r := range list {
		if r.OrderLine == k.d.Line && r.Open {
			out := k.result(supplier.DisputeSubmitted, "read again: "+site.Quoted(r.Status))
			out.Return = &r
			return out
		}
	}
	return k.result(supplier.DisputeUnclear, why+"; the list of returns does not show it")
}

// upload is the only place that names files to a page.
func (c *Client) upload(ctx context.Context, tab *chrome.Tab, field site.Element, files []string) error {
	return tab.Attach(ctx, ref(field), files...)
}
