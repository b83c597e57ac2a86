package jetstream_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/jetstream"
)

// childNode makes the test binary append as one node of a cluster until it is killed:
// "dir number run address,address,address".
const childNode = "HONDERD_TEST_NODE"

// appendAsNode opens a node and appends from two goroutines, and prints "id place" for
// each accepted record.
func appendAsNode(spec string) error {
	var dir, routes string
	var i, run int
	if _, err := fmt.Sscan(spec, &dir, &i, &run, &routes); err != nil {
		return err
	}
	list := strings.Split(routes, ",")
	l, err := jetstream.Open(context.Background(), jetstream.Options{
		Dir:     filepath.Join(dir, fmt.Sprint("node", i)),
		Cluster: jetstream.Cluster{Name: "town", Node: fmt.Sprint("town-", i), Listen: list[i], Routes: list, Secret: secret(dir)},
	})
	if err != nil {
		return err
	}
	errs := make(chan error, 2)
	for w := range 2 {
		go func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("%d-%d-%d-%d", i, run, w, n)
				place, err := l.Append(context.Background(), "test", id, spelledOut(id))
				for errors.Is(err, ledger.ErrAway) {
					place, err = l.Append(context.Background(), "test", id, spelledOut(id))
				}
				if err != nil && !errors.Is(err, ledger.ErrTwice) {
					errs <- fmt.Errorf("append %s: %w", id, err)
					return
				}
				fmt.Printf("%s %d\n", id, place)
			}
		}()
	}
	return <-errs
}

// spelledOut returns the data of the record with that id.
func spelledOut(id string) []byte { return []byte(strings.Repeat(id+";", 20+len(id)%7)) }

// register is what the nodes were told is accepted.
type register struct {
	mu       sync.Mutex
	accepted map[string]ledger.Sequence
}

// listen notes what a node says, and counts it.
func (g *register) listen(out io.Reader, n *atomic.Int64) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var id string
		var place uint64
		if _, err := fmt.Sscan(lines.Text(), &id, &place); err != nil {
			continue // half a line of one who was killed
		}
		g.mu.Lock()
		g.accepted[id] = ledger.Sequence(place)
		g.mu.Unlock()
		n.Add(1)
	}
}

// process is one node in a process of its own.
type process struct {
	command *exec.Cmd
	said    atomic.Int64 // accepted records
	ended   chan struct{}
}

func (g *register) start(t *testing.T, dir string, i, run int, routes []string) *process {
	t.Helper()
	p := &process{command: exec.Command(os.Args[0]), ended: make(chan struct{})}
	p.command.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d %s", childNode, dir, i, run, strings.Join(routes, ",")))
	p.command.Stderr = t.Output()
	out, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		g.listen(out, &p.said)
		_ = p.command.Wait() // killed
	}()
	return p
}

func (p *process) kill() {
	_ = p.command.Process.Kill()
	<-p.ended
}

// TestKilledNodesLoseNothingAccepted kills leader and followers as they come.
func TestKilledNodesLoseNothingAccepted(t *testing.T) {
	rounds := 1
	if os.Getenv("HONDERD_SOAK") != "" {
		rounds = 50
	}
	if testing.Short() {
		t.Skip("starts three processes and waits for elections")
	}
	t.Parallel()
	dir, routes := t.TempDir(), addresses(t, 3)
	g := &register{accepted: make(map[string]ledger.Sequence)}
	nodes := make([]*process, 3)
	for i := range nodes {
		nodes[i] = g.start(t, dir, i, 0, routes)
	}
	defer func() {
		for _, p := range nodes {
			p.kill()
		}
	}()
	for round := 1; round <= rounds; round++ {
		for _, p := range nodes {
			before := p.said.Load()
			until(t, func() bool { return p.said.Load() > before+20 })
		}
		if err := rest(t, time.Duration(rand.Int64N(int64(200*time.Millisecond)))); err != nil {
			t.Fatal(err)
		}
		i := rand.IntN(3)
		nodes[i].kill()
		nodes[i] = g.start(t, dir, i, round, routes)
	}
	for _, p := range nodes { // the last one killed has to come back too
		before := p.said.Load()
		until(t, func() bool { return p.said.Load() > before+5 })
	}
	for _, p := range nodes {
		p.kill()
	}
	g.check(t, dir)
	t.Logf("%d rounds, %d records accepted, none lost", rounds, len(g.accepted))
}

// rest waits, or until the test ends.
func rest(t *testing.T, d time.Duration) error {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-t.Context().Done():
		return t.Context().Err()
	}
}

// check opens the cluster and fails t unless all accepted records are there, once.
func (g *register) check(t *testing.T, dir string) {
	t.Helper()
	c := openTown(t, dir)
	l := whole{c.nodes[0], c}
	defer l.Close()
	found := make(map[string]ledger.Sequence)
	var before ledger.Sequence
	err := l.Read(t.Context(), 0, func(r ledger.Record) error {
		if r.Sequence != before+1 {
			t.Errorf("record %d follows %d", r.Sequence, before)
		}
		before = r.Sequence
		id, _, _ := strings.Cut(string(r.Data), ";")
		if string(r.Data) != string(spelledOut(id)) {
			t.Errorf("record %d holds something else", r.Sequence)
		}
		if at, twice := found[id]; twice {
			t.Errorf("%s is at %d and %d", id, at, r.Sequence)
		}
		found[id] = r.Sequence
		return nil
	})
	if err != nil {
		t.Errorf("Read() = %v", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for id, place := range g.accepted {
		if found[id] != place {
			t.Errorf("%s was accepted at %d and is at %d", id, place, found[id])
		}
	}
}
