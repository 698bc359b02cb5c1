package site

import (
	"bytes"
	"strings"
	"testing"
)

// Of an address only the order is kept, and of a call that nobody knows only
// what its fields are called.
func TestAddressesAndOutlines(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://a/p?orderId=8200000000000001&spm=x.y&token=t#f": "https://a/p?orderId=8200000000000001&spm=&token=",
		"https://jo:pw@a/p?orderId=jo":                           "https://a/p?orderId=",
		"https://a/p":                                            "https://a/p",
	} {
		if got := PublicURL(in); got != want {
			t.Errorf("%q is kept as %q, want %q", in, got, want)
		}
	}
	a, err := ParseAnswer([]byte(`{"ret":["SUCCESS::ok"],"data":{"list":[{"secret":"Jo","n":1}],"mobileNo":"5550100"}}`))
	if err != nil {
		t.Fatal(err)
	}
	body, err := a.outline(nil)
	if err != nil || bytes.Contains(body, []byte("Jo")) || bytes.Contains(body, []byte("mobileNo")) || !strings.Contains(string(body), `"secret": "text or a number"`) {
		t.Errorf("outline %s, %v", body, err)
	}
	if p := testProfile(t); !p.Calls.name(strings.ToUpper(p.Calls.Detail)) || p.Calls.name("mtop.user.info") || p.Calls.name("") {
		t.Error("which calls the profile names is not told")
	}
}

// The recorder keeps whatever any call of the page answers.
func TestAccountDataIsNotKept(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	a, err := ParseAnswer([]byte(`{"ret":["SUCCESS::ok"],"data":{"loginId":"jo@example.com","firstName":"Jo","mobileNo":"5550100","cpf":"000","csrfToken":"t","extra":"{\"contactName\":\"Jo Doe\"}"}}`))
	if err != nil {
		t.Fatal(err)
	}
	body, err := a.Public(p.Private.Keys)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"jo@example.com", "5550100", "Jo Doe", "csrfToken"} {
		if bytes.Contains(body, []byte(secret)) {
			t.Errorf("kept: %s", secret)
		}
	}
}
