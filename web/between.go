package web

import (
	"net/http"
	"net/url"
	"time"

	"github.com/honderd/honderd/internal/reply"
	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/view"
)

// betweenSheet is what stands behind a number: how it was from one time to another, for
// everybody or for those told apart by something.
type betweenSheet struct {
	sheet
	From, To time.Time
	By, Of   string // what people are told apart by, and their value; "": everybody
	S        view.Stretch
	Lost     view.Lost
	Minutes  []look.Minute
	Parts    []part
	Steps    []view.Step
	Stories  []view.Story
	Moments  []came
	Certain  bool // nothing of it can change any more
	Known    bool // the value that is asked for is known
}

// part is how it was for people told apart by something.
type part struct {
	By, Name string
	S        view.Stretch
}

// came is an occurrence of a moment.
type came struct {
	Name string
	view.Occurrence
}

// timeForm is how the address of a stretch writes its ends.
const timeForm = "20060102T1504Z"

// Limits of what stands behind a number.
const (
	drawnMinutes = 36 * time.Hour // longer is drawn hour by hour
	mostParts    = 60
	mostMoments  = 40
)

// Behind returns the address of what stands behind a number of a stretch of time.
func (sheet) Behind(from, to time.Time) string {
	return "/between/" + from.UTC().Format(timeForm) + "/" + to.UTC().Add(time.Minute-1).Truncate(time.Minute).Format(timeForm)
}

// BehindAll returns it for the whole period.
func (s sheet) BehindAll() string {
	if s.A.Period.From == nil || s.A.Period.To == nil {
		return "/"
	}
	return s.Behind(*s.A.Period.From, s.A.Period.To.Add(time.Minute))
}

// BehindOf returns it for people told apart by something, over the whole period.
func (s sheet) BehindOf(by, of string) string {
	return s.BehindAll() + "?" + url.Values{"by": {by}, "of": {of}}.Encode()
}

// between shows what stands behind a number.
func (d dashboard) between(w http.ResponseWriter, r *http.Request) {
	from, err := time.Parse(timeForm, r.PathValue("from"))
	to, err2 := time.Parse(timeForm, r.PathValue("to"))
	if err != nil || err2 != nil || !from.Before(to) {
		d.lost(w, r)
		return
	}
	s := betweenSheet{sheet: d.sheet(w, r), From: from, To: to, By: r.URL.Query().Get("by"), Of: r.URL.Query().Get("of"), Known: true}
	s.Here = ""
	s.tell()
	if s.By == "" && d.Desk != nil {
		s.addStories(d.stories(r))
	}
	s.Lost = s.A.Lost(from, to, d.Rate)
	if !s.Known {
		d.lost(w, r)
		return
	}
	d.show(w, r, "between page", s)
}

// tell composes what stands behind the number.
func (s *betweenSheet) tell() {
	s.Certain = !s.Final.IsZero() && !s.Final.Before(s.To)
	minutes := s.A.Minutes
	if s.By == "" {
		s.S = s.A.Between(s.From, s.To)
		s.addParts()
		s.Steps = s.A.StepsBetween(s.From, s.To)
		s.Windows = nil
		for _, w := range s.A.WindowsWithin(s.From, s.To) {
			s.Windows = append(s.Windows, look.Window{Minutes: w.Minutes, Worst: w.Worst, From: w.From, People: w.People})
		}
	} else {
		s.Known = false
		for _, name := range s.A.Names()[s.By] {
			s.Known = s.Known || name == s.Of
		}
		s.S = s.A.BetweenOf(s.By, s.Of, s.From, s.To)
		minutes = func(from, to time.Time) []view.Minute { return s.A.MinutesOf(s.By, s.Of, from, to) }
		s.Windows = nil
	}
	if s.To.Sub(s.From) <= drawnMinutes {
		for _, m := range minutes(s.From, s.To) {
			s.Minutes = append(s.Minutes, look.Minute{From: m.From, Active: m.Active, Hurt: m.Hurt})
		}
	}
	hours := s.Hours
	s.Hours = nil
	for _, h := range hours {
		if s.By == "" && h.From.Add(time.Hour).After(s.From) && h.From.Before(s.To) {
			s.Hours = append(s.Hours, h)
		}
	}
	for _, m := range s.A.Moments {
		for _, o := range m.Occurrences {
			if o.From.Before(s.To) && s.From.Before(o.To) && len(s.Moments) < mostMoments && s.By == "" {
				s.Moments = append(s.Moments, came{Name: m.Name, Occurrence: o})
			}
		}
	}
}

// addParts tells people apart, those with most hurt first, where there are any.
func (s *betweenSheet) addParts() {
	names := s.A.Names()
	for _, by := range append([]string{view.ByJourney}, others(names)...) {
		var list []part
		for _, name := range names[by] {
			if one := s.A.BetweenOf(by, name, s.From, s.To); one.People.Active > 0 {
				list = append(list, part{By: by, Name: name, S: one})
			}
		}
		sortParts(list)
		s.Parts = append(s.Parts, list[:min(len(list), mostParts-len(s.Parts))]...)
	}
}

func (s *betweenSheet) addStories(all []view.Story) {
	for _, one := range all {
		if one.Record.From.Before(s.To) && s.From.Before(one.Record.To) {
			s.Stories = append(s.Stories, one)
		}
	}
}

// Long returns how long it is.
func (s betweenSheet) Long() time.Duration { return s.To.Sub(s.From) }

// Time returns the time that people were there, in milliseconds.
func (s betweenSheet) Time() int64 { return s.S.FeltUptime.UpMS + s.S.FeltUptime.DownMS }

// comingJSON sends what lies ahead, for programs.
func (d dashboard) comingJSON(w http.ResponseWriter, _ *http.Request) {
	var c view.Coming
	if d.Coming != nil {
		c = d.Coming()
	}
	reply.JSON(w, http.StatusOK, c)
}

// costJSON sends what bad time cost, for programs.
func (d dashboard) costJSON(w http.ResponseWriter, _ *http.Request) {
	var m view.Meter
	if d.Meter != nil {
		m = d.Meter()
	}
	reply.JSON(w, http.StatusOK, m)
}
