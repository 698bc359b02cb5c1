//go:build !linux

package app

import "time"

// sinceBoot is how long this process has run. A suspend may look like a step of
// the clock here: a doubt that the next polls end.
func sinceBoot() time.Duration { return time.Since(started) }

var started = time.Now()
