package felt

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/interval"
)

// A replica is what a fold knows when everybody is there as often as they were drawn.
func TestAReplicaIsAFoldOfThoseWhoWereDrawn(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	o := Options{Cutoff: 10 * time.Minute, Replicas: true}
	one := New(o)
	o.Replicas = false
	drawn := New(o)
	const replica = 7
	for minute := range int64(300) {
		for person := range uint64(30) {
			e := experience.Experience{Person: experience.Person(person + 1), At: day + minute*msMinute + r.Int64N(msMinute)}
			if r.IntN(5) == 0 {
				e.Cause, e.Wait = experience.ServerError, 3000
			}
			one.Apply(batch(e))
			for copied := range interval.Weight(personKey(person+1), replica) {
				e.Person = experience.Person(person + 1 + 1000*uint64(copied))
				drawn.Apply(batch(e))
			}
		}
	}
	far := day + 24*msHour
	one.shards[0].settle(far, &one.segments)
	drawn.shards[0].settle(far, &drawn.segments)
	got, want := &one.shards[0].replicas[replica].cells, &drawn.shards[0].scopes[0].cells
	for hour, page := range want.pages {
		for i := range page.cells {
			if got.pages[hour].cells[i] != page.cells[i] {
				t.Fatalf("minute %d: %+v, want %+v", i, got.pages[hour].cells[i], page.cells[i])
			}
		}
	}
}

func TestTheBootstrapHoldsTheWorstWindow(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	f := New(Options{Cutoff: 10 * time.Minute, Replicas: true})
	for minute := range int64(600) {
		for person := range uint64(300) {
			e := experience.Experience{Person: experience.Person(person + 1), At: day + minute*msMinute + r.Int64N(msMinute)}
			if minute >= 300 && minute < 345 && person%2 == 0 { // half of them, for three quarters of an hour
				e.Cause = experience.ServerError
			}
			f.Apply(batch(e))
		}
	}
	a := f.Answer().All
	if len(a.Bootstrap) != len(a.Windows) {
		t.Fatalf("%d intervals of %d windows", len(a.Bootstrap), len(a.Windows))
	}
	for i, w := range a.Windows {
		b := a.Bootstrap[i]
		worst := float64(w.Up) / float64(w.Up+w.Down)
		if !b.OK || b.Low > worst || b.High < worst {
			t.Errorf("worst %d minutes: %.4f is not within %.4f and %.4f", w.Minutes, worst, b.Low, b.High)
		}
		if w.Minutes == 30 && (b.High-b.Low < 0.05 || b.High-b.Low > 0.2) { // 300 people: 2 * 1.96 * sqrt(.25/300) = 0.11
			t.Errorf("worst half an hour: %.4f to %.4f", b.Low, b.High)
		}
	}
	if plain := answer(Options{Cutoff: time.Minute}, experience.Experience{Person: 1, At: day}); plain.All.Bootstrap != nil {
		t.Error("intervals without being asked for")
	}
}
