package chrome

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestUnfitBrowserIsRestarted shows each reason for a restart between pieces
// of work, and that a fit one is left alone.
func TestUnfitBrowserIsRestarted(t *testing.T) {
	t.Parallel()
	b := testBrowser(t, func(o *Options) { o.HealthTimeout = time.Second; o.StopTimeout = time.Second; o.RestartAfter = 5 })
	ctx := t.Context()
	if why, err := b.Fit(ctx); why != "" || err != nil {
		t.Errorf("nothing runs: %q, %v", why, err)
	}
	if used, err := b.Memory(); used != 0 || err != nil {
		t.Errorf("memory of nothing: %d, %v", used, err)
	}
	restarted := func(t *testing.T, want string) {
		t.Helper()
		pid := b.PID()
		why, err := b.Fit(ctx)
		if err != nil || !strings.Contains(why, want) || b.PID() != 0 {
			t.Errorf("fit: %q, %v, pid %d; want %q", why, err, b.PID(), want)
		}
		eventually(t, "processes left", func() bool { return groupAlive(t, pid) == 0 })
	}

	load(t, testTab(t, b), site(t))
	used, err := b.Memory()
	if err != nil || used < 50<<20 || used > 4<<30 {
		t.Errorf("memory: %d MiB, %v", used>>20, err)
	}
	if why, err := b.Fit(ctx); why != "" || err != nil || b.PID() == 0 {
		t.Errorf("fit browser: %q, %v", why, err)
	}
	b.opts.MemoryLimit = used / 4
	restarted(t, "the limit is")
	b.opts.MemoryLimit = 0

	if err := b.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(b.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	restarted(t, "did not answer twice")

	if err := b.Start(ctx); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if why, err := b.Fit(ctx); why != "" || err != nil {
			t.Fatalf("still fit: %q, %v", why, err)
		}
	}
	restarted(t, "5 pieces of work")
}

// TestHangingRenderer leaves the browser well and one page dead.
func TestHangingRenderer(t *testing.T) {
	t.Parallel()
	b := testBrowser(t, func(o *Options) { o.HealthTimeout = time.Second })
	tab := testTab(t, b)
	load(t, tab, site(t))
	if err := tab.Health(t.Context()); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := tab.eval(ctx, "hang", "for(;;);", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("endless script: %v", err)
	}
	if err := tab.Health(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("health of a hanging page: %v", err)
	}
	if err := b.Health(t.Context()); err != nil {
		t.Errorf("health of its browser: %v", err)
	}
	tab.Close()
	load(t, testTab(t, b), site(t))
}

const fieldsHTML = `<!DOCTYPE html><title>fields</title><textarea id=box></textarea><input id=short maxlength=3><div id=rich contenteditable></div>
<input id=files type=file multiple><pre id=log></pre><div id=chat style="position:fixed;inset:0;display:none"><p class=in>Hi</p></div>
<ul><li><a href="/a?id=1">one</a><b>x</b></li><li><a href="/a?id=2">two</a></li></ul>
<script>
 box.addEventListener('input', e => log.textContent += 'typed:' + e.isTrusted + ';');
 box.addEventListener('keydown', e => log.textContent += 'key;');
 files.addEventListener('change', e => log.textContent += [...e.target.files].map(f => f.name + ':' + f.size).join());
</script>`

