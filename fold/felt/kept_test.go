package felt

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"pgregory.net/rapid"
)

// same reports how an answer of f is not what is counted from nothing; "": it is.
func same(f *Fold) string {
	got := f.Answer()
	want, lists := f.direct()
	if diff := sameMinutes(got, want, f, lists); diff != "" {
		return diff
	}
	if got, want := everything(got), everything(want); !reflect.DeepEqual(got, want) {
		return differ(got, want)
	}
	return ""
}

// sameMinutes compares the timelines.
func sameMinutes(got, _ Answer, f *Fold, lists []*plainSeries) string {
	r := rand.New(rand.NewPCG(1, 1))
	for n, s := range lists {
		if s == nil {
			continue
		}
		var line *Timeline
		if n == 0 {
			line = got.All.Timeline
		} else {
			one := f.segments.list[n-1]
			scopes := got.Journeys
			if one.dimension > 0 {
				scopes = got.Apart[one.dimension-1].Values
			}
			line = scopes[slices.IndexFunc(scopes, func(s Scope) bool { return s.Name == one.name })].Timeline
		}
		if line.line.Minutes() != len(s.up) || line.line.first != s.first {
			return fmt.Sprintf("scope %d: %d minutes from %d, want %d from %d", n, line.line.Minutes(), line.line.first, len(s.up), s.first)
		}
		for i := range s.up {
			d, m := line.line.minute(i)
			up, all := int64(0), int64(0)
			if d != nil {
				up, all = d.felt.Minute(m)
			}
			if active, hurt := d.minute(m); active != s.active[i] || hurt != s.hurt[i] || up != s.up[i] || all != s.up[i]+s.down[i] {
				return fmt.Sprintf("scope %d, minute %d: %d active, %d hurt, %d up, %d in all; want %d, %d, %d, %d", n, i, active, hurt, up, all, s.active[i], s.hurt[i], s.up[i], s.up[i]+s.down[i])
			}
		}
		for range 50 {
			i := r.IntN(len(s.up))
			w := 1 + r.IntN(len(s.up)-i)
			if r.IntN(2) == 0 {
				w = min(w, 1+r.IntN(100))
			}
			if got, want := line.line.people(wereThere, i, w), s.there.people(i, w); got != want {
				return fmt.Sprintf("scope %d, %d minutes from %d: %d people, want %d", n, w, i, got, want)
			}
			if got, want := line.line.people(wereSore, i, w), s.sore.people(i, w); got != want {
				return fmt.Sprintf("scope %d, %d minutes from %d: %d hurt, want %d", n, w, i, got, want)
			}
		}
	}
	return ""
}

// crowdOf draws what happens in some hours, of few people or of many.
func crowdOf(r *rand.Rand, from, hours int64, people, steps int) []experience.Experience {
	items := make([]experience.Experience, steps)
	outage := from + r.Int64N(hours*msHour)
	for i := range items {
		e := &items[i]
		e.Person, e.At = experience.Person(1+r.IntN(people)), from+r.Int64N(hours*msHour)
		e.Journey, e.Step, e.Labels, e.Part = uint16(r.IntN(2)), uint16(r.IntN(3)), uint16(r.IntN(3)), r.IntN(5) == 0
		if r.IntN(40) == 0 || e.At > outage && e.At < outage+20*msMinute && r.IntN(3) > 0 {
			e.Cause, e.Wait = experience.ServerError, uint32(r.IntN(90_000))
		}
	}
	slices.SortFunc(items, func(a, b experience.Experience) int { return int(a.At - b.At) })
	return items
}

func TestAnswersOneAfterAnotherAreThoseFromNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		o := Options{
			Cutoff: time.Duration(rapid.IntRange(1, 60).Draw(t, "cutoff")) * time.Minute, Paper: rapid.IntRange(0, 9).Draw(t, "paper") == 0,
			By: []string{"region"}, Shards: rapid.IntRange(1, 3).Draw(t, "shards"), Replicas: rapid.IntRange(0, 50).Draw(t, "replicas") == 0,
		}
		if rapid.IntRange(0, 9).Draw(t, "long cut-off") == 0 {
			o.Cutoff = 20 * time.Hour
		}
		f := New(o)
		worth := rapid.SampledFrom([]int{1, 100, worthLayers}).Draw(t, "worth layers")
		at := day + r.Int64N(24)*msHour
		people, steps := rapid.SampledFrom([]int{3, 30, 400}).Draw(t, "people"), rapid.SampledFrom([]int{5, 60, 300}).Draw(t, "steps")
		b := batch()
		b.Steps = []string{"", "GET /a", "POST /b"}
		b.Labels = [][]experience.Label{nil, {{Name: "region", Value: "eu"}}, {{Name: "audience", Value: "customers"}, {Name: "region", Value: "us"}}}
		var all []experience.Experience
		for range rapid.IntRange(2, 4).Draw(t, "answers") {
			hours := rapid.SampledFrom([]int64{1, 2}).Draw(t, "hours")
			if rapid.IntRange(0, 3).Draw(t, "a quiet day") == 0 {
				at += 8 * msHour
			}
			for _, s := range f.shards {
				s.worth = worth
			}
			b.Items = crowdOf(r, at, hours, people, steps)
			switch rapid.IntRange(0, 6).Draw(t, "how") {
			case 0: // long ago
				for i := range b.Items {
					b.Items[i].At -= r.Int64N(50 * msHour)
				}
			case 1: // a step now and then
				b.Items = b.Items[:1]
			default:
				at += hours * msHour
			}
			all = append(all, b.Items...)
			f.Apply(b)
			if rapid.IntRange(0, 4).Draw(t, "recount") == 0 {
				r, again := f.Recount(), *b
				again.Items = slices.Clone(all)
				r.Keep(&again)
				r.Apply(&again)
				r.Finish()
			}
			if rapid.IntRange(0, 4).Draw(t, "restart") == 0 {
				state, err := f.AppendBinary(nil)
				if err == nil && !o.Replicas {
					err = f.UnmarshalBinary(state)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if rapid.IntRange(0, 2).Draw(t, "unasked") == 0 {
				continue
			}
			if diff := same(f); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}
