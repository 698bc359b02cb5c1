package chrome

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
	"github.com/google/renameio/v2"
)

// A killed browser forgets its last half minute, and a stopped one its
// session cookies; so the cookies are also kept in a file of our own.

// Cookie is a cookie to be set in the browser.
type Cookie struct {
	Name, Value string
	// URL or Domain says where it belongs; a Domain covers its subdomains.
	URL, Domain string
	Path        string
	// Expires is zero for a session cookie.
	Expires time.Time
}

// SetCookies sets cookies in the running browser, starting it where needed.
func (b *Browser) SetCookies(ctx context.Context, cookies ...Cookie) error {
	b.mu.Lock()
	p, err := b.ensure(ctx)
	b.mu.Unlock()
	if err != nil {
		return err
	}
	var params []*network.CookieParam
	for _, c := range cookies {
		cp := &network.CookieParam{Name: c.Name, Value: c.Value, URL: c.URL, Domain: c.Domain, Path: c.Path}
		if !c.Expires.IsZero() {
			cp.Expires = cdp.TimeSinceEpoch(c.Expires.Unix())
		}
		params = append(params, cp)
	}
	return b.setCookies(ctx, p, params)
}

func (b *Browser) setCookies(ctx context.Context, p *process, params []*network.CookieParam) error {
	if len(params) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, b.opts.ActionTimeout)
	defer cancel()
	op, done := p.bind(ctx)
	defer done()
	if _, err := chromedp.CallBrowser(op, storage.SetCookies, storage.SetCookiesParams{Cookies: params}); err != nil {
		return p.explain(ctx, "set cookies", err)
	}
	return nil
}

func (b *Browser) cookies(ctx context.Context, p *process) ([]*network.Cookie, error) {
	ctx, cancel := context.WithTimeout(ctx, b.opts.ActionTimeout)
	defer cancel()
	op, done := p.bind(ctx)
	defer done()
	res, err := chromedp.CallBrowser(op, storage.GetCookies, storage.GetCookiesParams{})
	if err != nil {
		return nil, p.explain(ctx, "read cookies", err)
	}
	return res.Cookies, nil
}

// ExportCookies writes the cookies to the cookie file, whole or not at all.
// Without a running browser or a file there is nothing to do.
func (b *Browser) ExportCookies(ctx context.Context) error {
	b.mu.Lock()
	p := b.cur
	b.mu.Unlock()
	if p == nil {
		return nil
	}
	return b.exportCookies(ctx, p)
}

func (b *Browser) exportCookies(ctx context.Context, p *process) error {
	if b.opts.CookieFile == "" {
		return nil
	}
	list, err := b.cookies(ctx, p)
	if err != nil {
		return err
	}
	body, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("export cookies: %w", err)
	}
	if err := writeWhole(b.opts.CookieFile, body); err != nil {
		return fmt.Errorf("export cookies: %w", err)
	}
	return nil
}

// writeWhole replaces a file, readable by its owner only.
func writeWhole(path string, body []byte) (err error) {
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path))) // mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Cleanup()) }()
	if _, err := f.Write(body); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}

// importCookies gives a started browser its session back. After a clean stop
// the profile is as good as the file and only what it lacks is added; after
// anything else the file is the newer one.
func (b *Browser) importCookies(ctx context.Context, p *process) error {
	if b.opts.CookieFile == "" || p.lock == nil {
		return nil
	}
	body, err := os.ReadFile(b.opts.CookieFile)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var kept []*network.Cookie
	if err == nil {
		err = json.Unmarshal(body, &kept)
	}
	if err != nil {
		return fmt.Errorf("import cookies: %w; move %s away and sign in again", err, b.opts.CookieFile)
	}
	have := map[string]bool{}
	if p.lock.wasClean {
		now, err := b.cookies(ctx, p)
		if err != nil {
			return err
		}
		for _, c := range now {
			have[cookieKey(c)] = true
		}
	}
	var params []*network.CookieParam
	for _, c := range kept {
		if c != nil && !have[cookieKey(c)] && !expired(c) {
			params = append(params, param(c))
		}
	}
	return b.importEach(ctx, p, params)
}

// importEach sets all at once; where the browser refuses the lot for the sake
// of one, each by itself, and the refused ones are dropped.
func (b *Browser) importEach(ctx context.Context, p *process, params []*network.CookieParam) error {
	err := b.setCookies(ctx, p, params)
	if err == nil || errors.Is(err, ErrGone) || ctx.Err() != nil {
		return err
	}
	for _, c := range params {
		err := b.setCookies(ctx, p, []*network.CookieParam{c})
		if errors.Is(err, ErrGone) || ctx.Err() != nil {
			return err
		}
	}
	return nil
}

func expired(c *network.Cookie) bool {
	return !c.Session && c.Expires > 0 && time.Unix(int64(c.Expires), 0).Before(time.Now())
}

func cookieKey(c *network.Cookie) string {
	site := ""
	if c.PartitionKey != nil {
		site = c.PartitionKey.TopLevelSite
	}
	return strings.Join([]string{c.Name, c.Domain, c.Path, site}, "\x00")
}

// param turns a read cookie into one to set. A domain would widen a
// host-only cookie to the subdomains, so those are set by their address.
func param(c *network.Cookie) *network.CookieParam {
	cp := &network.CookieParam{
		Name: c.Name, Value: c.Value, Path: c.Path,
		Secure: c.Secure, HTTPOnly: c.HTTPOnly, SameSite: c.SameSite, Priority: c.Priority,
		SourceScheme: c.SourceScheme, SourcePort: c.SourcePort, PartitionKey: c.PartitionKey,
	}
	if !c.Session && c.Expires > 0 {
		cp.Expires = cdp.TimeSinceEpoch(c.Expires)
	}
	if strings.HasPrefix(c.Domain, ".") {
		cp.Domain = c.Domain
		return cp
	}
	scheme := "http"
	if c.Secure {
		scheme = "https"
	}
	cp.URL = scheme + "://" + c.Domain + c.Path
	return cp
}
