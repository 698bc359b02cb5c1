package chrome

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A person's own Chromium has the profile open: its lock names a process
// that lives and has the profile on its command line.
func TestLockOfALivingBrowser(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", "read x", "chromium", "--user-data-dir="+dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	name := filepath.Join(dir, "SingletonLock")
	if err := os.Symlink(fmt.Sprintf("%s-%d", host, cmd.Process.Pid), name); err != nil {
		t.Fatal(err)
	}
	l, err := takeProfile(t.Context(), dir)
	if err == nil {
		_ = l.release(false)
	}
	if _, gone := os.Lstat(name); !errors.Is(err, ErrProfileInUse) || gone != nil {
		t.Errorf("the profile of a living browser (pid %d) was taken: %v; its lock: %v", cmd.Process.Pid, err, gone)
	}
}
