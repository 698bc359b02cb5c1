package configs

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// minimal is the least that loads; the tests change it by replacing text.
const minimal = `data_dir: data
shops:
  - name: mystore
    domain: mystore.myshopify.com
    token_file: token
    client_secret_file: client-secret
    account: main
accounts:
  - name: main
`

// write puts files into a new folder, secrets with mode 0600.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// loadText loads a configuration beside the files of minimal.
func loadText(t *testing.T, text string) (*Config, Warnings, error) {
	t.Helper()
	dir := write(t, map[string]string{"c.yaml": text, "token": "shpat_secret\n", "client-secret": "s3cret"})
	return load(filepath.Join(dir, "c.yaml"), "", true)
}

// problemsOf loads and expects problems; File is cut to the base name.
func problemsOf(t *testing.T, text string) Problems {
	t.Helper()
	_, _, err := loadText(t, text)
	ps, ok := errors.AsType[Problems](err)
	if !ok {
		t.Fatalf("loaded, or no Problems: %v", err)
	}
	for i := range ps {
		ps[i].File = filepath.Base(ps[i].File)
	}
	return ps
}

// change replaces one piece of minimal, which must be there.
func change(t *testing.T, old, text string) string {
	t.Helper()
	if !strings.Contains(minimal, old) {
		t.Fatalf("minimal has no %q", old)
	}
	return strings.Replace(minimal, old, text, 1)
}
