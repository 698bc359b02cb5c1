package aliexpress

import (
	"time"

	"countermand/supplier/aliexpress/site"
)

const (
	// unknownAtMost is how long a page that has loaded may take to show what is
	// waited for: one that is not known must not hold the account up.
	unknownAtMost = 10 * time.Second
	// looksAtLeast are taken meanwhile, or the browser is what is slow.
	looksAtLeast = 40
)

// patience ends with a page that has loaded and does not become what is waited
// for. That its text changes says nothing: an order's page counts down.
type patience struct {
	address string
	since   time.Time
	looks   int
}

func (p *patience) over(s site.Sight, now time.Time) bool {
	if s.Ready != "complete" || s.URL != p.address || p.looks == 0 {
		*p = patience{address: s.URL, since: now}
		if s.Ready == "complete" {
			p.looks = 1
		}
		return false
	}
	p.looks++
	return now.Sub(p.since) >= unknownAtMost && p.looks >= looksAtLeast
}
