package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"countermand/cmd/internal/app"
	"countermand/cmd/internal/control"
	"countermand/shop/shopifytest"
	"countermand/state"
)

// process is the real daemon.
type process struct {
	*scene
	cmd            *exec.Cmd
	log            string
	ended          chan struct{} // closed once it was waited for
	hooks, console string        // addresses
	stopped        bool          // the test ended it itself
}

// program is the program with these arguments, as a process of its own that
// ends with the test.
func program(args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	c := exec.Command(self, args...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "JOURNAL_STREAM=") && !strings.HasPrefix(v, "NOTIFY_SOCKET=") {
			c.Env = append(c.Env, v)
		}
	}
	c.Env = append(c.Env, asProgram+"=1")
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return c
}

// runs lets the program run to its end.
func runs(t *testing.T, args ...string) said {
	t.Helper()
	c := program(args...)
	var out, errOut bytes.Buffer
	c.Stdout, c.Stderr = &out, &errOut
	ok(t, c.Start())
	late := time.AfterFunc(patience, func() { _ = c.Process.Kill() })
	defer late.Stop()
	_ = c.Wait() // the code tells
	return said{c.ProcessState.ExitCode(), out.String(), errOut.String()}
}

func (s *scene) rehearsal() []string {
	return append([]string{"run", "--config", s.path("countermand.yaml"), "--rehearse-from", s.clock.Now().Format(time.RFC3339), "--rehearse-speed", s.speed}, s.flags...)
}

// start runs the daemon and waits until it is ready.
func (s *scene) start() *process {
	s.t.Helper()
	s.starts++
	p := &process{scene: s, cmd: program(s.rehearsal()...), log: s.path(fmt.Sprintf("log%d", s.starts)), ended: make(chan struct{})}
	log, err := os.Create(p.log)
	ok(s.t, err)
	defer log.Close()
	p.cmd.Stderr = log
	p.cmd.Env = append(p.cmd.Env, s.env...)
	ok(s.t, p.cmd.Start())
	go func() { _ = p.cmd.Wait(); close(p.ended) }()
	s.t.Cleanup(p.cleanUp)
	until(s.t, "the daemon is ready", func() bool {
		select {
		case <-p.ended:
			s.t.Fatalf("the daemon ended with code %d", p.cmd.ProcessState.ExitCode())
		default:
		}
		return p.findAddresses() && p.get("/readyz") == http.StatusOK
	})
	speed, err := app.ParseSpeed(s.speed)
	ok(s.t, err)
	s.clock.follow(p.status().Daemon.Now, speed)
	return p
}

// findAddresses reads from the log where the daemon listens.
func (p *process) findAddresses() bool {
	body, err := os.ReadFile(p.log)
	ok(p.t, err)
	for line := range bytes.Lines(body) {
		var m struct{ Message, Webhooks, Console string }
		if json.Unmarshal(line, &m) == nil && m.Message == "countermand is ready" {
			p.hooks, p.console = m.Webhooks, m.Console
			return true
		}
	}
	return false
}

// lonely keeps no connection open, so that none outlives a test.
var lonely = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}

func (p *process) get(path string) (status int) {
	p.t.Helper()
	r, err := lonely.Get("http://" + p.console + path)
	ok(p.t, err)
	defer r.Body.Close()
	_, err = io.Copy(io.Discard, r.Body)
	ok(p.t, err)
	return r.StatusCode
}

// knock sends a webhook about a shop order.
func (p *process) knock(order string, changes ...shopifytest.Change) shopifytest.Reply {
	p.t.Helper()
	return p.knockAt("mystore", order, changes...)
}

func (p *process) knockAt(shop, order string, changes ...shopifytest.Change) shopifytest.Reply {
	p.t.Helper()
	r, err := p.shop.SendWebhook(p.t.Context(), "http://"+p.hooks+"/webhooks/shopify/"+shop, "orders/cancelled", order, changes...)
	ok(p.t, err)
	return r
}

// cancel is the customer's cancel, in the shop and as its webhook.
func (p *process) cancel(order string) {
	p.t.Helper()
	_, err := p.shop.Cancel(order, "CUSTOMER")
	ok(p.t, err)
	if r := p.knock(order); r.Status != http.StatusOK {
		p.t.Fatalf("the webhook of %s was answered %d %s", order, r.Status, r.Body)
	}
}

// cli runs one client command, as the operator would.
func (s *scene) cli(args ...string) said {
	s.t.Helper()
	var out, errOut bytes.Buffer
	code := run(args, func(k string) string { return map[string]string{"COUNTERMAND_SOCKET": s.socket}[k] }, strings.NewReader(""), &out, &errOut)
	return said{code, out.String(), errOut.String()}
}

func (s *scene) document(into any, args ...string) {
	s.t.Helper()
	r := s.cli(args...)
	if r.code != exitDone {
		s.t.Fatalf("countermand %s: %d %s", strings.Join(args, " "), r.code, r.err)
	}
	ok(s.t, json.Unmarshal([]byte(r.out), into))
}

func (s *scene) status() (out control.Status) {
	s.t.Helper()
	s.document(&out, "status", "--json")
	return out
}

func (s *scene) cases() []control.Case {
	s.t.Helper()
	var out control.Cases
	s.document(&out, "cases", "list", "--json")
	return out.Cases
}

func (s *scene) story(ref string) (out control.Case) {
	s.t.Helper()
	s.document(&out, "cases", "show", ref, "--json")
	return out
}

