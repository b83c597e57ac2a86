package view

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/fold/foresight"
	"github.com/honderd/honderd/warning"
)

// Warnings is what is coming: what runs out, when, and whose it is. Its JSON is a contract:
// names may be added, never renamed.
type Warnings struct {
	AsOf     time.Time      `json:"as_of"`
	Newest   *time.Time     `json:"newest"`   // when the newest reading was made; null: none ever came
	Warnings []Warning      `json:"warnings"` // the soonest first
	Past     []PastWarning  `json:"past"`     // what became of earlier ones, the newest first
	Watched  map[string]int `json:"watched"`  // how many things are watched, by kind
	Over     int64          `json:"over"`     // readings of things that there is no room to watch
}

// Warning is one thing that runs out when it goes on as it does.
type Warning struct {
	ID     string            `json:"id"`
	Kind   warning.Kind      `json:"kind"` // disk, inodes, memory, files, connections, certificate, queue, limit
	What   string            `json:"what"` // which one: "/data on db1"
	Labels map[string]string `json:"labels"`
	Source string            `json:"source"` // who measured it: readings, or probes

	Service  string   `json:"service"` // that it touches; "": not known
	Owner    string   `json:"owner"`   // "": nobody said
	Contact  string   `json:"contact"` // how the owner is reached
	Reach    *float64 `json:"reach"`   // the share of people's steps that come in by that service; null: not known
	Left     *float64 `json:"left"`    // in its unit; of a queue: how much waits
	Total    *float64 `json:"total"`   // null: not known
	LeftPart *float64 `json:"left_share"`

	At       *time.Time `json:"at"` // when nothing is left; null: it grows, and nobody knows how far it may
	Earliest *time.Time `json:"earliest"`
	Latest   *time.Time `json:"latest"`
	Sure     float64    `json:"sure"`            // the share of what was measured that points to it, 0 to 1
	Watched  float64    `json:"watched_seconds"` // how long it was watched for this
	Since    time.Time  `json:"since"`           // when it was said first
	Last     time.Time  `json:"last"`            // when it was measured last
	Silent   bool       `json:"silent"`          // it was not for a while: nobody knows how it is now
}

// PastWarning is what became of a warning.
type PastWarning struct {
	Kind    warning.Kind `json:"kind"`
	What    string       `json:"what"`
	Service string       `json:"service"`
	Since   time.Time    `json:"since"`
	Said    *time.Time   `json:"said"` // when it was to be, as was said first; null: that was not said
	End     time.Time    `json:"end"`
	Came    bool         `json:"came"` // it ran out; false: it no longer does, for whatever reason
}

// Whose is which service something is of, and whose that is.
type Whose struct {
	Service, Owner, Contact string
	Reach                   *float64
}

// unmeasuredAfter is how long after its last reading a thing is called silent.
const unmeasuredAfter = 20 * time.Minute

// probeSoon is how long before its end a certificate that probes saw is told of.
const probeSoon = 14 * 24 * time.Hour

// NewWarnings composes what is coming from what machines measured and what probes saw. whose
// says of labels, or of the name of a probe as the label target, which service they are of.
func NewWarnings(a foresight.Answer, p Probes, now time.Time, whose func(labels map[string]string) Whose) Warnings {
	w := Warnings{AsOf: now.UTC(), Warnings: []Warning{}, Past: []PastWarning{}, Watched: map[string]int{}, Over: a.Over}
	if !a.Newest.IsZero() {
		w.Newest = &a.Newest
	}
	for kind, n := range a.Things {
		w.Watched[string(kind)] = n
	}
	for _, one := range a.Warnings {
		w.Warnings = append(w.Warnings, warningOf(one, now, whose))
	}
	for _, one := range p.Probes {
		if one.Asked && one.CertEnds != nil && one.CertEnds.Sub(now) < probeSoon {
			w.Warnings = append(w.Warnings, certificateOf(one, now, whose))
		}
	}
	slices.SortStableFunc(w.Warnings, func(a, b Warning) int { return cmp.Or(cmp.Compare(a.when(), b.when()), cmp.Compare(a.ID, b.ID)) })
	for _, s := range a.Past {
		past := PastWarning{Kind: s.Kind, What: WhatRunsOut(s.Of), Service: whose(s.Of).Service, Since: unix(s.Since), End: unix(s.End.At), Came: s.End.Came}
		if s.First > 0 {
			past.Said = new(unix(s.First))
		}
		w.Past = append(w.Past, past)
	}
	return w
}

// when orders warnings: those of which nobody knows when come last.
func (w Warning) when() int64 {
	if w.At == nil {
		return math.MaxInt64
	}
	return w.At.Unix()
}

func warningOf(one foresight.Warning, now time.Time, whose func(map[string]string) Whose) Warning {
	s := one.Said
	w := Warning{
		ID: strings.ReplaceAll(one.Key, "\x00", " "), Kind: s.Kind, What: WhatRunsOut(s.Of), Labels: maps.Clone(s.Of), Source: foresight.Subject,
		Left: new(one.Left), Sure: s.Sure, Watched: float64(s.Over), Since: unix(s.Since), Last: one.Last, Silent: now.Sub(one.Last) > unmeasuredAfter,
	}
	w.belongs(whose(s.Of))
	if one.Total > 0 {
		w.Total, w.LeftPart = new(one.Total), new(one.Left/one.Total)
	}
	if s.At > 0 {
		w.At, w.Earliest, w.Latest = new(unix(s.At)), new(unix(s.Early)), new(unix(s.Late))
	}
	if w.Labels == nil {
		w.Labels = map[string]string{}
	}
	return w
}

func certificateOf(p Probe, now time.Time, whose func(map[string]string) Whose) Warning {
	labels := map[string]string{"target": p.Target}
	w := Warning{
		ID: "certificate target=" + p.Target + " from=" + p.From, Kind: warning.Certificate, What: p.Target, Labels: labels, Source: "probes",
		At: p.CertEnds, Earliest: p.CertEnds, Latest: p.CertEnds, Sure: 1, Left: new(p.CertEnds.Sub(now).Seconds()), Since: p.CertEnds.Add(-probeSoon),
	}
	if p.Last != nil {
		w.Last, w.Silent = p.Last.At, p.State == ProbeSilent
	}
	w.belongs(whose(labels))
	return w
}

func (w *Warning) belongs(to Whose) {
	w.Service, w.Owner, w.Contact, w.Reach = to.Service, to.Owner, to.Contact, to.Reach
}

// WhatRunsOut names a thing by its labels, as people do: what it is, and where.
func WhatRunsOut(labels map[string]string) string {
	first := func(names ...string) string {
		for _, name := range names {
			if v := labels[name]; v != "" {
				return v
			}
		}
		return ""
	}
	what := first("mountpoint", "system.filesystem.mountpoint", "persistentvolumeclaim", "k8s.persistentvolumeclaim.name", "volume", "k8s.volume.name",
		"queue", "topic", "stream_name", "db.client.connection.pool.name", "subject_CN", "secret_name", "metric", "name")
	where := first("consumergroup", "group", "consumer_name", "pod", "k8s.pod.name", "service", "service.name", "app", "node", "k8s.node.name", "instance", "host.name", "job", "namespace", "k8s.namespace.name")
	switch {
	case what == "":
		return where
	case where == "" || where == what:
		return what
	}
	return what + " · " + where
}

func unix(s int64) time.Time { return time.Unix(s, 0).UTC() }
