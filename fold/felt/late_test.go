package felt

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"pgregory.net/rapid"
)

// labelled draws the steps of a few people who are told apart by labels and steps too.
func labelled(t *rapid.T) *experience.Batch {
	b := batch(town(t)...)
	b.Steps = []string{"", "GET /a", "POST /b"}
	b.Labels = [][]experience.Label{nil, {{Name: "region", Value: "eu"}}, {{Name: "audience", Value: "customers"}, {Name: "region", Value: "us"}}}
	for i := range b.Items {
		e := &b.Items[i]
		e.Step, e.Labels = uint16(rapid.IntRange(0, 2).Draw(t, "step")), uint16(rapid.IntRange(0, 2).Draw(t, "labels"))
		e.Critical, e.Rage = rapid.IntRange(0, 4).Draw(t, "critical") == 0, rapid.IntRange(0, 9).Draw(t, "rage") == 0
	}
	return b
}

// everything makes a comparable of an answer.
func everything(a Answer) Answer {
	bare := func(list []Scope) {
		for i := range list {
			list[i].Timeline = nil
		}
	}
	bare(a.Journeys)
	for _, d := range a.Apart {
		bare(d.Values)
	}
	slices.SortFunc(a.Apart, func(x, y Dimension) int { return len(x.Name) - len(y.Name) })
	a.All.Timeline = nil
	return a
}

// differ says what of two answers is not the same, briefly.
func differ(got, want Answer) string {
	scopes := func(a Answer) []Scope {
		list := append([]Scope{a.All}, a.Journeys...)
		for _, d := range a.Apart {
			list = append(list, d.Values...)
		}
		for i := range list {
			list[i].Windows = slices.Compact(list[i].Windows)
		}
		return list
	}
	g, w := scopes(got), scopes(want)
	if len(g) != len(w) {
		return fmt.Sprintf("%d scopes, want %d", len(g), len(w))
	}
	for i := range g {
		if !reflect.DeepEqual(g[i], w[i]) {
			return fmt.Sprintf("scope %q: %+v\nwant %+v", w[i].Name, g[i], w[i])
		}
	}
	return fmt.Sprintf("from %d to %d, %v; want from %d to %d, %v", got.From, got.To, got.Spells, want.From, want.To, want.Spells)
}

func applied(o Options, batches ...*experience.Batch) *Fold {
	f := New(o)
	for _, b := range batches {
		f.Apply(b)
	}
	return f
}

func TestWhatCameTooLateIsCountedAfterARecount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := labelled(t)
		o := Options{Cutoff: 10 * time.Minute, By: []string{ByStep, "region", "audience"}, Shards: rapid.IntRange(1, 3).Draw(t, "shards"), Replicas: rapid.IntRange(0, 9).Draw(t, "replicas") == 0}
		patient := o
		patient.Lateness = maxLateness
		want := everything(applied(patient, b).Answer())
		f := applied(o, b)
		r := f.Recount()
		kept := *b
		kept.Items = slices.Clone(b.Items)
		r.Keep(&kept)
		r.Apply(&kept)
		r.Finish()
		got := everything(f.Answer())
		if got.Late != 0 {
			t.Fatalf("%d are late after the recount", got.Late)
		}
		got.Final, want.Final = 0, 0 // the patient one waits longer
		if !reflect.DeepEqual(got, want) {
			t.Fatal(differ(got, want))
		}
	})
}

func TestAnyDivisionOfPeopleGivesTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := labelled(t)
		o := Options{Cutoff: 10 * time.Minute, Lateness: maxLateness}
		want := everything(applied(o, b).Answer())
		o.Shards = rapid.IntRange(2, 7).Draw(t, "shards")
		if got := everything(applied(o, b).Answer()); !reflect.DeepEqual(got, want) {
			t.Fatal(differ(got, want))
		}
	})
}

func TestTheOrderOfArrivalDoesNotMatterForSegments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := labelled(t)
		o := Options{Cutoff: 10 * time.Minute, Lateness: maxLateness, By: []string{ByStep, "region", "audience"}}
		want := everything(applied(o, b).Answer())
		shuffled := *b
		shuffled.Items = rapid.Permutation(b.Items).Draw(t, "order")
		if got := everything(applied(o, &shuffled).Answer()); !reflect.DeepEqual(got, want) {
			t.Fatal(differ(got, want))
		}
	})
}

// The sums kept for half and twice the cut-off are those of folds with them.
func TestOtherCutoffsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := batch(town(t)...)
		for i := range b.Items {
			b.Items[i].Part = false // which parts belong to a step may hang on the cut-off too
		}
		cutoff := time.Duration(rapid.IntRange(60, 1800).Draw(t, "cutoff")) * 2 * time.Second
		is := func(cutoff time.Duration) Variant {
			a := applied(Options{Cutoff: cutoff, Lateness: maxLateness}, b).Answer().All
			return Variant{a.Up, a.Down, a.FeltUp, a.FeltDown}
		}
		a := applied(Options{Cutoff: cutoff, Lateness: maxLateness}, b).Answer().All
		if a.Half != is(cutoff/2) || a.Twice != is(2*cutoff) {
			t.Fatalf("half %+v, want %+v; twice %+v, want %+v", a.Half, is(cutoff/2), a.Twice, is(2*cutoff))
		}
	})
}

func TestAnAnswerChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := labelled(t)
		f := applied(Options{Cutoff: 10 * time.Minute}, b)
		before, _ := f.AppendBinary(nil)
		first := everything(f.Answer())
		if after, _ := f.AppendBinary(nil); !slices.Equal(before, after) {
			t.Fatal("the state is another after an answer")
		}
		if !reflect.DeepEqual(everything(f.Answer()), first) {
			t.Fatal("the same question got another answer")
		}
	})
}
