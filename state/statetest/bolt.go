package statetest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"countermand/state"
	"countermand/state/boltstore"
)

// Bolt is the boltstore in a folder as a Backend.
func Bolt(dir string) Backend { return bolt(filepath.Join(dir, "countermand.db")) }

type bolt string

// Open opens the file.
func (b bolt) Open() (state.Store, error) { return boltstore.Open(string(b), boltstore.Options{}) }

// Damage flips a bit of the record that holds the marker.
func (b bolt) Damage(marker string) error {
	raw, err := os.ReadFile(string(b))
	if err != nil {
		return err
	}
	if !bytes.Contains(raw, []byte(marker)) {
		return fmt.Errorf("damage %s: no record of %s holds it", marker, b)
	}
	other := []byte(marker)
	other[0] ^= 1
	return os.WriteFile(string(b), bytes.ReplaceAll(raw, []byte(marker), other), 0o600)
}
