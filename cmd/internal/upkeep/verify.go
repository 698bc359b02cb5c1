package upkeep

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"countermand/configs"
	"countermand/state"
)

// VerifyOptions say what is checked.
type VerifyOptions struct {
	// File is the database or the backup.
	File string
	// DataDir is where the evidence is; empty: it is not looked at.
	DataDir string
	// Retention says whose evidence may be gone.
	Retention configs.Retention
	// Progress hears how many files of evidence were read; may be nil.
	Progress func(done, total int)
}

const partDatabase = "database"

// Problem is one thing that is wrong. Part is "database", "quarantine" or
// "evidence".
type Problem struct {
	Part string `json:"part"`
	Text string `json:"text"`
}

// Verified is the document of `verify --json`.
type Verified struct {
	File  string `json:"file"`
	OK    bool   `json:"ok"`
	Cases int    `json:"cases"`
	// Evidence counts the files that were read; Deleted the references whose
	// files retention took.
	Evidence int `json:"evidence"`
	Deleted  int `json:"deleted"`
	// EvidenceChecked is false where there was no way to.
	EvidenceChecked bool      `json:"evidence_checked"`
	Problems        []Problem `json:"problems"`
	// Acknowledged are quarantined records whose alert a person acknowledged:
	// they stay where they are and are no problem any more.
	Acknowledged []Problem `json:"acknowledged,omitempty"`
}

// Sound tells whether the database itself is in order, apart from quarantine and
// evidence.
func (v *Verified) Sound() bool {
	return !slices.ContainsFunc(v.Problems, func(p Problem) bool { return p.Part == partDatabase })
}

func (v *Verified) add(part, format string, args ...any) {
	v.Problems = append(v.Problems, Problem{part, fmt.Sprintf(format, args...)})
}

// Verify checks a database that nobody writes to: pages, records, indexes,
// quarantine, and every file of evidence against the hash that the journal
// names.
func Verify(ctx context.Context, o VerifyOptions) (Verified, error) {
	v := Verified{File: o.File, Problems: []Problem{}}
	refs, err := v.database(ctx, o)
	if err != nil {
		return v, err
	}
	if v.EvidenceChecked = refs != nil; v.EvidenceChecked {
		if err := v.evidence(ctx, o, refs); err != nil {
			return v, err
		}
	}
	v.OK = len(v.Problems) == 0
	return v, nil
}

// reference is one file that a case's journal names.
type reference struct{ caseID, text string }

// database lets go of the file before any evidence is read: a daemon may want
// to start. The references are nil where they cannot be told.
func (v *Verified) database(ctx context.Context, o VerifyOptions) (refs []reference, err error) {
	problems, err := checkFile(ctx, o.File, func(tx state.ReadTx) error {
		err := v.quarantine(tx)
		if err == nil && o.DataDir != "" {
			refs, err = v.references(ctx, tx, o.Retention)
		}
		return err
	})
	for i, p := range problems { // before what stands in quarantine
		v.Problems = slices.Insert(v.Problems, i, Problem{partDatabase, p})
	}
	return refs, err
}

func (v *Verified) quarantine(tx state.ReadTx) error {
	for q, err := range state.All(tx.Quarantine) {
		if err != nil {
			return err
		}
		p := Problem{"quarantine", fmt.Sprintf("%s %s was set aside on %s: %s", q.Bucket, q.Key, q.At.UTC().Format(time.DateOnly), q.Why)}
		known, err := acknowledged(tx, q)
		switch {
		case err != nil:
			return err
		case known:
			v.Acknowledged = append(v.Acknowledged, p)
		default:
			v.Problems = append(v.Problems, p)
		}
	}
	return nil
}

// acknowledged tells whether a person has seen to a quarantined record. An
// alert that is gone was acknowledged: retention takes no other.
func acknowledged(tx state.ReadTx, q state.Quarantined) (bool, error) {
	told, err := tx.Value(markTold)
	if err != nil && !errors.Is(err, state.ErrCorrupt) {
		return false, err
	}
	if last, err := strconv.ParseUint(told, 10, 64); err != nil || q.Seq == 0 || q.Seq > last {
		return false, nil // nobody was told
	}
	a, err := tx.AlertByKey(quarantineAlert(q).Key)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return true, nil
	case errors.Is(err, state.ErrCorrupt):
		return false, nil
	}
	return !a.AckedAt.IsZero(), err
}

// references lists what must be there. Evidence of a case that ended long
// enough ago may be gone at any moment, in a backup also without a mark.
func (v *Verified) references(ctx context.Context, tx state.ReadTx, keep configs.Retention) ([]reference, error) {
	gone, err := readTimeValue(tx, markEvidence)
	if err != nil {
		return nil, err
	}
	newest, err := tx.NewestTime()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	if newest.After(now) { // a rehearsal's
		now = newest
	}
	if old := now.Add(-min(keep.Evidence, keep.Cases)); old.After(gone) {
		gone = old
	}
	refs := []reference{}
	for c, err := range state.All(tx.Cases) {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return nil, err
		}
		v.Cases++
		entries, err := tx.Journal(c.ID)
		if err != nil {
			return nil, err
		}
		retired := c.Status.Ended() && !c.EndedAt.After(gone)
		for _, e := range entries {
			for _, text := range e.Evidence {
				if retired {
					v.Deleted++
					continue
				}
				refs = append(refs, reference{c.ID, text})
			}
		}
	}
	return refs, nil
}

// evidence reads every file once.
func (v *Verified) evidence(ctx context.Context, o VerifyOptions, refs []reference) error {
	seen := map[string]bool{}
	for i, r := range refs {
		if err := ctx.Err(); err != nil {
			return err
		}
		if o.Progress != nil {
			o.Progress(i, len(refs))
		}
		if seen[r.text] {
			continue
		}
		seen[r.text] = true
		v.Evidence++
		if why := checkReference(filepath.Join(o.DataDir, "evidence"), r.text); why != "" {
			v.add("evidence", "case %s: %s", r.caseID, why)
		}
	}
	if o.Progress != nil {
		o.Progress(len(refs), len(refs))
	}
	return nil
}

// checkReference tells what is wrong with the file behind "CASE/FILE#sha256:…",
// nothing if it is what it was.
func checkReference(dir, ref string) string {
	name, want, ok := strings.Cut(ref, "#sha256:")
	if !ok || !filepath.IsLocal(name) {
		return fmt.Sprintf("the reference %q is not one", ref)
	}
	f, err := os.Open(filepath.Join(dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return name + " is missing"
	}
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err.Error()
	}
	if hex.EncodeToString(h.Sum(nil)) != want {
		return name + " was changed since it was kept"
	}
	return ""
}
