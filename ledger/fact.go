package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Fact is one version of something small that people or programs say: a release, the
// words of an incident, a lesson, a silence, a setting. Versions are added, never
// changed, so that all of its history can be read.
type Fact struct {
	Kind    string          `json:"kind"`    // what it is: "release"; small letters, digits and -
	Key     string          `json:"key"`     // which one
	Version uint64          `json:"version"` // 1 is the first; each is one more than the one before
	Time    time.Time       `json:"time"`    // when it was said
	Body    json.RawMessage `json:"body"`
	By      string          `json:"by,omitempty"` // who said it
}

// Facts keeps facts, in one order with all other records of the ledger.
type Facts interface {
	// Put keeps f as the next version of its kind and key, and returns it with its
	// version. expected is the newest version that the caller knows, 0 for none: when
	// it is not the newest, Put returns ErrConflict. A fact without a time is said now.
	// After any other error it is unknown whether f was kept: look at its Versions.
	Put(ctx context.Context, expected uint64, f Fact) (Fact, error)

	// Versions returns all versions of one key, the first one first; none when
	// nobody ever said anything about it.
	Versions(ctx context.Context, kind, key string) ([]Fact, error)

	// Newest returns the newest version of each key of that kind, in the order of
	// the keys.
	Newest(ctx context.Context, kind string) ([]Fact, error)
}

// ErrConflict is the answer to a fact that was not said about its newest version.
var ErrConflict = errors.New("somebody else changed it before")

// Limits of facts.
const (
	MaxKind = 32       // bytes of a kind
	MaxKey  = 160      // bytes of a key
	MaxBody = 64 << 10 // bytes of a body
	MaxBy   = 256      // bytes of who said it
)

// factSubject is the first word of the subject of every fact.
const factSubject = "fact"

// FactSubject returns the subject of the records that hold facts of that kind.
func FactSubject(kind string) string { return factSubject + "." + kind }

// ParseFact returns the fact in r, false when r is a record of another kind.
func ParseFact(r Record) (f Fact, ok bool, err error) {
	kind, ok := strings.CutPrefix(r.Subject, factSubject+".")
	if !ok {
		return Fact{}, false, nil
	}
	if err := json.Unmarshal(r.Data, &f); err != nil {
		return Fact{}, true, fmt.Errorf("record %d holds no fact: %w", r.Sequence, err)
	}
	if f.Kind != kind || f.Version == 0 {
		return Fact{}, true, fmt.Errorf("record %d holds no fact of the kind %q", r.Sequence, kind)
	}
	return f, true, nil
}

// Encode returns f as the data of a record, or what is wrong with it.
func (f Fact) Encode() ([]byte, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	data, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("fact %s %q: %w", f.Kind, f.Key, err)
	}
	return data, nil
}

// CheckFactName says what is wrong with a kind and a key, nil when nothing is.
func CheckFactName(kind, key string) error {
	strange := func(r rune) bool { return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') }
	switch {
	case kind == "" || len(kind) > MaxKind || strings.ContainsFunc(kind, strange):
		return fmt.Errorf("kind %q of a fact must be at most %d small letters, digits and - (fix: write one like release)", clip(kind), MaxKind)
	case key == "" || len(key) > MaxKey || !isLine(key):
		return fmt.Errorf("key %q of a fact must be one line of 1 to %d bytes", clip(key), MaxKey)
	}
	return nil
}

func (f Fact) check() error {
	if err := CheckFactName(f.Kind, f.Key); err != nil {
		return err
	}
	switch {
	case !json.Valid(f.Body):
		return fmt.Errorf("fact %s %q: its body is not JSON", f.Kind, f.Key)
	case len(f.Body) > MaxBody:
		return fmt.Errorf("fact %s %q: a body of %d bytes, must be at most %d", f.Kind, f.Key, len(f.Body), MaxBody)
	case len(f.By) > MaxBy || !isLine(f.By):
		return fmt.Errorf("fact %s %q: who said it must be one line of at most %d bytes", f.Kind, f.Key, MaxBy)
	case f.Time.Year() < 1 || f.Time.Year() > 9999:
		return fmt.Errorf("fact %s %q: the year %d cannot be", f.Kind, f.Key, f.Time.Year())
	}
	return nil
}
