package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold/faults"
	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/fold/intake"
	"github.com/honderd/honderd/view"
)

// twoMonths is how it was for ten people in October, of whom two were hurt, and for
// twenty in November, of whom five were.
func twoMonths() view.Answer {
	b := &experience.Batch{Journeys: []string{"/"}, Steps: []string{"", "GET /"}}
	for month, people := range []int{10, 20} {
		from := time.Date(2026, time.Month(10+month), 10, 12, 0, 0, 0, time.UTC)
		for minute := range 10 {
			for p := range people {
				e := experience.Experience{Person: experience.Person(1 + p), At: from.Add(time.Duration(minute)*time.Minute).UnixMilli() + int64(p)}
				if minute == 5 && p < []int{2, 5}[month] {
					e.Cause, e.Step = experience.ServerError, 1
				}
				b.Items = append(b.Items, e)
			}
		}
	}
	f, g, h := felt.New(felt.Options{Cutoff: 30 * time.Minute}), faults.New(), intake.New()
	f.Apply(b)
	g.Apply(b)
	h.Apply(b)
	return view.Compose(view.Folds{Felt: f.Answer(), Faults: g.Answer(), Intake: h.Answer()})
}

func TestAMonthIsTold(t *testing.T) {
	now := time.Date(2026, 11, 26, 20, 10, 0, 0, time.UTC)
	a := twoMonths()
	d := newFakeDesk()
	h := New(Options{Answers: func() (view.Answer, time.Time) { return a, now }, Desk: d})
	tests := []struct {
		path   string
		status int
		want   []string
	}{
		{"/month", 200, []string{"15 of 20 people", "This month can still change.", `href="/month/2026-10"`, "of 20 who were there"}},
		{"/month/2026-10", 200, []string{"8 of 10 people", `href="/month/2026-11"`}},
		{"/month/2026-01", 200, []string{"nothing is measured"}},
		{"/month/november", 404, nil},
		{"/month/2026-13", 404, nil},
	}
	for _, tt := range tests {
		w := ask(h, http.MethodGet, tt.path, nil)
		if w.Code != tt.status {
			t.Errorf("%s: %d, want %d", tt.path, w.Code, tt.status)
		}
		for _, want := range tt.want {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s lacks %q", tt.path, want)
			}
		}
		if strings.Contains(w.Body.String(), "<script>alert") {
			t.Errorf("%s: what was said is markup", tt.path)
		}
	}
}
