package faults

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/honderd/honderd/experience"
)

const evening = 1763928000000 // the beginning of an hour

func blamedBatch(t *testing.T) *experience.Batch {
	t.Helper()
	b := &experience.Batch{Labels: [][]experience.Label{nil}}
	for i, set := range []struct {
		list []experience.Blame
		cost int64
	}{
		{[]experience.Blame{{Backend: "a:80", Fault: "refused"}}, 12},
		{[]experience.Blame{{Backend: "a:80", Fault: "refused"}, {Backend: "b:80", Fault: "silent"}}, 300},
		{[]experience.Blame{{Backend: "b:80", Fault: "server error"}}, -1},
	} {
		b.Labels = append(b.Labels, experience.AppendBlames(nil, set.list, set.cost))
		b.Items = append(b.Items, experience.Experience{Person: 1, At: evening + int64(i), Labels: uint16(i + 1), Mask: experience.Retry})
	}
	b.Items[2].Mask, b.Items[2].Cause = experience.Unmasked, experience.ServerError
	b.Items = append(b.Items, experience.Experience{Person: 2, At: evening + hourMS}, // good
		experience.Experience{Person: 2, At: evening + hourMS, Labels: 1}) // good, and nothing to blame anybody for
	return b
}

func TestFaultsAreCountedByWhoFailed(t *testing.T) {
	f := New()
	f.Apply(blamedBatch(t))
	a := f.Answer()
	want := fmt.Sprint([]Blamed{
		{evening, "a:80", "refused", experience.Retry, 2, 312},
		{evening, "b:80", "server error", experience.Unmasked, 1, 0},
		{evening, "b:80", "silent", experience.Retry, 1, 0},
	})
	if got := fmt.Sprint(a.Blamed); got != want {
		t.Errorf("blamed %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(a.Hours), fmt.Sprint([]Hour{{evening, 3, 2, 1, 312}, {evening + hourMS, 2, 0, 0, 0}}); got != want {
		t.Errorf("hours %s, want %s", got, want)
	}
	p, _ := f.AppendBinary(nil)
	g := New()
	if err := g.UnmarshalBinary(p); err != nil {
		t.Fatal(err)
	}
	f.Apply(blamedBatch(t))
	g.Apply(blamedBatch(t))
	p, _ = f.AppendBinary(nil)
	if q, _ := g.AppendBinary(nil); !bytes.Equal(p, q) {
		t.Error("a fold that was saved goes on otherwise")
	}
}

func TestBackendsHaveAnEnd(t *testing.T) {
	f := New()
	for i := range 2000 {
		set := experience.AppendBlames(nil, []experience.Blame{{Backend: fmt.Sprint("b", i), Fault: fmt.Sprint("f", i)}}, 1)
		f.Apply(&experience.Batch{Labels: [][]experience.Label{nil, set}, Items: []experience.Experience{{Person: 1, At: evening, Labels: 1, Mask: experience.Hold}}})
	}
	list := f.Answer().Blamed
	if last := list[len(list)-1]; len(list) != maxBackends+1 || last.Backend != OtherBackends || last.Fault != "" || last.Count != 2000-maxBackends {
		t.Errorf("%d rows, the last %+v", len(list), last)
	}
}

func TestHoursBefore1970AreHours(t *testing.T) {
	for ms, want := range map[int64]int64{-1: -1, -hourMS: -1, -hourMS - 1: -2, 0: 0, hourMS: 1} {
		if got := floorHour(ms); got != want {
			t.Errorf("floorHour(%d) = %d, want %d", ms, got, want)
		}
	}
}
