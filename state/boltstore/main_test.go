package boltstore

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"countermand/state"
)

// writerEnv names the database that a child process is to write to.
const writerEnv = "COUNTERMAND_TEST_WRITER"

func TestMain(m *testing.M) {
	if path := os.Getenv(writerEnv); path != "" {
		os.Exit(writeForEver(path))
	}
	if dir := os.Getenv(flipperEnv); dir != "" {
		os.Exit(flipForAWhile(dir))
	}
	if path := os.Getenv(cramperEnv); path != "" {
		os.Exit(cramped(path))
	}
	if os.Getenv("COUNTERMAND_TEST_ALL") == "" {
		if err := flag.Set("rapid.checks", "40"); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// writeForEver makes one Update after another and says so on stdout when it
// is done, until it is killed.
func writeForEver(path string) int {
	s, err := Open(path, Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for n := 0; ; n++ {
		name := fmt.Sprintf("%d-%d", os.Getpid(), n)
		err := s.Update(context.Background(), func(tx state.Tx) error { return writeStory(tx, name) })
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		if _, err := fmt.Println(name); err != nil {
			return 1
		}
	}
}

// writeStory stores records that belong together.
func writeStory(tx state.Tx, name string) error {
	_, err := tx.PutCase(testCase(name))
	_, err2 := tx.PutEffect(state.Effect{ID: name, Lane: "lane", NotBefore: day})
	return errors.Join(err, err2, tx.AddEntry(name, state.Entry{At: day, Detail: name}), tx.Stamp(day))
}

func testCase(id string) state.Case {
	return state.Case{ID: id, Shop: "s", ShopOrder: "#N-" + id, ShopOrderID: "o" + id, SupplierOrder: "8" + id, Account: "main", Status: state.Queued, OpenedAt: day, DueAt: day, Store: strings.Repeat("x", 500)}
}

var day = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func tempStore(t *testing.T, o Options) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "sub", "test.db"), o)
	noError(t, err)
	t.Cleanup(func() { noError(t, s.Close()) })
	return s
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func save(t *testing.T, s *Store, names ...string) {
	t.Helper()
	for _, name := range names {
		noError(t, s.Update(context.Background(), func(tx state.Tx) error { return writeStory(tx, name) }))
	}
}

// missing tells which parts of a story are not there.
func missing(t *testing.T, s *Store, name string) (parts []string) {
	t.Helper()
	noError(t, s.View(context.Background(), func(tx state.ReadTx) error {
		if _, err := tx.Case(name); err != nil {
			parts = append(parts, err.Error())
		}
		if _, err := tx.Effect(name); err != nil {
			parts = append(parts, err.Error())
		}
		if j, _ := tx.Journal(name); len(j) != 1 {
			parts = append(parts, fmt.Sprintf("journal of %s: %d entries", name, len(j)))
		}
		return nil
	}))
	return parts
}

func sound(t *testing.T, s *Store) {
	t.Helper()
	problems, err := s.Check(context.Background())
	noError(t, err)
	for _, p := range problems {
		t.Error(p)
	}
}

// TestKill kills a writing process without warning, several times on one
// database. Whatever it said was stored must be there, whole.
func TestKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	var acknowledged []string
	for round := range 5 {
		acknowledged = append(acknowledged, writeAndKill(t, path, 10+25*round)...)
		s, err := Open(path, Options{})
		noError(t, err)
		for _, name := range acknowledged {
			for _, m := range missing(t, s, name) {
				t.Error(m)
			}
		}
		sound(t, s)
		noError(t, s.Close())
	}
}

// writeAndKill returns all that the child acknowledged, at least n.
func writeAndKill(t *testing.T, path string, n int) (acknowledged []string) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), writerEnv+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	noError(t, err)
	noError(t, child.Start())
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if acknowledged = append(acknowledged, lines.Text()); len(acknowledged) == n {
			noError(t, child.Process.Kill())
		}
	}
	if err := child.Wait(); err == nil || len(acknowledged) < n {
		t.Fatalf("the writer ended by itself after %d of %d writes: %v", len(acknowledged), n, err)
	}
	return acknowledged
}

// TestInUse opens a file that another process writes to.
func TestInUse(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), writerEnv+"="+path)
	out, err := child.StdoutPipe()
	noError(t, err)
	noError(t, child.Start())
	defer child.Wait()
	defer child.Process.Kill()
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the writer wrote nothing")
	}
	go func() {
		for lines.Scan() { // a full pipe would stop it
		}
	}()
	for _, o := range []Options{{Timeout: time.Millisecond}, {Timeout: time.Millisecond, ReadOnly: true}} {
		_, err = Open(path, o)
		if !errors.Is(err, state.ErrInUse) || !strings.Contains(err.Error(), "control socket") {
			t.Errorf("got %v", err)
		}
	}
}
