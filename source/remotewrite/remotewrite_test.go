package remotewrite

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/exp/api/remote"
	writev2 "github.com/prometheus/client_golang/exp/api/remote/genproto/v2"

	"github.com/honderd/honderd/warning"
)

// shelf keeps readings, and counts refusals.
type shelf struct {
	mu      sync.Mutex
	list    []warning.Reading
	refused map[string]int
	fail    error
}

func (s *shelf) keep(_ context.Context, list []warning.Reading) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	s.list = append(s.list, list...)
	return nil
}

func (s *shelf) refuse(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused[why]++
}

func opened(t *testing.T, change func(o *Options)) (d *Door, s *shelf, url string) {
	t.Helper()
	s = &shelf{refused: map[string]int{}}
	o := Options{Known: warning.NewKnown(nil), Keep: s.keep, Refuse: s.refuse}
	if change != nil {
		change(&o)
	}
	d = New(o)
	mux := http.NewServeMux()
	mux.Handle(Path, d)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return d, s, server.URL
}

// What Prometheus's own client writes by version 2 is kept, and confirmed to it.
func TestVersion2OfPrometheusItself(t *testing.T) {
	d, s, url := opened(t, func(o *Options) { o.Keys = []string{"k"} })
	client := &http.Client{Transport: shows("k")}
	api, err := remote.NewAPI(url, remote.WithAPIHTTPClient(client), remote.WithAPIPath("api/v1/write"))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UnixMilli()
	q := &writev2.Request{
		Symbols: []string{"", "__name__", "node_filesystem_avail_bytes", "mountpoint", "/data", "http_requests_total"},
		Timeseries: []*writev2.TimeSeries{
			{LabelsRefs: []uint32{1, 2, 3, 4}, Samples: []*writev2.Sample{{Value: 70, Timestamp: now - 60_000}, {Value: 60, Timestamp: now}, {Value: 50, Timestamp: now + 3_600_000}}},
			{LabelsRefs: []uint32{1, 5}, Samples: []*writev2.Sample{{Value: 1, Timestamp: now}}, Exemplars: []*writev2.Exemplar{{LabelsRefs: []uint32{3, 4}, Value: 1}}},
			{LabelsRefs: []uint32{1, 5}, Histograms: []*writev2.Histogram{{Timestamp: now}}},
		},
	}
	stats, err := api.Write(t.Context(), remote.WriteV2MessageType, q)
	if err != nil || stats.Samples != 4 || stats.Histograms != 1 || stats.Exemplars != 1 {
		t.Errorf("the client was told %+v, %v", stats, err)
	}
	if len(s.list) != 2 || s.list[0].Kind != warning.Disk || s.list[0].Labels["mountpoint"] != "/data" || s.list[1].Value != 60 {
		t.Errorf("kept %+v, want two readings: the third is of the future", s.list)
	}
	if list := d.Senders(); len(list) != 1 || list[0].Samples != 5 || list[0].Readings != 2 || !strings.HasSuffix(list[0].Sender, "key 0") {
		t.Errorf("senders %+v", list)
	}
}

// shows is a transport that shows a key.
type shows string

func (s shows) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(s))
	return http.DefaultTransport.RoundTrip(r)
}

// msg appends a field that is a message or a text.
func msg(p []byte, number uint64, body []byte) []byte {
	p = binary.AppendUvarint(p, number<<3|2)
	p = binary.AppendUvarint(p, uint64(len(body)))
	return append(p, body...)
}

// series is a time series of version 1, byte by byte.
func series(value float64, ms int64, labels ...string) []byte {
	var p []byte
	for i := 0; i < len(labels); i += 2 {
		p = msg(p, 1, msg(msg(nil, 1, []byte(labels[i])), 2, []byte(labels[i+1])))
	}
	s := binary.LittleEndian.AppendUint64([]byte{1<<3 | 1}, math.Float64bits(value))
	s = binary.AppendUvarint(append(s, 2<<3), uint64(ms))
	return msg(p, 2, s)
}

// snappy packs a body as one literal, as the format allows.
func snappy(body []byte) []byte {
	p := binary.AppendUvarint(nil, uint64(len(body)))
	for len(body) > 0 {
		n := min(len(body), 60)
		p = append(append(p, byte(n-1)<<2), body[:n]...)
		body = body[n:]
	}
	return p
}

