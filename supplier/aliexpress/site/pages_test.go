package site

import (
	"slices"
	"testing"
)

// classifier is a client that only looks.
var siteHosts = Hosts{WWW: "https://www.aliexpress.com", Mobile: "https://m.aliexpress.com", Login: "https://login.aliexpress.com", API: "https://acs.aliexpress.com"}

func TestClassify(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	const detail = "https://www.aliexpress.com/p/order/detail.html?orderId=1"
	el := func(text, title string) []Element {
		return []Element{{Text: text, Visible: true, Enabled: true, Inside: title != "", InsideTitle: title}}
	}
	found := func(kv ...any) map[string][]Element {
		m := map[string][]Element{}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i].(string)] = append(m[kv[i].(string)], kv[i+1].([]Element)...)
		}
		return m
	}
	hidden := []Element{{Text: "x"}}
	for name, x := range map[string]struct {
		url    string
		status int
		found  map[string][]Element
		want   PageKind
	}{
		"detail":                {detail, 200, found("title", el("Processing", "")), PageDetail},
		"blank":                 {detail, 200, nil, PageUnknown},
		"no address":            {"about:blank", 0, nil, PageBlank},
		"login host":            {"https://login.aliexpress.com/?return=x", 200, nil, PageLogin},
		"login page":            {"https://www.aliexpress.com/member/login.html", 200, nil, PageLogin},
		"regional":              {"https://de.aliexpress.com/p/order/detail.html?orderId=1", 200, found("title", el("In Bearbeitung", "")), PageElsewhere},
		"punish page":           {"https://www.aliexpress.com/p/order/_____tmd_____/punish?x5secdata=1", 200, nil, PageChallenge},
		"overlay over detail":   {detail, 200, found("title", el("Processing", ""), "challenge", el("", "")), PageChallenge},
		"hidden overlay":        {detail, 200, found("title", el("Processing", ""), "challenge", hidden), PageDetail},
		"server error":          {detail, 502, nil, PageBroken},
		"form":                  {"https://m.aliexpress.com/p/refund-cancel/index.html", 200, found("select", el("Select here", ""), "submit", el("Submit", "")), PageForm},
		"dispute":               {"https://www.aliexpress.com/p/reverse-pages/start.html", 200, found("select", el("Select here", ""), "submit", el("Submit", "")), PageUnknown},
		"dispute in a form":     {"https://m.aliexpress.com/p/refund-cancel/index.html", 200, found("select", el("Select here", ""), "submit", el("Submit", ""), "disputed", el("1", "")), PageUnknown},
		"dispute in a dialog":   {detail, 200, found("title", el("Processing", ""), "dialog", el("Why? Select here Submit", "Why?"), "select", el("Select here", "Why?"), "disputed", el("1", "Why?")), PageDialog},
		"form elsewhere":        {"https://m.aliexpress.com/p/other/index.html", 200, found("select", el("Select here", ""), "submit", el("Submit", "")), PageUnknown},
		"form over nothing":     {"https://m.aliexpress.com/p/other/index.html", 200, found("dialog", el("Why? Select here Submit", "Why?"), "select", el("Select here", "Why?")), PageDialog},
		"half a form":           {"https://m.aliexpress.com/p/refund-cancel/index.html", 200, found("select", el("Select here", "")), PageUnknown},
		"form dialog":           {detail, 200, found("title", el("Processing", ""), "dialog", el("Why? Select here Submit", "Why?"), "select", el("Select here", "Why?")), PageForm},
		"confirm":               {detail, 200, found("dialog", el("Your order will be cancelled Cancel Confirm", "Your order will be cancelled")), PageConfirm},
		"confirm over the form": {detail, 200, found("title", el("Processing", ""), "select", el("x", "Why?"), "dialog", el("Why? Submit", "Why?"), "dialog", el("Your order will be cancelled", "Your order will be cancelled")), PageConfirm},
		"picked up":             {detail, 200, found("dialog", el("Your order has been picked up by the courier company and can’t be canceled at this time OK", "")), PagePickedUp},
		"done":                  {"https://m.aliexpress.com/p/refund-cancel/index.html", 200, found("done", el("Your cancellation request has been submitted", "")), PageDone},
		"another result":        {"https://m.aliexpress.com/p/refund-cancel/index.html", 200, found("done", el("Something went wrong", "")), PageUnknown},
		"receipt dialog":        {detail, 200, found("title", el("Awaiting delivery", ""), "dialog", el("Are you sure you want to confirm the receipt of your order? Confirm", "Are you sure you want to confirm the receipt of your order?")), PageDialog},
		"unknown over confirm":  {detail, 200, found("dialog", el("Your order will be cancelled", "Your order will be cancelled"), "dialog", el("Win a prize!", "Win")), PageDialog},
	} {
		v := View{URL: x.url, Status: x.status, Text: "text", Ready: "complete", Found: x.found}
		if got, why := p.classify(siteHosts, v); got != x.want {
			t.Errorf("%s: %s (%s), want %s", name, got, why, x.want)
		}
	}
}

