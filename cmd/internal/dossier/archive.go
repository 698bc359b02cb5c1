// Package dossier packs the file of a case as a ZIP archive: a text for a
// person, the case and its journal as data and as tables, and every file of
// evidence that the journal names, held against its checksum.
package dossier

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"countermand/cmd/internal/plain"
	"countermand/state"
)

// Options say where the evidence is and who packs it.
type Options struct {
	DataDir string
	Version string
}

// Bundle is a case with all that its file is made of.
type Bundle struct {
	Case    state.Case
	Journal []state.Entry
	// Document is written as case.json.
	Document any
	// NextAction is what the operator is to do, empty for nothing.
	NextAction string
	// Zone is the operator's, Now the daemon's clock.
	Zone *time.Location
	Now  time.Time
}

// Packed is the result of packing. Missing and Changed name files and say
// what is wrong, one line each.
type Packed struct {
	Evidence         int
	Missing, Changed []string
}

// Pack makes the file of a case: README.txt for a person, case.json, the
// journal and the tracking as tables, every file of evidence that the journal
// names, and SHA256SUMS. Each file is held against the sum in the journal while
// it is packed. The same case at the same time gives the same archive.
func Pack(ctx context.Context, o Options, b Bundle, w io.Writer) (Packed, error) {
	p := &packer{z: zip.NewWriter(w), at: b.Now}
	if err := p.all(ctx, o, b); err != nil {
		return Packed{}, fmt.Errorf("pack case %s: %w", b.Case.ID, err)
	}
	return p.result(), nil
}

// pieceState is what became of one file of evidence.
type pieceState string

const (
	pieceWhole   pieceState = "whole"
	pieceMissing pieceState = "missing"
	pieceChanged pieceState = "changed"
)

// piece is one file of evidence that the journal names.
type piece struct {
	state.Entry        // that names it first
	name        string // below evidence/
	state       pieceState
	why         string
	size        int64
}

// label is what the picture or the answer shows, "before-submit".
func (p piece) label() string {
	m := pieceName.FindStringSubmatch(path.Base(p.name))
	if m == nil {
		return ""
	}
	return m[1]
}

func (p piece) ext() string { return strings.TrimPrefix(path.Ext(p.name), ".") }

