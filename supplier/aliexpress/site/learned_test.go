package site

import (
	"slices"
	"strings"
	"testing"
	"time"

	"countermand/supplier"
)

// What people say of a call is added to the profile, and never makes a read of
// a call that writes.
func TestLearned(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	const hint, revoke = "mtop.shop.order.hint", "/api/order/revoke"
	l := Learned{Calls: map[string]LearnedCall{
		hint:   {Is: IsRead, By: "ada", At: time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)},
		revoke: {Is: IsWrite},
	}}
	body, err := l.YAML()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseLearned(body)
	if err != nil || again.Calls[hint].By != "ada" || !again.Calls[hint].At.Equal(l.Calls[hint].At) {
		t.Errorf("stored and read: %+v, %v", again, err)
	}
	got, err := p.With(again)
	if err != nil {
		t.Fatal(err)
	}
	if _, reads := got.readWords(strings.ToUpper(hint)); !reads {
		t.Errorf("%s is no read", hint)
	}
	if w, writes := got.writeCall(revoke); !writes || w.Kind != KindCancel {
		t.Errorf("%s: %+v", revoke, w)
	}
	if _, reads := p.readWords(hint); reads {
		t.Error("the profile itself was changed")
	}
	calls := got.KnownCalls(p, again)
	for _, want := range []supplier.SiteCall{{Name: hint, Is: "read", From: "learned"}, {Name: revoke, Is: "write", Kind: "cancel", From: "learned"}, {Name: builtInOperation, Is: "write", Kind: "cancel", From: "built-in"}} {
		if !slices.ContainsFunc(calls, func(c supplier.SiteCall) bool {
			return c.Name == want.Name && c.Is == want.Is && c.Kind == want.Kind && c.From == want.From
		}) {
			t.Errorf("%+v is not listed", want)
		}
	}
	for name, c := range map[string]LearnedCall{
		operations:                  {Is: IsRead},
		p.Calls.Detail:              {Is: IsWrite},
		"mtop.shop.confirmreceived": {Is: IsRead},
		"mtop.shop.deleteorder":     {Is: IsWrite},
		"not a name":                {Is: IsRead},
		hint:                        {Is: "maybe"},
	} {
		if _, err := p.With(Learned{Calls: map[string]LearnedCall{name: c}}); err == nil {
			t.Errorf("%s as %s was taken", name, c.Is)
		}
	}
	if _, err := ParseLearned([]byte("calls: {x: {is: read, other: 1}}")); err == nil {
		t.Error("an unknown key was taken")
	}
}

// A call whose own name asks for something to be done is no read by one word
// of a person's: the words must be given with it.
func TestAReadThatIsNamedLikeAWrite(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"mtop.shop.order.cancel", "mtop.shop.submitreverse", "/trade/order/applyCancel"} {
		if _, err := testProfile(t).With(Learned{Calls: map[string]LearnedCall{name: {Is: IsRead}}}); err == nil {
			t.Errorf("%s was taken for a read", name)
		}
		if _, err := testProfile(t).With(Learned{Calls: map[string]LearnedCall{name: {Is: IsRead, Words: []string{"cancel", "submit"}}}}); err != nil {
			t.Errorf("%s with its words: %v", name, err)
		}
	}
}
