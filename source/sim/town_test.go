package sim

import (
	"reflect"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/source"
	"github.com/honderd/honderd/source/sourcetest"
)

var monday = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func town(t *testing.T, habit Habit, faults ...Fault) *Town {
	t.Helper()
	town, err := NewTown(Options{Seed: 1, People: 500, Start: monday, Faults: faults, Habit: &habit})
	if err != nil {
		t.Fatal(err)
	}
	return town
}

func TestTheSameTownTwice(t *testing.T) {
	a := town(t, Retries).During(monday, monday.Add(24*time.Hour))
	b := town(t, Retries).During(monday, monday.Add(24*time.Hour))
	if len(a) < 1000 || !reflect.DeepEqual(a, b) {
		t.Errorf("%d and %d steps: they must be the same, and more than a thousand", len(a), len(b))
	}
}

func TestADayIsTheSumOfItsParts(t *testing.T) {
	d := town(t, GoesOn)
	whole := d.During(monday, monday.Add(24*time.Hour))
	cut := monday.Add(11*time.Hour + 7*time.Minute + 13*time.Second)
	parts := append(d.During(monday, cut), d.During(cut, monday.Add(24*time.Hour))...)
	if !reflect.DeepEqual(whole, parts) {
		t.Errorf("%d steps in a day, %d in its parts", len(whole), len(parts))
	}
}

func TestWhoMeetsAFaultIsHurt(t *testing.T) {
	noon := monday.Add(11 * time.Hour)
	outage := Fault{From: noon, To: noon.Add(20 * time.Minute), Share: 1, Cause: experience.Unreachable}
	for habit := range habits {
		hurt := map[experience.Person]bool{}
		d := town(t, habit, outage)
		for _, e := range d.During(monday, monday.Add(26*time.Hour)) {
			if e.Bad() {
				hurt[e.Person] = true
			}
			if inside := !e.Time().Before(noon) && e.Time().Add(-time.Second).Before(outage.To); e.Bad() && !inside {
				t.Fatalf("habit %d: bad at %v", habit, e.Time())
			}
		}
		truth := d.Truth(monday, monday.Add(24*time.Hour))
		if int64(len(hurt)) != truth.Hurt || truth.Hurt == 0 || truth.Down <= 0 || truth.Down > truth.Up {
			t.Errorf("habit %d: %d hurt, truth %+v", habit, len(hurt), truth)
		}
	}
}

func TestAMaskedFaultHurtsNobody(t *testing.T) {
	d := town(t, GoesOn, Fault{From: monday, To: monday.Add(24 * time.Hour), Share: 1, Masked: true})
	masked := 0
	for _, e := range d.During(monday, monday.Add(24*time.Hour)) {
		if e.Bad() {
			t.Fatal("somebody felt it")
		}
		if e.Mask == experience.Retry {
			masked++
		}
	}
	if truth := d.Truth(monday, monday.Add(24*time.Hour)); masked == 0 || truth.Hurt != 0 || truth.Down != 0 {
		t.Errorf("%d masked, truth %+v", masked, truth)
	}
}

func TestSuite(t *testing.T) {
	d := town(t, GoesOn)
	until := monday.Add(30 * time.Hour)
	sourcetest.Run(t, len(d.During(monday, until)), func(*testing.T) source.Source { return NewPast(d, until) })
}

func TestOptionsAreChecked(t *testing.T) {
	if err := (Options{People: 0, Start: monday, Faults: []Fault{{Share: 2}}}).Validate(); err == nil {
		t.Error("nobody in town, a fault that ends before it begins: accepted")
	}
}
