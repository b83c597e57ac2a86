package jetstream_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/jetstream"
)

// TestIdleCost prints what an open ledger takes that nobody uses. It takes a
// while, so it runs only when asked for.
func TestIdleCost(t *testing.T) {
	if os.Getenv("HONDERD_SOAK") == "" {
		t.Skip("takes 90 seconds: set HONDERD_SOAK=1")
	}
	o := options(t, t.TempDir())
	o.Remember = time.Hour
	l, err := jetstream.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	idle(t, "just opened", 10*time.Second)
	f := make(chan error, 1)
	go func() { f <- l.Follow(t.Context(), 0, func(ledger.Record) error { return nil }) }()
	data := noise(200 << 10)
	for n := range 1000 {
		if _, err := l.Append(t.Context(), "test", fmt.Sprint(n), data); err != nil {
			t.Fatal(err)
		}
	}
	idle(t, "after 200 MB, one follower", 40*time.Second)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const ids = 50_000
	for n := range ids {
		if _, err := l.Append(t.Context(), "test", fmt.Sprintf("01890a5d-ac96-774b-bcce-%012d", n), nil); err != nil {
			t.Fatal(err)
		}
	}
	idle(t, "after 50,000 small records", 30*time.Second)
	runtime.GC()
	runtime.ReadMemStats(&after)
	t.Logf("a remembered id of 36 bytes costs %d bytes", (int64(after.HeapAlloc)-int64(before.HeapAlloc))/ids)
}

// idle waits and prints the memory and the processor time it took.
func idle(t *testing.T, what string, wait time.Duration) {
	t.Helper()
	start := cpu(t)
	<-time.After(wait)
	t.Logf("%s: %s, %v CPU in %v, %d goroutines", what, resident(t), cpu(t)-start, wait, runtime.NumGoroutine())
}

// cpu returns the processor time of this process so far.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// resident returns the memory of this process, as the system says it.
func resident(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "VmRSS") {
			return strings.Join(strings.Fields(line), " ")
		}
	}
	return "unknown"
}