func fieldsTakeText(t *testing.T, tab *Tab, url string) {
	ctx := t.Context()
	load(t, tab, url+"/fields")
	const text = "Dear seller,\n请取消订单。"
	if err := tab.Insert(ctx, query(t, tab, "#box"), text); !errors.Is(err, ErrNotTaken) {
		t.Errorf("without the focus: %v", err)
	}
	for _, sel := range []string{"#box", "#rich"} {
		box := query(t, tab, sel)
		if err := tab.Click(ctx, box, nil); err != nil {
			t.Fatal(err)
		}
		if err := tab.Insert(ctx, box, text[:12]); err != nil {
			t.Errorf("%s: %v", sel, err)
		}
	}
	if v, err := tab.Value(ctx, query(t, tab, "#box")); err != nil || v != "Dear seller," {
		t.Errorf("value %q, %v", v, err)
	}
	evalOn(t, tab, "box.value = ''")
	if err := tab.Click(ctx, query(t, tab, "#box"), nil); err != nil {
		t.Fatal(err)
	}
	if err := tab.Insert(ctx, query(t, tab, "#box"), text); err != nil {
		t.Error(err)
	}
	if err := tab.Click(ctx, query(t, tab, "#short"), nil); err != nil {
		t.Fatal(err)
	}
	if err := tab.Insert(ctx, query(t, tab, "#short"), "too long"); !errors.Is(err, ErrNotTaken) {
		t.Errorf("a field that cuts: %v", err)
	}
	file := filepath.Join(t.TempDir(), "proof.png")
	if err := os.WriteFile(file, []byte("four"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := tab.Attach(ctx, query(t, tab, "#files"), file); err != nil {
		t.Error(err)
	}
	eventually(t, "the page sees the file", func() bool {
		log := query(t, tab, "#log").Text
		return strings.Contains(log, "proof.png:4") && strings.Contains(log, "typed:true") && !strings.Contains(log, "key")
	})
}

func coversAreNamed(t *testing.T, tab *Tab, url string) {
	ctx := t.Context()
	load(t, tab, url+"/fields")
	box := query(t, tab, "#box")
	if by, which, err := tab.Cover(ctx, box, "#chat"); by != "" || which != -1 || err != nil {
		t.Errorf("nothing covers: %q, %d, %v", by, which, err)
	}
	evalOn(t, tab, "chat.style.display = 'block'")
	if by, which, err := tab.Cover(ctx, box, ".none", "#chat"); by == "" || which != 1 || err != nil {
		t.Errorf("a known cover: %q, %d, %v", by, which, err)
	}
	if by, which, err := tab.Cover(ctx, box); by == "" || which != -1 || err != nil {
		t.Errorf("an unknown cover: %q, %d, %v", by, which, err)
	}
	v, err := tab.Look(ctx, map[string]Query{"items": {Selectors: []string{"li"}, Parts: map[string][]string{"link": {".none", "a"}, "bold": {"b"}}}})
	if err != nil || len(v.Found["items"]) != 2 {
		t.Fatalf("items %+v, %v", v.Found, err)
	}
	first, second := v.Found["items"][0].Parts, v.Found["items"][1].Parts
	if first["link"][0].Href != url+"/a?id=1" || first["bold"][0].Text != "x" || second["link"][0].Text != "two" || len(second["bold"]) != 0 {
		t.Errorf("parts %+v, %+v", first, second)
	}
}

// display starts an X server on a free display; "" where none is installed.
func display(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("Xvfb")
	if err != nil {
		return ""
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-displayfd", "3", "-screen", "0", "1400x1500x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{w}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := errors.Join(cmd.Start(), w.Close()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait(); r.Close() })
	var n int
	if _, err := fmt.Fscan(r, &n); err != nil {
		t.Fatalf("Xvfb names no display: %v", err)
	}
	return fmt.Sprintf(":%d", n)
}

// TestVisible opens a window. Where no X server is installed it shows only
// that a window without a display is refused.
func TestVisible(t *testing.T) {
	t.Parallel()
	o := Options{ProfileDir: filepath.Join(t.TempDir(), "p"), Visible: true, Display: ":0"}
	o, err := o.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(o.env(), "DISPLAY=:0") {
		t.Errorf("environment %v", o.env())
	}
	d := display(t)
	if d == "" {
		return
	}
	b := testBrowser(t, func(o *Options) { o.Visible = true; o.Display = d })
	tab := testTab(t, b)
	load(t, tab, site(t))
	if err := tab.Click(t.Context(), query(t, tab, "#go"), nil); err != nil {
		t.Fatal(err)
	}
	if log := query(t, tab, "#log").Text; log != "go:true;" {
		t.Errorf("the page recorded %q", log)
	}
	cmdline, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", b.PID()))
	if err != nil || strings.Contains(string(cmdline), "--headless") {
		t.Errorf("not visible: %q, %v", cmdline, err)
	}
}
