package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/view"
)

// TestThePageOfWhatComesIn wants who sends, what was refused and how to connect one more, with
// the address that the reader uses, in both languages.
func TestThePageOfWhatComesIn(t *testing.T) {
	ways := []Way{
		{Kind: WayPush, Keyed: true, Senders: []Sender{{Name: "push", Came: 1234, Last: time.UnixMilli(1795464069000)}}, Refused: []Drop{{Reason: "key", Count: 2}, {Reason: "too large", Count: 7}}},
		{Kind: WayMetrics, Keyed: true, Senders: []Sender{{Name: "Prometheus/3.0 · <b>", Came: 5, Trouble: "the disk is <full>"}}},
		{Kind: WayTraces, At: []string{"0.0.0.0:4317", "0.0.0.0:4318"}, Refused: []Drop{{Reason: "unreadable", Count: 1}}},
		{Kind: WaySyslog, At: []string{"unixgram:///run/log"}},
		{Kind: WayVantages},
	}
	h := New(Options{Answers: func() (view.Answer, time.Time) { return view.Answer{}, time.Unix(1767225600, 0) }, Ways: func() []Way { return ways }})
	page := func(lang string) string {
		r := httptest.NewRequest(http.MethodGet, "http://localhost:8100/sources?lang="+lang, nil)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return w.Body.String()
	}
	en := page("en")
	for _, want := range []string{
		"One sender tells how it is.", "1,234", "too large <small>7 times</small>, key", "Nobody was let in yet.", "nothing yet", "the disk is &lt;full&gt;",
		"Authorization: Bearer KEY", "http://localhost:8100/api/v1/write", "credentials: KEY", "OTLP_ENDPOINT=http://localhost:4318", "syslog:server=unix:/run/log combined;", "--join http://localhost:8100",
		`href="/sources"`,
	} {
		if !strings.Contains(en, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if nl := page("nl"); !strings.Contains(nl, "Eén afzender vertelt hoe het is.") || !strings.Contains(nl, "Sluit er nog een aan") {
		t.Error("the page is not in Dutch")
	}
	for i := range ways {
		ways[i].Senders, ways[i].Refused = nil, nil
	}
	if empty := page("en"); !strings.Contains(empty, "Nothing comes in yet.") || !strings.Contains(empty, "Any program can say how a step of a person went.") {
		t.Error("an empty page teaches nothing")
	}
}
