package aliexpress

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/aliexpresstest"
)

func findings(list []supplier.PartCheck) map[string]supplier.Match {
	out := map[string]supplier.Match{}
	for _, f := range list {
		if was, ok := out[f.Part]; !ok || was == supplier.PartMatched {
			out[f.Part] = f.Match
		}
	}
	return out
}

// TestCheckSaysWhatFellBack changes the profile part by part.
func TestCheckSaysWhatFellBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.StepTimeout, o.CheckWait = 3*time.Second, 2*time.Second })
	number := r.order(t, func(o *aliexpresstest.Order) { o.Nuisance.Decoys = true })
	r.order(t, nil)
	p := &r.client.p
	p.Selectors.DetailID = append([]string{".renamed"}, p.Selectors.DetailID...)
	p.Selectors.DetailDate = []string{".gone"}
	p.Tags.Price = "detail_price_v2"
	p.Cancel.ButtonCaptions = site.Texts{"en": {"Revoke"}}
	list, err := r.client.CheckOrder(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	got := findings(list)
	for part, want := range map[string]supplier.Match{
		"urls.list": supplier.PartMatched, "calls.list": supplier.PartMatched, "tags.list_order": supplier.PartMatched, "selectors.list_card": supplier.PartMatched, "selectors.list_more": supplier.PartIdle,
		"urls.detail": supplier.PartMatched, "calls.detail": supplier.PartMatched, "tags.status": supplier.PartMatched, "tags.price": supplier.PartMissing, "selectors.detail_id": supplier.PartFellBack,
		"selectors.detail_date": supplier.PartMissing, "selectors.detail_buttons": supplier.PartMatched, "cancel.button_captions": supplier.PartMissing, "button_phases": supplier.PartUnknown, "deny": supplier.PartMatched,
	} {
		if got[part] != want {
			t.Errorf("%s: %q, want %q", part, got[part], want)
		}
	}
	was := p.Calls.Detail
	p.Calls.Detail = "mtop.aliexpress.trade.buyer.order.show"
	list, err = r.client.CheckOrder(t.Context(), number)
	if got := findings(list); err != nil || got["calls.detail"] != supplier.PartMissing || got["selectors.detail_title"] != supplier.PartMatched {
		t.Errorf("the call was renamed: %v, %v", got, err)
	}
	p.Calls.Detail = was
	r.site.Garble(aliexpresstest.CallList, 1, aliexpresstest.GarbleTruncated)
	list, err = r.client.CheckOrder(t.Context(), number)
	if got := findings(list); err != nil || got["calls.list"] != supplier.PartUnknown {
		t.Errorf("an answer in another shape: %v, %v", got, err)
	}
	r.site.SetChallenge(true)
	if _, err = r.client.CheckOrder(t.Context(), ""); supplier.KindOf(err) != supplier.Challenged {
		t.Errorf("challenged: %v", err)
	}
	if n := len(r.site.Writes()) + r.site.Calls()[aliexpresstest.PageCancel] + r.site.Calls()[aliexpresstest.PagePolicy]; n != 0 {
		t.Errorf("checking did something: %+v", r.site.Writes())
	}
}

// TestRecord keeps what a profile can be mended from, and nobody's address.
func TestRecord(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	number := r.order(t, nil)
	dir := filepath.Join(t.TempDir(), "record")
	found, err := r.client.Record(t.Context(), dir, "")
	if err != nil || len(found) < 15 {
		t.Fatalf("record: %+v, %v", found, err)
	}
	body, err := os.ReadFile(filepath.Join(dir, "findings.json"))
	if err != nil {
		t.Fatal(err)
	}
	var summary struct {
		Findings []supplier.PartCheck
		Calls    []site.Recorded
	}
	if err := json.Unmarshal(body, &summary); err != nil || len(summary.Findings) != len(found) {
		t.Errorf("summary: %v, %s", err, body)
	}
	calls := map[string]bool{}
	for _, c := range summary.Calls {
		calls[c.Call] = c.File != "" && c.Status == 200 && len(c.Asked) > 0
	}
	if !calls["mtop.aliexpress.trade.buyer.order.list"] || !calls["mtop.aliexpress.trade.buyer.order.detail"] {
		t.Errorf("calls %+v", summary.Calls)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) != 7 {
		t.Errorf("files %v, %v", names, err)
	}
	seen := false
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		seen = seen || strings.HasSuffix(name, ".html") && strings.Contains(string(b), number)
		for _, personal := range []string{"Jo Rehearsal", "5550100", "Loopback Lane"} {
			if !strings.HasSuffix(name, ".png") && strings.Contains(string(b), personal) {
				t.Errorf("%s holds %q", name, personal)
			}
		}
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if !seen {
		t.Error("no page shows the order")
	}
	r.site.SetLoggedOut(true)
	other := filepath.Join(t.TempDir(), "record")
	if _, err := r.client.Record(t.Context(), other, number); supplier.KindOf(err) != supplier.LoggedOut {
		t.Errorf("logged out: %v", err)
	}
	if _, err := os.Stat(filepath.Join(other, "stopped.png")); err != nil {
		t.Errorf("what stopped it was not kept: %v", err)
	}
}
