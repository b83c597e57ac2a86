package web

import (
	"html/template"
	"net/http"
	"time"

	"github.com/honderd/honderd/view"
)

// teamSheet is what a team sees first: what is its own.
type teamSheet struct {
	sheet
	Teams   []teamPart
	Stories []view.Story // of them
}

// teamPart is one team, and how it is with what is its own.
type teamPart struct {
	Name     string
	Journeys []part
	Services []teamService
}

// teamService is a service of a team.
type teamService struct {
	Name  string
	Known bool // traces tell of it
	view.ChainNode
}

// team shows somebody what is of their teams.
func (d dashboard) team(w http.ResponseWriter, r *http.Request) {
	s := teamSheet{sheet: d.sheet(w, r)}
	s.Here, s.Teams = "team", d.teamParts(s.sheet)
	if d.Desk != nil {
		only := s.Crew
		only.Only = true
		s.Stories = only.Shown(d.Desk.Stories())
	}
	d.show(w, r, "team page", s)
}

// lastDay returns the day that ends now, and the answer knows of.
func (s sheet) lastDay() (from, to time.Time) {
	to = s.AsOf.Truncate(time.Minute).Add(time.Minute)
	return to.Add(-24 * time.Hour), to
}

// BehindLately returns the address of what stands behind a journey in the last day.
func (s sheet) BehindLately(journey string) string {
	from, to := s.lastDay()
	return s.Behind(from, to) + "?by=journey&of=" + template.URLQueryEscaper(journey)
}

// teamParts returns how it is with what is of the teams of who reads.
func (d dashboard) teamParts(s sheet) []teamPart {
	from, to := s.lastDay()
	var list []teamPart
	for _, t := range s.Crew.Teams {
		one := teamPart{Name: t.Name}
		for _, journey := range t.Journeys {
			one.Journeys = append(one.Journeys, part{By: view.ByJourney, Name: journey, S: s.A.BetweenOf(view.ByJourney, journey, from, to)})
		}
		for _, name := range t.Services {
			service := teamService{Name: name}
			if d.Chain != nil {
				for _, n := range d.Chain().Nodes {
					if n.Service == name {
						service.Known, service.ChainNode = true, n
					}
				}
			}
			one.Services = append(one.Services, service)
		}
		list = append(list, one)
	}
	return list
}

// ownPart is a team, and the page that it is shown on.
type ownPart struct {
	S sheet
	T teamPart
}

// Of returns a team for a part of a page.
func (s sheet) Of(t teamPart) ownPart { return ownPart{s, t} }
