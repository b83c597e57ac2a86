package view

import (
	"math"
	"slices"
	"time"

	"github.com/honderd/honderd/fold/faults"
	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/internal/interval"
)

// Visits counts visits: runs of steps of one person without a longer gap than the
// cut-off.
type Visits struct {
	Total     int64    `json:"total"`
	Good      int64    `json:"good"`
	Bad       int64    `json:"bad"`
	GoodShare *float64 `json:"good_share"`
}

// CutoffSpread is what the same experiences say with another cut-off.
type CutoffSpread struct {
	CutoffSeconds float64 `json:"cutoff_seconds"`
	UserUptime    Uptime  `json:"user_uptime"`
	FeltUptime    Uptime  `json:"felt_uptime"`
}

// Minute is one minute that is not final, for those who did something in it.
type Minute struct {
	From        time.Time `json:"from"`
	Active      int64     `json:"active"`
	Hurt        int64     `json:"hurt"`
	UnhurtShare *float64  `json:"unhurt_share"`
}

// Unhurt returns how many people nothing went wrong for.
func (m Minute) Unhurt() int64 { return m.Active - m.Hurt }

// Segments are the same numbers for people told apart by something.
type Segments struct {
	By     string    `json:"by"`   // "step", or the name of a label
	Over   bool      `json:"over"` // there were too many values: the rest is counted as "other"
	Values []Journey `json:"values"`
}

// Detail is what was behind the worst window of one length: who, where and why.
type Detail struct {
	Minutes  int       `json:"minutes"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Worst    *float64  `json:"worst"`
	People   int64     `json:"people"`
	Hurt     int64     `json:"hurt"`
	Journeys []Part    `json:"journeys"` // with somebody hurt, most hurt first
	Apart    []Part    `json:"apart"`    // the same for steps and labels
	Steps    []Step    `json:"steps"`    // what went wrong, most frequent first
}

// Part is how one segment was in a window.
type Part struct {
	By     string   `json:"by"`
	Name   string   `json:"name"`
	People int64    `json:"people"`
	Hurt   int64    `json:"hurt"`
	Felt   *float64 `json:"felt_uptime"`
}

// detailed are the lengths of window, in minutes, that are looked into.
func detailed() []int { return []int{1, 16, 64, 1448} }

// maxEdge is how many minutes of the live edge are told.
const maxEdge = 120

func (a *Answer) addDetail(f Folds) {
	all := f.Felt.All
	a.Visits = visits(all)
	a.CutoffVersion = f.Felt.Version
	a.Segments = []Segments{}
	if f.Felt.From == 0 {
		return
	}
	a.FinalUntil = instant(f.Felt.Final)
	a.CutoffSpread = []CutoffSpread{
		spread(all.Half, f.Felt.Cutoff/2), spread(all.Twice, 2*f.Felt.Cutoff),
	}
	for i, w := range all.AtLeast {
		a.Windows[i].AtLeast = ratio(w.Up, w.Down)
	}
	for i, r := range all.Bootstrap {
		if r.OK {
			a.Windows[i].Bootstrap95 = &[2]float64{r.Low, r.High}
		}
	}
	a.UserUptime.between(all)
	a.FeltUptime.between(all)
	a.timeline, a.apart = all.Timeline, timelines(f.Felt)
	edge := minutesOf(all.Timeline, f.Felt.Final, f.Felt.To+1)
	a.Edge = append(a.Edge, edge[max(0, len(edge)-maxEdge):]...)
	for _, d := range f.Felt.Apart {
		s := Segments{By: d.Name, Over: d.Over}
		for _, v := range d.Values {
			s.Values = append(s.Values, journey(v))
		}
		slices.SortStableFunc(s.Values, mostHurtFirst)
		a.Segments = append(a.Segments, s)
	}
	a.Worst = details(f.Felt, f.Faults)
	a.Moments = moments(f.Moments, f.Felt)
}

func visits(s felt.Scope) Visits {
	return Visits{Total: s.Visits, Good: s.Visits - s.BadVisits, Bad: s.BadVisits, GoodShare: ratio(s.Visits-s.BadVisits, s.BadVisits)}
}

func spread(v felt.Variant, cutoff time.Duration) CutoffSpread {
	return CutoffSpread{
		CutoffSeconds: cutoff.Seconds(),
		UserUptime:    Uptime{UpMS: v.Up, DownMS: v.Down, Ratio: ratio(v.Up, v.Down)},
		FeltUptime:    Uptime{UpMS: v.FeltUp, DownMS: v.FeltDown, Ratio: ratio(v.FeltUp, v.FeltDown)},
	}
}

// between gives u its interval; too few people have none.
func (u *Uptime) between(s felt.Scope) {
	if s.People < FewPeople || u.Ratio == nil || s.Effective <= 0 {
		return
	}
	low, high := interval.WilsonEffective(*u.Ratio, s.Effective)
	u.Interval95 = [2]*float64{&low, &high}
}

// details looks into worst windows.
func details(a felt.Answer, f faults.Answer) []Detail {
	list := []Detail{}
	for _, minutes := range detailed() {
		i := slices.IndexFunc(a.All.Windows, func(w felt.Window) bool { return w.Minutes == minutes })
		if i < 0 || a.All.Windows[i].Down == 0 {
			continue
		}
		w := a.All.Windows[i]
		to := w.From + int64(minutes)*time.Minute.Milliseconds()
		d := Detail{
			Minutes: minutes, From: *instant(w.From), To: *instant(to),
			Worst: ratio(w.Up, w.Down), People: w.People, Hurt: w.Hurt, Journeys: parts("journey", a.Journeys, w.From, to),
			Apart: []Part{}, Steps: []Step{},
		}
		for _, apart := range a.Apart {
			d.Apart = append(d.Apart, parts(apart.Name, apart.Values, w.From, to)...)
		}
		for _, s := range f.During(w.From, to) {
			d.Steps = append(d.Steps, Step{Step: s.Step, Cause: s.Cause.String(), Count: s.Count})
		}
		list = append(list, d)
	}
	return list
}

// maxParts bounds the list of one dimension in a Detail.
const maxParts = 5

func parts(by string, list []felt.Scope, from, to int64) []Part {
	all := []Part{}
	for _, s := range list {
		if t := s.Timeline.During(from, to); t.Hurt > 0 {
			all = append(all, Part{By: by, Name: s.Name, People: t.People, Hurt: t.Hurt, Felt: ratio(t.Up, t.Down)})
		}
	}
	slices.SortStableFunc(all, func(a, b Part) int { return int(b.Hurt - a.Hurt) })
	return all[:min(len(all), maxParts)]
}

// hangs reports by how much the felt uptime of a would be another with half or with
// twice the cut-off, at most.
func (a Answer) hangs() float64 {
	var most float64
	for _, s := range a.CutoffSpread {
		if s.FeltUptime.Ratio != nil && a.FeltUptime.Ratio != nil {
			most = max(most, math.Abs(*s.FeltUptime.Ratio-*a.FeltUptime.Ratio))
		}
	}
	return most
}

// GaveUpPoints returns by how many percentage points felt uptime lies below
// user-uptime: what people who gave up and who waited cost. 0 when there is none.
func (a Answer) GaveUpPoints() float64 {
	if a.UserUptime.Ratio == nil || a.FeltUptime.Ratio == nil {
		return 0
	}
	return max(0, 100*(*a.UserUptime.Ratio-*a.FeltUptime.Ratio))
}
