package browser

import (
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/robots"
	"github.com/honderd/honderd/internal/route"
	"github.com/honderd/honderd/internal/who"
)

// batch is a batch that is being filled from one request.
type batch struct {
	experience.Batch
	journeys, steps map[string]uint16
	namer           *who.Namer
}

func newBatch(bytes int) *batch {
	b := &batch{journeys: map[string]uint16{}, steps: map[string]uint16{"": 0}}
	b.Reset()
	b.Source = Name
	b.Tally.Bytes = int64(bytes)
	return b
}

func index(known map[string]uint16, list *[]string, name string) uint16 {
	i, ok := known[name]
	if !ok {
		i = uint16(len(*list))
		known[name] = i
		*list = append(*list, name)
	}
	return i
}

// read counts one record that could be read, in a format.
func (b *batch) read(format string) {
	b.Tally.Lines++
	b.Tally.Parsed++
	if b.Tally.Formats == nil {
		b.Tally.Formats = map[string]int64{}
	}
	b.Tally.Formats[format]++
}

// reject counts one record that could not be read. What is in it is kept nowhere.
func (b *batch) reject(reason string) {
	b.Tally.Lines++
	if b.Tally.Rejects == nil {
		b.Tally.Rejects = map[string]experience.Reject{}
	}
	r := b.Tally.Rejects[reason]
	r.Count++
	b.Tally.Rejects[reason] = r
}

// robot counts what no person sent, and reports whether it was so.
func (d *Door) robot(s *sent, driven bool) bool {
	kind := d.robots.Kind([]byte(s.agent))
	if driven && kind == robots.Person {
		kind = robots.Probe
	}
	switch {
	case d.options.Robots || kind == robots.Person:
		return false
	case kind == robots.Probe:
		s.batch.Tally.Probes++
	default:
		s.batch.Tally.Robots++
	}
	return true
}

// sight is something that a person saw, as a browser tells it.
type sight struct {
	at      time.Time
	person  self
	wait    time.Duration // below 0: not known
	method  string
	path    string // without host and query
	journey string // "": from path
	step    string // "": from method and path
	status  int    // of HTTP; 0: there was no answer, or it is not known
	cause   experience.Cause
	labels  uint16

	part   bool // of the step before it
	rage   bool
	served bool // a server knows it too: it answered, and its log has it
}

// maxWait is the longest wait that is believed: a day.
const maxWait = 24 * time.Hour

// add makes a sight an experience of b. What servers know themselves is left to them when
// the door is told so.
func (d *Door) add(b *batch, s sight) {
	if d.options.Unseen {
		if s.served || s.cause == experience.Fine {
			return
		}
		s.part = true // of the step that the server's log has, or a step of its own when there is none
	}
	if s.part && s.cause == experience.Fine {
		return
	}
	e := experience.Experience{
		At: s.at.UnixMilli(), Cause: s.cause, Labels: s.labels, Part: s.part, Rage: s.rage,
		Wait: uint32(min(max(s.wait, 0), maxWait).Milliseconds()),
	}
	if !experience.Possible(e.At) {
		return
	}
	name, before := b.namer.NameAt(e.At, s.person.way, s.person.one, s.person.two)
	if e.Person = experience.Person(name); before != 0 {
		b.Formerly = append(b.Formerly, experience.Formerly{Item: len(b.Items), Person: experience.Person(before)})
	}
	path := route.Path([]byte(s.path))
	e.Critical = d.options.Rules.IsCritical(s.method, string(path))
	journey, step := route.Name(s.journey), route.Name(s.step)
	if journey == "" && len(path) > 0 {
		journey = string(route.Journey(path, s.status))
	}
	switch {
	case e.Cause == experience.Fine && !d.options.Steps:
		step = ""
	case step == "" && len(path) > 0:
		step = string(route.AppendStep(nil, []byte(s.method), path))
	}
	e.Journey = index(b.journeys, &b.Journeys, journey)
	e.Step = index(b.steps, &b.Steps, step)
	b.Items = append(b.Items, e)
}

// labels reads release=1.2, region=eu: those of the names that there are.
func (d *Door) labels(b *batch, text string) uint16 {
	var set []experience.Label
	for pair := range strings.SplitSeq(text, ",") {
		name, value, found := strings.Cut(pair, "=")
		name, value = strings.TrimSpace(name), route.Name(value)
		if !found || value == "" || !slices.Contains(d.options.Labels, name) || slices.ContainsFunc(set, func(l experience.Label) bool { return l.Name == name }) {
			continue
		}
		if set = append(set, experience.Label{Name: name, Value: value}); len(set) == experience.MaxLabels {
			break
		}
	}
	if len(set) == 0 {
		return 0
	}
	slices.SortFunc(set, func(a, b experience.Label) int { return strings.Compare(a.Name, b.Name) })
	b.Labels = append(b.Labels, set)
	return uint16(len(b.Labels) - 1)
}
