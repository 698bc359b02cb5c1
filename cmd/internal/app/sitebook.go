package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/renameio/v2"

	"countermand/cmd/internal/control"
	"countermand/configs"
	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
)

// SiteBook is what people have said of the suppliers' sites, beside their
// profiles: the file DATA_DIR/site/learned.yaml.
type SiteBook struct {
	path     string
	accounts []configs.Account
	now      func() time.Time

	mu      sync.Mutex
	clients []learner
}

// learner is a client that takes over what is said.
type learner interface {
	Learn(site.Learned) error
	UnknownCalls() []supplier.SiteCall
}

// NewSiteBook opens nothing: the file is made with the first entry.
func NewSiteBook(c *configs.Config, now func() time.Time) *SiteBook {
	return &SiteBook{path: filepath.Join(c.DataDir, "site", "learned.yaml"), accounts: c.Accounts, now: now}
}

// teach lets a client know what stands in the book, now and later.
func (b *SiteBook) teach(c learner) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, err := b.read()
	if err != nil {
		return err
	}
	b.clients = append(b.clients, c)
	return c.Learn(l)
}

func (b *SiteBook) read() (site.Learned, error) {
	body, err := os.ReadFile(b.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return site.Learned{}, fmt.Errorf("read what was learned of the site: %w", err)
	}
	l, err := site.ParseLearned(body)
	if err != nil {
		return l, fmt.Errorf("%s: %w", b.path, err)
	}
	return l, nil
}

// SiteCalls lists the calls that are known, and those that were met of which
// nobody knows what they do.
func (b *SiteBook) SiteCalls(context.Context) ([]supplier.SiteCall, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, err := b.read()
	if err != nil {
		return nil, err
	}
	built, err := site.ParseProfile(configs.Profile)
	if err != nil {
		return nil, err
	}
	all := map[string]supplier.SiteCall{}
	for _, ac := range b.accounts {
		p, err := siteProfile(ac)
		if err == nil {
			p, err = p.With(l)
		}
		if err != nil {
			return nil, err
		}
		for _, c := range p.KnownCalls(built, l) {
			all[strings.ToLower(c.Name)] = c
		}
	}
	for _, c := range b.clients {
		for _, met := range c.UnknownCalls() {
			seen := all[strings.ToLower(met.Name)]
			seen.Name = met.Name
			seen.Passed, seen.Failed, seen.Why = seen.Passed+met.Passed, seen.Failed+met.Failed, cmp.Or(met.Why, seen.Why)
			all[strings.ToLower(met.Name)] = seen
		}
	}
	return slices.SortedFunc(maps.Values(all), func(a, b supplier.SiteCall) int {
		return cmp.Or(cmp.Compare(a.Is, b.Is), cmp.Compare(a.Name, b.Name))
	}), nil
}

// SetSiteCall notes what a call does, or forgets what was noted.
func (b *SiteBook) SetSiteCall(_ context.Context, in control.SiteCallSet, who string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, err := b.read()
	if err != nil {
		return err
	}
	l.Calls = maps.Clone(l.Calls)
	_, there := l.Calls[in.Name]
	switch {
	case in.Is == string(site.IsPreparation):
		return control.Invalid("a call is a preparation where a flow has shown it: set it read or write")
	case in.Is == "" && !there:
		return control.NotFound(fmt.Sprintf("nothing was learned of %s: see countermand site calls", in.Name))
	case in.Is == "":
		delete(l.Calls, in.Name)
	default:
		if l.Calls == nil {
			l.Calls = map[string]site.LearnedCall{}
		}
		l.Calls[in.Name] = site.LearnedCall{Is: site.CallIs(in.Is), Kind: site.Kind(in.Kind), Words: in.Words, By: who, At: b.now().UTC().Truncate(time.Second)}
	}
	for _, ac := range b.accounts {
		p, err := siteProfile(ac)
		if err != nil {
			return err
		}
		if _, err := p.With(l); err != nil {
			return control.Invalid(err.Error())
		}
	}
	return b.store(l)
}

// prepared notes calls that came before one which asked, in a flow that ended
// well. What somebody has said of a call stands.
func (b *SiteBook) prepared(names []string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, err := b.read()
	if err != nil {
		return err
	}
	l.Calls = maps.Clone(l.Calls)
	if l.Calls == nil {
		l.Calls = map[string]site.LearnedCall{}
	}
	for _, n := range names {
		if _, there := l.Calls[n]; !there {
			l.Calls[n] = site.LearnedCall{Is: site.IsPreparation, By: "countermand", At: b.now().UTC().Truncate(time.Second)}
		}
	}
	return b.store(l)
}

// store writes the book and lets the clients know. Needs mu.
func (b *SiteBook) store(l site.Learned) error {
	body, err := l.YAML()
	if err == nil {
		err = os.MkdirAll(filepath.Dir(b.path), 0o700)
	}
	if err == nil {
		err = renameio.WriteFile(b.path, body, 0o600)
	}
	if err != nil {
		return fmt.Errorf("store what was learned of the site: %w", err)
	}
	for _, c := range b.clients {
		err = errors.Join(err, c.Learn(l))
	}
	return err
}
