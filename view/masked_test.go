package view

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
)

// hiding returns a batch of hours in which so many of 200 answers had a fault hidden.
func hiding(masked ...int) *experience.Batch {
	const t0 = 1763928000000
	b := &experience.Batch{Labels: [][]experience.Label{nil,
		experience.AppendBlames(nil, []experience.Blame{{Backend: "10.0.0.1:80", Fault: "refused"}}, 40),
		experience.AppendBlames(nil, []experience.Blame{{Backend: "10.0.0.2:80", Fault: "silent"}}, 90)}}
	for h, n := range masked {
		for i := range 200 {
			e := experience.Experience{Person: experience.Person(i + 1), At: t0 + int64(h)*hourMS + int64(i)*1000}
			if i < n {
				e.Mask, e.Labels = experience.Retry, 1
				if i%3 == 2 {
					e.Mask, e.Labels = experience.Hedge, 2
				}
			}
			b.Items = append(b.Items, e)
		}
	}
	return b
}

func TestTheGatewayWorksHarder(t *testing.T) {
	tests := []struct {
		name  string
		give  []int
		want  string // part of the note; "" for none
		share float64
	}{
		{"as always", []int{2, 2, 2, 2}, "", 0},
		{"always much", []int{60, 70, 60, 60}, "", 0},
		{"twice as much is not yet much", []int{20, 20, 20, 40}, "", 0},
		{"more", []int{2, 1, 2, 40}, "faults behind 200 of 1000 answers of the last hour, where 10 are usual. Most of them are of 10.0.0.1:80 (refused).", 0.2},
		{"nothing until now", []int{0, 0, 0, 30}, "behind 150 of 1000", 0.15},
		{"few", []int{0, 0, 0, 12}, "", 0},
		{"nothing to compare with", []int{0, 0, 90}, "", 0},
		{"over again", []int{0, 0, 0, 90, 0}, "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := of(hiding(tt.give...))
			got := ""
			for _, n := range a.Notes {
				if n.Kind == "masked_harder" {
					got = n.Text
				}
			}
			if !strings.Contains(got, tt.want) || (got == "") != (tt.want == "") {
				t.Errorf("note %q, want %q", got, tt.want)
			}
			if h := a.Masked.Harder; h != nil && h.Share != tt.share {
				t.Errorf("share %v, want %v", h.Share, tt.share)
			}
		})
	}
}

func TestAnHourThatHasJustBegunIsNotJudged(t *testing.T) {
	b := hiding(0, 0, 0, 90, 30)
	b.Items = b.Items[:len(b.Items)-150] // 50 answers, 30 with a fault
	if a := of(b); a.Masked.Harder == nil || a.Masked.Harder.Share != 0.45 {
		t.Errorf("harder %+v, want that of the hour before", a.Masked.Harder)
	}
}

func TestMaskedByBackend(t *testing.T) {
	m := of(hiding(3, 0, 6)).Masked
	if m.Faults != 9 || m.CostMS != 6*40+3*90 || len(m.ByBackend) != 2 || len(m.Hours) != 3 {
		t.Fatalf("masked %+v", m)
	}
	b := m.ByBackend[0]
	if b.Backend != "10.0.0.1:80" || b.Masked != 6 || b.Felt != 0 || b.CostMS != 240 || b.By["retry"] != 6 || len(b.Hours) != 2 || b.Hours[1].Masked != 4 ||
		b.Faults[0] != (MaskedFault{"refused", 6, 0, 240}) || !b.Last.Equal(b.Hours[1].From) {
		t.Errorf("first %+v", b)
	}
	text, err := json.Marshal(Masked{}.withoutNil())
	if want := `{"faults":0,"person_ms":0,"by":{},"cost_ms":0,"by_backend":[],"hours":[],"harder":null}`; err != nil || string(text) != want {
		t.Errorf("nothing is %s, want %s", text, want)
	}
}

func TestTheTrendComparesTwoWeeks(t *testing.T) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	list := []MaskedBackend{{Hours: []MaskedHour{
		{From: ago(15 * 24 * time.Hour), Masked: 1000}, {From: ago(14*24*time.Hour - time.Hour), Masked: 7}, {From: ago(week), Masked: 5},
		{From: ago(week - time.Hour), Masked: 20}, {From: now, Masked: 9},
	}}}
	trend(list, now)
	if b := list[0]; b.Week != 29 || b.Before != 12 || !b.Worse() {
		t.Errorf("%d this week, %d before, worse %v", b.Week, b.Before, b.Worse())
	}
	if (MaskedBackend{Week: 30, Before: 15}).Worse() || (MaskedBackend{Week: 5}).Worse() {
		t.Error("a little is called worse")
	}
}
