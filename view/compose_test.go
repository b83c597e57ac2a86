package view

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold/faults"
	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/fold/intake"
)

// of composes the answer of one batch.
func of(b *experience.Batch) Answer {
	f, g, h := felt.New(felt.Options{}), faults.New(), intake.New()
	f.Apply(b)
	g.Apply(b)
	h.Apply(b)
	return Compose(Folds{Felt: f.Answer(), Faults: g.Answer(), Intake: h.Answer()})
}

func TestNobodyIsNull(t *testing.T) {
	a := of(&experience.Batch{Tally: experience.Tally{Lines: 3, Parsed: 3, Robots: 3}})
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"success_ratio":null`, `"flawless_share":null,"interval_95":[null,null]`, `"ratio":null`,
		`"period":{"from":null,"to":null}`, `"kind":"nobody"`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
}

func TestEveryoneThroughOneProxyIsSaid(t *testing.T) {
	b := &experience.Batch{Tally: experience.Tally{Lines: 1000, Parsed: 1000, Addresses: []experience.AddressCount{{Hash: 1, Count: 310}}}}
	if got := of(b).Notes; len(got) == 0 || got[1].Kind != "one_address" || !strings.Contains(got[1].Text, "31%") {
		t.Errorf("notes %+v", got)
	}
	b.Tally.Addresses[0].Count = 290
	for _, n := range of(b).Notes {
		if n.Kind == "one_address" {
			t.Errorf("said at 29%%: %s", n.Text)
		}
	}
}

func TestAnswerOfAFewPeople(t *testing.T) {
	const t0 = 1763900000000
	b := &experience.Batch{Journeys: []string{"/shop"}, Steps: []string{"", "GET /shop"}, Items: []experience.Experience{
		{Person: 1, At: t0}, {Person: 1, At: t0 + 60000}, {Person: 2, At: t0, Cause: experience.TooSlow, Wait: 9000, Step: 1},
	}}
	a := of(b)
	if a.People.Active != 2 || a.People.Flawless != 1 || *a.People.FlawlessShare != 0.5 || a.Requests.Bad != 1 {
		t.Errorf("people %+v, requests %+v", a.People, a.Requests)
	}
	if len(a.Journeys) != 1 || a.Journeys[0].Name != "/shop" || a.Steps[0] != (Step{"GET /shop", "too_slow", 1}) || a.Latest[0].WaitMS != 9000 {
		t.Errorf("journeys %+v, steps %+v, latest %+v", a.Journeys, a.Steps, a.Latest)
	}
	if len(a.Windows) != 61 || a.Windows[0].Worst != nil {
		t.Errorf("%d windows, the first %+v: two people are no support", len(a.Windows), a.Windows[0])
	}
}
