package felt

import (
	"fmt"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold"
	"github.com/honderd/honderd/fold/foldtest"
)

// day is a Monday, midnight.
var day = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC).UnixMilli()

// at makes an experience, minutes after midnight.
func at(person experience.Person, minute float64, bad bool) experience.Experience {
	e := experience.Experience{Person: person, At: day + int64(minute*60000)}
	if bad {
		e.Cause = experience.ServerError
	}
	return e
}

func batch(items ...experience.Experience) *experience.Batch {
	return &experience.Batch{Journeys: []string{"/a", "/b"}, Steps: []string{""}, Items: items}
}

func answer(o Options, items ...experience.Experience) Answer {
	f := New(o)
	f.Apply(batch(items...))
	return f.Answer()
}

const half = 30 * time.Minute

// The test vectors of user-uptime, worked by hand; minutes.
func TestUserUptimeVectors(t *testing.T) {
	const G, B = false, true
	tests := []struct {
		name          string
		give          []experience.Experience
		up, down      float64 // minutes
		flawless, all int64
	}{
		{"V1 labelled by the step before", []experience.Experience{at(1, 0, G), at(1, 10, G), at(1, 20, B), at(1, 25, G), at(1, 40, G)}, 35, 5, 0, 1},
		{"V2 a gap of the cut-off counts, a longer one does not", []experience.Experience{at(1, 0, G), at(1, 30, G), at(1, 61, B), at(1, 70, G)}, 30, 9, 0, 1},
		{"V3 who leaves for good is up on paper", []experience.Experience{at(1, 0, G), at(1, 5, B)}, 5, 0, 0, 1},
		{"V4 two persons", append(each(1, 0, 10), at(2, 0, B), at(2, 10, B)), 10, 10, 1, 2},
		{"V5 split over minutes", []experience.Experience{at(1, 0.5, G), at(1, 2.25, B), at(1, 3, G)}, 1.75, 0.75, 0, 1},
		{"V6 late arrivals", []experience.Experience{at(1, 0, G), at(1, 10, G), at(1, 4, B), at(1, 6, G)}, 8, 2, 0, 1},
		{"V7 good and bad at once, good first", []experience.Experience{at(1, 0, G), at(1, 5, G), at(1, 5, B), at(1, 8, G)}, 5, 3, 0, 1},
		{"V7 good and bad at once, bad first", []experience.Experience{at(1, 0, G), at(1, 5, B), at(1, 5, G), at(1, 8, G)}, 5, 3, 0, 1},
		{"V19 two halves of V2's kind", []experience.Experience{at(1, 0, G), at(1, 5, B), at(1, 40, G)}, 5, 0, 0, 1},
		{"nobody", nil, 0, 0, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := answer(Options{Cutoff: half, Lateness: time.Hour}, tt.give...).All
			if got, want := [2]int64{a.Up, a.Down}, [2]int64{int64(tt.up * 60000), int64(tt.down * 60000)}; got != want {
				t.Errorf("up, down = %v ms, want %v", got, want)
			}
			if a.People != tt.all || a.People-a.Hurt != tt.flawless {
				t.Errorf("%d of %d people flawless, want %d of %d", a.People-a.Hurt, a.People, tt.flawless, tt.all)
			}
		})
	}
}

// each returns good steps of a person every minute, both ends included.
func each(person experience.Person, from, to int) []experience.Experience {
	var list []experience.Experience
	for m := from; m <= to; m++ {
		list = append(list, at(person, float64(m), false))
	}
	return list
}

// V5, minute by minute.
func TestCellsSplitAtTheMinute(t *testing.T) {
	f := New(Options{Cutoff: half})
	f.Apply(batch(at(1, 0.5, false), at(1, 2.25, true), at(1, 3, false)))
	s := newPlainSeries([]*scope{f.shards[0].ahead(&f.segments).scopes[0]}, day/msMinute, day/msMinute+2)
	if got := fmt.Sprint(s.up, s.down); got != "[30000 60000 15000] [0 0 45000]" {
		t.Errorf("up, down per minute = %s", got)
	}
}

// V3 with what the person felt: the journey had recovered at minute 25.
func TestWhoLeavesForGoodIsCharged(t *testing.T) {
	items := []experience.Experience{at(1, 0, false), at(1, 5, true)}
	for p := experience.Person(10); p < 20; p++ { // the others who tell how the journey was
		for m := 5; m <= 30; m++ {
			items = append(items, at(p, float64(m), m < 25))
		}
		for m := -60; m < 0; m++ {
			items = append(items, at(p, float64(m), false))
		}
	}
	a := answer(Options{Cutoff: half, Lateness: maxLateness}, items...).All
	if a.GaveUp != 1 || a.Charged != 20*60000 {
		t.Errorf("%d gave up, charged %v min; want 1, 20 min", a.GaveUp, float64(a.Charged)/60000)
	}
}

