package push

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/admit"
	"github.com/honderd/honderd/internal/who"
)

var errBusy = errors.New("busy")

// shelf keeps batches.
type shelf struct {
	mu   sync.Mutex
	kept []experience.Batch
	fail error
	gate chan struct{} // nil: open
}

func (s *shelf) keep(_ context.Context, b *experience.Batch) error {
	if s.gate != nil {
		<-s.gate
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	p, err := b.AppendBinary(nil)
	if err != nil {
		return err
	}
	var again experience.Batch
	if err := again.UnmarshalBinary(p); err != nil {
		return err
	}
	s.kept = append(s.kept, again)
	return nil
}

func (s *shelf) items() (list []experience.Experience) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.kept {
		list = append(list, b.Items...)
	}
	return list
}

func door(s *shelf, change func(*Options)) *Door {
	o := Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("salt")), Keep: s.keep, Busy: func(err error) bool { return errors.Is(err, errBusy) }}
	if change != nil {
		change(&o)
	}
	return New(o)
}

func request(body string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, Path, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:4711"
	r.Header.Set("Content-Type", "application/x-ndjson")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func send(d *Door, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

func TestEachLineIsJudged(t *testing.T) {
	s := &shelf{}
	lines := []struct {
		line, journey, step string
		cause               experience.Cause
		mask                experience.Mask
		wait                uint32
	}{
		{`{"at":1795464069000,"person":"a","method":"GET","path":"/basket/4711?card=1","status":200,"wait_ms":31.6}`, "/basket", "GET /basket/:id", experience.Fine, 0, 32},
		{`{"at":"2026-11-23T20:01:09.5+01:00","person":"a","path":"https://shop.example/pay","status":503}`, "/pay", "/pay", experience.Unreachable, 0, 0},
		{`{"person":"b","journey":"buy","step":"pay","cause":"gave_up","wait_ms":9000}`, "buy", "pay", experience.GaveUp, 0, 9000},
		{`{"person":"b","path":"/pay","status":200,"masked":"retry"}`, "/pay", "/pay", experience.Fine, experience.Retry, 0},
		{`{"person":"b","path":"/pay","status":500,"cause":"fine"}`, "/pay", "/pay", experience.Fine, 0, 0},
		{`{"person":"b","path":"/pay","status":500,"masked":"retry"}`, "/pay", "/pay", experience.ServerError, 0, 0},
	}
	var body strings.Builder
	for _, l := range lines {
		body.WriteString(l.line + "\r\n\n")
	}
	w := send(door(s, nil), request(body.String()))
	if got := strings.TrimSpace(w.Body.String()); w.Code != 200 || got != `{"accepted":6,"rejected":0}` {
		t.Fatalf("%d %s", w.Code, got)
	}
	b := s.kept[0]
	for i, l := range lines {
		e := b.Items[i]
		if b.Journeys[e.Journey] != l.journey || b.Steps[e.Step] != l.step || e.Cause != l.cause || e.Mask != l.mask || e.Wait != l.wait {
			t.Errorf("%s\n= %q %q %v %v %d", l.line, b.Journeys[e.Journey], b.Steps[e.Step], e.Cause, e.Mask, e.Wait)
		}
	}
	if b.Items[0].At != 1795464069000 || b.Items[1].At != 1795460469500 {
		t.Errorf("times %d, %d", b.Items[0].At, b.Items[1].At)
	}
	if b.Items[0].Person != b.Items[1].Person || b.Items[1].Person == b.Items[2].Person {
		t.Error("people are mixed up")
	}
	if b.Tally.Lines != 6 || b.Tally.Parsed != 6 || b.Source != Name {
		t.Errorf("tally %+v of %q", b.Tally, b.Source)
	}
}

func TestABadLineCostsNoOther(t *testing.T) {
	bad := []string{
		`{`, `[]`, `null {}`, `{"person":"a"}`, `{"status":200}`, `{"person":"a","status":20}`, `{"person":"a","status":"200"}`,
		`{"person":"a","status":200,"wait_ms":-1}`, `{"person":"a","status":200,"wait_ms":1e300}`, `{"person":"a","status":200,"at":5}`,
		`{"person":"a","status":200,"at":"yesterday"}`, `{"person":"a","status":200,"cause":"<script>"}`, `{"person":"a","status":200,"masked":"magic"}`,
		`{"person":"a","status":200,"pat":"/"}`, `{"person":"a","status":200} {"person":"a","status":200}`, "\x00\xff",
	}
	for _, line := range bad {
		s := &shelf{}
		good := `{"person":"a","path":"/x","status":200}`
		w := send(door(s, nil), request(good+"\n"+line+"\n"+good))
		var a Answer
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != 200 {
			t.Fatalf("%q: %d %s", line, w.Code, w.Body)
		}
		if a.Accepted != 2 || a.Rejected != 1 || len(a.Errors) != 1 || a.Errors[0].Line != 2 || a.Errors[0].Why == "" || len(s.items()) != 2 {
			t.Errorf("%q: %+v, %d kept", line, a, len(s.items()))
		}
		if n := s.kept[0].Tally.Rejected(); n != 1 {
			t.Errorf("%q: %d rejects counted", line, n)
		}
	}
}

func packed(t *testing.T, body string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := io.WriteString(z, body)
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWhatIsRefused(t *testing.T) {
	good := `{"person":"a","status":200}`
	closed := func(o *Options) { o.Keys = []string{"first", "second"} }
	from := func(r *http.Request, addr string) *http.Request { r.RemoteAddr = addr; return r }
	get := request(good)
	get.Method = http.MethodGet
	tests := []struct {
		name   string
		change func(*Options)
		r      *http.Request
		status int
		why    string
	}{
		{"GET", nil, get, 405, "method"},
		{"a form", nil, request(good, "Content-Type", "text/plain"), 415, "content type"},
		{"another machine", nil, from(request(good), "203.0.113.7:99"), 403, "not on this machine"},
		{"through a proxy", nil, request(good, "X-Forwarded-For", "203.0.113.7"), 403, "not on this machine"},
		{"a page", nil, request(good, "Origin", "https://evil.example"), 403, "not on this machine"},
		{"no key", closed, request(good), 401, "key"},
		{"another key", closed, request(good, "Authorization", "Bearer third"), 401, "key"},
		{"zip", nil, request(good, "Content-Encoding", "zip"), 415, "content encoding"},
		{"no gzip", nil, request(good, "Content-Encoding", "gzip"), 400, "unreadable"},
		{"half gzip", nil, request(packed(t, good)[:20], "Content-Encoding", "gzip"), 400, "unreadable"},
		{"large", func(o *Options) { o.Body = 10 }, request(good), 413, "too large"},
		{"a bomb", nil, request(packed(t, strings.Repeat(" ", 9<<20)), "Content-Encoding", "gzip"), 413, "too large"},
		{"many lines", nil, request(strings.Repeat(good+"\n", experience.MaxBatch+1)), 413, "too many lines"},
		{"busy", func(o *Options) { o.Keep = (&shelf{fail: errBusy}).keep }, request(good), 429, "no room"},
		{"broken", func(o *Options) { o.Keep = (&shelf{fail: io.ErrUnexpectedEOF}).keep }, request(good), 503, "not kept"},
	}
	for _, tt := range tests {
		s := &shelf{}
		o := door(s, tt.change)
		w := send(o, tt.r)
		if w.Code != tt.status || o.Refused()[tt.why] != 1 || len(s.items()) != 0 || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s, refused %v, %d kept", tt.name, w.Code, w.Body, o.Refused(), len(s.items()))
		}
		if later := w.Code == 429 || w.Code == 503; (w.Header().Get("Retry-After") != "") != later {
			t.Errorf("%s: Retry-After %q", tt.name, w.Header().Get("Retry-After"))
		}
	}
}

func TestWhoHasAKeySendsFromAnywhere(t *testing.T) {
	s := &shelf{}
	d := door(s, func(o *Options) { o.Keys = []string{"first", "second"} })
	for _, headers := range [][]string{{"Authorization", "Bearer second"}, {"X-Api-Key", "first"}} {
		r := request(packed(t, `{"person":"a","status":200}`), append(headers, "Content-Encoding", "gzip")...)
		r.RemoteAddr = "[2001:db8::1]:99"
		if w := send(d, r); w.Code != 200 {
			t.Errorf("%v: %d %s", headers, w.Code, w.Body)
		}
	}
	if n := len(s.items()); n != 2 {
		t.Errorf("%d kept, want 2", n)
	}
}

func TestTheLargestBatchIsKept(t *testing.T) {
	s := &shelf{}
	if w := send(door(s, nil), request(strings.Repeat(`{"person":"a","status":200}`+"\n", experience.MaxBatch))); w.Code != 200 || len(s.items()) != experience.MaxBatch {
		t.Errorf("%d %.200s, %d kept", w.Code, w.Body, len(s.items()))
	}
}

func TestSentTwiceCountsOnce(t *testing.T) {
	s := &shelf{gate: make(chan struct{})}
	d := door(s, nil)
	good := `{"person":"a","status":200}`
	codes := make(chan string, 8)
	for range cap(codes) {
		go func() {
			w := send(d, request(good, "Idempotency-Key", "k1"))
			codes <- fmt.Sprint(w.Code, w.Body.String())
		}()
	}
	close(s.gate)
	for range cap(codes) {
		if got := <-codes; got != "200{\"accepted\":1,\"rejected\":0}\n" {
			t.Error(got)
		}
	}
	if w := send(d, request(good+"\n"+good, "Idempotency-Key", "k1")); w.Code != 422 {
		t.Errorf("the key for another batch: %d", w.Code)
	}
	if w := send(d, request(good, "Idempotency-Key", "k2")); w.Code != 200 {
		t.Errorf("another key: %d", w.Code)
	}
	if n := len(s.items()); n != 2 {
		t.Errorf("%d kept, want 2", n)
	}
}

func TestWhatWasRefusedMayComeAgain(t *testing.T) {
	s := &shelf{fail: errBusy}
	d := door(s, nil)
	r := func() *http.Request { return request(`{"person":"a","status":200}`, "Idempotency-Key", "k") }
	if w := send(d, r()); w.Code != 429 {
		t.Fatalf("%d", w.Code)
	}
	s.fail = nil
	if w := send(d, r()); w.Code != 200 || len(s.items()) != 1 {
		t.Errorf("%d, %d kept", w.Code, len(s.items()))
	}
}

func TestKeysAreForgottenInTheEnd(t *testing.T) {
	m := newMemory()
	for i := range maxRemembered + 100 {
		_, no := m.do(t.Context(), fmt.Sprint(i), nil, func() (*Answer, *admit.Refusal) { return &Answer{}, nil })
		if no != nil {
			t.Fatal(no)
		}
	}
	if len(m.known) != maxRemembered {
		t.Errorf("%d remembered, want %d", len(m.known), maxRemembered)
	}
}

func TestOneSenderLeavesRoomForOthers(t *testing.T) {
	s := &shelf{gate: make(chan struct{})}
	d := door(s, func(o *Options) { o.Keys, o.Each, o.Open = []string{"a", "b"}, 2, 3 })
	answers := make(chan int, 3)
	started := func(n int) {
		for {
			if d.gate.Open() == n {
				return
			}
		}
	}
	post := func(key string) { answers <- send(d, request(`{"person":"a","status":200}`, "X-Api-Key", key)).Code }
	go post("a")
	go post("a")
	started(2)
	if w := send(d, request(`{}`, "X-Api-Key", "a")); w.Code != 429 {
		t.Errorf("the third of one sender: %d", w.Code)
	}
	go post("b")
	started(3)
	if w := send(d, request(`{}`, "X-Api-Key", "b")); w.Code != 429 {
		t.Errorf("one more than there is room for: %d", w.Code)
	}
	close(s.gate)
	for range 3 {
		if code := <-answers; code != 200 {
			t.Errorf("who was let in: %d", code)
		}
	}
	if n := d.gate.Open(); n != 0 {
		t.Errorf("%d open, want none", n)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"at":1795464069000,"person":"a","method":"GET","path":"/basket/4711?card=1","status":200,"wait_ms":31}`))
	f.Add([]byte("{\"person\":\"\\u0000\",\"journey\":\"\\ud800\",\"status\":200}\n\n{"))
	f.Add([]byte(`{"person":"a","at":"2026-11-23T20:01:09Z","cause":"gave_up","masked":"stale"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if bytes.Count(body, []byte("\n")) >= experience.MaxBatch {
			return
		}
		s := &shelf{}
		w := send(door(s, nil), request(string(body)))
		var a Answer
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if a.Accepted != len(s.items()) {
			t.Fatalf("%d accepted, %d kept", a.Accepted, len(s.items()))
		}
	})
}

// TestWhatWasReadIsKeptWhenTheSenderHasGone sends a batch and hangs up before it is kept.
// Sent again with its key it is not kept twice.
func TestWhatWasReadIsKeptWhenTheSenderHasGone(t *testing.T) {
	s := &shelf{}
	reached, gone := make(chan struct{}), make(chan struct{})
	var kept context.Context
	d := door(s, func(o *Options) {
		o.Keep = func(ctx context.Context, b *experience.Batch) error {
			close(reached)
			<-gone
			kept = ctx
			return errors.Join(ctx.Err(), s.keep(ctx, b))
		}
	})
	ended := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		context.AfterFunc(r.Context(), func() { close(gone) })
		d.ServeHTTP(w, r)
		close(ended)
	}))
	defer server.Close()
	line := `{"person":"a","status":200}`
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: here\r\nContent-Type: application/x-ndjson\r\nIdempotency-Key: one\r\nContent-Length: %d\r\n\r\n%s", Path, len(line), line); err != nil {
		t.Fatal(err)
	}
	<-reached
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	<-ended
	if kept.Err() == nil || len(s.items()) != 1 {
		t.Errorf("%d kept, want 1; its context has ended: %v", len(s.items()), kept.Err())
	}
	if w := send(d, request(line, "Idempotency-Key", "one")); w.Code != http.StatusOK || len(s.items()) != 1 {
		t.Errorf("sent again: %d %s, %d kept", w.Code, w.Body, len(s.items()))
	}
}

func TestBodiesTakeNoMoreRoomThanThereIs(t *testing.T) {
	s := &shelf{}
	d := door(s, func(o *Options) { o.Room = 16 << 10 })
	line := `{"person":"a","status":200}` + "\n"
	for range 2 {
		if w := send(d, request(strings.Repeat(line, 1000))); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
			t.Errorf("27 KB where 16 are: %d %s", w.Code, w.Body)
		}
		if w := send(d, request(strings.Repeat(line, 500))); w.Code != http.StatusOK {
			t.Errorf("14 KB where 16 are: %d %s", w.Code, w.Body)
		}
	}
	if d.bytes != 0 || d.Refused()["too much at once"] != 2 || len(s.items()) != 1000 {
		t.Errorf("%d bytes are counted still; refused %v; %d kept", d.bytes, d.Refused(), len(s.items()))
	}
}
