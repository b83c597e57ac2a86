package app

import (
	"context"
	"crypto/rand"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/gateway"
	"github.com/honderd/honderd/internal/robots"
	"github.com/honderd/honderd/internal/route"
	"github.com/honderd/honderd/internal/who"
	"github.com/honderd/honderd/source"
)

// gatewayName is what the source of a gateway is called.
const gatewayName = "gateway"

// passed is what is kept of an exchange until it is an experience.
type passed struct {
	client            netip.Addr
	agent, field      string
	method, target    string
	start             time.Time
	wait              time.Duration
	status            int
	gone, cut, socket bool
	mask              experience.Mask
	backend           string // who answered
	faults            []gateway.Fault
	cost              time.Duration
}

// gatewayPeople turns what passes a gateway into experiences. Nobody waits for it: when it
// cannot keep up, what is lost is counted, and what the ledger does not take waits on disk.
type gatewayPeople struct {
	config    config.Config
	rules     experience.Rules
	robots    *robots.List
	namer     *who.Namer
	crossings *crossings
	spool     *spool
	keep      source.Sink
	queue     chan passed

	mu   sync.Mutex
	lost int64
}

// Limits of what waits.
const (
	gatewayQueue = 1 << 16
	gatewayEvery = 200 * time.Millisecond
)

func newGatewayPeople(c config.Config, salts *who.Salts, crossings *crossings, spool *spool, keep source.Sink) *gatewayPeople {
	return &gatewayPeople{
		config: c, rules: c.Rules(), robots: robots.New(c.Judging.Robots, c.Judging.Probes), namer: who.NewNamer(salts),
		crossings: crossings, spool: spool, keep: keep, queue: make(chan passed, gatewayQueue),
	}
}

// add takes an exchange that has ended.
func (p *gatewayPeople) add(e *gateway.Exchange) {
	one := passed{
		client: e.Client, agent: e.Agent, method: e.Method, target: e.Target, start: e.Start, wait: e.Wait, status: e.Status,
		gone: e.Gone, cut: e.Cut, socket: e.Status == 101, mask: e.Mask,
		backend: e.Backend, faults: e.Faults, cost: e.Cost,
	}
	if name, found := strings.CutPrefix(p.config.People.Recognise.By(), "header:"); found {
		one.field = e.Header.Get(name)
	}
	select {
	case p.queue <- one:
	default:
		p.mu.Lock()
		p.lost++
		p.mu.Unlock()
	}
}

// run keeps what passes until ctx is done, and then what still waits.
func (p *gatewayPeople) run(ctx context.Context) {
	tick := time.NewTicker(gatewayEvery)
	defer tick.Stop()
	b := newBatchOf()
	for {
		select {
		case one := <-p.queue:
			p.put(b, one)
			if len(b.Items) < experience.MaxBatch {
				continue
			}
		case <-tick.C:
		case <-ctx.Done():
			for len(p.queue) > 0 && len(b.Items) < experience.MaxBatch {
				p.put(b, <-p.queue)
			}
			last, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			p.send(last, b)
			stop()
			return
		}
		p.send(ctx, b)
		b = newBatchOf()
	}
}

// send makes a batch durable, in the ledger or on this disk.
func (p *gatewayPeople) send(ctx context.Context, b *batchOf) {
	p.mu.Lock()
	lost := p.lost
	p.lost = 0
	p.mu.Unlock()
	if lost > 0 {
		b.reject("the queue of the gateway was full", lost)
	}
	if b.Tally.Lines > 0 {
		p.crossings.settle(&b.Batch)
		b.Position = rand.Text() // its name, under which it is kept once, whatever happens
		if p.spool.waits() || p.keep(ctx, &b.Batch) != nil {
			p.spool.add(&b.Batch)
		}
	}
	if p.spool.waits() {
		p.spool.drain(ctx, p.keep)
	}
}

