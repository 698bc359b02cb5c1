package chrome

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// Each request tells which document sends it, as it stands in its frame then.
func TestGateTellsDocuments(t *testing.T) {
	t.Parallel()
	s, b := newLogSite(t), gatedBrowser(t, nil)
	tab := testTab(t, b.Browser)
	// ask lets the page send something and gives the document that sent it.
	ask := func(path, script string) Document {
		t.Helper()
		if err := tab.eval(t.Context(), "send", script+"; 0", nil); err != nil {
			t.Fatal(err)
		}
		eventually(t, path, func() bool { return len(b.find(path)) > 0 })
		return b.find(path)[0].Document
	}
	post := func(path string) string { return fmt.Sprintf("fetch(%q, {method: 'POST'})", s.url+path) }
	ways := s.url + "/"

	load(t, tab, ways)
	first := ask("/write/first", post("/write/first"))
	if first.ID == "" || first.Address != ways || first.Leaving || first.Since == 0 {
		t.Errorf("a page that stands: %+v", first)
	}
	if d := ask("/write/first-again", post("/write/first-again")); d.ID != first.ID {
		t.Errorf("the same page: %+v", d)
	}
	if d := ask("/write/pushed", "history.pushState(null, '', '/pushed?a=1'); "+post("/write/pushed")); d.ID != first.ID {
		t.Errorf("an address that the page gave itself: %+v", d)
	}
	eventually(t, "the later address", func() bool {
		d := ask("/write/pushed-again", post("/write/pushed-again"))
		return d.ID == first.ID && len(d.Later) == 1 && d.Later[0] == s.url+"/pushed?a=1"
	})
	load(t, tab, ways)
	second := ask("/write/second", post("/write/second"))
	if second.ID == "" || second.ID == first.ID || second.Since <= first.Since || len(second.Later) > 0 {
		t.Errorf("loaded again: %+v after %+v", second, first)
	}

	// A frame has its own document; one without is the page's.
	if d := ask("/write/in-blank", "add('iframe', {}).contentWindow."+post("/write/in-blank")); d.ID != second.ID {
		t.Errorf("an empty frame: %+v", d)
	}
	asked := ask("/quiet?frame", "add('iframe', {src: '/quiet?frame', onload: e => e.target.contentWindow."+post("/write/in-frame")+"})")
	if asked.ID != second.ID {
		t.Errorf("a frame's first document is asked for by %+v", asked)
	}
	eventually(t, "the frame's request", func() bool { return len(b.find("/write/in-frame")) > 0 })
	if d := b.find("/write/in-frame")[0].Document; d.Address != s.url+"/quiet?frame" || d.ID == second.ID || d.Since != second.Since {
		t.Errorf("a frame: %+v", d)
	}

	// Another tab's first document is asked for by the one that opened it.
	if d := ask("/quiet?tab", "window.open('/quiet?tab')"); d.ID != second.ID {
		t.Errorf("a tab's first document is asked for by %+v", d)
	}

	// A redirect ends at the last of its addresses.
	load(t, tab, s.url+"/redirect?to="+s.url+"/quiet?hop")
	if d := ask("/write/redirected", post("/write/redirected")); d.Address != s.url+"/quiet?hop" {
		t.Errorf("redirected: %+v", d)
	}
}

// A page that is being left says so, until it turns out that it stays.
func TestGateTellsDocumentsThatAreLeft(t *testing.T) {
	t.Parallel()
	s, b := newLogSite(t), gatedBrowser(t, nil)
	tab := testTab(t, b.Browser)
	load(t, tab, s.url+"/")
	run := func(script string) {
		t.Helper()
		if err := tab.eval(t.Context(), "send", script+"; 0", nil); err != nil {
			t.Fatal(err)
		}
	}
	b.set(func(r *Request) Decision {
		if strings.Contains(r.URL, "/next") {
			return Reply(Answer{Status: http.StatusNoContent})
		}
		return Pass()
	})
	run("location.href = '/next'")
	eventually(t, "the next document", func() bool { return len(b.find("/next")) > 0 })
	run("post('/write/stays')")
	eventually(t, "the request after it", func() bool { return len(b.find("/write/stays")) > 0 })
	if d := b.find("/write/stays")[0].Document; d.Leaving || d.Address != s.url+"/" {
		t.Errorf("a page that stays: %+v", d)
	}
	// A server that takes its time; the page asks on meanwhile.
	run("setInterval(() => post('/write/left'), 50); location.href = '/slow'")
	eventually(t, "the page's request", func() bool {
		left := b.find("/write/left")
		return len(left) > 0 && left[len(left)-1].Document.Leaving && left[len(left)-1].Document.Address == s.url+"/"
	})
	close(s.slow)
	eventually(t, "the next page", func() bool { u, err := tab.URL(t.Context()); return err == nil && strings.HasSuffix(u, "/slow") })
	run("fetch('/write/arrived', {method: 'POST'})")
	eventually(t, "the next page's request", func() bool { return len(b.find("/write/arrived")) > 0 })
	if d := b.find("/write/arrived")[0].Document; d.Leaving || d.Address != s.url+"/slow" {
		t.Errorf("the next page: %+v", d)
	}
}
