package app

import (
	"syscall"
	"testing"
	"time"
)

// cpu returns how much time of the processors this process has had: what a benchmark takes
// on a machine on which others work, too.
func cpu(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
