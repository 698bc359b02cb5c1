package main

import (
	"encoding/json"
	"strings"
	"testing"

	"countermand/cmd/internal/control"
	"countermand/state"
)

func TestClaimForPeople(t *testing.T) {
	t.Parallel()
	d := serve(t)
	if r := d.call(t, "claim"); r.code != exitDone || r.out != "Nothing to answer: /var/lib/countermand stands where it stood.\n" {
		t.Errorf("%+v", r)
	}
	d.asks = true
	if r := d.call(t, "claim"); r.code != exitDone || !strings.Contains(r.out, "the only data folder in use") {
		t.Errorf("%+v", r)
	}
	var doc control.Claimed
	ok(t, json.Unmarshal([]byte(d.call(t, "claim", "--json").out), &doc))
	if !doc.Claimed || doc.DataDir == "" {
		t.Errorf("%+v", doc)
	}
	for code, args := range map[int][]string{exitUsage: {"claim", "now"}, exitUnreachable: {"claim", "--socket", "/nowhere/s"}} {
		if r := d.call(t, args...); r.code != code {
			t.Errorf("%v: %+v", args, r)
		}
	}
	d.refuse = control.Refused("the disk is full")
	if r := d.call(t, "claim"); r.code != exitFailed || !strings.Contains(r.err, "disk") {
		t.Errorf("%+v", r)
	}
}

func TestStatusSaysThatRequestsWait(t *testing.T) {
	t.Parallel()
	d := serve(t)
	d.Reader.Waits = func() []state.Wait {
		return []state.Wait{{Code: state.WaitPlace, Text: "run countermand claim"}}
	}
	if r := d.call(t, "status"); !strings.Contains(r.out, "\nNEW REQUESTS WAIT: run countermand claim\n") {
		t.Error(r.out)
	}
	var doc control.Status
	ok(t, json.Unmarshal([]byte(d.call(t, "status", "--json").out), &doc))
	if len(doc.Waits) != 1 || doc.Waits[0].Code != state.WaitPlace {
		t.Errorf("%+v", doc.Waits)
	}
}

func TestClockForPeople(t *testing.T) {
	t.Parallel()
	d := serve(t)
	if r := d.call(t, "clock", "accept"); r.code != exitDone || r.out != "Nothing to answer: the clock shows Mon 2 Mar 2026 13:00 CET and is not in doubt.\n" {
		t.Errorf("%+v", r)
	}
	d.asks = true
	if r := d.call(t, "clock", "accept"); r.code != exitDone || !strings.HasPrefix(r.out, "The clock is right: ") {
		t.Errorf("%+v", r)
	}
	if r := d.call(t, "clock"); r.code != exitUsage {
		t.Errorf("%+v", r)
	}
}
