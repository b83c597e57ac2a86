package otlp

import (
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/service"
)

// stretch is how long the calls are that are summed up together.
const stretch = 10 * time.Second

// builder gathers what traces mean, until it is given on.
type builder struct {
	batch    experience.Batch
	journeys map[string]uint16
	steps    map[string]uint16
	sets     map[string]uint16

	calls map[callKey]*sums
	seen  map[seenKey]*service.Seen
	heard map[heardKey]int64
	bytes int // about how long the summary gets
}

type callKey struct {
	slot int64 // stretches since 1970
	dep  service.Dependency
}

type sums struct {
	service.Sum
	latency service.Latency
}

// seenKey tells services apart by all that they say of themselves.
type seenKey struct{ service, version, environment, criticality, owner string }

type heardKey struct {
	seenKey
	what, name string
}

func newBuilder(source string) *builder {
	b := &builder{
		journeys: map[string]uint16{}, steps: map[string]uint16{"": 0}, sets: map[string]uint16{"": 0},
		calls: map[callKey]*sums{}, seen: map[seenKey]*service.Seen{}, heard: map[heardKey]int64{},
	}
	b.batch.Reset()
	b.batch.Source = source
	return b
}

// full reports whether it is time to give on what there is.
func (b *builder) full() bool {
	return len(b.batch.Items) >= experience.MaxBatch/2 || b.bytes > maxSummary/2
}

// empty reports whether there is nothing to give on.
func (b *builder) empty() bool {
	return b.batch.Tally.Lines == 0 && len(b.calls) == 0 && len(b.seen) == 0
}

// call counts one call.
func (b *builder) call(d service.Dependency, s *span, hidden bool) {
	if !experience.Possible(s.end) {
		return
	}
	key := callKey{s.end / stretch.Milliseconds(), d}
	c := b.calls[key]
	if c == nil {
		c = b.sums(key)
	}
	one := service.Sum{Count: 1, Millis: int64(s.wait)}
	if s.failed() {
		one.Errors = 1
		if hidden {
			one.Masked = 1
		}
	}
	c.Add(one)
	c.latency.Add(int64(s.wait))
}

// maxSummary is about how long a summary may get, so that it fits in a message.
const maxSummary = 600 << 10

// sums returns where the calls of key are summed up, those of all others together when
// there is no room for more.
func (b *builder) sums(key callKey) *sums {
	if b.bytes > maxSummary || len(b.calls) >= service.MaxCalls {
		key.dep = service.Dependency{From: service.Other, To: service.Other, Kind: service.External}
		if c := b.calls[key]; c != nil {
			return c
		}
	}
	b.bytes += 140 + 2*len(key.dep.From) + 2*len(key.dep.To)
	c := &sums{}
	b.calls[key] = c
	return c
}

// of returns what is seen of the service that sent res.
func (b *builder) of(res *resource, at int64) *service.Seen {
	key := seenKey{res.service, res.version, res.environment, res.criticality, res.owner}
	seen := b.seen[key]
	if seen == nil {
		if len(b.seen) >= service.MaxSeen || b.bytes > maxSummary {
			key = seenKey{service: service.Other}
			seen = b.seen[key]
		}
		if seen == nil {
			seen = &service.Seen{Service: key.service, Version: key.version, Environment: key.environment, Criticality: key.criticality, Owner: key.owner}
			b.seen[key] = seen
			b.bytes += 200 + 2*(len(key.service)+len(key.version)+len(key.environment)+len(key.criticality)+len(key.owner))
		}
	}
	if t := time.UnixMilli(at).UTC(); experience.Possible(at) && t.After(seen.At) {
		seen.At = t
	}
	return seen
}

// see counts that a span came from its service.
func (b *builder) see(s *span) {
	seen := b.of(s.res, s.end)
	seen.Spans++
	if s.is(sampled) {
		seen.Sampled++
	}
}

// hear counts something that a service told beside calls.
func (b *builder) hear(res *resource, at int64, what, name string, n int64) {
	seen := b.of(res, at)
	key := heardKey{seenKey{seen.Service, seen.Version, seen.Environment, seen.Criticality, seen.Owner}, what, name}
	if _, known := b.heard[key]; !known {
		if b.bytes > maxSummary {
			key.name = service.Other
		}
		b.bytes += 60 + 2*len(name)
	}
	b.heard[key] += n
}

// step adds one step of a person.
func (b *builder) step(e experience.Experience, s *span) {
	if len(b.batch.Items) >= experience.MaxBatch {
		b.reject("more steps at once than fit", s)
		return
	}
	e.Journey = index(b.journeys, &b.batch.Journeys, s.journey)
	e.Step = index(b.steps, &b.batch.Steps, s.step)
	if len(s.labels) > 0 {
		key := ""
		for _, l := range s.labels {
			key += l.Name + "\x00" + l.Value + "\x01"
		}
		at, known := b.sets[key]
		if !known {
			at = uint16(len(b.batch.Labels))
			b.sets[key] = at
			b.batch.Labels = append(b.batch.Labels, s.labels)
		}
		e.Labels = at
	}
	if s.is(renamed) {
		b.batch.Formerly = append(b.batch.Formerly, experience.Formerly{Item: len(b.batch.Items), Person: s.before})
	}
	b.batch.Items = append(b.batch.Items, e)
	seen := b.of(s.res, s.end)
	seen.People++
	if e.Bad() {
		seen.Bad++
	}
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

// reject counts a step that cannot be one of a person's.
func (b *builder) reject(why string, s *span) {
	b.batch.Tally.Reject(why, clip(s.res.service+": "+s.step))
}

func clip(s string) string {
	s = service.Name(s)
	return s[:min(len(s), experience.MaxExample)]
}

// summary returns who called whom, in one order.
func (b *builder) summary() service.Summary {
	sum := service.Summary{Source: b.batch.Source}
	slots := map[int64]int{}
	for key, c := range b.calls {
		at, known := slots[key.slot]
		if !known {
			at = len(sum.Stretches)
			slots[key.slot] = at
			from := time.UnixMilli(key.slot * stretch.Milliseconds()).UTC()
			sum.Stretches = append(sum.Stretches, service.Calls{From: from, To: from.Add(stretch)})
		}
		sum.Stretches[at].Calls = append(sum.Stretches[at].Calls, service.Call{Dependency: key.dep, Sum: c.Sum, Latency: c.latency})
	}
	for key, n := range b.heard {
		seen := b.seen[key.seenKey]
		if seen == nil {
			continue
		}
		seen.Heard = append(seen.Heard, service.Heard{What: key.what, Name: key.name, Count: n})
	}
	for _, seen := range b.seen {
		if !seen.At.IsZero() {
			sum.Seen = append(sum.Seen, *seen)
		}
	}
	sum.Sort()
	return sum
}
