// Package send sends spans of our own to whoever takes OTLP.
package send

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/encoding/gzip" // spans are much alike
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// Attr is one attribute: a text, or a number when Text is empty.
type Attr struct {
	Key, Text string
	Number    int64
}

// Span is one span.
type Span struct {
	Trace      [16]byte
	ID, Parent [8]byte // Parent zero: none
	State      string  // tracestate
	Sampled    bool
	Server     bool // else it is a client's
	Name       string
	Start, End time.Time
	Failed     bool
	Attrs      []Attr
}

// Options says where spans go.
type Options struct {
	// Endpoint is http://host:4318 or https://, for OTLP over HTTP; /v1/traces is added
	// when it has no path. grpc://host:4317 and grpcs:// are OTLP over gRPC.
	Endpoint string
	Headers  map[string]string
	Resource []Attr // who sends
}

// Validate reports every mistake in o at once, each with its fix.
func (o Options) Validate() error {
	u, err := url.Parse(o.Endpoint)
	if err != nil || u.Host == "" || u.User != nil {
		return fmt.Errorf("otlp endpoint %q: is no address (fix: write http://host:4318 or grpc://host:4317)", o.Endpoint)
	}
	switch u.Scheme {
	case "http", "https":
	case "grpc", "grpcs":
		if u.Path != "" && u.Path != "/" {
			return fmt.Errorf("otlp endpoint %q: gRPC has no path (fix: write %s://%s)", o.Endpoint, u.Scheme, u.Host)
		}
	default:
		return fmt.Errorf("otlp endpoint %q: %q is not spoken here (fix: write http://host:4318 or grpc://host:4317)", o.Endpoint, u.Scheme)
	}
	return nil
}

// Sender sends spans.
type Sender struct {
	options Options
	url     string
	http    *http.Client
	conn    *grpc.ClientConn // nil: over HTTP
}

// timeout is how long one try may take; every SDK has the same.
const timeout = 10 * time.Second

// New returns a Sender. Nothing is dialled before Send.
func New(o Options) (*Sender, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	u, err := url.Parse(o.Endpoint)
	if err != nil {
		return nil, err
	}
	s := &Sender{options: o}
	if u.Scheme == "grpc" || u.Scheme == "grpcs" {
		how := insecure.NewCredentials()
		if u.Scheme == "grpcs" {
			how = credentials.NewTLS(nil)
		}
		host := u.Host
		if u.Port() == "" {
			host += ":4317"
		}
		s.conn, err = grpc.NewClient(host, grpc.WithTransportCredentials(how))
		return s, err
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/v1/traces"
	}
	s.url = u.String()
	s.http = &http.Client{Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return s, nil
}

// Close gives back what is open.
func (s *Sender) Close() {
	if s.conn != nil {
		_ = s.conn.Close()
		return
	}
	s.http.CloseIdleConnections()
}

// Later is a refusal that asks to come again.
type Later struct {
	After time.Duration // 0: it is not said
	err   error
}

// Error says why.
func (l *Later) Error() string { return l.err.Error() }

// Unwrap returns why.
func (l *Later) Unwrap() error { return l.err }

// Send sends list once. When it may be sent again the error is a Later. rejected is how
// many were not taken of a list that was.
func (s *Sender) Send(ctx context.Context, list []Span) (rejected int64, err error) {
	request := ptraceotlp.NewExportRequestFromTraces(s.traces(list))
	ctx, stop := context.WithTimeout(ctx, timeout)
	defer stop()
	var answer ptraceotlp.ExportResponse
	if s.conn != nil {
		answer, err = s.call(ctx, request)
	} else {
		answer, err = s.post(ctx, request)
	}
	if err != nil {
		return 0, err
	}
	return answer.PartialSuccess().RejectedSpans(), nil
}

// call sends over gRPC.
func (s *Sender) call(ctx context.Context, request ptraceotlp.ExportRequest) (ptraceotlp.ExportResponse, error) {
	ctx = metadata.NewOutgoingContext(ctx, metadata.New(s.options.Headers))
	answer, err := ptraceotlp.NewGRPCClient(s.conn).Export(ctx, request, grpc.UseCompressor("gzip"))
	switch status.Code(err) {
	case codes.Canceled, codes.DeadlineExceeded, codes.Aborted, codes.OutOfRange, codes.Unavailable, codes.DataLoss, codes.ResourceExhausted:
		return answer, &Later{err: err}
	}
	return answer, err
}

// post sends over HTTP.
func (s *Sender) post(ctx context.Context, request ptraceotlp.ExportRequest) (answer ptraceotlp.ExportResponse, err error) {
	answer = ptraceotlp.NewExportResponse()
	plain, err := request.MarshalProto()
	if err != nil {
		return answer, err
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err = z.Write(plain)
	if err = errors.Join(err, z.Close()); err != nil {
		return answer, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, &packed)
	if err != nil {
		return answer, err
	}
	for name, value := range s.options.Headers {
		r.Header.Set(name, value)
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	r.Header.Set("Content-Encoding", "gzip")
	r.Header.Set("User-Agent", "honderd")
	resp, err := s.http.Do(r)
	if err != nil {
		return answer, &Later{err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests || code == http.StatusBadGateway || code == http.StatusServiceUnavailable || code == http.StatusGatewayTimeout:
		after, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return answer, &Later{time.Duration(after) * time.Second, fmt.Errorf("%s answered %s", s.url, resp.Status)}
	case code/100 != 2:
		return answer, fmt.Errorf("%s answered %s (fix: name an endpoint that takes OTLP over HTTP, as protobuf)", s.url, resp.Status)
	case err != nil || len(body) == 0:
		return answer, nil //nolint:nilerr // it has them
	}
	_ = answer.UnmarshalProto(body) // it has them, whatever it says
	return answer, nil
}

// traces returns list as it is sent.
func (s *Sender) traces(list []Span) ptrace.Traces {
	all := ptrace.NewTraces()
	of := all.ResourceSpans().AppendEmpty()
	put(of.Resource().Attributes(), s.options.Resource)
	scope := of.ScopeSpans().AppendEmpty()
	scope.Scope().SetName("github.com/honderd/honderd/gateway")
	spans := scope.Spans()
	spans.EnsureCapacity(len(list))
	for i := range list {
		one, to := &list[i], spans.AppendEmpty()
		to.SetTraceID(one.Trace)
		to.SetSpanID(one.ID)
		to.SetParentSpanID(one.Parent)
		to.TraceState().FromRaw(one.State)
		to.SetName(one.Name)
		to.SetKind(ptrace.SpanKindClient)
		if one.Server {
			to.SetKind(ptrace.SpanKindServer)
		}
		if one.Sampled {
			to.SetFlags(1)
		}
		to.SetStartTimestamp(pcommon.NewTimestampFromTime(one.Start))
		to.SetEndTimestamp(pcommon.NewTimestampFromTime(one.End))
		if one.Failed {
			to.Status().SetCode(ptrace.StatusCodeError)
		}
		put(to.Attributes(), one.Attrs)
	}
	return all
}

func put(m pcommon.Map, list []Attr) {
	m.EnsureCapacity(len(list))
	for _, a := range list {
		if a.Text != "" {
			m.PutStr(a.Key, a.Text)
		} else {
			m.PutInt(a.Key, a.Number)
		}
	}
}
