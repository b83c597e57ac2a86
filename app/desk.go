package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/view"
)

// A desk is where people say what they know of incidents. Everything they say stays: it is
// a further version, or a further word.
type desk struct{ server *Server }

// ErrNoIncident is the answer to words about an incident that there is none of.
var ErrNoIncident = errors.New("there is no such incident")

// Stories returns what is known of each incident, the newest first.
func (d desk) Stories() []view.Story {
	answer, _ := d.server.projector.now()
	list := view.Stories(answer, d.server.projector.said)
	list = view.OwnedStories(list, d.server.services())
	for i := range list {
		list[i].Teams = d.server.ownersOf(answer, list[i])
	}
	return list
}

// AddWord keeps a word about an incident.
func (d desk) AddWord(ctx context.Context, id, who string, w incident.Word) error {
	story, err := d.mine(ctx, id)
	if err != nil {
		return err
	}
	w.Incident, w.At, w.Text = id, time.Now().UTC().Truncate(time.Second), strings.TrimSpace(w.Text)
	if err := w.Validate(); err != nil {
		return err
	}
	if w.Corrects != "" && !hasWord(story, w.Corrects) {
		return fmt.Errorf("incident %s has no word %.80q that could be corrected (fix: load the page again)", id, w.Corrects)
	}
	return d.say(ctx, 0, incident.KindWord, childKey(id), who, w)
}

func hasWord(s view.Story, key string) bool {
	for _, w := range s.Words {
		if w.Key == key {
			return true
		}
	}
	return false
}

// childKey returns the key of one more thing that is said about an incident.
func childKey(id string) string { return fmt.Sprintf("%s/%d", id, time.Now().UnixNano()) }

// SetAbout keeps what an incident is, when nobody else has said it since version.
func (d desk) SetAbout(ctx context.Context, id, who string, version uint64, a incident.About) error {
	if _, err := d.mine(ctx, id); err != nil {
		return err
	}
	if err := a.Validate(id); err != nil {
		return err
	}
	if a.Into != "" {
		into, err := d.mine(ctx, a.Into)
		if errors.Is(err, view.ErrNotYours) {
			return err
		}
		if err != nil {
			return fmt.Errorf("%w: %s (fix: choose one that is listed)", err, a.Into)
		}
		if into.About.Into != "" {
			return fmt.Errorf("incident %s is itself a part of %s (fix: choose that one)", a.Into, into.About.Into)
		}
	}
	return d.say(ctx, int64(version), incident.KindAbout, id, who, a)
}

// SetLesson keeps a lesson of an incident; key "" is a new one.
func (d desk) SetLesson(ctx context.Context, id, key, who string, version uint64, l incident.Lesson) error {
	story, err := d.mine(ctx, id)
	if err != nil {
		return err
	}
	l.Incident = id
	if err := l.Validate(); err != nil {
		return err
	}
	if key == "" {
		key, version = childKey(id), 0
	} else if i := slices.IndexFunc(story.Lessons, func(one view.StoryLesson) bool { return one.Key == key }); i >= 0 {
		l.Incident = story.Lessons[i].Incident // of a part of it, perhaps
	} else if !strings.HasPrefix(key, id+"/") {
		return fmt.Errorf("%.80q is no lesson of incident %s (fix: load the page again)", key, id)
	}
	return d.say(ctx, int64(version), incident.KindLesson, key, who, l)
}

// say keeps it, and waits until it is seen, so that who said it sees it on the next page.
func (d desk) say(ctx context.Context, version int64, kind, key, who string, body any) error {
	if _, err := d.server.say(ctx, version, kind, key, who, body); err != nil {
		return err
	}
	patient, stop := context.WithTimeout(ctx, 3*time.Second)
	defer stop()
	d.server.waitSaid(patient)
	return nil
}

// mine returns what is known of an incident that who asks may say something of.
func (d desk) mine(ctx context.Context, id string) (view.Story, error) {
	s, err := d.find(id)
	if err == nil && !d.server.crewOf(ctx).May(s) {
		return s, view.ErrNotYours
	}
	return s, err
}

// find returns what is known of one incident, merged ones too.
func (d desk) find(id string) (view.Story, error) {
	for _, s := range d.Stories() {
		if s.ID == id {
			return s, nil
		}
	}
	for _, r := range d.server.incidents() {
		if r.ID == id && !r.Gone {
			answer, _ := d.server.projector.now()
			s := view.Story{Record: r, About: d.server.aboutIncidents()[id]}
			s.Teams = d.server.ownersOf(answer, s)
			return s, nil
		}
	}
	return view.Story{}, ErrNoIncident
}
