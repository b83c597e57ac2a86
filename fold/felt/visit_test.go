package felt

import (
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
)

// Metric 4.9: when a visit is a bad one.
func TestVisits(t *testing.T) {
	critical := at(1, 1, true)
	critical.Critical = true
	rage := at(1, 1, true)
	rage.Rage = true
	slow := at(1, 1, true)
	slow.Wait = 10_001
	tests := []struct {
		name        string
		give        []experience.Experience
		visits, bad int64
	}{
		{"all was good", []experience.Experience{at(1, 0, false), at(1, 1, false)}, 1, 0},
		{"a short fault is forgotten", []experience.Experience{at(1, 0, false), at(1, 1, true), at(1, 1.1, false)}, 1, 0},
		{"ten seconds are still short", []experience.Experience{at(1, 1, true), at(1, 1+10./60, false)}, 1, 0},
		{"more than ten seconds down", []experience.Experience{at(1, 1, true), at(1, 1+11./60, false)}, 1, 1},
		{"twice six seconds", []experience.Experience{at(1, 1, true), at(1, 1.1, false), at(1, 2, true), at(1, 2.1, false)}, 1, 1},
		{"six seconds in each of two visits", []experience.Experience{at(1, 1, true), at(1, 1.1, false), at(1, 99, true), at(1, 99.1, false)}, 2, 0},
		{"it ended badly", []experience.Experience{at(1, 0, false), at(1, 1, true)}, 1, 1},
		{"ended badly, then came back", []experience.Experience{at(1, 1, true), at(1, 60, false)}, 2, 1},
		{"a critical step failed", []experience.Experience{critical, at(1, 1.05, false)}, 1, 1},
		{"an angry click", []experience.Experience{rage, at(1, 1.05, false)}, 1, 1},
		{"waited too long", []experience.Experience{at(1, 0, false), slow, at(1, 1.01, false)}, 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := answer(Options{Cutoff: half}, tt.give...).All
			if a.Visits != tt.visits || a.BadVisits != tt.bad {
				t.Errorf("%d of %d visits bad, want %d of %d", a.BadVisits, a.Visits, tt.bad, tt.visits)
			}
		})
	}
}

func TestTooManySegmentsAreOther(t *testing.T) {
	b := batch()
	b.Labels = append(b.Labels, nil)
	for i := range 40 {
		b.Labels = append(b.Labels, []experience.Label{{Name: "release", Value: string(rune('A' + i))}})
		e := at(experience.Person(i+1), 0, false)
		e.Labels = uint16(i + 1)
		b.Items = append(b.Items, e)
	}
	f := New(Options{Cutoff: half})
	f.Apply(b)
	a := f.Answer()
	if len(a.Apart) != 1 || !a.Apart[0].Over || len(a.Apart[0].Values) != maxSegments+1 {
		t.Fatalf("%+v", a.Apart)
	}
	var people int64
	for _, v := range a.Apart[0].Values {
		if people += v.People; v.Name == Other && v.People != 40-maxSegments {
			t.Errorf("%d people are other, want %d", v.People, 40-maxSegments)
		}
	}
	if people != 40 {
		t.Errorf("%d people in all, want 40", people)
	}
}

// A cut-off stands for a quarter of a year; the next one learns from it.
func TestTheCutoffIsLearnedAnewEachQuarter(t *testing.T) {
	start := time.Date(2026, 9, 20, 0, 0, 0, 0, time.UTC).UnixMilli()
	f := New(Options{})
	now := start
	give := func(steps int, gap int64) {
		b := batch()
		for range steps {
			now += gap
			if b.Items = append(b.Items, experience.Experience{Person: 1, At: now}); len(b.Items) == experience.MaxBatch {
				f.Apply(b)
				b.Items = b.Items[:0]
			}
		}
		f.Apply(b)
	}
	give(101_000, 2_000)
	if a := f.Answer(); a.Cutoff != time.Minute || a.Version != "2026Q3" {
		t.Fatalf("cut-off %v of %s, want 1m of 2026Q3", a.Cutoff, a.Version)
	}
	give(3000, 300_000) // past the first of October
	if a := f.Answer(); a.Cutoff <= 4*time.Minute || a.Version != "2026Q4" {
		t.Errorf("cut-off %v of %s after %v, want about 5m of 2026Q4", a.Cutoff, a.Version, time.UnixMilli(now).UTC())
	}
}
