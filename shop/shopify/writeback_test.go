package shopify_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countermand/shop"
	"countermand/shop/shopify"
	"countermand/shop/shopifytest"
)

const own = "countermand:"

func TestSetTag(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		have   []string
		tag    string
		want   []string
		writes int
	}{
		"none yet":       {[]string{"vip"}, "countermand:queued", []string{"vip", "countermand:queued"}, 1},
		"another before": {[]string{"Countermand:queued", "vip", "countermand:held"}, "countermand:requested", []string{"vip", "countermand:requested"}, 2},
		"there already":  {[]string{"COUNTERMAND:Queued", "vip"}, "countermand:queued", []string{"COUNTERMAND:Queued", "vip"}, 0},
		"taken off":      {[]string{"vip", "countermand:queued", "xcountermand:a"}, "", []string{"vip", "xcountermand:a"}, 1},
		"nothing to do":  {nil, "", nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, shopifytest.Options{})
			o := s.AddOrder(shopifytest.Order{Tags: tc.have})
			c := newClient(t, s.URL())
			for range 2 {
				if err := c.SetTag(t.Context(), o.GID(), own, tc.tag); err != nil {
					t.Fatal(err)
				}
			}
			now, _ := s.Order(o.Name)
			if d := cmp.Diff(tc.want, slices.Clone(now.Tags)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if n := writes(s); n != tc.writes {
				t.Errorf("%d writes, want %d: %q", n, tc.writes, s.Queries())
			}
		})
	}
}

func writes(s *shopifytest.Shop) (n int) {
	for _, q := range s.Queries() {
		if !strings.HasPrefix(q, "read") && !strings.HasPrefix(q, "list") {
			n++
		}
	}
	return n
}

// Whatever answers are lost, the end is the same, and what took effect is not
// sent again.
func TestWriteBackThroughLostAnswers(t *testing.T) {
	t.Parallel()
	for lost := range 3 {
		s := newShop(t, shopifytest.Options{})
		o := s.AddOrder(shopifytest.Order{Tags: []string{"vip", "countermand:held"}})
		c := newClient(t, s.URL(), func(o *shopify.Options) { o.Edits = true })
		e, err := s.RequestEdit(o.Name)
		if err != nil {
			t.Fatal(err)
		}
		s.DropWrites(lost)
		if err := c.SetTag(t.Context(), o.GID(), own, "countermand:queued"); err != nil {
			t.Fatalf("%d lost: %v", lost, err)
		}
		s.DropWrites(lost)
		if err := c.SetMetafield(t.Context(), o.GID(), json.RawMessage(`{"cases":[]}`)); err != nil {
			t.Fatalf("%d lost: %v", lost, err)
		}
		s.DropWrites(lost)
		if err := c.DeclineEdit(t.Context(), e.GID(), "It is on its way."); err != nil {
			t.Fatalf("%d lost: %v", lost, err)
		}
		now, _ := s.Order(o.Name)
		if !slices.Equal(now.Tags, []string{"vip", "countermand:queued"}) || now.Metafields["countermand.cases"] != `{"cases":[]}` || now.Edits[0].Status != "DECLINED" {
			t.Errorf("%d lost: %+v", lost, now)
		}
		if n := writes(s); n != 4 {
			t.Errorf("%d lost: %d writes: %q", lost, n, s.Queries())
		}
	}
}

func TestWriteBackRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopifytest.Options{})
	o := s.AddOrder(shopifytest.Order{})
	c := newClient(t, s.URL())
	const none = "gid://shopify/Order/7"
	for name, tc := range map[string]struct {
		do   func() error
		kind shop.Kind
	}{
		"tag, no order":       {func() error { return c.SetTag(t.Context(), none, own, own+"a") }, shop.NotFound},
		"tag, no id":          {func() error { return c.SetTag(t.Context(), "7", own, own+"a") }, shop.Invalid},
		"tag, other prefix":   {func() error { return c.SetTag(t.Context(), o.GID(), own, "vip") }, shop.Invalid},
		"tag, no prefix":      {func() error { return c.SetTag(t.Context(), o.GID(), "", "vip") }, shop.Invalid},
		"tag, two":            {func() error { return c.SetTag(t.Context(), o.GID(), own, own+"a,vip") }, shop.Invalid},
		"tag, long":           {func() error { return c.SetTag(t.Context(), o.GID(), own, own+strings.Repeat("a", 40)) }, shop.Invalid},
		"metafield, no order": {func() error { return c.SetMetafield(t.Context(), none, json.RawMessage(`1`)) }, shop.NotFound},
		"metafield, no id":    {func() error { return c.SetMetafield(t.Context(), "", json.RawMessage(`1`)) }, shop.Invalid},
		"metafield, no JSON":  {func() error { return c.SetMetafield(t.Context(), o.GID(), json.RawMessage(`{`)) }, shop.Invalid},
	} {
		if err := tc.do(); shop.KindOf(err) != tc.kind || shop.MaySent(err) {
			t.Errorf("%s: got %v, want %s and nothing sent", name, err, tc.kind)
		}
	}
	if n := writes(s); n != 0 {
		t.Errorf("%d writes", n)
	}
}