var (
	pieceName = regexp.MustCompile(`^\d{8}T\d{6}Z-\d+-(.*)\.[^.]*$`)
	// safeName is what names in an archive and in SHA256SUMS may be made of.
	safeName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./-]*$`)
)

// packer fills an archive.
type packer struct {
	z      *zip.Writer
	at     time.Time
	root   *os.Root // nil: there is no evidence at all
	pieces []piece
	sums   bytes.Buffer
}

func (p *packer) all(ctx context.Context, o Options, b Bundle) error {
	for _, f := range []struct {
		name string
		make func(Bundle) ([]byte, error)
	}{{"case.json", caseJSON}, {"journal.csv", journalCSV}, {"tracking.csv", trackingCSV}} {
		body, err := f.make(b)
		if err == nil {
			err = p.add(f.name, body)
		}
		if err != nil {
			return err
		}
	}
	if err := p.evidence(ctx, filepath.Join(o.DataDir, "evidence"), b.Journal); err != nil {
		return err
	}
	if err := p.add("README.txt", []byte(readme{Bundle: b, pieces: p.pieces, version: o.Version}.text())); err != nil {
		return err
	}
	if err := p.put("SHA256SUMS", p.at, bytes.NewReader(p.sums.Bytes())); err != nil {
		return err
	}
	return p.z.Close()
}

// caseJSON prints the document as `cases show --json` does.
func caseJSON(b Bundle) ([]byte, error) {
	var out bytes.Buffer
	err := plain.JSON(&out, b.Document)
	return out.Bytes(), err
}

func (p *packer) add(name string, body []byte) error {
	p.sum(name, sha256.Sum256(body))
	return p.put(name, p.at, bytes.NewReader(body))
}

func (p *packer) sum(name string, sum [sha256.Size]byte) {
	fmt.Fprintf(&p.sums, "%x  %s\n", sum, name)
}

func (p *packer) put(name string, at time.Time, body io.Reader) error {
	h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at.UTC().Truncate(time.Second)}
	h.SetMode(0o600)
	w, err := p.z.CreateHeader(h)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, body)
	return err
}

// evidence packs what the journal names, in its order, each file once.
func (p *packer) evidence(ctx context.Context, dir string, journal []state.Entry) (err error) {
	p.root, err = os.OpenRoot(dir) // no link leads out of it
	switch {
	case err == nil:
		defer p.root.Close()
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	packed := map[string]string{}
	for _, e := range journal {
		for _, ref := range e.Evidence {
			if err := ctx.Err(); err != nil {
				return err
			}
			name, want, _ := strings.Cut(ref, "#sha256:")
			if got, done := packed[name]; done && got == want {
				continue
			} else if done {
				p.note(piece{Entry: e, name: name, state: pieceChanged, why: "the journal names it twice with different sums"})
				continue
			}
			packed[name] = want
			if err := p.piece(e, ref, name, want); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *packer) note(c piece) { p.pieces = append(p.pieces, c) }

// piece packs one file. What is wrong with it is noted; only an archive that
// cannot be written is an error.
func (p *packer) piece(e state.Entry, ref, name, want string) error {
	c := piece{Entry: e, name: name}
	f, why := p.open(name, want)
	if f == nil {
		c.state, c.why = pieceMissing, why
		if why == "" {
			c.why = "the journal's reference is not one: " + plain.Line(ref)
		}
		p.note(c)
		return nil
	}
	defer f.Close()
	in := &source{r: f, h: sha256.New()}
	if err := p.put("evidence/"+name, e.At, in); err != nil && in.err == nil {
		return err
	}
	sum := [sha256.Size]byte(in.h.Sum(nil))
	p.sum("evidence/"+name, sum)
	c.size = in.n
	switch {
	case in.err != nil:
		c.state, c.why = pieceChanged, "cannot be read to its end: "+reason(in.err)
	case hex.EncodeToString(sum[:]) != want:
		c.state, c.why = pieceChanged, "was changed since it was kept: its SHA-256 is not the journal's"
	default:
		c.state = pieceWhole
	}
	p.note(c)
	return nil
}

// open gives a file of evidence, or why there is none; "" for a reference that
// names no file.
func (p *packer) open(name, want string) (f *os.File, why string) {
	if !safeName.MatchString(name) || !filepath.IsLocal(name) || path.Clean(name) != name || len(want) != 2*sha256.Size {
		return nil, ""
	}
	if p.root == nil {
		return nil, "is not there any more"
	}
	f, err := p.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "is not there any more"
	}
	if err != nil {
		return nil, "cannot be read: " + reason(err)
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, "is not a plain file"
	}
	return f, ""
}

// reason leaves out the path that an error of a file begins with.
func reason(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return err.Error()
}

// source sums up what is read through it, and remembers its own errors, which
// are not those of the archive.
type source struct {
	r   io.Reader
	h   hash.Hash
	n   int64
	err error
}

// Read passes on what it sums up.
func (s *source) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	if s.n += int64(n); n > 0 {
		if _, err := s.h.Write(b[:n]); err != nil {
			return 0, err
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

func (p *packer) result() Packed {
	out := Packed{Missing: []string{}, Changed: []string{}}
	for _, c := range p.pieces {
		if c.size > 0 || c.state == pieceWhole {
			out.Evidence++
		}
		line := "evidence/" + plain.Line(c.name) + " " + c.why
		switch c.state {
		case pieceMissing:
			out.Missing = append(out.Missing, line)
		case pieceChanged:
			out.Changed = append(out.Changed, line)
		}
	}
	return out
}
