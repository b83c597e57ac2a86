package incident

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// wholes shows incidents in few words.
func wholes(list []Whole) string {
	var b strings.Builder
	for _, w := range list {
		fmt.Fprintf(&b, "%s %s-%s %d", w.ID, w.From.Format("15:04"), w.To.Format("15:04"), w.People)
		if w.Open {
			b.WriteString(" open")
		}
		for _, p := range w.Parts {
			b.WriteString(" +" + p.ID)
		}
		b.WriteString("; ")
	}
	return strings.TrimSuffix(b.String(), "; ")
}

func TestWhatPeopleSayIsOneIsShownAsOne(t *testing.T) {
	list := []Record{
		{ID: "a", From: at("10:00"), To: at("10:10"), People: 5, Seen: at("10:01")},
		{ID: "b", From: at("11:00"), To: at("11:20"), People: 9, Seen: at("11:02")},
		{ID: "c", From: at("12:00"), To: at("12:05"), People: 2, Open: true, Seen: at("12:01")},
		{ID: "d", From: at("13:00"), To: at("13:05"), Gone: true},
	}
	for _, tt := range []struct{ name, into, want string }{
		{"nobody says anything", "", "c 12:00-12:05 2 open; b 11:00-11:20 9; a 10:00-10:10 5"},
		{"one is a part", "b:a", "c 12:00-12:05 2 open; a 10:00-11:20 9 +b"},
		{"a part of a part", "c:b b:a", "a 10:00-12:05 9 open +c +b"},
		{"an earlier one is a part", "a:c", "b 11:00-11:20 9; c 10:00-12:05 5 open +a"},
		{"of one that was none", "a:d", "c 12:00-12:05 2 open; b 11:00-11:20 9; d 10:00-10:10 5 +a"},
		{"a circle is none", "a:b b:a", "c 12:00-12:05 2 open; b 11:00-11:20 9; a 10:00-10:10 5"},
		{"of one that is not known", "a:z", "c 12:00-12:05 2 open; b 11:00-11:20 9; a 10:00-10:10 5"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			about := map[string]About{}
			for one := range strings.FieldsSeq(tt.into) {
				id, into, _ := strings.Cut(one, ":")
				about[id] = About{Into: into}
			}
			if got := wholes(Merge(list, about)); got != tt.want {
				t.Errorf("Merge() = %s, want %s", got, tt.want)
			}
		})
	}
}

// Whatever people say, nothing is shown twice and nothing is lost.
func TestMergingLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 8).Draw(t, "n")
		var list []Record
		about := map[string]About{}
		for i := range n {
			id := fmt.Sprint(i)
			list = append(list, Record{ID: id, From: at("10:00"), To: at("11:00"), Seen: at("10:00")})
			if into := rapid.IntRange(-1, n-1).Draw(t, "into"); into >= 0 && into != i {
				about[id] = About{Into: fmt.Sprint(into)}
			}
		}
		seen := map[string]int{}
		for _, w := range Merge(list, about) {
			seen[w.ID]++
			for _, p := range w.Parts {
				seen[p.ID]++
			}
		}
		for _, r := range list {
			if seen[r.ID] != 1 {
				t.Fatalf("%s is shown %d times with %v", r.ID, seen[r.ID], about)
			}
		}
	})
}
