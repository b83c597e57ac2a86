package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/gateway"
	"github.com/honderd/honderd/source/otlp/send"
)

// Spans says where the spans of a gateway go.
type Spans struct {
	Endpoint string
	Headers  map[string]string
	Share    float64 // of the traces that begin here; those with a fault are always told
	Service  string  // what the gateway is called; "": honderd-gateway
	Labels   map[string]string

	// Counted says that who passes the gateway is counted already: whoever reads the spans
	// must not count them again.
	Counted bool
}

// count says that who passes is counted already.
func (o *Spans) count() {
	if o != nil {
		o.Counted = true
	}
}

// same reports whether spans go to the same place.
func (o *Spans) same(p *Spans) bool {
	if o == nil || p == nil {
		return o == p
	}
	return fmt.Sprint(*o) == fmt.Sprint(*p)
}

// Limits of spans that wait. One exchange is some spans.
const (
	spanQueue  = 4096 // exchanges
	spanBatch  = 512  // spans in one message
	spanEvery  = time.Second
	spanTries  = 5
	spanPause  = time.Second // after a failed try, then twice as long
	spanLonger = 30 * time.Second
)

// spanned is what is kept of an exchange until it is sent.
type spanned struct {
	*gateway.Trace
	e gateway.Exchange
}

// spanLog sends what exchanges were as spans. Nobody waits for it: what cannot be sent is
// dropped and counted.
type spanLog struct {
	options Spans
	sender  *send.Sender
	log     *slog.Logger
	queue   chan spanned

	mu      sync.Mutex
	sent    int64
	dropped map[string]int64
	trouble string // of the last message; "": it was taken
}

// newSpanLog returns a spanLog; nil where none is asked for.
func newSpanLog(o *Spans, log *slog.Logger) (*spanLog, error) {
	if o == nil {
		return nil, nil
	}
	service := o.Service
	if service == "" {
		service = "honderd-gateway"
	}
	resource := []send.Attr{{Key: "service.name", Text: service}, {Key: "service.version", Text: version()}}
	for _, name := range slices.Sorted(maps.Keys(o.Labels)) {
		resource = append(resource, send.Attr{Key: name, Text: o.Labels[name]})
	}
	sender, err := send.New(send.Options{Endpoint: o.Endpoint, Headers: o.Headers, Resource: resource})
	if err != nil {
		return nil, err
	}
	return &spanLog{options: *o, sender: sender, log: log, queue: make(chan spanned, spanQueue), dropped: map[string]int64{}}, nil
}

// add takes an exchange that has ended, if it is to be told.
func (l *spanLog) add(e *gateway.Exchange) {
	if e.Trace == nil || !e.Trace.Sampled && len(e.Faults) == 0 && e.Status < 500 && !e.Cut && !e.Gone {
		return
	}
	one := spanned{e.Trace, *e}
	one.e.Header = nil
	select {
	case l.queue <- one:
	default:
		l.drop("the queue was full", 1+len(e.Trace.Tries))
	}
}

func (l *spanLog) drop(why string, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dropped[why] += int64(n)
}

// run sends until ctx is done, and then once what still waits.
func (l *spanLog) run(ctx context.Context) {
	defer l.sender.Close()
	tick := time.NewTicker(spanEvery)
	defer tick.Stop()
	var list []send.Span
	for {
		select {
		case one := <-l.queue:
			list = l.append(list, one)
			if len(list) < spanBatch {
				continue
			}
		case <-tick.C:
		case <-ctx.Done():
			for len(l.queue) > 0 {
				list = l.append(list, <-l.queue)
			}
			l.sendLast(ctx, list)
			return
		}
		if len(list) > 0 {
			l.send(ctx, list)
			list = list[:0]
		}
	}
}

// sendLast sends what waited when ctx ended.
func (l *spanLog) sendLast(ctx context.Context, list []send.Span) {
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	for one := range slices.Chunk(list, spanBatch) {
		l.send(last, one)
	}
}

