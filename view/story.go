package view

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/fold/said"
	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/release"
	"github.com/honderd/honderd/service"
)

// KindRelease is the kind of facts that are releases.
const KindRelease = "release"

// before is how long before an incident a release may be behind it. It is a guess: most
// that go wrong do so at once.
const before = 2 * time.Hour

// Story is all that is known of one incident: what data tells, and what people say.
type Story struct {
	incident.Record
	About        incident.About    `json:"about"`
	AboutVersion uint64            `json:"about_version"` // 0: nobody said anything yet
	Data         *Incident         `json:"data"`          // null: data no longer tells of it
	Words        []StoryWord       `json:"words"`         // the first one first
	Lessons      []StoryLesson     `json:"lessons"`
	Releases     []release.Release `json:"releases"` // that went live shortly before it or in it
	Parts        []string          `json:"parts"`    // IDs of incidents that are a part of this one
	Echo         *Echo             `json:"echo"`     // what people said of it in public; null: nothing
	Merged       []StoryPart       `json:"merged"`   // the same, with what is known of each
	Teams        []string          `json:"teams"`    // that it is of
}

// LikelyOwner returns whose that is which most likely was the cause; "" when nobody knows.
func (s Story) LikelyOwner() string {
	if s.Data == nil {
		return ""
	}
	for _, l := range s.Data.Likely {
		if l.Owner != "" {
			return l.Owner
		}
	}
	return ""
}

// OwnedStories returns list with whose the backends are that failed.
func OwnedStories(list []Story, known []service.Known) []Story {
	list = slices.Clone(list)
	for i := range list {
		if list[i].Data == nil || len(list[i].Data.Likely) == 0 {
			continue
		}
		data := *list[i].Data
		data.Likely = slices.Clone(data.Likely)
		for j := range data.Likely {
			l := &data.Likely[j]
			if k, found := service.At(known, l.Backend); found {
				l.Service, l.Owner, l.Contact = k.Name, k.Owner.Value, k.Contact.Value
			}
		}
		list[i].Data = &data
	}
	return list
}

// StoryWord is something that somebody said of an incident.
type StoryWord struct {
	Key string `json:"key"`
	incident.Word
	By          string `json:"by"`
	CorrectedBy string `json:"corrected_by,omitempty"` // the key of the word that corrects this one
}

// StoryLesson is a lesson as it stands now.
type StoryLesson struct {
	Key     string `json:"key"`
	Version uint64 `json:"version"`
	incident.Lesson
	By string `json:"by"`
}

// Title returns what people call the incident; "" when they have not said.
func (s Story) Title() string { return s.About.Title }

// State returns the newest state that somebody said; "" when nobody did.
func (s Story) State() incident.State {
	for _, w := range slices.Backward(s.Words) {
		if w.State != "" && w.CorrectedBy == "" {
			return w.State
		}
	}
	return ""
}

// FirstWord returns when the first public word was said; false when none was.
func (s Story) FirstWord() (time.Time, bool) {
	for _, w := range s.Words {
		if w.Public {
			return w.At, true
		}
	}
	return time.Time{}, false
}

// Said returns what was said last of a kind, in the order of the keys.
type Said func(kind string) []said.Said

// Stories returns what is known of each incident, the newest first. What is a part of
// another one is in that; what turned out to be none is left out.
func Stories(a Answer, say Said) []Story {
	about := told[incident.About](say, incident.KindAbout)
	words := told[incident.Word](say, incident.KindWord)
	lessons := told[incident.Lesson](say, incident.KindLesson)
	releases := told[release.Release](say, KindRelease)
	var records []incident.Record
	of, says := map[string]incident.Record{}, map[string]body[incident.About]{}
	for _, r := range told[incident.Record](say, incident.KindRecord) {
		records, of[r.body.ID] = append(records, r.body), r.body
	}
	abouts := map[string]incident.About{}
	for _, one := range about {
		says[one.Key], abouts[one.Key] = one, one.body
	}
	complaints := complaintsOf(say)
	var list []Story
	for _, w := range incident.Merge(records, abouts) {
		s := Story{Record: w.Record, Words: []StoryWord{}, Lessons: []StoryLesson{}, Releases: []release.Release{}, Parts: []string{}, Merged: []StoryPart{}, Teams: []string{}}
		s.About, s.AboutVersion = says[s.ID].body, says[s.ID].Version
		s.Data, s.People = dataOfAll(a, w, of[s.ID]), WholePeople(a, w)
		for _, p := range w.Parts {
			s.Parts = append(s.Parts, p.ID)
			s.Merged = append(s.Merged, StoryPart{Record: p, About: says[p.ID].body, AboutVersion: says[p.ID].Version})
		}
		s.addWords(words)
		s.addLessons(lessons)
		s.addReleases(releases)
		s.Echo = echoOf(a, s.Record, complaints)
		list = append(list, s)
	}
	return list
}

// is reports whether the story is of that incident, or it is a part of it.
func (s Story) is(id string) bool { return s.ID == id || slices.Contains(s.Parts, id) }

// body is what was said, read.
type body[T any] struct {
	said.Said
	body T
}

// Bodies returns the bodies of all that was said of a kind, in the order of the keys. What
// cannot be read is left out, as in told.
func Bodies[T any](say Said, kind string) []T {
	list := told[T](say, kind)
	bodies := make([]T, 0, len(list))
	for _, one := range list {
		bodies = append(bodies, one.body)
	}
	return bodies
}

// told reads what was said of a kind. What another version of the program said in
// another way is left out.
func told[T any](say Said, kind string) []body[T] {
	var list []body[T]
	for _, one := range say(kind) {
		b := body[T]{Said: one}
		if json.Unmarshal(one.Body, &b.body) == nil {
			list = append(list, b)
		}
	}
	return list
}

// dataOf returns what data tells of r now; people may have split what it tells as one.
func dataOf(a Answer, r incident.Record) *Incident {
	for i, one := range a.Incidents {
		if one.From.Before(r.To) && r.From.Before(one.To) {
			return &a.Incidents[i]
		}
	}
	return nil
}

func (s *Story) addWords(all []body[incident.Word]) {
	for _, one := range all {
		if s.is(one.body.Incident) {
			s.Words = append(s.Words, StoryWord{Key: one.Key, Word: one.body, By: one.By})
		}
	}
	slices.SortStableFunc(s.Words, func(a, b StoryWord) int { return a.At.Compare(b.At) })
	for _, w := range s.Words {
		for i := range s.Words {
			if w.Corrects != "" && s.Words[i].Key == w.Corrects {
				s.Words[i].CorrectedBy = w.Key
			}
		}
	}
}

func (s *Story) addLessons(all []body[incident.Lesson]) {
	for _, one := range all {
		if of, _, _ := strings.Cut(one.Key, "/"); s.is(one.body.Incident) || s.is(of) {
			s.Lessons = append(s.Lessons, StoryLesson{Key: one.Key, Version: one.Version, Lesson: one.body, By: one.By})
		}
	}
}

func (s *Story) addReleases(all []body[release.Release]) {
	for _, one := range all {
		if r := one.body; !r.At.Before(s.From.Add(-before)) && !r.At.After(s.To) {
			s.Releases = append(s.Releases, r)
		}
	}
	slices.SortFunc(s.Releases, release.Compare)
}
