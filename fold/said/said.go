// Package said keeps what people and programs said last: the newest version of every
// small fact, such as a release, the words of an incident, a lesson.
package said

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold"
	"github.com/honderd/honderd/ledger"
)

// Said is what was said about one key: its newest version, and when the first was said.
type Said struct {
	ledger.Fact
	First time.Time `json:"first"`
}

// Fold keeps the newest version of each key of each kind.
type Fold struct {
	kinds map[string]map[string]Said
}

// New returns a fold to which nobody has said anything.
func New() *Fold { return &Fold{kinds: map[string]map[string]Said{}} }

// Name returns "said".
func (f *Fold) Name() string { return "said" }

// Apply passes over experiences.
func (f *Fold) Apply(*experience.Batch) {}

// Takes reports whether subject is that of a fact.
func (f *Fold) Takes(subject string) bool { return strings.HasPrefix(subject, ledger.FactSubject("")) }

// Take keeps a fact in the place of its earlier versions.
func (f *Fold) Take(subject string, data []byte) error {
	fact, ok, err := ledger.ParseFact(ledger.Record{Subject: subject, Data: data})
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("the subject %q is of no fact", subject)
	}
	of := f.kinds[fact.Kind]
	if of == nil {
		of = map[string]Said{}
		f.kinds[fact.Kind] = of
	}
	before, known := of[fact.Key]
	switch {
	case !known:
		of[fact.Key] = Said{Fact: fact, First: fact.Time}
	case before.Version < fact.Version:
		of[fact.Key] = Said{Fact: fact, First: before.First}
	}
	return nil
}

// Newest returns the newest version of each key of a kind, in the order of the keys.
func (f *Fold) Newest(kind string) []Said {
	of := f.kinds[kind]
	list := make([]Said, 0, len(of))
	for _, key := range slices.Sorted(maps.Keys(of)) {
		list = append(list, of[key])
	}
	return list
}

// Get returns what was said last about one key, false when nobody said anything.
func (f *Fold) Get(kind, key string) (Said, bool) {
	s, ok := f.kinds[kind][key]
	return s, ok
}

// version is that of the format of a saved state.
const version = 1

// saved is the state as it is written.
type saved struct {
	Version int    `json:"version"`
	Said    []Said `json:"said"`
}

// AppendBinary appends the state as JSON, in the order of kinds and keys.
func (f *Fold) AppendBinary(p []byte) ([]byte, error) {
	s := saved{Version: version, Said: []Said{}}
	for _, kind := range slices.Sorted(maps.Keys(f.kinds)) {
		s.Said = append(s.Said, f.Newest(kind)...)
	}
	return fold.AppendState(p, what, s)
}

// what is what the fold knows, for errors.
const what = "what was said"

// UnmarshalBinary replaces the state by one that AppendBinary wrote.
func (f *Fold) UnmarshalBinary(p []byte) error {
	var s saved
	if err := fold.ReadState(p, what, &s, &s.Version, version); err != nil {
		return err
	}
	kinds := map[string]map[string]Said{}
	for _, one := range s.Said {
		if kinds[one.Kind] == nil {
			kinds[one.Kind] = map[string]Said{}
		}
		kinds[one.Kind][one.Key] = one
	}
	f.kinds = kinds
	return nil
}
