package sim

import (
	"context"
	"crypto/sha256"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/source"
	"github.com/honderd/honderd/source/sourcetest"
)

var monday = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// town returns a town of 500 people with one habit.
func town(t *testing.T, habit Habit, faults ...Fault) *Town {
	t.Helper()
	return built(t, Options{Seed: 1, People: 500, Start: monday, Faults: faults, Habit: &habit})
}

func built(t *testing.T, o Options) *Town {
	t.Helper()
	town, err := NewTown(o)
	if err != nil {
		t.Fatal(err)
	}
	return town
}

// hours returns the time some hours after the start.
func hours(n float64) time.Time { return monday.Add(time.Duration(n * float64(time.Hour))) }

func TestTheSameTownTwice(t *testing.T) {
	a := town(t, Retries).During(monday, hours(24))
	b := town(t, Retries).During(monday, hours(24))
	if len(a) < 1000 || !reflect.DeepEqual(a, b) {
		t.Errorf("%d and %d steps: they must be the same, and more than a thousand", len(a), len(b))
	}
}

// The numbers that tests of other packages know by heart hang on these bytes. When this
// fails, either the change was not meant to change the town, or all of them change too.
func TestTheCommittedTownStays(t *testing.T) {
	d := built(t, Committed())
	h := sha256.New()
	steps := d.During(Committed().Start, Committed().Start.AddDate(0, 0, CommittedDays))
	for _, e := range steps {
		fmt.Fprintln(h, e.Person, e.At, e.Wait, e.Journey, e.Step, e.Labels, e.Cause, e.Mask, e.Part, e.Critical, e.Rage)
	}
	const want = "29872 steps 9ffc1ce5dd780aa5"
	if got := fmt.Sprintf("%d steps %x", len(steps), h.Sum(nil)[:8]); got != want {
		t.Errorf("the committed town: %s, want %s", got, want)
	}
}

func TestADayIsTheSumOfItsParts(t *testing.T) {
	d := town(t, Returns, Fault{From: hours(9), To: hours(12), Share: 1, Cause: experience.Unreachable})
	whole := d.During(monday, hours(48))
	cut := monday.Add(11*time.Hour + 7*time.Minute + 13*time.Second)
	parts := append(d.During(monday, cut), d.During(cut, hours(48))...)
	if !reflect.DeepEqual(whole, parts) {
		t.Errorf("%d steps in two days, %d in their parts", len(whole), len(parts))
	}
}

func TestSuite(t *testing.T) {
	d := built(t, Options{
		Seed: 1, People: 300, Start: monday,
		Releases: []Release{{Name: "1"}, {Name: "2", From: hours(6), Over: 12 * time.Hour}},
		Faults:   []Fault{{From: hours(10), To: hours(11), Share: 1, Cause: experience.Unreachable}},
	})
	until := hours(30)
	sourcetest.Run(t, len(d.During(monday, until)), func(*testing.T) source.Source { return NewPast(d, until) })
}

func TestAMaskedFaultHurtsNobody(t *testing.T) {
	d := town(t, GoesOn, Fault{From: monday, To: hours(24), Share: 1, Masked: true})
	masked := 0
	for _, e := range d.During(monday, hours(24)) {
		if e.Bad() {
			t.Fatal("somebody felt it")
		}
		if e.Mask == experience.Retry {
			masked++
		}
	}
	if truth := d.Truth(monday, hours(24)); masked == 0 || truth.Hurt != 0 || truth.Struck != 0 || truth.Down != 0 {
		t.Errorf("%d masked, truth %+v", masked, truth)
	}
}

// bad returns how many steps were bad, and how many of those bad for a reason.
func bad(steps []experience.Experience, wrong func(experience.Experience) bool) (all, mistaken int) {
	for _, e := range steps {
		if e.Bad() {
			all++
			if wrong(e) {
				mistaken++
			}
		}
	}
	return all, mistaken
}

func TestAFaultStrikesThoseItIsFor(t *testing.T) {
	all := Fault{From: hours(8), To: hours(22), Share: 1, Cause: experience.ServerError}
	labelled := func(name, value string) func(*Town, experience.Experience) bool {
		return func(d *Town, e experience.Experience) bool {
			for _, l := range d.Labels()[e.Labels] {
				if l.Name == name {
					return l.Value == value
				}
			}
			return false
		}
	}
	tests := []struct {
		name   string
		change func(*Fault)
		is     func(*Town, experience.Experience) bool
	}{
		{"a region", func(f *Fault) { f.Region = "west" }, labelled("region", "west")},
		{"an audience", func(f *Fault) { f.Audience = "employees" }, labelled("audience", "employees")},
		{"a release", func(f *Fault) { f.Release = "1.1" }, labelled("release", "1.1")},
		{"a journey", func(f *Fault) { f.Journey = "/basket" }, func(_ *Town, e experience.Experience) bool { return e.Journey == basket }},
		{"busy hours", func(f *Fault) { f.Busy = 0.55 }, func(_ *Town, e experience.Experience) bool {
			return loadAt(time.UnixMilli(e.At-int64(e.Wait)).UTC()) >= 0.55
		}},
		{"slow minutes", func(f *Fault) { f.Cause, f.Slow = 0, 3*time.Second }, func(_ *Town, e experience.Experience) bool { return e.Cause == experience.TooSlow && e.Wait > 8000 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := all
			tt.change(&f)
			goesOn := GoesOn
			d := built(t, Options{
				Seed: 3, People: 2000, Start: monday, Habit: &goesOn, Faults: []Fault{f},
				Releases: []Release{{Name: "1.0"}, {Name: "1.1", From: hours(7), Over: 12 * time.Hour}},
			})
			steps := d.During(monday, hours(24))
			hurt, wrong := bad(steps, func(e experience.Experience) bool { return !tt.is(d, e) })
			if hurt < 50 || hurt > len(steps)*2/3 || wrong > 0 {
				t.Errorf("%d of %d steps were bad, %d of those of others", hurt, len(steps), wrong)
			}
			if truth := d.Truth(monday, hours(24)); truth.Down <= 0 || truth.Down > 2*truth.Up || truth.Hurt == 0 || truth.Hurt > truth.Struck {
				t.Errorf("truth %+v", truth)
			}
		})
	}
}

