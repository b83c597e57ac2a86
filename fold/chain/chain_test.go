package chain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/honderd/honderd/fold"
	"github.com/honderd/honderd/fold/foldtest"
	"github.com/honderd/honderd/service"
)

func TestSuite(t *testing.T) { foldtest.Run(t, func() fold.Fold { return New() }) }

func began() time.Time { return time.Date(2026, 11, 26, 20, 0, 0, 0, time.UTC) }

// summary is one call from a to b, number seconds after the beginning.
func summary(number uint64, at time.Duration) service.Summary {
	from := began().Add(at)
	return service.Summary{
		Source: "otlp", Number: number,
		Stretches: []service.Calls{{From: from, To: from.Add(10 * time.Second), Calls: []service.Call{{
			Dependency: service.Dependency{From: "shop", To: "cart", Kind: service.HTTP}, Sum: service.Sum{Count: 10, Errors: 2, Masked: 1, Millis: 500},
			Latency: service.Latency{0, 0, 0, 10},
		}}}},
		Seen: []service.Seen{{Service: "shop", Version: "1.0", At: from, Spans: 10, People: 5, Bad: 1, Owner: "team a", Heard: []service.Heard{{What: "exception", Name: "Oops", Count: 1}}}},
	}
}

func take(t *testing.T, f *Fold, s service.Summary) {
	t.Helper()
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Take(Subject, data); err != nil {
		t.Fatal(err)
	}
}

func TestTwiceIsCountedOnce(t *testing.T) {
	f := New()
	take(t, f, summary(1, 0))
	take(t, f, summary(2, time.Minute))
	take(t, f, summary(1, 0))
	take(t, f, summary(2, time.Minute))
	a := f.Answer(24)
	if len(a.Edges) != 1 || a.Edges[0].Total.Count != 20 || a.Edges[0].Recent.Masked != 2 {
		t.Errorf("after two summaries, each told twice: %+v, want 20 calls, 2 masked", a.Edges)
	}
	if n := a.Nodes[0]; n.People != (People{10, 2}) || n.Owner != "team a" || len(n.Heard) != 1 || n.Heard[0].Count != 2 {
		t.Errorf("the node is %+v", n)
	}
}

func TestHoursAreForgotten(t *testing.T) {
	f := New()
	take(t, f, summary(1, 0))
	take(t, f, summary(2, 100*time.Hour))
	a := f.Answer(Hours)
	if e := a.Edges[0]; e.Total.Count != 20 || e.Recent.Count != 10 || len(e.Hours) != 1 {
		t.Errorf("%+v, want all in total and the newest in recent", e)
	}
}

func TestVersionsAreSeenOnce(t *testing.T) {
	f := New()
	for i, v := range []string{"1.0", "1.1", "1.0"} {
		s := summary(uint64(i+1), time.Duration(i)*time.Minute)
		s.Seen[0].Version = v
		take(t, f, s)
	}
	got := ""
	for _, v := range f.Answer(1).Nodes[0].Versions {
		got += fmt.Sprintf("%s %s-%s; ", v.Version, v.First.Format("15:04"), v.Last.Format("15:04"))
	}
	if want := "1.0 20:00-20:02; 1.1 20:01-20:01; "; got != want {
		t.Errorf("versions %q, want %q", got, want)
	}
}

func TestThereIsAnEnd(t *testing.T) {
	f := New()
	for i := range maxEdges + 100 {
		s := summary(0, 0)
		s.Stretches[0].Calls[0].To = fmt.Sprint("service ", i)
		s.Seen[0].Service = s.Stretches[0].Calls[0].To
		s.Seen[0].Heard[0].Name = fmt.Sprint("exception ", i)
		take(t, f, s)
	}
	if len(f.edges) > maxEdges+1 || len(f.nodes) > maxNodes+1 {
		t.Errorf("%d dependencies and %d services are kept", len(f.edges), len(f.nodes))
	}
	other := f.edges[service.Dependency{From: service.Other, To: service.Other, Kind: service.External}]
	if other == nil || other.Total.Count != 1000 {
		t.Errorf("the rest is %+v, want 1000 calls", other)
	}
	if n := f.nodes[service.Other]; len(n.Heard) > maxHeard+1 {
		t.Errorf("%d things heard of one service are kept", len(n.Heard))
	}
}

func TestWhatCannotBeChangesNothing(t *testing.T) {
	f := New()
	take(t, f, summary(1, 0))
	before, _ := f.AppendBinary(nil)
	for _, bad := range []string{
		"", "{", `{"stretches":[{"from":"2026-01-01T00:00:00Z","to":"2025-01-01T00:00:00Z"}]}`,
		`{"stretches":[{"from":"2026-01-01T00:00:00Z","to":"2026-01-01T00:00:10Z","calls":[{"from":"a","to":"b","kind":"http","count":1,"errors":2}]}]}`,
		`{"stretches":[{"from":"2026-01-01T00:00:00Z","to":"2026-01-01T00:00:10Z","calls":[{"from":"a","to":"b","kind":"http","count":1,"latency":[-1]}]}]}`,
		`{"seen":[{"service":"","at":"2026-01-01T00:00:00Z"}]}`, `{"seen":[{"service":"a","at":"0001-01-01T00:00:00Z"}]}`,
	} {
		if f.Take(Subject, []byte(bad)) == nil {
			t.Errorf("Take(%s) = nil, want an error", bad)
		}
	}
	if after, _ := f.AppendBinary(nil); !bytes.Equal(after, before) {
		t.Error("what could not be read changed the state")
	}
	again := New()
	if err := again.UnmarshalBinary(before); err != nil {
		t.Fatal(err)
	}
	take(t, again, summary(2, time.Hour))
	take(t, f, summary(2, time.Hour))
	one, _ := f.AppendBinary(nil)
	if two, _ := again.AppendBinary(nil); !bytes.Equal(one, two) {
		t.Error("it does not go on from a saved state as if nothing had happened")
	}
}
