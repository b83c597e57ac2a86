package gateway

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/gateway/h1"
	"github.com/honderd/honderd/internal/route"
)

// Fault is one thing that was wrong behind the gateway.
type Fault struct {
	Backend string
	What    string
	After   time.Duration // since the exchange began
}

// Exchange is one request, what the backends did for it, and what the person got.
type Exchange struct {
	Start   time.Time
	Wait    time.Duration // until the last byte was given
	Pool    string
	Backend string // who answered; "": none
	Client  netip.Addr
	Agent   string
	Method  string
	Host    string
	Target  string
	Proto   string
	Status  int
	Bytes   int64
	Gone    bool // the person left before the answer
	Shed    bool // there were too many people: no backend was asked
	Cut     bool // the answer could not be given to its end

	Attempts int
	Faults   []Fault
	Mask     experience.Mask // how the faults were hidden
	Cost     time.Duration   // from the first fault to the answer
	Cache    string          // hit, stale, revalidated, miss; "": not asked
	Header   http.Header     // of the request; not to be changed or kept

	Encrypted bool
	Trace     *Trace // nil: it is not traced
}

// exchange is an Exchange at work.
type exchange struct {
	g          *Gateway
	pool       *pool
	w          http.ResponseWriter
	r          *http.Request
	method     string
	route      string
	header     http.Header // as the backend gets it
	body       *spool      // nil: none
	length     int64       // of it; -1: not known
	trailers   []string    // what is announced to come behind it
	started    time.Time
	deadline   time.Time
	repeatable bool
	stream     bool // passed on at once
	two        bool // in HTTP/2
	client     netip.Addr
	attempts   int
	faults     []Fault
	gone       bool
	held       bool
	expired    bool
	crowd      bool // there are too many
	unasked    bool // nobody waits for it
	stopRace   func()
	hearing    chan *Exchange // takes the record when those who lost are still heard; nil: nobody is
	stored     stored
	record     Exchange
}

// lastMoment is at most how long before patience ends a person who is held is given up
// on: what comes then still has to be carried to them.
const lastMoment = 50 * time.Millisecond

// newExchange prepares a request for its pool.
func (g *Gateway) newExchange(w http.ResponseWriter, r *http.Request, p *pool) *exchange {
	x := &exchange{g: g, pool: p, w: w, r: r, method: r.Method, started: time.Now()}
	x.deadline = x.started.Add(p.Patience - min(p.Patience/20, lastMoment))
	x.client = g.client(r)
	x.route = routeOf(r)
	x.header = g.forwarded(r, x.client)
	x.two = isGRPC(r)
	x.stream = x.two || r.Header.Get("Accept") == "text/event-stream"
	x.repeatable = !x.two && isRepeatable(r)
	x.record = Exchange{
		Start: x.started, Pool: p.Name, Client: x.client, Agent: r.UserAgent(), Method: r.Method, Host: r.Host,
		Target: r.RequestURI, Proto: r.Proto, Header: r.Header, Encrypted: r.TLS != nil,
	}
	if t := g.options.Tracing; t != nil {
		x.record.Trace = t.begin(r, g.trusted(r))
	}
	return x
}

// isRepeatable reports whether a request may be asked twice: RFC 9110, 9.2.2, or its
// client says with a key that it may.
func isRepeatable(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete, "PROPFIND", "REPORT", "SEARCH", "QUERY":
		return true
	}
	return r.Header.Get("Idempotency-Key") != "" || r.Header.Get("X-Idempotency-Key") != ""
}

func routeOf(r *http.Request) string {
	return string(route.AppendStep(nil, []byte(r.Method), route.Path([]byte(r.RequestURI))))
}

// call returns what a backend is asked.
func (x *exchange) call(fresh bool) *call {
	target := x.r.RequestURI
	if target == "" || target[0] != '/' && target != "*" {
		target = x.r.URL.RequestURI() // it was a whole address
	}
	c := &call{Call: h1.Call{Method: x.method, Target: target, Host: x.r.Host, Header: x.header, Length: 0}, fresh: fresh, two: x.two}
	if x.body != nil {
		c.Body, c.Length, c.again = x.body.reader(), x.length, x.body.reader
		c.Trailers, c.Trailer = x.trailers, x.trailer
	}
	return c
}

// hint is what a backend says before its answer: 102 and 103.
type hint struct {
	status int
	header http.Header
}

// pass gives a hint to the person.
func (h hint) pass(w http.ResponseWriter) {
	copyFields(w.Header(), h.header)
	w.WriteHeader(h.status)
	clear(w.Header())
}

// hedgeAfter returns how long one backend may be silent before another is asked too: twice
// what four of five answers take, within bounds that a person's patience sets.
func (x *exchange) hedgeAfter() time.Duration {
	patience := x.pool.Patience
	_, most, _ := x.pool.paces.of(x.route)
	if most == 0 {
		return patience / 8
	}
	return min(max(2*most, patience/40), max(patience*3/10, most*5/4))
}

// maxFaults is how many faults of one exchange are told.
const maxFaults = 64

// fault notes what was wrong with a.
func (x *exchange) fault(a *attempt, what string) {
	if a.drilled.Load() {
		what = drillMark + what
	}
	if len(x.faults) < maxFaults {
		x.faults = append(x.faults, Fault{a.b.name, what, time.Since(x.started)})
	}
}

// left reports whether the person has left.
func (x *exchange) left() bool {
	if x.r.Context().Err() != nil {
		return true
	}
	one, ok := x.w.(interface{ Gone() bool })
	return ok && one.Gone()
}

// finish tells what the exchange was.
func (x *exchange) finish(o *outcome) {
	e := &x.record
	e.Wait, e.Attempts, e.Faults, e.Gone = time.Since(x.started), x.attempts, x.faults, x.gone
	if o != nil {
		e.Backend = o.b.name
	}
	if len(x.faults) > 0 && !e.bad() && e.Mask == experience.Unmasked {
		e.Mask = experience.Retry
		if o != nil && o.why != experience.Unmasked {
			e.Mask = o.why
		}
		if x.held {
			e.Mask = experience.Hold
		}
	}
	if e.bad() {
		e.Mask = experience.Unmasked
	}
	if len(x.faults) > 0 {
		e.Cost = e.Wait - x.faults[0].After
	}
	e.Trace.end()
	if x.hearing != nil {
		x.hearing <- e
		return
	}
	x.tell(e)
}

// bad reports whether the person felt it.
func (e *Exchange) bad() bool { return e.Status >= 500 || e.Gone || e.Cut }

// tell tells what the exchange was.
func (x *exchange) tell(e *Exchange) {
	x.g.count(e)
	x.g.drilled(e, e.bad())
	if x.g.options.Done != nil {
		x.g.options.Done(e)
	}
}
