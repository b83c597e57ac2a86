package app

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/honderd/honderd/source/otlp"
	"github.com/honderd/honderd/source/syslog"
)

// TestSlowSendersAndStrangersAreCutOff sends half of what was promised to each door, and
// asks each from elsewhere without a key.
func TestSlowSendersAndStrangersAreCutOff(t *testing.T) {
	s, base := hasty(t)
	client := &http.Client{}
	for _, d := range abusedDoors() {
		where := d.at(s, base)
		before := dropsOf(t, base)
		w := slowly(t, d, where)
		_ = w.Body.Close()
		refusedAs(t, d, "slow", w, 408, func(why string) int { return dropsOf(t, base)[d.where+": "+why] - before[d.where+": "+why] }, "too slow")
		if d.key == "" {
			continue
		}
		status, why := 403, "not on this machine"
		header := []string{"X-Forwarded-For", "192.0.2.1"}
		switch {
		case d.where == probesName:
			status, why = 401, "key"
		case strings.HasSuffix(d.path, "beacon") || d.name == "nel" || d.name == "faro":
			why, header = "origin", append(header, "Origin", "https://evil.example")
		}
		before = dropsOf(t, base)
		w = sendAbuse(t, client, d, where, d.good, header...)
		refusedAs(t, d, "from elsewhere", w, status, func(why string) int { return dropsOf(t, base)[d.where+": "+why] - before[d.where+": "+why] }, why)
	}
	slowSyslog(t, s, base)
	strangeGRPC(t, s, base)
}

// slowSyslog sends half a message over each stream, and too many datagrams.
func slowSyslog(t *testing.T, s *Server, base string) {
	t.Helper()
	counted := func(why string) func() bool {
		before := dropsOf(t, base)[syslog.Name+": "+why]
		return func() bool { return dropsOf(t, base)[syslog.Name+": "+why] > before }
	}
	dial := func(a net.Addr) net.Conn {
		c, err := net.Dial(a.Network(), a.String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	for _, a := range s.syslog.Addresses() {
		if a.Network() == "udp" {
			many := counted("too many a second")
			c := dial(a)
			for range 200 {
				_, _ = io.WriteString(c, "<134>a\n")
			}
			eventually(t, "too many datagrams are counted", many)
			continue
		}
		slow := counted("too slow")
		c := dial(a)
		_, _ = io.WriteString(c, "<134>half a mess")
		_ = c.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Errorf("%v: a slow sender is not cut off", a)
		}
		eventually(t, "it is counted", slow)
		long := counted("too long")
		c = dial(a)
		go func() { _, _ = io.WriteString(c, strings.Repeat("a", 1<<20)) }()
		eventually(t, "a message that is too long is counted", long)
	}
}

// TestSyslogIsNotAbused sends too many at once, too much, and from where nobody may.
func TestSyslogIsNotAbused(t *testing.T) {
	s, base := guarded(t)
	line := func(n int) string {
		return fmt.Sprintf("<134>Nov 23 20:01:09 lb haproxy[12]: 203.0.113.%d:57132 [%s] f b/good 0/0/1/0/31 200 138 - - ---- 1/1/0/0/0 0/0 \"GET /basket HTTP/1.1\"\n", n, time.Now().UTC().Format("02/Jan/2006:15:04:05.000"))
	}
	sent := int64(0)
	for i, a := range s.syslog.Addresses() {
		c, err := net.Dial(a.Network(), a.String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if a.Network() == "tcp" {
			closed := make(chan struct{}, 40)
			for range cap(closed) {
				more, err := net.Dial(a.Network(), a.String())
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = more.Close() })
				go func() {
					_, _ = more.Read(make([]byte, 1))
					closed <- struct{}{}
				}()
			}
			<-closed // one too many
			eventually(t, "too many connections of one sender are counted", func() bool { return dropsOf(t, base)[syslog.Name+": too many connections"] > 0 })
			other := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 3)}}
			if c, err = other.Dial(a.Network(), a.String()); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() })
		}
		if _, err := io.WriteString(c, line(i)); err != nil {
			t.Fatal(err)
		}
		sent++
		requestsSeen(t, base, sent)
	}
}

