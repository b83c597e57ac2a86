package logfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
)

// headMax is how many bytes of a file its fingerprint covers at most: long enough to
// reach past the fixed header of every log format into lines with a time in them.
const headMax = 1024

// Position says which bytes of a log were delivered. The zero Position is that of a
// log never followed: it begins with the file now at the path, not with rotated ones.
type Position struct {
	// Open are the generations that may still grow, oldest first.
	Open []Mark `json:"open,omitempty"`
	// Done are a few generations that were finished last, so that they are recognised
	// when a compressor gives them a new time.
	Done []Mark `json:"done,omitempty"`
	// Since is a file time in Unix nanoseconds: a rotated file changed earlier is an old one.
	Since int64 `json:"since,omitempty"`
	// Pending says that there was a rotated file of which it was too early to tell whether
	// it is new.
	Pending bool `json:"pending,omitempty"`
}

// Mark says how far one generation of a log was delivered.
type Mark struct {
	Device uint64      `json:"dev,omitempty"`
	Inode  uint64      `json:"ino,omitempty"`
	Head   Fingerprint `json:"head"`
	// Offset is how many of its bytes were delivered, counted decompressed.
	Offset int64 `json:"at"`
}

// weak reports whether m may not tell its generation from others: nothing was delivered
// of it, and its head is perhaps not even a line.
func (m Mark) weak() bool { return m.Offset == 0 && m.Head.Bytes < headMax }

// Fingerprint recognises a log by the first bytes of its content, whatever it is
// called and however it is compressed.
type Fingerprint struct {
	Bytes int    // how many first bytes it covers, at most 1024
	Hash  uint64 // FNV-1a of them
}

// fingerprint returns the fingerprint of all of head.
func fingerprint(head []byte) Fingerprint {
	h := fnv.New64a()
	_, _ = h.Write(head) // a hash cannot fail
	return Fingerprint{len(head), h.Sum64()}
}

// MarshalText writes f as "bytes:hash".
func (f Fingerprint) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%d:%016x", f.Bytes, f.Hash), nil
}

// UnmarshalText reads what MarshalText wrote.
func (f *Fingerprint) UnmarshalText(text []byte) error {
	n, hash, ok := bytes.Cut(text, []byte(":"))
	count, err1 := strconv.Atoi(string(n))
	sum, err2 := strconv.ParseUint(string(hash), 16, 64)
	if !ok || err1 != nil || err2 != nil || count < 0 || count > headMax {
		return fmt.Errorf("fingerprint %q: must be a number of at most %d, a colon and a hash", text, headMax)
	}
	*f = Fingerprint{count, sum}
	return nil
}

// IsZero reports whether p is the position of a log never followed.
func (p Position) IsZero() bool { return len(p.Open) == 0 && len(p.Done) == 0 && p.Since == 0 }

// String returns p as ParsePosition reads it, "" for the zero Position.
func (p Position) String() string {
	if p.IsZero() {
		return ""
	}
	text, err := json.Marshal(p)
	if err != nil {
		panic("logfile: a position has no JSON: " + err.Error()) // our own bug: it has only numbers
	}
	return string(text)
}

// ParsePosition reads what String wrote.
func ParsePosition(s string) (Position, error) {
	var p Position
	if s == "" {
		return p, nil
	}
	const wayOut = "(fix: use a position as it was delivered, or an empty one to read the log again)"
	if err := json.Unmarshal([]byte(s), &p); err != nil {
		return Position{}, fmt.Errorf("position of a log %q: %w %s", s, err, wayOut)
	}
	if err := p.Validate(); err != nil {
		return Position{}, fmt.Errorf("position of a log %q: %w %s", s, err, wayOut)
	}
	return p, nil
}

// Validate reports what cannot be in a position, joined.
func (p Position) Validate() error {
	var errs []error
	for _, m := range append(slices.Clip(p.Open), p.Done...) {
		if m.Offset < 0 {
			errs = append(errs, fmt.Errorf("offset %d: must not be negative", m.Offset))
		}
		if m.Head.Bytes < 0 || m.Head.Bytes > headMax {
			errs = append(errs, fmt.Errorf("fingerprint of %d bytes: must be 0 to %d", m.Head.Bytes, headMax))
		}
	}
	return errors.Join(errs...)
}
