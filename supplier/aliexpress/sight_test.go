package aliexpress

import (
	"testing"

	"countermand/supplier/chrome"
)

// classifier is a client that only looks.
func classifier(t *testing.T) *Client {
	t.Helper()
	return &Client{p: testProfile(t), o: Options{Hosts: Hosts{WWW: "https://www.aliexpress.com", Mobile: "https://m.aliexpress.com", Login: "https://login.aliexpress.com", API: "https://acs.aliexpress.com"}}}
}

func TestClassify(t *testing.T) {
	t.Parallel()
	c := classifier(t)
	const detail = "https://www.aliexpress.com/p/order/detail.html?orderId=1"
	el := func(text, title string) []chrome.Element {
		return []chrome.Element{{Text: text, Visible: true, Enabled: true, Inside: title != "", InsideTitle: title}}
	}
	found := func(kv ...any) map[string][]chrome.Element {
		m := map[string][]chrome.Element{}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i].(string)] = append(m[kv[i].(string)], kv[i+1].([]chrome.Element)...)
		}
		return m
	}
	hidden := []chrome.Element{{Text: "x"}}
	for name, x := range map[string]struct {
		url    string
		status int
		found  map[string][]chrome.Element
		want   pageKind
	}{
		"detail":                {detail, 200, found("title", el("Processing", "")), pageDetail},
		"blank":                 {detail, 200, nil, pageUnknown},
		"no address":            {"about:blank", 0, nil, pageBlank},
		"login host":            {"https://login.aliexpress.com/?return=x", 200, nil, pageLogin},
		"login page":            {"https://www.aliexpress.com/member/login.html", 200, nil, pageLogin},
		"regional":              {"https://de.aliexpress.com/p/order/detail.html?orderId=1", 200, found("title", el("In Bearbeitung", "")), pageElsewhere},
		"punish page":           {"https://www.aliexpress.com/p/order/_____tmd_____/punish?x5secdata=1", 200, nil, pageChallenge},
		"overlay over detail":   {detail, 200, found("title", el("Processing", ""), "challenge", el("", "")), pageChallenge},
		"hidden overlay":        {detail, 200, found("title", el("Processing", ""), "challenge", hidden), pageDetail},
		"server error":          {detail, 502, nil, pageBroken},
		"form":                  {"https://m.aliexpress.com/p/refund-cancel/index.html", 200, found("select", el("Select here", ""), "submit", el("Submit", "")), pageForm},
		"dispute":               {"https://www.aliexpress.com/p/reverse-pages/start.html", 200, found("select", el("Select here", ""), "submit", el("Submit", "")), pageUnknown},
		"dispute in a form":     {"https://m.aliexpress.com/p/refund-cancel/index.html", 200, found("select", el("Select here", ""), "submit", el("Submit", ""), "disputed", el("1", "")), pageUnknown},
		"dispute in a dialog":   {detail, 200, found("title", el("Processing", ""), "dialog", el("Why? Select here Submit", "Why?"), "select", el("Select here", "Why?"), "disputed", el("1", "Why?")), pageDialog},
		"form elsewhere":        {"https://m.aliexpress.com/p/other/index.html", 200, found("select", el("Select here", ""), "submit", el("Submit", "")), pageUnknown},
		"form over nothing":     {"https://m.aliexpress.com/p/other/index.html", 200, found("dialog", el("Why? Select here Submit", "Why?"), "select", el("Select here", "Why?")), pageDialog},
		"half a form":           {"https://m.aliexpress.com/p/refund-cancel/index.html", 200, found("select", el("Select here", "")), pageUnknown},
		"form dialog":           {detail, 200, found("title", el("Processing", ""), "dialog", el("Why? Select here Submit", "Why?"), "select", el("Select here", "Why?")), pageForm},
		"confirm":               {detail, 200, found("dialog", el("Your order will be cancelled Cancel Confirm", "Your order will be cancelled")), pageConfirm},
		"confirm over the form": {detail, 200, found("title", el("Processing", ""), "select", el("x", "Why?"), "dialog", el("Why? Submit", "Why?"), "dialog", el("Your order will be cancelled", "Your order will be cancelled")), pageConfirm},
		"picked up":             {detail, 200, found("dialog", el("Your order has been picked up by the courier company and can’t be canceled at this time OK", "")), pagePickedUp},
		"done":                  {"https://m.aliexpress.com/p/refund-cancel/index.html", 200, found("done", el("Your cancellation request has been submitted", "")), pageDone},
		"another result":        {"https://m.aliexpress.com/p/refund-cancel/index.html", 200, found("done", el("Something went wrong", "")), pageUnknown},
		"receipt dialog":        {detail, 200, found("title", el("Awaiting delivery", ""), "dialog", el("Are you sure you want to confirm the receipt of your order? Confirm", "Are you sure you want to confirm the receipt of your order?")), pageDialog},
		"unknown over confirm":  {detail, 200, found("dialog", el("Your order will be cancelled", "Your order will be cancelled"), "dialog", el("Win a prize!", "Win")), pageDialog},
	} {
		v := chrome.View{URL: x.url, Text: "text", Ready: "complete", Found: x.found}
		if got, why := c.classify(v, x.status); got != x.want {
			t.Errorf("%s: %s (%s), want %s", name, got, why, x.want)
		}
	}
}

// A dialog that is not known lies beside or over the form's own dialog.
func TestUnknownDialogBesideTheForm(t *testing.T) {
	t.Parallel()
	c := classifier(t)
	in := func(text, title string) chrome.Element {
		return chrome.Element{Text: text, Visible: true, Enabled: true, Inside: true, InsideTitle: title}
	}
	v := chrome.View{URL: "https://www.aliexpress.com/p/order/detail.html?orderId=1", Text: "x", Ready: "complete", Found: map[string][]chrome.Element{
		"title":  {{Text: "Processing", Visible: true}},
		"dialog": {in("Why? Select here Submit", "Why?"), in("Are you sure you want to confirm the receipt of your order? Confirm", "Are you sure you want to confirm the receipt of your order?")},
		"select": {in("Select here", "Why?")}, "submit": {in("Submit", "Why?")},
	}}
	if kind, _ := c.classify(v, 200); kind != pageDialog {
		t.Errorf("an unknown dialog beside the form's: %s, want %s", kind, pageDialog)
	}
}
