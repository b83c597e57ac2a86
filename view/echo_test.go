package view

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/fold/said"
	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/mention"
)

// TestHowFarAnIncidentSpread lets one in ten hurt people complain, and each complaint bring
// half another: both numbers come out again, and few complaints tell nothing.
func TestHowFarAnIncidentSpread(t *testing.T) {
	begin := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	const pieces = 24
	f := felt.New(felt.Options{})
	hurt, expected := make([]float64, pieces), make([]float64, pieces)
	person := experience.Person(0)
	for i := range 6 {
		hurt[i] = float64(1000 * (1 + i%3))
		b := experience.Batch{Journeys: []string{"/pay"}, Steps: []string{""}}
		for range int(hurt[i]) {
			person++
			b.Items = append(b.Items, experience.Experience{At: begin.Add(time.Duration(i) * echoPiece).UnixMilli(), Person: person, Cause: experience.ServerError})
		}
		f.Apply(&b)
	}
	for i := range expected {
		expected[i] = 0.1*hurt[i] + 0.5*mention.Pressure(expected, echoWeights())[i]
	}
	var complaints []said.Said
	add := func(at time.Time, outage bool) {
		body, err := json.Marshal(Mention{At: at, Outage: outage})
		if err != nil {
			t.Fatal(err)
		}
		complaints = append(complaints, said.Said{Fact: ledger.Fact{Kind: KindMention, Body: body}})
	}
	for i, n := range expected {
		for range int(math.Round(n)) {
			add(begin.Add(time.Duration(i)*echoPiece+time.Minute), true)
		}
	}
	add(begin.Add(-10*time.Minute), true)
	add(begin, false)             // it is no complaint
	add(begin.Add(-day*10), true) // of another time
	say := func(kind string) []said.Said {
		if kind != KindMention {
			return nil
		}
		return complaints
	}
	a := Answer{timeline: f.Answer().All.Timeline}
	r := incident.Record{From: begin, To: begin.Add(30 * time.Minute)}
	e := echoOf(a, r, complaintsOf(say))
	if e == nil || e.Before != 1 || e.PerHurt == nil || e.R == nil {
		t.Fatalf("%+v", e)
	}
	if math.Abs(*e.PerHurt-0.1) > 0.005 || math.Abs(*e.R-0.5) > 0.05 {
		t.Errorf("per hurt %v, R %v; want 0.1 and 0.5", *e.PerHurt, *e.R)
	}
	complaints = complaints[:5]
	if e := echoOf(a, r, complaintsOf(say)); e == nil || e.Complaints != 5 || e.R != nil {
		t.Errorf("of five complaints: %+v", e)
	}
	if e := echoOf(a, r, nil); e != nil {
		t.Errorf("of none: %+v", e)
	}
}

const day = 24 * time.Hour