func TestWaitingForABadAnswerIsFelt(t *testing.T) {
	slow := at(1, 10, true)
	slow.Wait = 60_000
	a := answer(Options{Cutoff: half}, at(1, 0, false), slow, at(1, 11, false)).All
	if a.Up != 10*60000 || a.Down != 60000 || a.FeltUp != 9*60000 || a.FeltDown != 2*60000 {
		t.Errorf("paper %d/%d, felt %d/%d ms; want 10/1 and 9/2 minutes", a.Up, a.Down, a.FeltUp, a.FeltDown)
	}
	paper := answer(Options{Cutoff: half, Paper: true}, at(1, 0, false), slow).All
	if paper.FeltUp != paper.Up || paper.FeltDown != paper.Down {
		t.Errorf("Paper: felt %d/%d, want %d/%d", paper.FeltUp, paper.FeltDown, paper.Up, paper.Down)
	}
}

// V20: the gateway hid the fault.
func TestMaskedPersonTime(t *testing.T) {
	hidden := at(1, 10, false)
	hidden.Mask = experience.Retry
	a := answer(Options{Cutoff: half}, at(1, 0, false), hidden, at(1, 20, false)).All
	if a.Up != 20*60000 || a.Down != 0 || a.Masked != 10*60000 {
		t.Errorf("up %d, down %d, masked %d ms; want 20, 0, 10 minutes", a.Up, a.Down, a.Masked)
	}
}

func TestPartsBelongToTheirStep(t *testing.T) {
	part := func(second float64, bad bool) experience.Experience {
		e := at(1, second/60, bad)
		e.Part = true
		return e
	}
	tests := []struct {
		name      string
		give      []experience.Experience
		good, bad int64
	}{
		{"a page with pictures is one experience", []experience.Experience{at(1, 0, false), part(1, false), part(2, false)}, 1, 0},
		{"a page with a broken picture is one bad one", []experience.Experience{at(1, 0, false), part(1, true), part(2, true)}, 0, 1},
		{"a picture long after is a step", []experience.Experience{at(1, 0, false), part(31, false)}, 2, 0},
		{"a picture by itself is a step", []experience.Experience{part(0, false), part(1, false)}, 1, 0},
		{"the page was logged after its picture", []experience.Experience{part(1, true), at(1, 0, false)}, 0, 1},
		{"a picture of the next page", []experience.Experience{at(1, 0, false), at(1, 0.1, false), part(7, true)}, 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := answer(Options{Cutoff: half}, tt.give...)
			if a.All.Good != tt.good || a.All.Bad != tt.bad {
				t.Errorf("%d good, %d bad; want %d, %d", a.All.Good, a.All.Bad, tt.good, tt.bad)
			}
			if len(a.Journeys) != 1 || a.Journeys[0].Good != tt.good || a.Journeys[0].Bad != tt.bad {
				t.Errorf("the journey does not say the same: %+v", a.Journeys)
			}
		})
	}
}

func TestCutoffIsLearned(t *testing.T) {
	var items []experience.Experience
	for i := range 200 { // 199 gaps: 198 of 2 min, one of 10 min, and one of 5 h that does not count
		m := float64(i * 2)
		if i >= 100 {
			m += 8
		}
		items = append(items, at(1, m, false))
	}
	items = append(items, at(1, 800, false))
	if got := answer(Options{}, items...); got.Cutoff != 2*time.Minute || !got.Learned {
		t.Errorf("cut-off %v (learned %v), want 2m0s", got.Cutoff, got.Learned)
	}
	if got := answer(Options{}, at(1, 0, false)); got.Cutoff != 30*time.Minute {
		t.Errorf("cut-off of one step %v, want 30m", got.Cutoff)
	}
	if got := answer(Options{}, at(1, 0, false), at(1, 0.1, false)); got.Cutoff != time.Minute {
		t.Errorf("cut-off of fast clicks %v, want 1m", got.Cutoff)
	}
}

func TestWhatIsTooLateIsCountedAsLate(t *testing.T) {
	f := New(Options{Cutoff: half})
	f.Apply(batch(at(1, 60, false), at(2, 61, false), at(2, 90, false), at(1, 50, true)))
	if f.Late() != 1 || f.Answer().All.Hurt != 0 {
		t.Errorf("late %d, want 1", f.Late())
	}
}

func TestValidateSaysTheWayOut(t *testing.T) {
	if err := (Options{Cutoff: -1, Lateness: -1}).Validate(); err == nil {
		t.Error("negative options were accepted")
	}
	if err := (Options{Cutoff: half}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestSuite(t *testing.T) {
	for name, o := range map[string]Options{"learning": {}, "chosen": {Cutoff: half}, "on paper": {Cutoff: half, Paper: true}} {
		t.Run(name, func(t *testing.T) { foldtest.Run(t, func() fold.Fold { return New(o) }) })
	}
}
