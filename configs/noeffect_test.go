package configs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A key that is read and checked but not acted upon yet is told once, with its
// line.
func TestKeysWithoutEffectAreWarnedOf(t *testing.T) {
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
	var told []string
	for _, w := range warnings {
		if strings.HasPrefix(w.Text, "has no effect in this version: ") && w.Line > 0 {
			told = append(told, w.Path)
		}
	}
	if len(told) != 1 || told[0] != "console.password_file" {
		t.Errorf("told of %v", told)
	}
}