// alerted tells whether the list of alerts has one of the kind for the case,
// or for an account where the case is empty.
func (s *scene) alerted(kind, caseID string) bool {
	s.t.Helper()
	var out control.Alerts
	s.document(&out, "alerts", "list", "--json")
	for _, a := range out.Alerts {
		if a.Kind == kind && a.Case == caseID && a.Deliveries > 0 {
			return true
		}
	}
	return false
}

// await waits until a shop order's one case stands there and gives its story.
func (s *scene) await(order string, want ...state.Status) control.Case {
	s.t.Helper()
	var found control.Case
	until(s.t, fmt.Sprintf("%s is %v", order, want), func() bool {
		for _, c := range s.cases() {
			if c.ShopOrder != order {
				continue
			}
			for _, w := range want {
				if c.Status == w {
					found = s.story(c.ID)
					return found.Status == w
				}
			}
		}
		return false
	})
	return found
}

// readAgain has the order read once more, and waits for it.
func (s *scene) readAgain(order string) control.Case {
	s.t.Helper()
	before := s.story(order)
	if r := s.cli("cases", "retry", order); r.code != exitDone {
		s.t.Fatalf("retry: %+v", r)
	}
	after := before
	until(s.t, order+" is read again", func() bool {
		after = s.story(order)
		return after.ReadAt.After(before.ReadAt)
	})
	return after
}

// term stops the daemon as systemd does: it has to end well and to leave
// nothing behind.
func (p *process) term() {
	p.t.Helper()
	f := familyOf(p.t, p.cmd.Process.Pid)
	p.stopped = true
	ok(p.t, p.cmd.Process.Signal(syscall.SIGTERM))
	p.wait()
	if code := p.cmd.ProcessState.ExitCode(); code != exitDone {
		p.t.Fatalf("after SIGTERM the daemon ended with code %d (%s)", code, p.cmd.ProcessState)
	}
	if left := f.alive(); len(left) > 0 {
		p.t.Fatalf("left running after SIGTERM: %v", left)
	}
}

// kill ends the daemon without a warning and waits until its browser is gone
// too.
func (p *process) kill() {
	p.t.Helper()
	f := familyOf(p.t, p.cmd.Process.Pid)
	p.stopped = true
	ok(p.t, p.cmd.Process.Kill())
	p.wait()
	until(p.t, "the killed daemon's browser is gone", func() bool { return len(f.alive()) == 0 })
}

func (p *process) wait() {
	p.t.Helper()
	until(p.t, "the daemon ends", func() bool {
		select {
		case <-p.ended:
			return true
		default:
			return false
		}
	})
}

// cleanUp ends what the test left running, and looks for what no test may
// leave in a log.
func (p *process) cleanUp() {
	switch {
	case p.stopped:
	case p.t.Failed():
		for _, args := range [][]string{{"status"}, {"alerts", "list"}} {
			p.t.Logf("countermand %s:\n%s", strings.Join(args, " "), p.cli(args...).out)
		}
		var doc control.Cases
		_ = json.Unmarshal([]byte(p.cli("cases", "list", "--json").out), &doc) // it may answer nothing any more
		for _, c := range doc.Cases {
			p.t.Logf("%s:\n%s", c.ShopOrder, p.cli("cases", "show", c.ID).out)
		}
		p.kill()
	default:
		p.term()
	}
	log, err := os.ReadFile(p.log)
	ok(p.t, err)
	for _, bad := range []string{"DATA RACE", "panic:", "goroutine "} {
		if bytes.Contains(log, []byte(bad)) {
			p.t.Errorf("the daemon's log holds %q", bad)
		}
	}
	if p.t.Failed() {
		p.t.Logf("%s:\n%s\n%+v", filepath.Base(p.log), log[max(0, len(log)-6000):], p.site.Writes())
	}
}

// family are processes by their id and start time: ids come round again.
type family map[int]string

// familyOf finds a process with all below it, and what shares a process group
// with them: a browser's helpers may be orphans already.
func familyOf(t *testing.T, pid int) family {
	t.Helper()
	all := processes()
	if _, there := all[pid]; !there {
		t.Fatalf("process %d is not there", pid)
	}
	return familyIn(all, pid)
}

// familyIn is familyOf among these processes.
func familyIn(all map[int]procEntry, pid int) family {
	in, groups := family{pid: all[pid].started}, map[int]bool{pid: true}
	for grown := true; grown; {
		grown = false
		for id, p := range all {
			_, known := in[id]
			_, child := in[p.parent]
			if !known && (child || groups[p.group]) {
				in[id], groups[p.group], grown = p.started, true, true
			}
		}
	}
	return in
}

// alive lists those that still run; a zombie does not.
func (f family) alive() (left []string) {
	for id, p := range processes() {
		if started, mine := f[id]; mine && started == p.started && p.state != "Z" && p.state != "X" {
			left = append(left, fmt.Sprintf("%d %s", id, p.name))
		}
	}
	return left
}

type procEntry struct {
	name, state, started string
	parent, group        int
}

// processes reads /proc.
func processes() map[int]procEntry {
	out := map[int]procEntry{}
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range files {
		body, err := os.ReadFile(f)
		open, end := bytes.IndexByte(body, '('), bytes.LastIndexByte(body, ')')
		if err != nil || end < 0 {
			continue // it ended meanwhile
		}
		fields := strings.Fields(string(body[end+1:]))
		if len(fields) < 20 {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		parent, _ := strconv.Atoi(fields[1])
		group, _ := strconv.Atoi(fields[2])
		out[pid] = procEntry{name: string(body[open+1 : end]), state: fields[0], parent: parent, group: group, started: fields[19]}
	}
	return out
}
