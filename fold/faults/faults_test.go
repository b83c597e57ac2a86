package faults

import (
	"fmt"
	"testing"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold"
	"github.com/honderd/honderd/fold/foldtest"
)

func TestSuite(t *testing.T) { foldtest.Run(t, func() fold.Fold { return New() }) }

func TestWhatIsKeptHasAnEnd(t *testing.T) {
	f := New()
	b := experience.Batch{}
	for i := range 2000 {
		b.Steps = append(b.Steps, fmt.Sprintf("GET /%d", i))
		b.Items = append(b.Items, experience.Experience{At: int64(i), Step: uint16(i), Cause: experience.TooSlow})
	}
	f.Apply(&b)
	f.Apply(&experience.Batch{Items: []experience.Experience{{At: 5, Cause: experience.GaveUp}}}) // long ago
	a := f.Answer()
	if a.Steps[0].Step != Other || a.Steps[0].Count != 2000-maxSteps {
		t.Errorf("most frequent: %+v", a.Steps[0])
	}
	if len(a.Latest) != maxLatest || a.Latest[0].Step != "GET /1999" || a.Latest[maxLatest-1].At != 2000-maxLatest {
		t.Errorf("%d latest, from %+v", len(a.Latest), a.Latest[0])
	}
	if fmt.Sprint(a.Causes) != "[{too_slow 2000} {gave_up 1}]" {
		t.Errorf("causes %v", a.Causes)
	}
}
