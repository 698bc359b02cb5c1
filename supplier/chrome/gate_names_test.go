package chrome

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What is remembered of a request must not be taken for that of another, so
// no two have one name, in whatever run of the browser.
func TestRequestsHaveTheirOwnNames(t *testing.T) {
	t.Parallel()
	s, b := newLogSite(t), gatedBrowser(t, nil)
	var runs [2][]string
	for i := range runs {
		if err := b.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		tab := testTab(t, b.Browser)
		load(t, tab, s.url+"/quiet")
		load(t, tab, s.url+"/")
		for _, r := range b.find(s.url) {
			runs[i] = append(runs[i], r.ID)
		}
		b.testPolicy.mu.Lock()
		b.seen = nil
		b.testPolicy.mu.Unlock()
		if err := b.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range runs[1] {
		if slices.Contains(runs[0], id) {
			t.Errorf("%s names a request of both runs", id)
		}
	}
	if len(runs[0]) == 0 || len(runs[1]) == 0 {
		t.Errorf("requests: %v", runs)
	}
}

// Of a body with a file from the disk all is told but the file, or it does not
// leave.
func TestBodiesFromFiles(t *testing.T) {
	t.Parallel()
	s, b := newLogSite(t), gatedBrowser(t, nil)
	tab := testTab(t, b.Browser)
	const content = "orderId=8190&operation=cancel"
	file := filepath.Join(t.TempDir(), "order.txt")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	for way, script := range map[string]string{
		"file":  "fetch(u, {method: 'POST', body: file})",
		"parts": "fetch(u, {method: 'POST', body: new Blob(['a=1&', file])})",
		"form":  "(() => { const d = new FormData(); d.append('a', '1'); d.append('file', file); fetch(u, {method: 'POST', body: d}) })()",
		"sent":  "(() => { const f = add('form', {method: 'POST', action: u, enctype: 'multipart/form-data'}); f.append(Object.assign(document.createElement('input'), {name: 'a', value: '1'})); pick.name = 'file'; f.append(pick); f.submit() })()",
	} {
		load(t, tab, s.url+"/")
		if err := tab.eval(t.Context(), "add a field", "window.pick = add('input', {type: 'file', id: 'pick'}); 0", nil); err != nil {
			t.Fatal(err)
		}
		if err := tab.Attach(t.Context(), Element{Selector: "#pick"}, file); err != nil {
			t.Fatal(err)
		}
		path := "/write/file/" + way
		if err := tab.eval(t.Context(), "send", "(() => { const file = pick.files[0], u = location.origin + '"+path+"'; "+script+" })(); 0", nil); err != nil {
			t.Fatal(err)
		}
		soon(t, func() bool { return s.count(path) > 0 || b.reported("body") > 0 })
		s.mu.Lock()
		body := s.bodies[path]
		s.mu.Unlock()
		switch seen := b.find(path); {
		case s.count(path) > 0 && (len(seen) != 1 || string(seen[0].Body) != body && string(seen[0].Body) != strings.Replace(body, content, "", 1)):
			t.Errorf("%s: told %+v, %q arrived", way, seen, body)
		case s.count(path) > 0 && way == "parts" && string(seen[0].Body) != body:
			t.Errorf("%s: told %q, %q arrived", way, seen[0].Body, body)
		case s.count(path) == 0 && (way == "form" || way == "sent"):
			t.Errorf("%s: did not leave", way)
		}
	}
}