func TestLabelsAreUnevenAndReleasesGrow(t *testing.T) {
	d := built(t, Options{
		Seed: 1, People: 3000, Start: monday,
		Releases: []Release{{Name: "old"}, {Name: "new", From: hours(8), Over: 12 * time.Hour}},
	})
	regions, served := map[string]int{}, map[string][2]int{}
	for _, e := range d.During(monday, hours(24)) {
		set := d.Labels()[e.Labels]
		regions[set[1].Value]++
		of := "before"
		switch {
		case e.Time().Before(hours(8)):
		case e.Time().Before(hours(20)):
			of = "while"
		default:
			of = "after"
		}
		n := served[of]
		n[strings.Index("on", set[2].Value[:1])]++
		served[of] = n
		if e.Step == 0 || e.Critical != (e.Journey == checkout) {
			t.Fatalf("%+v: every step has a name, and only a checkout is critical", e)
		}
	}
	if len(regions) != 4 || regions["north"] < 3*regions["west"] || regions["west"] == 0 {
		t.Errorf("people of regions %v: want four, uneven", regions)
	}
	if b, w, a := served["before"], served["while"], served["after"]; b[1] > 0 || b[0] == 0 || w[0] == 0 || w[1] == 0 || a[0] > a[1]/100 {
		t.Errorf("old and new release before, while and after it was rolled out: %v", served)
	}
}

func TestABatchCarriesTheLabelsItNeeds(t *testing.T) {
	d := town(t, GoesOn)
	steps := d.During(monday, hours(10))[:3]
	used := d.used(steps)
	filled := 0
	for n, set := range used {
		if set != nil {
			filled++
			if !reflect.DeepEqual(set, d.Labels()[n]) {
				t.Errorf("set %d is %v, want %v", n, set, d.Labels()[n])
			}
		}
	}
	for _, e := range steps {
		if used[e.Labels] == nil {
			t.Errorf("the labels of %+v are missing", e)
		}
	}
	if filled > 3 || used[0] != nil {
		t.Errorf("%d sets of labels for 3 steps; the first is %v", filled, used[0])
	}
}

func TestOptionsAreChecked(t *testing.T) {
	wrong := Habit(99)
	tests := []struct {
		name string
		give Options
		want int // mistakes
	}{
		{"the committed town", Committed(), 0},
		{"nobody, a fault that ends before it begins, for twice everybody, that does nothing",
			Options{Start: monday, Faults: []Fault{{From: hours(1), To: monday, Share: 2}}}, 4},
		{"names that nothing has", Options{People: 1, Start: monday, Faults: []Fault{{
			To: monday, Cause: experience.TooMany, Journey: "/x", Region: "x", Audience: "x", Release: "x",
		}}}, 4},
		{"a habit that nobody has, a stay of nothing", Options{People: 1, Start: monday, Habit: &wrong, Steady: &Steady{}}, 2},
		{"before there was anything", Options{People: 1, Releases: make([]Release, maxReleases+1)}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.give.Validate()
			got := 0
			if err != nil {
				got = strings.Count(err.Error(), "(fix: ")
			}
			if got != tt.want {
				t.Errorf("Validate() = %v, want %d ways out", err, tt.want)
			}
		})
	}
}

func BenchmarkThreeDays(b *testing.B) {
	for b.Loop() {
		d, err := NewTown(Committed())
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(d.During(Committed().Start, Committed().Start.AddDate(0, 0, CommittedDays)))), "steps")
	}
}

func TestABatchSurvivesTheLedger(t *testing.T) {
	d := built(t, Committed())
	err := NewPast(d, d.o.Start.Add(40*time.Hour)).Run(t.Context(), "", func(_ context.Context, b *experience.Batch) error {
		block, err := b.AppendBinary(nil)
		if err != nil {
			return err
		}
		var got experience.Batch
		if err := got.UnmarshalBinary(block); err != nil {
			return err
		}
		if !reflect.DeepEqual(got.Items, b.Items) || len(got.Labels) != len(b.Labels) || !reflect.DeepEqual(got.Labels[b.Items[0].Labels], b.Labels[b.Items[0].Labels]) {
			t.Errorf("%d steps until %s come back otherwise", len(b.Items), b.Position)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