func post(t *testing.T, url string, body []byte, head ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+Path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	r.Header.Set("Content-Encoding", "snappy")
	r.Header.Set("X-Prometheus-Remote-Write-Version", "0.1.0")
	for i := 0; i < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestVersion1ByteByByte(t *testing.T) {
	_, s, url := opened(t, nil)
	now := time.Now().UnixMilli()
	body := msg(nil, 1, series(1.8e9, now, "__name__", "probe_ssl_earliest_cert_expiry", "instance", "https://shop.example"))
	body = msg(body, 1, series(7, now, "__name__", "up", "job", "x"))
	body = msg(body, 1, series(math.Float64frombits(0x7ff0000000000002), now, "__name__", "node_filesystem_avail_bytes")) // the mark of an end
	body = msg(body, 3, msg(nil, 2, []byte("metadata")))
	w := post(t, url, snappy(body))
	if w.StatusCode != http.StatusNoContent || w.Header.Get("X-Prometheus-Remote-Write-Written-Samples") != "" {
		t.Errorf("answered %s, %v", w.Status, w.Header)
	}
	if len(s.list) != 1 || s.list[0].Kind != warning.Certificate || s.list[0].Value != 1.8e9 {
		t.Errorf("kept %+v", s.list)
	}
}

func TestRefusalsAreCountedAndSaidInItsWords(t *testing.T) {
	_, s, url := opened(t, func(o *Options) { o.Body = 2000 })
	good := snappy(msg(nil, 1, series(1, time.Now().UnixMilli(), "__name__", "node_filesystem_avail_bytes")))
	bomb := binary.AppendUvarint(nil, 1<<31)
	for _, tt := range []struct {
		name string
		body []byte
		head []string
		want int
		why  string
	}{
		{"no snappy", []byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}, nil, 400, "unreadable"},
		{"cut", good[:len(good)-3], nil, 400, "unreadable"},
		{"no protobuf", snappy([]byte("hello")), nil, 400, "unreadable"},
		{"no name", snappy(msg(nil, 1, series(1, 1, "a", "b"))), nil, 400, "unreadable"},
		{"a bomb", bomb, nil, 413, "too large"},
		{"another type", good, []string{"Content-Type", "application/json"}, 415, "content type"},
		{"another version", good, []string{"Content-Type", "application/x-protobuf;proto=io.prometheus.write.v9.Request"}, 415, "content type"},
		{"gzip", good, []string{"Content-Encoding", "gzip"}, 415, "content encoding"},
		{"too large", make([]byte, 3000), nil, 413, "too large"},
		{"from a page", good, []string{"Origin", "https://x.example"}, 403, "not on this machine"},
		{"a symbol that is not there", snappy(msg(nil, 5, msg(nil, 1, []byte{7, 8}))), []string{"Content-Type", "application/x-protobuf;proto=io.prometheus.write.v2.Request"}, 400, "unreadable"},
	} {
		before := s.refused[tt.why]
		if w := post(t, url, tt.body, tt.head...); w.StatusCode != tt.want || s.refused[tt.why] != before+1 {
			t.Errorf("%s: %s, %v", tt.name, w.Status, s.refused)
		}
	}
	s.fail = errors.New("full")
	if w := post(t, url, good); w.StatusCode != http.StatusServiceUnavailable || w.Header.Get("Retry-After") == "" || s.refused["no room"] != 1 {
		t.Errorf("not kept: %s, %v", w.Status, w.Header)
	}
	if len(s.list) != 0 {
		t.Errorf("kept %+v", s.list)
	}
}

func TestWithoutTheKeyNobodyIsLetIn(t *testing.T) {
	_, s, url := opened(t, func(o *Options) { o.Keys = []string{"k"} })
	if w := post(t, url, nil); w.StatusCode != http.StatusUnauthorized || w.Header.Get("WWW-Authenticate") == "" || s.refused["key"] != 1 {
		t.Errorf("%s, %v", w.Status, s.refused)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(msg(nil, 1, series(1, 1, "__name__", "node_filesystem_avail_bytes")), false)
	f.Add(msg(msg(msg(nil, 4, nil), 4, []byte("__name__")), 5, msg(nil, 1, []byte{1, 1})), true)
	known := warning.NewKnown(nil)
	f.Fuzz(func(t *testing.T, body []byte, second bool) {
		p := parser{known: known, future: time.Now()}
		read := p.v1
		if second {
			read = p.v2
		}
		if err := read(body); err != nil {
			return
		}
		for _, r := range p.readings {
			if err := r.Validate(); err != nil {
				t.Error(err)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	var body []byte
	for i := range 2000 {
		name := "http_requests_total"
		if i%100 == 0 {
			name = "node_filesystem_avail_bytes"
		}
		body = msg(body, 1, series(1, 1.7e12, "__name__", name, "instance", "10.0.0.1:9100", "job", "node", "mountpoint", "/data", "device", "/dev/sda1"))
	}
	known := warning.NewKnown(nil)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		p := parser{known: known, future: time.Now()}
		if err := p.v1(body); err != nil {
			b.Fatal(err)
		}
	}
}
