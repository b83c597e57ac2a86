package gateway

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// exposition is what a scraper of Prometheus reads.
type exposition struct{ strings.Builder }

// metric begins a metric.
func (b *exposition) metric(name, kind, help string) {
	fmt.Fprintf(b, "# HELP honderd_gateway_%s %s\n# TYPE honderd_gateway_%s %s\n", name, help, name, kind)
}

// one is a metric without labels.
func (b *exposition) one(name, kind, help string, v float64) {
	b.metric(name, kind, help)
	fmt.Fprintf(b, "honderd_gateway_%s %s\n", name, strconv.FormatFloat(v, 'g', -1, 64))
}

// WriteMetrics writes what a scraper of Prometheus reads: docs/gateway.md.
func (g *Gateway) WriteMetrics(w io.Writer) error {
	s := g.State()
	var b exposition
	b.one("requests_total", "counter", "Requests of people.", float64(s.Requests))
	b.one("felt_total", "counter", "Requests whose answer people felt to be bad.", float64(s.Felt))
	b.one("attempts_total", "counter", "Requests to backends.", float64(s.Attempts))
	b.one("cached_total", "counter", "Requests answered from what was stored.", float64(s.Cached))
	b.one("shed_total", "counter", "Requests that were turned away because there were too many.", float64(s.Shed))
	b.one("masked_cost_seconds_total", "counter", "Time that faults cost people who did not see them.", float64(s.CostMs)/1000)
	b.one("sockets", "gauge", "Open WebSockets.", float64(s.Sockets))
	b.metric("masked_total", "counter", "Faults that people did not feel.")
	for _, m := range s.Masks {
		fmt.Fprintf(&b, "honderd_gateway_masked_total{backend=%q,fault=%q,how=%q} %d\n", m.Backend, m.What, m.How, m.Count)
	}
	b.metric("refused_total", "counter", "Requests and connections that were refused.")
	for _, why := range slices.Sorted(maps.Keys(s.Refused)) {
		fmt.Fprintf(&b, "honderd_gateway_refused_total{reason=%q} %d\n", why, s.Refused[why])
	}
	g.counts.writeTook(&b)
	b.backends(s.Backends)
	_, err := io.WriteString(w, b.String())
	return err
}

// writeTook writes how long requests took, by the class of their status.
func (c *counts) writeTook(b *exposition) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b.metric("request_duration_seconds", "histogram", "How long requests took until the last byte was given.")
	keys := slices.SortedFunc(maps.Keys(c.took), func(x, y tookKey) int {
		if n := strings.Compare(x.pool, y.pool); n != 0 {
			return n
		}
		return x.class - y.class
	})
	for _, k := range keys {
		c.took[k].write(b, "honderd_gateway_request_duration_seconds", fmt.Sprintf("pool=%q,code=\"%dxx\"", k.pool, k.class))
	}
}

// backends writes how each backend is.
func (b *exposition) backends(list []BackendState) {
	gauge := func(name, kind, help string, of func(BackendState) (float64, bool)) {
		b.metric(name, kind, help)
		for _, one := range list {
			if v, known := of(one); known {
				fmt.Fprintf(b, "honderd_gateway_%s{pool=%q,backend=%q} %s\n", name, one.Pool, one.Name, strconv.FormatFloat(v, 'g', -1, 64))
			}
		}
	}
	gauge("backend_up", "gauge", "Whether a backend is well: 1, or 0.", func(s BackendState) (float64, bool) {
		if s.State == "well" {
			return 1, true
		}
		return 0, true
	})
	gauge("backend_requests_in_flight", "gauge", "Requests that a backend is answering.", func(s BackendState) (float64, bool) { return float64(s.Open), true })
	gauge("backend_score", "gauge", "How little a backend is preferred: the lowest is asked first.", func(s BackendState) (float64, bool) { return s.Score, true })
	gauge("backend_room", "gauge", "How many more requests a backend can take now, where that is known.", func(s BackendState) (float64, bool) {
		if s.Room == nil {
			return 0, false
		}
		return float64(*s.Room), true
	})
	gauge("backend_answers_total", "counter", "Good answers of a backend.", func(s BackendState) (float64, bool) { return float64(s.Answers), true })
	b.metric("backend_faults_total", "counter", "Faults of a backend, felt or not.")
	for _, one := range list {
		for _, what := range slices.Sorted(maps.Keys(one.Faults)) {
			fmt.Fprintf(b, "honderd_gateway_backend_faults_total{pool=%q,backend=%q,fault=%q} %d\n", one.Pool, one.Name, what, one.Faults[what])
		}
	}
	b.metric("backend_request_duration_seconds", "histogram", "How long a backend took for good answers.")
	for _, one := range list {
		if one.Answers > 0 {
			one.took.write(b, "honderd_gateway_backend_request_duration_seconds", fmt.Sprintf("pool=%q,backend=%q", one.Pool, one.Name))
		}
	}
}