// strangeGRPC asks OTLP over gRPC as each of the others is asked over HTTP.
func strangeGRPC(t *testing.T, s *Server, base string) {
	t.Helper()
	address := s.traces.grpc.Addr().String()
	dial := func() *grpc.ClientConn {
		conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodec(rawCodec{})))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	conn := dial()
	const method = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
	far := metadata.AppendToOutgoingContext(t.Context(), "x-forwarded-for", "192.0.2.1")
	for _, tt := range []struct {
		name, why string
		call      func() error
		want      codes.Code
	}{
		{"from elsewhere", "not on this machine", func() error { return conn.Invoke(far, method, new([]byte), new([]byte)) }, codes.PermissionDenied},
		{"broken", "unreadable", func() error { body := []byte{0xff}; return conn.Invoke(t.Context(), method, &body, new([]byte)) }, codes.InvalidArgument},
		{"no such service", "no such service", func() error { return conn.Invoke(t.Context(), "/no.such/Service", new([]byte), new([]byte)) }, codes.Unimplemented},
		{"slow", "too slow", func() error {
			stream, err := conn.NewStream(t.Context(), &grpc.StreamDesc{ClientStreams: true}, method)
			if err != nil {
				return err
			}
			return stream.RecvMsg(new([]byte))
		}, codes.DeadlineExceeded},
		{"of an unknown packing", "content encoding", func() error { return rawGRPC(t, address+method, "application/grpc", "zstd") }, codes.Unimplemented},
	} {
		before := dropsOf(t, base)
		if err := tt.call(); status.Code(err) != tt.want {
			t.Errorf("gRPC, %s: %v, want %v", tt.name, err, tt.want)
		}
		eventually(t, "gRPC, "+tt.name+": counted as "+tt.why, func() bool { return dropsOf(t, base)[otlp.Name+": "+tt.why] == before[otlp.Name+": "+tt.why]+1 })
	}
}

// rawGRPC sends a message as gRPC has it, byte by byte, and returns the status of the answer.
func rawGRPC(t *testing.T, where, kind, packing string) error {
	t.Helper()
	only := &http.Protocols{}
	only.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: only}}
	defer client.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+where, strings.NewReader("\x01\x00\x00\x00\x01x"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Grpc-Encoding", packing)
	w, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	_, _ = io.Copy(io.Discard, w.Body)
	if w.StatusCode != http.StatusOK {
		return fmt.Errorf("%s", w.Status)
	}
	code, err := strconv.Atoi(w.Trailer.Get("Grpc-Status") + w.Header.Get("Grpc-Status"))
	if err != nil {
		t.Fatal(err)
	}
	return status.Error(codes.Code(code), "as the trailer says")
}

// TestGRPCIsNotAbused shows a wrong key, and sends more at once than is one sender's share.
func TestGRPCIsNotAbused(t *testing.T) {
	s, base := guarded(t)
	conn := func() *grpc.ClientConn {
		conn, err := grpc.NewClient(s.traces.grpc.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodec(rawCodec{})))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	const method = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
	far := metadata.AppendToOutgoingContext(t.Context(), "x-forwarded-for", "192.0.2.1")
	err := conn().Invoke(metadata.AppendToOutgoingContext(far, "authorization", "Bearer wrong"), method, new([]byte), new([]byte))
	if status.Code(err) != codes.Unauthenticated || dropsOf(t, base)[otlp.Name+": key"] != 1 {
		t.Errorf("a wrong key: %v, counted %v", err, dropsOf(t, base))
	}
	// What does not even claim to be gRPC, its library turns away before it is a request.
	if err := rawGRPC(t, s.traces.grpc.Addr().String()+method, "image/png", ""); err == nil || !strings.HasPrefix(err.Error(), "415") {
		t.Errorf("of a wrong type: %v", err)
	}
	body := make([]byte, 17<<20)
	for i, packing := range []string{"identity", "gzip"} { // a message that is too large, and a bomb
		err := conn().Invoke(t.Context(), method, &body, new([]byte), grpc.MaxCallSendMsgSize(1<<30), grpc.UseCompressor(packing))
		if status.Code(err) != codes.ResourceExhausted {
			t.Errorf("too large, %s: %v", packing, err)
		}
		eventually(t, "it is counted", func() bool { return dropsOf(t, base)[otlp.Name+": too large"] == i+1 })
	}
	another, refused := conn(), make(chan error, 13)
	for _, crowd := range []*grpc.ClientConn{conn(), another} {
		for i := range 12 {
			if crowd == another && i > 0 { // no more than one
				break
			}
			stream, err := crowd.NewStream(t.Context(), &grpc.StreamDesc{ClientStreams: true}, method)
			if err != nil {
				t.Fatal(err)
			}
			go func() { refused <- stream.RecvMsg(new([]byte)) }()
		}
	}
	err = <-refused // one too many: all others are in, and are waited for
	if status.Code(err) != codes.ResourceExhausted || status.Code(another.Invoke(t.Context(), method, new([]byte), new([]byte))) != codes.ResourceExhausted {
		t.Errorf("one sender has more than its share: %v", err)
	}
	retry := false
	for _, one := range status.Convert(err).Details() {
		retry = retry || strings.Contains(fmt.Sprintf("%T", one), "RetryInfo")
	}
	if !retry || dropsOf(t, base)[otlp.Name+": too many at once"] == 0 {
		t.Errorf("too many at once: %v, counted %v", err, dropsOf(t, base))
	}
	if err := another.Invoke(metadata.AppendToOutgoingContext(far, "authorization", "Bearer "+firstKey), method, new([]byte), new([]byte)); err != nil {
		t.Errorf("another sender: %v", err)
	}
}

// rawCodec sends bytes as they are.
type rawCodec struct{}

func (rawCodec) Marshal(v any) ([]byte, error) { p, _ := v.(*[]byte); return *p, nil }

func (rawCodec) Unmarshal(p []byte, v any) error { to, _ := v.(*[]byte); *to = p; return nil }

func (rawCodec) Name() string { return "proto" }
