package experience

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestBlamesComeBackAsTheyWere(t *testing.T) {
	tests := []struct {
		name string
		give []Blame
		cost int64
		want string
	}{
		{"one", []Blame{{"10.0.0.1:80", "refused"}}, 12, "[{10.0.0.1:80 refused}] 12"},
		{"two", []Blame{{"a:80", "refused"}, {"b:80", "cut short"}}, 0, "[{a:80 refused} {b:80 cut short}] 0"},
		{"the cost is not known", []Blame{{"a:80", "silent"}}, -1, "[{a:80 silent}] -1"},
		{"nobody knows who", []Blame{{"", "silent"}}, 5, "[{ silent}] 5"},
		{"nobody knows who of two", []Blame{{"", "silent"}, {"", "refused"}}, 5, "[{ silent} { refused}] 5"},
		{"nobody knows what", []Blame{{"a:80", ""}}, 5, "[{a:80 }] 5"},
		{"a comma in a name", []Blame{{"a,b", "refused"}}, 5, "[{a b refused}] 5"},
		{"nothing", nil, 5, "[] -1"},
	}
	for _, tt := range tests {
		set := AppendBlames(nil, tt.give, tt.cost)
		if err := checkSets([][]Label{nil, set}); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		list, cost := Blames(set)
		if got := fmt.Sprint(list, cost); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestAListOfBlamesHasAnEnd(t *testing.T) {
	many := slices.Repeat([]Blame{{strings.Repeat("é", 30), "refused"}}, 40)
	set := AppendBlames(nil, append(many, Blame{strings.Repeat("é", 300), "x"}), 1)
	if err := checkSets([][]Label{nil, set}); err != nil {
		t.Error(err)
	}
	if list, _ := Blames(set); len(list) != 2 || list[1] != many[1] {
		t.Errorf("kept %v", list)
	}
	set = AppendBlames(nil, []Blame{{strings.Repeat("é", 300), "x"}}, 1)
	if err := checkSets([][]Label{nil, set}); err != nil || len(set) != 3 {
		t.Errorf("%v, %v", set, err)
	}
}
