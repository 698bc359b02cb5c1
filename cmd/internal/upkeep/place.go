package upkeep

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"countermand/state"
)

// markPlace keeps the key of the alert that asks about the data folder's former
// place, as long as nobody has answered.
const markPlace = "upkeep/place"

// containers are the files by which a container is known. Its machine id is the
// image's or made at each start, and names no machine.
var containers = []string{".dockerenv", "run/.containerenv", "run/systemd/container"}

// MachineID is a name of the machine whose root is given, empty where it has
// none. The id itself is not to be told (man 5 machine-id), so it is hashed.
func MachineID(root string) string {
	for _, name := range containers {
		if _, err := os.Stat(filepath.Join(root, name)); err == nil {
			return ""
		}
	}
	body, err := os.ReadFile(filepath.Join(root, "etc/machine-id"))
	id := strings.TrimSpace(string(body))
	if raw, bad := hex.DecodeString(id); err != nil || bad != nil || len(raw) != 16 {
		return "" // before the first boot it says "uninitialized"
	}
	sum := sha256.Sum256([]byte("countermand " + id))
	return hex.EncodeToString(sum[:8])
}

// countOn makes every copy of the database that was made before be known as
// older, also one that is put back by hand. A copy is good without it: on a full
// disk it must be had all the same.
func (u *Upkeep) countOn(ctx context.Context) {
	if err := u.o.Store.Advance(ctx); err != nil {
		u.o.Log.Warn().Err(err).Msg("a backup that is put back by hand before the next start will not be known as one")
	}
}

// PlaceWait tells whether new requests wait for an answer about the data
// folder's former place.
func (u *Upkeep) PlaceWait() (w state.Wait, waits bool) {
	if u.o.Store.Place().Asked == 0 {
		return w, false
	}
	return state.Wait{Code: state.WaitPlace, Text: "the data folder was copied or moved here: see that countermand is switched off at the old place, then run countermand claim"}, true
}

// TellPlace asks once whether the data folder's former place is out of use, and
// takes back a question that no longer stands.
func (u *Upkeep) TellPlace(ctx context.Context) error {
	p := u.o.Store.Place()
	key := ""
	if p.Asked != 0 {
		key = fmt.Sprintf("place/%d", p.Asked)
	}
	told, err := state.Get(ctx, u.o.Store, func(tx state.ReadTx) (string, error) { return tx.Value(markPlace) })
	if err != nil || told == key {
		return err
	}
	if told != "" {
		if err := u.Resolve(ctx, told, "The data folder is back at its place."); err != nil {
			return err
		}
	}
	if key != "" {
		if err := u.Raise(ctx, u.placeAlert(key)); err != nil {
			return err
		}
	}
	return u.putValue(ctx, markPlace, key)
}

func (u *Upkeep) placeAlert(key string) state.Alert {
	p := u.o.Store.Place()
	from := "from another folder, or another file took its place"
	if here := MachineID("/"); p.Was.Machine != "" && here != "" && p.Was.Machine != here {
		from = "from another machine"
	}
	if p.Was.Inode == 0 {
		from = "from where is not known, because " + filepath.Base(DatabasePath(u.o.DataDir)) + ".place is missing beside the database"
	}
	return state.Alert{
		Key: key, Kind: string(state.WaitPlace), Page: true,
		Title: "the data folder was copied or moved: is the old one still in use?",
		Text: fmt.Sprintf("%s came here %s. Two daemons on copies of one folder would ask suppliers for the same orders, so nothing new is asked; orders are read and deadlines watched. See that countermand is switched off at the old place (systemctl disable --now countermand), then run here: countermand claim",
			u.o.DataDir, from),
	}
}

// Claim stores that this data folder is the only one in use. claimed is false
// where nobody had asked.
func (u *Upkeep) Claim(ctx context.Context, who string) (claimed bool, err error) {
	claimed = u.o.Store.Place().Asked != 0
	if claimed {
		if err := u.o.Store.Claim(); err != nil {
			return false, err
		}
		u.o.Log.Info().Str("by", who).Msg("the data folder was claimed: new requests go on")
	}
	told, err := state.Get(ctx, u.o.Store, func(tx state.ReadTx) (string, error) { return tx.Value(markPlace) })
	if err != nil || told == "" {
		return claimed, err
	}
	if err := u.Resolve(ctx, told, "Claimed by "+who+": this data folder is the only one in use."); err != nil {
		return claimed, err
	}
	return claimed, u.putValue(ctx, markPlace, "")
}

// Resolve ends an alert; those who were called hear what became of it.
func (u *Upkeep) Resolve(ctx context.Context, key, became string) error {
	err := u.o.Store.Update(ctx, func(tx state.Tx) error {
		a, err := tx.AlertByKey(key)
		if errors.Is(err, state.ErrNotFound) || errors.Is(err, state.ErrCorrupt) || err == nil && !a.ResolvedAt.IsZero() {
			return nil
		}
		if err != nil {
			return err
		}
		a.ResolvedAt, a.Text = u.o.Now().UTC(), became
		if a.Page && a.Deliveries > 0 {
			a.NextAt = a.ResolvedAt
		}
		_, err = tx.PutAlert(a)
		return err
	})
	if err != nil {
		return fmt.Errorf("resolve alert %s: %w", key, err)
	}
	u.o.Nudge()
	return nil
}
