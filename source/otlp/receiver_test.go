package otlp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/service"
	"github.com/honderd/honderd/source"
)

// shelf is a ledger as a Receiver sees it.
type shelf struct {
	mu       sync.Mutex
	found    found
	position string
	ids      map[string]bool
	fail     error // what the next batches get
}

func (s *shelf) calls(_ context.Context, id string, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ids == nil {
		s.ids = map[string]bool{}
	}
	if s.ids[id] {
		return nil
	}
	s.ids[id] = true
	var sum service.Summary
	if err := json.Unmarshal(data, &sum); err != nil {
		return err
	}
	s.found.note(sum)
	return nil
}

func (s *shelf) sink(_ context.Context, b *experience.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	s.position = b.Position
	s.found.tally.Add(&b.Tally)
	for _, e := range b.Items {
		s.found.steps = append(s.found.steps, fmt.Sprintf("%s %v %v", b.Journeys[e.Journey], e.Cause, e.Mask))
	}
	return nil
}

func (s *shelf) steps() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.found.steps, "; ")
}

func openReceiver(t *testing.T, dir string, s *shelf) *Receiver {
	t.Helper()
	r, err := NewReceiver(testOptions(), dir, s.calls, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// during runs r for a while.
func during(t *testing.T, r *Receiver, s *shelf, d time.Duration) error {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), d)
	defer stop()
	return r.Run(ctx, s.position, source.Sink(s.sink))
}

func send(t *testing.T, r *Receiver, spans []span) {
	t.Helper()
	p := &packet{}
	p.spans = spans
	if err := r.take(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

func TestSpansOfATraceComeInAnyOrderAndInPieces(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		r := openReceiver(t, dir, s)
		defer r.Close()
		send(t, r, made(t, 1, "4 3 c cart 3 30 fail to=db"))
		send(t, r, made(t, 1, "1 0 s shop 0 50"))
		if err := during(t, r, s, 3*time.Second); err != nil || s.steps() != "" {
			t.Fatalf("%v, and %q before all can be there", err, s.steps())
		}
		send(t, r, made(t, 1, "3 2 s cart 2 39", "2 1 c shop 1 40"))
		send(t, r, made(t, 1, "1 0 s shop 0 50")) // sent again
		if err := during(t, r, s, 12*time.Second); err != nil || s.steps() != "/shop fine fallback" {
			t.Errorf("%v, steps %q", err, s.steps())
		}
		same(t, "calls", s.found.calls, "cart -> db http 1/1/1 27ms", "shop -> cart http 1/0/0 39ms")
	})
}

// A process that is killed has told its senders that what they sent is safe.
func TestKilledAtAnyTimeEachStepIsCountedOnce(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		killed := openReceiver(t, dir, s) // never closed: it is gone
		send(t, killed, made(t, 1, "1 0 s shop 0 50", "2 1 c shop 1 4 to=db"))
		killed.spool.done.Wait()

		s.fail = errors.New("killed before the ledger had it")
		killed = openReceiver(t, dir, s)
		if err := during(t, killed, s, 15*time.Second); err == nil {
			t.Fatal("the ledger took nothing, and nobody says so")
		}
		killed.spool.done.Wait()

		s.fail = nil
		killed = openReceiver(t, dir, s)
		send(t, killed, made(t, 1, "1 0 s shop 0 50")) // its sender did not hear that it was safe
		if err := during(t, killed, s, 40*time.Second); err != nil || s.steps() != "/shop fine unmasked" {
			t.Fatalf("%v, steps %q after the restart, want one", err, s.steps())
		}
		send(t, killed, made(t, 2, "1 0 s cart 0 50"))
		if err := during(t, killed, s, 15*time.Second); err != nil {
			t.Fatal(err)
		}
		killed.spool.done.Wait()

		r := openReceiver(t, dir, s)
		defer r.Close()
		send(t, r, made(t, 2, "1 0 s cart 0 50"))
		send(t, r, made(t, 2, "2 9 s deep 10 20")) // late, and of a step that is counted
		if err := during(t, r, s, 40*time.Second); err != nil || s.steps() != "/shop fine unmasked; /cart fine unmasked" {
			t.Errorf("%v, steps %q", err, s.steps())
		}
		same(t, "calls", s.found.calls, "shop -> db http 1/0/0 3ms")
		var at place
		if err := json.Unmarshal([]byte(s.position), &at); err != nil || at.Number < 3 {
			t.Errorf("position %s (%v)", s.position, err)
		}
	})
}

