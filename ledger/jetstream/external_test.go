package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	stream "github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/jetstream"
	"github.com/honderd/honderd/ledger/ledgertest"
)

// natsd starts a NATS server as somebody else would run it.
func natsd(t testing.TB, dir string, change func(o *server.Options)) *server.Server {
	t.Helper()
	o := &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: dir, MaxPayload: 8 << 20, SyncAlways: true,
	}
	if change != nil {
		change(o)
	}
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(wait) {
		t.Fatal("the NATS server does not start")
	}
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s
}

// wait is how long something may take that happens at once on a quiet machine.
const wait = 20 * time.Second

// elsewhere returns the options of a ledger on a server.
func elsewhere(t testing.TB, s *server.Server) jetstream.Options {
	o := options(t, "")
	o.External.URLs = []string{s.ClientURL()}
	return o
}

func TestExternalIsALedger(t *testing.T) {
	servers := map[string]*server.Server{} // by folder: it stays when the ledger is opened again
	ledgertest.Run(t, func(t *testing.T, dir string) ledger.Ledger {
		if servers[dir] == nil {
			servers[dir] = natsd(t, dir, nil)
		}
		l, err := jetstream.Open(t.Context(), elsewhere(t, servers[dir]))
		if err != nil {
			t.Fatalf("Open() = %v", err)
		}
		return l
	})
}

func TestExternalLogsIn(t *testing.T) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	public, err := pair.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	seed, err := pair.Seed()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "seed")
	if err := os.WriteFile(file, seed, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		server func(o *server.Options)
		right  jetstream.External
	}{
		{"user", func(o *server.Options) { o.Username, o.Password = "ann", "secret" }, jetstream.External{User: "ann", Password: "secret"}},
		{"token", func(o *server.Options) { o.Authorization = "secret" }, jetstream.External{Token: "secret"}},
		{"nkey", func(o *server.Options) { o.Nkeys = []*server.NkeyUser{{Nkey: public}} }, jetstream.External{NKey: file}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := natsd(t, t.TempDir(), tt.server)
			o := elsewhere(t, s)
			if l, err := jetstream.Open(t.Context(), o); err == nil || strings.Contains(err.Error(), "secret") {
				l.Close()
				t.Errorf("Open() without = %v, want an error without the secret", err)
			}
			urls := o.External.URLs
			o.External = tt.right
			o.External.URLs = urls
			l, err := jetstream.Open(t.Context(), o)
			if err != nil {
				t.Fatalf("Open() = %v", err)
			}
			if _, err := l.Append(t.Context(), "test", "", []byte("x")); err != nil {
				t.Errorf("Append() = %v", err)
			}
			if err := l.Close(); err != nil {
				t.Errorf("Close() = %v", err)
			}
		})
	}
}

func TestExternalRefusesWhatItCannotOwn(t *testing.T) {
	mine := func(change func(c *stream.StreamConfig)) stream.StreamConfig {
		c := stream.StreamConfig{Name: "HONDERD", Subjects: []string{"honderd.>"}}
		change(&c)
		return c
	}
	tests := []struct {
		name     string
		there    stream.StreamConfig
		replicas int
		want     string // part of the error; "" for none
	}{
		{"of somebody else", mine(func(c *stream.StreamConfig) { c.Subjects = []string{"orders"} }), 1, "of somebody else"},
		{"a queue", mine(func(c *stream.StreamConfig) { c.Retention = stream.WorkQueuePolicy }), 1, "does not keep every record"},
		{"in memory", mine(func(c *stream.StreamConfig) { c.Storage = stream.MemoryStorage }), 1, "does not keep every record"},
		{"of a newer program", mine(func(c *stream.StreamConfig) { c.Metadata = map[string]string{"honderd": "99"} }), 1, "use that one"},
		{"another has the subjects", stream.StreamConfig{Name: "OTHER", Subjects: []string{"honderd.x"}}, 1, "remove the stream that has subjects"},
		{"one server for three", stream.StreamConfig{Name: "OTHER", Subjects: []string{"other"}}, 3, "run 3 servers"},
		{"ours, and it forgets", mine(func(c *stream.StreamConfig) { c.MaxAge, c.MaxMsgs = time.Hour, 5 }), 1, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := natsd(t, t.TempDir(), nil)
			c, err := nats.Connect(s.ClientURL())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			js, err := stream.New(c)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := js.CreateStream(t.Context(), tt.there); err != nil {
				t.Fatal(err)
			}
			o := elsewhere(t, s)
			o.Replicas = tt.replicas
			l, err := jetstream.Open(t.Context(), o)
			if err == nil {
				defer l.Close()
			}
			if (err == nil) != (tt.want == "") || err != nil && (!strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n")) {
				t.Fatalf("Open() = %v, want one sentence with %q", err, tt.want)
			}
			if err != nil {
				return
			}
			got, err := js.Stream(t.Context(), "HONDERD")
			if err != nil {
				t.Fatal(err)
			}
			if have := got.CachedInfo().Config; have.MaxAge != 0 || have.MaxMsgs > 0 {
				t.Errorf("the stream still forgets: %+v", have)
			}
		})
	}
}

func TestExternalThatIsNotThere(t *testing.T) {
	o := options(t, "")
	o.External.URLs = []string{"nats://ann:secret@" + addresses(t, 1)[0]}
	_, err := jetstream.Open(t.Context(), o)
	if !errors.Is(err, ledger.ErrAway) || !strings.Contains(err.Error(), "fix: ") || strings.Contains(err.Error(), "secret") {
		t.Errorf("Open() = %v, want ErrAway with a fix and without the password", err)
	}
}

// TestExternalServerRestarts stops the server under writers and a follower.
func TestExternalServerRestarts(t *testing.T) {
	dir := t.TempDir()
	s := natsd(t, dir, nil)
	port := s.Addr().String()
	l, err := jetstream.Open(t.Context(), elsewhere(t, s))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var accepted, seen atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() {
		ended <- l.Follow(ctx, 0, func(r ledger.Record) error {
			if want := fmt.Sprint(seen.Add(1)); string(r.Data) != want {
				return fmt.Errorf("record %d holds %s, want %s", r.Sequence, r.Data, want)
			}
			return nil
		})
	}()
	go func() {
		for n := 1; ctx.Err() == nil; n++ {
			id := fmt.Sprint(n)
			place, err := l.Append(t.Context(), "test", id, []byte(id))
			for errors.Is(err, ledger.ErrAway) {
				place, err = l.Append(t.Context(), "test", id, []byte(id))
			}
			if err != nil || place != ledger.Sequence(n) {
				ended <- fmt.Errorf("Append(%d) = %d, %w", n, place, err)
				return
			}
			accepted.Add(1)
		}
		ended <- nil
	}()
	for round := int64(1); round <= 3; round++ {
		until(t, func() bool { return accepted.Load() >= 20*round && seen.Load() >= 20*round })
		s.Shutdown()
		s.WaitForShutdown()
		s = natsd(t, dir, func(o *server.Options) {
			if _, err := fmt.Sscanf(port[strings.LastIndex(port, ":"):], ":%d", &o.Port); err != nil {
				t.Error(err)
			}
		})
	}
	until(t, func() bool { return accepted.Load() >= 80 && seen.Load() >= 80 })
	cancel()
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// until waits until what is asked for holds, and fails t when it does not in time.
func until(t testing.TB, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(2 * wait)
	for !holds() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("it took too long")
		}
	}
}
