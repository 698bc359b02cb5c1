package control

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countermand/state"
)

// packingDaemon packs two words.
type packingDaemon struct {
	*daemon
	packed Packed
	broken error
	got    Bundle
}

func (d *packingDaemon) Export(_ context.Context, b Bundle, w io.Writer) (Packed, error) {
	d.got = b
	_, err := io.WriteString(w, "an archive")
	return d.packed, errors.Join(err, d.broken)
}

func startPacking(t *testing.T) (*packingDaemon, *Client) {
	t.Helper()
	inner, _ := start(t, caseOf("01J1", "#1042", "8190000000000001", state.Disputable), caseOf("01J2", "#1043", "", state.Unmapped), caseOf("01J3", "#1043", "", state.Unmapped))
	d := &packingDaemon{daemon: inner}
	path := socketPath(t)
	serve(t, Options{Path: path, Backend: d})
	return d, NewClient(path)
}

func TestExportIsStreamed(t *testing.T) {
	t.Parallel()
	d, cl := startPacking(t)
	d.packed = Packed{Evidence: 3, MissingCount: 1, ChangedCount: 1, Missing: []string{"evidence/a is not there"}, Changed: []string{"evidence/b ☃ was changed"}}
	var out bytes.Buffer
	p, err := cl.Export(t.Context(), "#1042", "Europe/Berlin", &out)
	check(t, err)
	if diff := cmp.Diff(d.packed, p); diff != "" || out.String() != "an archive" {
		t.Errorf("%q %s", out.String(), diff)
	}
	shown, err := cl.Case(t.Context(), "01J1")
	check(t, err)
	if diff := cmp.Diff(shown, d.got.Doc); diff != "" || d.got.Case.ID != "01J1" || d.got.Zone.String() != "Europe/Berlin" || !d.got.Now.Equal(d.Now()) || shown.NextAction == "" {
		t.Errorf("%+v %s", d.got, diff)
	}
	if _, err := cl.Export(t.Context(), "1042", "-03:30", io.Discard); err != nil || now.In(d.got.Zone).Format("15:04") != "08:30" {
		t.Errorf("an offset: %v %v", d.got.Zone, err)
	}
}

// Whatever is wrong with thousands of files, the trailer has room for it.
func TestExportTellsOfMany(t *testing.T) {
	t.Parallel()
	d, cl := startPacking(t)
	line := "evidence/" + strings.Repeat("x", 90) + " is not there any more"
	for range 5000 {
		d.packed.Missing = append(d.packed.Missing, line)
	}
	d.packed.MissingCount, d.packed.ChangedCount, d.packed.Changed = 5000, 1, []string{"evidence/b was changed"}
	p, err := cl.Export(t.Context(), "01J1", "UTC", io.Discard)
	check(t, err)
	if p.MissingCount != 5000 || len(p.Changed) != 1 || len(p.Missing) == 0 || len(p.Missing) > 40 {
		t.Errorf("%d %d %v", p.MissingCount, len(p.Missing), p.Changed)
	}
}

// An archive that breaks off is never taken for a whole one.
func TestExportThatBreaksOff(t *testing.T) {
	t.Parallel()
	d, cl := startPacking(t)
	d.broken = errors.New("the disk is gone")
	if _, err := cl.Export(t.Context(), "01J1", "UTC", io.Discard); err == nil || errors.Is(err, ErrUnreachable) {
		t.Errorf("half an archive: %v", err)
	}
}

func TestExportRefused(t *testing.T) {
	t.Parallel()
	_, cl := startPacking(t)
	for name, w := range map[string]struct {
		ref, zone string
		code      int
	}{
		"no such case":   {"999", "UTC", 404},
		"two cases":      {"1043", "UTC", 409},
		"no such zone":   {"1042", "Mars/Olympus", 400},
		"a path as zone": {"1042", "../../etc/passwd", 400},
	} {
		var out bytes.Buffer
		_, err := cl.Export(t.Context(), w.ref, w.zone, &out)
		if codeIs(t, err, w.code); out.Len() > 0 {
			t.Errorf("%s: %q", name, out.String())
		}
	}
	_, plain := start(t)
	_, err := plain.Export(t.Context(), "1042", "UTC", io.Discard)
	codeIs(t, err, 404)
}
