package site

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func everything() bool { return os.Getenv("COUNTERMAND_TEST_ALL") == "1" }

func zone(t testing.TB) *time.Location {
	t.Helper()
	z, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func profileBytes(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("../../../configs/aliexpress.profile.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func testProfile(t testing.TB) Profile {
	t.Helper()
	p, err := ParseProfile(profileBytes(t))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func parsed(t testing.TB, name string) Answer {
	t.Helper()
	a, err := ParseAnswer(fixture(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return a
}
