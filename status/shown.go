package status

import (
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/view"
)

// Clock returns the time of a line, with its day.
func (l Line) Clock() string { return l.clock }

// told is an incident with who reads of it.
type told struct {
	S sheet
	I Incident
}

// Told returns i for a part of a page.
func (s sheet) Told(i Incident) told { return told{s, i} }

// Lasted returns how long it lasted.
func (t told) Lasted() time.Duration { return t.I.To.Sub(t.I.From) }

// Last returns the last thing that was said of it and still holds.
func (t told) Last() string {
	for _, w := range slices.Backward(t.I.Public()) {
		if !w.Struck && !w.Withdrawn {
			return t.S.Lines(w.Text)
		}
	}
	return ""
}

// work is planned work with who reads of it.
type work struct {
	S       sheet
	P       incident.Planned
	Running bool
}

// Work returns p for a part of a page.
func (s sheet) Work(p incident.Planned) work { return work{s, p, p.Running(s.B.Public.AsOf)} }

// Lines returns what a person wrote, without anything that could act on a screen.
func (s sheet) Lines(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = s.R.Plain(line)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// When returns a time with its year where that is not this one.
func (s sheet) When(t time.Time) string {
	if now := s.B.Public.AsOf; t.In(s.zone()).Year() != now.In(s.zone()).Year() {
		return s.R.Stamp(t) + " " + strconv.Itoa(t.In(s.zone()).Year())
	}
	return s.R.Stamp(t)
}

func (s sheet) zone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

// Canonical returns the address of the page for who finds it elsewhere.
func (s sheet) Canonical() string {
	path := s.Kind
	if s.One != "" {
		path += "/" + s.One
	}
	return s.address(path)
}

// Switch reports whether the page is there in the other language too.
func (s sheet) Switch() bool { return s.Live() && speaks(&s.Page, s.R.Other()) }

// Other returns where the page is in the other language.
func (s sheet) Other() string {
	path := s.Kind
	if s.One != "" {
		path += "/" + s.One
	}
	if s.Copy {
		return s.otherCopy(path)
	}
	return s.To(path) + "?lang=" + s.R.Other().String()
}

// Year draws the last n days of a component.
func (s sheet) Year(c component, n int) template.HTML {
	return s.R.Year("y"+c.ID+"-"+strconv.Itoa(n), c.Name, drawn(c.Days, n))
}

// Whole draws the last n days of all people.
func (s sheet) Whole(n int) template.HTML {
	return s.R.Year("year-"+strconv.Itoa(n), s.R.T("A year, day by day"), drawn(s.days(), n))
}

// days returns the days of those that the page is about. Of several journeys no sum of
// people can be made, as one person may come for all of them: the days are then those of
// the worst.
func (s sheet) days() []view.Day {
	if len(s.Page.Components) == 0 {
		return s.B.Public.Days
	}
	var list []view.Day
	for _, c := range s.Components {
		for i, d := range c.Days {
			if i >= len(list) {
				list = append(list, d)
			} else if worse(d, list[i]) {
				list[i] = d
			}
		}
	}
	return list
}

// worse reports whether more of the people of a were hurt than of those of b.
func worse(a, b view.Day) bool {
	switch {
	case a.Active == 0:
		return false
	case b.Active == 0:
		return true
	}
	return float64(a.Hurt)*float64(b.Active) > float64(b.Hurt)*float64(a.Active)
}

func drawn(days []view.Day, n int) []look.Day {
	days = days[max(0, len(days)-n):]
	list := make([]look.Day, 0, len(days))
	for _, d := range days {
		list = append(list, look.Day{From: d.From, Active: d.Active, Hurt: d.Hurt})
	}
	return list
}

// maxBadDays bounds the list of days on which people were hurt.
const maxBadDays = 60

// BadDays returns the days on which people were hurt, the newest first.
func (s sheet) BadDays() []look.Day {
	var list []look.Day
	days := drawn(s.days(), len(s.days()))
	for i := len(days) - 1; i >= 0 && len(list) < maxBadDays; i-- {
		if days[i].Hurt > 0 {
			list = append(list, days[i])
		}
	}
	return list
}

// YearSays sums the year up.
func (s sheet) YearSays() string { return s.DaysSay(s.days()) }

// DaysSay sums days up: on how many people were there, and on how many all of them had a
// flawless day. People are not added up over days, for they come back.
func (s sheet) DaysSay(days []view.Day) string {
	measured, flawless := 0, 0
	var worst *view.Day
	for i, d := range days {
		if d.Active == 0 {
			continue
		}
		measured++
		if d.Hurt == 0 {
			flawless++
		} else if worst == nil || worse(d, *worst) {
			worst = &days[i]
		}
	}
	if measured == 0 {
		return s.R.T("Nobody was measured in the last year.")
	}
	says := s.R.T("On %s of %s measured days everybody had a flawless day.", s.R.Number(flawless), s.R.Number(measured))
	if worst != nil {
		says += " " + s.R.T("The worst was %s: %s of people had a flawless day.", s.R.Day(worst.From), s.R.Share(worst.Flawless()))
	}
	return says
}

// linked is the page for programs that read the web.
//
// Source: schema.org WebPage, SpecialAnnouncement, Event.
type linked map[string]any

// Linked returns the page in the words of schema.org.
func (s sheet) Linked() linked {
	page := linked{
		"@context": "https://schema.org", "@type": "WebPage", "name": s.R.Plain(s.Title()), "url": s.Canonical(),
		"inLanguage": s.R.Tongue.String(), "dateModified": s.B.Public.AsOf.UTC().Format(time.RFC3339), "description": s.Headline(),
	}
	var parts, events []linked
	for _, i := range s.B.Incidents {
		if s.Kind == "incidents" && i.ID != s.One || len(parts) >= 20 {
			continue
		}
		one := linked{
			"@type": "SpecialAnnouncement", "name": s.Name(i), "datePosted": i.Seen.UTC().Format(time.RFC3339), "url": s.address("incidents/" + i.ID),
			"text": s.Hurt(i),
		}
		if !i.Open {
			one["expires"] = i.To.UTC().Format(time.RFC3339)
		}
		parts = append(parts, one)
	}
	for _, p := range s.Ahead() {
		state := "https://schema.org/EventScheduled"
		if p.Cancelled {
			state = "https://schema.org/EventCancelled"
		}
		events = append(events, linked{
			"@type": "Event", "name": s.R.Plain(p.Title), "description": s.Lines(p.Text), "eventStatus": state,
			"startDate": p.From.UTC().Format(time.RFC3339), "endDate": p.To.UTC().Format(time.RFC3339),
			"location": linked{"@type": "VirtualLocation", "url": s.address("")},
		})
	}
	if len(parts) > 0 {
		page["hasPart"] = parts
	}
	if len(events) > 0 {
		page["about"] = events
	}
	return page
}
