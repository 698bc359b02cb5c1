package app

import (
	"time"

	"golang.org/x/sys/unix"
)

// sinceBoot is how long the machine has run, suspends included. Go's monotonic
// clock stands still in a suspend.
func sinceBoot() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return time.Since(started) // kernels before 2.6.39
	}
	return time.Duration(ts.Nano())
}

var started = time.Now()
