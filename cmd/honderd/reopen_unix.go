//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// onReopen calls f at SIGUSR1, by which programs that rotate logs ask to write them anew,
// until end.
func onReopen(f func()) (end func()) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	done := make(chan bool)
	go func() { // until end
		for {
			select {
			case <-asked:
				f()
			case <-done:
				return
			}
		}
	}()
	return func() { signal.Stop(asked); close(done) }
}
