package archive_test

import (
	"testing"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/archive"
)

// counted returns how often each experience is there, by what its numbers stand for.
func counted(b *experience.Batch) map[string]map[experience.Experience]int {
	all := map[string]map[experience.Experience]int{}
	for _, e := range b.Items {
		name := b.Journeys[e.Journey] + "\x00" + b.Steps[e.Step]
		for _, label := range b.Labels[e.Labels] {
			name += "\x00" + label.Name + "=" + label.Value
		}
		e.Journey, e.Step, e.Labels = 0, 0, 0
		if all[name] == nil {
			all[name] = map[experience.Experience]int{}
		}
		all[name][e]++
	}
	return all
}

// TestARecordIsMadeAnew makes each record of a ledger anew and compares it with what it was.
func TestARecordIsMadeAnew(t *testing.T) {
	batches := ledgerOf(t)
	a, err := archive.Open(t.Context(), archive.Options{Where: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range batches {
		if err := a.Write(t.Context(), ledger.Sequence(i+1), b); err != nil {
			t.Fatal(err)
		}
	}
	word := ledger.Record{Sequence: ledger.Sequence(len(batches) + 1), Subject: "fact.word", Data: []byte(`{"a":1}`)}
	if err := a.Keep(t.Context(), word); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, want := range batches {
		r, ok, err := a.Record(t.Context(), ledger.Sequence(i+1))
		if err != nil || !ok || r.Subject != archive.Batches {
			t.Fatalf("Record(%d) = %v, %v", i+1, ok, err)
		}
		var got experience.Batch
		if err := got.UnmarshalBinary(r.Data); err != nil {
			t.Fatal(err)
		}
		x, y := counted(&got), counted(want)
		same := len(x) == len(y) && got.Source == want.Source && got.Position == want.Position && got.Tally.Lines == want.Tally.Lines
		for name, list := range y {
			for e, n := range list {
				same = same && x[name][e] == n
			}
		}
		if !same {
			t.Fatalf("record %d of %d experiences was made anew as one of %d", i+1, len(want.Items), len(got.Items))
		}
	}
	if r, ok, err := a.Record(t.Context(), word.Sequence); err != nil || !ok || string(r.Data) != string(word.Data) || r.Subject != word.Subject {
		t.Errorf("Record() of a word = %+v, %v, %v", r, ok, err)
	}
	if _, ok, err := a.Record(t.Context(), word.Sequence+1); ok || err != nil {
		t.Errorf("a record that nobody wrote is there, %v", err)
	}
}