// put judges one exchange as its person felt it.
func (p *gatewayPeople) put(b *batchOf, one passed) {
	b.Tally.Lines++
	b.Tally.Parsed++
	switch kind := p.robots.Kind([]byte(one.agent)); {
	case p.config.RobotsCount():
	case kind == robots.Robot:
		b.Tally.Robots++
		return
	case kind == robots.Probe:
		b.Tally.Probes++
		return
	}
	if one.socket {
		return // how an open socket was is not one answer
	}
	e := experience.Experience{
		At: one.start.Add(one.wait).UnixMilli(), Wait: uint32(min(one.wait.Milliseconds(), 1<<31)), Mask: one.mask,
	}
	var before experience.Person
	if e.Person, before = p.person(one, e.At); before != 0 {
		b.Formerly = append(b.Formerly, experience.Formerly{Item: len(b.Items), Person: before})
	}
	status := one.status
	switch {
	case one.gone:
		status = 499
	case one.cut:
		status = 502
	}
	if e.Cause = p.rules.Judge(status, one.wait); e.Bad() {
		e.Mask = experience.Unmasked // it was not hidden well enough
	}
	path := route.Path([]byte(one.target))
	e.Part, _ = p.rules.IsPart(string(path))
	e.Critical = !e.Part && p.rules.IsCritical(one.method, string(path))
	e.Journey = b.journey(string(route.Journey(path, status)))
	if e.RawBad() {
		e.Step = b.step(string(route.AppendStep(nil, []byte(one.method), path)))
		e.Labels = b.label(one.blames(e))
	}
	b.Items = append(b.Items, e)
}

// slow is what is wrong with a backend that answered well but too late.
const slow = "slow"

// blames returns the labels that say what was wrong behind e.
func (one *passed) blames(e experience.Experience) []experience.Label {
	list := make([]experience.Blame, 0, len(one.faults))
	for _, f := range one.faults {
		list = append(list, experience.Blame{Backend: f.Backend, Fault: f.What})
	}
	if len(list) == 0 && e.Cause == experience.TooSlow && one.backend != "" {
		list = append(list, experience.Blame{Backend: one.backend, Fault: slow})
	}
	cost := int64(-1)
	if e.Mask != experience.Unmasked {
		cost = max(one.cost.Milliseconds(), 0)
	}
	return experience.AppendBlames(nil, list, cost)
}

// person returns who somebody was at a time; and who they were under the salt before, 0
// unless a visit under it may still go on.
func (p *gatewayPeople) person(one passed, at int64) (now, before experience.Person) {
	way, name, agent := who.ByAddressAndAgent, []byte(one.client.String()), []byte(one.agent)
	switch {
	case one.field != "":
		way, name, agent = who.ByField, []byte(one.field), nil
	case p.config.People.Recognise.By() == who.ByAddress:
		way, agent = who.ByAddress, nil
	}
	a, b := p.namer.NameAt(at, way, name, agent)
	return experience.Person(a), experience.Person(b)
}

// batchOf is a batch that is being filled.
type batchOf struct {
	experience.Batch
	journeys, steps map[string]uint16
	sets            map[string]uint16
}

func newBatchOf() *batchOf {
	b := &batchOf{journeys: map[string]uint16{}, steps: map[string]uint16{"": 0}, sets: map[string]uint16{"": 0}}
	b.Reset()
	b.Source = gatewayName
	return b
}

func (b *batchOf) journey(name string) uint16 { return indexOf(b.journeys, &b.Journeys, name) }

func (b *batchOf) step(name string) uint16 { return indexOf(b.steps, &b.Steps, name) }

// label returns the index of a set of labels. There are at most as many as experiences.
func (b *batchOf) label(set []experience.Label) uint16 {
	var key strings.Builder
	for _, l := range set {
		key.WriteString(l.Name + "\x00" + l.Value + "\x00")
	}
	i, ok := b.sets[key.String()]
	if !ok {
		i = uint16(len(b.Labels))
		b.sets[key.String()] = i
		b.Labels = append(b.Labels, set)
	}
	return i
}

func indexOf(known map[string]uint16, list *[]string, name string) uint16 {
	i, ok := known[name]
	if !ok {
		i = uint16(len(*list))
		known[name] = i
		*list = append(*list, name)
	}
	return i
}

// reject counts what was lost.
func (b *batchOf) reject(why string, n int64) {
	if b.Tally.Rejects == nil {
		b.Tally.Rejects = map[string]experience.Reject{}
	}
	r := b.Tally.Rejects[why]
	r.Count += n
	b.Tally.Rejects[why] = r
	b.Tally.Lines += n
}
