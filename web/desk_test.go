package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/release"
	"github.com/honderd/honderd/view"
)

// fakeDesk knows one incident, and remembers what was said.
type fakeDesk struct {
	story view.Story
	word  incident.Word
	about incident.About
	said  []string
	err   error
}

func (d *fakeDesk) Stories() []view.Story { return []view.Story{d.story} }

func (d *fakeDesk) AddWord(_ context.Context, id, who string, w incident.Word) error {
	d.word, d.said = w, append(d.said, id+" "+who+" "+w.Text)
	return d.err
}

func (d *fakeDesk) SetAbout(_ context.Context, id, who string, _ uint64, a incident.About) error {
	d.about, d.said = a, append(d.said, id+" "+who+" "+a.Title)
	return d.err
}

func (d *fakeDesk) SetLesson(_ context.Context, id, key, who string, _ uint64, l incident.Lesson) error {
	d.said = append(d.said, id+" "+who+" "+key+" "+l.Change)
	return d.err
}

const evil = `"><script>alert(1)</script>`

func newFakeDesk() *fakeDesk {
	from := time.Date(2026, 11, 26, 20, 3, 0, 0, time.UTC)
	held := true
	return &fakeDesk{story: view.Story{
		Record:   incident.Record{ID: "2026-11-26-2003", From: from, To: from.Add(10 * time.Minute), Open: true, People: 12, Seen: from.Add(time.Minute)},
		About:    incident.About{Title: "disk " + evil, Owner: evil, Cause: evil},
		Data:     &view.Incident{Journeys: []view.Part{{Name: evil}}, Apart: []view.Part{{By: evil, Name: evil}}, Steps: []view.Step{{Step: evil, Cause: evil}}, Worst: &view.Minute{From: from}},
		Words:    []view.StoryWord{{Key: "2026-11-26-2003/" + evil, Word: incident.Word{Text: evil, State: incident.State(evil)}, By: evil}},
		Lessons:  []view.StoryLesson{{Key: "2026-11-26-2003/1", Lesson: incident.Lesson{Cause: evil, Change: evil, Owner: evil, Held: &held, Done: from}, By: evil}},
		Releases: []release.Release{{Service: evil, Version: evil, By: evil, At: from}}, Parts: []string{evil},
	}}
}

func withDesk(d Desk, who string) http.Handler {
	return New(Options{
		Answers: func() (view.Answer, time.Time) { return someone(), time.Date(2026, 11, 26, 20, 10, 0, 0, time.UTC) },
		Desk:    d, Who: func(*http.Request) string { return who },
	})
}

func TestWhatIsSaidOfAnIncidentIsNeverMarkup(t *testing.T) {
	h := withDesk(newFakeDesk(), "ann")
	for _, path := range []string{"/", "/incidents", "/incidents/2026-11-26-2003"} {
		w := ask(h, "GET", path, nil)
		if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(body, "&lt;script&gt;") || strings.Contains(body, "<script>alert") {
			t.Errorf("%s: status %d; what was said stands there as markup, or not at all", path, w.Code)
		}
	}
	if w := ask(h, "GET", "/incidents/2026-01-01-0000", nil); w.Code != http.StatusNotFound {
		t.Errorf("an incident that there is none of: %d, want 404", w.Code)
	}
}

