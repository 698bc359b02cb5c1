package main

import (
	"os"
	"strings"
	"testing"

	"countermand/state"
	"countermand/supplier/aliexpresstest"
	"countermand/supplier/chrome"
)

// A page that shows another order than the case means is never clicked.
func TestWrongOrder(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{})
	s.order("#5001", "8190000000050001", func(o *aliexpresstest.Order) { o.Trap.ShowsOther = "8190000000050002" })
	s.order("#5002", "8190000000050002")
	s.order("#5003", "8190000000050003", func(o *aliexpresstest.Order) { // bought long before the shop's order
		o.PlacedAt = o.PlacedAt.AddDate(0, 0, -20)
		o.PaidAt = o.PlacedAt
	})
	p := s.start()
	for _, order := range []string{"#5001", "#5003"} {
		p.cancel(order)
		c := s.await(order, state.Held)
		if c.HeldWhy == "" || !c.RequestedAt.IsZero() {
			t.Errorf("%s is held because %q, requested at %s", order, c.HeldWhy, c.RequestedAt)
		}
		until(t, order+" is told by telephone", func() bool { return s.alerted("held", c.ID) && s.phone.rang(order) })
	}
	if c := s.story("#5001"); !strings.Contains(c.HeldWhy, "8190000000050002") {
		t.Errorf("held because %q, want the other order's number", c.HeldWhy)
	}
	s.noWrite()
}

// While the account is down its cases wait as they are; once it is well again
// they go on by themselves.
func TestAccountDown(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name, alert string
		state       state.AccountState
		set         func(*aliexpresstest.Site, bool)
	}{
		{"challenged", "account_challenged", state.AccountChallenged, (*aliexpresstest.Site).SetChallenge},
		{"logged out", "account_logged_out", state.AccountLoggedOut, (*aliexpresstest.Site).SetLoggedOut},
	}
	if everything {
		rows = append(rows, rows[0])
		rows[2].name, rows[2].set = "punished", (*aliexpresstest.Site).SetPunish
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, setting{})
			s.order("#5101", "8190000000051001")
			s.order("#5102", "8190000000051002")
			r.set(s.site, true)
			p := s.start()
			p.cancel("#5101")
			until(t, "the account rests and the operator is called", func() bool {
				return s.status().Accounts[0].State == r.state && s.alerted(r.alert, "") && s.phone.rang("account main")
			})
			p.cancel("#5102")
			probed := s.status().Accounts[0].Until
			until(t, "the session is probed again and still bad", func() bool { return s.status().Accounts[0].Until.After(probed) })
			for _, order := range []string{"#5101", "#5102"} {
				if c := s.await(order, state.Queued); len(c.HeldWhy) > 0 {
					t.Errorf("%s: %s", order, c.HeldWhy)
				}
			}
			s.noWrite()

			r.set(s.site, false)
			s.await("#5101", state.Requested)
			s.await("#5102", state.Requested)
			s.oneCancel("8190000000051001", "8190000000051002")
			if a := s.status().Accounts[0]; a.State != state.AccountReady {
				t.Errorf("the account is %+v", a)
			}
			if s.status().UnackedPages > 0 {
				t.Errorf("pages are open although everything is well again: %s", s.cli("alerts", "list", "--open").out)
			}
		})
	}
}

// A browser that does not start is told, and nothing is lost meanwhile: once
// it is mended the work goes on, without a restart.
func TestBrokenBrowser(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{extra: "browser: {path: browser}\n"})
	s.order("#5201", "8190000000052001")
	ok(t, os.WriteFile(s.path("browser"), []byte("#!/bin/sh\necho no display >&2\nexit 1\n"), 0o700))
	p := s.start()
	p.cancel("#5201")
	until(t, "the operator is told that nothing can be worked", func() bool {
		return s.alerted("account_unreachable", "") && s.phone.rang("account main cannot be worked")
	})
	s.await("#5201", state.Queued)

	real, err := chrome.Find("")
	ok(t, err)
	ok(t, os.Symlink(real, s.path("mended")))
	ok(t, os.Rename(s.path("mended"), s.path("browser")))
	s.await("#5201", state.Requested)
	s.oneCancel("8190000000052001")
	until(t, "the alert is over", func() bool { return s.status().UnackedPages == 0 })
}
