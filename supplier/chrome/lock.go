package chrome

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lockName is the file in the profile that says who owns it. Chromium's own
// lock is not enough: the headless shell has none, and a full one refuses to
// start after the host was renamed.
const lockName = "owner.lock"

// owner is what the lock file holds. Process ids come round again, so a
// browser is known by its id, its start time and its profile together.
type owner struct {
	Daemon  int `json:"daemon"`
	Browser int `json:"browser,omitempty"`
	// Started is the browser's start time in clock ticks since boot, as
	// /proc tells it.
	Started uint64 `json:"started,omitempty"`
	Profile string `json:"profile"`
	// Clean is set when the browser was stopped in good order.
	Clean bool `json:"clean,omitempty"`
}

// lock is a held profile.
type lock struct {
	f *os.File
	owner
	// wasClean tells how the browser before this one ended.
	wasClean bool
}

// takeProfile takes the lock, ends a browser that a dead daemon left running on
// this profile, and removes Chromium's own lock.
func takeProfile(ctx context.Context, profile string) (*lock, error) {
	f, err := os.OpenFile(filepath.Join(profile, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock browser profile %s: %w", profile, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		old := readOwner(f)
		f.Close()
		return nil, fmt.Errorf("%w: process %d uses %s: stop it first", ErrProfileInUse, old.Daemon, profile)
	}
	old := readOwner(f)
	l := &lock{f: f, owner: owner{Daemon: os.Getpid(), Profile: profile}, wasClean: old.Clean}
	if err := endLeftover(ctx, old, profile); err != nil {
		f.Close()
		return nil, err
	}
	if pid := livingOwner(profile); pid != 0 {
		f.Close()
		return nil, fmt.Errorf("%w: a browser that is not ours, process %d, uses %s: close it first", ErrProfileInUse, pid, profile)
	}
	if err := clearSingleton(profile); err != nil {
		f.Close()
		return nil, fmt.Errorf("take browser profile: %w", err)
	}
	return l, l.write()
}

// livingOwner gives the process that Chromium's own lock names, if it lives
// and has this profile on its command line; else 0. The host before the
// number does not count: it may have been renamed since.
func livingOwner(profile string) int {
	link, err := os.Readlink(filepath.Join(profile, "SingletonLock"))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(link[strings.LastIndexByte(link, '-')+1:])
	if err != nil || pid <= 1 || !hasProfile(pid, profile) {
		return 0
	}
	return pid
}

// clearSingleton removes Chromium's own lock, and the socket's directory
// under the temporary one, which a killed browser leaves behind.
func clearSingleton(profile string) error {
	socket, err := os.Readlink(filepath.Join(profile, "SingletonSocket"))
	if dir := filepath.Dir(socket); err == nil && filepath.IsAbs(dir) && strings.HasPrefix(filepath.Base(dir), "org.chromium.Chromium.") {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	for _, name := range []string{"SingletonLock", "SingletonSocket", "SingletonCookie"} {
		if err := os.Remove(filepath.Join(profile, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// browser records the process that was started on the profile.
func (l *lock) browser(pid int) error {
	started, err := startTime(pid)
	if err != nil {
		return fmt.Errorf("record browser process %d: %w", pid, err)
	}
	l.Browser, l.Started = pid, started
	return l.write()
}

// release lets the profile go, after the browser ended. clean says that the browser stopped in good
// order and wrote its session to disk.
func (l *lock) release(clean bool) error {
	l.Browser, l.Started, l.Clean = 0, 0, clean
	err := errors.Join(clearSingleton(l.Profile), l.write())
	return errors.Join(err, l.f.Close())
}

func (l *lock) write() error {
	b, err := json.Marshal(l.owner)
	if err == nil {
		err = l.f.Truncate(0)
	}
	if err == nil {
		_, err = l.f.WriteAt(b, 0)
	}
	if err != nil {
		return fmt.Errorf("write profile lock: %w", err)
	}
	return nil
}

// readOwner gives the zero owner where the file says nothing: it may have
// been cut off by a crash, and then there is nobody to end.
func readOwner(f *os.File) owner {
	var o owner
	b, err := os.ReadFile(f.Name())
	if err != nil || json.Unmarshal(b, &o) != nil {
		return owner{}
	}
	return o
}

// endLeftover kills the process group of the recorded browser, if it still
// is that browser.
func endLeftover(ctx context.Context, old owner, profile string) error {
	if old.Browser <= 1 || !isBrowserOf(old, profile) {
		return nil
	}
	pid := old.Browser
	if pgid, err := syscall.Getpgid(pid); err == nil && pgid == pid {
		pid = -pid
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("end the browser %d left on %s: %w", old.Browser, profile, err)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return poll(ctx, 10*time.Millisecond, func() (bool, error) { return !isBrowserOf(old, profile), nil })
}

// isBrowserOf tells whether the recorded process lives and is the browser of
// that profile: all three marks must agree.
func isBrowserOf(o owner, profile string) bool {
	started, err := startTime(o.Browser)
	return err == nil && started == o.Started && hasProfile(o.Browser, profile)
}

// hasProfile tells whether a process has the profile on its command line; one
// that ended has none.
func hasProfile(pid int, profile string) bool {
	cmdline, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return false
	}
	for arg := range bytes.SplitSeq(cmdline, []byte{0}) {
		if dir, ok := bytes.CutPrefix(arg, []byte("--user-data-dir=")); ok && filepath.Clean(string(dir)) == filepath.Clean(profile) {
			return true
		}
	}
	return false
}

// startTime reads field 22 of /proc/PID/stat. A zombie counts as gone.
func startTime(pid int) (uint64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is the name in brackets and may hold anything.
	_, rest, ok := strings.Cut(string(b[bytes.LastIndexByte(b, ')')+1:]), " ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 20 {
		return 0, fmt.Errorf("read /proc/%d/stat: unexpected content", pid)
	}
	if fields[0] == "Z" || fields[0] == "X" {
		return 0, os.ErrProcessDone
	}
	return strconv.ParseUint(fields[19], 10, 64)
}

// poll asks until the answer is yes or an error, at most until ctx ends.
func poll(ctx context.Context, every time.Duration, ask func() (bool, error)) error {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		ok, err := ask()
		if err != nil || ok {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-t.C:
		}
	}
}