func TestTheEndOfTheSpoolIsCutOff(t *testing.T) {
	dir := t.TempDir()
	s := &shelf{}
	r := openReceiver(t, dir, s)
	send(t, r, made(t, 1, "1 0 s shop 0 50"))
	send(t, r, made(t, 2, "1 0 s cart 0 50"))
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	names, _ := filepath.Glob(filepath.Join(dir, "*.spool"))
	whole, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	for cut := 0; cut < len(whole); cut += 11 {
		if err := os.WriteFile(names[0], whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		r := openReceiver(t, dir, s)
		if n := r.joiner.spans; n > 1 || cut > len(whole)-12 && n != 1 {
			t.Fatalf("cut after %d of %d bytes, %d spans are there", cut, len(whole), n)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		for _, more := range []int{2, 3, 4, 5} {
			_ = os.Remove(filepath.Join(dir, fmt.Sprintf("%016d.spool", more)))
		}
	}
}

func TestTheSpoolIsEmptiedAsTimePasses(t *testing.T) {
	dir := t.TempDir()
	s := &shelf{}
	r := openReceiver(t, dir, s)
	send(t, r, made(t, 1, "1 0 s shop 0 50"))
	if err := r.spool.roll(); err != nil {
		t.Fatal(err)
	}
	r.spool.free(1, time.Now().Add(time.Hour))
	if len(r.spool.segments) != 1 {
		t.Fatal("what is needed is gone")
	}
	r.spool.free(2, time.Now())
	if len(r.spool.segments) != 1 {
		t.Fatal("what is to be remembered is gone")
	}
	r.spool.free(2, time.Now().Add(time.Hour))
	if names, _ := filepath.Glob(filepath.Join(dir, "*.spool")); len(r.spool.segments) != 0 || len(names) != 1 {
		t.Errorf("%d files are left, want the one that is written to", len(names))
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.take(t.Context(), &packet{}); err == nil {
		t.Error("a closed spool takes something")
	}
}

func TestFollowedFilesAreTakenOnce(t *testing.T) {
	dir := t.TempDir()
	object, err := os.ReadFile("testdata/retry.json")
	if err != nil {
		t.Fatal(err)
	}
	line := strings.ReplaceAll(string(object), "\n", "") + "\n"
	lines, list := filepath.Join(dir, "lines.json"), filepath.Join(dir, "list.json")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(lines, line)
	zipkin, err := os.ReadFile("testdata/zipkin.json")
	if err != nil {
		t.Fatal(err)
	}
	write(list, string(zipkin))
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		run := func() {
			r := openReceiver(t, filepath.Join(dir, "spool"), s)
			ctx, stop := context.WithTimeout(t.Context(), 40*time.Second)
			defer stop()
			var all sync.WaitGroup
			for _, path := range []string{lines, list} {
				f := NewFile(r, path, slog.New(slog.DiscardHandler))
				all.Go(func() {
					if err := f.Run(ctx, "", nil); err != nil {
						t.Error(err)
					}
				})
			}
			if err := r.Run(ctx, s.position, s.sink); err != nil {
				t.Error(err)
			}
			all.Wait()
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
		run()
		if want := 2; len(s.found.steps) != want {
			t.Fatalf("%d steps (%s), want %d", len(s.found.steps), s.steps(), want)
		}
		write(lines, line+strings.ReplaceAll(line, "5b8efff798038103d269b633813fc60c", "5b8efff798038103d269b633813fc60d")+"oops\n")
		run()
		if want := 3; len(s.found.steps) != want || s.found.tally.Rejects["a line that is no JSON"].Count != 1 {
			t.Errorf("%d steps (%s), want %d; %v", len(s.found.steps), s.steps(), want, s.found.tally.Rejects)
		}
	})
}

func FuzzPacket(f *testing.F) {
	p := &packet{request: 7, file: "a", position: "b"}
	p.spans = []span{{trace: traceID{1}, id: 1, res: &resource{service: "a"}, begin: base, end: base + 5, role: server, journey: "/", step: "GET /", labels: []experience.Label{{Name: "a", Value: "b"}}}}
	p.heard = []hearing{{res: &resource{service: "a", app: true}, what: "log", name: "info", n: 3}}
	p.read("otlp", 1)
	p.reject("why", 2, []byte("x"))
	f.Add(appendPacket(nil, p))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := readPacket(b)
		if err != nil {
			return
		}
		again, err := readPacket(appendPacket(nil, p))
		if err != nil || fmt.Sprint(len(again.spans), len(again.heard), again.formats, again.wrong) != fmt.Sprint(len(p.spans), len(p.heard), p.formats, p.wrong) {
			t.Errorf("what was read is written otherwise (%v)", err)
		}
	})
}
