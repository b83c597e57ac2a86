// Package logfile reads log files as bytes: whole files for reports, plain or
// compressed, and growing files for the server, through every kind of rotation. It
// knows nothing of what the lines say.
package logfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
)

// readAhead is how many bytes are asked of the disk at once.
const readAhead = 64 << 10

// File is one log, read from its beginning. What is compressed is read decompressed.
type File struct {
	name    string
	close   func() error
	meter   *meter
	content *content
	total   int64
}

// Open opens the log at path for reading from its beginning. Plain text, gzip and zstd
// are told apart by their first bytes, not by name; "-" is stdin, which stays open.
// Its errors are ErrMissing, ErrFolder, ErrForbidden and ErrPacked, each with a way out.
func Open(path string, stdin io.Reader) (*File, error) {
	if path == "-" {
		return newFile("standard input", stdin, sizeOf(stdin), func() error { return nil })
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, explainFolder(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, explain(path, err)
	}
	file, err := newFile(path, f, sizeOf(f), f.Close)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return file, nil
}

func newFile(name string, r io.Reader, total int64, stop func() error) (*File, error) {
	m := &meter{r: r}
	raw := bufio.NewReaderSize(m, readAhead)
	head, err := raw.Peek(magicMax)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read log %s: %w", name, err)
	}
	p := packingOf(head)
	if p.unread() {
		return nil, explainPacked(name, p)
	}
	return &File{name: name, close: stop, meter: m, content: newContent(raw, p), total: total}, nil
}

// Name returns the path the log was opened by, or "standard input".
func (f *File) Name() string { return f.name }

// Read reads the next decompressed bytes. Of a damaged file everything before the
// damage is read first; then comes an error that is ErrDamaged, again at every call.
func (f *File) Read(p []byte) (int, error) {
	n, err := f.content.Read(p)
	if err == nil || errors.Is(err, io.EOF) { // as it is, as an io.Reader must
		return n, err
	}
	return n, fmt.Errorf("read log %s: %w", f.name, err)
}

// Progress returns how many bytes were read from the disk, compressed as they are
// there, and how many there were when the file was opened; total is 0 when that is
// unknown. Another goroutine than the reading one may ask.
func (f *File) Progress() (read, total int64) { return f.meter.n.Load(), f.total }

// Close closes the file; standard input stays open.
func (f *File) Close() error {
	f.content.Close()
	if err := f.close(); err != nil {
		return fmt.Errorf("close log %s: %w", f.name, err)
	}
	return nil
}

// sizeOf returns how many bytes are left in r when it is a regular file, else 0.
func sizeOf(r io.Reader) int64 {
	f, ok := r.(*os.File)
	if !ok {
		return 0
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0
	}
	return max(0, info.Size()-at)
}

// meter counts what is read through it, and marks the errors of the disk as such.
type meter struct {
	r io.Reader
	n atomic.Int64
}

// Read reads from the reader below and counts.
func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.n.Add(int64(n))
	if err != nil && !errors.Is(err, io.EOF) {
		err = diskError{err}
	}
	return n, err
}

// diskError is an error of the reader below: the file could not be read, which says
// nothing about what is in it.
type diskError struct{ error }

// Unwrap returns the error as the system gave it.
func (d diskError) Unwrap() error { return d.error }
