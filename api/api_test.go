package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold/faults"
	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/fold/intake"
	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/view"
)

// start is when the people of these tests come.
const start = 1795720000000 // 2026-11-26T18:26:40Z, within a minute

// people returns how it was for 40 people, of whom 10 had a bad minute ten minutes later.
func people() (view.Answer, time.Time) {
	b := &experience.Batch{Journeys: []string{"/", "/pay"}, Steps: []string{"", "POST /pay"}, Labels: [][]experience.Label{nil, {{Name: "region", Value: "eu"}}}}
	for p := range 40 {
		for minute := range 20 {
			e := experience.Experience{Person: experience.Person(p + 1), At: start + int64(minute)*60_000 + int64(p), Journey: uint16(p % 2), Labels: 1}
			if p < 10 && minute == 10 {
				e.Cause, e.Step = experience.ServerError, 1
			}
			b.Items = append(b.Items, e)
		}
	}
	f, g, h := felt.New(felt.Options{Cutoff: 30 * time.Minute}), faults.New(), intake.New()
	f.Apply(b)
	g.Apply(b)
	h.Apply(b)
	return view.Compose(view.Folds{Felt: f.Answer(), Faults: g.Answer(), Intake: h.Answer()}), time.UnixMilli(start + 20*60_000).UTC()
}

// desk knows three incidents.
type desk struct {
	said []string
	err  error
}

var errMissing = errors.New("there is no such incident")

func (d *desk) Stories() []view.Story {
	var list []view.Story
	for i, id := range []string{"2026-11-26-2003", "2026-11-25-1200", "2026-11-24-0900"} {
		from := time.Date(2026, 11, 26-i, 20, 3, 0, 0, time.UTC)
		list = append(list, view.Story{Record: incident.Record{ID: id, From: from, To: from.Add(time.Minute), Open: i == 0, People: 7, Seen: from}})
	}
	return list
}

func (d *desk) AddWord(_ context.Context, id, who string, w incident.Word) error {
	d.said = append(d.said, id+" "+who+" "+w.Text)
	return d.err
}

func (d *desk) SetAbout(_ context.Context, id, who string, _ uint64, a incident.About) error {
	d.said = append(d.said, id+" "+who+" "+a.Title)
	return d.err
}

func (d *desk) SetLesson(_ context.Context, id, key, who string, _ uint64, l incident.Lesson) error {
	d.said = append(d.said, id+" "+who+" "+key+l.Change)
	return d.err
}

func serve(d *desk, who string) http.Handler {
	return New(Options{Answers: people, Desk: d, Who: func(*http.Request) string { return who }, Missing: errMissing, Version: "test"})
}

