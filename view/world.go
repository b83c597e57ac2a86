package view

import (
	"slices"
	"time"

	"github.com/honderd/honderd/release"
)

// The kinds of facts that others tell.
const (
	KindAlert   = "alert"
	KindMention = "mention"
	KindVendor  = "vendor"
	KindService = "service"
)

// World is what others told: the newest first, a few hundred of each.
type World struct {
	Deploys  []Deploy  `json:"deploys"`
	Alerts   []Alert   `json:"alerts"`
	Mentions []Mention `json:"mentions"`
	Vendors  []Vendor  `json:"vendors"`
}

// Deploy is one time that a version went live, with what was told of it.
type Deploy struct {
	Service     string            `json:"service"`
	Version     string            `json:"version"`
	Environment string            `json:"environment"`
	Phase       release.Phase     `json:"phase"` // how it stands
	From        time.Time         `json:"from"`
	Told        []release.Release `json:"told"` // the earliest first
}

// Alert is that a monitor of somebody calls, or called.
type Alert struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Service  string            `json:"service"`
	Severity string            `json:"severity"`
	Summary  string            `json:"summary"`
	URL      string            `json:"url"`
	From     time.Time         `json:"from"`
	To       time.Time         `json:"to,omitzero"` // zero: it goes on
	Labels   map[string]string `json:"labels"`
	Source   string            `json:"source"`
}

// Mention is what somebody said in public: nobody knows who.
type Mention struct {
	At       time.Time `json:"at"`
	Text     string    `json:"text"`     // without names and addresses
	Language string    `json:"language"` // nl, en, or "" when it cannot be told
	Outage   bool      `json:"outage"`   // it says that something does not work
	Phrases  []string  `json:"phrases"`  // by which that was seen
	Author   string    `json:"author"`   // a pseudonym
	ReplyTo  string    `json:"reply_to,omitempty"`
	Source   string    `json:"source"`
}

// Vendor is how somebody says that a service is which we depend on.
type Vendor struct {
	Name      string           `json:"name"`
	State     string           `json:"state"` // none, minor, major, critical, maintenance; "" when it is not known
	Says      string           `json:"says"`
	At        time.Time        `json:"at"` // since when it says so
	URL       string           `json:"url"`
	Incidents []VendorIncident `json:"incidents"` // that go on, or the newest entries of a feed
}

// VendorIncident is one thing that a vendor tells of.
type VendorIncident struct {
	Name   string    `json:"name"`
	Impact string    `json:"impact"`
	Status string    `json:"status"`
	From   time.Time `json:"from"`
	URL    string    `json:"url"`
}

// most is how many of a kind World has.
const most = 300

// NewWorld returns what others told.
func NewWorld(say Said) World {
	w := World{Deploys: []Deploy{}, Alerts: bodies[Alert](say, KindAlert), Mentions: bodies[Mention](say, KindMention), Vendors: bodies[Vendor](say, KindVendor)}
	releases := bodies[release.Release](say, KindRelease)
	slices.SortFunc(releases, release.Compare)
	var h release.History
	for _, r := range releases {
		h.Add(r)
	}
	for _, d := range slices.Backward(h.All()) {
		last := d.Last()
		w.Deploys = append(w.Deploys, Deploy{last.Service, last.Version, last.Environment, last.Phase, d.First().At, d.Told})
	}
	slices.SortStableFunc(w.Alerts, func(a, b Alert) int { return b.From.Compare(a.From) })
	slices.SortStableFunc(w.Mentions, func(a, b Mention) int { return b.At.Compare(a.At) })
	w.Deploys, w.Alerts, w.Mentions = w.Deploys[:min(len(w.Deploys), most)], w.Alerts[:min(len(w.Alerts), most)], w.Mentions[:min(len(w.Mentions), most)]
	return w
}

// bodies returns what was said last of each key of a kind.
func bodies[T any](say Said, kind string) []T {
	list := []T{}
	for _, one := range told[T](say, kind) {
		list = append(list, one.body)
	}
	return list
}
