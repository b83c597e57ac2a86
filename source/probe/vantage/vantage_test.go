package vantage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/source/probe"
)

const key = "0123456789abcdef0123456789abcdef"

// ledger keeps results by id, once.
type ledger struct {
	mu      sync.Mutex
	kept    map[string][]probe.Result
	targets []probe.Target
	fail    error
	came    chan string
}

func (l *ledger) keep(_ context.Context, vantage, id string, results []probe.Result) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		return l.fail
	}
	if _, twice := l.kept[id]; !twice {
		l.kept[id] = results
		for _, r := range results {
			if r.Vantage != vantage {
				return errors.New("a result says that it is from elsewhere")
			}
			select {
			case l.came <- r.Target:
			default:
			}
		}
	}
	return nil
}

func (l *ledger) count() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, results := range l.kept {
		n += len(results)
	}
	return n
}

func (l *ledger) set(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

var errBusy = errors.New("busy")

func newLedger(t *testing.T) (*ledger, *Door) {
	t.Helper()
	l := &ledger{kept: map[string][]probe.Result{}, came: make(chan string, 1000)}
	d, err := NewDoor(DoorOptions{
		Keys: []Key{{"amsterdam", key}, {"berlin", key + "b"}}, Keep: l.keep, Busy: func(err error) bool { return errors.Is(err, errBusy) },
		Targets: func(string) []probe.Target { l.mu.Lock(); defer l.mu.Unlock(); return l.targets },
	})
	if err != nil {
		t.Fatal(err)
	}
	return l, d
}

func agent(t *testing.T, url, folder string) *Agent {
	t.Helper()
	a, err := NewAgent(AgentOptions{URL: url, Key: key, Folder: folder, Fetch: 10 * time.Millisecond, Send: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// run runs a until the returned function is called.
func run(t *testing.T, a *Agent) func() {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func await(t *testing.T, came <-chan string, name string) {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		select {
		case got := <-came:
			if got == name {
				return
			}
		case <-limit:
			t.Fatalf("nothing of %q came", name)
		}
	}
}

func TestWhatIsFoundElsewhereArrives(t *testing.T) {
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	t.Cleanup(shop.Close)
	l, d := newLedger(t)
	first := httptest.NewServer(d)
	t.Cleanup(first.Close)
	l.targets = []probe.Target{{Name: "shop", Kind: probe.HTTP, Address: shop.URL, Interval: time.Second}, {Name: "newer", Kind: "telepathy"}}
	folder := t.TempDir()
	a := agent(t, first.URL, folder)
	stop := run(t, a)
	await(t, l.came, "shop")
	l.set(func() {
		l.targets = []probe.Target{{Name: "other", Kind: probe.HTTP, Address: shop.URL, Interval: time.Second}}
	})
	await(t, l.came, "other")
	stop()
	if s := a.Stats(); s.Vantage != "amsterdam" || s.Lost != 0 {
		t.Errorf("%+v", s)
	}
	if v := d.Visits()["amsterdam"]; v.Last.IsZero() || v.Lost != 0 {
		t.Errorf("%+v", v)
	}
	// without the first machine it goes on with what it knew, and sends that later
	l.set(func() { l.fail = errBusy })
	b := agent(t, "http://127.0.0.1:1", folder)
	stop = run(t, b)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for tries := 0; b.Stats().Waiting == 0; tries++ {
		if <-tick.C; tries > 4000 {
			t.Fatal("it does not probe while the first machine is away")
		}
	}
	stop()
	before := l.count()
	l.set(func() { l.fail = nil })
	for len(l.came) > 0 {
		<-l.came
	}
	stop = run(t, agent(t, first.URL, folder))
	await(t, l.came, "other")
	stop()
	if l.count() <= before {
		t.Errorf("%d results, as before", before)
	}
}

// Answers that are lost on the way make an agent send again, and still each result counts
// once.
func TestEachResultCountsOnce(t *testing.T) {
	l, d := newLedger(t)
	n := 0
	first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n++
		switch n % 3 {
		case 1: // it is kept, but nobody learns that
			d.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		case 2:
			http.Error(w, "away", http.StatusBadGateway)
		default:
			d.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(first.Close)
	a := agent(t, first.URL, t.TempDir())
	const results = MaxResults + 20
	for i := range results {
		if err := a.spool.add(result(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		_, _ = a.sendOldest(t.Context())
	}
	if waiting, lost := a.spool.counts(); waiting != 0 || lost != 0 || l.count() != results || len(l.kept) != 2 {
		t.Errorf("%d wait, %d lost, %d kept in %d batches", waiting, lost, l.count(), len(l.kept))
	}
}

func result(name string) probe.Result {
	return probe.Result{Target: name, Kind: probe.HTTP, At: time.Now(), Cause: experience.TimedOut, Why: "x"}
}

// What does not fit goes, the oldest first, and is counted, over restarts and torn files.
func TestTheSpoolIsBounded(t *testing.T) {
	root := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		folder, err := os.MkdirTemp(root, "spool")
		if err != nil {
			t.Fatal(err)
		}
		room := rapid.Int64Range(1000, 40_000).Draw(t, "room")
		n, sent, lost := rapid.IntRange(1, 60).Draw(t, "n"), int64(0), int64(0)
		var s *spool
		open := func() {
			if s, err = openSpool(folder, room); err != nil {
				t.Fatal(err)
			}
		}
		open()
		id := s.id
		for i := range n {
			if err := s.add(result(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
			if rapid.Bool().Draw(t, "ends") {
				s.mu.Lock()
				_ = s.close()
				s.mu.Unlock()
			}
			if s.total+s.size > room+1000 {
				t.Fatalf("%d bytes in a room of %d", s.total+s.size, room)
			}
			if rapid.IntRange(0, 9).Draw(t, "restart") == 0 {
				_, gone := s.counts()
				lost += gone
				_ = s.end()
				open()
			}
		}
		last := -1
		for {
			b, number, ok, err := s.oldest()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			for _, r := range b.Results {
				var i int
				if _, err := fmt.Sscan(r.Target, &i); err != nil || i <= last {
					t.Fatalf("%s after %d", r.Target, last)
				}
				last = i
				sent++
			}
			s.done(number, 0)
		}
		if _, gone := s.counts(); sent+lost+gone != int64(n) || s.id != id || last != n-1 {
			t.Fatalf("%d sent and %d lost of %d, the last is %d", sent, lost+gone, n, last)
		}
	})
}

func TestATornLineCostsNoOther(t *testing.T) {
	folder := t.TempDir()
	whole, _ := json.Marshal(result("whole"))
	if err := os.WriteFile(filepath.Join(folder, "00000000000000000007.results"), append(append(whole, '\n'), whole[:20]...), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := openSpool(folder, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	b, number, ok, err := s.oldest()
	if err != nil || !ok || number != 7 || len(b.Results) != 1 || b.Lost != 1 || b.ID != s.id+"-7" {
		t.Errorf("%+v, %d, %v, %v", b, number, ok, err)
	}
}

func TestTheDoorRefuses(t *testing.T) {
	good := func(change func(*batch)) string {
		b := batch{ID: "a-1", Sent: time.Now(), Results: []probe.Result{result("a")}}
		if change != nil {
			change(&b)
		}
		text, _ := json.Marshal(b)
		return string(text)
	}
	for _, tt := range []struct {
		name, method, path, key, body string
		fail                          error
		status                        int
		why                           string
	}{
		{"all is well", "POST", ResultsPath, key, good(nil), nil, 200, ""},
		{"no key", "GET", TargetsPath, "", "", nil, 401, "key"},
		{"another key", "GET", TargetsPath, key[1:], "", nil, 401, "key"},
		{"DELETE", "DELETE", TargetsPath, key, "", nil, 405, "method"},
		{"POST of targets", "POST", TargetsPath, key, "{}", nil, 405, "method"},
		{"large", "POST", ResultsPath, key, strings.Repeat(" ", MaxBody+1), nil, 413, "too large"},
		{"nothing", "POST", ResultsPath, key, "", nil, 400, "no batch"},
		{"half", "POST", ResultsPath, key, good(nil)[:30], nil, 400, "no batch"},
		{"two", "POST", ResultsPath, key, good(nil) + good(nil), nil, 400, "no batch"},
		{"no id", "POST", ResultsPath, key, good(func(b *batch) { b.ID = "" }), nil, 400, "no batch"},
		{"a path as id", "POST", ResultsPath, key, good(func(b *batch) { b.ID = "../x" }), nil, 400, "no batch"},
		{"many", "POST", ResultsPath, key, good(func(b *batch) { b.Results = make([]probe.Result, MaxResults+1) }), nil, 400, "no batch"},
		{"no kind", "POST", ResultsPath, key, good(func(b *batch) { b.Results[0].Kind = "x" }), nil, 400, "no batch"},
		{"no cause", "POST", ResultsPath, key, good(func(b *batch) { b.Results[0].Cause = 99 }), nil, 400, "no batch"},
		{"unknown and bad", "POST", ResultsPath, key, good(func(b *batch) { b.Results[0].Unknown = true }), nil, 400, "no batch"},
		{"long", "POST", ResultsPath, key, good(func(b *batch) { b.Results[0].Why = strings.Repeat("x", 2000) }), nil, 400, "no batch"},
		{"tomorrow", "POST", ResultsPath, key, good(func(b *batch) { b.Results[0].At = time.Now().Add(24 * time.Hour) }), nil, 400, "no batch"},
		{"never sent", "POST", ResultsPath, key, good(func(b *batch) { b.Sent = time.Time{} }), nil, 400, "no batch"},
		{"busy", "POST", ResultsPath, key, good(nil), errBusy, 429, "no room"},
		{"broken", "POST", ResultsPath, key, good(nil), io.ErrShortWrite, 503, "not kept"},
	} {
		l, d := newLedger(t)
		l.fail = tt.fail
		r := httptest.NewRequest(tt.method, tt.path, strings.NewReader(tt.body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+tt.key)
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		if w.Code != tt.status || (tt.why != "") != (d.Refused()[tt.why] == 1) || (l.count() == 1) != (w.Code == 200) {
			t.Errorf("%s: %d %s, refused %v, %d kept", tt.name, w.Code, w.Body, d.Refused(), l.count())
		}
	}
}

func TestAClockThatIsWrongIsMended(t *testing.T) {
	l, d := newLedger(t)
	now := time.Now()
	b := batch{ID: "a-1", Sent: now.Add(-time.Hour), Results: []probe.Result{result("a")}}
	b.Results[0].At = now.Add(-time.Hour - time.Minute)
	text, _ := json.Marshal(b)
	r := httptest.NewRequest(http.MethodPost, ResultsPath, strings.NewReader(string(text)))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+key+"b")
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	if off := l.kept["berlin/a-1"][0].At.Sub(now.Add(-time.Minute)); w.Code != 200 || off < -time.Minute || off > time.Minute {
		t.Errorf("%d %s, %v off", w.Code, w.Body, off)
	}
	if v := d.Visits()["berlin"]; v.Clock < 59*time.Minute {
		t.Errorf("%+v", v)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []AgentOptions{
		{}, {URL: "https://example.org", Key: key}, {URL: "http://example.org", Key: key, Folder: "x"}, {URL: "https://example.org", Key: "short", Folder: "x"},
		{URL: "ftp://example.org", Key: key, Folder: "x"}, {URL: "https://example.org", Key: key, Folder: "x", Room: -1},
	} {
		if _, err := NewAgent(o); err == nil || !strings.Contains(err.Error(), "(fix: ") {
			t.Errorf("NewAgent(%+v) = %v", o, err)
		}
	}
	for _, keys := range [][]Key{{{"", key}}, {{"a", "short"}}, {{"a", key}, {"a", key + "b"}}, {{"a", key}, {"b", key}}} {
		if err := checkKeys(keys); err == nil || !strings.Contains(err.Error(), "(fix: ") {
			t.Errorf("checkKeys(%v) = %v", keys, err)
		}
	}
}

func FuzzBatch(f *testing.F) {
	text, _ := json.Marshal(batch{ID: "a-1", Sent: time.Now(), Results: []probe.Result{result("a")}})
	f.Add(text)
	f.Add([]byte(`{"id":"a","sent":"2026-11-24T10:00:00Z","results":[{"target":"a","kind":"journey","steps":[{"name":"\ud800"}],"cause":255}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := readBatch(body)
		if err == nil && (b.ID == "" || len(b.Results) > MaxResults) {
			t.Errorf("%+v", b)
		}
	})
}
