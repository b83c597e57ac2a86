package otlp

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

func openDoor(t *testing.T, keys ...string) (*Door, *shelf) {
	t.Helper()
	s := &shelf{}
	r := openReceiver(t, t.TempDir(), s)
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return NewDoor(r, DoorOptions{Keys: keys}), s
}

// waiting returns how many spans wait in d.
func waiting(d *Door) int {
	d.to.mu.Lock()
	defer d.to.mu.Unlock()
	return d.to.joiner.spans
}

func example(t *testing.T) ([]byte, ptraceotlp.ExportRequest) {
	t.Helper()
	text, err := os.ReadFile("testdata/retry.json")
	if err != nil {
		t.Fatal(err)
	}
	q := ptraceotlp.NewExportRequest()
	if err := q.UnmarshalJSON(text); err != nil {
		t.Fatal(err)
	}
	return text, q
}

func zipped(p []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(p)
	_ = z.Close()
	return b.Bytes()
}

func TestHTTP(t *testing.T) {
	text, q := example(t)
	proto, err := q.MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	const here, there = "127.0.0.1:1", "192.0.2.1:1"
	tests := []struct {
		name   string
		body   []byte
		remote string
		header string // Name: value, one a line
		want   int
		says   string
	}{
		{"protobuf", proto, here, "Content-Type: application/x-protobuf", 200, ""},
		{"JSON", text, here, "Content-Type: application/json; charset=utf-8", 200, "{}"},
		{"gzip", zipped(proto), here, "Content-Type: application/x-protobuf\nContent-Encoding: gzip", 200, ""},
		{"with a key", proto, there, "Content-Type: application/x-protobuf\nAuthorization: Bearer secret", 200, ""},
		{"with a key of the other kind", proto, there, "Content-Type: application/x-protobuf\nX-Api-Key: secret", 200, ""},
		{"without a key", proto, there, "Content-Type: application/x-protobuf", 401, "receive.keys"},
		{"with another key", text, there, "Content-Type: application/json\nX-Api-Key: Secret", 401, `"code":16`},
		{"through a proxy", text, here, "Content-Type: application/json\nX-Forwarded-For: 192.0.2.1", 401, "no such key"},
		{"from a page in a browser", text, here, "Content-Type: application/json\nOrigin: https://evil.example", 401, "no such key"},
		{"a form", text, here, "Content-Type: text/plain", 415, "send application/x-protobuf"},
		{"packed otherwise", text, here, "Content-Type: application/json\nContent-Encoding: br", 415, "fix: send gzip"},
		{"no gzip", text, here, "Content-Type: application/json\nContent-Encoding: gzip", 400, "could not be read"},
		{"not what it says", text, here, "Content-Type: application/x-protobuf", 400, "not what its type says"},
		{"a bomb", zipped(make([]byte, maxBody+1)), here, "Content-Type: application/json\nContent-Encoding: gzip", 413, "at most"},
		{"too large", make([]byte, maxBody+1), here, "Content-Type: application/json", 413, "send smaller ones"},
		{"a span without an id", []byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"}]}]}]}`), here, "Content-Type: application/json", 200, `"rejectedSpans":"1"`},
		{"nothing", nil, here, "Content-Type: application/x-protobuf", 200, ""},
	}
	d, _ := openDoor(t, "secret")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/v1/traces", bytes.NewReader(tt.body))
			r.RemoteAddr = tt.remote
			for line := range strings.SplitSeq(tt.header, "\n") {
				name, value, _ := strings.Cut(line, ": ")
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			d.http(w, r, traces)
			if w.Code != tt.want || !strings.Contains(w.Body.String(), tt.says) {
				t.Errorf("%d %q, want %d with %q", w.Code, w.Body, tt.want, tt.says)
			}
		})
	}
	if n := waiting(d); n != 5 {
		t.Errorf("%d spans wait, want the 5 of the example, once", n)
	}
	refused := d.Refused()
	if refused["key"] != 4 || refused["too large"] != 2 || refused["content type"] != 1 {
		t.Errorf("refused are %v", refused)
	}
	r := httptest.NewRequest(http.MethodGet, "/v1/traces", nil)
	w := httptest.NewRecorder()
	if d.http(w, r, traces); w.Code != 405 || w.Header().Get("Allow") != "POST" {
		t.Errorf("GET is answered with %d", w.Code)
	}
}

