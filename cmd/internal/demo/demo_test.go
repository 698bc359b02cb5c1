package demo

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"countermand/cmd/internal/app"
	"countermand/supplier/aliexpresstest"
)

func TestStoriesFitTogether(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	var last time.Duration
	for _, s := range stories {
		if seen[s.order] || s.number != "" && seen[s.number] {
			t.Errorf("%s is told twice", s.order)
		}
		seen[s.order], seen[s.number] = true, true
		if s.after < last {
			t.Errorf("%s is told before the one above it", s.order)
		}
		last = s.after
		if (s.number == "") != (s.fate == nil) {
			t.Errorf("%s: an order needs a fate, and no order has none", s.order)
		}
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	good := ending{story{order: "#1", ends: "refunded"}, app.Change{}, ""}
	good.Case.Status = "refunded"
	bad := ending{story{order: "#2", ends: "disputable"}, app.Change{}, ""}
	if err := checkEndings([]ending{good}); err != nil {
		t.Error(err)
	}
	if err := checkEndings([]ending{good, bad}); !errors.Is(err, ErrEnds) || !strings.Contains(err.Error(), "#2") {
		t.Errorf("got %v, want #2 named", err)
	}
}

func TestJudgeWrites(t *testing.T) {
	t.Parallel()
	cancel := aliexpresstest.Write{Kind: aliexpresstest.WriteCancel, OrderID: "1", Trusted: true}
	other, faked := cancel, cancel
	other.OrderID = "2"
	faked.Trusted = false
	for name, c := range map[string]struct {
		writes []aliexpresstest.Write
		ok     bool
	}{
		"one each":    {[]aliexpresstest.Write{cancel, other}, true},
		"twice":       {[]aliexpresstest.Write{cancel, other, cancel}, false},
		"not trusted": {[]aliexpresstest.Write{faked}, false},
		"confirmed":   {[]aliexpresstest.Write{{Kind: aliexpresstest.WriteConfirmGoods, OrderID: "1", Trusted: true}}, false},
	} {
		if err := checkWrites(c.writes); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A killed demo leaves its folder; the next one clears it, and no other's.
func TestFolderOfAKilledDemo(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dead := filepath.Join(os.TempDir(), folderName+strconv.Itoa(1<<22+1)) // beyond the largest pid
	alive := filepath.Join(os.TempDir(), folderName+strconv.Itoa(os.Getppid()))
	for _, dir := range []string{dead, alive} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := folder(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dead); !os.IsNotExist(err) {
		t.Errorf("the dead demo's folder: %v", err)
	}
	if _, err := os.Stat(alive); err != nil {
		t.Errorf("the living demo's folder: %v", err)
	}
}

func TestLinesFitTheTerminal(t *testing.T) {
	t.Parallel()
	s := &show{o: Options{Width: 8}}
	if got := s.fit(s.paint(red, "abcdefghijkl")); !strings.Contains(got, "abcdefg") || strings.Contains(got, "h") || !strings.HasSuffix(got, "\x1b[0m…") {
		t.Errorf("got %q", got)
	}
	s.o.Width = 0
	if got := s.fit("abcdefghijkl"); got != "abcdefghijkl" {
		t.Errorf("got %q", got)
	}
}
