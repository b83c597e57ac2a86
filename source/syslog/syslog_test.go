package syslog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
)

// counting is a Reader for which each line is one experience of the journey that it names.
type counting struct{}

func (counting) Parse(chunk []byte, b *experience.Batch) []byte {
	for line := range bytes.Lines(chunk) {
		b.Tally.Lines++
		b.Journeys = append(b.Journeys, strings.TrimSuffix(string(line), "\n"))
	}
	return nil
}

// kept collects what a door keeps.
type kept struct {
	mu    sync.Mutex
	lines []string
	more  chan struct{}
	fail  error // of the next calls
}

func newKept() *kept { return &kept{more: make(chan struct{}, 1)} }

func (k *kept) keep(_ context.Context, b *experience.Batch) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fail != nil {
		return k.fail
	}
	k.lines = append(k.lines, b.Journeys...)
	select {
	case k.more <- struct{}{}:
	default:
	}
	return nil
}

// wait waits until n lines are kept.
func (k *kept) wait(t *testing.T, n int) []string {
	t.Helper()
	return k.until(t, fmt.Sprintf("%d lines", n), func(lines []string) bool { return len(lines) >= n })
}

// waitFor waits until line is kept.
func (k *kept) waitFor(t *testing.T, line string) {
	t.Helper()
	k.until(t, line, func(lines []string) bool { return slices.Contains(lines, line) })
}

// until waits until the kept lines are enough, and returns them.
func (k *kept) until(t *testing.T, want string, enough func([]string) bool) []string {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		k.mu.Lock()
		lines := slices.Clone(k.lines)
		k.mu.Unlock()
		if enough(lines) {
			return lines
		}
		select {
		case <-k.more:
		case <-late:
			t.Fatalf("%d lines kept, want %s", len(lines), want)
		}
	}
}

