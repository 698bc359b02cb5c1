package chrome

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/chromedp/chromedp"
)

// places lists where the real binaries lie. The scripts of the same names in
// /usr/bin add flags of their own or leave the wrong process to be killed, so
// they come last.
var places = []string{
	"/usr/lib/chromium/chromium",
	"/usr/lib/chromium-browser/chromium-browser",
	"/opt/google/chrome/chrome",
	"/opt/chromium.org/chromium/chrome",
	"/usr/lib64/chromium-browser/chromium-browser",
	"/snap/chromium/current/usr/lib/chromium-browser/chrome",
	"google-chrome",
	"google-chrome-stable",
	"chromium",
	"chromium-browser",
}

// Find gives the path of the browser's binary: the configured one, else the
// first of the usual places. The error says what to install.
func Find(configured string) (string, error) {
	if configured != "" {
		p, err := exec.LookPath(configured)
		if err != nil {
			return "", fmt.Errorf("%w: browser.path is %q: %w; correct it, or leave it empty to search", ErrMissing, configured, err)
		}
		return p, nil
	}
	for _, p := range places {
		if found, err := exec.LookPath(p); err == nil {
			return found, nil
		}
	}
	return "", fmt.Errorf("%w: install it (apt-get install chromium), or set browser.path", ErrMissing)
}

// allocatorOptions builds the command line and the environment.
func (o Options) allocatorOptions(path string, flags []string, modify func(*exec.Cmd)) ([]chromedp.ExecAllocatorOption, error) {
	opts := append([]chromedp.ExecAllocatorOption(nil), chromedp.DefaultExecAllocatorOptions[:]...)
	opts = append(opts,
		chromedp.ExecPath(path),
		chromedp.UserDataDir(o.ProfileDir),
		chromedp.WindowSize(o.Width, o.Height),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true),
		// Shared memory in /tmp looks like a leak in a process that runs for
		// weeks; /dev/shm is only too small in some containers.
		chromedp.Flag("disable-dev-shm-usage", smallShm()),
		chromedp.Flag("no-sandbox", !o.sandboxed()),
		chromedp.Flag("lang", o.tag()),
		chromedp.Flag("accept-lang", o.tag()),
		chromedp.ModifyCmdFunc(modify),
		chromedp.NoInheritEnv,
		chromedp.Env(o.env()...),
	)
	if o.Visible {
		if o.Display == "" && os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
			return nil, errors.New("a visible browser needs a display: set DISPLAY (for example through Xvfb and VNC), or headless: true")
		}
		for _, f := range []string{"headless", "hide-scrollbars", "mute-audio"} {
			opts = append(opts, chromedp.Flag(f, false))
		}
	}
	for _, f := range append(flags, o.Flags...) {
		name, value, has := strings.Cut(f, "=")
		if has {
			opts = append(opts, chromedp.Flag(name, value))
		} else {
			opts = append(opts, chromedp.Flag(name, true))
		}
	}
	return opts, nil
}

// env is all that the browser sees of our environment: no token, no
// credential directory.
func (o Options) env() []string {
	env := []string{
		"HOME=" + o.ProfileDir,
		"PATH=/usr/local/bin:/usr/bin:/bin",
		"LANG=" + o.Language + ".UTF-8",
		"TZ=" + o.Timezone,
	}
	pass := []string{"TMPDIR"}
	if o.Visible {
		pass = append(pass, "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR")
	}
	for _, name := range pass {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	if o.Visible && o.Display != "" {
		env = append(env, "DISPLAY="+o.Display)
	}
	return append(env, o.ExtraEnv...)
}

// ownGroup puts the browser into a process group of its own, so that killing
// it takes its children along and nobody else's.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return killGroup(cmd.Process.Pid) }
}

// killGroup ends a process group that we started.
func killGroup(pid int) error {
	if pid <= 1 {
		return nil
	}
	err := syscall.Kill(-pid, syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// smallShm tells whether /dev/shm is too small for a browser.
func smallShm() bool {
	var st syscall.Statfs_t
	if err := syscall.Statfs("/dev/shm", &st); err != nil {
		return true
	}
	return st.Blocks*uint64(st.Bsize) < 256<<20
}

// prepareProfile creates the profile directory, for its owner only.
func (o Options) prepareProfile() error {
	if err := os.MkdirAll(filepath.Dir(o.ProfileDir), 0o755); err != nil {
		return fmt.Errorf("create browser profile: %w", err)
	}
	if err := os.MkdirAll(o.ProfileDir, 0o700); err != nil {
		return fmt.Errorf("create browser profile: %w", err)
	}
	return nil
}

// startProcess starts the browser and gives its root context. The context
// lives as long as the browser: it carries no deadline, because the first
// call on it binds the browser's life to it.
//
// A gate is shut before anything of the profile runs. held is to be closed
// after the start.
func (o Options) startProcess(ctx context.Context, g *gate) (root context.Context, end func(), held *heldPipe, err error) {
	path, err := Find(o.Path)
	if err != nil {
		return nil, nil, nil, err
	}
	var (
		flags  []string
		modify = ownGroup
	)
	held = &heldPipe{}
	if g != nil {
		if err := prepareForGate(o.ProfileDir); err != nil {
			return nil, nil, nil, err
		}
		flags = g.flags()
		modify = func(cmd *exec.Cmd) {
			ownGroup(cmd)
			if err := held.hold(cmd); err != nil {
				cmd.Err = err // so that it does not start
			}
		}
	}
	opts, err := o.allocatorOptions(path, flags, modify)
	if err != nil {
		return nil, nil, nil, err
	}
	life, kill := context.WithCancelCause(context.WithoutCancel(ctx))
	alloc, freeAlloc := chromedp.NewExecAllocator(life, opts...)
	root, free := chromedp.NewContext(alloc)
	end = sync.OnceFunc(func() { // chromedp's own may not be called twice
		kill(ErrGone)
		free()
		freeAlloc()
	})
	return root, end, held, nil
}
