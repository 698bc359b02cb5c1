package aliexpress

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// recording writes what an inspection sees into a folder.
type recording struct {
	*inspection
	dir   string
	heard *chrome.Listener
	calls []site.Recorded
	done  int
	errs  []error
}

// Record is CheckOrder that writes all it saw into a folder, for its owner
// only: the pages' markup and the answers, without personal fields, pictures,
// which show what the pages show, and findings.json. Of calls that the profile
// does not name only the fields' names and kinds are kept. From these a profile can
// be mended.
func (c *Client) Record(ctx context.Context, dir, number string) ([]supplier.PartCheck, error) {
	const op = "record site"
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	tab, err := c.begin(ctx)
	defer c.closeExtraTabs(ctx)
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
	findings, err2 := r.summary(err)
	r.save("findings.json", findings, err2)
	if tab.Alive() {
		r.errs = append(r.errs, tab.SetBlocking(ctx, true))
		c.done(ctx)
	}
	return r.found, errors.Join(append(r.errs, c.fail(ctx, op, err))...)
}

func (r *recording) summary(err error) ([]byte, error) {
	out := struct {
		At       string               `json:"at"`
		Error    string               `json:"error,omitempty"`
		Findings []supplier.PartCheck `json:"findings"`
		Calls    []site.Recorded      `json:"calls"`
	}{At: r.c.o.Now().UTC().Format("2006-01-02T15:04:05Z"), Findings: r.found, Calls: r.calls}
	if err != nil {
		out.Error = err.Error()
	}
	return json.MarshalIndent(out, "", "  ")
}

// save writes a file of what could be had.
func (r *recording) save(name string, body []byte, err error) {
	if err == nil {
		if err = os.WriteFile(filepath.Join(r.dir, name), body, 0o600); err != nil {
			err = fmt.Errorf("record site: %w", err)
		}
	}
	r.errs = append(r.errs, err)
}

// page keeps one page and the answers that came since the last one.
func (r *recording) page(ctx context.Context, name string) {
	png, err := r.tab.Screenshot(ctx, r.c.p.Private.Selectors...)
	r.save(name+".png", png, err)
	html, err := r.tab.HTML(ctx, r.c.p.Private.Selectors...)
	r.save(name+".html", []byte(html), err)
	all := r.heard.Responses()
	for _, resp := range all[r.done:] {
		rec, body := r.c.p.Record(site.Response(resp))
		if body != nil {
			rec.File = fmt.Sprintf("%02d-%s.json", len(r.calls)+1, rec.Call)
			r.save(rec.File, body, nil)
		}
		r.calls = append(r.calls, rec)
	}
	r.done = len(all)
}
