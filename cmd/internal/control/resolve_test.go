package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"countermand/state"
	"countermand/state/statetest"
)

// unlisted is a daemon that has too many cases to list them.
type unlisted struct{ *daemon }

func (unlisted) Cases(context.Context, Filter) ([]state.Case, error) {
	return nil, errors.New("all cases were asked for")
}

func TestCaseIsFoundWithoutListingAll(t *testing.T) {
	t.Parallel()
	d, _ := start(t, caseOf("01JAAA1", "#AB-1042", "8190000000000001", state.Requested), caseOf("01JB", "#1043", "", state.Unmapped))
	for _, ref := range []string{"01JAAA1", "01ja", "#AB-1042", "ab-1042", "8190000000000001"} {
		c, journal, err := findCase(t.Context(), unlisted{d}, ref)
		if err != nil || c.ID != "01JAAA1" || len(journal) != 1 {
			t.Errorf("%q: got %q, %v", ref, c.ID, err)
		}
	}
	_, _, err := findCase(t.Context(), unlisted{d}, "nobody")
	codeIs(t, err, http.StatusNotFound)
}

// many are cases of one shop order.
func many(n int) (out []state.Case) {
	for i := range n {
		out = append(out, caseOf(fmt.Sprintf("01J%04d", i), "#7", "", state.Unmapped))
	}
	return out
}

func TestAmbiguityIsCountedTruthfully(t *testing.T) {
	t.Parallel()
	for n, want := range map[int][2]string{
		6:             {"#7 may be 6 cases, give an id: 01J0005 ", "unmapped)"},
		8:             {"#7 may be 8 cases, give an id: 01J0007 ", "; and 2 more"},
		counted:       {"#7 may be 100 cases, give an id: 01J0099 ", "; and 94 more"},
		counted + 1:   {"#7 may be more than 100 cases, give an id: 01J0100 ", "; and at least 95 more"},
		counted + 150: {"#7 may be more than 100 cases, give an id: 01J0249 ", "; and at least 95 more"},
	} {
		_, cl := start(t, many(n)...)
		_, err := cl.Case(t.Context(), "#7")
		codeIs(t, err, http.StatusConflict)
		if err == nil || !strings.HasPrefix(err.Error(), want[0]) || !strings.HasSuffix(err.Error(), want[1]) || strings.Count(err.Error(), "(mystore") != shown {
			t.Errorf("%d: %v", n, err)
		}
	}
}

// TestDamagedCaseIsNoGuess: a reference that may mean a case that nobody can
// read is refused, also where only one other fits.
func TestDamagedCaseIsNoGuess(t *testing.T) {
	t.Parallel()
	b := statetest.Bolt(t.TempDir())
	s, err := b.Open()
	check(t, err)
	bad := caseOf("01JB", "#7", "8190000000000002", state.Held)
	bad.Store = "DAMAGE-HERE"
	check(t, s.Update(t.Context(), func(tx state.Tx) error {
		for _, c := range []state.Case{caseOf("01JA", "#7", "8190000000000001", state.Held), bad, caseOf("02", "#8", "", state.Unmapped)} {
			if _, err := tx.PutCase(c); err != nil {
				return err
			}
		}
		return nil
	}))
	check(t, s.Close())
	check(t, b.Damage(bad.Store))
	s, err = b.Open()
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	d := &daemon{Reader: Reader{Store: s, Clock: func() time.Time { return now }}}
	for range 2 { // where it was, then in quarantine
		for ref, want := range map[string]string{
			"#7": "give an id: 01JA (mystore #7, 8190000000000001, held) (", "01J": "give an id: 01JA (", "8190000000000002": "none that can be read has it (",
		} {
			_, _, err := findCase(t.Context(), d, ref)
			codeIs(t, err, http.StatusConflict)
			if err == nil || !strings.HasPrefix(err.Error(), ref+" may be a case whose record is damaged; "+want) || !strings.Contains(err.Error(), "01JB: record damaged") {
				t.Errorf("%s: %v", ref, err)
			}
		}
		for ref, want := range map[string]string{"01JA": "01JA", "8190000000000001": "01JA", "8": "02"} {
			if c, _, err := findCase(t.Context(), d, ref); err != nil || c.ID != want {
				t.Errorf("%s: got %q, %v", ref, c.ID, err)
			}
		}
	}
}
