package chain

import (
	"maps"
	"slices"

	"github.com/honderd/honderd/fold"
	"github.com/honderd/honderd/service"
)

// version is that of the format of a saved state.
const version = 1

// saved is the state as it is written.
type saved struct {
	Version int               `json:"version"`
	Newest  int64             `json:"newest"`
	Numbers map[string]uint64 `json:"numbers"`
	Edges   []*edge           `json:"edges"`
	Nodes   []*node           `json:"nodes"`
}

// AppendBinary appends the state as JSON, in the order of the names.
func (f *Fold) AppendBinary(p []byte) ([]byte, error) {
	s := saved{Version: version, Newest: f.newest, Numbers: f.numbers, Nodes: fold.Sorted(f.nodes)}
	for _, d := range slices.SortedFunc(maps.Keys(f.edges), service.Compare) {
		s.Edges = append(s.Edges, f.edges[d])
	}
	return fold.AppendState(p, what, s)
}

// what is what the fold knows, for errors.
const what = "the chain"

// UnmarshalBinary replaces the state by one that AppendBinary wrote.
func (f *Fold) UnmarshalBinary(p []byte) error {
	var s saved
	if err := fold.ReadState(p, what, &s, &s.Version, version); err != nil {
		return err
	}
	g := New()
	g.newest = s.Newest
	maps.Copy(g.numbers, s.Numbers)
	for _, e := range s.Edges {
		if e == nil {
			return fold.Damaged(what, "a dependency is missing")
		}
		if e.Hours == nil {
			e.Hours = map[int64]service.Sum{}
		}
		g.edges[e.Dependency] = e
	}
	for _, n := range s.Nodes {
		if n == nil {
			return fold.Damaged(what, "a service is missing")
		}
		if n.Hours == nil {
			n.Hours = map[int64]People{}
		}
		g.nodes[n.Service] = n
	}
	*f = *g
	return nil
}
