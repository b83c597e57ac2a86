package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/view"
)

// Desk is where people read of incidents and say what they know.
type Desk interface {
	// Stories returns what is known of each incident, the newest first.
	Stories() []view.Story
	// AddWord keeps a word about an incident.
	AddWord(ctx context.Context, id, who string, w incident.Word) error
	// SetAbout keeps what an incident is, when nobody has said it since version.
	SetAbout(ctx context.Context, id, who string, version uint64, a incident.About) error
	// SetLesson keeps a lesson, when nobody has changed it since version; key "" is a
	// new one.
	SetLesson(ctx context.Context, id, key, who string, version uint64, l incident.Lesson) error
}

// maxForm is how many bytes a form may have.
const maxForm = 64 << 10

// around is how much before and after an incident is drawn.
const around = 20 * time.Minute

// incidentSheet is what the pages of incidents show.
type incidentSheet struct {
	sheet
	Stories []view.Story
	Story   view.Story
	Minutes []look.Minute
	Marks   []look.Mark
	Begin   time.Time // of the picture
	End     time.Time
	Writes  bool   // who reads may write
	Problem string // what was wrong with what somebody wrote
	Wrote   map[string]string
}

// Whose returns the teams that the incident is of.
func (s incidentSheet) Whose() string { return strings.Join(s.Story.Teams, ", ") }

// Most returns how many people were hurt in the worst of the incidents.
func (s incidentSheet) Most() int64 {
	var most int64
	for _, one := range s.Stories {
		most = max(most, one.People)
	}
	return most
}

// Others returns the incidents that this one can be a part of, the nearest first.
func (s incidentSheet) Others() []view.Story {
	others := slices.DeleteFunc(slices.Clone(s.Stories), func(o view.Story) bool { return o.ID == s.Story.ID })
	slices.SortStableFunc(others, func(a, b view.Story) int {
		return cmp.Compare(a.From.Sub(s.Story.From).Abs(), b.From.Sub(s.Story.From).Abs())
	})
	return others[:min(len(others), 20)]
}

// States returns what somebody can say of how far it is.
func (incidentSheet) States() []incident.State { return incident.States() }

// Local returns t as a field of a form has it.
func (s incidentSheet) Local(t time.Time) string {
	zone := s.R.Zone
	if zone == nil {
		zone = time.UTC
	}
	return t.In(zone).Format("2006-01-02T15:04")
}

// lessonForm is a form for one lesson.
type lessonForm struct {
	R               look.Reader
	ID, Field       string
	L               view.StoryLesson
	Due, Done, Held string // as the fields have them
}

// NewLesson returns the form for a lesson that there is none of yet.
func (s incidentSheet) NewLesson() lessonForm { return s.LessonForm(view.StoryLesson{}) }

// LessonForm returns the form for a lesson.
func (s incidentSheet) LessonForm(l view.StoryLesson) lessonForm {
	f := lessonForm{R: s.R, ID: s.Story.ID, L: l, Field: "-new"}
	if l.Key != "" {
		f.Field = "-" + strings.TrimPrefix(l.Key, s.Story.ID+"/")
	}
	if !l.Due.IsZero() {
		f.Due = l.Due.Format(time.DateOnly)
	}
	if !l.Done.IsZero() {
		f.Done = l.Done.Format(time.DateOnly)
	}
	if l.Held != nil {
		f.Held = map[bool]string{true: "yes", false: "no"}[*l.Held]
	}
	return f
}

// Lost returns the time that people lost, in milliseconds; data may not tell it.
func (s incidentSheet) Lost() int64 {
	if s.Story.Data == nil {
		return 0
	}
	return s.Story.Data.DownMS
}

func (d dashboard) incidents(w http.ResponseWriter, r *http.Request) {
	s := incidentSheet{sheet: d.sheet(w, r), Stories: d.stories(r)}
	s.Here = "incidents"
	d.show(w, r, "incidents page", s)
}

func (d dashboard) incident(w http.ResponseWriter, r *http.Request) {
	if s, ok := d.incidentSheet(w, r); ok {
		d.show(w, r, "incident", s)
	}
}

