package main

import (
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// What a server counts.
const (
	seen     = iota // requests
	once            // requests begun that may not be asked twice
	onceDone        // of them ended
	injected        // answers that were made wrong on purpose
	unsure          // POSTs broken so that nobody knows whether they were executed
	impostor        // answers under a certificate that nobody may trust
	counterKinds
)

// counters are numbers in a file that is mapped into memory: what a process counted is
// there after it was killed.
type counters struct{ n *[counterKinds]int64 }

func openCounters(name string) (counters, error) {
	size := int(unsafe.Sizeof([counterKinds]int64{}))
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return counters{}, err
	}
	defer f.Close()
	if err := f.Truncate(int64(size)); err != nil {
		return counters{}, err
	}
	p, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return counters{}, fmt.Errorf("map %s: %w", name, err)
	}
	return counters{(*[counterKinds]int64)(unsafe.Pointer(&p[0]))}, nil //nolint:gosec // it is mapped until the process ends
}

func (c counters) add(kind int)       { atomic.AddInt64(&c.n[kind], 1) }
func (c counters) get(kind int) int64 { return atomic.LoadInt64(&c.n[kind]) }
