// Package browser takes what people's browsers tell: our own script, network errors and
// other reports that browsers send by themselves, and what the web SDK of Grafana Faro
// sends. What a person saw becomes experiences; the rest is counted.
package browser

import (
	"context"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/admit"
	"github.com/honderd/honderd/internal/robots"
	"github.com/honderd/honderd/internal/who"
	"github.com/honderd/honderd/source"
)

// Options says what a Door takes, and from whom. Keep is required.
type Options struct {
	Rules     experience.Rules
	Salts     *who.Salts     // of the pseudonyms
	Recognise string         // what tells people apart who give no name: who.ByAddress; anything else: address and agent
	Trusted   []netip.Prefix // proxies whose word is taken for the address of who is behind them
	Labels    []string       // the names that labels may have
	Origins   []string       // of the pages that may tell, as https://shop.example; none: those of the host that is asked
	Key       string         // that pages show; "": none is asked for
	Robots    bool           // robots are people too
	Steps     bool           // steps are named also where all was well

	// Unseen leaves to the servers what they saw themselves: only what none of them
	// could know is kept, as a part of the step that they saw.
	Unseen bool

	// Keep makes a batch durable before it returns nil. It is called by many at once.
	Keep source.Sink
	// Busy reports whether an error of Keep means: later.
	Busy func(err error) bool
	// Refuse hears why a request was refused, in a few words of ours. nil: nobody does.
	Refuse func(why string)

	Open     int           // most requests at once; 0: 1024
	Each     int           // most requests of one sender at once; 0: 64
	Rate     float64       // most requests of one sender in a second, over a while; 0: 50
	Burst    float64       // most of them at a stroke; 0: 500
	Patience time.Duration // how long a sender may take for its body; 0: 10 s
}

// Limits when Options does not say them.
const (
	defaultOpen     = 1024
	defaultEach     = 64
	defaultRate     = 50
	defaultBurst    = 500
	defaultPatience = 10 * time.Second
)

// Name is what the source of a Door is called.
const Name = "browser"

// Where a Door is.
const (
	ScriptPath  = "/honderd.js"   // our script
	BeaconPath  = "/beacon"       // what it tells
	ReportsPath = "/nel"          // what browsers report by themselves
	FaroPath    = "/faro/collect" // what Grafana Faro sends
	TryPath     = "/honderd-try"  // a page to try our script on, and what is below it
)

// Paths returns everywhere where a Door is.
func Paths() []string {
	return []string{ScriptPath, BeaconPath, ReportsPath, FaroPath, TryPath, TryPath + "/"}
}

// Door takes what browsers tell over HTTP.
type Door struct {
	options Options
	origins []origin
	robots  *robots.List
	namers  sync.Pool // *who.Namer
	told    *memory
	limits  *limits
	counts  counts

	script, tryPage, tryScript, tryStyle asset
}

// New returns a Door.
func New(o Options) *Door {
	o.Open, o.Each, o.Patience = or(o.Open, defaultOpen), or(o.Each, defaultEach), or(o.Patience, defaultPatience)
	o.Rate, o.Burst = or(o.Rate, defaultRate), or(o.Burst, defaultBurst)
	d := &Door{
		options: o, robots: robots.New(o.Rules.Robots, o.Rules.Probes), told: newMemory(), limits: newLimits(o),
		script:    newScript(o),
		tryPage:   newAsset("text/html; charset=utf-8", []byte(tryPage), "no-cache", tryPolicy),
		tryScript: newAsset("text/javascript; charset=utf-8", []byte(tryScript), "no-cache", ""), tryStyle: newAsset("text/css; charset=utf-8", []byte(tryStyle), "no-cache", ""),
	}
	for _, text := range o.Origins {
		d.origins = append(d.origins, parseOrigin(text))
	}
	d.namers.New = func() any { return who.NewNamer(o.Salts) }
	return d
}

func or[T int | float64 | time.Duration](n, other T) T {
	if n == 0 {
		return other
	}
	return n
}

// ServeHTTP answers at each of Paths.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case ScriptPath:
		d.script.serve(w, r)
	case BeaconPath:
		d.receive(w, r, http.StatusNoContent, maxBeacon, d.beacon)
	case ReportsPath:
		d.receive(w, r, http.StatusNoContent, maxReports, d.reports)
	case FaroPath:
		d.receive(w, r, http.StatusAccepted, maxFaro, d.faro)
	default:
		d.try(w, r)
	}
}

