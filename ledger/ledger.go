// Package ledger says what a ledger is: facts in the order in which they were
// accepted, kept for as long as they are needed.
package ledger

import (
	"context"
	"errors"
)

// Sequence is the place of a record in a ledger. The first is 1; 0 is before all.
type Sequence uint64

// Record is one fact in a ledger.
type Record struct {
	Sequence Sequence
	Subject  string // its kind: "experience"; "fact.release" for a Fact
	Data     []byte // only valid until the function that got it returns
	Kept     int64  // when it was accepted, in Unix milliseconds by the clock of the ledger; 0: not known
}

// Ledger keeps records. It is safe for concurrent use.
type Ledger interface {
	// Append keeps data and returns its place once it is durable. The same id
	// twice keeps it once: the second call returns ErrTwice and the place of the
	// first. An empty id is never the same. After any other error it is unknown
	// whether data was kept: append it again with the same id.
	Append(ctx context.Context, subject, id string, data []byte) (Sequence, error)

	// Read calls f for each record after the given place, in order, up to the last
	// one there was when it was called. It stops at the first error of f and
	// returns it. It never skips: a record that can no longer be read is a Missing,
	// and those that were removed on purpose are a Trimmed, but after 0.
	Read(ctx context.Context, after Sequence, f func(Record) error) error

	// Follow is Read that waits for further records until ctx ends; then it
	// returns nil. Close ends it with ErrClosed.
	Follow(ctx context.Context, after Sequence, f func(Record) error) error

	// Last returns the place of the newest record, 0 when there is none.
	Last(ctx context.Context) (Sequence, error)

	// Close gives back what the ledger holds. Nothing accepted is lost.
	Close() error
}

// ErrTwice is the answer to a record whose id the ledger already has.
var ErrTwice = errors.New("the ledger already has this record")

// ErrFull is the answer when there is no room for another record.
var ErrFull = errors.New("no room left for the ledger")

// ErrBusy is the answer when another process has the ledger open.
var ErrBusy = errors.New("another honderd uses this ledger")

// ErrAway is the answer while the servers of the ledger cannot be reached. They are
// tried again for ever: a later call succeeds.
var ErrAway = errors.New("the ledger cannot be reached at present")

// ErrClosed is the answer of a ledger after Close.
var ErrClosed = errors.New("the ledger is closed")
