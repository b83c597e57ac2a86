package view

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold/faults"
)

// MaskedBackend is what was wrong with one backend, hidden or felt.
type MaskedBackend struct {
	Backend string           `json:"backend"` // "": the source does not say who
	Masked  int64            `json:"masked"`
	Felt    int64            `json:"felt"`
	CostMS  int64            `json:"cost_ms"`
	By      map[string]int64 `json:"by"`     // masked, by how it was hidden
	Faults  []MaskedFault    `json:"faults"` // most frequent first
	Hours   []MaskedHour     `json:"hours"`  // those with a fault, in order; without steps
	Last    *time.Time       `json:"last"`   // the beginning of the last hour with a fault

	// Masked in the last seven days, and in the seven before them.
	Week   int64 `json:"masked_week"`
	Before int64 `json:"masked_week_before"`
}

// MaskedFault is how often one thing was wrong with a backend.
type MaskedFault struct {
	Fault  string `json:"fault"`
	Masked int64  `json:"masked"`
	Felt   int64  `json:"felt"`
	CostMS int64  `json:"cost_ms"`
}

// MaskedHour is one hour of the trend.
type MaskedHour struct {
	From   time.Time `json:"from"`
	Steps  int64     `json:"steps,omitempty"` // answers, good or bad
	Masked int64     `json:"masked"`
	Felt   int64     `json:"felt"`
	CostMS int64     `json:"cost_ms"`
}

// Harder is that more is hidden than usual: the rot behind the mask.
type Harder struct {
	From    time.Time `json:"from"`  // the hour
	Share   float64   `json:"share"` // of its answers that had a fault which was hidden
	Usual   float64   `json:"usual"` // the median of the hours before
	Backend string    `json:"backend"`
	Fault   string    `json:"fault"` // most frequent in that hour
}

// What makes an hour harder than usual. Choices: small and quiet services must not cry
// wolf.
const (
	harderTimes  = 3    // times the usual share
	harderMore   = 0.01 // and this much more
	harderFaults = 20   // and at least as many faults
	harderSteps  = 100  // of so many answers, in an hour that is judged or compared with
	harderHours  = 3    // hours that must be there to compare with
	harderPast   = 7 * 24
)

func masked(f faults.Answer, personMS int64) Masked {
	m := Masked{PersonMS: personMS, By: map[string]int64{}}
	for how, n := range f.Masked {
		m.Faults += n
		m.By[how.String()] = n
	}
	for _, h := range f.Hours {
		m.CostMS += h.CostMS
		m.Hours = append(m.Hours, MaskedHour{From: *instant(h.From), Steps: h.Steps, Masked: h.Masked, Felt: h.Felt, CostMS: h.CostMS})
	}
	m.ByBackend = byBackend(f.Blamed)
	if n := len(f.Hours); n > 0 {
		trend(m.ByBackend, *instant(f.Hours[n-1].From))
	}
	m.Harder = harder(f)
	return m
}

// withoutNil returns m with empty lists and maps where it has none.
func (m Masked) withoutNil() Masked {
	if m.By == nil {
		m.By = map[string]int64{}
	}
	m.ByBackend, m.Hours = list(m.ByBackend), list(m.Hours)
	return m
}

// byBackend sums rows, which are in the order of their hours, by backend.
func byBackend(rows []faults.Blamed) []MaskedBackend {
	at := map[string]int{}
	var all []MaskedBackend
	for _, r := range rows {
		i, known := at[r.Backend]
		if !known {
			i = len(all)
			at[r.Backend] = i
			all = append(all, MaskedBackend{Backend: r.Backend, By: map[string]int64{}, Faults: []MaskedFault{}, Hours: []MaskedHour{}})
		}
		all[i].add(r)
	}
	for _, b := range all {
		slices.SortStableFunc(b.Faults, func(x, y MaskedFault) int {
			return cmp.Or(cmp.Compare(y.Masked+y.Felt, x.Masked+x.Felt), cmp.Compare(x.Fault, y.Fault))
		})
	}
	slices.SortFunc(all, func(x, y MaskedBackend) int {
		return cmp.Or(cmp.Compare(y.Masked+y.Felt, x.Masked+x.Felt), cmp.Compare(x.Backend, y.Backend))
	})
	return all
}

// Worse reports whether clearly more was masked in this week than in the one before.
func (b MaskedBackend) Worse() bool { return b.Week >= harderFaults && b.Week > 2*b.Before }

// week is what a trend compares.
const week = 7 * 24 * time.Hour

// trend sums what was masked in the week that ends with the hour of now, and in the week
// before.
func trend(list []MaskedBackend, now time.Time) {
	for i := range list {
		b := &list[i]
		for _, h := range b.Hours {
			switch age := now.Sub(h.From); {
			case age < week:
				b.Week += h.Masked
			case age < 2*week:
				b.Before += h.Masked
			}
		}
	}
}

func (b *MaskedBackend) add(r faults.Blamed) {
	from := *instant(r.Hour)
	if n := len(b.Hours); n == 0 || !b.Hours[n-1].From.Equal(from) {
		b.Hours = append(b.Hours, MaskedHour{From: from})
		b.Last = &from
	}
	i := slices.IndexFunc(b.Faults, func(f MaskedFault) bool { return f.Fault == r.Fault })
	if i < 0 {
		i = len(b.Faults)
		b.Faults = append(b.Faults, MaskedFault{Fault: r.Fault})
	}
	hour, fault := &b.Hours[len(b.Hours)-1], &b.Faults[i]
	if r.How == experience.Unmasked {
		b.Felt += r.Count
		hour.Felt += r.Count
		fault.Felt += r.Count
		return
	}
	b.Masked += r.Count
	hour.Masked += r.Count
	fault.Masked += r.Count
	b.By[r.How.String()] += r.Count
	b.CostMS += r.CostMS
	hour.CostMS += r.CostMS
	fault.CostMS += r.CostMS
}

// harder compares the last hour with those before it; nil: as usual, or nobody knows.
func harder(f faults.Answer) *Harder {
	n := len(f.Hours) - 1
	if n > 0 && f.Hours[n].Steps < harderSteps && f.Hours[n].From-f.Hours[n-1].From == hourMS { // it has just begun
		n--
	}
	if n < 0 || f.Hours[n].Steps < harderSteps || f.Hours[n].Masked < harderFaults {
		return nil
	}
	now := f.Hours[n]
	var past []float64
	for _, h := range f.Hours[max(0, n-harderPast):n] {
		if h.Steps >= harderSteps {
			past = append(past, float64(h.Masked)/float64(h.Steps))
		}
	}
	if len(past) < harderHours {
		return nil
	}
	slices.Sort(past)
	h := &Harder{From: *instant(now.From), Share: float64(now.Masked) / float64(now.Steps), Usual: past[len(past)/2]}
	if h.Share < harderTimes*h.Usual || h.Share < h.Usual+harderMore {
		return nil
	}
	var most int64
	for _, r := range f.Blamed {
		if r.Hour == now.From && r.How != experience.Unmasked && r.Count > most {
			h.Backend, h.Fault, most = r.Backend, r.Fault, r.Count
		}
	}
	return h
}

const hourMS = 3_600_000

func (*Harder) permille(share float64) int { return int(math.Round(share * 1000)) }

func (h *Harder) backend() string { return cmp.Or(h.Backend, "?") }

func (h *Harder) fault() string { return cmp.Or(h.Fault, "?") }
