package view

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/fold/chain"
	"github.com/honderd/honderd/service"
)

// ChainHours is of how many hours, up to the newest, a Chain tells.
const ChainHours = 24

// Chain is which service calls which, and how that went in the last hours. Its JSON is a
// contract: names may be added, never renamed. A share of nothing is null.
type Chain struct {
	Newest  *time.Time  `json:"newest"` // the hour of the newest call; null: no trace ever came
	Hours   int         `json:"hours"`
	People  int64       `json:"people_steps"` // steps of people that came in at the edge
	Nodes   []ChainNode `json:"nodes"`        // those that matter most first
	Edges   []ChainEdge `json:"edges"`
	Sampled int64       `json:"sampled_spans"` // from traces of which not all are sent
	Spans   int64       `json:"spans"`         // both since the beginning
}

// ChainNode is one service, or something that services call and that tells nothing itself.
type ChainNode struct {
	Service     string   `json:"service"`
	Tells       bool     `json:"tells"`       // it sends traces itself
	Kind        string   `json:"kind"`        // service, db, messaging, external, or told: nothing of it was seen
	Owner       string   `json:"owner"`       // "": nobody said
	Contact     string   `json:"contact"`     // how the owner is reached; "": nobody said
	System      string   `json:"system"`      // that it is a part of; "": nobody said
	Vendor      string   `json:"vendor"`      // the dependency that it comes from; "": it is ours
	OwnerFrom   string   `json:"owner_from"`  // who says whose it is: configuration, backstage, kubernetes, telemetry
	Criticality string   `json:"criticality"` // critical, high, medium, low; "": not said
	Environment string   `json:"environment"`
	People      int64    `json:"people_steps"` // that it answered at the edge
	Hurt        int64    `json:"hurt_steps"`   // of those: that people felt
	Calls       int64    `json:"calls"`        // by other services
	Errors      int64    `json:"errors"`       // of those
	Masked      int64    `json:"masked"`       // of those: whoever called answered well all the same
	ErrorShare  *float64 `json:"error_share"`
	MeanMS      *float64 `json:"mean_ms"`

	// Blast are the services that need it, directly or through others, and Reach the share
	// of all steps of people at the edge that come in by it or by one of them.
	Blast []string `json:"blast_radius"`
	Reach *float64 `json:"reach"`

	Versions []ChainVersion  `json:"versions"` // the newest first
	Heard    []service.Heard `json:"heard"`    // what it told beside calls, the most frequent first
	Last     *time.Time      `json:"last"`
}

// ChainVersion is one version of a service, and when it was seen.
type ChainVersion struct {
	Version     string    `json:"version"`
	Environment string    `json:"environment"`
	First       time.Time `json:"first"`
	Last        time.Time `json:"last"`
}

// ChainEdge is how one service called another.
type ChainEdge struct {
	From       string    `json:"from"`
	To         string    `json:"to"`
	Kind       string    `json:"kind"`
	Calls      int64     `json:"calls"`
	Errors     int64     `json:"errors"`
	Masked     int64     `json:"masked"`
	ErrorShare *float64  `json:"error_share"`
	MeanMS     *float64  `json:"mean_ms"`
	P95MS      *float64  `json:"p95_ms"` // since the beginning; null: not known, or above 10 s
	Last       time.Time `json:"last"`

	// Told is who says that From needs To, where no call was seen: configuration,
	// backstage, kubernetes. "": it was seen.
	Told string `json:"told,omitempty"`
}

// NewChain composes what the fold knows.
func NewChain(a chain.Answer) Chain {
	c := Chain{Hours: ChainHours, Nodes: []ChainNode{}, Edges: []ChainEdge{}}
	if !a.Newest.IsZero() {
		c.Newest = &a.Newest
	}
	nodes := map[string]*ChainNode{}
	for _, n := range a.Nodes {
		nodes[n.Service] = nodeOf(n)
		c.People += n.People.Steps
		c.Spans += n.Spans
		c.Sampled += n.Sampled
	}
	for _, e := range a.Edges {
		if e.Recent.Count > 0 {
			c.Edges = append(c.Edges, edgeOf(e))
		}
		for _, name := range []string{e.From, e.To} {
			if nodes[name] == nil {
				nodes[name] = &ChainNode{Service: name, Kind: "external", Blast: []string{}, Versions: []ChainVersion{}, Heard: []service.Heard{}}
			}
		}
		to := nodes[e.To]
		if !to.Tells && (e.Kind == service.DB || e.Kind == service.Messaging) {
			to.Kind = string(e.Kind)
		}
		to.Calls += e.Recent.Count
		to.Errors += e.Recent.Errors
		to.Masked += e.Recent.Masked
		if e.Recent.Count > 0 {
			took := 0.0
			if to.MeanMS != nil {
				took = *to.MeanMS
			}
			took += float64(e.Recent.Millis) // the sum, until all is added up
			to.MeanMS = &took
		}
		if last := e.Last; to.Last == nil || last.After(*to.Last) {
			to.Last = &last
		}
	}
	c.spread(nodes)
	for _, n := range nodes {
		n.ErrorShare = shareOf(n.Errors, n.Calls)
		if n.MeanMS != nil {
			mean := *n.MeanMS / float64(n.Calls)
			n.MeanMS = &mean
		}
		c.Nodes = append(c.Nodes, *n)
	}
	c.sort()
	return c
}

