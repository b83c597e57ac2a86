package app

import (
	"fmt"
	"os"
	"sync"
)

// Lines is a log that others may rename or remove: then it is written anew under its
// name.
type Lines struct {
	path string

	mu   sync.Mutex
	file *os.File
	err  error // of the last time it was opened
}

// OpenLines opens a log, and appends to one that is there.
func OpenLines(path string) (*Lines, error) {
	l := &Lines{path: path}
	if l.open(); l.err != nil {
		return nil, fmt.Errorf("open the access log: %w (fix: name a file in a folder that honderd may write to)", l.err)
	}
	return l, nil
}

// open opens the file under its name. It is called with the lock, or by who alone has l.
func (l *Lines) open() {
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if l.err = err; err != nil {
		return // what is open is better than nothing
	}
	if l.file != nil {
		_ = l.file.Close()
	}
	l.file = f
}

// Write appends lines.
func (l *Lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Write(p)
}

// Look opens the log anew when another file, or none, has its name.
func (l *Lines) Look() {
	l.mu.Lock()
	defer l.mu.Unlock()
	named, err := os.Stat(l.path)
	open, err2 := l.file.Stat()
	if err != nil || err2 != nil || !os.SameFile(named, open) {
		l.open()
	}
}

// Reopen opens the log anew, whatever its name is now.
func (l *Lines) Reopen() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open()
}

// Close ends it.
func (l *Lines) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}
