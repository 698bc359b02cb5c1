package aliexpresstest

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestTriesThatNoPageMakesAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	good := Try{When: OnLoad, By: WayFetch, Of: TargetOwn}
	for name, change := range map[string]func(*Try){
		"way": func(x *Try) { x.By = "pigeon" }, "target": func(x *Try) { x.Of = "" }, "moment": func(x *Try) { x.When = "never" },
		"page":    func(x *Try) { x.Page = PageRefund },
		"list":    func(x *Try) { x.Page, x.When = PageList, AfterConfirming },
		"form":    func(x *Try) { x.Page, x.When = PageCancel, AfterOpening },
		"nothing": func(x *Try) { *x = Try{} },
	} {
		bad := good
		change(&bad)
		if r.SetTries(bad) == nil || r.Change(idA, func(o *Order) { o.Tries = []Try{good, bad} }) == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if r.SetTries(good) != nil || r.Change(idA, func(o *Order) { o.Tries = []Try{good} }) != nil {
		t.Error("a good one is refused")
	}
}

// A page without tries is as it always was; one with them is told of them
// only, and of each under a number of its own.
func TestPagesAreToldTheirTries(t *testing.T) {
	t.Parallel()
	bare := paid(idB, Fate{})
	bare.PaidAt, bare.Layout = bare.PaidAt.Add(-hour), LayoutOtherCall
	r := newRig(t, paid(idA, Fate{}), bare)
	detail := func(id string) string {
		t.Helper()
		_, body, _ := r.fetch(r.detailURL(id))
		return body
	}
	if got := detail(idA); strings.Contains(got, "tries") {
		t.Errorf("tries of nobody: %s", got)
	}
	if err := r.Change(idA, func(o *Order) {
		o.Tries = []Try{{Page: PageDetail, When: OnLoad, By: WayFetch, Of: TargetOwn}, {When: OnLeaving, By: WayForm, Of: TargetNext}, {Page: PageList, When: OnLoad, By: WayPut, Of: TargetExtend}}
	}); err != nil {
		t.Fatal(err)
	}
	has := func(body string, parts ...string) {
		t.Helper()
		for _, p := range append(parts, "/static/tries.js") {
			if !strings.Contains(body, p) {
				t.Errorf("without %s: %s", p, body)
			}
		}
		if n := strings.Count(body, `"by":`); n != len(parts) {
			t.Errorf("%d tries: %s", n, body)
		}
	}
	const tail = `"operation":"CANCEL_ORDER","order":"`
	first := `{"after":0,"api":"` + apiOperation + `","by":"fetch","n":1,` + tail + idA + `","own":true,"reason":"buyerDonotwantOrder","when":"load"}`
	next := `{"after":0,"api":"` + apiCancel + `","by":"form","n":2,` + tail + idB + `","own":false,"reason":"","when":"leaving"}`
	has(detail(idA), first, next)
	if got := detail(idB); strings.Contains(got, "tries") {
		t.Errorf("tries of another order: %s", got)
	}
	_, form, _ := r.fetch(r.mobile + "/p/refund-cancel/index.html?tradeOrderId=" + idA)
	has(form, `"by":"form","n":3`)
	_, list, _ := r.fetch(r.www + "/p/order/index.html")
	has(list, `"by":"form","n":4`, `"by":"put","n":5,"operation":"EXTEND_PROCESSING"`)
}

// The picture counts a try, and the moved one leads to what it is about.
func TestTriesAreCounted(t *testing.T) {
	t.Parallel()
	o := paid(idA, Fate{})
	o.Tries = []Try{{Page: PageDetail, When: OnLoad, By: WayMovedImage, Of: TargetOwn}, {Page: PageDetail, When: OnLoad, By: WayFetch, Of: TargetNext}}
	r := newRig(t, o)
	r.fetch(r.detailURL(idA))
	for path, want := range map[string]int{"tried/1": 200, "tried/2": 404, "tried/0": 404, "moved/7": 404, "moved/1": 302, "moved/x": 404} {
		status, _, location := r.fetch(r.www + "/static/" + path + ".bmp")
		if status != want {
			t.Errorf("%s answers %d", path, status)
		}
		if want == http.StatusFound {
			r.fetch(location)
		}
	}
	tried := r.Tried()
	if len(tried) != 1 || tried[0].Try != o.Tries[0] || tried[0].On != PageDetail || tried[0].Kind != WriteCancel || tried[0].OrderID != idA || !tried[0].At.Equal(day0) {
		t.Errorf("tried %+v", tried)
	}
	if w := r.Writes(); len(w) != 1 || w[0].Refused != "" || !w[0].Trusted || r.Status(idA) != "Cancellation requested" {
		t.Errorf("written %+v", w)
	}
	for to, want := range map[string]int{r.api + "/h5/x": http.StatusTemporaryRedirect, "https://elsewhere.example/": http.StatusNotFound} {
		if status, _, location := r.fetch(r.mobile + movedPath + "?to=" + to); status != want || want == http.StatusTemporaryRedirect && location != to {
			t.Errorf("sent on to %s: %d %s", to, status, location)
		}
	}
	if all := Ways(); len(slices.Compact(slices.Sorted(slices.Values(all)))) != len(all) || len(shapesOfWays) != len(all) {
		t.Error("the ways are not what the browser test walks")
	}
}
