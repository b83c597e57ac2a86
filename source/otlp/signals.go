package otlp

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// What services tell beside spans, as it is counted.
const (
	heardException = "exception"
	heardEvent     = "event"
	heardLog       = "log"
	heardMetric    = "metric"
)

// takeLogs counts what stands in logs: exceptions by their type, events by their name,
// and the rest by how grave it is. Of a vital of a browser its name and its rating count.
func (r *reader) takeLogs(in *intake, ld plog.Logs) {
	for _, rl := range ld.ResourceLogs().All() {
		r.bag.empty()
		r.attributes(rl.Resource().Attributes())
		res := r.resource()
		for _, sl := range rl.ScopeLogs().All() {
			for _, one := range sl.LogRecords().All() {
				at := one.Timestamp()
				if at == 0 {
					at = one.ObservedTimestamp()
				}
				what, name := r.logged(one)
				in.heard = append(in.heard, hearing{res: res, at: int64(at) / 1e6, what: what, name: name, n: 1})
				in.read(formatOTLP, 1)
			}
		}
	}
}

// logged returns what one line of a log is counted as.
func (r *reader) logged(one plog.LogRecord) (what, name string) {
	a := one.Attributes()
	if kind, ok := a.Get("exception.type"); ok {
		return heardException, r.word(kind.AsString())
	}
	if _, ok := a.Get("exception.message"); ok {
		return heardException, ""
	}
	event := one.EventName()
	if event == "" {
		if v, ok := a.Get("event.name"); ok { // before it was a field of its own
			event = v.AsString()
		}
	}
	switch {
	case event == "browser.web_vital":
		return heardEvent, r.word(strings.TrimSpace(event + " " + vital(one, "name") + " " + vital(one, "rating")))
	case event != "":
		return heardEvent, r.word(event)
	}
	level := one.SeverityText()
	if level == "" {
		level = one.SeverityNumber().String()
	}
	return heardLog, r.word(strings.ToLower(level))
}

// vital returns what a vital of a browser says, from its attributes, or, as it was before
// 1.44 of the semantic conventions, from its body.
func vital(one plog.LogRecord, name string) string {
	if v, ok := one.Attributes().Get("browser.web_vital." + name); ok {
		return v.AsString()
	}
	if one.Body().Type() == pcommon.ValueTypeMap {
		if v, ok := one.Body().Map().Get(name); ok {
			return v.AsString()
		}
	}
	return ""
}

// takeMetrics counts the points of metrics by their names.
func (r *reader) takeMetrics(in *intake, md pmetric.Metrics) {
	for _, rm := range md.ResourceMetrics().All() {
		r.bag.empty()
		r.attributes(rm.Resource().Attributes())
		res := r.resource()
		for _, sm := range rm.ScopeMetrics().All() {
			for _, m := range sm.Metrics().All() {
				n, at := points(m)
				in.heard = append(in.heard, hearing{res: res, at: at, what: heardMetric, name: r.word(m.Name()), n: int64(n)})
				in.read(formatOTLP, n)
			}
		}
	}
}

// points returns how many points a metric has, and the time of the last one, in Unix
// milliseconds.
func points(m pmetric.Metric) (n int, at int64) {
	var last pcommon.Timestamp
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		n, last = numbers(m.Gauge().DataPoints())
	case pmetric.MetricTypeSum:
		n, last = numbers(m.Sum().DataPoints())
	case pmetric.MetricTypeHistogram:
		for _, p := range m.Histogram().DataPoints().All() {
			n, last = n+1, max(last, p.Timestamp())
		}
	case pmetric.MetricTypeExponentialHistogram:
		for _, p := range m.ExponentialHistogram().DataPoints().All() {
			n, last = n+1, max(last, p.Timestamp())
		}
	case pmetric.MetricTypeSummary:
		for _, p := range m.Summary().DataPoints().All() {
			n, last = n+1, max(last, p.Timestamp())
		}
	}
	return n, int64(last) / 1e6
}

func numbers(list pmetric.NumberDataPointSlice) (n int, last pcommon.Timestamp) {
	for _, p := range list.All() {
		n, last = n+1, max(last, p.Timestamp())
	}
	return n, last
}
