package accesslog

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/who"
	"github.com/honderd/honderd/source"
	"github.com/honderd/honderd/source/sourcetest"
)

// lines makes n lines of a combined log, a second apart on average.
func lines(seed uint64, n int) [][]byte {
	r := rand.New(rand.NewPCG(seed, 5))
	at := time.Date(2026, 3, 28, 22, 0, 0, 0, time.UTC)
	list := make([][]byte, n)
	for i := range list {
		at = at.Add(time.Duration(r.IntN(2000)) * time.Millisecond)
		list[i] = fmt.Appendf(nil, "10.0.%d.%d - - [%s] \"GET /shop/%d HTTP/1.1\" %d 5 \"-\" \"Mozilla/5.0 (X11) Firefox/140.0\"\n",
			seed, r.IntN(250), at.Format("02/Jan/2006:15:04:05 -0700"), i, 200+300*(r.IntN(20)/19))
	}
	return list
}

func file(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAFollowedLogPassesTheSuite(t *testing.T) {
	path := file(t, "access.log", bytes.Join(lines(1, 9000), nil))
	p := mustParser(t, Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("salt"))})
	sourcetest.Run(t, 9000, func(*testing.T) source.Source { return NewLog(p, path, slog.New(slog.DiscardHandler)) })
}

// readWhole reads logs and returns their experiences, in the order in which they came.
func readWhole(t *testing.T, paths ...string) (items []experience.Experience, tally experience.Tally) {
	t.Helper()
	w := Whole{Parser: mustParser(t, Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("salt"))}), Paths: paths, Workers: 2}
	err := w.Run(t.Context(), "", func(_ context.Context, b *experience.Batch) error {
		for _, e := range b.Items {
			e.Journey, e.Step = 0, 0
			items = append(items, e)
		}
		tally.Add(&b.Tally)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return items, tally
}

func TestARotatedSetIsReadInTheOrderOfTime(t *testing.T) {
	all := lines(1, 6000)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(bytes.Join(all[:2000], nil)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	old := file(t, "access.log.2.gz", packed.Bytes())
	middle := file(t, "access.log.1", bytes.Join(all[2000:4000], nil))
	newest := file(t, "access.log", bytes.Join(all[4000:], nil))
	empty := file(t, "access.log.3", nil)
	want, _ := readWhole(t, file(t, "all", bytes.Join(all, nil)))
	for _, paths := range [][]string{{newest, middle, old, empty}, {middle, empty, old, newest}} {
		got, tally := readWhole(t, paths...)
		if !reflect.DeepEqual(got, want) || tally.Lines != 6000 {
			t.Errorf("%d experiences of %d lines: not those of the whole log", len(got), tally.Lines)
		}
	}
}

func TestLogsOfTwoServersAreOne(t *testing.T) {
	a, b := file(t, "a.log", bytes.Join(lines(1, 3000), nil)), file(t, "b.log", bytes.Join(lines(2, 3000), nil))
	got, _ := readWhole(t, a, b)
	if len(got) != 6000 {
		t.Fatalf("%d experiences, want 6000", len(got))
	}
	for i := 1; i < len(got); i++ {
		if got[i].At < got[i-1].At {
			t.Fatalf("experience %d is older than the one before it", i)
		}
	}
}

func TestADamagedFileIsCountedAndTheRestRead(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(bytes.Join(lines(1, 5000), nil)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	got, tally := readWhole(t, file(t, "cut.gz", packed.Bytes()[:packed.Len()/2]))
	if len(got) == 0 || tally.Rejected() != 1 {
		t.Errorf("%d experiences, rejects %+v", len(got), tally.Rejects)
	}
}

func TestEmptyLogs(t *testing.T) {
	p := mustParser(t, Options{})
	nothing := func(context.Context, *experience.Batch) error { return nil }
	for _, paths := range [][]string{{file(t, "a", nil)}, {file(t, "a", nil), file(t, "b", nil)}} {
		w := Whole{Parser: p, Paths: paths}
		if err := w.Run(t.Context(), "", nothing); !errors.Is(err, ErrEmpty) {
			t.Errorf("%d empty logs: %v", len(paths), err)
		}
	}
}

func TestASinkThatFailsEndsTheReading(t *testing.T) {
	path := file(t, "access.log", bytes.Join(lines(1, 9000), nil))
	full := errors.New("full")
	for _, paths := range [][]string{{path}, {path, path}} {
		w := Whole{Parser: mustParser(t, Options{}), Paths: paths, Workers: 2}
		if err := w.Run(t.Context(), "", func(context.Context, *experience.Batch) error { return full }); !errors.Is(err, full) {
			t.Errorf("reading %d logs into a full sink: %v", len(paths), err)
		}
	}
}
