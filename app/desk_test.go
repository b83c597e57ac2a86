package app

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/ledger"
)

// quietServer is a server with nothing but a ledger in memory, whose folds follow it.
func quietServer(t *testing.T) *Server {
	t.Helper()
	l := ledger.NewMemory()
	s := &Server{ledger: l, log: slog.New(slog.DiscardHandler)}
	s.projector = newProjector(l, t.TempDir(), felt.Options{}, &calendars{}, s.log)
	done := make(chan error, 1)
	go func() { done <- s.projector.follow(t.Context()) }()
	t.Cleanup(func() { <-done }) // the context of the test ends before
	return s
}

func TestPeopleMergeAndLearn(t *testing.T) {
	s := quietServer(t)
	d := desk{s}
	from := time.Date(2026, 11, 26, 20, 0, 0, 0, time.UTC)
	for _, r := range []incident.Record{{ID: incident.ID(from), From: from, To: from.Add(time.Minute)}, {ID: incident.ID(from.Add(time.Hour)), From: from.Add(time.Hour), To: from.Add(2 * time.Hour)}} {
		if err := d.say(t.Context(), 0, incident.KindRecord, r.ID, by, r); err != nil {
			t.Fatal(err)
		}
	}
	first, second := "2026-11-26-2000", "2026-11-26-2100"
	steps := []struct {
		name string
		do   func() error
		want string
	}{
		{"a word", func() error {
			return d.AddWord(t.Context(), first, "ann", incident.Word{Text: "we look at it", State: incident.Investigating, Public: true})
		}, ""},
		{"an empty word", func() error { return d.AddWord(t.Context(), first, "ann", incident.Word{Text: " "}) }, "text is empty"},
		{"a strange state", func() error { return d.AddWord(t.Context(), first, "ann", incident.Word{Text: "x", State: "fine"}) }, "fix: investigating"},
		{"of no incident", func() error { return d.AddWord(t.Context(), "2026-01-01-0000", "ann", incident.Word{Text: "x"}) }, "no such incident"},
		{"corrects nothing", func() error { return d.AddWord(t.Context(), first, "ann", incident.Word{Text: "x", Corrects: "y"}) }, "could be corrected"},
		{"into itself", func() error { return d.SetAbout(t.Context(), first, "ann", 0, incident.About{Into: first}) }, "part of itself"},
		{"merged", func() error { return d.SetAbout(t.Context(), second, "ann", 0, incident.About{Into: first}) }, ""},
		{"in a circle", func() error { return d.SetAbout(t.Context(), first, "ann", 0, incident.About{Into: second}) }, "itself a part"},
		{"second comer", func() error { return d.SetAbout(t.Context(), second, "bob", 0, incident.About{Title: "x"}) }, ledger.ErrConflict.Error()},
		{"a lesson", func() error {
			return d.SetLesson(t.Context(), first, "", "ann", 0, incident.Lesson{Change: "watch the disk"})
		}, ""},
		{"of another", func() error {
			return d.SetLesson(t.Context(), first, second+"/1", "ann", 0, incident.Lesson{Change: "x"})
		}, "no lesson of incident"},
	}
	for _, step := range steps {
		if err := step.do(); (step.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), step.want) {
			t.Errorf("%s: %v, want %q", step.name, err, step.want)
		}
	}
	if list := d.Stories(); len(list) != 1 || !list[0].From.Equal(from) || !list[0].To.Equal(from.Add(2*time.Hour)) || len(list[0].Merged) != 1 || list[0].Merged[0].About.Into != first {
		t.Errorf("merged: %+v, want one from the first minute to the last", list)
	}
	list := d.Stories()
	if len(list) != 1 || list[0].ID != first || len(list[0].Words) != 1 || len(list[0].Lessons) != 1 || len(list[0].Parts) != 1 || list[0].State() != incident.Investigating {
		t.Errorf("Stories() = %+v, want the first with its word, lesson and part", list)
	}
	if err := d.SetAbout(t.Context(), second, "ann", 1, incident.About{}); err != nil || len(d.Stories()) != 2 {
		t.Errorf("taken apart again: %v, %d incidents", err, len(d.Stories()))
	}
	if _, err := d.find("nothing"); !errors.Is(err, ErrNoIncident) {
		t.Errorf("find(nothing) = %v", err)
	}
}
