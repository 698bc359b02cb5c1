package upkeep

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sync/atomic"
	"time"

	"countermand/supplier"
)

// Evidence stores screenshots, pages and answers as files: one folder for each
// case, the newest last by name. The reference that a journal carries holds the
// file's SHA-256.
type Evidence struct {
	dir string
	seq atomic.Uint64
}

// NewEvidence stores evidence in a data_dir.
func NewEvidence(dataDir string) *Evidence {
	return &Evidence{dir: filepath.Join(dataDir, "evidence")}
}

var unsafeName = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// Keep writes one file and gives back its reference, "CASE/FILE#sha256:…".
func (v *Evidence) Keep(ctx context.Context, e supplier.Evidence) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("keep evidence %s: %w", e.Name, err)
	}
	folder := unsafeName.ReplaceAllString(e.CaseID, "_")
	if folder == "" {
		folder = "order-" + unsafeName.ReplaceAllString(e.Number, "_")
	}
	if err := os.MkdirAll(filepath.Join(v.dir, folder), 0o700); err != nil {
		return "", fmt.Errorf("keep evidence %s: %w", e.Name, err)
	}
	name, err := v.store(folder, e)
	if err != nil {
		return "", fmt.Errorf("keep evidence %s: %w", e.Name, err)
	}
	sum := sha256.Sum256(e.Body)
	ref := folder + "/" + name + "#sha256:" + hex.EncodeToString(sum[:])
	return ref, v.index(folder, name, ref, e)
}

// store writes the piece under a name that is free: after a restart the count
// begins anew, and a rehearsal's clock may show a second twice.
func (v *Evidence) store(folder string, e supplier.Evidence) (name string, err error) {
	for range 1000 {
		name = fmt.Sprintf("%s-%06d-%s.%s", e.At.UTC().Format("20060102T150405Z"), v.seq.Add(1), unsafeName.ReplaceAllString(e.Name, "_"), unsafeName.ReplaceAllString(e.Ext, "_"))
		if err = write(filepath.Join(v.dir, folder, name), e.Body); !errors.Is(err, fs.ErrExist) {
			return name, err
		}
	}
	return name, err
}

// index adds a line to the folder's list: where the piece came from and when,
// which the file itself does not tell.
func (v *Evidence) index(folder, name, ref string, e supplier.Evidence) error {
	line, err := json.Marshal(struct {
		File   string    `json:"file"`
		Ref    string    `json:"ref"`
		Name   string    `json:"name"`
		Number string    `json:"supplier_order,omitempty"`
		At     time.Time `json:"at"`
		Zone   string    `json:"zone,omitempty"`
		URL    string    `json:"url,omitempty"`
	}{name, ref, e.Name, e.Number, e.At.UTC(), e.Zone, e.URL})
	if err != nil {
		return fmt.Errorf("list evidence %s: %w", e.Name, err)
	}
	f, err := os.OpenFile(filepath.Join(v.dir, folder, "index.jsonl"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("list evidence %s: %w", e.Name, err)
	}
	info, err := f.Stat()
	if err == nil {
		if _, err = f.Write(append(line, '\n')); err != nil {
			err = errors.Join(err, f.Truncate(info.Size())) // half a line would spoil the next
		}
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("list evidence %s: %w", e.Name, err)
	}
	return nil
}

// write stores a new file durably and never over an old one. On a full disk
// nothing is left: half a page would be taken for a whole one.
func write(path string, body []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}