func ask(h http.Handler, method, target, body string, more ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i+1 < len(more); i += 2 {
		r.Header.Set(more[i], more[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// described is what the test reads of an OpenAPI document.
type described struct {
	Paths map[string]map[string]struct {
		Summary   string
		Responses map[string]struct {
			Content map[string]struct{ Schema *jsonschema.Schema }
		}
	}
}

func TestEveryAnswerIsAsOpenAPIDescribesIt(t *testing.T) {
	s := &server{Options: Options{Answers: people, Desk: &desk{}}}
	h := serve(&desk{}, "ann")
	var doc described
	if err := json.Unmarshal(ask(h, "GET", "/api/v1/openapi.json", "").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	give := map[string]string{
		"/api/v1/query": "?query=honderd_people_hurt", "/api/v1/query_range": "?query=honderd_people_active&start=20m&end=1m&step=60",
		"POST /api/v1/incidents/{id}/words":   `{"text":"we look"}`,
		"PUT /api/v1/incidents/{id}/about":    `{"version":0,"title":"disk"}`,
		"POST /api/v1/incidents/{id}/lessons": `{"change":"watch the disk"}`,
	}
	for _, route := range s.table() {
		operation, ok := doc.Paths[route.Path][strings.ToLower(route.Method)]
		if !ok || operation.Summary == "" {
			t.Errorf("%s %s is not described", route.Method, route.Path)
			continue
		}
		path := strings.NewReplacer("{id}", "2026-11-26-2003", "{name}", "journey").Replace(route.Path)
		w := ask(h, route.Method, path+give[route.Path], give[route.Method+" "+route.Path])
		want := http.StatusOK
		if route.Status != 0 {
			want = route.Status
		}
		if w.Code != want {
			t.Errorf("%s %s: %d, want %d: %s", route.Method, path, w.Code, want, w.Body)
			continue
		}
		var schema *jsonschema.Schema
		for _, r := range operation.Responses {
			if c, ok := r.Content["application/json"]; ok {
				schema = c.Schema
			}
		}
		if schema == nil {
			continue
		}
		resolved, err := schema.Resolve(nil)
		if err != nil {
			t.Fatal(err)
		}
		var answer any
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		if err := resolved.Validate(answer); err != nil {
			t.Errorf("%s %s does not answer as described: %v", route.Method, path, err)
		}
	}
}

func TestQueries(t *testing.T) {
	h := serve(&desk{}, "")
	tests := []struct{ give, want string }{
		{`vector(1)`, `"value":[1795721200,"1"]`},
		{"  vector( 1 )\n", `"1"`},
		{`honderd_people_active{window="1h"}`, `"40"`},
		{`honderd_people_hurt{window="1h"}`, `"10"`},
		{`honderd_people_hurt{window="5m"}`, `"0"`},
		{`honderd_people_flawless_ratio{window="1h"}`, `"0.75"`},
		{`100 * (1 - honderd_people_flawless_ratio{window="1h"})`, `"25"`},
		{`honderd_journey_people_hurt{window="1h",journey="/pay"}`, `"journey":"/pay"`},
		{`honderd_journey_people_hurt{window="1h",journey=~"/p.*"}`, `"5"`},
		{`honderd_journey_people_hurt{window="1h",journey!~"/.*"}`, `"result":[]`},
		{`honderd_label_people_active{window="1h",label="region"}`, `"value":"eu"`},
		{`{__name__="honderd_incidents_open"}`, `"1"`},
		{`honderd_felt_uptime_ratio{window="30d"} + 0`, `"result":[{`},
		{`nobody_knows`, `"result":[]`},
		{`sum(honderd_people_hurt)`, `"errorType":"bad_data"`},
		{`honderd_people_hurt{window="5"`, `"errorType":"bad_data"`},
		{`honderd_people_hurt{window="1s"}`, `shorter than a minute`},
		{`honderd_people_hurt{journey=~"("}`, `pattern`},
		{``, `"errorType":"bad_data"`},
		{`honderd_people_hurt / honderd_people_active`, `two metrics`},
	}
	for _, tt := range tests {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/api/v1/query", nil)
		q := r.URL.Query()
		q.Set("query", tt.give)
		r.URL.RawQuery = q.Encode()
		h.ServeHTTP(w, r)
		if !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s = %s, want %s", tt.give, w.Body, tt.want)
		}
	}
}

func TestWhereNobodyWasThereIsNoPoint(t *testing.T) {
	h := serve(&desk{}, "")
	w := ask(h, "GET", "/api/v1/query_range?query=honderd_felt_uptime_ratio&start=20h&end=19h&step=1m", "")
	if !strings.Contains(w.Body.String(), `"result":[]`) {
		t.Errorf("an hour with nobody has points: %s", w.Body)
	}
	w = ask(h, "GET", `/api/v1/query_range?query=honderd_people_hurt{window="1m"}&start=20m&end=1m&step=1m`, "")
	if !strings.Contains(w.Body.String(), `"10"`) {
		t.Errorf("the bad minute is not there: %s", w.Body)
	}
	if w := ask(h, "GET", "/api/v1/query_range?query=vector(1)&start=30d&end=1m&step=1", ""); w.Code != http.StatusBadRequest {
		t.Errorf("two and a half million points: %d", w.Code)
	}
}

func TestPeriods(t *testing.T) {
	h := serve(&desk{}, "")
	tests := []struct {
		give   string
		status int
		want   string
	}{
		{"/api/v1/between", 200, `"active":40,"flawless":30,"hurt":10`},
		{"/api/v1/between?from=5m", 200, `"active":40,"flawless":40,"hurt":0`},
		{"/api/v1/between?by=journey&name=/pay", 200, `"active":20`},
		{"/api/v1/between?by=journey&name=/nothing", 404, "fix:"},
		{"/api/v1/between?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z", 200, `"flawless_share":null`},
		{"/api/v1/between?from=1m&to=5m", 400, "swap them"},
		{"/api/v1/between?from=yesterday", 400, "fix: 2026-11-26T20:00:00Z"},
		{"/api/v1/minutes?from=30d", 400, "day by day"},
		{"/api/v1/minutes", 200, `"hurt":10`},
		{"/api/v1/incidents?limit=0", 400, "1 to 200"},
		{"/api/v1/incidents?cursor=x", 400, "begin anew"},
		{"/api/v1/incidents?open=true", 200, `"next":""`},
		{"/api/v1/incidents/2020-01-01-0000", 404, "no such incident"},
		{"/api/v1/nothing", 404, "openapi.json"},
	}
	for _, tt := range tests {
		w := ask(h, "GET", tt.give, "")
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s: %d %s, want %d %s", tt.give, w.Code, w.Body, tt.status, tt.want)
		}
		if media := w.Header().Get("Content-Type"); tt.status >= 400 && media != "application/problem+json" {
			t.Errorf("%s: a problem comes as %s", tt.give, media)
		}
	}
	if w := ask(h, "DELETE", "/api/v1/incidents", ""); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET" {
		t.Errorf("DELETE: %d, allowed %q", w.Code, w.Header().Get("Allow"))
	}
}

func TestPagesFollowEachOther(t *testing.T) {
	h := serve(&desk{}, "")
	var ids []string
	cursor := ""
	for range 5 {
		var page IncidentPage
		if err := json.Unmarshal(ask(h, "GET", "/api/v1/incidents?limit=2&cursor="+cursor, "").Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		for _, one := range page.Incidents {
			ids = append(ids, one.ID)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if got := strings.Join(ids, " "); got != "2026-11-26-2003 2026-11-25-1200 2026-11-24-0900" {
		t.Errorf("all pages: %s", got)
	}
	first := ask(h, "GET", "/api/v1/incidents", "")
	if w := ask(h, "GET", "/api/v1/incidents", "", "If-None-Match", first.Header().Get("ETag")); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
		t.Errorf("nothing new: %d with %d bytes, want 304", w.Code, w.Body.Len())
	}
}

func TestOnlyWhoMayWrites(t *testing.T) {
	const path = "/api/v1/incidents/2026-11-26-2003/words"
	tests := []struct {
		name, who, body string
		err             error
		status          int
	}{
		{"good", "ann", `{"text":"we look","state":"investigating"}`, nil, 201},
		{"a reader", "", `{"text":"x"}`, nil, 403},
		{"empty", "ann", `{"text":""}`, nil, 422},
		{"strange", "ann", `{"text":"x","colour":"red"}`, nil, 400},
		{"two", "ann", `{"text":"x"}{"text":"y"}`, nil, 400},
		{"no JSON", "ann", `text=x`, nil, 400},
		{"too long", "ann", `{"text":"` + strings.Repeat("x", maxBody) + `"}`, nil, 400},
		{"second comer", "ann", `{"text":"x"}`, ledger.ErrConflict, 409},
		{"disk full", "ann", `{"text":"x"}`, ledger.ErrFull, 503},
		{"our fault", "ann", `{"text":"x"}`, errors.New("secret path"), 500},
	}
	for _, tt := range tests {
		d := &desk{err: tt.err}
		w := ask(serve(d, tt.who), "POST", path, tt.body)
		if w.Code != tt.status || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d %s, want %d", tt.name, w.Code, w.Body, tt.status)
		}
		if (tt.status == 201 || tt.err != nil) != (len(d.said) == 1) {
			t.Errorf("%s: said %q", tt.name, d.said)
		}
	}
	if w := ask(serve(&desk{}, "ann"), "POST", "/api/v1/incidents/2020-01-01-0000/words", `{"text":"x"}`); w.Code != 404 {
		t.Errorf("of no incident: %d", w.Code)
	}
}

func TestMetricsHaveNoNumberWhereNobodyWas(t *testing.T) {
	nobody := New(Options{Answers: func() (view.Answer, time.Time) { return view.Answer{}, time.UnixMilli(start) }})
	for name, h := range map[string]http.Handler{"nobody": nobody, "people": serve(&desk{}, "")} {
		text := ask(h, "GET", "/metrics", "").Body.String()
		if has := strings.Contains(text, "\nhonderd_felt_uptime_ratio{"); has != (name == "people") {
			t.Errorf("%s: felt uptime is there: %v", name, has)
		}
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "#") && (len(strings.Fields(line)) != 2 || strings.Contains(line, "NaN")) {
				t.Errorf("%s: %q is no line of metrics", name, line)
			}
		}
	}
}

func TestTheDashboardForGrafanaAsksWhatWeAnswer(t *testing.T) {
	text, err := os.ReadFile("../docs/grafana/honderd.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil || len(board.Panels) < 5 {
		t.Fatal(len(board.Panels), err)
	}
	all := &server{Options: Options{Answers: people, Desk: &desk{}}}
	w, now := all.world()
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			e, err := parseQuery(target.Expr)
			if err != nil || len(w.eval(e, now)) == 0 {
				t.Errorf("%s: %s answers nothing: %v", p.Title, target.Expr, err)
			}
		}
	}
}

func FuzzQuery(f *testing.F) {
	for _, seed := range []string{`vector(1)`, `1 - honderd_people_hurt{window="1h",a!~"b"}`, `((1))*2/3`, `{__name__="x"}`} {
		f.Add(seed)
	}
	w := world{}
	f.Fuzz(func(_ *testing.T, text string) {
		if e, err := parseQuery(text); err == nil {
			w.eval(e, time.UnixMilli(start))
		}
	})
}
