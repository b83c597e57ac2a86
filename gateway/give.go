package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/gateway/h1"
)

// give gives an outcome to the person.
func (x *exchange) give(o *outcome) {
	h := x.w.Header()
	copyFields(h, o.header)
	page := o.body
	if o.rest == nil && len(o.trailer) == 0 {
		page = x.inject(o.status, h, page)
	}
	bodiless := x.method == http.MethodHead || o.status == http.StatusNotModified || o.status == http.StatusNoContent
	switch {
	case bodiless:
	case o.rest == nil && len(o.trailer) == 0:
		h["Content-Length"] = []string{strconv.Itoa(len(page))}
	case o.rest != nil && o.rest.length >= 0:
		h["Content-Length"] = []string{strconv.FormatInt(o.rest.length, 10)}
	default:
		delete(h, "Content-Length")
	}
	x.record.Status = o.status
	x.explain(o)
	x.w.WriteHeader(o.status)
	n, err := 0, error(nil)
	if !bodiless && len(page) > 0 {
		n, err = x.w.Write(page)
	}
	x.record.Bytes = int64(n)
	x.g.buffers.give(o.body)
	o.body = nil
	if err == nil && o.rest != nil {
		err = x.pass(o)
	} else if o.rest != nil {
		o.rest.release(false)
	}
	if x.stopRace != nil {
		x.stopRace()
	}
	trailer := o.trailer
	if o.rest != nil {
		trailer = o.rest.trailer()
	}
	for name, values := range trailer {
		h[http.TrailerPrefix+name] = values
	}
	x.record.Cut = err != nil
	if errors.Is(err, errTaken) {
		x.record.Cut, x.gone = false, true
	}
	x.finish(o)
	if err != nil {
		panic(http.ErrAbortHandler) // so that the client sees that it is not whole
	}
}

// errTaken is the end of a person who no longer takes what is given.
var errTaken = errors.New("the person no longer takes the answer")

// pass passes the rest of an answer on as it comes. What breaks off is repaired where
// that is safe.
func (x *exchange) pass(o *outcome) error {
	control := http.NewResponseController(x.w)
	flows := x.stream || isStream(o.header, o.status)
	if flows && o.rest.length != 0 { // the head of an empty answer is its end: there gRPC wants its status
		_ = control.Flush()
	}
	p := x.g.buffers.take(0)
	p = p[:cap(p)]
	defer x.g.buffers.give(p)
	from := o.rest
	for {
		n, err := x.readOn(from, p, o)
		if n > 0 {
			if _, werr := x.w.Write(p[:n]); werr != nil {
				from.release(false)
				return errTaken
			}
			x.record.Bytes += int64(n)
			if flows || from.length < 0 {
				_ = control.Flush()
			}
		}
		switch {
		case err == nil:
			continue
		case errors.Is(err, io.EOF):
			from.release(true)
			o.rest = from
			return nil
		}
		from.release(false)
		if x.r.Context().Err() != nil {
			return errTaken
		}
		o.b.fault(time.Now(), Cut)
		x.fault(o.attempt, Cut)
		next := x.repair(o)
		if next == nil {
			return err
		}
		from = next
		x.record.Mask = experience.Repair
	}
}

// errStalled is a body that no longer comes.
var errStalled = errors.New("the answer stopped coming")

// readOn reads on. Where the rest could come from elsewhere, it does not wait for long.
func (x *exchange) readOn(from *reply, p []byte, o *outcome) (int, error) {
	if !x.mendable(o) {
		return from.body.Read(p)
	}
	stalled := false
	watch := time.AfterFunc(max(x.pool.Patience/2, 100*time.Millisecond), func() { stalled = true; from.release(false) })
	n, err := from.body.Read(p)
	if !watch.Stop() && stalled {
		return n, errStalled
	}
	return n, err
}

// mendable reports whether the rest of an answer may come from another backend: it has
// one representation, by its strong validator.
func (x *exchange) mendable(o *outcome) bool {
	return x.method == http.MethodGet && o.status == http.StatusOK && strongTag(o.header) != "" && x.body == nil
}

// repair returns where an answer goes on after what was given of it; nil: nowhere.
func (x *exchange) repair(o *outcome) *reply {
	if !x.mendable(o) {
		return nil
	}
	until := time.Now().Add(x.pool.Patience)
	tried := tries{{o.b, 1}}
	for time.Now().Before(until) && x.attempts < 40 && !x.left() {
		b := x.pool.pick(time.Now(), want{tried: tried})
		if b == nil || !x.pool.budget.spend(time.Now(), sure) {
			return nil
		}
		tried = tried.add(b, 1)
		x.attempts++
		c := x.call(true)
		again := &attempt{b: b, why: experience.Repair}
		x.record.Trace.try(again, c)
		c.Header = c.Header.Clone()
		c.Header["Range"] = []string{"bytes=" + strconv.FormatInt(x.record.Bytes, 10) + "-"}
		c.Header["If-Range"] = []string{strongTag(o.header)}
		li := &life{}
		stop := context.AfterFunc(x.r.Context(), li.end)
		r, err := b.engine.ask(li, c)
		if err != nil {
			x.record.Trace.tried(again, 0, Reset, false)
		} else {
			x.record.Trace.tried(again, r.status, "", true)
			if x.fits(r, o) {
				return r
			}
			stop()
			r.release(false)
			if r.status < 500 {
				return nil // there it is another
			}
		}
		b.fault(time.Now(), Reset)
		select {
		case <-time.After(20 * time.Millisecond):
		case <-x.r.Context().Done():
			return nil
		}
	}
	return nil
}

// fits reports whether r goes on exactly where o broke off. One that begins anew is read
// up to there.
func (x *exchange) fits(r *reply, o *outcome) bool {
	if strongTag(r.header) != strongTag(o.header) || r.header.Get("Content-Encoding") != o.header.Get("Content-Encoding") {
		return false
	}
	switch r.status {
	case http.StatusOK:
		if o.rest.length >= 0 && r.length != o.rest.length {
			return false
		}
		_, err := io.CopyN(io.Discard, r.body, x.record.Bytes)
		return err == nil
	case http.StatusPartialContent:
		text, found := strings.CutPrefix(r.header.Get("Content-Range"), "bytes ")
		span, size, _ := strings.Cut(text, "/")
		first, _, _ := strings.Cut(span, "-")
		if !found || first != strconv.FormatInt(x.record.Bytes, 10) {
			return false
		}
		return o.rest.length < 0 || size == strconv.FormatInt(o.rest.length, 10)
	}
	return false
}

// refuseBody answers a request whose body could not be read.
func (x *exchange) refuseBody(err error) {
	status, why := http.StatusBadRequest, "the request did not come to its end"
	if p, ok := errors.AsType[*h1.Problem](err); ok {
		status, why = p.Status, p.Why
	}
	x.record.Status = status
	x.w.Header().Set("Connection", "close")
	x.g.refuse(x.w, x.r, status, why)
	x.finish(nil)
}
