package site

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"countermand/supplier"
)

// Learned is what people have said of the site, beside the profile.
type Learned struct {
	// Calls by name, as in Gate.
	Calls map[string]LearnedCall `yaml:"calls"`
}

// LearnedCall is a call of which a person said what it does.
type LearnedCall struct {
	Is CallIs `yaml:"is"`
	// Kind is what a write does.
	Kind Kind `yaml:"kind,omitempty"`
	// Words of operations that a read carries all the same.
	Words []string  `yaml:"words,omitempty"`
	By    string    `yaml:"by,omitempty"`
	At    time.Time `yaml:"at,omitempty"`
}

// CallIs is what a call does.
type CallIs string

// What calls do.
const (
	IsRead    CallIs = "read"
	IsWrite   CallIs = "write"
	IsSession CallIs = "session"
	// IsPreparation comes before a call that asks, and asks nothing: learned
	// from flows that ended well.
	IsPreparation CallIs = "preparation"
)

// ParseLearned reads what was learned; nothing reads as nothing.
func ParseLearned(body []byte) (Learned, error) {
	var l Learned
	if len(bytes.TrimSpace(body)) == 0 {
		return l, nil
	}
	if err := yaml.NewDecoder(bytes.NewReader(body), yaml.Strict()).Decode(&l); err != nil {
		return Learned{}, fmt.Errorf("read what was learned of the site: %w", err)
	}
	return l, nil
}

// YAML gives what was learned as it is stored.
func (l Learned) YAML() ([]byte, error) {
	out, err := yaml.Marshal(l)
	if err != nil {
		return nil, fmt.Errorf("write what was learned of the site: %w", err)
	}
	return out, nil
}

// With adds what was learned to a profile. What the profile says of a call
// stands; nothing learned makes a read of a call that writes, or lets an
// operation out that is never done.
func (p Profile) With(l Learned) (Profile, error) {
	p.Gate.Reads, p.Gate.Writes, p.Gate.Preparations = maps.Clone(p.Gate.Reads), maps.Clone(p.Gate.Writes), slices.Clone(p.Gate.Preparations)
	if p.Gate.Reads == nil {
		p.Gate.Reads = map[string][]string{}
	}
	if p.Gate.Writes == nil {
		p.Gate.Writes = map[string]WriteCall{}
	}
	for _, name := range slices.Sorted(maps.Keys(l.Calls)) {
		c := l.Calls[name]
		_, reads := p.readWords(name)
		w, writes := p.writeCall(name)
		switch {
		case c.Is == IsRead && writes:
			return p, fmt.Errorf("%s is known as a call that writes (%s): that cannot be taken back", name, w.Kind)
		case c.Is == IsWrite && reads:
			return p, fmt.Errorf("%s is known as a call that reads: take it out of the site profile first", name)
		case reads || writes:
		case c.Is == IsRead:
			p.Gate.Reads[name] = c.Words
		case c.Is == IsWrite:
			p.Gate.Writes[name] = WriteCall{Kind: cmp.Or(c.Kind, KindCancel)}
		case c.Is == IsPreparation:
			p.Gate.Preparations = append(p.Gate.Preparations, name)
		default:
			return p, fmt.Errorf("%s: %q is neither read, write nor preparation", name, c.Is)
		}
	}
	if err := p.Validate(); err != nil {
		return p, fmt.Errorf("check what was learned of the site: %w", err)
	}
	return p, nil
}

// KnownCalls lists the calls and documents that the profile knows, by name.
// built and learned tell where an entry comes from.
func (p Profile) KnownCalls(built Profile, l Learned) []supplier.SiteCall {
	var out []supplier.SiteCall
	from := func(name string, inBuilt bool) string {
		switch {
		case inBuilt:
			return "built-in"
		case has(maps.Keys(l.Calls), name):
			return "learned"
		}
		return "own file"
	}
	for name, words := range p.Gate.Reads {
		_, in := built.readWords(name)
		out = append(out, supplier.SiteCall{Name: name, Is: string(IsRead), Words: words, From: from(name, in)})
	}
	for _, name := range p.ownReads() {
		if name == "" || slices.ContainsFunc(out, func(c supplier.SiteCall) bool { return strings.EqualFold(c.Name, name) }) {
			continue
		}
		_, in := built.readWords(name)
		out = append(out, supplier.SiteCall{Name: name, Is: string(IsRead), From: from(name, in)})
	}
	for name, w := range p.Gate.Writes {
		_, in := built.writeCall(name)
		out = append(out, supplier.SiteCall{Name: name, Is: string(IsWrite), Kind: string(w.Kind), From: from(name, in)})
	}
	out = append(out, supplier.SiteCall{Name: builtInOperation, Is: string(IsWrite), Kind: string(KindCancel), From: "built-in"})
	for _, name := range p.Gate.Preparations {
		out = append(out, supplier.SiteCall{Name: name, Is: string(IsPreparation), From: from(name, slices.Contains(built.Gate.Preparations, name))})
	}
	for _, name := range p.Gate.Session.Calls {
		out = append(out, supplier.SiteCall{Name: name, Is: string(IsSession), From: from(name, slices.Contains(built.Gate.Session.Calls, name))})
	}
	slices.SortFunc(out, func(a, b supplier.SiteCall) int { return cmp.Or(cmp.Compare(a.Is, b.Is), cmp.Compare(a.Name, b.Name)) })
	return out
}

func has(names func(func(string) bool), name string) bool {
	for n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}
