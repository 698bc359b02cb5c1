package configs

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

func TestSiteProfile(t *testing.T) {
	t.Parallel()
	if _, err := parse(Profile); err != nil || len(bytes.TrimSpace(Profile)) == 0 {
		t.Errorf("the built-in profile: %v", err)
	}
	if data, err := (Account{Name: "main"}).SiteProfileData(); err != nil || !bytes.Equal(data, Profile) {
		t.Errorf("without a file of its own: %v", err)
	}
	dir := write(t, map[string]string{"own.yaml": "a: 1\n"})
	if data, err := (Account{SiteProfile: filepath.Join(dir, "own.yaml")}).SiteProfileData(); err != nil || string(data) != "a: 1\n" {
		t.Errorf("with a file of its own: %q, %v", data, err)
	}
	_, err := Account{Name: "main", SiteProfile: filepath.Join(dir, "gone.yaml")}.SiteProfileData()
	if err == nil || !strings.Contains(err.Error(), "account main cannot be read") {
		t.Error(err)
	}
}
