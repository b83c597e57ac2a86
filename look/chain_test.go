package look

import (
	"strings"
	"testing"
)

func TestEachBoxStandsRightOfWhatLeadsToIt(t *testing.T) {
	arrows := [][2]int{{0, 1}, {1, 2}, {0, 2}, {2, 3}, {3, 1}, {4, 4}, {0, 3}} // a circle, a long way, one to itself
	l := layers(5, arrows)
	for i, a := range arrows {
		left, right := l.column[a[0]], l.column[a[1]]
		if l.turned[i] {
			left, right = right, left
		}
		if a[0] != a[1] && left >= right {
			t.Errorf("arrow %v leads from column %d to %d", a, left, right)
		}
	}
	if !l.turned[4] || l.turned[0] || len(l.paths[2]) != 3 {
		t.Errorf("turned are %v, the long way is %v", l.turned, l.paths[2])
	}
	for at, column := range l.columns {
		seen := map[float64]bool{}
		for _, v := range column {
			if seen[l.row[v]] || l.column[v] != at {
				t.Errorf("two stand at the same place in column %d", at)
			}
			seen[l.row[v]] = true
		}
	}
}

func TestFewArrowsCross(t *testing.T) {
	l := layers(6, [][2]int{{0, 5}, {1, 4}, {2, 3}}) // drawn as they come, each crosses each
	if l.row[3] < l.row[4] || l.row[4] < l.row[5] {
		if l.row[0] < l.row[1] && l.row[1] < l.row[2] {
			return
		}
	}
	for _, p := range [][2]int{{0, 5}, {1, 4}, {2, 3}} {
		if l.row[p[0]] != l.row[p[1]] {
			t.Errorf("%v is not straight: %v", p, l.row)
		}
	}
}

func TestChainIsEscaped(t *testing.T) {
	evil, share := `<script>alert("1")</script>`, 0.5
	svg := string(For(EN, nil).Chain("c", []Box{{Name: evil, Note: evil, Words: evil, Share: &share}, {Name: "db", Quiet: true}}, []Arrow{{From: 0, To: 1, Words: evil, Calls: 3}}))
	if strings.Contains(svg, "<script") || !strings.Contains(svg, "&lt;script") || !strings.Contains(svg, `class="box hurts"`) {
		t.Errorf("%s", svg)
	}
	if For(EN, nil).Chain("c", nil, nil) != "" {
		t.Error("nothing is drawn as something")
	}
}
