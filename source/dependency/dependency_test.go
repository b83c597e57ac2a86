package dependency

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const summary = `{"page":{"id":"x"},"status":{"indicator":"major","description":"Partial <b>outage</b>"},
	"incidents":[{"name":"Payments are slow\n","impact":"major","status":"investigating","shortlink":"javascript:alert(1)","started_at":"2026-11-26T10:00:00+01:00"}]}`

const rss = `<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>
	<item><title>Old</title><pubDate>Wed, 25 Nov 2026 10:00:00 GMT</pubDate><link>https://v.example/1</link></item>
	<item><title>New</title><pubDate>Thu, 26 Nov 2026 10:00:00 +0000</pubDate></item></channel></rss>`

const atom = `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>New</title><published>2026-11-26T10:00:00Z</published><link href="https://v.example/2"/></entry></feed>`

func TestWhatVendorsSay(t *testing.T) {
	s := New(Options{Name: "pay", Statuspage: "https://status.v.example/"}, nil, nil)
	got, err := s.read([]byte(summary))
	if err != nil || got.State != "major" || len(got.Incidents) != 1 || got.Incidents[0].Name != "Payments are slow" || got.Incidents[0].URL != "" || got.Name != "pay" {
		t.Errorf("%+v, %v", got, err)
	}
	if s.address() != "https://status.v.example/api/v2/summary.json" {
		t.Error(s.address())
	}
	f := New(Options{Name: "pay", Feed: "https://v.example/feed"}, nil, nil)
	for text, link := range map[string]string{rss: "", atom: "https://v.example/2"} {
		got, err := f.read([]byte(text))
		if err != nil || got.State != "" || got.Incidents[0].Name != "New" || got.Incidents[0].URL != link || got.Incidents[0].From.Hour() != 10 {
			t.Errorf("%+v, %v", got, err)
		}
	}
	for _, bad := range []string{"", "<html></html>", "{}", `{"status":{"indicator":"fine"}}`, "<rss"} {
		if _, err := s.read([]byte(bad)); err == nil {
			t.Errorf("%q is a status page", bad)
		}
		if _, err := f.read([]byte(bad)); err == nil {
			t.Errorf("%q is a feed", bad)
		}
	}
}

// transport answers without a network.
type transport func(*http.Request) *http.Response

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r), nil }

// Vendors are asked politely: with what they gave before, later after failures, and not
// before the time that they name.
func TestVendorsAreAskedPolitely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []time.Duration
		var kept []Status
		start := time.Now()
		s := New(Options{Name: "pay", Statuspage: "https://v.example"}, func(_ context.Context, one Status) error { kept = append(kept, one); return nil }, slog.New(slog.DiscardHandler))
		s.client.Transport = transport(func(r *http.Request) *http.Response {
			asked = append(asked, time.Since(start))
			code, text, head := http.StatusOK, summary, http.Header{"Etag": {`"1"`}}
			switch n := len(asked); {
			case n > 1 && r.Header.Get("If-None-Match") != `"1"`:
				t.Error("it does not say what it has")
			case n == 2:
				code, text = http.StatusNotModified, ""
			case n == 3:
				code, head = http.StatusTooManyRequests, http.Header{"Retry-After": {"7200"}}
			case n > 3:
				code = http.StatusInternalServerError
			}
			return &http.Response{StatusCode: code, Status: fmt.Sprint(code), Header: head, Body: io.NopCloser(strings.NewReader(text)), Request: r}
		})
		ctx, stop := context.WithTimeout(t.Context(), 12*time.Hour)
		defer stop()
		s.Run(ctx)
		if len(asked) < 6 || len(asked) > 12 || asked[3]-asked[2] < 2*time.Hour {
			t.Errorf("asked at %v", asked)
		}
		if len(kept) != 2 || kept[0].State != "major" || kept[1].State != "" {
			t.Errorf("kept %+v: in the end nothing is known", kept)
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{summary, rss, atom} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, o := range []Options{{Statuspage: "https://v.example"}, {Feed: "https://v.example"}} {
			got, err := New(o, nil, nil).read(body)
			if err == nil && (len(got.Incidents) > most || len(got.Says) > maxText) {
				t.Errorf("%+v", got)
			}
		}
	})
}
