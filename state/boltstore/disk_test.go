package boltstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"countermand/state"
)

// cramperEnv names the database that a child process is to write until
// nothing more fits.
const cramperEnv = "COUNTERMAND_TEST_CRAMPED"

// TestDiskFull fills a disk, as far as a process without rights can: its files
// may not grow beyond a limit. Root also fills a real one.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), cramperEnv+"="+filepath.Join(dir, "test.db"))
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if os.Geteuid() != 0 || syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m") != nil {
		return
	}
	t.Cleanup(func() { noError(t, syscall.Unmount(dir, 0)) })
	path := filepath.Join(dir, "test.db")
	ballast := filepath.Join(dir, "ballast")
	noError(t, os.WriteFile(ballast, make([]byte, 300<<10), 0o600))
	noError(t, fillAndGoOn(path, "the disk is full: make room in "+dir, func() error { return os.Remove(ballast) }))

	// A full disk from the start: a word about it, and no half-made database.
	noError(t, os.Remove(path))
	noError(t, fillUp(ballast))
	_, err := Open(path, Options{})
	if !errors.Is(err, state.ErrDisk) || !strings.Contains(err.Error(), "make room") {
		t.Errorf("opened on a full disk: %v", err)
	}
	noError(t, os.Remove(ballast))
	s, err := Open(path, Options{})
	noError(t, err)
	save(t, s, "a")

	// Mounted read-only under the daemon's feet is what a kernel does with a
	// broken disk.
	noError(t, s.Close())
	noError(t, syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	if _, err = Open(path, Options{}); !errors.Is(err, state.ErrDisk) || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("opened on a read-only disk: %v", err)
	}
}

// fillUp writes a file until the disk takes no more.
func fillUp(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if errors.Is(err, syscall.ENOSPC) {
		return nil
	}
	return err
}

// cramped is the child: its files may have half a megabyte.
func cramped(path string) int {
	signal.Ignore(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit)
	tight := limit
	tight.Cur = 512 << 10
	if err = errors.Join(err, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &tight)); err == nil {
		err = fillAndGoOn(path, "the file may not grow any more: raise the limit", func() error { return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit) })
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// fillAndGoOn writes until nothing fits, looks what the store says and holds,
// makes room and goes on in the same process.
func fillAndGoOn(path, want string, makeRoom func() error) (err error) {
	s, err := open(path, Options{InitialMmapSize: 1 << 16}, migrations)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	write := func(name string) error {
		return s.Update(context.Background(), func(tx state.Tx) error { return writeStory(tx, name) })
	}
	stored := 0
	for err = write("0"); err == nil && stored < 100000; err = write(fmt.Sprint(stored)) {
		stored++
	}
	tr := s.DiskError()
	if !errors.Is(err, state.ErrDisk) || tr == nil || tr.Broken || !strings.Contains(err.Error(), want) {
		return fmt.Errorf("after %d stories: %w, trouble %s; want %q", stored, err, fmt.Sprint(tr), want)
	}
	if err := makeRoom(); err != nil {
		return err
	}
	if err := write("after"); err != nil || s.DiskError() != nil {
		return fmt.Errorf("with room again: %w, trouble %s", err, fmt.Sprint(s.DiskError()))
	}
	problems, err := s.Check(context.Background())
	if err != nil || len(problems) > 0 {
		return fmt.Errorf("problems %q: %w", problems, err)
	}
	return s.View(context.Background(), func(tx state.ReadTx) error {
		if _, err := tx.Case(fmt.Sprint(stored)); !errors.Is(err, state.ErrNotFound) {
			return fmt.Errorf("%d was not acknowledged, and is there: %w", stored, err)
		}
		for n := range stored {
			if _, err := tx.Case(fmt.Sprint(n)); err != nil {
				return err
			}
		}
		_, err := tx.Case("after")
		return err
	})
}

func TestDiskErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	for _, w := range []struct {
		err    error
		want   string
		broken bool
	}{
		{&fs.PathError{Op: "write", Path: "p", Err: syscall.ENOSPC}, "the disk is full: make room in /d", false},
		{errors.New("file resize error: truncate p: no space left on device"), "the disk is full", false},
		{errors.New("file sync error: sync p: input/output error"), "replace the disk of /d", true},
		{syscall.EDQUOT, "quota", false},
		{fmt.Errorf("file resize error: %w", syscall.EFBIG), "file sizes", false},
		{&fs.PathError{Op: "open", Path: "p", Err: syscall.EROFS}, "mount /d writable", false},
		{syscall.EIO, "the disk is broken", true},
		{syscall.EACCES, "", false},
		{errors.New("no space left on device, said a page"), "", false},
		{nil, "", false},
	} {
		got := diskError("/d/x.db", w.err)
		if w.want == "" {
			if got != nil {
				t.Errorf("%v: %v", w.err, got)
			}
			continue
		}
		if got == nil || !strings.Contains(got.Error(), w.want) || got.Broken != w.broken || !errors.Is(got, state.ErrDisk) {
			t.Errorf("%v: %v", w.err, got)
		}
	}
}
