package upkeep

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"countermand/supplier"
)

var begin = time.Date(2026, time.March, 2, 8, 0, 0, 0, time.UTC)

func keep(t *testing.T, v *Evidence, e supplier.Evidence) string {
	t.Helper()
	ref, err := v.Keep(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// open finds a piece by its reference, as a person who checks the journal
// would.
func open(t *testing.T, v *Evidence, ref string) []byte {
	t.Helper()
	path, sum, ok := strings.Cut(ref, "#sha256:")
	if !ok || !filepath.IsLocal(path) {
		t.Fatalf("the reference %q names no file below the folder", ref)
	}
	body, err := os.ReadFile(filepath.Join(v.dir, path))
	if err != nil {
		t.Fatal(err)
	}
	if got := sha256.Sum256(body); hex.EncodeToString(got[:]) != sum {
		t.Errorf("%s has the sum %x", ref, got)
	}
	return body
}

func TestEvidenceIsKept(t *testing.T) {
	t.Parallel()
	v := NewEvidence(t.TempDir())
	e := supplier.Evidence{CaseID: "01JNQ5", Number: "8190000000000001", Name: "before-submit", Ext: "html", At: begin, Zone: "America/Los_Angeles", URL: "http://127.0.0.1:1/p", Body: []byte("<p>page</p>")}
	ref := keep(t, v, e)
	if !strings.HasPrefix(ref, "01JNQ5/20260302T080000Z-") || !strings.Contains(ref, "-before-submit.html#") || !bytes.Equal(open(t, v, ref), e.Body) {
		t.Errorf("kept as %q", ref)
	}
	line, err := os.ReadFile(filepath.Join(v.dir, "01JNQ5", "index.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := json.Unmarshal(line, &got); err != nil || got["ref"] != ref || got["url"] != e.URL || got["zone"] != e.Zone || got["supplier_order"] != e.Number || got["at"] != "2026-03-02T08:00:00Z" {
		t.Errorf("listed as %s: %v", line, err)
	}
	e.CaseID = ""
	if ref := keep(t, v, e); !strings.HasPrefix(ref, "order-8190000000000001/") {
		t.Errorf("without a case kept as %q", ref)
	}
	err = filepath.WalkDir(v.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %s", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// What was kept stays, also when the count begins anew within the same second.
func TestEvidenceIsNeverOverwritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	refs := map[string]string{}
	for _, body := range []string{"first", "after a restart", "after another"} {
		v := NewEvidence(dir)
		for range 3 {
			ref := keep(t, v, supplier.Evidence{CaseID: "01JNQ5", Name: "detail", Ext: "json", At: begin, Body: []byte(body)})
			if old, taken := refs[ref]; taken {
				t.Fatalf("%s was %q and is kept again", ref, old)
			}
			refs[ref] = body
		}
	}
	for ref, want := range refs {
		if got := string(open(t, NewEvidence(dir), ref)); got != want {
			t.Errorf("%s holds %q, want %q", ref, got, want)
		}
	}
}

// Names may come from pages: none leads out of the folder.
func TestEvidenceWithHostileNames(t *testing.T) {
	t.Parallel()
	outer := t.TempDir()
	v := NewEvidence(outer)
	for _, name := range []string{"../../outside", "/etc/passwd", "..", ".", "a/b", `a\b`, "a\x00b", "index.jsonl", "-rf", "naïve ☃", "", "a\nb"} {
		for _, e := range []supplier.Evidence{{CaseID: name, Name: "n", Ext: "png"}, {Number: name, Name: "n", Ext: "png"}, {CaseID: "c", Name: name, Ext: "png"}, {CaseID: "c", Name: "n", Ext: name}} {
			e.At, e.Body = begin, []byte(name)
			if got := string(open(t, v, keep(t, v, e))); got != name {
				t.Errorf("%q holds %q", name, got)
			}
		}
	}
	entries, err := os.ReadDir(outer)
	if err != nil || len(entries) != 1 {
		t.Errorf("outside of the folder: %v %v", entries, err)
	}
}

func TestEvidenceTellsWhatFailed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "evidence"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	e := supplier.Evidence{CaseID: "c", Name: "before-submit", Ext: "png", At: begin}
	if ref, err := NewEvidence(dir).Keep(t.Context(), e); err == nil || ref != "" || !strings.Contains(err.Error(), "before-submit") {
		t.Errorf("kept in a file as %q: %v", ref, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if ref, err := NewEvidence(t.TempDir()).Keep(ctx, e); err == nil || ref != "" {
		t.Errorf("kept after the end as %q", ref)
	}
}

// On a full disk no half of a piece is left.
func TestEvidenceOnAFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if os.Geteuid() != 0 || syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k") != nil {
		return // only root can make a small disk
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	path := filepath.Join(dir, "piece.png")
	if err := write(path, make([]byte, 1<<20)); err == nil {
		t.Error("a megabyte went into 64 kB")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}
