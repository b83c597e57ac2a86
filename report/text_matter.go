package report

import (
	"slices"
	"strings"

	"github.com/honderd/honderd/view"
)

// moments writes how it was when it mattered.
func (t text) moments() {
	if len(t.a.Moments) == 0 {
		return
	}
	t.heading(t.T("When it mattered"))
	for _, m := range t.a.Moments {
		if m.Problem != "" {
			t.say(hurt, "  ", m.Problem)
			continue
		}
		if len(m.Occurrences) == 0 {
			t.say("0", "  ", m.Name+": "+t.T("It did not occur in this period."))
			continue
		}
		words := m.Name + ": " + t.T("%s good, %s bad, %s not measured.", t.Number(m.Good), t.Number(m.Bad), t.Number(m.NotMeasured))
		if m.FeltUptime.Ratio != nil {
			words += " " + t.T("Felt uptime in all of them: %s.", t.Share(m.FeltUptime.Ratio))
		}
		t.say("0", "  ", words)
		bad := slices.DeleteFunc(slices.Clone(m.Occurrences), func(o view.Occurrence) bool { return o.Verdict != view.BadTime })
		slices.SortStableFunc(bad, func(a, b view.Occurrence) int { return int(b.People.Hurt - a.People.Hurt) })
		for _, o := range bad[:min(len(bad), listed)] {
			t.say(hurt, "    ", "  • "+t.Span(o.From, o.To)+" · "+t.T("%s of %s people hurt", t.Count(o.People.Hurt), t.Count(o.People.Active))+" · "+t.Share(o.FeltUptime.Ratio))
		}
		t.more(len(bad))
	}
}

// segments writes what people are told apart by.
func (t text) segments() {
	for _, s := range t.a.Segments {
		t.heading(t.T("Told apart by %s", s.By))
		t.row(quiet, "", column{7, t.T("hurt")}, column{10, t.T("of people")}, column{10, t.T("flawless")})
		for _, v := range s.Values[:min(len(s.Values), 2*listed)] {
			t.row("0", v.Name, column{7, t.Count(v.People.Hurt)}, column{10, t.Count(v.People.Active)}, column{10, t.Share(v.People.FlawlessShare)})
		}
		if s.Over {
			t.say(quiet, "  ", "  "+t.T("There were more: the rest stands together as other."))
		}
	}
}

// behind writes who, where and why of the worst windows.
func (t text) behind() {
	if len(t.a.Worst) == 0 {
		return
	}
	t.heading(t.T("What was behind the worst windows"))
	for _, d := range t.a.Worst {
		t.say("0", "    ", "• "+capital(t.WindowName(d.Minutes))+": "+t.Share(d.Worst)+" · "+t.Span(d.From, d.To)+" · "+
			t.T("%s of %s people hurt", t.Count(d.Hurt), t.Count(d.People)))
		if sure := t.a.Sure(d.Minutes); sure != nil {
			t.say(quiet, "    ", "    "+t.BootstrapSays(sure[0], sure[1]))
		}
		var parts []string
		for _, p := range slices.Concat(d.Journeys, d.Apart) {
			parts = append(parts, p.Name+" ("+t.T("%s of %s hurt", t.Count(p.Hurt), t.Count(p.People))+")")
		}
		for _, s := range d.Steps[:min(len(d.Steps), 3)] {
			parts = append(parts, s.Step+" "+t.Cause(s.Cause)+" ("+t.Times(s.Count)+")")
		}
		if len(parts) > 0 {
			t.say(quiet, "    ", "    "+strings.Join(parts, ", "))
		}
	}
}