// sort puts those that matter most first.
func (c *Chain) sort() {
	slices.SortFunc(c.Nodes, func(a, b ChainNode) int {
		return cmp.Or(cmp.Compare(b.People, a.People), cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Service, b.Service))
	})
}

// nodeOf returns what a service said of itself.
func nodeOf(n chain.Node) *ChainNode {
	last := n.Last
	one := &ChainNode{
		Service: n.Service, Tells: n.Spans > 0, Kind: "service", Owner: n.Owner, Criticality: n.Criticality, Environment: n.Environment,
		People: n.People.Steps, Hurt: n.People.Bad, Blast: []string{}, Versions: []ChainVersion{}, Last: &last,
	}
	for _, v := range slices.Backward(n.Versions) {
		one.Versions = append(one.Versions, ChainVersion(v))
	}
	one.Heard = append([]service.Heard{}, n.Heard...)
	slices.SortStableFunc(one.Heard, func(a, b service.Heard) int { return cmp.Compare(b.Count, a.Count) })
	return one
}

func edgeOf(e chain.Edge) ChainEdge {
	one := ChainEdge{
		From: e.From, To: e.To, Kind: string(e.Kind), Calls: e.Recent.Count, Errors: e.Recent.Errors, Masked: e.Recent.Masked,
		ErrorShare: shareOf(e.Recent.Errors, e.Recent.Count), Last: e.Last,
	}
	if mean, ok := e.Recent.Mean(); ok {
		ms := float64(mean) / float64(time.Millisecond)
		one.MeanMS = &ms
	}
	if p95, ok := e.Latency.Quantile(0.95); ok {
		ms := float64(p95 / time.Millisecond)
		one.P95MS = &ms
	}
	return one
}

func shareOf(part, whole int64) *float64 {
	if whole <= 0 {
		return nil
	}
	share := float64(part) / float64(whole)
	return &share
}

// spread finds for each node who needs it. Who hands a message to a service does not wait
// for what that does with it.
func (c *Chain) spread(nodes map[string]*ChainNode) {
	needed := map[string][]string{} // by whom
	for _, e := range c.Edges {
		if e.Kind == string(service.Messaging) && nodes[e.To].Tells || e.From == e.To {
			continue
		}
		needed[e.To] = append(needed[e.To], e.From)
	}
	for name, n := range nodes {
		seen := map[string]bool{name: true}
		next := []string{name}
		people := n.People
		for len(next) > 0 {
			at := next[len(next)-1]
			next = next[:len(next)-1]
			for _, from := range needed[at] {
				if seen[from] {
					continue
				}
				seen[from] = true
				next = append(next, from)
				n.Blast = append(n.Blast, from)
				people += nodes[from].People
			}
		}
		slices.Sort(n.Blast)
		n.Reach = shareOf(people, c.People)
	}
}

// Owned returns c with what is known of its services beside calls: whose they are, and
// which other they are said to need.
func (c Chain) Owned(known []service.Known) Chain {
	nodes := c.told(known)
	for _, n := range nodes {
		k, found := service.Named(known, n.Service)
		if !found {
			continue
		}
		n.Owner, n.OwnerFrom, n.Contact, n.System, n.Vendor = k.Owner.Value, k.Owner.Source, k.Contact.Value, k.System.Value, k.Vendor.Value
		if k.Criticality.Value != "" {
			n.Criticality = k.Criticality.Value
		}
	}
	c.Nodes = nil
	for _, n := range nodes {
		c.Nodes = append(c.Nodes, *n)
	}
	c.sort()
	return c
}

// told adds to c what services are said to need and was not seen, and returns the services
// of both, with who needs each anew.
func (c *Chain) told(known []service.Known) map[string]*ChainNode {
	nodes := map[string]*ChainNode{}
	for i := range c.Nodes {
		n := c.Nodes[i]
		n.Blast = []string{}
		nodes[n.Service] = &n
	}
	at := func(name string) string { // as it is called where it was seen
		for _, n := range c.Nodes {
			if strings.EqualFold(n.Service, name) {
				return n.Service
			}
		}
		return name
	}
	c.Edges = slices.Clone(c.Edges)
	for _, k := range known {
		needs := slices.Clone(k.Needs)
		if k.Vendor.Value != "" {
			needs = append(needs, k.Vendor)
		}
		for _, need := range needs {
			e := ChainEdge{From: at(k.Name), To: at(need.Value), Kind: string(service.External), Told: need.Source}
			if e.From == e.To || slices.ContainsFunc(c.Edges, func(seen ChainEdge) bool { return seen.From == e.From && seen.To == e.To }) {
				continue
			}
			c.Edges = append(c.Edges, e)
			for _, name := range []string{e.From, e.To} {
				if nodes[name] == nil {
					nodes[name] = &ChainNode{Service: name, Kind: "told", Blast: []string{}, Versions: []ChainVersion{}, Heard: []service.Heard{}}
				}
			}
		}
	}
	c.spread(nodes)
	return nodes
}

// WriteJSON writes c as JSON.
func (c Chain) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(c); err != nil {
		return fmt.Errorf("write the chain: %w", err)
	}
	return nil
}
