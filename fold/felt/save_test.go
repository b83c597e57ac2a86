package felt

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
)

// TestAStateThatCannotBeIsRefused makes states in which somebody was there later than all
// that is settled, or than a step that waits: the next step would have been a gap of less
// than nothing, and a restart a panic.
func TestAStateThatCannotBeIsRefused(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		spoil      func(s *shard)
	}{
		{"nothing is wrong", "", func(*shard) {}},
		{"later than what is settled", "nothing after", func(s *shard) { s.people.find(personKey(1)).set(word(s.bound + 1)) }},
		{"in no mix", "mix of segments", func(s *shard) { s.people.find(personKey(1)).set(word(9)<<mixShift | 1) }},
		{"after a step that waits", "a step of", func(s *shard) {
			var waits event
			s.buffer.each(func(list []event) { waits = list[0] })
			s.bound = waits.time() + 10
			s.people.find(waits.person).set(word(waits.time() + 5))
		}},
	} {
		f := New(Options{Cutoff: 10 * time.Minute, Lateness: time.Minute})
		var items []experience.Experience
		for n := range 20 {
			items = append(items, experience.Experience{At: 1_795_464_069_000 + int64(n)*30_000, Person: experience.Person(n%3 + 1)})
		}
		f.Apply(batch(items...))
		s := f.shards[0]
		tt.spoil(s)
		p, _ := f.AppendBinary(nil)
		err := new(Fold).UnmarshalBinary(p)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.want != "" && (!errors.Is(err, errDamaged) || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestAStateIsReadInPartsAndAsItWasWrittenBefore(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	f := New(Options{Cutoff: 10 * time.Minute, Shards: 2})
	f.Apply(batch(crowdOf(r, day, 10, 40, 1000)...))
	want, _ := f.AppendBinary(nil)
	old := f.append([]byte(oldMagic), func(p []byte, one func([]byte) []byte) []byte { return one(p) })
	for name, state := range map[string][]byte{"now": want, "before": old} {
		g := new(Fold)
		if err := g.UnmarshalWith(state, atOnce); err != nil {
			t.Fatal(name, err)
		}
		if got, _ := g.AppendBinary(nil); !slices.Equal(got, want) {
			t.Errorf("%s: another state was read than was written", name)
		}
	}
	for at := 0; at < len(want); at += len(want)/97 + 1 { // whatever is cut off is missed
		if err := new(Fold).UnmarshalBinary(want[:at]); !errors.Is(err, errDamaged) {
			t.Fatalf("the first %d bytes are read: %v", at, err)
		}
	}
}
