package chrome

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestPage runs what needs no browser of its own on one.
func TestPage(t *testing.T) {
	t.Parallel()
	b, url := testBrowser(t, nil), site(t)
	for name, f := range map[string]func(*testing.T, *Tab, string){
		"zone":        zoneIsTheAccounts,
		"look":        lookTellsWhatIsThere,
		"click":       clicksAreTrusted,
		"covered":     coveredIsRefused,
		"last word":   lastWordStopsTheClick,
		"stale":       staleIsRefused,
		"deadline":    deadlineIsCompulsory,
		"responses":   responsesAreHeard,
		"dialogs":     dialogsAreDismissed,
		"new tab":     newTabIsFollowed,
		"unreachable": unreachableIsTold,
		"markup":      markupDropsWhatIsPersonal,
		"reload":      reloadLoadsAgain,
		"by hand":     aPersonsInputIsPassedOn,
		"fields":      fieldsTakeText,
		"covers":      coversAreNamed,
	} {
		t.Run(name, func(t *testing.T) {
			tab, err := b.NewTab(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer tab.Close()
			f(t, tab, url)
		})
	}
}

func query(t *testing.T, tab *Tab, selector string) Element {
	t.Helper()
	v, err := tab.Look(t.Context(), map[string]Query{"q": {Selectors: []string{selector}}})
	if err != nil || len(v.Found["q"]) == 0 {
		t.Fatalf("%s: %d elements, %v", selector, len(v.Found["q"]), err)
	}
	return v.Found["q"][0]
}

// heard waits for a response.
func heard(t *testing.T, l *Listener, pick func(Response) bool) (r Response) {
	t.Helper()
	err := l.t.WaitFor(t.Context(), "wait for a response", func(context.Context) (bool, error) {
		got := l.Responses()
		i := slices.IndexFunc(got, pick)
		if i >= 0 {
			r = got[i]
		}
		return i >= 0, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func evalOn(t *testing.T, tab *Tab, expression string) {
	t.Helper()
	if err := tab.eval(t.Context(), "test", expression, nil); err != nil {
		t.Fatal(err)
	}
}

func zoneIsTheAccounts(t *testing.T, tab *Tab, url string) {
	load(t, tab, url)
	if el := query(t, tab, "#when"); !strings.Contains(el.Text, "Wed Dec 31 1969 16:00:00") {
		t.Errorf("the epoch shows as %q, want Los Angeles time", el.Text)
	}
}

func lookTellsWhatIsThere(t *testing.T, tab *Tab, url string) {
	load(t, tab, url)
	v, err := tab.Look(t.Context(), map[string]Query{
		"yes":    {Selectors: []string{".no-such", ".modal button"}, Within: ".modal", Title: ".title"},
		"off":    {Selectors: []string{"#off"}},
		"hidden": {Selectors: []string{"#gone"}},
		"none":   {Selectors: []string{".none"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	yes := v.Found["yes"][0]
	if v.Title != "home" || v.URL != url+"/" || yes.Text != "Yes" || !yes.Inside || yes.InsideTitle != "Really?" || yes.Attrs["id"] != "yes" || !yes.Visible {
		t.Errorf("view %+v", v)
	}
	if v.Found["off"][0].Enabled || v.Found["hidden"][0].Visible || len(v.Found["none"]) != 0 {
		t.Errorf("view %+v", v.Found)
	}
	if tab.Status() != 200 {
		t.Errorf("status %d", tab.Status())
	}
}

func clicksAreTrusted(t *testing.T, tab *Tab, url string) {
	load(t, tab, url)
	for _, sel := range []string{"#go", "#yes"} {
		if err := tab.Click(t.Context(), query(t, tab, sel), nil); err != nil {
			t.Fatal(err)
		}
	}
	if log := query(t, tab, "#log").Text; log != "go:true;yes:true;" {
		t.Errorf("the page recorded %q", log)
	}
}

func coveredIsRefused(t *testing.T, tab *Tab, url string) {
	load(t, tab, url)
	evalOn(t, tab, `document.getElementById('lid').style.display = 'block'`)
	err := tab.Click(t.Context(), query(t, tab, "#go"), nil)
	if !errors.Is(err, ErrCovered) || !strings.Contains(err.Error(), "div#lid") {
		t.Errorf("covered button: %v", err)
	}
	// A cover that opens under the pointer counts as well.
	evalOn(t, tab, `document.getElementById('lid').style.display = 'none';
		document.getElementById('go').addEventListener('mousemove', () => document.getElementById('lid').style.display = 'block')`)
	if err := tab.Click(t.Context(), query(t, tab, "#go"), nil); !errors.Is(err, ErrCovered) {
		t.Errorf("cover on hover: %v", err)
	}
	if err := tab.Click(t.Context(), query(t, tab, "#off"), nil); !errors.Is(err, ErrDisabled) {
		t.Errorf("disabled: %v", err)
	}
	if err := tab.Click(t.Context(), query(t, tab, "#gone"), nil); !errors.Is(err, ErrHidden) {
		t.Errorf("hidden: %v", err)
	}
	if log := query(t, tab, "#log").Text; log != "" {
		t.Errorf("the page recorded %q", log)
	}
}

func lastWordStopsTheClick(t *testing.T, tab *Tab, url string) {
	load(t, tab, url)
	no := errors.New("no")
	var seen Element
	err := tab.Click(t.Context(), query(t, tab, "#yes"), func(e Element) error { seen = e; return no })
	if !errors.Is(err, no) || seen.Text != "Yes" {
		t.Errorf("last word: %v, %+v", err, seen)
	}
	if log := query(t, tab, "#log").Text; log != "" {
		t.Errorf("the page recorded %q", log)
	}
}

func staleIsRefused(t *testing.T, tab *Tab, url string) {
	load(t, tab, url)
	el := query(t, tab, "#go")
	evalOn(t, tab, `document.getElementById('go').textContent = 'Confirm received'`)
	if err := tab.Click(t.Context(), el, nil); !errors.Is(err, ErrStale) {
		t.Errorf("changed caption: %v", err)
	}
	evalOn(t, tab, `document.getElementById('go').remove()`)
	if _, err := tab.Aim(t.Context(), el); !errors.Is(err, ErrNotFound) {
		t.Errorf("removed: %v", err)
	}
}

func deadlineIsCompulsory(t *testing.T, tab *Tab, url string) {
	tab.b.opts.ActionTimeout = 300 * time.Millisecond
	defer func() { tab.b.opts.ActionTimeout = time.Minute }()
	// A context without a deadline gets one.
	if err := tab.Navigate(context.Background(), url+"/hang"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hanging page: %v", err)
	}
	err := tab.WaitFor(context.Background(), "wait for nothing", func(context.Context) (bool, error) { return false, nil })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hanging wait: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tab.URL(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled caller: %v", err)
	}
	tab.b.opts.ActionTimeout = time.Minute
	load(t, tab, url) // the tab is still good
}

func responsesAreHeard(t *testing.T, tab *Tab, url string) {
	l := tab.Listen("/jsonp", "/api", "/failing")
	load(t, tab, url+"/calls")
	want := map[string]string{"/jsonp?cb=f": `f({"from":"jsonp"})`, "/api": `{"from":"api"}`}
	for path, body := range want {
		r := heard(t, l, func(r Response) bool { return r.URL == url+path })
		if r.Err != nil || string(r.Body) != body || r.Status != 200 {
			t.Errorf("%s: %+v", path, r)
		}
		if path == "/api" && (r.Method != "POST" || r.PostData != "data=1") {
			t.Errorf("request of %s: %+v", path, r)
		}
	}
	if r := heard(t, l, func(r Response) bool { return r.URL == url+"/failing" }); !errors.Is(r.Err, ErrNet) {
		t.Errorf("failing call: %+v", r)
	}
	l.Close()
	n := len(l.Responses())
	load(t, tab, url+"/calls")
	if len(l.Responses()) != n {
		t.Error("a closed listener still hears")
	}
}

func dialogsAreDismissed(t *testing.T, tab *Tab, url string) {
	load(t, tab, url)
	if err := tab.Click(t.Context(), query(t, tab, "#ask"), nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for text := ""; !strings.Contains(text, `title="false!"`); { // the page goes on once its question is answered
		var err error
		if text, err = tab.HTML(ctx); err != nil {
			t.Fatalf("the dialog was not answered with no: %v", err)
		}
	}
	load(t, tab, url+"/stay")
	if err := tab.Click(t.Context(), query(t, tab, "#b"), nil); err != nil { // a page may only ask after a gesture
		t.Fatal(err)
	}
	load(t, tab, url+"/other")
	if u, err := tab.URL(t.Context()); err != nil || u != url+"/other" {
		t.Errorf("after leaving: %q, %v", u, err)
	}
}

func newTabIsFollowed(t *testing.T, tab *Tab, url string) {
	load(t, tab, url)
	if _, ok, err := tab.Follow(t.Context()); ok || err != nil {
		t.Fatalf("nothing was opened: %v, %v", ok, err)
	}
	if err := tab.Click(t.Context(), query(t, tab, "#pop"), nil); err != nil {
		t.Fatal(err)
	}
	var next *Tab
	var offered []string
	err := tab.WaitFor(t.Context(), "new tab", func(ctx context.Context) (ok bool, err error) {
		// One that does not fit is offered again.
		if _, ok, err = tab.FollowOne(ctx, func(id string) bool { offered = append(offered, id); return false }); ok || err != nil {
			t.Fatalf("followed what does not fit: %v, %v", ok, err)
		}
		if len(offered) == 0 {
			return false, nil
		}
		next, ok, err = tab.Follow(ctx)
		return ok, err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	if offered[0] != next.ID() {
		t.Errorf("offered %v, followed %s", offered, next.ID())
	}
	err = next.WaitFor(t.Context(), "its page", func(ctx context.Context) (bool, error) {
		u, err := next.URL(ctx)
		return u == url+"/other", err
	})
	if err != nil {
		t.Error(err)
	}
}

func unreachableIsTold(t *testing.T, tab *Tab, _ string) {
	if err := tab.Navigate(t.Context(), "http://127.0.0.1:1/?secret=1"); !errors.Is(err, ErrNet) || strings.Contains(err.Error(), "secret") {
		t.Errorf("closed port: %v", err)
	}
}

func markupDropsWhatIsPersonal(t *testing.T, tab *Tab, url string) {
	load(t, tab, url)
	html, err := tab.HTML(t.Context(), ".modal")
	if err != nil || !strings.Contains(html, "id=\"go\"") || strings.Contains(html, "Really?") || strings.Contains(html, "<script") {
		t.Errorf("markup %q, %v", html, err)
	}
	png, err := tab.Screenshot(t.Context())
	if err != nil || len(png) < 1000 || string(png[1:4]) != "PNG" {
		t.Errorf("screenshot of %d bytes, %v", len(png), err)
	}
	blank, err := tab.Screenshot(t.Context(), "body *")
	if err != nil || len(blank) >= len(png) {
		t.Errorf("a blank page has %d bytes, the whole one %d, %v", len(blank), len(png), err)
	}
	if again, err := tab.Screenshot(t.Context()); err != nil || len(again) <= len(blank) {
		t.Errorf("what was hidden stays hidden: %d bytes, %v", len(again), err)
	}
}

func reloadLoadsAgain(t *testing.T, tab *Tab, url string) {
	if err := tab.SetBlocking(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	l := tab.Listen("/pic.png")
	load(t, tab, url+"/calls")
	if r := heard(t, l, func(Response) bool { return true }); errors.Is(r.Err, ErrNet) {
		t.Errorf("picture without blocking: %+v", r)
	}
	if err := tab.SetBlocking(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	before := len(l.Responses())
	if err := tab.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := heard(t, l, func(r Response) bool { return len(l.Responses()) > before && errors.Is(r.Err, ErrNet) })
	if !strings.Contains(r.Err.Error(), "inspector") {
		t.Errorf("picture with blocking: %+v", r)
	}
}

func aPersonsInputIsPassedOn(t *testing.T, tab *Tab, url string) {
	load(t, tab, url+"/sign-in")
	box := query(t, tab, "#name").Box
	for _, p := range []Pointer{PointerMove, PointerDown, PointerUp} {
		if err := tab.Point(t.Context(), p, box.X+box.Width/2, box.Y+box.Height/2); err != nil {
			t.Fatal(err)
		}
	}
	if err := tab.Type(t.Context(), "jo\r"); err != nil {
		t.Fatal(err)
	}
	err := tab.WaitFor(t.Context(), "submit", func(context.Context) (bool, error) { return query(t, tab, "#said").Text == "jo", nil })
	if err != nil {
		t.Error(err)
	}
	if err := tab.Point(t.Context(), "jump", 1, 1); err == nil {
		t.Error("an unknown movement was passed on")
	}
}
