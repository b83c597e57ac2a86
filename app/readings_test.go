package app

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"math"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/credentials"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/view"
	"github.com/honderd/honderd/warning"
)

// nested appends a field of protobuf that holds body.
func nested(p []byte, number uint64, body []byte) []byte {
	p = binary.AppendUvarint(binary.AppendUvarint(p, number<<3|2), uint64(len(body)))
	return append(p, body...)
}

// written is a request of remote-write with the free space of one disk, minute by minute.
func written(from time.Time, free ...float64) []byte {
	var series []byte
	for _, l := range [][2]string{{"__name__", "node_filesystem_avail_bytes"}, {"mountpoint", "/data"}, {"service", "shop"}, {"fstype", "ext4"}} {
		series = nested(series, 1, nested(nested(nil, 1, []byte(l[0])), 2, []byte(l[1])))
	}
	for i, value := range free {
		sample := binary.LittleEndian.AppendUint64([]byte{1<<3 | 1}, math.Float64bits(value))
		at := from.Add(time.Duration(i) * time.Minute).UnixMilli()
		series = nested(series, 2, binary.AppendUvarint(append(sample, 2<<3), uint64(at)))
	}
	body := nested(nil, 1, series)
	packed := binary.AppendUvarint(nil, uint64(len(body)))
	for len(body) > 0 { // as literals of 60 bytes, which snappy allows
		n := min(len(body), 60)
		packed = append(append(packed, byte(n-1)<<2), body[:n]...)
		body = body[n:]
	}
	return packed
}

func warningsOf(t *testing.T, url string) (w view.Warnings) {
	t.Helper()
	if err := json.Unmarshal([]byte(fetched(t, url+"/api/v1/warnings")), &w); err != nil {
		t.Fatal(err)
	}
	return w
}

// A Prometheus writes how full a disk is; hours before it is full somebody is told, also
// after a restart.
func TestADiskThatFillsIsToldOf(t *testing.T) {
	c := config.Default()
	c.Data = t.TempDir()
	_, url, stop := serving(t, c)
	var free []float64
	for i := range 120 {
		free = append(free, 1000-4*float64(i))
	}
	from := time.Now().Add(-2 * time.Hour)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/v1/write", bytes.NewReader(written(from, free...)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	r.Header.Set("Content-Encoding", "snappy")
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = w.Body.Close()
	if w.StatusCode != http.StatusNoContent {
		t.Fatal(w.Status)
	}
	eventually(t, "the disk is told of", func() bool { return len(warningsOf(t, url).Warnings) == 1 })
	one := warningsOf(t, url).Warnings[0]
	full := from.Add(250 * time.Minute)
	if one.Kind != warning.Disk || one.At.Sub(full).Abs() > 10*time.Minute || one.Labels["service"] != "shop" || one.Silent {
		t.Errorf("%+v, want full at %v", one, full)
	}
	stop()
	_, url, _ = serving(t, c)
	if list := warningsOf(t, url).Warnings; len(list) != 1 || !list[0].At.Equal(*one.At) {
		t.Errorf("after a restart: %+v", list)
	}
}

func TestWhatSaysNothingNewIsNotKept(t *testing.T) {
	now := time.Now()
	r := newReadings(&Server{})
	one := func(minute int, value float64) warning.Reading {
		return warning.Reading{Kind: warning.Disk, Side: warning.Free, Value: value, At: now.Add(time.Duration(minute) * time.Minute)}
	}
	list := []warning.Reading{one(0, 100), one(0, 50), one(1, 100), one(2, 98), one(3, 98), one(12, 98), one(5, 1)}
	wanted, over := r.thin(list, now)
	var got []float64
	for _, w := range wanted {
		got = append(got, w.Value, w.At.Sub(now).Minutes())
	}
	if want := []float64{100, 0, 98, 2, 98, 12}; over != 0 || len(got) != len(want) || got[2] != 98 || got[5] != 12 {
		t.Errorf("kept %v, want %v", got, want)
	}
}

// certificate writes a certificate of this machine and its key, and returns who trusts it.
func certificate(t *testing.T, cert, key string) *x509.CertPool {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return pool
}

// The senders of OpenTelemetry itself send over TLS, to both ports.
func TestOpenTelemetryOverTLS(t *testing.T) {
	c := config.Default()
	c.Data = t.TempDir()
	o := config.OTLP{GRPC: "127.0.0.1:0", HTTP: "127.0.0.1:0", Cert: filepath.Join(c.Data, "cert.pem"), Key: filepath.Join(c.Data, "key.pem")}
	pool := certificate(t, o.Cert, o.Key)
	c.Receive.OTLP = o
	s, _, _ := serving(t, c)
	id := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
	spans := tracetest.SpanStubs{{Name: "GET /", SpanContext: id, StartTime: time.Now(), EndTime: time.Now()}}.Snapshots()
	conf := &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	for name, client := range map[string]otlptrace.Client{
		"grpc": otlptracegrpc.NewClient(otlptracegrpc.WithTLSCredentials(credentials.NewTLS(conf)), otlptracegrpc.WithEndpoint(s.traces.grpc.Addr().String())),
		"http": otlptracehttp.NewClient(otlptracehttp.WithTLSClientConfig(conf), otlptracehttp.WithEndpoint(s.traces.http.Addr().String())),
	} {
		e, err := otlptrace.New(t.Context(), client)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := e.ExportSpans(t.Context(), spans); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	plain, err := http.Post("http://"+s.traces.http.Addr().String()+"/v1/traces", "application/json", strings.NewReader("{}"))
	if err == nil {
		_ = plain.Body.Close()
		if plain.StatusCode == http.StatusOK {
			t.Error("without TLS somebody was let in")
		}
	}
}
