package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"

	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/view"
)

// errNobody is the answer to people told apart in a way that nobody is.
var errNobody = errors.New("nobody is told apart so (fix: /api/v1/journeys lists journeys; labels stand in honderd.yaml)")

// errReader is the answer to a reader who wants to write.
var errReader = errors.New("you may read here, not write (fix: ask from this machine, or with a key that may write)")

// IncidentPage is a page of incidents.
type IncidentPage struct {
	Incidents []view.Story `json:"incidents"`
	Next      string       `json:"next"` // the cursor of the next page; "": this is the last
}

// Limits of a page of incidents.
const (
	usualPage = 50
	mostPage  = 200
)

func (s *server) incidents(r *http.Request) (any, error) {
	limit := usualPage
	if text := r.FormValue("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > mostPage {
			return nil, wrong("limit must be 1 to 200")
		}
		limit = n
	}
	all := s.Crew(r).Shown(s.Desk.Stories())
	switch open := r.FormValue("open"); open {
	case "", "false":
	case "true":
		all = slices.DeleteFunc(all, func(one view.Story) bool { return !one.Open })
	default:
		return nil, wrong("open must be true or false")
	}
	if cursor := r.FormValue("cursor"); cursor != "" {
		i := slices.IndexFunc(all, func(one view.Story) bool { return one.ID == cursor })
		if i < 0 {
			return nil, wrong("the cursor is none of ours, or its incident is gone (fix: begin anew without it)")
		}
		all = all[i+1:]
	}
	page := IncidentPage{Incidents: list(all[:min(len(all), limit)])}
	if len(all) > limit {
		page.Next = all[limit-1].ID
	}
	return page, nil
}

func (s *server) incident(r *http.Request) (any, error) { return s.story(r, r.PathValue("id")) }

func (s *server) story(r *http.Request, id string) (any, error) {
	for _, one := range s.Crew(r).Shown(s.Desk.Stories()) {
		if one.ID == id || slices.Contains(one.Parts, id) {
			return one, nil
		}
	}
	return nil, s.Missing
}

// aboutBody is what an incident is, and the version that was read before.
type aboutBody struct {
	Version uint64 `json:"version"`
	incident.About
}

// lessonBody is a lesson; without a key a new one.
type lessonBody struct {
	Key     string `json:"key,omitempty"`
	Version uint64 `json:"version,omitempty"`
	incident.Lesson
}

func (s *server) addWord(r *http.Request) (any, error) {
	var w incident.Word
	return s.write(r, &w, func(id, who string) error {
		return checked(w.Validate(), func() error { return s.Desk.AddWord(r.Context(), id, who, w) })
	})
}

func (s *server) setAbout(r *http.Request) (any, error) {
	var b aboutBody
	return s.write(r, &b, func(id, who string) error {
		return checked(b.About.Validate(id), func() error { return s.Desk.SetAbout(r.Context(), id, who, b.Version, b.About) })
	})
}

func (s *server) setLesson(r *http.Request) (any, error) {
	var b lessonBody
	return s.write(r, &b, func(id, who string) error {
		return checked(b.Lesson.Validate(), func() error { return s.Desk.SetLesson(r.Context(), id, b.Key, who, b.Version, b.Lesson) })
	})
}

// checked keeps what is right.
func checked(mistake error, keep func() error) error {
	if mistake != nil {
		return problem{http.StatusUnprocessableEntity, mistake}
	}
	return keep()
}

// write reads what somebody sends into body, keeps it, and returns the incident as it is
// then.
func (s *server) write(r *http.Request, body any, keep func(id, who string) error) (any, error) {
	who := s.Who(r)
	if who == "" {
		return nil, problem{http.StatusForbidden, errReader}
	}
	id := r.PathValue("id")
	if _, err := s.story(r, id); err != nil {
		return nil, err
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(body); err != nil {
		return nil, problem{http.StatusBadRequest, fmt.Errorf("the body is not what is asked for: %w (fix: see /api/v1/openapi.json)", err)}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, wrong("something stands after the body (fix: send one object)")
	}
	if err := keep(id, who); err != nil {
		return nil, err
	}
	return s.story(r, id)
}
