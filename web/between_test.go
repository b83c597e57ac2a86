package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/money"
	"github.com/honderd/honderd/view"
	"github.com/honderd/honderd/warning"
)

func TestFirstScreenAnswersTheFourQuestions(t *testing.T) {
	a := someone()
	a.Moments = []view.Moment{{Name: "evening", Good: 2, Bad: 1, Occurrences: []view.Occurrence{
		{From: asOf().Add(-26 * time.Hour), To: asOf().Add(-24 * time.Hour), Verdict: view.BadTime, People: view.People{Active: 50, Hurt: 3}},
	}}}
	a.Masked = view.Masked{Faults: 1233, By: map[string]int64{"retry": 1233}}
	hour := int64(time.Hour / time.Millisecond)
	more := func(o *Options) {
		o.Coming = func() view.Coming {
			return view.Coming{
				Moments: []view.ComingMoment{{Name: "evening", From: asOf().Add(4 * time.Hour), To: asOf().Add(6 * time.Hour), Expected: new(int64(1240)), Planned: "new <b>database</b>"}},
				Planned: []incident.Planned{{Title: "move", From: asOf().Add(time.Hour), To: asOf().Add(2 * time.Hour)}},
				Warnings: []view.Warning{
					{Kind: warning.Disk, What: "/data <b>", Owner: "storage", At: new(asOf().Add(8 * time.Hour)), Earliest: new(asOf().Add(7 * time.Hour)), Latest: new(asOf().Add(9 * time.Hour)), Silent: true},
					{Kind: warning.Queue, What: "mails"},
				},
			}
		}
		o.Meter = func() view.Meter {
			return view.Meter{
				Rated: true, Running: &view.Lost{From: asOf().Add(-time.Hour), To: asOf(), TimeMS: new(3 * hour), Money: &money.Range{Currency: "EUR", Low: 60, High: 135}, Running: true},
				Day: view.Lost{TimeMS: new(4 * hour)}, Month: view.Lost{},
			}
		}
	}
	body := ask(showing(a, more), "GET", "/", nil).Body.String()
	for _, want := range []string{
		"When it mattered", `<li data-verdict="bad"><a href="/between/20250516T1237Z/20250516T1437Z"`, "2 good, 1 bad, 0 not measured.",
		"What is coming", "about 1,240 people expected", "new &lt;b&gt;database&lt;/b&gt;", "Planned work",
		"/data &lt;b&gt;", "the disk is full then, if it goes on like this", "of storage", "not measured for a while", "nobody knows when", "what waits keeps growing",
		"1,233 faults", "What it cost", "3 h", "€\u00a060 to €\u00a0135", "30 days: not measured",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the first screen lacks %q", want)
		}
	}
	body = ask(showing(someone(), func(o *Options) {
		o.Coming, o.Meter = func() view.Coming { return view.Coming{} }, func() view.Meter { return view.Meter{Day: view.Lost{TimeMS: new(hour)}} }
	}), "GET", "/", nil).Body.String()
	for _, want := range []string{"honderd moments suggest", "honderd planned add", "cost: {hour: 25-60}", "No fault is known that was hidden"} {
		if !strings.Contains(body, want) {
			t.Errorf("an empty answer does not teach %q", want)
		}
	}
}

func TestBehindANumberStandsWhatItCameFrom(t *testing.T) {
	h := showing(someone(), nil)
	w := ask(h, "GET", "/between/20250516T0000Z/20250517T0000Z", nil)
	if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(body, "Nobody was measured in this time, so nothing is known.") || strings.Contains(body, "100%%") {
		t.Errorf("a time without anybody answers %d %s", w.Code, body)
	}
	for _, bad := range []string{"/between/20250517T0000Z/20250516T0000Z", "/between/now/20250516T0000Z", "/between/20250516T0000Z/20250517T0000Z?by=journey&of=nothing"} {
		if w := ask(h, "GET", bad, nil); w.Code != http.StatusNotFound {
			t.Errorf("%s answers %d, want 404", bad, w.Code)
		}
	}
}
