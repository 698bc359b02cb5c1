package configs

import "regexp"

// notYet lists the keys that are read and checked but that nothing in this
// version acts upon, members of lists as in shops[].name. Setting one to other
// than its default is warned about; take an entry out when it works.
var notYet = map[string]string{
	"console.password_file": "the console's pages are not there yet; /healthz, /readyz and /metrics are",
}

var indexes = regexp.MustCompile(`\[\d+\]`)

// warnNotYet reports each changed key that has no effect.
func (d *decoder) warnNotYet() {
	for _, path := range d.changed {
		if text := notYet[indexes.ReplaceAllString(path, "[]")]; text != "" {
			d.warn(path, "has no effect in this version: %s", text)
		}
	}
}