// The same document in other words is not written again: our own writing
// would knock, and the knock write, for ever.
func TestSetMetafieldOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopifytest.Options{})
	o := s.AddOrder(shopifytest.Order{})
	c := newClient(t, s.URL())
	for _, doc := range []string{`{"a": 1, "b": [2]}`, `{"b":[2],"a":1}`, ` {"a":1,"b":[2]} `, `{"a":1,"b":[3]}`} {
		if err := c.SetMetafield(t.Context(), o.GID(), json.RawMessage(doc)); err != nil {
			t.Fatal(err)
		}
	}
	now, _ := s.Order(o.Name)
	if n := writes(s); n != 2 || now.Metafields["countermand.cases"] != `{"a":1,"b":[3]}` {
		t.Errorf("%d writes, holds %q", n, now.Metafields)
	}
}

func TestRequestedEdits(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopifytest.Options{})
	o := s.AddOrder(shopifytest.Order{Lines: make([]shopifytest.Line, 2*shopify.PageLines+7)})
	plain := newClient(t, s.URL())
	c := newClient(t, s.URL(), func(o *shopify.Options) { o.Edits = true })
	if got, err := c.Order(t.Context(), o.GID()); err != nil || !got.EditsRead || len(got.Edits) != 0 {
		t.Fatalf("without any: %+v, %v", got.Edits, err)
	}
	one, _ := s.RequestEdit(o.Name, shopifytest.Removal{LineID: o.Lines[3].ID, Quantity: 1})
	if err := c.DeclineEdit(t.Context(), one.GID(), "No."); err != nil {
		t.Fatal(err)
	}
	two, _ := s.RequestEdit(o.Name)
	got, err := c.Order(t.Context(), o.GID())
	if err != nil || !got.EditsRead || len(got.Edits) != 2 {
		t.Fatalf("got %+v, %v", got.Edits, err)
	}
	want := shop.RequestedEdit{ID: one.GID(), Status: shop.EditDeclined, RequestedAt: orderDay, EndedAt: orderDay,
		Removals: []shop.Removal{{LineID: o.Lines[3].GID(), Quantity: 1}}}
	if d := cmp.Diff(want, got.Edits[0]); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if e := got.Edits[1]; e.ID != two.GID() || e.Status != shop.EditRequested || len(e.Removals) != len(o.Lines) || !e.EndedAt.IsZero() {
		t.Errorf("the second reads %+v", e)
	}
	if got, err := plain.Order(t.Context(), o.GID()); err != nil || got.EditsRead || got.Edits != nil {
		t.Errorf("not asked for: %+v, %v", got.Edits, err)
	}
}

func TestEndEdit(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopifytest.Options{})
	o := s.AddOrder(shopifytest.Order{Lines: make([]shopifytest.Line, 1)})
	c := newClient(t, s.URL(), func(o *shopify.Options) { o.Edits = true })
	e, _ := s.RequestEdit(o.Name)
	for range 2 {
		if err := c.ResolveEdit(t.Context(), e.GID()); err != nil {
			t.Fatal(err)
		}
	}
	if n := writes(s); n != 1 {
		t.Errorf("resolved %d times", n)
	}
	for name, tc := range map[string]struct {
		err  error
		kind shop.Kind
	}{
		"resolved already": {c.DeclineEdit(t.Context(), e.GID(), "No."), shop.Invalid},
		"long note":        {c.DeclineEdit(t.Context(), e.GID(), strings.Repeat("ä", 501)), shop.Invalid},
		"no such request":  {c.ResolveEdit(t.Context(), "gid://shopify/RequestedOrderEdit/7"), shop.NotFound},
		"an order's id":    {c.ResolveEdit(t.Context(), o.GID()), shop.Invalid},
	} {
		if shop.KindOf(tc.err) != tc.kind || shop.MaySent(tc.err) {
			t.Errorf("%s: got %v, want %s", name, tc.err, tc.kind)
		}
	}
	if n := writes(s); n != 1 {
		t.Errorf("%d writes", n)
	}
}

