package view

import (
	"errors"
	"slices"
	"strings"
)

// ErrNotYours is the answer to who writes of an incident that is of another team.
var ErrNotYours = errors.New("this incident is of another team: its people say what is known of it (fix: ask one of them, or an admin)")

// Owner is a team, and what is its own.
type Owner struct {
	Name     string // as owners are written
	Journeys []string
	Services []string
}

// OwnersOf returns the names of the teams that an incident is of: the one that somebody
// said, or else those of the journeys in which people were hurt.
func OwnersOf(teams []Owner, said string, hurt []string) []string {
	list := []string{}
	for _, t := range teams {
		if said != "" && strings.EqualFold(strings.TrimSpace(said), t.Name) {
			return []string{t.Name}
		}
		if slices.ContainsFunc(t.Journeys, func(j string) bool { return slices.Contains(hurt, j) }) {
			list = append(list, t.Name)
		}
	}
	return list
}

// Crew is what somebody has to do with teams.
type Crew struct {
	Teams  []Owner // that they are in
	Whole  bool    // they may do to everything what their role may
	Within bool    // they may do so only to what is of their teams
	Only   bool    // they are shown nothing else
}

// Has reports whether an incident is of a team of theirs.
func (c Crew) Has(s Story) bool {
	return slices.ContainsFunc(c.Teams, func(t Owner) bool { return slices.Contains(s.Teams, t.Name) })
}

// May reports whether they may say something of an incident: their own and, unless Within,
// those of nobody.
func (c Crew) May(s Story) bool { return c.Whole || c.Has(s) || !c.Within && len(s.Teams) == 0 }

// Shown returns those of the incidents that they are shown.
func (c Crew) Shown(list []Story) []Story {
	if !c.Only {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(s Story) bool { return !c.Has(s) })
}
