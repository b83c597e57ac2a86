package otlp

import (
	"encoding/binary"
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// traces appends what OpenTelemetry's spans mean to list. It returns also how many of
// them are no spans: without an id, or without a time.
func (r *reader) traces(td ptrace.Traces, list []span) (all []span, wrong int) {
	for _, rs := range td.ResourceSpans().All() {
		r.bag.empty()
		r.attributes(rs.Resource().Attributes())
		res := r.resource()
		for _, ss := range rs.ScopeSpans().All() {
			for _, sp := range ss.Spans().All() {
				id := sp.SpanID()
				w := raw{
					trace: traceID(sp.TraceID()), id: spanID(binary.BigEndian.Uint64(id[:])), name: sp.Name(), role: roleOf(sp.Kind()),
					begin: int64(sp.StartTimestamp()), end: int64(sp.EndTimestamp()),
					failed: sp.Status().Code() == ptrace.StatusCodeError, state: sp.TraceState().AsRaw(),
				}
				if parent := sp.ParentSpanID(); !parent.IsEmpty() {
					w.parent = spanID(binary.BigEndian.Uint64(parent[:]))
				}
				if w.trace == (traceID{}) || w.id == 0 || w.begin <= 0 || w.end <= 0 {
					wrong++
					continue
				}
				r.bag.empty()
				r.attributes(sp.Attributes())
				list = append(list, r.read(&w, res))
			}
		}
	}
	return list, wrong
}

func roleOf(k ptrace.SpanKind) role {
	switch k {
	case ptrace.SpanKindServer:
		return server
	case ptrace.SpanKindClient:
		return client
	case ptrace.SpanKindProducer:
		return producer
	case ptrace.SpanKindConsumer:
		return consumer
	default:
		return internal
	}
}

// attributes puts all that m says in the bag.
func (r *reader) attributes(m pcommon.Map) {
	for name, v := range m.All() {
		if _, known := r.known[name]; !known && len(r.bag.wanted) == 0 {
			continue
		}
		r.bag.put(r.known, name, text(v))
	}
}

// text returns an attribute in words: the first value of a list, "" of what is none.
func text(v pcommon.Value) string {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return v.Str()
	case pcommon.ValueTypeInt:
		return strconv.FormatInt(v.Int(), 10)
	case pcommon.ValueTypeBool:
		return strconv.FormatBool(v.Bool())
	case pcommon.ValueTypeDouble:
		return strconv.FormatFloat(v.Double(), 'g', -1, 64)
	case pcommon.ValueTypeSlice:
		if v.Slice().Len() > 0 {
			return text(v.Slice().At(0))
		}
	}
	return ""
}
