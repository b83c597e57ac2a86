package app

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/source/push"
)

// sent is what the senders of BenchmarkPushOne say at their end.
type sent struct {
	Took time.Duration   // all of it
	CPU  time.Duration   // of the senders alone
	Each []time.Duration // from before a request was written until its answer was read
	Bad  int             // answers that were not "accepted"
}

// sending is what the senders are told.
type sending struct {
	Address     string
	Keys        []string
	Connections int
	Requests    int
}

// TestSendsOneByOne is no test: it is the senders of BenchmarkPushOne, a process of its own,
// so that what the server costs can be told apart. Each connection is kept, and has one
// request on its way.
func TestSendsOneByOne(t *testing.T) {
	text := os.Getenv("HONDERD_SENDING")
	if text == "" {
		t.Skip("only as a process of its own")
	}
	var o sending
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	senders := make([]*sender, o.Connections)
	for i := range senders {
		senders[i] = newSender(t, o, o.Keys[i%len(o.Keys)])
	}
	var left atomic.Int64
	left.Store(int64(o.Requests))
	began, before := time.Now(), cpu(t)
	var all sync.WaitGroup
	for _, s := range senders {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				s.send()
			}
		})
	}
	all.Wait()
	var said sent
	said.Took, said.CPU = time.Since(began), cpu(t)-before
	for _, s := range senders {
		said.Bad += s.bad
		said.Each = append(said.Each, s.took...)
	}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		t.Fatal(err)
	}
}

// sender is one connection.
type sender struct {
	c       net.Conn
	r       *bufio.Reader
	request []byte
	took    []time.Duration
	bad     int
}

func newSender(tb testing.TB, o sending, key string) *sender {
	tb.Helper()
	c, err := new(net.Dialer).DialContext(tb.Context(), "tcp", o.Address)
	if err != nil {
		tb.Fatal(err)
	}
	const body = `{"person":"customer-4711","method":"POST","path":"/checkout","status":200,"wait_ms":231}`
	return &sender{c: c, r: bufio.NewReader(c), request: fmt.Appendf(nil,
		"POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: shop\r\nContent-Type: application/x-ndjson\r\nX-Api-Key: %s\r\nContent-Length: %d\r\n\r\n%s",
		push.Path, o.Address, key, len(body), body)}
}

// send sends one request and reads its answer to the end.
func (s *sender) send() {
	began := time.Now()
	_, err := s.c.Write(s.request)
	if err == nil {
		err = s.answer()
	}
	if err != nil {
		s.bad++
	}
	s.took = append(s.took, time.Since(began))
}

// answer reads one answer, and says what is wrong with it.
func (s *sender) answer() error {
	length, status := 0, ""
	for {
		line, err := s.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if status == "" {
			status = string(line)
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			length, err = strconv.Atoi(string(value))
		}
		if err != nil {
			return err
		}
	}
	body, err := s.r.Peek(length)
	if err == nil && (status != "HTTP/1.1 200 OK" || !bytes.Contains(body, []byte(`"accepted":1,`))) {
		err = fmt.Errorf("%s: %s", status, body)
	}
	_, gone := s.r.Discard(length)
	return errors.Join(err, gone)
}

// BenchmarkPushOne sends one experience in each request, over many connections at once, to
// a whole server: durable and folded. The senders work on the same cores.
func BenchmarkPushOne(b *testing.B) {
	c := config.Default()
	c.Listen, c.Data = "127.0.0.1:0", b.TempDir()
	o := sending{Requests: b.N, Connections: 600}
	if n, err := strconv.Atoi(os.Getenv("HONDERD_CONNECTIONS")); err == nil {
		o.Connections = n
	}
	for i := range 8 {
		o.Keys = append(o.Keys, "key-"+strconv.Itoa(i))
	}
	c.Receive.Keys = o.Keys
	base, stop := running(b, c)
	defer stop()
	o.Address = strings.TrimPrefix(base, "http://")
	text, err := json.Marshal(o)
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestSendsOneByOne$", "-test.timeout=0")
	cmd.Env, cmd.Stderr = append(os.Environ(), "HONDERD_SENDING="+string(text)), os.Stderr
	before := cpu(b)
	b.ResetTimer()
	out, err := cmd.Output()
	b.StopTimer()
	served := cpu(b) - before
	if err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	var said sent
	if err := json.NewDecoder(bytes.NewReader(out)).Decode(&said); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	if said.Bad > 0 || len(said.Each) != b.N {
		b.Fatalf("%d of %d were not taken", said.Bad, b.N)
	}
	slices.Sort(said.Each)
	b.ReportMetric(float64(b.N)/said.Took.Seconds(), "experiences/s")
	b.ReportMetric(float64(said.Each[len(said.Each)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(served.Microseconds())/float64(b.N), "server-cpu-us")
	b.ReportMetric(float64(said.CPU.Microseconds())/float64(b.N), "sender-cpu-us")
}
