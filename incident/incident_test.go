package incident

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func at(clock string) time.Time {
	t, err := time.Parse("15:04", clock)
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 11, 26, t.Hour(), t.Minute(), 0, 0, time.UTC)
}

func spell(from, to string, people int64) Spell {
	return Spell{From: at(from), To: at(to), People: people}
}

// say puts what Match wants said in the place of what was known.
func say(known []Record, about map[string]About, spells []Spell, now time.Time) []Record {
	for _, r := range Match(known, about, spells, now) {
		known = put(known, r)
	}
	return known
}

func put(known []Record, r Record) []Record {
	for i := range known {
		if known[i].ID == r.ID {
			known[i] = r
			return known
		}
	}
	return append(known, r)
}

func show(list []Record) string {
	var b strings.Builder
	for _, r := range list {
		fmt.Fprintf(&b, "%s %s-%s %d", r.ID[11:], r.From.Format("15:04"), r.To.Format("15:04"), r.People)
		if r.Open {
			b.WriteString(" open")
		}
		if r.Gone {
			b.WriteString(" gone")
		}
		if !r.Ended.IsZero() {
			b.WriteString(" ended " + r.Ended.Format("15:04"))
		}
		b.WriteString("; ")
	}
	return b.String()
}

func TestAnIncidentKeepsItsNameWhateverComesLate(t *testing.T) {
	open := spell("20:03", "20:05", 6)
	open.Open = true
	known := say(nil, nil, []Spell{open}, at("20:05"))
	steps := []struct {
		name   string
		spells []Spell
		now    string
		want   string
	}{
		{"nothing new says nothing", []Spell{open}, "20:06", "2003 20:03-20:05 6 open; "},
		{"it began earlier and grows", []Spell{spell("20:01", "20:09", 11)}, "20:24", "2003 20:01-20:09 11 ended 20:24; "},
		{"the end stays when it ended", []Spell{spell("20:01", "20:09", 12)}, "20:40", "2003 20:01-20:09 12 ended 20:24; "},
		{"another is another", []Spell{spell("20:01", "20:09", 12), spell("22:00", "22:09", 5)}, "22:30", "2003 20:01-20:09 12 ended 20:24; 2200 22:00-22:09 5 ended 22:30; "},
		{"late facts: nobody was hurt", []Spell{spell("20:01", "20:09", 12)}, "22:40", "2003 20:01-20:09 12 ended 20:24; 2200 22:00-22:09 5 gone ended 22:30; "},
	}
	for _, step := range steps {
		known = say(known, nil, step.spells, at(step.now))
		if got := show(known); got != step.want {
			t.Errorf("%s: %s, want %s", step.name, got, step.want)
		}
	}
}

func TestPeopleSplitAnIncident(t *testing.T) {
	whole := []Spell{spell("20:00", "21:00", 40)}
	known := say(nil, nil, whole, at("21:30"))
	about := map[string]About{"2026-11-26-2000": {Split: []time.Time{at("20:30")}}}
	for range 2 { // the second time nothing changes
		known = say(known, about, whole, at("21:40"))
		want := "2000 20:00-20:30 40 ended 21:30; 2030 20:30-21:00 40 ended 21:40; "
		if got := show(known); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	}
}

func TestSaidTwiceIsSaidOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var spells []Spell
		clock := at("00:00")
		for range rapid.IntRange(0, 6).Draw(t, "spells") {
			from := clock.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "gap")) * time.Minute)
			clock = from.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "length")) * time.Minute)
			spells = append(spells, Spell{From: from, To: clock, People: 5})
		}
		known := say(nil, nil, spells, clock)
		if again := Match(known, nil, spells, clock.Add(time.Hour)); len(again) > 0 {
			t.Fatalf("the same spells say %v again", again)
		}
		seen := map[string]bool{}
		for _, r := range known {
			if seen[r.ID] {
				t.Fatalf("two incidents are called %s", r.ID)
			}
			seen[r.ID] = true
		}
		if len(known) != len(spells) {
			t.Fatalf("%d incidents of %d spells", len(known), len(spells))
		}
	})
}
