package otlp

import (
	"bytes"
	"encoding/json"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/honderd/honderd/service"
)

// maxDepth is how deep lists of traces may lie in each other.
const maxDepth = 6

// Looks reports whether sample, the beginning of a file, is of traces: of OpenTelemetry,
// Zipkin or Jaeger, as JSON.
func Looks(sample []byte) bool {
	start := bytes.TrimLeft(sample, "\ufeff \t\r\n")
	if len(start) == 0 || start[0] != '{' && start[0] != '[' {
		return false
	}
	has := func(names ...string) bool {
		for _, name := range names {
			if !bytes.Contains(start, []byte(`"`+name+`"`)) {
				return false
			}
		}
		return true
	}
	switch {
	case has("resourceSpans") || has("resourceLogs") || has("resourceMetrics"):
		return true
	case has("traceId", "id") && (has("localEndpoint") || has("binaryAnnotations") || has("annotations", "endpoint")):
		return true
	case has("operationName") && has("spanID") && has("traceID"):
		return true
	}
	return has("parent", "child", "callCount")
}

// intake is what was read of documents.
type intake struct {
	spans   []span
	heard   []hearing
	links   []link
	formats map[string]int64
	wrong   map[string]wrong
}

// hearing is something that a service told beside spans.
type hearing struct {
	res        *resource
	at         int64
	what, name string
	n          int64
}

// link is calls of which nothing is known but their number.
type link struct {
	service.Dependency
	count int64
}

type wrong struct {
	n       int64
	example string
}

func (in *intake) reject(why string, n int64, example []byte) {
	if n == 0 {
		return
	}
	if in.wrong == nil {
		in.wrong = map[string]wrong{}
	}
	w := in.wrong[why]
	w.n += n
	if w.example == "" {
		w.example = clip(string(example[:min(len(example), 1000)]))
	}
	in.wrong[why] = w
}

func (in *intake) read(format string, n int) {
	if in.formats == nil {
		in.formats = map[string]int64{}
	}
	in.formats[format] += int64(n)
}

// The names of the formats.
const (
	formatOTLP   = "otlp"
	formatZipkin = "zipkin"
	formatJaeger = "jaeger"
)

// document takes in one object of a file.
func (r *reader) document(in *intake, p json.RawMessage, depth int) {
	var top map[string]json.RawMessage
	if len(p) > 0 && p[0] == '[' && depth < maxDepth {
		var list []json.RawMessage
		if json.Unmarshal(p, &list) == nil {
			for _, one := range list {
				r.document(in, one, depth+1)
			}
			return
		}
	}
	if json.Unmarshal(p, &top) != nil || top == nil {
		in.reject("not a trace", 1, p)
		return
	}
	for _, wrapper := range []string{"data", "_source", "result"} {
		if inner, ok := top[wrapper]; ok && depth < maxDepth {
			r.document(in, inner, depth+1)
			return
		}
	}
	has := func(name string) bool { return len(top[name]) > 0 }
	switch {
	case has("resourceSpans") || has("resourceLogs") || has("resourceMetrics"):
		r.otlpDocument(in, p, has)
	case has("callCount"):
		in.link(p)
	case has("spans"):
		var t jaegerTrace
		if json.Unmarshal(p, &t) != nil {
			in.reject("not a trace of Jaeger", 1, p)
			return
		}
		r.jaegerDocument(in, &t)
	case has("operationName"):
		var s jaegerSpan
		if json.Unmarshal(p, &s) != nil {
			in.reject("not a span of Jaeger", 1, p)
			return
		}
		r.jaegerDocument(in, &jaegerTrace{Spans: []jaegerSpan{s}})
	case has("traceId"):
		r.zipkinDocument(in, p)
	default:
		in.reject("not a trace", 1, p)
	}
}

func (r *reader) jaegerDocument(in *intake, t *jaegerTrace) {
	before := len(in.spans)
	var n int
	in.spans, n = r.jaeger(t, in.spans)
	in.reject("a span of Jaeger without an id or a time", int64(n), []byte(t.TraceID))
	in.read(formatJaeger, len(in.spans)-before)
}

func (r *reader) zipkinDocument(in *intake, p json.RawMessage) {
	var z zipkinSpan
	if json.Unmarshal(p, &z) != nil {
		in.reject("not a span of Zipkin", 1, p)
		return
	}
	var err error
	if in.spans, err = r.zipkin(&z, in.spans); err != nil {
		in.reject(err.Error(), 1, p)
		return
	}
	in.read(formatZipkin, 1)
}

// link takes in a line of Jaeger's graph of dependencies.
func (in *intake) link(p json.RawMessage) {
	var l struct {
		Parent, Child string
		CallCount     number
	}
	if json.Unmarshal(p, &l) != nil || l.Parent == "" || l.Child == "" || l.CallCount < 0 {
		in.reject("not a dependency", 1, p)
		return
	}
	d := service.Dependency{From: service.Name(l.Parent), To: service.Name(l.Child), Kind: service.External}
	in.links = append(in.links, link{d, int64(l.CallCount)})
	in.read(formatJaeger, 1)
}

func (r *reader) otlpDocument(in *intake, p json.RawMessage, has func(string) bool) {
	var err error
	if has("resourceSpans") {
		var td ptrace.Traces
		if td, err = (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(p); err == nil {
			r.takeTraces(in, td)
		}
	}
	if has("resourceLogs") && err == nil {
		var ld plog.Logs
		if ld, err = (&plog.JSONUnmarshaler{}).UnmarshalLogs(p); err == nil {
			r.takeLogs(in, ld)
		}
	}
	if has("resourceMetrics") && err == nil {
		var md pmetric.Metrics
		if md, err = (&pmetric.JSONUnmarshaler{}).UnmarshalMetrics(p); err == nil {
			r.takeMetrics(in, md)
		}
	}
	if err != nil {
		in.reject("not as OpenTelemetry writes JSON", 1, p)
	}
}

// takeTraces takes in spans of OpenTelemetry.
func (r *reader) takeTraces(in *intake, td ptrace.Traces) {
	before := len(in.spans)
	var n int
	in.spans, n = r.traces(td, in.spans)
	in.reject("a span without an id or a time", int64(n), nil)
	in.read(formatOTLP, len(in.spans)-before)
}