// Versions before 2026-10 are asked nothing that they do not know.
func TestOlderVersions(t *testing.T) {
	t.Parallel()
	for _, v := range versions[:3] {
		s := newShop(t, shopifytest.Options{})
		o := s.AddOrder(shopifytest.Order{Lines: make([]shopifytest.Line, 1)})
		e, _ := s.RequestEdit(o.Name)
		c := newClient(t, s.URL(), ofVersion(v), func(o *shopify.Options) { o.Edits, o.Country = true, true })
		got, err := c.Order(t.Context(), o.GID())
		if err != nil || got.EditsRead || got.Country != "US" {
			t.Errorf("%s: %+v, %v", v, got, err)
		}
		asked := len(s.Queries())
		if page, err := c.WithEdits(t.Context(), ""); err != nil || len(page.Orders) != 0 {
			t.Errorf("%s: %+v, %v", v, page, err)
		}
		for _, err := range []error{c.ResolveEdit(t.Context(), e.GID()), c.DeclineEdit(t.Context(), e.GID(), "")} {
			if !errors.Is(err, shop.ErrNoEdits) {
				t.Errorf("%s: got %v", v, err)
			}
		}
		if len(s.Queries()) != asked {
			t.Errorf("%s: asked %q", v, s.Queries()[asked:])
		}
		if _, err := c.Changed(t.Context(), orderDay, ""); err != nil {
			t.Errorf("%s: %v", v, err)
		}
	}
}

// What the store hides does not keep the order from being read.
func TestHiddenCountry(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopifytest.Options{})
	o := s.AddOrder(shopifytest.Order{Country: "DE"})
	c := newClient(t, s.URL(), func(o *shopify.Options) { o.Country = true })
	if got, err := c.Order(t.Context(), o.GID()); err != nil || got.Country != "DE" {
		t.Errorf("got %q, %v", got.Country, err)
	}
	s.HideAddresses()
	if got, err := c.Order(t.Context(), o.GID()); err != nil || got.Country != "" || got.Name != o.Name {
		t.Errorf("hidden: got %+v, %v", got, err)
	}
	if q := newShop(t, shopifytest.Options{}); q != nil {
		o := q.AddOrder(shopifytest.Order{})
		if _, err := newClient(t, q.URL()).Order(t.Context(), o.GID()); err != nil || slices.Contains(q.Queries(), "readCountry") {
			t.Errorf("asked %q without being told to: %v", q.Queries(), err)
		}
	}
}

func TestMetafieldMapping(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopifytest.Options{})
	o := s.AddOrder(shopifytest.Order{
		Note:       "8190000000000001",
		Attributes: []shopifytest.Attribute{{Key: "ae", Value: "8190000000000002"}},
		Lines:      []shopifytest.Line{{SKU: "A"}, {SKU: "B"}},
		Metafields: map[string]string{"countermand.supplier_orders": `["8190000000000003", 8190000000000001, "819", null, {"supplier_order": "8190000000000004", "account": "second", "lines": ["B"]}, {"supplier_order": {}}, []]`},
	})
	got, err := newClient(t, s.URL()).Order(t.Context(), o.GID())
	if err != nil {
		t.Fatal(err)
	}
	var claims []string
	for _, m := range got.Supplier {
		claims = append(claims, m.SupplierOrder+" "+m.By+" "+m.Account)
	}
	want := []string{"8190000000000003 metafield ", "8190000000000001 metafield ", "8190000000000004 metafield second"}
	if d := cmp.Diff(want, claims); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if l := got.Supplier[2].Lines; len(l) != 1 || l[0].SKU != "B" {
		t.Errorf("covers %v", l)
	}
	for _, text := range []string{`{`, `{"a":1}`, `"8190000000000003"`, ``, `[`, `null`} {
		if got := (shopify.Mapping{}).Resolve(shopify.Sources{Metafield: text}); got != nil {
			t.Errorf("%q: got %v", text, got)
		}
	}
}
