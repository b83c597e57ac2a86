package api

import (
	"cmp"
	"regexp"
	"slices"
	"time"

	"github.com/honderd/honderd/view"
)

// sample is one value of one series.
type sample struct {
	labels []label // in the order of their names
	value  float64
}

type label struct{ name, value string }

// measure is one number of a stretch of time; false: nobody was there.
type measure struct {
	name, help string
	of         func(view.Stretch) (float64, bool)
}

// measures are the numbers of people, which all have a window: how it was in the time
// before.
func measures() []measure {
	return []measure{
		{"people_active", "People who were there.", func(s view.Stretch) (float64, bool) { return float64(s.People.Active), true }},
		{"people_hurt", "Of those: who had a bad time.", func(s view.Stretch) (float64, bool) { return float64(s.People.Hurt), s.People.Active > 0 }},
		{"people_flawless_ratio", "Share of people who had no bad experience.", func(s view.Stretch) (float64, bool) { return value(s.People.FlawlessShare) }},
		{"felt_uptime_ratio", "Person-time that was good, as a share; absent when nobody was there.", func(s view.Stretch) (float64, bool) { return value(s.FeltUptime.Ratio) }},
	}
}

func value(p *float64) (float64, bool) {
	if p == nil {
		return 0, false
	}
	return *p, true
}

// prefixes of the names of metrics: of everybody, and of people told apart.
const (
	ofAll     = "honderd_"
	ofJourney = "honderd_journey_"
	ofLabel   = "honderd_label_"
)

// usualWindows are those that /metrics has, the first is that of a query without one.
func usualWindows() []string { return []string{"5m", "1h", "1d"} }

// matcher is one condition on a label.
type matcher struct {
	name, op, value string
	re              *regexp.Regexp
}

func (m matcher) fits(value string) bool {
	switch m.op {
	case "=":
		return m.value == value
	case "!=":
		return m.value != value
	case "=~":
		return m.re.MatchString(value)
	default:
		return !m.re.MatchString(value)
	}
}

// fits reports whether all matchers hold for labels; one that is not there is "".
func fits(all []matcher, labels []label) bool {
	return !slices.ContainsFunc(all, func(m matcher) bool {
		for _, l := range labels {
			if l.name == m.name {
				return !m.fits(l.value)
			}
		}
		return !m.fits("")
	})
}

// world is what metrics are taken from.
type world struct {
	answer view.Answer
	open   int // incidents that go on; -1: not known
}

// plain returns the metrics without a window.
func (w world) plain() []family {
	list := []family{
		{"honderd_experiences_total", "counter", "Steps of people.", []sample{{value: float64(w.answer.Requests.Total)}}},
		{"honderd_experiences_bad_total", "counter", "Of those: the bad ones.", []sample{{value: float64(w.answer.Requests.Bad)}}},
		{"honderd_masked_faults_total", "counter", "Faults that nobody noticed.", []sample{{value: float64(w.answer.Masked.Faults)}}},
	}
	if w.open >= 0 {
		list = append(list, family{"honderd_incidents_open", "gauge", "Incidents that go on.", []sample{{value: float64(w.open)}}})
	}
	return list
}

// drops returns how often something was refused or lost.
func drops(list []Drop) family {
	f := family{name: "honderd_drops_total", kind: "counter", help: "What was refused or lost, by who let it fall and why."}
	for _, d := range list {
		f.samples = append(f.samples, sample{[]label{{"reason", d.Reason}, {"what", d.What}, {"where", d.Where}}, float64(d.Count)})
	}
	slices.SortFunc(f.samples, func(a, b sample) int { return slices.CompareFunc(a.labels, b.labels, compareLabels) })
	return f
}

// family is a metric with its samples.
type family struct {
	name, kind, help string
	samples          []sample
}

// at returns the samples of a metric with a window, at a time.
func (w world) at(prefix string, m measure, window string, long time.Duration, t time.Time, all []matcher) []sample {
	to := t.Truncate(time.Minute).Add(time.Minute)
	from := to.Add(-long)
	var out []sample
	add := func(s view.Stretch, labels ...label) {
		labels = append(labels, label{"window", window})
		slices.SortFunc(labels, func(a, b label) int { return cmp.Compare(a.name, b.name) })
		if v, ok := m.of(s); ok && fits(all, labels) {
			out = append(out, sample{labels, v})
		}
	}
	switch prefix {
	case ofAll:
		add(w.answer.Between(from, to))
	case ofJourney:
		for _, name := range w.answer.Names()[view.ByJourney] {
			if couldFit(all, "journey", name) {
				add(w.answer.BetweenOf(view.ByJourney, name, from, to), label{"journey", name})
			}
		}
	case ofLabel:
		for by, names := range w.answer.Names() {
			if by == view.ByJourney || !couldFit(all, "label", by) {
				continue
			}
			for _, name := range names {
				if couldFit(all, "value", name) {
					add(w.answer.BetweenOf(by, name, from, to), label{"label", by}, label{"value", name})
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b sample) int { return slices.CompareFunc(a.labels, b.labels, compareLabels) })
	return out
}

// couldFit reports whether no matcher of that label rules value out, so that it need not
// be counted.
func couldFit(all []matcher, name, value string) bool {
	return !slices.ContainsFunc(all, func(m matcher) bool { return m.name == name && !m.fits(value) })
}

func compareLabels(a, b label) int {
	return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.value, b.value))
}