// send sends one message, again and again for a while when that is asked for.
func (l *spanLog) send(ctx context.Context, list []send.Span) {
	wait := spanPause
	for i := 1; ; i++ {
		rejected, err := l.sender.Send(context.WithoutCancel(ctx), list) // what was begun when all ends is sent
		if err == nil {
			l.mu.Lock()
			l.sent += int64(len(list)) - rejected
			if rejected > 0 {
				l.dropped["the collector took a part"] += rejected
			}
			healed := l.trouble != ""
			l.trouble = ""
			l.mu.Unlock()
			if healed {
				l.log.Info("spans are taken again", "endpoint", l.options.Endpoint)
			}
			return
		}
		l.mu.Lock()
		first := l.trouble == ""
		l.trouble = err.Error()
		l.mu.Unlock()
		if first {
			l.log.Warn("spans are not taken: they are dropped and counted when that goes on", "endpoint", l.options.Endpoint, "error", err)
		}
		later, again := errors.AsType[*send.Later](err)
		if !again || i == spanTries || ctx.Err() != nil {
			why := "the collector refused"
			if again {
				why = "the collector was not there"
			}
			l.drop(why, len(list))
			return
		}
		pause(ctx, min(max(wait, later.After), spanLonger))
		wait *= 2
	}
}

// append appends the spans of one exchange.
func (l *spanLog) append(list []send.Span, one spanned) []send.Span {
	e := &one.e
	method, original := methodOf(e.Method)
	scheme := "http"
	if e.Encrypted {
		scheme = "https"
	}
	path, _, _ := strings.Cut(e.Target, "?")
	host, port := hostPort(e.Host, scheme)
	attrs := []send.Attr{
		{Key: "http.request.method", Text: method}, {Key: "url.scheme", Text: scheme}, {Key: "url.path", Text: path},
		{Key: "server.address", Text: host}, {Key: "server.port", Number: port},
		{Key: "http.response.status_code", Number: int64(e.Status)},
		{Key: "network.protocol.name", Text: "http"}, {Key: "network.protocol.version", Text: strings.TrimSuffix(strings.TrimPrefix(e.Proto, "HTTP/"), ".0")},
		{Key: "http.response.body.size", Number: e.Bytes},
		{Key: "honderd.pool", Text: e.Pool}, {Key: "honderd.attempts", Number: int64(e.Attempts)},
	}
	if original != "" {
		attrs = append(attrs, send.Attr{Key: "http.request.method_original", Text: original})
	}
	if e.Agent != "" {
		attrs = append(attrs, send.Attr{Key: "user_agent.original", Text: e.Agent})
	}
	if e.Cache != "" {
		attrs = append(attrs, send.Attr{Key: "honderd.cache", Text: e.Cache})
	}
	if e.Mask != experience.Unmasked {
		attrs = append(attrs, send.Attr{Key: "honderd.masked", Text: e.Mask.String()}, send.Attr{Key: "honderd.masked_ms", Number: e.Cost.Milliseconds()})
	}
	if l.options.Counted {
		attrs = append(attrs, send.Attr{Key: "honderd.edge", Text: "false"})
	}
	failed := e.Status >= 500 || e.Cut
	switch {
	case e.Status >= 500:
		attrs = append(attrs, send.Attr{Key: "error.type", Text: strconv.Itoa(e.Status)})
	case e.Cut:
		attrs = append(attrs, send.Attr{Key: "error.type", Text: "cut_short"})
	case e.Gone:
		attrs = append(attrs, send.Attr{Key: "error.type", Text: "cancelled"})
	}
	list = append(list, send.Span{
		Trace: one.ID, ID: one.Span, Parent: one.Parent, State: one.State, Sampled: one.Sampled, Server: true, Name: method,
		Start: e.Start, End: e.Start.Add(e.Wait), Failed: failed, Attrs: attrs,
	})
	for i, try := range one.Tries {
		list = append(list, one.try(try, i, method, path))
	}
	return list
}

