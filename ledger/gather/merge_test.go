package gather_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/gather"
)

// spelled is an experience with its names in full: what it means, in whatever batch.
type spelled struct {
	experience.Experience
	journey, step, labels string
}

// spell returns the experiences of b in full, in an order of their own.
func spell(list []spelled, b *experience.Batch) []spelled {
	for _, e := range b.Items {
		s := spelled{Experience: e}
		if int(e.Journey) < len(b.Journeys) {
			s.journey = b.Journeys[e.Journey]
		}
		if int(e.Step) < len(b.Steps) {
			s.step = b.Steps[e.Step]
		}
		if int(e.Labels) < len(b.Labels) {
			s.labels = fmt.Sprintf("%q", b.Labels[e.Labels])
		}
		s.Journey, s.Step, s.Labels = 0, 0, 0
		list = append(list, s)
	}
	return list
}

func sorted(list []spelled) []spelled {
	slices.SortFunc(list, func(a, b spelled) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return list
}

// drawBatch draws a batch with tables of its own.
func drawBatch(t *rapid.T) *experience.Batch {
	b := &experience.Batch{}
	b.Reset()
	b.Source = rapid.SampledFrom([]string{"beacon", "otlp"}).Draw(t, "source")
	word := rapid.SampledFrom([]string{"", "a", "b", "pay", "pay now", "1,1,ab"})
	b.Journeys = rapid.SliceOfN(word, 0, 4).Draw(t, "journeys")
	b.Steps = append(b.Steps, rapid.SliceOfN(word, 0, 4).Draw(t, "steps")...)
	for range rapid.IntRange(0, 3).Draw(t, "sets") {
		set := []experience.Label{{Name: "a", Value: word.Draw(t, "value")}, {Name: "b", Value: word.Draw(t, "value")}}
		b.Labels = append(b.Labels, set[:rapid.IntRange(1, 2).Draw(t, "labels")])
	}
	for range rapid.IntRange(0, 5).Draw(t, "items") {
		b.Items = append(b.Items, experience.Experience{
			Person:  experience.Person(rapid.Uint64().Draw(t, "person")),
			At:      noon + int64(rapid.IntRange(-1e9, 1e9).Draw(t, "at")),
			Wait:    rapid.Uint32().Draw(t, "wait"),
			Journey: uint16(rapid.IntRange(0, max(0, len(b.Journeys)-1)).Draw(t, "journey")),
			Step:    uint16(rapid.IntRange(0, len(b.Steps)-1).Draw(t, "step")),
			Labels:  uint16(rapid.IntRange(0, len(b.Labels)-1).Draw(t, "set")),
			Part:    rapid.Bool().Draw(t, "part"), Rage: rapid.Bool().Draw(t, "rage"),
		})
	}
	b.Tally = experience.Tally{Lines: rapid.Int64Range(0, 9).Draw(t, "lines"), Formats: map[string]int64{"x": 1}}
	b.Tally.Reject("why", "line")
	for range rapid.IntRange(0, 2).Draw(t, "addresses") {
		b.Tally.Addresses = append(b.Tally.Addresses, experience.AddressCount{Hash: rapid.Uint64Range(0, 3).Draw(t, "hash"), Count: 2})
	}
	return b
}

// count adds what a tally counts to sums.
func count(sums map[string]int64, b *experience.Batch) {
	sums[b.Source+" lines"] += b.Tally.Lines
	sums[b.Source+" x"] += b.Tally.Formats["x"]
	sums[b.Source+" why"] += b.Tally.Rejects["why"].Count
	for _, a := range b.Tally.Addresses {
		sums[fmt.Sprint(b.Source, " address ", a.Hash)] += a.Count
	}
}

// TestGatheredIsWhatWasAdded holds that gathering changes where experiences are and
// nothing else, whoever's names they point at.
func TestGatheredIsWhatWasAdded(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := ledger.NewMemory()
		g, err := gather.New(m, gather.Options{Wait: time.Hour, Queue: 1000, Events: rapid.IntRange(1, 20).Draw(rt, "events")})
		if err != nil {
			rt.Fatal(err)
		}
		var want, got []spelled
		wantSums, sums := map[string]int64{}, map[string]int64{}
		for _, b := range rapid.SliceOfN(rapid.Custom(drawBatch), 0, 12).Draw(rt, "batches") {
			want = spell(want, b)
			count(wantSums, b)
			if _, err := g.Start(b); err != nil {
				rt.Fatalf("Start() = %v", err)
			}
			clear(b.Items) // the caller's again
			clear(b.Journeys)
		}
		if err := g.Close(); err != nil {
			rt.Fatal(err)
		}
		for _, b := range kept(t, m) {
			got = spell(got, b)
			count(sums, b)
		}
		if !slices.Equal(sorted(got), sorted(want)) {
			rt.Errorf("kept %v, want %v", got, want)
		}
		if !maps.Equal(sums, wantSums) {
			rt.Errorf("counted %v, want %v", sums, wantSums)
		}
	})
}
