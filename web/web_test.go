package web

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/view"
)

// asOf is now in the tests.
func asOf() time.Time { return time.Date(2025, 5, 17, 14, 37, 0, 0, time.UTC) }

// someone is a period of two hours in which 1 of 312 people was hurt, just now.
func someone() view.Answer {
	hour := asOf().Truncate(time.Hour)
	return view.Answer{
		Source: view.Source{Lines: 900, Parsed: 900},
		Period: view.Period{From: new(hour.Add(-time.Hour)), To: new(asOf())}, CutoffSeconds: 1800, FinalUntil: new(asOf().Add(-30 * time.Minute)),
		People:     view.People{Active: 500, Flawless: 499, Hurt: 1, FlawlessShare: new(0.998), Interval95: [2]*float64{new(0.9887), new(0.9996)}},
		FeltUptime: view.Uptime{Ratio: new(0.9991)},
		Windows:    []view.Window{{Minutes: 60, Worst: new(0.99), From: new(hour), People: 312}},
		Causes:     []view.Cause{{Cause: "too_slow", Count: 1}},
		Latest:     []view.Bad{{At: asOf(), Step: "GET /<b>pay</b>", Cause: "too_slow", WaitMS: 9000}},
		Hours:      []view.Hour{{From: hour.Add(-time.Hour), Active: 204, Flawless: 204}, {From: hour, Active: 312, Flawless: 311}},
	}
}

// showing returns a dashboard of a.
func showing(a view.Answer, more func(*Options)) http.Handler {
	o := Options{Answers: func() (view.Answer, time.Time) { return a, asOf() }}
	if more != nil {
		more(&o)
	}
	return New(o)
}

