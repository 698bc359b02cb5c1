package chrome

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"countermand/supplier/chrome/proxy"
)

// Sandbox says whether Chromium's own sandbox is used.
type Sandbox string

// The sandbox settings. Auto is on, except as root, where Chromium refuses to
// start with it.
const (
	SandboxAuto Sandbox = "auto"
	SandboxOn   Sandbox = "on"
	SandboxOff  Sandbox = "off"
)

// Options of a browser. Only ProfileDir (or RemoteURL) is needed.
type Options struct {
	// Path of the binary; empty: the usual places.
	Path string
	// ProfileDir is the user data directory. It is created with mode 0700.
	ProfileDir string
	// CookieFile keeps the session over a kill; default: ProfileDir with
	// ".cookies.json" added, beside the profile.
	CookieFile string
	// RemoteURL attaches to a browser that already runs (its debugging
	// address); then no process is started, owned or ended.
	RemoteURL string
	// Visible opens a window, for a person to sign in. Needs a display.
	Visible bool
	Sandbox Sandbox
	// Flags are more switches, "name" or "name=value", with or without
	// dashes.
	Flags []string
	// Timezone is the IANA zone that pages are to show times in; default UTC.
	Timezone string
	// Language as in "en_US"; default en_US.
	Language string
	// Width and Height of the window in pixels; default 1366 × 1400, tall
	// so that sticky headers do not cover what is scrolled to the middle.
	Width, Height int
	// ExtraEnv is added to the browser's environment, which holds nothing of
	// ours otherwise.
	ExtraEnv []string
	// Display is the X display of a visible browser, such as ":99"; default:
	// ours.
	Display string
	// RestartAfter is how many tabs and pieces of work (Fit) one process
	// serves; default 100.
	RestartAfter int
	// MemoryLimit is how many bytes the browser's processes may hold between
	// pieces of work (Fit); 0: as many as they like.
	MemoryLimit int64

	// Gate judges every request before it leaves; see GatePolicy. All traffic
	// then goes through a proxy of ours, and what cannot be judged is shut.
	// Without a policy nothing is held. A browser at RemoteURL must have been
	// started behind the proxy (Proxy.Addr, with a fixed port), else ErrOutside.
	Gate GatePolicy
	// Proxy says how the gate's proxy listens and leads out; its Private lets
	// pages reach loopback.
	Proxy proxy.Options
	// Report is told, from any goroutine, what went wrong at the gate; nil:
	// nobody is.
	Report func(error)
	times  gateTimes

	StartTimeout  time.Duration // default 20 s
	StopTimeout   time.Duration // default 10 s, then the process is killed
	HealthTimeout time.Duration // default 5 s
	ActionTimeout time.Duration // default 30 s, for calls without a deadline
}

func (o Options) withDefaults() (Options, error) {
	if o.ProfileDir == "" && o.RemoteURL == "" {
		return o, errors.New("browser options: a profile directory is needed")
	}
	if o.ProfileDir != "" {
		abs, err := filepath.Abs(o.ProfileDir)
		if err != nil {
			return o, fmt.Errorf("browser options: profile directory: %w", err)
		}
		o.ProfileDir = abs
		if o.CookieFile == "" {
			o.CookieFile = abs + ".cookies.json"
		}
	}
	switch o.Sandbox {
	case "":
		o.Sandbox = SandboxAuto
	case SandboxAuto, SandboxOn, SandboxOff:
	default:
		return o, fmt.Errorf("browser options: sandbox is %q, want auto, on or off", o.Sandbox)
	}
	if o.Timezone == "" {
		o.Timezone = "UTC"
	}
	if _, err := time.LoadLocation(o.Timezone); err != nil {
		return o, fmt.Errorf("browser options: timezone %q: %w", o.Timezone, err)
	}
	if o.Language == "" {
		o.Language = "en_US"
	}
	flags := make([]string, len(o.Flags))
	for i, f := range o.Flags {
		flags[i] = strings.TrimLeft(f, "-")
		name, _, _ := strings.Cut(flags[i], "=")
		if name == "" || strings.HasPrefix(name, "remote-debugging") || name == "user-data-dir" || name == "no-sandbox" {
			return o, fmt.Errorf("browser options: flag %q: debugging, profile and sandbox have settings of their own", f)
		}
	}
	o.Flags = flags
	if o.times == (gateTimes{}) {
		o.times = defaultGateTimes
	}
	if o.Gate != nil {
		if err := checkGateFlags(flags); err != nil {
			return o, err
		}
	}
	setDefault(&o.Width, 1366)
	setDefault(&o.Height, 1400)
	setDefault(&o.RestartAfter, 100)
	setDefault(&o.StartTimeout, 20*time.Second)
	setDefault(&o.StopTimeout, 10*time.Second)
	setDefault(&o.HealthTimeout, 5*time.Second)
	setDefault(&o.ActionTimeout, 30*time.Second)
	return o, nil
}

func setDefault[T int | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

// Sandboxed tells whether the browser runs in its sandbox; worth a warning
// where it does not.
func (b *Browser) Sandboxed() bool { return b.opts.sandboxed() }

// sandboxed tells whether the process is started with its sandbox.
func (o Options) sandboxed() bool {
	return o.Sandbox == SandboxOn || o.Sandbox == SandboxAuto && os.Geteuid() != 0
}

// tag is the language as browsers write it: en-US.
func (o Options) tag() string { return strings.ReplaceAll(o.Language, "_", "-") }
