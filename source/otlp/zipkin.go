package otlp

import (
	"encoding/json"
	"errors"
	"strings"
)

// zipkinSpan is a span as Zipkin writes it, in its second version and in its first.
//
// Source: zipkin-api, zipkin2-api.yaml and zipkin-api.yaml.
type zipkinSpan struct {
	TraceID   string          `json:"traceId"`
	ID        string          `json:"id"`
	ParentID  string          `json:"parentId"`
	Kind      string          `json:"kind"`
	Name      string          `json:"name"`
	Timestamp number          `json:"timestamp"` // microseconds
	Duration  number          `json:"duration"`
	Shared    bool            `json:"shared"`
	Local     *zipkinEndpoint `json:"localEndpoint"`
	Remote    *zipkinEndpoint `json:"remoteEndpoint"`
	Tags      map[string]any  `json:"tags"`

	Annotations []zipkinAnnotation `json:"annotations"`
	Binary      []zipkinBinary     `json:"binaryAnnotations"` // version 1
}

type zipkinEndpoint struct {
	Service string `json:"serviceName"`
	IPv4    string `json:"ipv4"`
	IPv6    string `json:"ipv6"`
}

type zipkinAnnotation struct {
	Timestamp number          `json:"timestamp"`
	Value     string          `json:"value"`
	Endpoint  *zipkinEndpoint `json:"endpoint"`
}

type zipkinBinary struct {
	Key      string          `json:"key"`
	Value    any             `json:"value"`
	Endpoint *zipkinEndpoint `json:"endpoint"`
}

// number is one that some write in quotes.
type number int64

// UnmarshalJSON reads either; what is neither is 0.
func (n *number) UnmarshalJSON(p []byte) error {
	var f float64
	if json.Unmarshal([]byte(strings.Trim(string(p), `"`)), &f) == nil && f == f && f > -1e18 && f < 1e18 {
		*n = number(f)
	}
	return nil
}

// zipkin appends what a span of Zipkin means to list: two spans, when client and server
// wrote one together, as in version 1.
func (r *reader) zipkin(z *zipkinSpan, list []span) ([]span, error) {
	trace, ok := readTrace(z.TraceID)
	if !ok || z.ID == "" {
		return list, errors.New("a span of Zipkin without an id")
	}
	w := raw{trace: trace, id: readSpan(z.ID), parent: readSpan(z.ParentID), name: z.Name, begin: int64(z.Timestamp) * 1e3}
	w.end = w.begin + int64(z.Duration)*1e3
	halves := z.halves()
	if len(halves) == 0 {
		halves = []zipkinHalf{{role: zipkinRole(z.Kind), local: z.Local, remote: z.Remote}}
	}
	for _, h := range halves {
		one := w
		one.role = h.role
		if h.begin > 0 {
			one.begin = h.begin * 1e3
			one.end = max(h.end*1e3, one.begin)
		}
		if one.begin <= 0 {
			return list, errors.New("a span of Zipkin without a time")
		}
		r.bag.empty()
		r.bag.put(r.known, "service.name", h.local.name())
		for name, value := range z.Tags {
			if s, ok := value.(string); ok {
				r.put(name, s)
			}
		}
		for _, b := range z.Binary {
			if s, ok := b.Value.(string); ok && b.Key != "ca" && b.Key != "sa" && b.Key != "ma" && (len(halves) == 1 || b.Endpoint.name() == h.local.name()) {
				r.put(b.Key, s)
			}
		}
		res := r.resource()
		h.far(r, one.role)
		if r.bag.said[fieldError] != "" && r.bag.said[fieldError] != "false" {
			one.failed = true
		}
		list = append(list, r.read(&one, res))
	}
	return list, nil
}

// put notes a tag, unless it is one that only resources have.
func (r *reader) put(name, value string) {
	if m := r.known[name]; m.field == fieldService {
		return
	}
	r.bag.put(r.known, name, value)
}

func (e *zipkinEndpoint) name() string {
	if e == nil {
		return ""
	}
	return e.Service
}

// address returns where an endpoint is.
func (e *zipkinEndpoint) address() string {
	switch {
	case e == nil:
		return ""
	case e.IPv4 != "":
		return e.IPv4
	}
	return e.IPv6
}

func zipkinRole(kind string) role {
	switch strings.ToUpper(kind) {
	case "SERVER":
		return server
	case "CLIENT":
		return client
	case "PRODUCER":
		return producer
	case "CONSUMER":
		return consumer
	}
	return internal
}

// zipkinHalf is what one side saw of a span; its times are in microseconds, 0 for those
// of the span.
type zipkinHalf struct {
	role          role
	local, remote *zipkinEndpoint
	begin, end    int64
}

// far notes who is at the other end.
func (h zipkinHalf) far(r *reader, as role) {
	switch as {
	case client, producer, consumer:
		r.bag.put(r.known, "peer.service", h.remote.name())
		r.bag.put(r.known, "net.peer.name", h.remote.address())
	case server:
		r.bag.put(r.known, "net.peer.ip", h.remote.address())
	}
}

// halves returns what each side saw of a span of version 1.
func (z *zipkinSpan) halves() (list []zipkinHalf) {
	c, s := zipkinHalf{role: client}, zipkinHalf{role: server}
	for _, a := range z.Annotations {
		at := int64(a.Timestamp)
		if a.Endpoint == nil {
			continue
		}
		switch a.Value {
		case "cs":
			c.local, c.begin = a.Endpoint, at
		case "cr":
			c.local, c.end = a.Endpoint, at
		case "sr":
			s.local, s.begin = a.Endpoint, at
		case "ss":
			s.local, s.end = a.Endpoint, at
		}
	}
	for _, b := range z.Binary {
		switch b.Key {
		case "ca":
			s.remote = b.Endpoint
		case "sa":
			c.remote = b.Endpoint
		case "lc":
			if c.local == nil && s.local == nil {
				return []zipkinHalf{{role: internal, local: b.Endpoint}}
			}
		}
	}
	for _, h := range []zipkinHalf{c, s} {
		if h.local != nil {
			if h.end == 0 || h.begin == 0 {
				h.begin, h.end = 0, 0
			}
			list = append(list, h)
		}
	}
	if len(list) == 0 && len(z.Binary) > 0 && z.Local == nil {
		for _, b := range z.Binary {
			if b.Endpoint != nil {
				return []zipkinHalf{{role: zipkinRole(z.Kind), local: b.Endpoint}}
			}
		}
	}
	return list
}
