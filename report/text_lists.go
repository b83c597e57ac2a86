package report

import (
	"maps"
	"slices"

	"github.com/honderd/honderd/view"
)

// listed is how many lines a list in the summary has.
const listed = 5

// journeys writes what most people were hurt in.
func (t text) journeys() {
	list := slices.DeleteFunc(slices.Clone(t.a.Journeys), func(j view.Journey) bool { return j.People.Hurt == 0 })
	if len(list) == 0 {
		return
	}
	t.heading(t.T("What people came to do, most people hurt first"))
	t.row(quiet, "", column{7, t.T("hurt")}, column{10, t.T("of people")}, column{10, t.T("flawless")})
	for _, j := range list[:min(len(list), listed)] {
		t.row(hurt, j.Name, column{7, t.Count(j.People.Hurt)}, column{10, t.Count(j.People.Active)}, column{10, t.Share(j.People.FlawlessShare)})
	}
	t.more(len(list))
}

// more says that a list has more lines than are shown.
func (t text) more(n int) {
	if n > listed {
		t.line("  " + t.in(quiet, t.T("and %s more", t.Count(int64(n-listed)))))
	}
}

// causes writes why and where it was bad.
func (t text) causes() {
	if len(t.a.Causes) > 0 {
		t.heading(t.T("Why it was bad"))
		for _, c := range t.a.Causes[:min(len(t.a.Causes), listed)] {
			t.row("0", t.Cause(c.Cause), column{9, t.Count(c.Count)})
		}
	}
	if len(t.a.Steps) > 0 {
		t.heading(t.T("Where it was bad"))
		for _, s := range t.a.Steps[:min(len(t.a.Steps), listed)] {
			t.row("0", s.Step, column{9, t.Count(s.Count)})
		}
		t.more(len(t.a.Steps))
	}
}

// incidents writes the periods in which people had a bad time.
func (t text) incidents() {
	if len(t.a.Incidents) == 0 {
		return
	}
	t.heading(t.T("Incidents"))
	for _, i := range t.a.Incidents[:min(len(t.a.Incidents), listed)] {
		t.say("0", "    ", "• "+t.Span(i.From, i.To)+" · "+t.Duration(i.To.Sub(i.From))+" · "+t.T("%s hurt", t.People(i.People)))
		for _, l := range i.Likely[:min(len(i.Likely), 1)] {
			words := t.T("Likely cause:") + " " + t.Short(l.Fault, 60) + ", " + t.Times(l.Count)
			if l.Backend != "" {
				words += ", " + t.Short(l.Backend, 60)
			}
			t.say("0", "      ", words)
		}
	}
	t.more(len(t.a.Incidents))
}

// masked writes what nobody noticed.
func (t text) masked() {
	if t.a.Masked.Faults <= 0 {
		return
	}
	t.heading(t.T("What nobody noticed"))
	words := t.T("The machines failed %s, and nobody felt it.", t.Times(t.a.Masked.Faults))
	if t.a.Masked.PersonMS > 0 {
		words += " " + t.T("That saved people %s.", t.Millis(t.a.Masked.PersonMS))
	}
	t.say(good, "", words)
	for _, how := range slices.Sorted(maps.Keys(t.a.Masked.By)) {
		t.row("0", t.Mask(how), column{9, t.Count(t.a.Masked.By[how])})
	}
}

// read writes what the numbers come from.
func (t text) read() {
	s := t.a.Source
	t.heading(t.T("What was read"))
	t.row("0", t.T("Lines"), column{11, t.Count(s.Lines)})
	for _, n := range []struct {
		name  string
		count int64
	}{
		{"understood", s.Parsed}, {"not understood", s.Rejected}, {"from robots, kept apart", s.Robots},
		{"from probes, kept apart", s.Probes}, {"asked nothing", s.NoRequest}, {"too late to count", s.Late},
	} {
		if n.count > 0 {
			t.row("0", t.T(n.name), column{11, t.Count(n.count)})
		}
	}
	for _, r := range s.Rejects[:min(len(s.Rejects), listed)] {
		t.say(hurt, "    ", "• "+t.Times(r.Count)+": "+t.T(t.Plain(r.Reason)))
		for _, example := range r.Examples[:min(len(r.Examples), 2)] {
			t.line("    " + t.in(quiet, t.Short(example, t.width-4)))
		}
	}
}

// notes writes what the reader should know.
func (t text) notes() {
	if len(t.a.Notes) == 0 {
		return
	}
	t.heading(t.T("What you should know about these numbers"))
	for _, n := range t.a.Notes {
		t.say("0", "  ", "! "+t.Note(n.Text, n.Format, n.Args))
	}
}
