package send

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

func TestWhatIsSentIsWhole(t *testing.T) {
	got := make(chan ptraceotlp.ExportRequest, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		body, _ := io.ReadAll(z)
		request := ptraceotlp.NewExportRequest()
		if err := request.UnmarshalProto(body); err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("X-Key") != "k" || r.Header.Get("Content-Type") != "application/x-protobuf" {
			t.Errorf("%v %s %v", err, r.URL.Path, r.Header)
		}
		got <- request
		answer := ptraceotlp.NewExportResponse()
		answer.PartialSuccess().SetRejectedSpans(1)
		text, _ := answer.MarshalProto()
		_, _ = w.Write(text)
	}))
	defer s.Close()
	to, err := New(Options{Endpoint: s.URL, Headers: map[string]string{"X-Key": "k"}, Resource: []Attr{{Key: "service.name", Text: "edge"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	at := time.Unix(1767225600, 5)
	rejected, err := to.Send(t.Context(), []Span{
		{Trace: [16]byte{1}, ID: [8]byte{2}, State: "a=b", Sampled: true, Server: true, Name: "GET", Start: at, End: at.Add(time.Second), Attrs: []Attr{{Key: "http.response.status_code", Number: 200}}},
		{Trace: [16]byte{1}, ID: [8]byte{3}, Parent: [8]byte{2}, Name: "GET", Start: at, End: at, Failed: true},
	})
	if err != nil || rejected != 1 {
		t.Errorf("%d rejected, %v", rejected, err)
	}
	of := (<-got).Traces().ResourceSpans().At(0)
	name, _ := of.Resource().Attributes().Get("service.name")
	one, two := of.ScopeSpans().At(0).Spans().At(0), of.ScopeSpans().At(0).Spans().At(1)
	status, _ := one.Attributes().Get("http.response.status_code")
	if name.Str() != "edge" || one.Kind().String() != "Server" || one.Flags() != 1 || one.TraceState().AsRaw() != "a=b" || status.Int() != 200 || !one.ParentSpanID().IsEmpty() ||
		one.StartTimestamp().AsTime().UnixNano() != at.UnixNano() || one.EndTimestamp()-one.StartTimestamp() != 1e9 {
		t.Errorf("%v %+v", name.Str(), one)
	}
	if two.Kind().String() != "Client" || two.ParentSpanID() != one.SpanID() || two.Status().Code().String() != "Error" || two.Flags() != 0 {
		t.Errorf("%+v", two)
	}
}

func TestARefusalSaysWhetherToComeAgain(t *testing.T) {
	status, after := 0, ""
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if after != "" {
			w.Header().Set("Retry-After", after)
		}
		w.WriteHeader(status)
	}))
	to, err := New(Options{Endpoint: s.URL + "/other"})
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	for _, tt := range []struct {
		status int
		after  string
		want   time.Duration // below 0: not again
	}{{429, "7", 7 * time.Second}, {503, "", 0}, {400, "", -1}, {401, "", -1}, {302, "", -1}, {500, "", -1}} {
		status, after = tt.status, tt.after
		_, err := to.Send(t.Context(), []Span{{Trace: [16]byte{1}, ID: [8]byte{1}}})
		later, again := errors.AsType[*Later](err)
		if err == nil || again != (tt.want >= 0) || again && later.After != tt.want {
			t.Errorf("%d: %v", tt.status, err)
		}
	}
	s.Close()
	if _, err := to.Send(t.Context(), []Span{{}}); err == nil || !errors.As(err, new(*Later)) {
		t.Errorf("nobody there: %v", err)
	}
}

func TestEndpointsThatAreNone(t *testing.T) {
	for give, want := range map[string]string{
		"": "is no address", "localhost:4318": "is no address", "ftp://a": "is not spoken here", "grpc://a:1/x": "gRPC has no path", "http://u:p@a": "is no address",
	} {
		if err := (Options{Endpoint: give}).Validate(); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "(fix: ") {
			t.Errorf("%q: %v", give, err)
		}
	}
	for _, give := range []string{"http://a", "https://a:1/v1/traces", "grpc://a:4317", "grpcs://a"} {
		if err := (Options{Endpoint: give}).Validate(); err != nil {
			t.Error(err)
		}
	}
}
