package status

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/internal/ical"
	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/view"
)

// noon is now in the tests.
func noon() time.Time { return time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) }

// nasty is what nobody should write.
const nasty = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>\x1b[2J\u202e{{.}}]]>&#x3c;"

// days is a year of which the last days are as given: active, hurt.
func days(last ...[2]int64) []view.Day {
	list := make([]view.Day, 365)
	for i := range list {
		list[i].From = noon().Truncate(24*time.Hour).AddDate(0, 0, i-364)
	}
	for i, d := range last {
		one := &list[365-len(last)+i]
		one.Active, one.Hurt, one.Measured = d[0], d[1], true
	}
	return list
}

// hurtBoard is a board on which people are hurt in /checkout now.
func hurtBoard() Board {
	from := noon().Add(-20 * time.Minute)
	return Board{
		Made: noon(),
		Public: view.Public{
			AsOf: noon(), Newest: new(noon()), Since: new(noon().AddDate(0, -1, 0)),
			Now:  view.Present{Health: view.PartialOutage, Minutes: 5, Active: 200, Hurt: 30},
			Days: days([2]int64{100_000, 4}, [2]int64{500, 30}),
			Journeys: []view.Component{
				{Journey: "/checkout", People: 300, Now: view.Present{Health: view.MajorOutage, Minutes: 5, Active: 50, Hurt: 30}, Days: days([2]int64{300, 30})},
				{Journey: "/search", People: 200, Now: view.Present{Health: view.Operational, Minutes: 5, Active: 150}, Days: days([2]int64{200, 0})},
				{Journey: "/night-shop", People: 3, Now: view.Present{Health: view.Unmeasured, Minutes: 60}, Days: days()},
			},
		},
		Incidents: []Incident{
			{
				Record: incident.Record{ID: "2026-11-26-1140", From: from, To: noon(), Open: true, People: 42, Seen: from.Add(40 * time.Second)}, Journeys: []string{"/checkout"},
				Words: []Word{
					{Key: "2026-11-26-1140/1", Version: 1, Word: incident.Word{At: from.Add(4 * time.Minute), State: incident.Investigating, Text: "We see it: " + nasty, Public: true}},
					{Key: "2026-11-26-1140/2", Version: 1, Word: incident.Word{At: from.Add(6 * time.Minute), Text: "secret: db-7 is down", Public: false}},
					{Key: "2026-11-26-1140/3", Version: 1, Word: incident.Word{At: from.Add(8 * time.Minute), State: incident.Identified, Text: "It is the bank.", Public: true}},
					{Key: "2026-11-26-1140/4", Version: 1, Word: incident.Word{At: from.Add(9 * time.Minute), State: incident.Identified, Text: "It is not the bank, it is us.", Public: true, Corrects: "2026-11-26-1140/3"}},
				},
			},
			{Record: incident.Record{ID: "2026-11-20-0900", From: noon().AddDate(0, 0, -6), To: noon().AddDate(0, 0, -6).Add(time.Hour), People: 9, Seen: noon().AddDate(0, 0, -6).Add(80 * time.Second), Ended: noon().AddDate(0, 0, -6).Add(2 * time.Hour)}, Journeys: []string{"/search"}},
			{Record: incident.Record{ID: "2026-11-19-0900", Gone: true, From: noon().AddDate(0, 0, -7), To: noon().AddDate(0, 0, -7)}},
		},
		Planned: []incident.Planned{
			{ID: "p1", Title: "New bank " + nasty, Text: "Paying may\nwait a minute.", From: noon().Add(24 * time.Hour), To: noon().Add(25 * time.Hour), Said: noon().Add(-time.Hour), Journeys: []string{"/checkout"}},
			{ID: "p2", Title: "Not any more", From: noon().Add(48 * time.Hour), To: noon().Add(49 * time.Hour), Said: noon().Add(-time.Hour), Cancelled: true},
		},
	}
}

// of returns the pages of a board.
func of(b Board, more func(*Options)) http.Handler {
	o := Options{Board: func() Board { return b }, URL: "https://status.shop.example"}
	if more != nil {
		more(&o)
	}
	return New(o)
}

