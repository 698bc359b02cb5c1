package upkeep

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Only what is old and led to by nobody goes; what may be a damaged case's, or
// has a name that was made safe, stays.
func TestEvidenceOfNoCaseIsDeleted(t *testing.T) {
	t.Parallel()
	r := newKeptRig(t)
	r.story("A-open", "#1", "81", -1)
	r.story("B-DAMAGE", "#2", "82", -1)
	r.damage("B-DAMAGE", "B-DAMAGF")
	dir := filepath.Join(r.o.DataDir, "evidence")
	old := time.Now().Add(-181 * day)
	for _, name := range []string{"C-gone/x.html", "C-gone/y.html", "D-young/x.html", "E-mixed/old.html", "E-mixed/young.html", "order-99/x.json", "order-/x.json", "a_b/x.html", "F-deep/sub/x.html"} {
		path := filepath.Join(dir, name)
		r.must(os.MkdirAll(filepath.Dir(path), 0o700))
		r.must(os.WriteFile(path, nil, 0o600))
	}
	r.must(os.MkdirAll(filepath.Join(dir, "G-empty"), 0o700))
	r.must(os.WriteFile(filepath.Join(dir, "a file"), nil, 0o600))
	r.must(filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err == nil && !strings.Contains(path, "young") && !strings.HasSuffix(path, "D-young/x.html") {
			err = os.Chtimes(path, old, old)
		}
		return err
	}))
	for range 2 {
		r.must(r.dropUnowned(t.Context()))
		r.wants("left", r.folders(), "A-open", "B-DAMAGE", "D-young", "E-mixed", "F-deep", "a file", "a_b", "order-81", "order-82")
	}
	files, err := os.ReadDir(filepath.Join(dir, "E-mixed"))
	r.must(err)
	if len(files) != 1 || files[0].Name() != "young.html" {
		t.Errorf("left of the mixed: %v", files)
	}
}
