package gateway

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/honderd/honderd/experience"
)

// attempt is one backend being asked for one exchange.
type attempt struct {
	b       *backend
	started time.Time
	usual   time.Duration
	calm    time.Duration   // how long it takes when nobody else is there
	others  int             // were being answered when it began
	due     time.Duration   // how long it would take with those who were before it
	why     experience.Mask // what it would hide if it won
	canary  bool
	drilled atomic.Bool  // it was broken on purpose
	let     atomic.Bool  // what came so far is to be given away
	try     int          // its place in Trace.Tries, from 1; 0: it is not traced
	sends   *spoolReader // the body of the request; nil: none
	sent    int64        // of it, when it was looked at
	size    atomic.Int64 // bytes of the answer that are waited for; 0: nobody knows
	got     atomic.Int64 // of them
	ended   bool         // with the lock of b: it is not among those that are open
	life

	prev, next *attempt // in backend
}

// verdict is what an outcome is.
type verdict int

const (
	good    verdict = iota // a whole answer that is good
	flowing                // a good head, and a body that is still coming
	faulty                 // an answer that says or shows that the backend failed
	failed                 // no answer
	odd                    // an answer that is not like the others: a second opinion is wanted
	hinted                 // no answer yet: 102 or 103
)

// outcome is what became of an attempt.
type outcome struct {
	*attempt
	verdict verdict
	what    string // was wrong
	status  int
	header  http.Header
	body    []byte
	rest    *reply // the body goes on here; nil: body is all of it
	trailer http.Header
	unsent  bool // the backend certainly did not do it
	again   bool // the connection was stale: the same backend may be asked again at once
	err     error
}

// run asks a backend and judges what it says.
func (x *exchange) run(a *attempt, c *call) *outcome {
	if o := x.drill(a); o != nil {
		return o
	}
	o := &outcome{attempt: a}
	r, err := a.b.engine.ask(&a.life, c)
	if err != nil {
		o.verdict, o.what, o.err = failed, Reset, err
		if t, ok := errors.AsType[*trouble](err); ok {
			o.what, o.unsent, o.again = t.what, t.unsent, t.stale
			if t.second && !a.b.second.Swap(true) {
				o.unsent, o.again = true, true // whoever speaks another protocol has done nothing
			}
		}
		return o
	}
	o.status, o.header = r.status, r.header
	if isFault(r.status) {
		o.verdict, o.what = faulty, ServerError
	} else if x.stream || isStream(r.header, r.status) {
		o.verdict, o.rest = flowing, r
		return o
	}
	x.readBody(o, r)
	return o
}

// readBody reads the body of an answer, up to what is held.
func (x *exchange) readBody(o *outcome, r *reply) {
	hold := x.g.options.Hold
	o.size.Store(min(max(r.length, 0), hold))
	buffer := x.g.buffers.take(min(r.length, hold))
	for {
		if len(buffer) == cap(buffer) {
			buffer = append(buffer, 0)[:len(buffer)]
		}
		n, err := r.body.Read(buffer[len(buffer):min(int64(cap(buffer)), hold+1)])
		buffer = buffer[:len(buffer)+n]
		o.got.Store(int64(len(buffer)))
		if err != nil {
			r.release(errors.Is(err, io.EOF))
			o.body = buffer
			if !errors.Is(err, io.EOF) {
				o.verdict, o.what, o.err = failed, Cut, err
				return
			}
			o.trailer = r.trailer()
			x.judge(o)
			return
		}
		if int64(len(buffer)) > hold || o.let.Load() && o.verdict == good {
			o.body, o.rest = buffer, r
			if o.verdict == good {
				o.verdict = flowing
			}
			return
		}
	}
}

// judge looks at a whole answer.
func (x *exchange) judge(o *outcome) {
	if o.verdict != good {
		return
	}
	switch {
	case !whole(o.header, o.status, o.body):
		o.verdict, o.what = failed, Damaged
	case o.status == http.StatusOK && !marked(o.header, x.pool.Marker):
		o.verdict, o.what = faulty, Unmarked
	case o.status == http.StatusOK && x.method == http.MethodGet && x.pool.shapes.unlike(x.route, o.b, o.header, int64(len(o.body))):
		o.verdict, o.what = odd, Unlike
	}
}
