package jetstream_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/jetstream"
)

// childDir makes the test binary append to the ledger in that folder until it is
// killed.
const childDir = "HONDERD_TEST_APPEND_TO"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := appendForever(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if spec := os.Getenv(childNode); spec != "" {
		if err := appendAsNode(spec); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// appendForever appends numbered records from four goroutines and prints
// "number place" for each accepted one.
func appendForever(dir string) error {
	l, err := jetstream.Open(context.Background(), jetstream.Options{Dir: dir})
	if err != nil {
		return err
	}
	first, err := l.Last(context.Background())
	if err != nil {
		return err
	}
	fmt.Println("open")
	const workers = 4
	errs := make(chan error, workers)
	for w := range workers {
		go func() {
			for n := uint64(first)*10 + uint64(w); ; n += workers {
				place, err := l.Append(context.Background(), "test", strconv.FormatUint(n, 10), numbered(n))
				if err != nil {
					errs <- fmt.Errorf("append %d: %w", n, err)
					return
				}
				fmt.Printf("%d %d\n", n, place)
			}
		}()
	}
	return <-errs
}

// numbered returns the data of the record with number n, of 8 bytes to 20 KB.
func numbered(n uint64) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "%d;", n), 1+int(n*n%3000))
}

func TestKilledProcessLosesNothingAccepted(t *testing.T) {
	limit, rounds, least := 8*time.Second, 15, 12
	if os.Getenv("HONDERD_SOAK") != "" {
		limit, rounds, least = 3*time.Minute, 500, 50 // at least 50, however slow
	}
	dir, begin := t.TempDir(), time.Now()
	accepted := make(map[uint64]ledger.Sequence)
	done := 0
	for done < rounds && (done < least || time.Since(begin) < limit) {
		runAndKill(t, dir, time.Duration(rand.Int64N(int64(300*time.Millisecond))), accepted)
		checkAccepted(t, dir, accepted)
		if t.Failed() {
			t.Fatalf("after round %d", done+1)
		}
		done++
	}
	t.Logf("%d rounds, %d records accepted, none lost", done, len(accepted))
}

// runAndKill runs a child for that long after it opened the ledger, kills it, and
// adds what it was told is accepted.
func runAndKill(t *testing.T, dir string, life time.Duration, accepted map[uint64]ledger.Sequence) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+dir)
	said := new(bytes.Buffer)
	child.Stderr = said
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "open" {
		_ = child.Wait()
		t.Fatalf("child did not open the ledger: %s", said)
	}
	var killer sync.WaitGroup
	killer.Go(func() {
		<-time.After(life)
		_ = child.Process.Kill()
	})
	for lines.Scan() {
		number, place, ok := strings.Cut(lines.Text(), " ")
		n, err1 := strconv.ParseUint(number, 10, 64)
		p, err2 := strconv.ParseUint(place, 10, 64)
		if ok && err1 == nil && err2 == nil {
			accepted[n] = ledger.Sequence(p)
		}
	}
	killer.Wait()
	_ = child.Wait() // killed
	if said.Len() > 0 {
		t.Fatalf("child said: %s", said)
	}
}

// checkAccepted fails t unless all accepted records are at their places, once.
func checkAccepted(t *testing.T, dir string, accepted map[uint64]ledger.Sequence) {
	t.Helper()
	l := open(t, dir)
	defer l.Close()
	found := make(map[uint64]ledger.Sequence)
	var before ledger.Sequence
	err := l.Read(t.Context(), 0, func(r ledger.Record) error {
		if r.Sequence != before+1 {
			t.Errorf("record %d follows %d", r.Sequence, before)
		}
		before = r.Sequence
		number, _, _ := bytes.Cut(r.Data, []byte(";"))
		n, err := strconv.ParseUint(string(number), 10, 64)
		if err != nil || !bytes.Equal(r.Data, numbered(n)) {
			t.Errorf("record %d holds something else", r.Sequence)
		}
		if at, twice := found[n]; twice {
			t.Errorf("number %d is at %d and %d", n, at, r.Sequence)
		}
		found[n] = r.Sequence
		return nil
	})
	if err != nil {
		t.Errorf("Read() = %v", err)
	}
	for n, place := range accepted {
		if found[n] != place {
			t.Errorf("number %d was accepted at %d and is at %d", n, place, found[n])
		}
	}
}
