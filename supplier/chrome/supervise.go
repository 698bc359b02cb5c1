package chrome

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Fit gets the browser ready for the next piece of work: one that serves too
// long, holds too much memory or does not answer twice running is stopped,
// with all its tabs, and starts anew when it is needed. why says so, for the
// log; "" where nothing was done. It is called between pieces of work only.
func (b *Browser) Fit(ctx context.Context) (why string, err error) {
	b.mu.Lock()
	p := b.cur
	if p != nil {
		p.served++
	}
	b.mu.Unlock()
	if p == nil {
		return "", nil
	}
	if why = b.unfit(ctx, p); why == "" {
		return "", nil
	}
	if ctx.Err() != nil {
		return "", context.Cause(ctx) // it was us who had no time
	}
	if err := b.Stop(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return why, fmt.Errorf("restart browser (%s): %w", why, err)
	}
	return why, nil
}

func (b *Browser) unfit(ctx context.Context, p *process) string {
	b.mu.Lock()
	served := p.served
	b.mu.Unlock()
	if served > b.opts.RestartAfter {
		return fmt.Sprintf("it served %d pieces of work", served-1)
	}
	if limit := b.opts.MemoryLimit; limit > 0 && p.pid != 0 {
		// Unknown use is no reason to end a browser that works.
		if used, err := groupMemory(p.pid); err == nil && used > limit {
			return fmt.Sprintf("it holds %d MiB, the limit is %d MiB", used>>20, limit>>20)
		}
	}
	var err error
	for range 2 {
		if err = b.Health(ctx); err == nil || errors.Is(err, ErrGone) {
			return "" // one that is gone starts anew by itself
		}
	}
	return fmt.Sprintf("it did not answer twice: %v", err)
}

// Memory is what the browser's processes hold, in bytes, pages that they
// share counted once; 0 where none of ours runs.
func (b *Browser) Memory() (int64, error) {
	pid := b.PID()
	if pid == 0 {
		return 0, nil
	}
	return groupMemory(pid)
}

// groupMemory sums the proportional set sizes of a process group. Where the
// system does not tell those, resident sizes count, which is more.
func groupMemory(pgid int) (int64, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, fmt.Errorf("measure browser's memory: %w", err)
	}
	var sum int64
	found := false
	for _, name := range stats {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue // ended meanwhile
		}
		fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		if len(fields) < 22 || string(fields[2]) != strconv.Itoa(pgid) {
			continue
		}
		found = true
		size, ok := proportional(filepath.Dir(name))
		if !ok {
			pages, _ := strconv.ParseInt(string(fields[21]), 10, 64)
			size = pages * int64(os.Getpagesize())
		}
		sum += size
	}
	if !found {
		return 0, fmt.Errorf("measure browser's memory: no process of group %d", pgid)
	}
	return sum, nil
}

func proportional(dir string) (int64, bool) {
	rollup, err := os.ReadFile(filepath.Join(dir, "smaps_rollup"))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(rollup)) {
		if kb, ok := strings.CutPrefix(line, "Pss:"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kb), "kB")), 10, 64)
			return n << 10, err == nil
		}
	}
	return 0, false
}

// Health asks the page for a sign of life within HealthTimeout: a page that
// hangs takes no other call either, while its browser is well.
func (t *Tab) Health(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, t.b.opts.HealthTimeout)
	defer cancel()
	return t.eval(ctx, "ask page for its health", "1", nil)
}
