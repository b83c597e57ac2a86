package report

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/honderd/honderd/view"
)

// ratio is a share, or nil of nothing.
func ratio(part, all int64) *float64 {
	if all == 0 {
		return nil
	}
	return new(float64(part) / float64(all))
}

// counted returns people with their interval.
func counted(active, hurt int64) view.People {
	p := view.People{Active: active, Flawless: active - hurt, Hurt: hurt, FlawlessShare: ratio(active-hurt, active)}
	if active > 0 {
		const z = 1.959964
		n, share := float64(active), *p.FlawlessShare
		middle, width := share+z*z/(2*n), z*math.Sqrt(share*(1-share)/n+z*z/(4*n*n))
		p.Interval95 = [2]*float64{new(max(0, (middle-width)/(1+z*z/n))), new(min(1, (middle+width)/(1+z*z/n)))}
	}
	return p
}

// lengths are the 61 lengths of windows, in minutes.
func lengths() []int {
	var out []int
	for k := range 61 {
		n := int(math.Round(math.Pow(2, float64(k)/4)))
		if len(out) == 0 || n > out[len(out)-1] {
			out = append(out, n)
		}
	}
	return out
}

// outage returns windows of one outage of so many minutes with so much felt of it.
func outage(minutes int, felt float64, longest int, from time.Time) []view.Window {
	var out []view.Window
	for _, n := range lengths() {
		if n > longest {
			break
		}
		w := view.Window{Minutes: n, From: new(from), People: int64(30 + 2*n)}
		harm := (1 - felt) * min(1, float64(minutes)/float64(n))
		w.Worst = new(1 - harm)
		if n < 2 {
			w.Worst, w.From = nil, nil
		}
		out = append(out, w)
	}
	return out
}

// start is the beginning of the samples: a Monday.
func start() time.Time { return time.Date(2025, 5, 12, 0, 0, 0, 0, time.UTC) }

// hoursOfWeek returns days and nights, with an outage that begins at down.
func hoursOfWeek(down time.Time) []view.Hour {
	dice := rand.New(rand.NewPCG(1, 2))
	var hours []view.Hour
	for i := range 7 * 24 {
		at := start().Add(time.Duration(i) * time.Hour)
		day := 1 - math.Cos(2*math.Pi*float64(at.Hour()-3)/24)
		h := view.Hour{From: at, Active: int64(day*150) + dice.Int64N(12)}
		if at.Hour() == 3 && dice.IntN(2) == 0 {
			h.Active = 0
		}
		h.Flawless = h.Active
		switch {
		case at.Equal(down):
			h.Flawless = h.Active * 78 / 100
		case at.Equal(down.Add(time.Hour)):
			h.Flawless = h.Active * 88 / 100
		case h.Active > 20 && dice.IntN(14) == 0:
			h.Flawless--
		}
		hours = append(hours, h)
	}
	return hours
}

// week is a realistic one, with an outage on Saturday evening.
func week() view.Answer {
	down := start().Add(5*24*time.Hour + 19*time.Hour)
	a := view.Answer{
		Source: view.Source{
			Lines: 412_883, Parsed: 412_610, Rejected: 273, Robots: 38_112, Probes: 20_160, NoRequest: 41, Late: 0,
			Formats: map[string]int64{"nginx": 412_610},
			Rejects: []view.Reject{{Reason: "no known format", Count: 270, Examples: []string{`<b>not a line</b> \x16\x03\x01 ` + "\x1b[31mred"}}, {Reason: "no time", Count: 3, Examples: []string{"- - -"}}},
		},
		Period: view.Period{From: new(start()), To: new(start().Add(7*24*time.Hour - 41*time.Second))}, CutoffSeconds: 1512, CutoffLearned: true,
		Requests:   view.Requests{Total: 354_297, Good: 353_211, Bad: 1086, SuccessRatio: ratio(353_211, 354_297)},
		People:     counted(13_112, 165),
		UserUptime: view.Uptime{UpMS: 9_871_000_000, DownMS: 38_000_000, Ratio: ratio(9_871_000_000, 9_909_000_000)},
		FeltUptime: view.Uptime{UpMS: 9_871_000_000, DownMS: 72_240_000, Ratio: ratio(9_871_000_000, 9_943_240_000)},
		GaveUp:     view.GaveUp{People: 31, ChargedMS: 34_240_000},
		Windows:    outage(105, 0.842, 7*24*60, down.Add(5*time.Minute)),
		Masked:     view.Masked{Faults: 214, PersonMS: 11_520_000, By: map[string]int64{"retry": 201, "stale": 13}},
		Incidents: []view.Incident{
			{From: down.Add(4 * time.Minute), To: down.Add(110 * time.Minute), People: 61},
			{From: down.Add(-50 * time.Hour), To: down.Add(-50*time.Hour + 7*time.Minute), People: 6},
		},
		Causes: []view.Cause{{Cause: "unreachable", Count: 702}, {Cause: "too_slow", Count: 231}, {Cause: "server_error", Count: 118}, {Cause: "gave_up", Count: 35}},
		Steps: []view.Step{
			{Step: "POST /checkout/pay", Cause: "unreachable", Count: 512}, {Step: "GET /search", Cause: "too_slow", Count: 201},
			{Step: "GET /account/orders/{id}", Cause: "unreachable", Count: 140}, {Step: "POST /cart/items/{id}/quantity/with/a/long/path/that/goes/on", Cause: "server_error", Count: 88},
			{Step: `GET /<script>alert(1)</script>`, Cause: "gave_up", Count: 12},
		},
		Hours: hoursOfWeek(down),
		Notes: []view.Note{
			{Kind: "no_wait", Text: "The log does not say how long people waited, so nothing was judged too slow. Add $request_time (nginx) or %D (Apache) to its format."},
			{Kind: "rejected", Text: "273 of 412883 lines could not be read. They are counted nowhere else.", Format: "%d of %d lines could not be read. They are counted nowhere else.", Args: []any{int64(273), int64(412883)}},
		},
	}
	addJourneys(&a)
	return a
}

