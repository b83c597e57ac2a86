// Package chain folds which service called which, how that went hour by hour, and what
// each service said of itself.
package chain

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/service"
)

// Subject is that of the records which hold a service.Summary.
const Subject = "calls"

// Limits of what is kept: what there is no room for is counted as service.Other.
const (
	maxNodes    = 1000
	maxEdges    = 5000
	maxVersions = 20 // of one service; the oldest are forgotten first
	maxHeard    = 64 // of one service
	maxSources  = 1000

	// Hours is how many hours are kept apart, up to the newest.
	Hours = 48
)

// Fold is the chain of services. Make one with New.
type Fold struct {
	newest  int64             // the hour of the newest call, since 1970
	numbers map[string]uint64 // of the last summary of each source
	edges   map[service.Dependency]*edge
	nodes   map[string]*node
}

// edge is what is kept of one dependency.
type edge struct {
	service.Dependency
	Total   service.Sum           `json:"total"`
	Latency service.Latency       `json:"latency,omitzero"`
	Last    int64                 `json:"last"` // Unix milliseconds
	Hours   map[int64]service.Sum `json:"hours,omitempty"`
}

// node is what is kept of one service.
type node struct {
	Service     string           `json:"service"`
	Criticality string           `json:"criticality,omitempty"`
	Owner       string           `json:"owner,omitempty"`
	Environment string           `json:"environment,omitempty"`
	Last        int64            `json:"last"` // Unix milliseconds
	Spans       int64            `json:"spans"`
	Sampled     int64            `json:"sampled,omitempty"`
	Hours       map[int64]People `json:"hours,omitempty"`
	Versions    []Version        `json:"versions,omitempty"` // in the order in which they were seen first
	Heard       []service.Heard  `json:"heard,omitempty"`
}

// People is how many steps of people a service answered at the edge, and how many of
// them were bad.
type People struct {
	Steps int64 `json:"steps"`
	Bad   int64 `json:"bad,omitempty"`
}

// Version is one version of a service in one environment.
type Version struct {
	Version     string    `json:"version"`
	Environment string    `json:"environment,omitempty"`
	First       time.Time `json:"first"`
	Last        time.Time `json:"last"`
}

// New returns a fold that knows of no service.
func New() *Fold {
	return &Fold{numbers: map[string]uint64{}, edges: map[service.Dependency]*edge{}, nodes: map[string]*node{}}
}

// Name returns "chain".
func (f *Fold) Name() string { return "chain" }

// Apply passes over experiences.
func (f *Fold) Apply(*experience.Batch) {}

// Takes reports whether subject is that of summaries of calls.
func (f *Fold) Takes(subject string) bool { return subject == Subject }

// Take counts a summary of calls. One whose number its source had already is passed over:
// it was sent twice.
func (f *Fold) Take(_ string, data []byte) error {
	var s service.Summary
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("summary of calls: %w", err)
	}
	if err := check(s); err != nil {
		return err
	}
	if s.Number != 0 {
		last, known := f.numbers[s.Source]
		if s.Number <= last || !known && len(f.numbers) >= maxSources {
			return nil
		}
		f.numbers[s.Source] = s.Number
	}
	hour := newest(s)
	later := hour > f.newest
	f.newest = max(f.newest, hour)
	for _, c := range s.Stretches {
		for _, call := range c.Calls {
			f.count(c.To, call)
		}
	}
	for _, one := range s.Seen {
		f.see(one)
	}
	if later {
		f.forget()
	}
	return nil
}

// check says what is wrong with a summary.
func check(s service.Summary) error {
	if len(s.Source) > service.MaxName*8 {
		return fmt.Errorf("summary of calls: its source has %d bytes", len(s.Source))
	}
	for _, c := range s.Stretches {
		if !experience.Possible(c.From.UnixMilli()) || c.To.Before(c.From) || c.To.Sub(c.From) > 24*time.Hour {
			return fmt.Errorf("summary of calls: a stretch from %v to %v cannot be", c.From, c.To)
		}
		for _, call := range c.Calls {
			if call.From == "" || call.To == "" || call.Count < 0 || call.Errors < 0 || call.Errors > call.Count || call.Masked < 0 || call.Millis < 0 {
				return fmt.Errorf("summary of calls: %q to %q with %+v cannot be", call.From, call.To, call.Sum)
			}
		}
	}
	for _, one := range s.Seen {
		if one.Service == "" || !experience.Possible(one.At.UnixMilli()) {
			return fmt.Errorf("summary of calls: service %q seen at %v cannot be", one.Service, one.At)
		}
	}
	return nil
}

