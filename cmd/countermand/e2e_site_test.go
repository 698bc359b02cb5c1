package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"countermand/cmd/internal/doctor"
	"countermand/configs"
	"countermand/state"
	"countermand/supplier/aliexpresstest"
)

// seen is what the doctor says, by part; the worst of several.
func seen(t *testing.T, r said) map[string]doctor.Check {
	t.Helper()
	var doc struct {
		Findings []doctor.Check `json:"findings"`
	}
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil {
		t.Fatalf("%v: %s %s", err, r.out, r.err)
	}
	out := map[string]doctor.Check{}
	for _, f := range doc.Findings {
		if was, twice := out[f.Part]; !twice || was.Verdict == doctor.OK {
			out[f.Part] = f
		}
	}
	return out
}

// The doctor says part by part what of the site's profile still fits, beside
// a daemon or without one, and keeps what a profile can be mended from.
func TestDoctorLooksAtTheSite(t *testing.T) {
	t.Parallel()
	profile := strings.NewReplacer(
		`detail_date: ["`, `detail_date: [".renamed", "`, // falls back
		`detail_id: ["[data-pl='order_detail_gray_id']"]`, `detail_id: [".renamed"]`, // is missing
	).Replace(string(siteProfile(t)))
	s := newScene(t, setting{})
	s.order("#5301", "8190000000053001")
	s.order("#5302", "8190000000053002")
	s.write("site.yaml", profile)
	config := s.path("countermand.yaml")
	body, err := os.ReadFile(config)
	ok(t, err)
	s.write("mended.yaml", strings.Replace(string(body), "    cool_down:", "    site_profile: site.yaml\n    cool_down:", 1))

	record := s.path("seen")
	r := runs(t, "doctor", "--site", "--order", "8190000000053001", "--record", record, "--json", "--config", s.path("mended.yaml"))
	got := seen(t, r)
	for part, want := range map[string]string{
		"selectors.detail_date": "fell back", "selectors.detail_id": "missing", "selectors.detail_title": "matched", "selectors.list_card": "matched",
		"calls.list": "matched", "calls.detail": "matched", "cancel.button_captions": "matched", "deny": "matched", "selectors.list_more": "not shown",
	} {
		f := got["site main "+part]
		if !strings.HasPrefix(f.Detail, want) || (f.Verdict == doctor.OK) != (want != "missing") {
			t.Errorf("%s: %+v, want %s", part, f, want)
		}
	}
	if missing := got["site main selectors.detail_id"]; missing.Todo == "" {
		t.Errorf("what to do about it is not said: %+v", missing)
	}
	if f := got["site main"]; f.Verdict != doctor.OK || !strings.Contains(f.Detail, filepath.Join(record, "main")) {
		t.Errorf("where the record is: %+v", f)
	}
	for _, name := range []string{"findings.json", "list.png", "list.html", "detail.png", "detail.html"} {
		if info, err := os.Stat(filepath.Join(record, "main", name)); err != nil || info.Size() == 0 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if calls, err := filepath.Glob(filepath.Join(record, "main", "*order.detail.json")); err != nil || len(calls) != 1 {
		t.Errorf("the detail's answer: %v, %v", calls, err)
	}

	// A daemon lends its browser, and has it back.
	s.start()
	text := runs(t, "doctor", "--site", "--config", config)
	if !strings.Contains(text.out, "site main selectors.detail_id") || strings.Contains(text.out, "fail ") || strings.Contains(text.out, "kept in") || text.code != exitDone {
		t.Errorf("beside a daemon: %d %s %s", text.code, text.out, text.err)
	}
	until(t, "the account is the daemon's again", func() bool { return s.status().Accounts[0].State == state.AccountReady })
	s.noWrite()

	s.site.SetLoggedOut(true)
	lost := seen(t, runs(t, "doctor", "--site", "--json", "--config", config))
	if f := lost["site main"]; f.Verdict != doctor.Fail || !strings.Contains(f.Todo, "countermand login main") {
		t.Errorf("logged out: %+v", f)
	}
}

func siteProfile(t *testing.T) []byte {
	t.Helper()
	body, err := configs.Account{}.SiteProfileData()
	ok(t, err)
	return body
}

// A person signs in, in a window on a virtual display; the daemon, which had
// lost the session, goes on with it.
func TestLoginInAWindow(t *testing.T) {
	t.Parallel()
	display := display(t)
	if display == "" {
		return // no X server is installed
	}
	s := newScene(t, setting{})
	s.order("#5401", "8190000000054001")
	s.site.SetLoggedOut(true)
	p := s.start()
	p.cancel("#5401")
	until(t, "the account is logged out", func() bool { return s.status().Accounts[0].State == state.AccountLoggedOut })
	s.await("#5401", state.Queued)

	s.site.SetSavedPassword(true)
	cmd := program("login", "main", "--config", s.path("countermand.yaml"))
	cmd.Env = append(cmd.Env, "DISPLAY="+display)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	ok(t, cmd.Start())
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	until(t, "the person is in", func() bool { return len(done) == 1 })
	if err := <-done; err != nil || !strings.Contains(out.String(), "Account main is signed in") {
		t.Errorf("login: %v, %s", err, out.String())
	}
	s.await("#5401", state.Requested)
	s.oneCancel("8190000000054001")
	if a := s.status().Accounts[0]; a.State != state.AccountReady {
		t.Errorf("the account is %+v", a)
	}
}

// A session that is lost on the reason form calls a person. Cancel order was
// pressed and no call has left, so the request is made afterwards, once.
func TestSessionLostOnTheForm(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{})
	s.order("#5501", "8190000000055001")
	s.site.OnRequest(func(kind, _ string) {
		if kind == aliexpresstest.CallReasons {
			s.site.OnRequest(nil)
			s.site.SetLoggedOut(true)
		}
	})
	p := s.start()
	p.cancel("#5501")
	until(t, "the account is logged out and the operator called", func() bool {
		return s.status().Accounts[0].State == state.AccountLoggedOut && s.alerted("account_logged_out", "") && s.phone.rang("account main")
	})
	if c := s.await("#5501", state.Queued); c.HeldWhy != "" || !c.RequestedAt.IsZero() {
		t.Errorf("the case is %+v", c)
	}
	s.noWrite()
	s.site.SetLoggedOut(false)
	s.await("#5501", state.Requested)
	s.oneCancel("8190000000055001")
}

// display starts an X server on a free display; "" where none is installed.
func display(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("Xvfb")
	if err != nil {
		return ""
	}
	r, w, err := os.Pipe()
	ok(t, err)
	cmd := exec.Command(path, "-displayfd", "3", "-screen", "0", "1400x1500x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{w}
	ok(t, errors.Join(cmd.Start(), w.Close()))
	t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait(); r.Close() })
	var n int
	_, err = fmt.Fscan(r, &n)
	ok(t, err)
	return fmt.Sprintf(":%d", n)
}
