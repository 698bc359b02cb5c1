package upkeep

import (
	"os"
	"path/filepath"
	"testing"

	"countermand/state"
	"countermand/state/boltstore"
)

func TestMachineID(t *testing.T) {
	t.Parallel()
	const id = "0123456789abcdef0123456789abcdef"
	at := func(files map[string]string) string {
		root := t.TempDir()
		for name, text := range files {
			path := filepath.Join(root, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return MachineID(root)
	}
	one, other := at(map[string]string{"etc/machine-id": id + "\n"}), at(map[string]string{"etc/machine-id": "f" + id[1:]})
	if one == "" || other == "" || one == other || one == id[:16] {
		t.Errorf("two machines are %q and %q", one, other)
	}
	for name, files := range map[string]map[string]string{
		"none":              {},
		"empty":             {"etc/machine-id": ""},
		"before first boot": {"etc/machine-id": "uninitialized\n"},
		"docker":            {"etc/machine-id": id, ".dockerenv": ""},
		"podman":            {"etc/machine-id": id, "run/.containerenv": ""},
		"nspawn":            {"etc/machine-id": id, "run/systemd/container": "systemd-nspawn"},
	} {
		if got := at(files); got != "" {
			t.Errorf("%s: the machine is %q", name, got)
		}
	}
}

// reopen is the next start of a daemon on the folder, by its machine.
func (r *keptRig) reopen(machine string) {
	r.Helper()
	r.must(r.o.Store.Close())
	var err error
	r.o.Store, err = boltstore.Open(DatabasePath(r.o.DataDir), boltstore.Options{InitialMmapSize: 1 << 20, Now: r.o.Now, Place: &boltstore.PlaceOptions{Machine: machine}})
	r.must(err)
	r.must(r.TellPlace(r.Context()))
}

func (r *keptRig) placeAlerts() (open, all int) {
	r.Helper()
	r.must(r.o.Store.View(r.Context(), func(tx state.ReadTx) error {
		alerts, _, err := tx.Alerts(state.Page{})
		for _, a := range alerts {
			if a.Kind != string(state.WaitPlace) {
				continue
			}
			if !a.Page {
				r.Errorf("not a page: %+v", a)
			}
			if all++; a.ResolvedAt.IsZero() {
				open++
			}
		}
		return err
	}))
	return open, all
}

// TestPlaceIsAskedAboutOnce: one alert, however often the daemon starts, until
// somebody claims the folder or it is back at its place.
func TestPlaceIsAskedAboutOnce(t *testing.T) {
	t.Parallel()
	r := newKeptRig(t)
	wants := func(what string, open, all int, waits bool) {
		t.Helper()
		o, a := r.placeAlerts()
		if _, w := r.PlaceWait(); o != open || a != all || w != waits {
			t.Errorf("%s: %d of %d alerts open, waits %v", what, o, a, w)
		}
	}
	r.reopen("a")
	wants("the upgrade", 0, 0, false)
	if claimed, err := r.Claim(t.Context(), "anna"); err != nil || claimed {
		t.Errorf("claimed unasked: %v %v", claimed, err)
	}
	for range 2 {
		r.reopen("b")
		wants("on another machine", 1, 1, true)
	}
	r.reopen("a")
	wants("back again", 0, 1, false)
	r.reopen("b")
	wants("on the other machine again", 1, 2, true)
	if claimed, err := r.Claim(t.Context(), "anna"); err != nil || !claimed {
		t.Errorf("claimed: %v %v", claimed, err)
	}
	wants("claimed", 0, 2, false)
	r.reopen("b")
	wants("after the claim", 0, 2, false)
}

// TestBackupPutBackByHandIsARestore: the nightly copy of one life of the daemon
// is older than what the same life does afterwards.
func TestBackupPutBackByHandIsARestore(t *testing.T) {
	t.Parallel()
	r := newKeptRig(t)
	r.reopen("a")
	path, err := r.copyDaily(t.Context())
	r.must(err)
	body, err := os.ReadFile(path)
	r.must(err)
	r.must(r.o.Store.Close())
	r.must(os.WriteFile(DatabasePath(r.o.DataDir), body, 0o600))
	r.o.Store, err = boltstore.Open(DatabasePath(r.o.DataDir), boltstore.Options{Place: &boltstore.PlaceOptions{Machine: "a"}})
	r.must(err)
	if p := r.o.Store.Place(); !p.Restored || p.Asked != 0 {
		t.Errorf("%+v", p)
	}
}
