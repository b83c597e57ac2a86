package foresight

import (
	"maps"
	"slices"
	"time"

	"github.com/honderd/honderd/fold"
	"github.com/honderd/honderd/warning"
)

// Answer returns what runs out.
func (f *Fold) Answer() Answer {
	a := Answer{Things: map[warning.Kind]int{}, Over: f.over, Past: slices.Clone(f.past)}
	slices.Reverse(a.Past)
	if f.newest > 0 {
		a.Newest = time.Unix(f.newest, 0).UTC()
	}
	for _, key := range slices.Sorted(maps.Keys(f.things)) {
		t := f.things[key]
		a.Things[t.Kind]++
		if t.Open == nil {
			continue
		}
		w := Warning{Key: key, Said: *t.Open, Left: t.Left, Total: t.Total, Last: time.Unix(t.Last, 0).UTC()}
		if t.Kind == warning.Queue {
			w.Left = -t.Left
		}
		a.Warnings = append(a.Warnings, w)
	}
	return a
}

// version is that of the format of a saved state.
const version = 1

// saved is the state as it is written.
type saved struct {
	Version int      `json:"version"`
	Newest  int64    `json:"newest"`
	Tidied  int64    `json:"tidied"`
	Over    int64    `json:"over"`
	Things  []*thing `json:"things"`
	Past    []Said   `json:"past"`
}

// AppendBinary appends the state as JSON, in the order of what is measured.
func (f *Fold) AppendBinary(p []byte) ([]byte, error) {
	s := saved{Version: version, Newest: f.newest, Tidied: f.tidied, Over: f.over, Things: fold.Sorted(f.things), Past: f.past}
	return fold.AppendState(p, what, s)
}

// what is what the fold knows, for errors.
const what = "what runs out"

// UnmarshalBinary replaces the state by one that AppendBinary wrote.
func (f *Fold) UnmarshalBinary(p []byte) error {
	var s saved
	if err := fold.ReadState(p, what, &s, &s.Version, version); err != nil {
		return err
	}
	g := New()
	g.newest, g.tidied, g.over, g.past = s.Newest, s.Tidied, s.Over, s.Past
	for _, t := range s.Things {
		if t == nil || len(t.Spans) != len(scales()) {
			return fold.Damaged(what, "a thing is not whole")
		}
		g.things[warning.Reading{Kind: t.Kind, Labels: t.Labels}.Of()] = t
	}
	*f = *g
	return nil
}