// Most bytes of one request, unpacked. A browser sends no more than 64 KB with a beacon.
const (
	maxBeacon  = 64 << 10
	maxReports = 256 << 10
	maxFaro    = 1 << 20
)

// sent is one request that is being taken.
type sent struct {
	from   sender
	body   []byte
	at     time.Time // when it came
	batch  *batch
	agent  string
	person self // who it is when nothing in it says more
	vitals *vitals
	id     [16]byte // by which it counts once; zero: it has none
}

// receive lets one request in, reads it, and answers when what take made of it is durable.
func (d *Door) receive(w http.ResponseWriter, r *http.Request, good int, most int64, take func(s *sent) *admit.Refusal) {
	from, no := d.enter(w, r)
	if r.Method == http.MethodOptions && no == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if no == nil {
		no = d.within(w, r, from, most, take)
	}
	if no != nil {
		d.counts.refuse(no.Why)
		if d.options.Refuse != nil {
			d.options.Refuse(no.Why)
		}
		no.Write(w, "POST, OPTIONS")
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(good)
}

// within reads, judges and keeps one request of a sender that may send.
func (d *Door) within(w http.ResponseWriter, r *http.Request, from sender, most int64, take func(s *sent) *admit.Refusal) *admit.Refusal {
	if asksPrivacy(r) {
		d.counts.add(&d.counts.private)
		return nil
	}
	if no := d.limits.enter(from.key); no != nil {
		return no
	}
	defer d.limits.leave(from.key)
	if !understood(r) {
		return admit.WrongType("content type", "browsers send JSON, as text/plain or application/json")
	}
	body, no := admit.Body{What: "message", Most: most, Patience: d.options.Patience}.Read(w, r)
	if no != nil {
		return no
	}
	namer, _ := d.namers.Get().(*who.Namer)
	defer d.namers.Put(namer)
	s := &sent{from: from, body: body, at: time.Now(), batch: newBatch(len(body)), agent: r.UserAgent()}
	s.batch.namer = namer
	s.person = d.person(s)
	if no := take(s); no != nil {
		return no
	}
	return d.keep(r, s)
}

// self is what somebody is recognised by, until the time is known at which it counts.
type self struct {
	way      string
	one, two []byte
}

// person returns who a sender is that gives no name: the same that an access log gives.
func (d *Door) person(s *sent) self {
	address := []byte(s.from.address.String())
	if d.options.Recognise == who.ByAddress {
		return self{way: who.ByAddress, one: address}
	}
	return self{who.ByAddressAndAgent, address, []byte(s.agent)}
}

// named returns who has a name that the application gave.
func (s *sent) named(name string) self {
	if name == "" {
		return s.person
	}
	return self{way: who.ByField, one: []byte(name)}
}

// consented returns who has an identifier that their browser keeps because they said yes.
// Where servers are heard too, their logs do not have it: the same person would be two.
func (d *Door) consented(s *sent, id string) self {
	if id == "" || d.options.Unseen {
		return s.person
	}
	return self{way: who.ByConsent, one: []byte(id)}
}

// isNew reports whether a message with this id has not been told before: it is counted
// once, however often a browser sends it.
func (d *Door) isNew(s *sent, id []byte) bool {
	s.id = idOf(id)
	if d.told.take(s.id) {
		return true
	}
	d.counts.add(&d.counts.again)
	return false
}

// keepFor is how long is tried to keep what was sent.
const keepFor = 20 * time.Second

// keep makes what was sent durable.
func (d *Door) keep(r *http.Request, s *sent) *admit.Refusal {
	if s.batch.Tally.Lines == 0 {
		d.counts.measure(s.vitals)
		return nil
	}
	// Who tells something last is gone before it is answered: it is kept all the same.
	ctx, stop := context.WithTimeout(context.WithoutCancel(r.Context()), keepFor)
	defer stop()
	switch err := d.options.Keep(ctx, &s.batch.Batch); {
	case err == nil:
		d.counts.measure(s.vitals)
		d.counts.keep(s.batch)
		return nil
	case d.options.Busy != nil && d.options.Busy(err):
		d.told.forget(s.id)
		return admit.TooMany("no room", "it cannot be kept at present: send it again later")
	default:
		d.told.forget(s.id)
		return admit.NotKept("it is not known whether it was kept: send it again with the same id")
	}
}
