package app

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

// CrashAt makes a function that ends this process without a warning at the nth
// passing of one of the engine's crash points, given as "POINT:N". It is how a
// test proves that nothing is lost or done twice wherever the power fails. The
// empty text crashes nowhere.
func CrashAt(at string) (func(point string), error) {
	if at == "" {
		return func(string) {}, nil
	}
	want, text, _ := strings.Cut(at, ":")
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return nil, fmt.Errorf("crash at %q: want POINT:N", at)
	}
	var passed atomic.Int64
	return func(point string) {
		if point != want || passed.Add(1) != n {
			return
		}
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			_ = self.Kill()
		}
		select {} // nothing after this point is run
	}, nil
}

// crash is the engine's crash points: none, except in a rehearsal that wants
// them.
func (a *App) crash() func(point string) {
	if a.o.Crash == nil || !a.clock.Fast() {
		return func(string) {}
	}
	return a.o.Crash
}
