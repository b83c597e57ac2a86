package view

import (
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/fold/faults"
	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/fold/intake"
	"github.com/honderd/honderd/internal/interval"
)

// Limits of lists in an answer.
const (
	maxSteps  = 20
	maxLatest = 20
)

// Folds are what an answer is composed from.
type Folds struct {
	Felt   felt.Answer
	Faults faults.Answer
	Intake intake.Answer

	Moments    []Calendar
	Recognised Recognised
}

// Compose returns the answer that the folds give together.
func Compose(f Folds) Answer {
	a := Answer{
		Source:        source(f.Intake, f.Felt.Late),
		CutoffSeconds: f.Felt.Cutoff.Seconds(),
		CutoffLearned: f.Felt.Learned,
		Windows:       windows(f.Felt.All.Windows),
		Moments:       []Moment{},
		Recognised:    f.Recognised,
		Masked:        masked(f.Faults, f.Felt.All.Masked),
	}
	if f.Felt.From != 0 {
		a.Period = Period{From: instant(f.Felt.From), To: instant(f.Felt.To)}
	}
	all := journey(f.Felt.All)
	a.Requests, a.People, a.GaveUp = all.Requests, all.People, all.GaveUp
	a.UserUptime, a.FeltUptime = all.UserUptime, all.FeltUptime
	for _, s := range f.Felt.Journeys {
		a.Journeys = append(a.Journeys, journey(s))
	}
	slices.SortStableFunc(a.Journeys, mostHurtFirst)
	for _, h := range f.Felt.All.Hours {
		a.Hours = append(a.Hours, Hour{From: *instant(h.From), Active: h.Active, Flawless: h.Active - h.Hurt})
	}
	a.Incidents = incidents(f.Felt, f.Faults)
	a.addFaults(f.Faults)
	a.addDetail(f)
	a.Notes = notes(f, a)
	return a
}

func mostHurtFirst(a, b Journey) int {
	if a.People.Hurt != b.People.Hurt {
		return int(b.People.Hurt - a.People.Hurt)
	}
	return int(b.People.Active - a.People.Active)
}

func (a *Answer) addFaults(f faults.Answer) {
	a.faults = f
	for _, c := range f.Causes {
		a.Causes = append(a.Causes, Cause{Cause: c.Cause.String(), Count: c.Count})
	}
	for _, s := range f.Steps[:min(len(f.Steps), maxSteps)] {
		a.Steps = append(a.Steps, Step{Step: s.Step, Cause: s.Cause.String(), Count: s.Count})
	}
	for _, b := range f.Latest[:min(len(f.Latest), maxLatest)] {
		a.Latest = append(a.Latest, Bad{At: *instant(b.At), Step: b.Step, Cause: b.Cause.String(), WaitMS: b.Wait})
	}
}

func source(a intake.Answer, late int64) Source {
	t := a.Total
	s := Source{
		Lines: t.Lines, Parsed: t.Parsed, Rejected: t.Rejected(), Robots: t.Robots, Probes: t.Probes,
		NoRequest: t.NoRequest, Late: late, Bytes: t.Bytes, Formats: t.Formats,
	}
	for reason, r := range t.Rejects {
		s.Rejects = append(s.Rejects, Reject{Reason: reason, Count: r.Count, Examples: r.Examples})
	}
	slices.SortFunc(s.Rejects, func(a, b Reject) int {
		if a.Count != b.Count {
			return int(b.Count - a.Count)
		}
		return strings.Compare(a.Reason, b.Reason)
	})
	return s
}

func journey(s felt.Scope) Journey {
	j := Journey{
		Name:       s.Name,
		Requests:   Requests{Total: s.Good + s.Bad, Good: s.Good, Bad: s.Bad, SuccessRatio: ratio(s.Good, s.Bad)},
		People:     people(s.People, s.Hurt),
		UserUptime: Uptime{UpMS: s.Up, DownMS: s.Down, Ratio: ratio(s.Up, s.Down)},
		FeltUptime: Uptime{UpMS: s.FeltUp, DownMS: s.FeltDown, Ratio: ratio(s.FeltUp, s.FeltDown)},
		GaveUp:     GaveUp{People: s.GaveUp, ChargedMS: s.Charged},
		Visits:     visits(s),
		Windows:    windows(s.Windows),
	}
	j.UserUptime.between(s)
	j.FeltUptime.between(s)
	return j
}

func people(active, hurt int64) People {
	p := People{Active: active, Flawless: active - hurt, Hurt: hurt, FlawlessShare: ratio(active-hurt, hurt)}
	if active > 0 {
		low, high := interval.Wilson(p.Flawless, active)
		p.Interval95 = [2]*float64{&low, &high}
	}
	return p
}

func windows(list []felt.Window) []Window {
	all := make([]Window, len(list))
	for i, w := range list {
		all[i] = Window{Minutes: w.Minutes, Worst: ratio(w.Up, w.Down), People: w.People, Hurt: w.Hurt}
		if all[i].Worst != nil && w.People >= FewPeople {
			low, high := interval.WilsonEffective(*all[i].Worst, float64(w.People))
			all[i].Interval95 = [2]*float64{&low, &high}
		}
		if all[i].Worst != nil {
			all[i].From = instant(w.From)
		}
	}
	return all
}

// ratio returns good as a share of good and bad, nil when there is neither.
func ratio(good, bad int64) *float64 {
	if good+bad == 0 {
		return nil
	}
	r := float64(good) / float64(good+bad)
	return &r
}

func instant(ms int64) *time.Time {
	t := time.UnixMilli(ms).UTC()
	return &t
}