// ask returns the answer to a request; change may alter it before it is sent.
func ask(h http.Handler, method, target string, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.Host = "localhost:8100"
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestFirstScreenAnswersHowItIsNow(t *testing.T) {
	w := ask(showing(someone(), func(o *Options) {
		o.State = func() State {
			return State{Sources: []SourceState{{Name: "/var/log/x.log", Detail: "following", LastLine: asOf().Add(-time.Minute), Trouble: "permission denied"}}}
		}
	}), "GET", "/", nil)
	body := w.Body.String()
	for _, want := range []string{
		"Now, since 14:00", "311 of 312 people had a flawless time.", "The hour before: All 204 people", "499 of 500 people",
		"Final until Sat 17 May 14:07", "Slower than patience", "GET /&lt;b&gt;pay&lt;/b&gt;", "last line 1 min ago", "permission denied", `data-live="live"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("dashboard lacks %q", want)
		}
	}
	for _, bad := range []string{"ZgotmplZ", "%!", " style=", "<style", "onclick", "<no value>"} {
		if strings.Contains(body, bad) {
			t.Errorf("dashboard contains %q", bad)
		}
	}
}

func TestNobodyNowIsNotAHundred(t *testing.T) {
	a := someone()
	a.Hours = a.Hours[:0]
	if body := ask(showing(a, nil), "GET", "/", nil).Body.String(); !strings.Contains(body, "Nobody is here at the moment, so nothing is measured.") {
		t.Errorf("an empty hour is not said to be unmeasured")
	}
}

func TestEmptyDashboardTeaches(t *testing.T) {
	listening := func(o *Options) { o.State = func() State { return State{Sources: []SourceState{{Name: "x.log"}}} } }
	tests := []struct {
		name string
		give view.Answer
		more func(*Options)
		want string
	}{
		{"nothing", view.Answer{}, nil, "honderd serve /var/log/nginx/access.log"},
		{"listening", view.Answer{}, listening, "Listening. Nobody has been here yet."},
		{"unreadable", view.Answer{Source: view.Source{Lines: 5, Rejected: 5, Rejects: []view.Reject{{Reason: "no time", Count: 5}}}}, listening, "5 times: no time"},
	}
	for _, tt := range tests {
		if body := ask(showing(tt.give, tt.more), "GET", "/", nil).Body.String(); !strings.Contains(body, tt.want) {
			t.Errorf("%s: page lacks %q", tt.name, tt.want)
		}
	}
}

func TestFragmentIsTheMainOfThePage(t *testing.T) {
	h := showing(someone(), nil)
	page, part := ask(h, "GET", "/", nil).Body.String(), ask(h, "GET", "/?fragment=1", nil).Body.String()
	if !strings.HasPrefix(part, "<main id=\"main\">") || !strings.Contains(page, part) {
		t.Errorf("fragment is not the main of the page")
	}
}

func TestReportIsWhatTheCommandWrites(t *testing.T) {
	var want bytes.Buffer
	if err := someone().WriteJSON(&want); err != nil {
		t.Fatal(err)
	}
	w := ask(showing(someone(), nil), "GET", "/api/v1/report", nil)
	if w.Header().Get("Content-Type") != "application/json" || !bytes.Equal(w.Body.Bytes(), want.Bytes()) || !json.Valid(w.Body.Bytes()) {
		t.Errorf("report = %s", w.Body)
	}
}

func TestHeadersProtectTheReader(t *testing.T) {
	for _, target := range []string{"/", "/api/v1/report", "/nowhere", "/-/healthy"} {
		h := ask(showing(someone(), nil), "GET", target, nil).Header()
		if h.Get("Content-Security-Policy") != policy || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", target, h)
		}
	}
}

func TestStatusOfEveryAddress(t *testing.T) {
	full := func(o *Options) { o.State = func() State { return State{Full: true} } }
	tests := []struct {
		method, target string
		more           func(*Options)
		want           int
	}{
		{"GET", "/", nil, 200}, {"HEAD", "/", nil, 200}, {"POST", "/", nil, 405}, {"DELETE", "/api/v1/report", nil, 405},
		{"GET", "/nowhere", nil, 404}, {"GET", "/-/healthy", nil, 200}, {"GET", "/-/ready", nil, 200}, {"GET", "/-/ready", full, 503},
		{"GET", link("honderd.css"), nil, 200}, {"GET", link("honderd.js"), nil, 200}, {"GET", link("favicon.svg"), nil, 200},
		{"GET", "/assets/000000000000/honderd.css", nil, 404}, {"GET", "/assets/x/..%2flook.go", nil, 404}, {"GET", "/favicon.ico", nil, 302},
	}
	for _, tt := range tests {
		w := ask(showing(someone(), tt.more), tt.method, tt.target, nil)
		if w.Code != tt.want {
			t.Errorf("%s %s = %d, want %d", tt.method, tt.target, w.Code, tt.want)
		}
		if tt.method == "HEAD" && w.Body.Len() > 0 {
			t.Errorf("HEAD has a body")
		}
		if w.Code == 405 && w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s %s: Allow = %q", tt.method, tt.target, w.Header().Get("Allow"))
		}
	}
	if c := ask(showing(someone(), nil), "GET", link("honderd.css"), nil).Header().Get("Cache-Control"); !strings.Contains(c, "immutable") {
		t.Errorf("Cache-Control of an asset = %q", c)
	}
}

func TestOnlyOurOwnNamesAreAnswered(t *testing.T) {
	tests := []struct {
		host  string
		hosts []string
		want  int
	}{
		{"localhost:8100", nil, 200}, {"127.0.0.1:8100", nil, 200}, {"[::1]:8100", nil, 200}, {"[::1]", nil, 200}, {"LOCALHOST.", nil, 200},
		{"evil.example:8100", nil, 421}, {"localhost.evil.example", nil, 421}, {"10.0.0.7", nil, 421}, {"", nil, 421},
		{"honderd.example", []string{"honderd.example:443"}, 200}, {"evil.example", []string{"honderd.example"}, 421},
	}
	for _, tt := range tests {
		h := showing(someone(), func(o *Options) { o.Hosts = tt.hosts })
		if got := ask(h, "GET", "/api/v1/report", func(r *http.Request) { r.Host = tt.host }).Code; got != tt.want {
			t.Errorf("Host %q with %v = %d, want %d", tt.host, tt.hosts, got, tt.want)
		}
	}
}

func TestLanguageOfTheReader(t *testing.T) {
	tests := []struct {
		name, target, accept, cookie string
		ours                         look.Tongue
		want                         string
	}{
		{"ours", "/", "", "", look.NL, "nl"}, {"browser", "/", "de, nl-BE;q=0.8, en;q=0.5", "", look.EN, "nl"},
		{"cookie", "/", "nl", "en", look.NL, "en"}, {"chosen", "/?lang=nl", "en", "en", look.EN, "nl"}, {"not ours", "/?lang=xx", "fr", "", look.EN, "en"},
	}
	for _, tt := range tests {
		w := ask(showing(someone(), func(o *Options) { o.Tongue = tt.ours }), "GET", tt.target, func(r *http.Request) {
			r.Header.Set("Accept-Language", tt.accept)
			if tt.cookie != "" {
				r.AddCookie(&http.Cookie{Name: tongueCookie, Value: tt.cookie})
			}
		})
		if !strings.Contains(w.Body.String(), `<html lang="`+tt.want+`">`) {
			t.Errorf("%s: want %s", tt.name, tt.want)
		}
		if got := strings.Contains(w.Header().Get("Set-Cookie"), tongueCookie+"=nl"); got != (tt.name == "chosen") {
			t.Errorf("%s: language kept = %v", tt.name, got)
		}
	}
}

func TestPagesAreCompressedForWhoCanReadThat(t *testing.T) {
	h := showing(someone(), nil)
	w := ask(h, "GET", "/", func(r *http.Request) { r.Header.Set("Accept-Encoding", "br, gzip") })
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(z); err != nil || !bytes.Contains(body, []byte("<main id=\"main\">")) {
		t.Errorf("compressed page: %v", err)
	}
	if w := ask(h, "GET", "/", func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip;q=0") }); w.Header().Get("Content-Encoding") != "" {
		t.Errorf("compressed for who refused it")
	}
}

func TestOpenPagesAreToldOfAChange(t *testing.T) {
	changes := make(chan struct{}, 1)
	ended := make(chan struct{})
	s := httptest.NewServer(showing(someone(), func(o *Options) {
		o.Notify = func(ctx context.Context) <-chan struct{} {
			context.AfterFunc(ctx, func() { close(ended) })
			return changes
		}
	}))
	defer s.Close()
	r, err := s.Client().Get(s.URL + "/live")
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("Content-Type = %q", got)
	}
	changes <- struct{}{}
	lines := bufio.NewScanner(r.Body)
	for lines.Scan() && lines.Text() != "event: changed" {
	}
	if lines.Err() != nil || lines.Text() != "event: changed" {
		t.Errorf("no change told: %q %v", lines.Text(), lines.Err())
	}
	if err := r.Body.Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the stream does not end with its page")
	}
}
