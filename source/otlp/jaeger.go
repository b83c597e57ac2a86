package otlp

import (
	"errors"
	"strconv"
	"strings"
)

// jaegerTrace is a trace as Jaeger writes it.
//
// Source: Jaeger, model/json/model.go.
type jaegerTrace struct {
	TraceID   string                   `json:"traceID"`
	Spans     []jaegerSpan             `json:"spans"`
	Processes map[string]jaegerProcess `json:"processes"`
}

type jaegerSpan struct {
	TraceID    string         `json:"traceID"`
	SpanID     string         `json:"spanID"`
	Parent     string         `json:"parentSpanID"` // as it was before references
	Operation  string         `json:"operationName"`
	References []jaegerRef    `json:"references"`
	Start      number         `json:"startTime"` // microseconds
	Duration   number         `json:"duration"`
	Tags       []jaegerTag    `json:"tags"`
	ProcessID  string         `json:"processID"`
	Process    *jaegerProcess `json:"process"`
}

type jaegerRef struct {
	Type    string `json:"refType"`
	TraceID string `json:"traceID"`
	SpanID  string `json:"spanID"`
}

type jaegerTag struct {
	Key   string `json:"key"`
	Value any    `json:"value"`
}

type jaegerProcess struct {
	Service string      `json:"serviceName"`
	Tags    []jaegerTag `json:"tags"`
}

// words returns the value of a tag.
func (t jaegerTag) words() string {
	switch v := t.Value.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// jaeger appends what the spans of a trace mean to list. It returns also how many of them
// are none.
func (r *reader) jaeger(t *jaegerTrace, list []span) (all []span, wrong int) {
	resources := map[string]*resource{}
	for i := range t.Spans {
		j := &t.Spans[i]
		process := j.Process
		if process == nil {
			p := t.Processes[j.ProcessID]
			process = &p
		}
		key := j.ProcessID
		if j.Process != nil {
			key = "\x00" + j.Process.Service
		}
		res := resources[key]
		if res == nil {
			r.bag.empty()
			for _, tag := range process.Tags {
				r.put(tag.Key, tag.words())
			}
			r.bag.put(r.known, "service.name", process.Service)
			res = r.resource()
			resources[key] = res
		}
		s, err := r.jaegerSpan(j, res)
		if err != nil {
			wrong++
			continue
		}
		list = append(list, s)
	}
	return list, wrong
}

func (r *reader) jaegerSpan(j *jaegerSpan, res *resource) (span, error) {
	trace, ok := readTrace(j.TraceID)
	w := raw{trace: trace, id: readSpan(j.SpanID), parent: readSpan(j.Parent), name: j.Operation, begin: int64(j.Start) * 1e3}
	if !ok || w.id == 0 || w.begin <= 0 {
		return span{}, errors.New("a span of Jaeger without an id or a time")
	}
	w.end = w.begin + int64(j.Duration)*1e3
	for _, ref := range j.References {
		if of, ok := readTrace(ref.TraceID); ref.Type != "FOLLOWS_FROM" && (!ok || of == trace) {
			w.parent = readSpan(ref.SpanID)
			break
		}
		if w.parent == 0 && ref.TraceID == j.TraceID {
			w.parent = readSpan(ref.SpanID)
		}
	}
	r.bag.empty()
	for _, tag := range j.Tags {
		r.put(tag.Key, tag.words())
		if tag.Key == "otel.status_code" && strings.EqualFold(tag.words(), "error") {
			w.failed = true
		}
	}
	if r.bag.said[fieldError] == "true" {
		w.failed, r.bag.said[fieldError] = true, ""
	}
	w.role = zipkinRole(r.bag.said[fieldKind])
	return r.read(&w, res), nil
}
