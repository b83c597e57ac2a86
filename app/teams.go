package app

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/honderd/honderd/internal/account"
	"github.com/honderd/honderd/view"
)

// teams returns the teams, with what is theirs.
func (s *Server) teams() []view.Owner {
	list := make([]view.Owner, 0, len(s.config.Teams))
	for _, t := range s.config.Teams {
		one := view.Owner{Name: t.Name, Journeys: t.Journeys, Services: slices.Clone(t.Services)}
		for _, known := range s.config.Services {
			if strings.EqualFold(known.Owner, t.Name) && !slices.Contains(one.Services, known.Name) {
				one.Services = append(one.Services, known.Name)
			}
		}
		list = append(list, one)
	}
	return list
}

// ownersOf returns the names of the teams that an incident is of.
func (s *Server) ownersOf(a view.Answer, story view.Story) []string {
	teams := s.teams()
	var hurt []string
	for _, t := range teams {
		for _, journey := range t.Journeys {
			// Data tells journeys of the newest incidents only; this tells those of all.
			if a.BetweenOf(view.ByJourney, journey, story.From, story.To).People.Hurt > 0 {
				hurt = append(hurt, journey)
			}
		}
	}
	return view.OwnersOf(teams, story.About.Owner, hurt)
}

// crewOf returns what who asks has to do with teams. Whoever is in none may do everywhere
// what their role may, as admins, commands and who is on this machine; Within nobody may.
func (s *Server) crewOf(ctx context.Context) view.Crew {
	id, known := ctx.Value(identityKey{}).(identity)
	if !known || id.owner == "" { // ourselves, this machine, or a token of a command
		return view.Crew{Whole: true}
	}
	c := view.Crew{Within: id.within}
	for i, t := range s.teams() {
		if slices.Contains(s.config.Teams[i].People, id.owner) {
			c.Teams = append(c.Teams, t)
		}
	}
	admin := id.role >= account.Admin
	if !id.token { // a token may less than its owner, and belongs to the same teams
		c.Whole = !id.within && (admin || len(c.Teams) == 0)
	} else if a, ok := s.entry.store.Find(account.Named(id.owner)); ok {
		admin = a.Role >= account.Admin
		c.Whole = !id.within && (admin || len(c.Teams) == 0)
	}
	c.Only = s.config.Accounts.Teams == "closed" && (!admin || id.within)
	return c
}

// crew returns what who asks has to do with teams.
func (s *Server) crew(r *http.Request) view.Crew { return s.crewOf(r.Context()) }

// closed reports whether a path shows more than what is of the teams of who asks, to whom
// nothing else is shown.
func (s *Server) closed(ctx context.Context, path string) bool {
	if !s.crewOf(ctx).Only {
		return false
	}
	for _, open := range []string{"/team", "/incidents", "/api/v1/incidents", "/account"} {
		if path == open || strings.HasPrefix(path, open+"/") {
			return false
		}
	}
	return path != "/logout" && path != "/live"
}

// whole reports whether doing what needs a role at a path is for who may do it everywhere.
func whole(need account.Role, path string) bool {
	return need > account.Viewer && !strings.HasPrefix(path, "/incidents/") && !strings.HasPrefix(path, "/api/v1/incidents/")
}
