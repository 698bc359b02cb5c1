package boltstore

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"

	"countermand/state"
)

// diskErrors are what a disk says that takes nothing, and what helps. bbolt
// keeps the text of some errors only.
var diskErrors = []struct {
	errno syscall.Errno
	what  string
	todo  string
}{
	{syscall.ENOSPC, "the disk is full", "make room in %s"},
	{syscall.EDQUOT, "the disk quota is used up", "make room in %s or raise the quota"},
	{syscall.EFBIG, "the file may not grow any more", "raise the limit of file sizes for the files in %s"},
	{syscall.EROFS, "the disk is read-only", "see the kernel's log for why, and mount %s writable"},
	{syscall.EIO, "the disk is broken", "see the kernel's log; replace the disk of %s and restore the last backup"},
}

// DiskError is the error of a disk that cannot be written to.
type DiskError struct {
	// Broken: the disk failed in a way that leaves in doubt what is on it.
	// Only a new start finds out; the others pass by themselves.
	Broken bool
	text   string
	err    error
}

// Error says what is wrong and what helps, in one line.
func (t *DiskError) Error() string { return t.text }

// Unwrap gives state.ErrDisk and the disk's own error.
func (t *DiskError) Unwrap() []error { return []error{state.ErrDisk, t.err} }

// diskError finds a disk's error in that of a commit, nil for any other.
func diskError(path string, err error) *DiskError {
	for _, d := range diskErrors {
		if errors.Is(err, d.errno) || err != nil && strings.HasSuffix(err.Error(), ": "+d.errno.Error()) {
			text := fmt.Sprintf("%s: %s (%v)", d.what, fmt.Sprintf(d.todo, filepath.Dir(path)), err)
			return &DiskError{Broken: d.errno == syscall.EIO, text: text, err: err}
		}
	}
	return nil
}

// DiskError tells why the last Update could not be stored, nil when it was.
func (s *Store) DiskError() *DiskError { return s.trouble.Load() }

// noteCommit notes how a commit ended, for DiskError.
func (s *Store) noteCommit(err error) error {
	if err == nil {
		s.trouble.Store(nil)
		return nil
	}
	if t := diskError(s.path, err); t != nil {
		s.trouble.Store(t)
		return fmt.Errorf("write %s: %w", s.path, t)
	}
	return fmt.Errorf("write %s: %w", s.path, err)
}