// newest returns the newest hour in s.
func newest(s service.Summary) (hour int64) {
	for _, c := range s.Stretches {
		hour = max(hour, hourOf(c.From))
	}
	for _, one := range s.Seen {
		hour = max(hour, hourOf(one.At))
	}
	return hour
}

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

// count counts one call.
func (f *Fold) count(to time.Time, c service.Call) {
	d := service.Dependency{From: service.Name(c.From), To: service.Name(c.To), Kind: c.Kind}
	e := f.edges[d]
	if e == nil {
		if len(f.edges) >= maxEdges {
			d = service.Dependency{From: service.Other, To: service.Other, Kind: service.External}
			e = f.edges[d]
		}
		if e == nil {
			e = &edge{Dependency: d, Hours: map[int64]service.Sum{}}
			f.edges[d] = e
		}
	}
	e.Total.Add(c.Sum)
	e.Latency.Merge(c.Latency)
	e.Last = max(e.Last, to.UnixMilli())
	if hour := hourOf(to.Add(-1)); hour > f.newest-Hours {
		sum := e.Hours[hour]
		sum.Add(c.Sum)
		e.Hours[hour] = sum
	}
}

// see keeps what a service said of itself.
func (f *Fold) see(s service.Seen) {
	name := service.Name(s.Service)
	n := f.nodes[name]
	if n == nil {
		if len(f.nodes) >= maxNodes {
			name = service.Other
			n = f.nodes[name]
		}
		if n == nil {
			n = &node{Service: name, Hours: map[int64]People{}}
			f.nodes[name] = n
		}
	}
	n.Spans += s.Spans
	n.Sampled += s.Sampled
	if at := s.At.UnixMilli(); at >= n.Last {
		n.Last = at
		for _, one := range []struct {
			to   *string
			said string
		}{{&n.Criticality, s.Criticality}, {&n.Owner, s.Owner}, {&n.Environment, s.Environment}} {
			if one.said != "" {
				*one.to = service.Name(one.said)
			}
		}
	}
	if hour := hourOf(s.At); s.People > 0 && hour > f.newest-Hours {
		p := n.Hours[hour]
		p.Steps += s.People
		p.Bad += s.Bad
		n.Hours[hour] = p
	}
	if s.Version != "" && name != service.Other {
		n.version(service.Name(s.Version), service.Name(s.Environment), s.At.UTC())
	}
	for _, h := range s.Heard {
		n.hear(service.Heard{What: service.Name(h.What), Name: service.Name(h.Name), Count: h.Count})
	}
}

func (n *node) version(version, environment string, at time.Time) {
	for i := range n.Versions {
		v := &n.Versions[i]
		if v.Version == version && v.Environment == environment {
			if at.Before(v.First) {
				v.First = at
			}
			if at.After(v.Last) {
				v.Last = at
			}
			return
		}
	}
	if len(n.Versions) >= maxVersions {
		n.Versions = n.Versions[1:]
	}
	n.Versions = append(n.Versions, Version{Version: version, Environment: environment, First: at, Last: at})
}

func (n *node) hear(h service.Heard) {
	for i := range n.Heard {
		if n.Heard[i].What == h.What && n.Heard[i].Name == h.Name {
			n.Heard[i].Count += h.Count
			return
		}
	}
	if len(n.Heard) >= maxHeard {
		h.Name = service.Other
		for i := range n.Heard {
			if n.Heard[i].What == h.What && n.Heard[i].Name == h.Name {
				n.Heard[i].Count += h.Count
				return
			}
		}
		if len(n.Heard) >= maxHeard+8 { // as many kinds of things as there can be
			return
		}
	}
	n.Heard = append(n.Heard, h)
}

// forget drops the hours that are older than those that are kept.
func (f *Fold) forget() {
	oldest := f.newest - Hours + 1
	for _, e := range f.edges {
		for hour := range e.Hours {
			if hour < oldest {
				delete(e.Hours, hour)
			}
		}
	}
	for _, n := range f.nodes {
		for hour := range n.Hours {
			if hour < oldest {
				delete(n.Hours, hour)
			}
		}
	}
}