func ask(h http.Handler, target string, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, http.NoBody)
	r.Host = "localhost:8100"
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestThePageSaysWhatPeopleFeel(t *testing.T) {
	body := ask(of(hurtBoard(), nil), "/status", nil).Body.String()
	for _, want := range []string{
		"People are having a bad time.", "30 of 200 people of the last 5 min had a bad time.", "Most people hurt", "30 of 50 hurt in the last 5 min",
		"Not measured", "nobody in the last hour", "People had a bad time: Checkout", "42 people had a bad time so far", "The cause is known",
		"This page said so by itself, 40 s after the first person was hurt.", `<del class="words">It is the bank.</del>`, "corrected since",
		"It is not the bank, it is us.", "Planned work", "Whoever is hurt by it is counted like anybody else.", "Paying may\nwait a minute.",
		"99,996 of 100,000 people had a flawless day · 99.99%", `rel="alternate"`, "application/ld+json", "1 min 20 s in the worst, over 2 incidents",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"<script>alert", "<img src=x", "\x1b", "\u202e", "db-7", "ZgotmplZ", "%!", " style=", "<style", "2026-11-19", "99.996"} {
		if strings.Contains(body, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
}

func TestWhatIsNotKnownIsNeverGreen(t *testing.T) {
	tests := []struct {
		name  string
		board Board
		want  string
	}{
		{"nothing yet", Board{}, "Nobody was here in the last hour"},
		{"nobody now", Board{Public: view.Public{Now: view.Present{Health: view.Unmeasured, Minutes: 60}}}, "Nobody was here in the last hour"},
		{"too few", Board{Public: view.Public{Now: view.Present{Health: view.Unmeasured, Minutes: 60, Active: 3, Hurt: 3}}}, "Too few people are here"},
		{"no room", Board{Full: true, Public: view.Public{Now: view.Present{Health: view.Operational, Minutes: 5, Active: 30}}}, "What happens now is not measured."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := of(tt.board, nil)
			body := ask(h, "/status", nil).Body.String()
			if !strings.Contains(body, tt.want) || strings.Contains(body, `class="head operational"`) {
				t.Errorf("the page lacks %q or is green", tt.want)
			}
			if got := ask(h, "/api/v2/status.json", nil).Body.String(); strings.Contains(got, `"none"`) {
				t.Errorf("status.json says all is good: %s", got)
			}
			if got := ask(h, "/badge/status.json", nil).Body.String(); strings.Contains(got, badgeColour(view.Operational)) {
				t.Errorf("the badge is green: %s", got)
			}
		})
	}
}

func TestNothingIsEditedAway(t *testing.T) {
	at := noon().Add(-time.Hour)
	i := Incident{Record: incident.Record{From: at, To: at.Add(time.Hour)}, Words: []Word{
		{Key: "x/1", Version: 1, Word: incident.Word{At: at, Text: "All is well.", Public: true}},
		{Key: "x/1", Version: 2, Word: incident.Word{At: at.Add(time.Minute), Text: "Hush.", Public: false}},
		{Key: "x/2", Version: 1, Word: incident.Word{At: at.Add(2 * time.Minute), Text: "One thing.", Public: true}},
		{Key: "x/2", Version: 2, Word: incident.Word{At: at.Add(3 * time.Minute), Text: "Another thing.", Public: true}},
	}}
	got := i.Public()
	if len(got) != 3 || !got[0].Withdrawn || !got[1].Struck || got[2].Struck || !got[2].Corrects {
		t.Errorf("Public() = %+v", got)
	}
}

func TestNobodySaysItIsOverWhilePeopleAreHurt(t *testing.T) {
	i := Incident{Record: incident.Record{Open: true}, Words: []Word{{Key: "x/1", Version: 1, Word: incident.Word{State: incident.Resolved, Public: true}}}}
	if got := i.State(); got != incident.Monitoring {
		t.Errorf("State() = %s while people are hurt", got)
	}
	i.Open, i.Words[0].State = false, incident.Investigating
	if got := i.State(); got != incident.Resolved {
		t.Errorf("State() = %s when nobody is", got)
	}
}

func TestAnswersAreKeptAndAskedForOnce(t *testing.T) {
	h := of(hurtBoard(), nil)
	first := ask(h, "/status", func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip") })
	if first.Header().Get("Content-Encoding") != "gzip" || !strings.Contains(first.Header().Get("Cache-Control"), "max-age=") {
		t.Errorf("headers %v", first.Header())
	}
	if first.Body.Len() > 100_000 {
		t.Errorf("the page has %d bytes compressed", first.Body.Len())
	}
	again := ask(h, "/status", func(r *http.Request) {
		r.Header.Set("Accept-Encoding", "gzip")
		r.Header.Set("If-None-Match", first.Header().Get("ETag"))
	})
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("asked again: %d with %d bytes", again.Code, again.Body.Len())
	}
}

func TestPagesHaveTheirOwnNames(t *testing.T) {
	h := of(hurtBoard(), func(o *Options) {
		o.Pages = []Page{
			{Name: "all", Title: "Everything"},
			{Name: "shop", Title: "Shop & Co", Hosts: []string{"Status.Shop.example"}, Components: []Shown{{Name: "Looking", Journey: "/search"}, {Name: "Gone", Journey: "/gone"}}, Tongues: []look.Tongue{look.NL}, Logo: []byte("<svg onload='x'/>")},
		}
	})
	atHost := func(r *http.Request) { r.Host = "status.shop.example:443" }
	for path, want := range map[string]string{"/status": "Everything", "/status/all": "Everything", "/status/shop": "Looking", "/status/shop/api/v2/summary.json": "Looking", "/status/shop/feed.atom": "Shop &amp; Co"} {
		if got := ask(h, path, nil); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), want) {
			t.Errorf("%s: %d without %q", path, got.Code, want)
		}
	}
	body := ask(h, "/", atHost).Body.String()
	for _, want := range []string{`lang="nl"`, "Looking", `href="/history"`, `href="https://status.shop.example/"`, `alt="Shop &amp; Co"`, "niemand in het afgelopen uur"} {
		if !strings.Contains(body, want) {
			t.Errorf("at its own name the page lacks %q", want)
		}
	}
	if strings.Contains(body, "Checkout") || strings.Contains(body, "2026-11-26-1140") {
		t.Error("a page shows what is for another one")
	}
	if got := ask(h, "/incidents/2026-11-20-0900", atHost); got.Code != http.StatusOK {
		t.Errorf("an incident at the name of a page: %d", got.Code)
	}
}

