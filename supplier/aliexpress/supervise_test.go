package aliexpress

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/supplier/aliexpresstest"
)

// groupAlive counts the living processes of a process group.
func groupAlive(t *testing.T, pgid int) int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, name := range stats {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // ended meanwhile
		}
		f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		if f[2] == fmt.Sprint(pgid) && f[0] != "Z" && f[0] != "X" {
			n++
		}
	}
	return n
}

// TestBrowserDiesInTheMiddle kills or stops Chromium at each step of a
// cancel: the attempt ends in time with what is true, the next call works,
// and nothing is left behind.
func TestBrowserDiesInTheMiddle(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	r := newRig(t, func(o *Options) {
		o.StepTimeout, o.FinalTimeout = 3*time.Second, 30*time.Second
		o.Chrome.StopTimeout, o.Chrome.HealthTimeout, o.Chrome.ActionTimeout = time.Second, time.Second, 6*time.Second
		o.Chrome.ExtraEnv = []string{"TMPDIR=" + tmp}
	})
	var pids []int
	strike := func(signal syscall.Signal) func() {
		return func() {
			pid := r.client.b.PID()
			pids = append(pids, pid)
			if err := syscall.Kill(pid, signal); err != nil {
				t.Errorf("strike: %v", err)
			}
		}
	}
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGSTOP} {
		for _, at := range []string{aliexpresstest.PageDetail, aliexpresstest.CallDetail, aliexpresstest.PageCancel, aliexpresstest.CallReasons, "mark", aliexpresstest.CallOperation} {
			core := signal == syscall.SIGSTOP && at == "mark" || signal == syscall.SIGKILL && at == aliexpresstest.CallReasons
			if !core && !everything() {
				continue
			}
			t.Run(fmt.Sprintf("%s at %s", signal, at), func(t *testing.T) { r.strikeAt(t, at, strike(signal)) })
		}
	}
	if err := r.client.Close(t.Context()); err != nil {
		t.Error(err)
	}
	for _, pid := range pids {
		if n := groupAlive(t, pid); n > 0 {
			t.Errorf("%d processes of the group %d are left", n, pid)
		}
	}
	left, err := filepath.Glob(filepath.Join(tmp, "*hrom*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left in the temporary folder: %v, %v", left, err)
	}
}

func (r *rig) strikeAt(t *testing.T, at string, strike func()) {
	number, marks := r.order(t, nil), 0
	struck := false
	once := func() {
		if !struck {
			struck = true
			strike()
		}
	}
	req := request(number, &marks)
	req.Dispatch = func(context.Context) error {
		marks++
		if at == "mark" {
			once()
		}
		return nil
	}
	if err := r.client.Probe(t.Context()); err != nil {
		t.Fatalf("before: %v", err)
	}
	r.site.OnRequest(func(kind, _ string) {
		if kind == at {
			once()
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	got, err := r.client.Cancel(ctx, req)
	r.site.OnRequest(nil)
	if !struck {
		t.Fatal("the step was not reached")
	}
	switch {
	case ctx.Err() != nil:
		t.Error("it did not end in time")
	case marks == 0 && supplier.KindOf(err) != supplier.Browser:
		t.Errorf("before the mark: %+v, %v", got, err)
	case marks == 1 && got.NothingLeft && err == nil && got.Outcome == state.AskFailed && len(r.writes(number)) == 0:
	case marks == 1 && (err != nil || got.Outcome != state.AskPending && got.Outcome != state.AskUnclear):
		t.Errorf("after the mark: %+v, %v", got, err)
	}
	writes := len(r.writes(number))
	if marks == 0 && writes > 0 || writes > 1 {
		t.Errorf("%d writes", writes)
	}
	// The next attempts read first, and ask only what was not asked.
	got, err = r.client.Cancel(t.Context(), request(number, new(int)))
	if err != nil || got.Outcome != state.AskPending {
		t.Errorf("the next call: %+v, %v", got, err)
	}
	r.wantWrites(t, number, aliexpresstest.WriteCancel)
}

// TestBrowserRestartsAfterSomeTasks starts anew between pieces of work, and keeps the session.
func TestBrowserRestartsAfterSomeTasks(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.Chrome.RestartAfter = 2; o.Chrome.MemoryLimit = 64 << 30 })
	number := r.order(t, nil)
	var pids []int
	for range 3 {
		if _, err := r.client.Read(t.Context(), number, false); err != nil {
			t.Fatal(err)
		}
		pids = append(pids, r.client.b.PID())
	}
	if pids[0] != pids[1] || pids[1] == pids[2] {
		t.Errorf("process ids %v, want a new one for the third piece of work", pids)
	}
	if used, err := r.client.b.Memory(); err != nil || used < 50<<20 {
		t.Errorf("memory %d, %v", used, err)
	}
}

// TestHangingPageIsThrownAway leaves the browser well and its page dead.
func TestHangingPageIsThrownAway(t *testing.T) {
	if !everything() {
		return // that the whole browser hangs is the everyday row above
	}
	t.Parallel()
	r := newRig(t, func(o *Options) {
		o.StepTimeout = 3 * time.Second
		o.Chrome.HealthTimeout = time.Second
		o.Chrome.ActionTimeout = 5 * time.Second
	})
	number := r.order(t, nil)
	if err := r.client.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	pid := r.client.b.PID()
	renderers := rendererPIDs(t, pid)
	for _, p := range renderers {
		if err := syscall.Kill(p, syscall.SIGSTOP); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Fatal(err)
		}
	}
	if _, err := r.client.Read(t.Context(), number, false); supplier.KindOf(err) != supplier.Browser {
		t.Errorf("read on a dead page: %v", err)
	}
	// A new page may need one of the processes that hang, too: then the whole
	// browser goes, and the call after that works.
	_, err := r.client.Read(t.Context(), number, false)
	if supplier.KindOf(err) == supplier.Browser {
		_, err = r.client.Read(t.Context(), number, false)
	}
	if err != nil {
		t.Errorf("the next call: %v", err)
	}
	for _, p := range renderers {
		_ = syscall.Kill(p, syscall.SIGCONT) // those that still are
	}
}

// rendererPIDs gives the pages' processes of a browser.
func rendererPIDs(t *testing.T, pgid int) []int {
	t.Helper()
	names, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var out []int
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(b), "--type=renderer") {
			continue
		}
		var pid int
		if _, err := fmt.Sscanf(name, "/proc/%d/cmdline", &pid); err != nil {
			t.Fatal(err)
		}
		if g, err := syscall.Getpgid(pid); err == nil && g == pgid {
			out = append(out, pid)
		}
	}
	return out
}
