package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/view"
)

// incidentsEvery is how often it is looked whether people have a bad time.
const incidentsEvery = 2 * time.Second

// knownFor is for how long after the newest experience an incident is taken to go on when
// nobody comes any more: after that it is not known how it ended.
const knownFor = time.Hour

// by is who says what we say ourselves.
const by = "honderd"

// keepIncidents opens and closes incidents as data tells, until ctx ends.
func (s *Server) keepIncidents(ctx context.Context) {
	tick := time.NewTicker(incidentsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		answer, asOf := s.projector.now()
		for _, r := range incident.Match(s.incidents(), s.aboutIncidents(), spells(answer, asOf), asOf.UTC().Truncate(time.Second)) {
			f, err := s.say(ctx, anyVersion, incident.KindRecord, r.ID, by, r)
			if err != nil {
				if ctx.Err() == nil {
					s.log.Warn("an incident is not kept: it is tried again", "incident", r.ID, "error", err)
				}
				break
			}
			if f.Version == 1 || !r.Open {
				s.logIncident(r, f.Version)
			}
		}
		s.waitSaid(ctx)
	}
}

func (s *Server) logIncident(r incident.Record, version uint64) {
	level := slog.LevelInfo
	if r.Open {
		level = slog.LevelWarn
	}
	s.log.Log(context.Background(), level, "incident", "id", r.ID, "from", r.From, "to", r.To, "open", r.Open, "people", r.People, "version", version)
}

// waitSaid waits until the folds know what was said, so that it is not said twice.
func (s *Server) waitSaid(ctx context.Context) {
	last, err := s.ledger.Last(ctx)
	if err != nil {
		return
	}
	for {
		changed := s.projector.notify()
		if s.projector.knows(last) {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// spells returns the times in which people had a bad time.
func spells(a view.Answer, now time.Time) []incident.Spell {
	list := make([]incident.Spell, 0, len(a.Incidents))
	for _, one := range a.Incidents {
		open := one.Open && a.Period.To != nil && now.Sub(*a.Period.To) < knownFor
		list = append(list, incident.Spell{From: one.From, To: one.To, Open: open, People: one.People})
	}
	return list
}

// incidents returns what data tells of each incident.
func (s *Server) incidents() []incident.Record {
	return saidOf[incident.Record](s, incident.KindRecord)
}

// aboutIncidents returns what people say each incident is, by its ID.
func (s *Server) aboutIncidents() map[string]incident.About {
	list := s.projector.said(incident.KindAbout)
	about := make(map[string]incident.About, len(list))
	for _, one := range list {
		var a incident.About
		if json.Unmarshal(one.Body, &a) == nil {
			about[one.Key] = a
		}
	}
	return about
}

// saidOf returns the bodies of all that was said of a kind, in the order of the keys. What
// another version of the program said in another way is left out.
func saidOf[T any](s *Server, kind string) []T {
	return view.Bodies[T](s.projector.said, kind)
}
