package app

import (
	"slices"
	"testing"
	"time"

	"countermand/cmd/internal/control"
	"countermand/configs"
	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
)

// pupil is a client of the book.
type pupil struct{ site.Learned }

func (p *pupil) Learn(l site.Learned) error      { p.Learned = l; return nil }
func (*pupil) UnknownCalls() []supplier.SiteCall { return nil }

// TestPreparationsAreNoted: what flows have shown is kept beside what people
// have said, which stands, and can be forgotten like that.
func TestPreparationsAreNoted(t *testing.T) {
	t.Parallel()
	c := &configs.Config{DataDir: t.TempDir(), Accounts: []configs.Account{{Name: "main", Supplier: "aliexpress"}}}
	b, p := NewSiteBook(c, time.Now), &pupil{}
	if err := b.teach(p); err != nil {
		t.Fatal(err)
	}
	set := func(name, is string) error {
		return b.SetSiteCall(t.Context(), control.SiteCallSet{Name: name, Is: is}, "ada")
	}
	is := func(name string) string {
		all, err := b.SiteCalls(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if i := slices.IndexFunc(all, func(c supplier.SiteCall) bool { return c.Name == name }); i >= 0 {
			return all[i].Is + ", " + all[i].From
		}
		return ""
	}
	if err := set("mtop.shop.form", "read"); err != nil {
		t.Fatal(err)
	}
	if err := b.prepared([]string{"mtop.shop.eligible", "mtop.shop.form"}); err != nil {
		t.Fatal(err)
	}
	if got := is("mtop.shop.eligible") + "; " + is("mtop.shop.form"); got != "preparation, learned; read, learned" {
		t.Errorf("listed as %s", got)
	}
	if x := p.Calls["mtop.shop.eligible"]; x.Is != site.IsPreparation || x.By != "countermand" {
		t.Errorf("the client was told %+v", x)
	}
	if err := set("mtop.shop.other", "preparation"); err == nil {
		t.Error("a person can say that a call needs no mark")
	}
	if err := set("mtop.shop.eligible", ""); err != nil || is("mtop.shop.eligible") != "" {
		t.Errorf("forget: %v, still %s", err, is("mtop.shop.eligible"))
	}
}
