package felt

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"pgregory.net/rapid"
)

// spreadOut draws steps of a few people over days, so that some are away for long.
func spreadOut(t *rapid.T) *experience.Batch {
	b := labelled(t)
	for i := range b.Items {
		e := &b.Items[i]
		e.At += int64(rapid.IntRange(0, 3).Draw(t, "part of a day")) * 5 * msHour
		if rapid.IntRange(0, 2).Draw(t, "fine") == 0 {
			e.At += int64(rapid.IntRange(0, 999).Draw(t, "ms"))
		}
	}
	slices.SortStableFunc(b.Items, func(x, y experience.Experience) int { return int(x.At - y.At) })
	return b
}

func TestAnyDivisionOfTimeGivesTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := spreadOut(t)
		o := Options{
			Cutoff: time.Duration(rapid.IntRange(1, 40).Draw(t, "cutoff")) * time.Minute,
			By:     []string{ByStep, "region", "audience"}, Replicas: rapid.IntRange(0, 9).Draw(t, "replicas") == 0, Shards: rapid.IntRange(1, 3).Draw(t, "shards"),
		}
		f := New(o)
		want := everything(applied(o, b).Answer())
		rest := b.Items
		var folds []*Fold
		for len(rest) > 0 { // cut where time goes on
			n := rapid.IntRange(1, len(rest)).Draw(t, "cut")
			for n < len(rest) && rest[n].At == rest[n-1].At {
				n++
			}
			one := *b
			one.Items, rest = rest[:n:n], rest[n:]
			c, err := f.Chunk()
			if err != nil {
				t.Fatal(err)
			}
			c.Apply(&one)
			folds = append(folds, c)
		}
		for _, c := range folds {
			if err := f.Join(c); err != nil {
				t.Fatal(err)
			}
		}
		if got := everything(f.Answer()); !reflect.DeepEqual(got, want) {
			t.Fatal(differ(got, want))
		}
		if !reflect.DeepEqual(gapsOf(f), gapsOf(applied(o, b))) {
			t.Fatal("the next cut-offs would be learned from other gaps")
		}
		during := func(f *Fold) []Stretch {
			var list []Stretch
			line := f.Answer().All.Timeline
			for from := day; from < day+24*msHour; from += 17 * msMinute {
				for _, length := range []int64{1, 7, 60, 700} {
					list = append(list, line.During(from, from+length*msMinute))
				}
			}
			return list
		}
		if got, want := during(f), during(applied(o, b)); !slices.Equal(got, want) {
			t.Fatalf("people during: %v, want %v", got, want)
		}
	})
}

// gapsOf returns what the next cut-offs of a fold are learned from, when all is settled.
func gapsOf(f *Fold) map[string]gaps {
	all := map[string]gaps{}
	for _, s := range f.shards {
		s.settle(s.newest+msHour*24, &f.segments)
		for n, c := range s.scopes {
			name := ""
			if n > 0 {
				name = f.segments.names[f.segments.list[n-1].dimension] + " " + f.segments.list[n-1].name
			}
			sum := all[name]
			for i, count := range c.gaps {
				sum[i] += count
			}
			all[name] = sum
		}
	}
	return all
}

func TestAChunkCountsWithTheCutoffThatWasLearned(t *testing.T) {
	batches := crowded(2000, 3, 12, false)
	o := Options{Lateness: time.Second}
	f := New(o)
	if _, err := f.Chunk(); err == nil {
		t.Fatal("a chunk was made before there was a cut-off")
	}
	end := len(batches) - 3
	for _, b := range batches[:end] {
		f.Apply(b)
	}
	c, err := f.Chunk()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches[end:] {
		for i := range b.Items {
			if b.Items[i].At <= f.newest() { // of the same millisecond as the last one before
				b.Items[i].At = f.newest() + 1
			}
		}
		c.Apply(b)
	}
	want := New(o)
	for _, b := range batches {
		want.Apply(b)
	}
	if err := f.Join(c); err != nil {
		t.Fatal(err)
	}
	if got, want := everything(f.Answer()), everything(want.Answer()); !reflect.DeepEqual(got, want) {
		t.Fatal(differ(got, want))
	}
}

func TestAChunkThatDoesNotFitIsRefused(t *testing.T) {
	o := Options{Cutoff: time.Minute}
	f := New(o)
	f.Apply(batch(experience.Experience{Person: 1, At: day + 5000}))
	chunk := func(f *Fold, at int64) *Fold {
		c, err := f.Chunk()
		if err != nil {
			t.Fatal(err)
		}
		c.Apply(batch(experience.Experience{Person: 1, At: at}))
		return c
	}
	crowded := crowdedChunk(t, f)
	late := batch(experience.Experience{Person: 2, At: day + 6000})
	late.Journeys = []string{"/late"}
	f.Apply(late)
	before, _ := f.AppendBinary(nil)
	for name, c := range map[string]*Fold{
		"overlaps":          chunk(f, day+6000),
		"is no chunk":       applied(o, batch(experience.Experience{Person: 1, At: day + 9000})),
		"other cut-offs":    chunk(New(Options{Cutoff: time.Hour}), day+9000),
		"is divided anew":   chunk(New(Options{Cutoff: time.Minute, Shards: 2}), day+9000),
		"has many journeys": crowded,
	} {
		if err := f.Join(c); err == nil {
			t.Errorf("a chunk that %s was joined", name)
		}
	}
	if after, _ := f.AppendBinary(nil); !slices.Equal(before, after) {
		t.Error("a refused chunk changed the fold")
	}
}

// crowdedChunk returns a chunk of f with as many new journeys as there may be at all.
func crowdedChunk(t *testing.T, f *Fold) *Fold {
	t.Helper()
	c, err := f.Chunk()
	if err != nil {
		t.Fatal(err)
	}
	one := batch()
	one.Journeys = nil
	for i := range maxSegments {
		one.Journeys = append(one.Journeys, "/new"+string(rune('A'+i)))
		one.Items = append(one.Items, experience.Experience{Person: 1, At: day + 9000, Journey: uint16(i)})
	}
	c.Apply(one)
	return c
}