// addJourneys adds what people came to do, and the latest that went wrong.
func addJourneys(a *view.Answer) {
	for i, j := range []struct {
		name         string
		active, hurt int64
	}{{"checkout", 2104, 102}, {"search", 9811, 44}, {"account", 3120, 21}, {"home", 12001, 1}, {"help", 61, 0}} {
		a.Journeys = append(a.Journeys, view.Journey{Name: j.name, People: counted(j.active, j.hurt), FeltUptime: view.Uptime{Ratio: new(1 - float64(j.hurt)/float64(j.active)/3)}, Windows: a.Windows[:i]})
	}
	for i := range 14 {
		s := a.Steps[i%len(a.Steps)]
		a.Latest = append(a.Latest, view.Bad{At: a.Period.To.Add(-time.Duration(i*i*7) * time.Minute), Step: s.Step, Cause: s.Cause, WaitMS: int64(i) * 1310})
	}
}

// year has a small outage each month, and 1 of 10,000 hurt now and then.
func year() view.Answer {
	a := week()
	from := time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)
	a.Period = view.Period{From: new(from), To: new(from.AddDate(1, 0, 0))}
	a.Hours = nil
	dice := rand.New(rand.NewPCG(3, 4))
	for i := range 365 * 24 {
		h := view.Hour{From: from.Add(time.Duration(i) * time.Hour), Active: 900 + dice.Int64N(300)}
		h.Flawless = h.Active
		switch {
		case i > 5000 && i < 5200:
			h.Active, h.Flawless = 0, 0
		case i%731 == 20:
			h.Flawless = h.Active * 6 / 10
		case dice.IntN(60) == 0:
			h.Flawless--
		}
		a.Hours = append(a.Hours, h)
	}
	a.People = counted(2_412_883, 9_021)
	a.Windows = nil
	for _, n := range lengths() {
		if n > 22*24*60 {
			break
		}
		harm := 0.6 / math.Sqrt(float64(n))
		a.Windows = append(a.Windows, view.Window{Minutes: n, Worst: new(1 - harm), From: new(from), People: int64(n * 9)})
	}
	return a
}

// single is one person who was there for two minutes.
func single() view.Answer {
	at := start().Add(9 * time.Hour)
	return view.Answer{
		Source: view.Source{Lines: 4, Parsed: 4, Formats: map[string]int64{"common": 4}},
		Period: view.Period{From: new(at), To: new(at.Add(2 * time.Minute))}, CutoffSeconds: 1800,
		Requests: view.Requests{Total: 4, Good: 4, SuccessRatio: ratio(4, 4)}, People: counted(1, 0),
		UserUptime: view.Uptime{UpMS: 120_000, Ratio: ratio(1, 1)}, FeltUptime: view.Uptime{UpMS: 120_000, Ratio: ratio(1, 1)},
		Windows: []view.Window{{Minutes: 1}, {Minutes: 2}},
		Hours:   []view.Hour{{From: at, Active: 1, Flawless: 1}},
	}
}

// unknown has a period in which nobody was there.
func unknown() view.Answer {
	a := view.Answer{Source: view.Source{Lines: 100, Parsed: 100, Robots: 100}, Period: view.Period{From: new(start()), To: new(start().Add(48 * time.Hour))}}
	for i := range 48 {
		a.Hours = append(a.Hours, view.Hour{From: start().Add(time.Duration(i) * time.Hour)})
	}
	for _, n := range lengths()[:30] {
		a.Windows = append(a.Windows, view.Window{Minutes: n})
	}
	return a
}
