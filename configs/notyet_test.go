package configs

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// An entry for a key that does not exist would warn of nothing.
func TestNotYetNamesRealKeys(t *testing.T) {
	t.Parallel()
	var known []string
	for _, k := range keys(reflect.TypeFor[Config](), "") {
		known = append(known, strings.ReplaceAll(k, "[0]", "[]"))
	}
	for entry, text := range notYet {
		if !slices.Contains(known, entry) {
			t.Errorf("there is no key %s", entry)
		}
		if text == "" {
			t.Errorf("%s says nothing", entry)
		}
	}
}

// A file that sets every key hears of each entry exactly once.
func TestNotYetWarnsOnce(t *testing.T) {
	t.Parallel()
	dir := everyKey(t)
	path := filepath.Join(dir, "c.yaml")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(`client_id: ""`, "client_id: x", `password_file: ""`, "password_file: token", "account: a\n", "account: \"\"\n",
		"accounts: []", "accounts: [a, b]", "flow_secret_file: \"\"", "flow_secret_file: token",
		"heartbeat_url_file: \"\"", "heartbeat_url_file: token", "browser:", "  - name: b\nbrowser:").Replace(string(data))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, warnings, err := load(path, "", true)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]int{}
	for _, w := range warnings {
		if strings.HasPrefix(w.Text, "has no effect in this version: ") && w.Line > 0 {
			told[indexes.ReplaceAllString(w.Path, "[]")]++
		}
	}
	for entry := range notYet {
		if told[entry] != 1 {
			t.Errorf("%s is told %d times", entry, told[entry])
		}
	}
	if len(told) != len(notYet) {
		t.Errorf("told of %v", told)
	}
}