// try returns the span of a request to a backend.
func (one *spanned) try(try gateway.Try, i int, method, path string) send.Span {
	scheme := "http"
	if try.Encrypted {
		scheme = "https"
	}
	host, port := hostPort(strings.Fields(try.Backend + " ")[0], scheme)
	if _, at, found := strings.Cut(try.Backend, " "); found { // a name and the address that was asked
		_, port = hostPort(at, scheme)
	}
	judged := "good"
	switch {
	case try.Fault != "":
		judged = try.Fault
	case try.Left:
		judged = "not needed"
	}
	attrs := []send.Attr{
		{Key: "http.request.method", Text: method}, {Key: "server.address", Text: host}, {Key: "server.port", Number: port},
		{Key: "url.full", Text: scheme + "://" + net.JoinHostPort(host, strconv.FormatInt(port, 10)) + path},
		{Key: "honderd.judged", Text: judged},
	}
	if try.Status > 0 {
		attrs = append(attrs, send.Attr{Key: "http.response.status_code", Number: int64(try.Status)})
	}
	if i > 0 {
		attrs = append(attrs, send.Attr{Key: "http.request.resend_count", Number: int64(i)})
	}
	if try.Why != experience.Unmasked {
		attrs = append(attrs, send.Attr{Key: "honderd.why", Text: try.Why.String()})
	}
	if try.Fault != "" {
		kind := strings.ReplaceAll(try.Fault, " ", "_")
		if try.Fault == gateway.ServerError && try.Status >= 500 {
			kind = strconv.Itoa(try.Status)
		}
		attrs = append(attrs, send.Attr{Key: "error.type", Text: kind})
	}
	return send.Span{
		Trace: one.ID, ID: try.Span, Parent: one.Span, State: one.State, Sampled: one.Sampled, Name: method,
		Start: try.Start, End: try.End, Failed: try.Fault != "", Attrs: attrs,
	}
}

// methodOf returns a method as spans have it, and the original of one that is not known.
//
// Source: OpenTelemetry semantic conventions 1.43, http.request.method.
func methodOf(method string) (name, original string) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodConnect, http.MethodTrace, "QUERY":
		return method, ""
	}
	return "_OTHER", method
}

// hostPort returns the two parts of an address.
func hostPort(address, scheme string) (host string, port int64) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		host = strings.Trim(address, "[]")
	}
	if port, err = strconv.ParseInt(text, 10, 32); err != nil {
		port = 80
		if scheme == "https" {
			port = 443
		}
	}
	return host, port
}

// spansState is how the spans are.
type spansState struct {
	Endpoint string           `json:"endpoint"`
	Sent     int64            `json:"sent"`
	Dropped  map[string]int64 `json:"dropped"`
	Trouble  string           `json:"trouble,omitempty"`
}

// state returns how the spans are; nil: there are none.
func (l *spanLog) state() *spansState {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return &spansState{l.options.Endpoint, l.sent, maps.Clone(l.dropped), l.trouble}
}

// writeMetrics writes what a scraper of Prometheus reads about spans.
func (l *spanLog) writeMetrics(w io.Writer) error {
	s := l.state()
	if s == nil {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# HELP honderd_gateway_spans_sent_total Spans that a collector took.\n# TYPE honderd_gateway_spans_sent_total counter\nhonderd_gateway_spans_sent_total %d\n", s.Sent)
	b.WriteString("# HELP honderd_gateway_spans_dropped_total Spans that were not sent.\n# TYPE honderd_gateway_spans_dropped_total counter\n")
	for _, why := range slices.Sorted(maps.Keys(s.Dropped)) {
		fmt.Fprintf(&b, "honderd_gateway_spans_dropped_total{reason=%q} %d\n", why, s.Dropped[why])
	}
	_, err := io.WriteString(w, b.String())
	return err
}