// open runs a door until the test ends.
func open(t *testing.T, k *kept, o Options) *Door {
	t.Helper()
	o.NewReader = func([]byte) (Reader, bool) { return counting{}, true }
	o.Keep, o.Log = k.keep, slog.New(slog.DiscardHandler)
	ctx, stop := context.WithCancel(t.Context())
	d, err := New(ctx, o)
	if err != nil {
		stop()
		t.Fatal(err)
	}
	var run sync.WaitGroup
	run.Go(func() {
		if err := d.Run(ctx); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	t.Cleanup(func() { stop(); run.Wait() })
	return d
}

func dial(t *testing.T, address net.Addr) net.Conn {
	t.Helper()
	c, err := net.Dial(address.Network(), address.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

// refused waits until something was refused for a reason.
func refused(t *testing.T, d *Door, why string, n uint64) {
	t.Helper()
	late := time.After(20 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for d.Refused()[why] < n {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("refused %v, want %d for %q", d.Refused(), n, why)
		}
	}
}

func TestEveryKindOfSocketTakesMessages(t *testing.T) {
	for _, address := range []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0", "unix://" + filepath.Join(t.TempDir(), "s"), "unixgram://" + filepath.Join(t.TempDir(), "g")} {
		k := newKept()
		d := open(t, k, Options{Listen: []string{address}})
		c := dial(t, d.Addresses()[0])
		send(t, c, "<134>Nov 23 20:01:09 lb haproxy[12]: one\n")
		send(t, c, "<134>1 2026-11-23T20:01:09Z lb h 1 - - two\n")
		want := "<134>Nov 23 20:01:09 lb haproxy[12]: one|<134>1 2026-11-23T20:01:09Z lb h 1 - - two"
		if got := strings.Join(k.wait(t, 2), "|"); got != want {
			t.Errorf("%s: %q", address, got)
		}
	}
}

func TestFramesOfStreams(t *testing.T) {
	tests := []struct {
		name, sent string
		want       []string
	}{
		{"lines", "<1>a\n<1>b\r\n<1>c\x00\n", []string{"<1>a", "<1>b", "<1>c"}},
		{"lengths", "4 <1>a6 <1>b\nc5 <1>d\n", []string{"<1>a", "<1>b c", "<1>d"}},
		{"a line that begins with an address", "203.0.113.7 - - x\n19 y\n", []string{"203.0.113.7 - - x", "19 y"}},
		{"lengths, then lines", "4 <1>a<1>b\n", []string{"<1>a", "<1>b"}},
		{"the last has no end", "<1>a\n<1>b", []string{"<1>a", "<1>b"}},
		{"empty ones", "\n\n<1>a\n\n", []string{"<1>a"}},
	}
	for _, tt := range tests {
		k := newKept()
		d := open(t, k, Options{Listen: []string{"tcp://127.0.0.1:0"}})
		c := dial(t, d.Addresses()[0])
		for _, b := range []byte(tt.sent) { // byte by byte: no frame comes whole
			send(t, c, string(b))
		}
		_ = c.Close()
		if got := k.wait(t, len(tt.want)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestWhatIsTooLongIsRefusedAndTheSenderCutOff(t *testing.T) {
	long := strings.Repeat("x", 300)
	for name, text := range map[string]string{"line": long + "\n", "length": "300 <" + long, "length that is absurd": "999999999 <1>a", "no end": long + long} {
		k := newKept()
		d := open(t, k, Options{Listen: []string{"tcp://127.0.0.1:0", "udp://127.0.0.1:0"}, Line: 200})
		c := dial(t, d.Addresses()[0])
		send(t, c, "<1>before\n"+text)
		refused(t, d, tooLong, 1)
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Errorf("%s: the connection is still open", name)
		}
		send(t, dial(t, d.Addresses()[1]), long)
		refused(t, d, tooLong, 2)
		k.wait(t, 1)
	}
}

func TestSlowSendersAreCutOff(t *testing.T) {
	k := newKept()
	d := open(t, k, Options{Listen: []string{"tcp://127.0.0.1:0"}, Patience: 50 * time.Millisecond})
	c := dial(t, d.Addresses()[0])
	send(t, c, "<1>whole\n<1>hal")
	refused(t, d, tooSlow, 1)
	k.wait(t, 1)
	quiet := dial(t, d.Addresses()[0]) // silence between messages is no slowness
	send(t, quiet, "<1>whole\n")
	k.wait(t, 2)
}

func TestConnectionsAreLimitedForEachAndForAll(t *testing.T) {
	k := newKept()
	d := open(t, k, Options{Listen: []string{"tcp://127.0.0.1:0"}, Each: 2})
	one, two := dial(t, d.Addresses()[0]), dial(t, d.Addresses()[0])
	send(t, one, "<1>a\n")
	send(t, two, "<1>b\n")
	k.wait(t, 2)
	dial(t, d.Addresses()[0])
	refused(t, d, tooManyOpen, 1)
	_ = one.Close()
	_ = two.Close()
}

func TestWhoIsNotNamedMayNotSend(t *testing.T) {
	k := newKept()
	d := open(t, k, Options{Listen: []string{"tcp://127.0.0.1:0", "udp://127.0.0.1:0"}, From: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	dial(t, d.Addresses()[0])
	send(t, dial(t, d.Addresses()[1]), "<1>a")
	refused(t, d, notAllowed, 2)
}

func TestTheRateOfOneSenderIsLimited(t *testing.T) {
	var p pace
	now := time.Unix(1000, 0)
	taken := 0
	for range 30 {
		if p.take(now, 10) == 0 {
			taken++
		}
	}
	if taken != 10 || p.take(now.Add(100*time.Millisecond), 10) != 0 || p.take(now.Add(100*time.Millisecond), 10) != 100*time.Millisecond {
		t.Errorf("%d of 30 taken at once, want 10", taken)
	}
	k := newKept()
	d := open(t, k, Options{Listen: []string{"udp://127.0.0.1:0"}, Rate: 5})
	c := dial(t, d.Addresses()[0])
	for range 50 {
		send(t, c, "<1>a")
	}
	refused(t, d, tooMany, 40)
}

// One sender who fills the queue makes only themself wait.
func TestOneSenderCannotStarveOthers(t *testing.T) {
	q := newQueue()
	line := bytes.Repeat([]byte("x"), 1000)
	flood := 0
	for q.add("flood", line, false) {
		flood++
	}
	if flood > queueEach/1000 || !q.add("other", []byte("mine"), false) {
		t.Fatalf("%d lines of one sender, and no room for another", flood)
	}
	chunk, ok := q.take(nil)
	if !ok || !bytes.Contains(chunk, []byte("mine\n")) {
		t.Errorf("the other one waits behind %d bytes", len(chunk))
	}
	for range 1000 {
		q.close()
		if chunk, ok = q.take(chunk[:0]); !ok {
			return
		}
	}
	t.Error("what waits is never given away")
}

func TestWhileNothingCanBeKeptConnectionsWaitAndDatagramsAreCounted(t *testing.T) {
	k := newKept()
	later := errors.New("later")
	k.fail = later
	d := open(t, k, Options{Listen: []string{"tcp://127.0.0.1:0", "udp://127.0.0.1:0"}, Busy: func(err error) bool { return errors.Is(err, later) }})
	c := dial(t, d.Addresses()[0])
	for n := range 3 {
		send(t, c, fmt.Sprintf("<1>%d\n", n))
	}
	udp := dial(t, d.Addresses()[1])
	big := strings.Repeat("x", 8000)
	for range 400 {
		send(t, udp, big)
	}
	refused(t, d, noRoom, 1)
	k.mu.Lock()
	k.fail = nil
	k.mu.Unlock()
	for n := range 3 { // datagrams that found room may be kept before them
		k.waitFor(t, fmt.Sprintf("<1>%d", n))
	}
}

func TestWhatWasTakenIsKeptWhenTheDoorCloses(t *testing.T) {
	k := newKept()
	ctx, stop := context.WithCancel(t.Context())
	d, err := New(ctx, Options{Listen: []string{"tcp://127.0.0.1:0"}, Keep: k.keep, Log: slog.New(slog.DiscardHandler),
		NewReader: func([]byte) (Reader, bool) { return counting{}, true }})
	if err != nil {
		t.Fatal(err)
	}
	d.queue.add("a", []byte("one"), true)
	stop()
	if err := d.Run(ctx); err != nil || len(k.lines) != 1 {
		t.Errorf("%v, kept %v", err, k.lines)
	}
}

func TestASocketThatIsLeftOverIsReplacedAndOthersAreNot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false)
	}
	if _, err := New(t.Context(), Options{Listen: []string{"unix://" + path}}); err == nil || !strings.Contains(err.Error(), "somebody listens") {
		t.Errorf("beside another: %v", err)
	}
	_ = l.Close()
	d, err := New(t.Context(), Options{Listen: []string{"unix://" + path}})
	if err != nil {
		t.Fatalf("after another: %v", err)
	}
	_ = d.Close()
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(t.Context(), Options{Listen: []string{"unix://" + path}}); err == nil || !strings.Contains(err.Error(), "not a socket") {
		t.Errorf("in place of a file: %v", err)
	}
}

func TestAddressesSayWhatIsWrong(t *testing.T) {
	for _, address := range []string{"127.0.0.1:514", "udp://", "udp://host", "http://a:1", "unix://relative", ""} {
		if err := CheckAddress(address); err == nil || !strings.Contains(err.Error(), "fix: ") {
			t.Errorf("%q: %v", address, err)
		}
	}
	for _, address := range []string{"udp://127.0.0.1:514", "tcp://[::1]:514", "unix:///a", "unixgram:///a", "udp://:514"} {
		if err := CheckAddress(address); err != nil {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func FuzzFrame(f *testing.F) {
	f.Add([]byte("4 <1>a6 <1>b\nc<1>d\n"))
	f.Add([]byte("203.0.113.7 - -\n999999999 <"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		k := newKept()
		d := &Door{options: Options{Line: 64, Rate: 1 << 30, Patience: time.Hour, Idle: time.Hour}, queue: newQueue(), refused: map[string]uint64{}}
		server, client := net.Pipe()
		go func() {
			_, _ = client.Write(sent)
			_ = client.Close()
		}()
		d.stream(t.Context(), server, "a")
		_ = server.Close()
		d.queue.close()
		chunk, _ := d.queue.take(nil)
		for line := range bytes.Lines(chunk) {
			if len(line) > 65+1 || len(line) < 2 {
				t.Errorf("a line of %d bytes", len(line))
			}
		}
		_ = k
	})
}