func TestWithoutKeysOnlyThisMachineSends(t *testing.T) {
	d, _ := openDoor(t)
	r := httptest.NewRequest(http.MethodPost, "/v1/traces", strings.NewReader("{}"))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	if d.http(w, r, traces); w.Code != 403 || !strings.Contains(w.Body.String(), "fix: write receive.keys") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// One sender that sends too much at once is told to come again; others get in.
func TestOneSenderDoesNotStarveOthers(t *testing.T) {
	d, _ := openDoor(t)
	for range maxEach {
		if no := d.gate.Enter("greedy"); no != nil {
			t.Fatal(no.Why)
		}
	}
	if no := d.gate.Enter("greedy"); no == nil || no.Again == 0 {
		t.Errorf("one sender has more than %d requests at once", maxEach)
	}
	if no := d.gate.Enter("other"); no != nil {
		t.Errorf("another is refused: %s", no.Detail)
	}
}

func TestFullIsSaidSoThatSendersComeAgain(t *testing.T) {
	d, _ := openDoor(t)
	d.to.joiner.most = -1
	text, _ := example(t)
	r := httptest.NewRequest(http.MethodPost, "/v1/traces", bytes.NewReader(text))
	r.RemoteAddr = "[::1]:1"
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	if d.http(w, r, traces); w.Code != 503 || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), `"code":14`) {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

// serveDoor serves d on loopback and returns where.
func serveDoor(t *testing.T, d *Door) (grpcAddress, httpAddress string) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	listen := func(serve func(context.Context, net.Listener, *slog.Logger) error) string {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		serving.Go(func() {
			if err := serve(ctx, l, slog.New(slog.DiscardHandler)); err != nil {
				t.Error(err)
			}
		})
		return l.Addr().String()
	}
	t.Cleanup(func() { stop(); serving.Wait() })
	return listen(d.ServeGRPC), listen(d.ServeHTTP)
}

func TestGRPC(t *testing.T) {
	d, _ := openDoor(t, "secret")
	address, _ := serveDoor(t, d)
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	_, q := example(t)
	client := ptraceotlp.NewGRPCClient(conn)
	if _, err := client.Export(ctx, q, grpc.UseCompressor("gzip")); err != nil || waiting(d) != 5 {
		t.Fatalf("%v, %d spans wait", err, waiting(d))
	}
	if _, err := plogotlp.NewGRPCClient(conn).Export(ctx, plogotlp.NewExportRequest()); err != nil {
		t.Errorf("logs: %v", err)
	}
	far := metadata.AppendToOutgoingContext(ctx, "x-forwarded-for", "192.0.2.1")
	if _, err := client.Export(far, q); status.Code(err) != codes.Unauthenticated {
		t.Errorf("through a proxy, without a key: %v", err)
	}
	if _, err := client.Export(metadata.AppendToOutgoingContext(far, "authorization", "Bearer secret"), q); err != nil {
		t.Errorf("through a proxy, with a key: %v", err)
	}
	long := ptraceotlp.NewExportRequest()
	long.Traces().ResourceSpans().AppendEmpty().SetSchemaUrl(strings.Repeat("a", maxBody+1))
	for _, packed := range []string{"identity", "gzip"} {
		if _, err := client.Export(ctx, long, grpc.UseCompressor(packed), grpc.MaxCallSendMsgSize(2*maxBody)); status.Code(err) != codes.ResourceExhausted { // without RetryInfo: it is not to be sent again
			t.Errorf("too large, %s: %v", packed, err)
		}
	}
	d.to.mu.Lock()
	d.to.joiner.most = -1
	d.to.mu.Unlock()
	_, err = client.Export(ctx, q)
	retry := false
	for _, one := range status.Convert(err).Details() {
		info, ok := one.(*errdetails.RetryInfo)
		retry = ok && info.GetRetryDelay().AsDuration() == comeAgain
	}
	if status.Code(err) != codes.Unavailable || !retry {
		t.Errorf("no room: %v, with RetryInfo %v", err, retry)
	}
}

func TestMetricsAreCounted(t *testing.T) {
	d, _ := openDoor(t)
	_, address := serveDoor(t, d)
	text, err := os.ReadFile("testdata/metrics.json")
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post("http://"+address+"/v1/metrics", "application/json", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK || strings.Contains(string(body), "rejected") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	text, err = os.ReadFile("testdata/logs.json")
	if err != nil {
		t.Fatal(err)
	}
	resp, err = http.Post("http://"+address+"/v1/logs", "application/json", bytes.NewReader(text))
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	var f found
	d.to.mu.Lock()
	f.note(d.to.heard.summary())
	d.to.mu.Unlock()
	same(t, "heard", f.seen, "shop   0 spans 0 people 0 bad",
		"shop: 1 event browser.web_vital inp good", "shop: 1 event browser.web_vital lcp poor", "shop: 1 exception TypeError", "shop: 1 log info",
		"shop: 2 metric http.server.request.duration")
}