// A dialog that is not known lies beside or over the form's own dialog.
func TestUnknownDialogBesideTheForm(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	in := func(text, title string) Element {
		return Element{Text: text, Visible: true, Enabled: true, Inside: true, InsideTitle: title}
	}
	v := View{Status: 200, URL: "https://www.aliexpress.com/p/order/detail.html?orderId=1", Text: "x", Ready: "complete", Found: map[string][]Element{
		"title":  {{Text: "Processing", Visible: true}},
		"dialog": {in("Why? Select here Submit", "Why?"), in("Are you sure you want to confirm the receipt of your order? Confirm", "Are you sure you want to confirm the receipt of your order?")},
		"select": {in("Select here", "Why?")}, "submit": {in("Submit", "Why?")},
	}}
	if kind, _ := p.classify(siteHosts, v); kind != PageDialog {
		t.Errorf("an unknown dialog beside the form's: %s, want %s", kind, PageDialog)
	}
}

func TestMessageHosts(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	with := siteHosts
	with.Also = p.Messages.Hosts
	for link, want := range map[string]string{
		"//msg.aliexpress.com/msgDetail.htm?orderId=1":      "https://msg.aliexpress.com/msgDetail.htm?orderId=1",
		"https://www.aliexpress.com/p/message/index.html":   "https://www.aliexpress.com/p/message/index.html",
		"/p/message/index.html?orderId=1":                   "https://www.aliexpress.com/p/message/index.html?orderId=1",
		"https://msg.aliexpress.com.evil.example/x":         "",
		"http://msg.aliexpress.com/x":                       "",
		"javascript:alert(1)":                               "",
		"https://www.aliexpress.com@evil.example/p/message": "",
		"": "",
	} {
		if got, err := with.Address(link); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", link, got, err)
		}
	}
	if !slices.Contains(p.Messages.Hosts, "msg.aliexpress.com") {
		t.Error("the profile's hosts")
	}
	// Only a message leads there: elsewhere the same page is a stranger.
	away := View{URL: "https://msg.aliexpress.com/msgDetail.htm?orderId=1", Text: "x", Ready: "complete"}
	if kind, _ := p.classify(siteHosts, away); kind != PageElsewhere {
		t.Errorf("beside a message the page is %s", kind)
	}
	if kind, _ := p.classify(with, away); kind != PageUnknown {
		t.Errorf("for a message the page is %s", kind)
	}
}

func TestParentDomain(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://www.aliexpress.com": ".aliexpress.com", "https://m.aliexpress.com:443": ".aliexpress.com", "http://127.0.0.1:81": "", "http://localhost:1": "", "http://[::1]:1": "",
	} {
		if _, got := ParentDomain(in); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}
