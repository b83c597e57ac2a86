package chain

import (
	"maps"
	"slices"
	"time"

	"github.com/honderd/honderd/service"
)

// Answer is what the fold knows.
type Answer struct {
	Newest time.Time // the hour of the newest call; zero: nothing was ever seen
	Nodes  []Node    // in the order of their names
	Edges  []Edge    // in the order of their names
}

// Node is one service that told of itself.
type Node struct {
	Service     string
	Criticality string
	Owner       string
	Environment string
	Last        time.Time
	Spans       int64 // since the beginning
	Sampled     int64 // of those: from traces of which not all are sent
	People      People
	Versions    []Version // in the order in which they were seen first
	Heard       []service.Heard
}

// Edge is one dependency.
type Edge struct {
	service.Dependency
	Total   service.Sum // since the beginning
	Recent  service.Sum // in the hours of Since
	Latency service.Latency
	Last    time.Time
	Hours   []Hour // the oldest first, those with calls
}

// Hour is how the calls of one hour went.
type Hour struct {
	From time.Time
	service.Sum
}

// Answer returns what is known; what is recent is of the newest hours, of at most Hours.
func (f *Fold) Answer(hours int) Answer {
	a := Answer{}
	if f.newest > 0 {
		a.Newest = time.Unix(f.newest*3600, 0).UTC()
	}
	from := f.newest - int64(hours) + 1
	for _, name := range slices.Sorted(maps.Keys(f.nodes)) {
		n := f.nodes[name]
		one := Node{
			Service: n.Service, Criticality: n.Criticality, Owner: n.Owner, Environment: n.Environment, Last: time.UnixMilli(n.Last).UTC(),
			Spans: n.Spans, Sampled: n.Sampled, Versions: slices.Clone(n.Versions), Heard: slices.Clone(n.Heard),
		}
		for hour, p := range n.Hours {
			if hour >= from {
				one.People.Steps += p.Steps
				one.People.Bad += p.Bad
			}
		}
		a.Nodes = append(a.Nodes, one)
	}
	for _, d := range slices.SortedFunc(maps.Keys(f.edges), service.Compare) {
		e := f.edges[d]
		one := Edge{Dependency: d, Total: e.Total, Latency: e.Latency, Last: time.UnixMilli(e.Last).UTC()}
		for _, hour := range slices.Sorted(maps.Keys(e.Hours)) {
			if hour >= from {
				one.Recent.Add(e.Hours[hour])
				one.Hours = append(one.Hours, Hour{From: time.Unix(hour*3600, 0).UTC(), Sum: e.Hours[hour]})
			}
		}
		a.Edges = append(a.Edges, one)
	}
	return a
}