func post(h http.Handler, path string, form url.Values, more func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if more != nil {
		more(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPeopleSayWhatTheyKnow(t *testing.T) {
	d := newFakeDesk()
	h := withDesk(d, "ann")
	const page = "/incidents/2026-11-26-2003"
	for _, tt := range []struct {
		path string
		form url.Values
		want string
	}{
		{"/words", url.Values{"text": {"the disk is full"}, "state": {"identified"}, "public": {"1"}}, "2026-11-26-2003 ann the disk is full"},
		{"/about", url.Values{"title": {"disk"}, "split": {"2026-11-26T20:05"}}, "2026-11-26-2003 ann disk"},
		{"/lessons", url.Values{"change": {"watch the disk"}, "due": {"2026-12-01"}}, "2026-11-26-2003 ann  watch the disk"},
	} {
		w := post(h, page+tt.path, tt.form, nil)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != page || len(d.said) == 0 || d.said[len(d.said)-1] != tt.want {
			t.Errorf("POST %s: %d to %q, said %q, want %q", tt.path, w.Code, w.Header().Get("Location"), d.said, tt.want)
		}
	}
	if d.word.State != incident.Identified || !d.word.Public || len(d.about.Split) != 1 || !d.about.Split[0].Equal(time.Date(2026, 11, 26, 20, 5, 0, 0, time.UTC)) {
		t.Errorf("kept %+v and %+v", d.word, d.about)
	}
}

func TestWhatIsNotKeptStandsThereStill(t *testing.T) {
	d := newFakeDesk()
	d.err = ledger.ErrConflict
	w := post(withDesk(d, "ann"), "/incidents/2026-11-26-2003/words", url.Values{"text": {"my long sentence"}}, nil)
	if body := w.Body.String(); w.Code != http.StatusConflict || !strings.Contains(body, "my long sentence") || !strings.Contains(body, "Not kept.") {
		t.Errorf("a conflict: status %d, and what was written is lost", w.Code)
	}
	if w := post(withDesk(d, "ann"), "/incidents/2026-11-26-2003/lessons", url.Values{"change": {"x"}, "due": {"tomorrow"}}, nil); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "fix: write it as") {
		t.Errorf("a date that is none: status %d", w.Code)
	}
}

func TestOnlyWhoMayWrites(t *testing.T) {
	d := newFakeDesk()
	form := url.Values{"text": {"hello"}}
	if w := post(withDesk(d, ""), "/incidents/2026-11-26-2003/words", form, nil); w.Code != http.StatusForbidden {
		t.Errorf("somebody unknown: %d, want 403", w.Code)
	}
	if w := ask(withDesk(d, ""), "GET", "/incidents/2026-11-26-2003", nil); strings.Contains(w.Body.String(), "<form") {
		t.Error("who may only read is shown a form")
	}
	across := func(r *http.Request) {
		r.Header.Set("Origin", "https://evil.example")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	}
	if w := post(withDesk(d, "ann"), "/incidents/2026-11-26-2003/words", form, across); w.Code != http.StatusForbidden {
		t.Errorf("from another site: %d, want 403", w.Code)
	}
	if len(d.said) > 0 {
		t.Errorf("said %q", d.said)
	}
}

func TestFaultsNobodyKnowsOfTeachHowToSeeThem(t *testing.T) {
	a := someone()
	a.Masked = view.Masked{}
	h := showing(a, nil)
	if body := ask(h, "GET", "/faults", nil).Body.String(); !strings.Contains(body, "honderd doctor") {
		t.Error("the page without faults does not say how to see them")
	}
	at := time.Date(2026, 11, 26, 20, 0, 0, 0, time.UTC)
	a.Masked = view.Masked{
		Faults: 7, Hours: []view.MaskedHour{{From: at, Masked: 7, Felt: 2}},
		ByBackend: []view.MaskedBackend{{Backend: evil, Masked: 7, Felt: 2, Faults: []view.MaskedFault{{Fault: evil, Masked: 7}}, Last: &at}},
		Harder:    &view.Harder{From: at, Share: .5, Usual: .01, Backend: evil, Fault: evil},
	}
	body := ask(showing(a, nil), "GET", "/faults", nil).Body.String()
	for _, want := range []string{"Another 2 were felt.", "More is hidden than usual.", "Who needs mending", "7 were hidden from people, 2 were felt."} {
		if !strings.Contains(body, want) {
			t.Errorf("the page of faults lacks %q", want)
		}
	}
	if strings.Contains(body, "<script>alert") {
		t.Error("the name of a backend is markup")
	}
}
