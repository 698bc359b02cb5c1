package boltstore_test

import (
	"testing"

	"countermand/state/statetest"
)

func TestConform(t *testing.T) {
	t.Parallel()
	statetest.Conform(t, func(t *testing.T) statetest.Backend { return statetest.Bolt(t.TempDir()) })
}
