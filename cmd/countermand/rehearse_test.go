package main

import (
	"encoding/json"
	"strings"
	"testing"

	"countermand/supplier"
)

func TestRehearseForPeople(t *testing.T) {
	t.Parallel()
	d := serve(t, someCases()...)
	s := d.call(t, "rehearse", "#1042")
	golden(t, "rehearse.txt", s.out)
	if s.code != exitDone || s.err != "" {
		t.Errorf("%+v", s)
	}
	var r supplier.Rehearsal
	ok(t, json.Unmarshal([]byte(d.call(t, "rehearse", "#1042", "--json").out), &r))
	if !r.Reached || r.Call == nil || r.Number == "" {
		t.Errorf("%+v", r)
	}
}

// A rehearsal that ends early fails, and says at what.
func TestRehearseThatEndsEarly(t *testing.T) {
	t.Parallel()
	d := serve(t, someCases()...)
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"8190000000999999"}, exitFailed, "--any"},
		{[]string{"8190000000999999", "--any"}, exitUsage, "--account"},
		{[]string{"lamp", "--any", "--account", "main"}, exitUsage, "no supplier order"},
		{[]string{"8190000000999999", "--any", "--account", "main"}, exitFailed, "did not come to the call"},
		{nil, exitUsage, "one order"},
	} {
		s := d.call(t, append([]string{"rehearse"}, c.args...)...)
		if s.code != c.code || !strings.Contains(s.err, c.says) {
			t.Errorf("rehearse %v: %+v", c.args, s)
		}
	}
}

func TestSiteCallsForPeople(t *testing.T) {
	t.Parallel()
	d := serve(t)
	golden(t, "site_calls.txt", d.call(t, "site", "calls").out)
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"set", "mtop.x.hint", "read"}, exitDone, ""},
		{[]string{"set", "mtop.x.write", "read"}, exitUsage, "cannot be taken back"},
		{[]string{"set", "mtop.x.hint", "maybe"}, exitUsage, "read or write"},
		{[]string{"forget", "mtop.x.hint"}, exitDone, ""},
		{[]string{"forget"}, exitUsage, "one call"},
	} {
		s := d.call(t, append([]string{"site", "calls"}, c.args...)...)
		if s.code != c.code || !strings.Contains(s.err, c.says) {
			t.Errorf("site calls %v: %+v", c.args, s)
		}
	}
}
