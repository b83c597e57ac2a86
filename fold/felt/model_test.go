package felt

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"pgregory.net/rapid"
)

// town draws the steps of a few people over some hours.
func town(t *rapid.T) []experience.Experience {
	n := rapid.IntRange(1, 60).Draw(t, "steps")
	items := make([]experience.Experience, n)
	for i := range items {
		e := &items[i]
		e.Person = experience.Person(rapid.IntRange(1, 6).Draw(t, "person"))
		e.At = day + int64(rapid.IntRange(0, 3*3600).Draw(t, "second"))*1000
		e.Journey = uint16(rapid.IntRange(0, 1).Draw(t, "journey"))
		if rapid.IntRange(0, 3).Draw(t, "bad") == 0 {
			e.Cause = experience.ServerError
			e.Wait = uint32(rapid.IntRange(0, 90_000).Draw(t, "wait"))
		} else if rapid.IntRange(0, 3).Draw(t, "masked") == 0 {
			e.Mask = experience.Retry
		}
		e.Part = rapid.IntRange(0, 2).Draw(t, "part") == 0
	}
	return items
}

// model is the specification, as slow and plain as can be.
type model struct {
	good, bad, people, hurt, gaveUp int64
	up, down, masked                int64
	visits, sores                   map[experience.Person][][2]int64 // minutes
}

func (m *model) person(p experience.Person, events []event, cutoff int64) {
	type made struct {
		t        int64
		bad, raw bool
	}
	var steps []made
	for _, e := range events {
		if n := len(steps); e.part() && n > 0 && e.time()-steps[n-1].t <= min(partWindow, cutoff) {
			steps[n-1].bad = steps[n-1].bad || e.bad()
			steps[n-1].raw = steps[n-1].raw || e.raw()
			continue
		}
		steps = append(steps, made{e.time(), e.bad(), e.raw()})
	}
	m.people++
	var hurt, gaveUp bool
	for i, s := range steps {
		if s.bad {
			m.bad++
		} else {
			m.good++
		}
		hurt = hurt || s.bad
		minute := s.t / msMinute
		if s.bad {
			m.sores[p] = append(m.sores[p], [2]int64{minute, minute})
		}
		if i == 0 || s.t-steps[i-1].t > cutoff {
			m.visits[p] = append(m.visits[p], [2]int64{minute, minute})
		}
		m.visits[p][len(m.visits[p])-1][1] = minute
		if i+1 == len(steps) || steps[i+1].t-s.t > cutoff {
			gaveUp = gaveUp || s.bad
			continue
		}
		gap := steps[i+1].t - s.t
		switch {
		case s.bad:
			m.down += gap
			m.sores[p] = append(m.sores[p], [2]int64{minute, max(minute, (steps[i+1].t-1)/msMinute)})
		default:
			m.up += gap
			if s.raw {
				m.masked += gap
			}
		}
	}
	if hurt {
		m.hurt++
	}
	if gaveUp {
		m.gaveUp++
	}
}

// during counts the people with a stretch that touches the minutes from one to another.
func during(stretches map[experience.Person][][2]int64, from, to int64) (n int64) {
	for _, list := range stretches {
		if slices.ContainsFunc(list, func(v [2]int64) bool { return v[0] <= to && v[1] >= from }) {
			n++
		}
	}
	return n
}

func modelOf(items []experience.Experience, cutoff int64) *model {
	m := &model{visits: map[experience.Person][][2]int64{}, sores: map[experience.Person][][2]int64{}}
	events := map[experience.Person][]event{}
	in := newSegments(nil)
	for _, e := range items {
		events[e.Person] = append(events[e.Person], newEvent(&e, uint64(e.Person), 0, &in))
	}
	for p, list := range events {
		slices.SortFunc(list, compare)
		m.person(p, list, cutoff)
	}
	return m
}

func TestTheFoldIsItsSpecification(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := town(t)
		for i := range items {
			items[i].Journey = 0
		}
		shards := rapid.IntRange(1, 3).Draw(t, "shards")
		cutoff := time.Duration(rapid.IntRange(60, 1800).Draw(t, "cutoff")) * time.Second
		f := New(Options{Cutoff: cutoff, Lateness: maxLateness, Shards: shards})
		f.Apply(batch(items...))
		a, m := f.Answer(), modelOf(items, cutoff.Milliseconds())
		got := fmt.Sprint(a.All.Good, a.All.Bad, a.All.People, a.All.Hurt, a.All.GaveUp, a.All.Up, a.All.Down, a.All.Masked)
		want := fmt.Sprint(m.good, m.bad, m.people, m.hurt, m.gaveUp, m.up, m.down, m.masked)
		if got != want {
			t.Fatalf("good bad people hurt gave-up up down masked = %s, want %s", got, want)
		}
		first := a.From / msMinute
		minutes := int(a.To/msMinute - first + 1)
		i := rapid.IntRange(0, minutes-1).Draw(t, "minute")
		w := rapid.IntRange(1, minutes-i).Draw(t, "length")
		from, to := first+int64(i), first+int64(i+w-1)
		s := a.All.Timeline.During(from*msMinute, (to+1)*msMinute)
		if there, sore := during(m.visits, from, to), during(m.sores, from, to); s.People != there || s.Hurt != sore {
			t.Fatalf("people in %d minutes from %d = %d, %d hurt; want %d, %d", w, i, s.People, s.Hurt, there, sore)
		}
		one := a.Journeys[0]
		one.Name, one.Timeline, a.All.Timeline, a.All.AtLeast, a.All.Hours = "", nil, nil, nil, nil
		if !reflect.DeepEqual(one, a.All) {
			t.Fatalf("the only journey is not the whole:\n%+v\n%+v", one, a.All)
		}
	})
}

func TestTheOrderOfArrivalDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := town(t)
		sorted := slices.Clone(items)
		slices.SortStableFunc(sorted, func(a, b experience.Experience) int { return cmp.Compare(a.At, b.At) })
		o := Options{Cutoff: 10 * time.Minute, Lateness: DefaultLateness}
		want := everything(answer(o, sorted...))
		// Each comes up to the lateness after its time.
		arrival := make(map[int]int64, len(sorted))
		order := make([]int, len(sorted))
		for i, e := range sorted {
			order[i] = i
			arrival[i] = e.At + int64(rapid.IntRange(0, 300_000).Draw(t, "late"))
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(arrival[a], arrival[b]) })
		var shuffled []experience.Experience
		for _, i := range order {
			shuffled = append(shuffled, sorted[i])
		}
		got := everything(answer(o, shuffled...))
		if !reflect.DeepEqual(got, want) {
			t.Fatal(differ(got, want))
		}
	})
}

func TestEverybodyTwiceHasTheSameRatios(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := town(t)
		twice := slices.Clone(items)
		for _, e := range items {
			e.Person += 1000
			twice = append(twice, e)
		}
		o := Options{Cutoff: 10 * time.Minute, Lateness: maxLateness, Paper: true}
		one, two := answer(o, items...).All, answer(o, twice...).All
		if two.Up != 2*one.Up || two.Down != 2*one.Down || two.People != 2*one.People || two.Hurt != 2*one.Hurt || two.Bad != 2*one.Bad {
			t.Fatalf("once %+v\ntwice %+v", one, two)
		}
	})
}