func TestOddRequests(t *testing.T) {
	h := of(hurtBoard(), nil)
	for _, path := range []string{"/status/nothing", "/status/incidents/../../x", "/status/incidents/2026-11-19-0900", "/badge/x.svg", "/badge/", "/api/v2/users.json", "/status/history/x", "/status/assets/x/../../salt"} {
		if got := ask(h, path, nil); got.Code != http.StatusNotFound && got.Code != http.StatusTemporaryRedirect {
			t.Errorf("%s: %d", path, got.Code)
		}
	}
	r := httptest.NewRequest(http.MethodDelete, "/status", http.NoBody)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("DELETE: %d", w.Code)
	}
}

func TestFeedsAreRead(t *testing.T) {
	h := of(hurtBoard(), nil)
	for _, path := range []string{"/status.atom", "/status.rss", "/status.json", "/status/feed.atom"} {
		w := ask(h, path, nil)
		f, err := gofeed.NewParser().Parse(w.Body)
		if err != nil || len(f.Items) != 4 {
			t.Errorf("%s: %v, %+v", path, err, f)
			continue
		}
		text := ""
		for _, item := range f.Items {
			text += item.Title + item.Content + item.Description
			if item.GUID == "" || item.Link == "" || item.PublishedParsed == nil && item.UpdatedParsed == nil {
				t.Errorf("%s: item %+v", path, item)
			}
		}
		if !strings.Contains(text, "Checkout") || strings.Contains(text, "db-7") || strings.Contains(text, "<script>alert") && strings.Contains(text, "<p><small>"+nasty) {
			t.Errorf("%s: %s", path, text)
		}
	}
}

func TestBadgesAndCalendarAreWellFormed(t *testing.T) {
	h := of(hurtBoard(), func(o *Options) { o.Pages = []Page{{Title: nasty}} })
	var shield map[string]any
	if err := json.Unmarshal(ask(h, "/badge/days.json", nil).Body.Bytes(), &shield); err != nil || shield["message"] != "0 of 2" || shield["schemaVersion"] != 1.0 || len(shield) != 6 {
		t.Errorf("shield %v, %v", shield, err)
	}
	for _, name := range []string{"status", "days", shortID("/checkout")} {
		d := xml.NewDecoder(ask(h, "/badge/"+name+".svg", nil).Body)
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("badge %s: %v", name, err)
			}
		}
	}
	body := ask(h, "/status.ics", nil).Body.Bytes()
	if _, err := ical.Parse(body, ical.Options{}); err != nil {
		t.Errorf("calendar: %v\n%s", err, body)
	}
	if !strings.Contains(string(body), "STATUS:CANCELLED") || strings.Count(string(body), "BEGIN:VEVENT") != 2 {
		t.Errorf("calendar says %s", body)
	}
}
