package configs

import (
	"regexp"
	"slices"
	"strings"
)

// notYet lists the keys that are read and checked but that nothing in this
// version acts upon. Setting one to other than its default is warned about.
// An entry covers the key and all below it; take it out when it works.
var notYet = map[string]string{
	"console.password_file": "the console's pages are not there yet; /healthz, /readyz and /metrics are",
}

var indexes = regexp.MustCompile(`\[\d+\]`)

// notYetEntry finds the table's entry that covers a field path, and the part
// of the path that it stands for.
func notYetEntry(path string) (key, text string, ok bool) {
	general := indexes.ReplaceAllString(path, "[]")
	for entry, text := range notYet {
		if general == entry || strings.HasPrefix(general, entry+".") || strings.HasPrefix(general, entry+"[") {
			return cutLike(path, entry), text, true
		}
	}
	return "", "", false
}

// cutLike shortens path to as many names as entry has.
func cutLike(path, entry string) string {
	parts := strings.Split(path, ".")
	parts = parts[:strings.Count(entry, ".")+1]
	if !strings.HasSuffix(entry, "]") {
		last := len(parts) - 1
		parts[last], _, _ = strings.Cut(parts[last], "[")
	}
	return strings.Join(parts, ".")
}

// warnNotYet reports each changed key that has no effect, once.
func (d *decoder) warnNotYet() {
	var told []string
	for _, path := range d.changed {
		key, text, ok := notYetEntry(path)
		if !ok || slices.Contains(told, key) {
			continue
		}
		told = append(told, key)
		d.warn(key, "has no effect in this version: %s", text)
	}
}
