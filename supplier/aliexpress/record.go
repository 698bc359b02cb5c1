package aliexpress

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// Recorded is one call of a page, as findings.json lists it. Of the request
// only the names of its fields are kept.
type Recorded struct {
	Call   string   `json:"call"`
	Method string   `json:"method"`
	Status int      `json:"status"`
	Ret    []string `json:"ret,omitempty"`
	Asked  []string `json:"asked,omitempty"`
	// File holds the answer without personal fields; empty where it could
	// not be read, and why.
	File  string `json:"file,omitempty"`
	Error string `json:"error,omitempty"`
}

// recording writes what an inspection sees into a folder.
type recording struct {
	*inspection
	dir   string
	heard *chrome.Listener
	calls []Recorded
	done  int
	errs  []error
}

// Record is CheckOrder that writes all it saw into a folder, for its owner
// only: the pages' markup and the answers, without personal fields, pictures,
// which show what the pages show, and findings.json. Of calls that the profile
// does not name only the fields' names and kinds are kept. From these a profile can
// be mended.
func (c *Client) Record(ctx context.Context, dir, number string) ([]Finding, error) {
	const op = "record site"
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	tab, err := c.begin(ctx)
	defer c.alone(ctx)
	if err == nil {
		err = tab.SetBlocking(ctx, false)
	}
	if err != nil {
		return nil, c.fail(ctx, op, err)
	}
	r := &recording{inspection: &inspection{c: c, tab: tab, number: number}, dir: dir, heard: tab.Listen("/h5/")}
	defer r.heard.Close()
	r.seen = r.page
	err = r.run(ctx)
	if err != nil {
		r.page(ctx, "stopped") // what stopped it is worth seeing
	}
	r.save("findings.json", r.summary(err))
	if tab.Alive() {
		r.errs = append(r.errs, tab.SetBlocking(ctx, true))
		c.done(ctx)
	}
	return r.found, errors.Join(append(r.errs, c.fail(ctx, op, err))...)
}

func (r *recording) summary(err error) []byte {
	out := struct {
		At       string     `json:"at"`
		Error    string     `json:"error,omitempty"`
		Findings []Finding  `json:"findings"`
		Calls    []Recorded `json:"calls"`
	}{At: r.c.o.Now().UTC().Format("2006-01-02T15:04:05Z"), Findings: r.found, Calls: r.calls}
	if err != nil {
		out.Error = err.Error()
	}
	body, err := json.MarshalIndent(out, "", "  ")
	r.errs = append(r.errs, err)
	return body
}

func (r *recording) save(name string, body []byte) {
	if err := os.WriteFile(filepath.Join(r.dir, name), body, 0o600); err != nil {
		r.errs = append(r.errs, fmt.Errorf("record site: %w", err))
	}
}

// page keeps one page and the answers that came since the last one.
func (r *recording) page(ctx context.Context, name string) {
	if png, err := r.tab.Screenshot(ctx, r.c.p.Private.Selectors...); err == nil {
		r.save(name+".png", png)
	} else {
		r.errs = append(r.errs, err)
	}
	if html, err := r.tab.HTML(ctx, r.c.p.Private.Selectors...); err == nil {
		r.save(name+".html", []byte(html))
	} else {
		r.errs = append(r.errs, err)
	}
	all := r.heard.Responses()
	for _, resp := range all[r.done:] {
		r.answer(site.Response(resp))
	}
	r.done = len(all)
}

// body of an answer to a call that the profile names; of any other only its
// outline, because nobody knows what it is about.
func (r *recording) body(a site.Answer, call string) ([]byte, error) {
	if r.c.p.Calls.Names(call) {
		return a.Public(r.c.p.Private.Keys)
	}
	return a.Outline(r.c.p.Private.Keys)
}

var callName = regexp.MustCompile(`/h5/([a-z0-9._]+)/`)

func (r *recording) answer(resp site.Response) {
	rec := Recorded{Method: resp.Method, Status: resp.Status, Asked: site.RequestData(resp.URL, resp.PostData).Keys()}
	if u, err := url.Parse(resp.URL); err == nil {
		if m := callName.FindStringSubmatch(strings.ToLower(u.Path)); m != nil {
			rec.Call = m[1]
		}
	}
	if a, err := site.ParseAnswer(resp.Body); resp.Err != nil || err != nil {
		// What is no answer may hold anything; it is named, not kept.
		rec.Error = errors.Join(resp.Err, err).Error()
	} else if body, err := r.body(a, rec.Call); err != nil {
		rec.Error = err.Error()
	} else {
		rec.Ret, rec.File = a.Ret, fmt.Sprintf("%02d-%s.json", len(r.calls)+1, rec.Call)
		r.save(rec.File, body)
	}
	r.calls = append(r.calls, rec)
}
