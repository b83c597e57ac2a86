// Package archive is the second copy of all facts and the door to other engines: files
// by the hour in a folder or a bucket, as Parquet, that any engine reads.
package archive

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"sync"

	"github.com/honderd/honderd/ledger"
)

// Options say where the archive is. Only Where has no useful zero.
type Options struct {
	// Where is a folder, or s3://bucket/prefix?endpoint=https://host&region=name. Keys
	// of a bucket come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
	Where string
	Log   *slog.Logger // nil: silent
}

// Archive keeps facts in files that never change, and a manifest that names them. It is
// safe for concurrent use. Close is not needed: what was flushed is there.
//
// Nothing is changed before the first write: until then another process may write.
type Archive struct {
	where string
	store store
	log   *slog.Logger
	owner string // a word that nobody else has

	writing sync.Mutex // held by whoever changes the archive

	mu      sync.Mutex // guards what is below
	now     manifest
	owned   bool // the newest manifest is ours
	unsure  bool // a commit failed: it may have happened
	pending pending
	spare   []row // memory for pending
	readers int
	garbage []string // names to remove when nobody reads any more
}

// Open opens the archive that o names. One that is not there yet is empty, and made by
// the first Flush.
func Open(ctx context.Context, o Options) (*Archive, error) {
	s, err := openStore(o.Where)
	if err != nil {
		return nil, err
	}
	return openOn(ctx, s, o)
}

func openOn(ctx context.Context, s store, o Options) (*Archive, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &Archive{where: o.Where, store: s, log: o.Log, owner: token(), pending: newPending()}
	var err error
	if a.now, err = a.load(ctx); err != nil {
		return nil, fmt.Errorf("open archive %s: %w", o.Where, err)
	}
	return a, nil
}

// UpTo returns the record up to which the archive is complete, 0 when it is empty. One
// that is past the last of the ledger is the archive of another ledger.
func (a *Archive) UpTo() ledger.Sequence {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now.UpTo
}

// Size is what an archive takes.
type Size struct {
	Files       int
	Bytes       int64
	Experiences int64
	Facts       int64 // records of the ledger
	From, To    int64 // Unix milliseconds of the first and last experience; 0: none
	Dropped     int64 // Unix milliseconds of the end of the newest hour of which experiences were dropped; 0: none was
}

// Size returns what the archive takes.
func (a *Archive) Size() Size {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := Size{Dropped: a.now.Dropped}
	for i := range a.now.Files {
		f := &a.now.Files[i]
		s.Files++
		s.Bytes += f.Bytes
		if f.isFacts() {
			s.Facts += f.Rows
			continue
		}
		s.Experiences += f.Rows
		if s.From == 0 || f.From < s.From {
			s.From = f.From
		}
		s.To = max(s.To, f.To)
	}
	return s
}

// token returns 16 hex digits that nobody else has.
func token() string {
	var p [8]byte
	_, _ = rand.Read(p[:]) // it never fails
	return hex.EncodeToString(p[:])
}