// incidentSheet returns what the page of one incident shows, false when there is none.
func (d dashboard) incidentSheet(w http.ResponseWriter, r *http.Request) (s incidentSheet, ok bool) {
	s = incidentSheet{sheet: d.sheet(w, r), Stories: d.stories(r)}
	s.Here = "incidents"
	i := slices.IndexFunc(s.Stories, func(one view.Story) bool { return one.ID == r.PathValue("id") })
	if i < 0 {
		if i = slices.IndexFunc(s.Stories, func(one view.Story) bool { return slices.Contains(one.Parts, r.PathValue("id")) }); i >= 0 && r.Method != http.MethodPost {
			http.Redirect(w, r, "/incidents/"+s.Stories[i].ID, http.StatusFound)
			return s, false
		}
	}
	if i < 0 {
		d.lost(w, r)
		return s, false
	}
	s.Story = s.Stories[i]
	s.Writes = d.mayWrite(r) && s.Crew.May(s.Story)
	s.Begin, s.End = s.Story.From.Add(-around), s.Story.To.Add(around)
	for _, m := range s.A.Minutes(s.Begin, s.End) {
		s.Minutes = append(s.Minutes, look.Minute{From: m.From, Active: m.Active, Hurt: m.Hurt})
	}
	for _, one := range s.Story.Releases {
		s.Marks = append(s.Marks, look.Mark{At: one.At, Name: one.Service + " " + one.Version})
	}
	return s, true
}

// stories returns the incidents that who asks is shown.
func (d dashboard) stories(r *http.Request) []view.Story { return d.Crew(r).Shown(d.Desk.Stories()) }

// mayWrite reports whether who asks may say something.
func (d dashboard) mayWrite(r *http.Request) bool { return d.Who(r) != "" }

// wrote takes in what somebody wrote in a form, and shows the page again: with it, or
// with what was wrong.
func (d dashboard) wrote(keep func(ctx context.Context, r *http.Request, id, who string) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who := d.Who(r)
		if who == "" {
			d.trouble(w, r, http.StatusForbidden, "")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		id := r.PathValue("id")
		err := r.ParseForm()
		if err == nil {
			err = keep(r.Context(), r, id, who)
		}
		if errors.Is(err, view.ErrNotYours) {
			d.trouble(w, r, http.StatusForbidden, err.Error())
			return
		}
		if err == nil {
			http.Redirect(w, r, "/incidents/"+id, http.StatusSeeOther)
			return
		}
		s, ok := d.incidentSheet(w, r)
		if !ok {
			return
		}
		s.Problem, s.Wrote = err.Error(), map[string]string{}
		status := http.StatusUnprocessableEntity
		if errors.Is(err, ledger.ErrConflict) {
			s.Problem, status = s.R.T("Somebody else changed it meanwhile. What you wrote stands below: look, and keep it again."), http.StatusConflict
		}
		for name := range r.PostForm {
			s.Wrote[name] = r.PostForm.Get(name)
		}
		d.page(w, r, status, "incident", s)
	}
}

func (d dashboard) keepWord(ctx context.Context, r *http.Request, id, who string) error {
	return d.Desk.AddWord(ctx, id, who, incident.Word{
		State: incident.State(r.PostForm.Get("state")), Text: r.PostForm.Get("text"),
		Public: r.PostForm.Get("public") != "", Corrects: r.PostForm.Get("corrects"),
	})
}

func (d dashboard) keepAbout(ctx context.Context, r *http.Request, id, who string) error {
	f := r.PostForm
	a := incident.About{Title: strings.TrimSpace(f.Get("title")), Owner: strings.TrimSpace(f.Get("owner")), Cause: strings.TrimSpace(f.Get("cause")), Into: f.Get("into")}
	for _, one := range d.Desk.Stories() {
		if one.ID == id {
			a.Split = one.About.Split
		}
		for _, part := range one.Merged {
			if part.ID == id {
				a = part.About // only what it is a part of is asked for
				a.Into = f.Get("into")
			}
		}
	}
	if at := f.Get("split"); at != "" {
		zone := d.Zone
		if zone == nil {
			zone = time.UTC
		}
		t, err := time.ParseInLocation("2006-01-02T15:04", at, zone)
		if err != nil {
			return errors.New("the time to split at is none (fix: write it as 2026-11-26T20:30)")
		}
		a.Split = append(slices.Clone(a.Split), t.UTC())
	}
	return d.Desk.SetAbout(ctx, id, who, number(f.Get("version")), a)
}

func (d dashboard) keepLesson(ctx context.Context, r *http.Request, id, who string) error {
	f := r.PostForm
	l := incident.Lesson{Cause: f.Get("cause"), Change: f.Get("change"), Owner: strings.TrimSpace(f.Get("owner"))}
	var err error
	for _, date := range []struct {
		name string
		to   *time.Time
	}{{"due", &l.Due}, {"done", &l.Done}} {
		if text := f.Get(date.name); text != "" && err == nil {
			if *date.to, err = time.Parse(time.DateOnly, text); err != nil {
				return errors.New("the date is none (fix: write it as 2026-11-26)")
			}
		}
	}
	switch f.Get("held") {
	case "yes", "no":
		held := f.Get("held") == "yes"
		l.Held = &held
	}
	return d.Desk.SetLesson(ctx, id, f.Get("key"), who, number(f.Get("version")), l)
}

// number reads a number, 0 for anything else.
func number(s string) uint64 {
	n, _ := strconv.ParseUint(s, 10, 63)
	return n
}
