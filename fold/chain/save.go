package chain

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

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
	s := saved{Version: version, Newest: f.newest, Numbers: f.numbers}
	for _, d := range slices.SortedFunc(maps.Keys(f.edges), service.Compare) {
		s.Edges = append(s.Edges, f.edges[d])
	}
	for _, name := range slices.Sorted(maps.Keys(f.nodes)) {
		s.Nodes = append(s.Nodes, f.nodes[name])
	}
	data, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("save the chain: %w", err)
	}
	return append(p, data...), nil
}

// errDamaged is the answer to a state that AppendBinary did not write.
var errDamaged = errors.New("the chain cannot be read")

// UnmarshalBinary replaces the state by one that AppendBinary wrote.
func (f *Fold) UnmarshalBinary(p []byte) error {
	var s saved
	if err := json.Unmarshal(p, &s); err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	if s.Version != version {
		return fmt.Errorf("%w: it has the version %d", errDamaged, s.Version)
	}
	g := New()
	g.newest = s.Newest
	maps.Copy(g.numbers, s.Numbers)
	for _, e := range s.Edges {
		if e == nil {
			return fmt.Errorf("%w: a dependency is missing", errDamaged)
		}
		if e.Hours == nil {
			e.Hours = map[int64]service.Sum{}
		}
		g.edges[e.Dependency] = e
	}
	for _, n := range s.Nodes {
		if n == nil {
			return fmt.Errorf("%w: a service is missing", errDamaged)
		}
		if n.Hours == nil {
			n.Hours = map[int64]People{}
		}
		g.nodes[n.Service] = n
	}
	*f = *g
	return nil
}
