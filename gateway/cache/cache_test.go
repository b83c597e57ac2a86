package cache

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func header(fields ...string) http.Header {
	h := http.Header{}
	for i := 0; i+1 < len(fields); i += 2 {
		h.Add(fields[i], fields[i+1])
	}
	return h
}

func get(fields ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://a/page", nil)
	r.Header = header(fields...)
	return r
}

func TestWhatMayBeKeptAndGiven(t *testing.T) {
	tests := []struct {
		name    string
		request []string
		answer  []string
		after   time.Duration
		next    []string
		use     Use
		err     bool
	}{
		{"fresh", nil, []string{"Cache-Control", "max-age=10"}, 5 * time.Second, nil, Fresh, true},
		{"old", nil, []string{"Cache-Control", "max-age=10"}, 10 * time.Second, nil, Ask, false},
		{"nothing said", nil, nil, 0, nil, Miss, false},
		{"no-store", nil, []string{"Cache-Control", "no-store, max-age=10"}, 0, nil, Miss, false},
		{"private", nil, []string{"Cache-Control", `private="x", max-age=10`}, 0, nil, Miss, false},
		{"a comma in quotes", nil, []string{"Cache-Control", `ext="a, no-store", max-age=10`}, 0, nil, Fresh, true},
		{"shared age wins", nil, []string{"Cache-Control", "max-age=10, s-maxage=1"}, 5 * time.Second, nil, Ask, false},
		{"expires", nil, []string{"Date", "Tue, 24 Nov 2026 10:00:00 GMT", "Expires", "Tue, 24 Nov 2026 10:00:10 GMT"}, 5 * time.Second, nil, Fresh, true},
		{"expires without sense", nil, []string{"Expires", "0", "Etag", `"a"`}, 0, nil, Ask, false},
		{"age counts", nil, []string{"Cache-Control", "max-age=10", "Age", "8"}, 3 * time.Second, nil, Ask, false},
		{"no-cache", nil, []string{"Cache-Control", "no-cache, max-age=10", "Etag", `"a"`}, 0, nil, Ask, false},
		{"stale-if-error", nil, []string{"Cache-Control", "max-age=1, stale-if-error=10"}, 5 * time.Second, nil, Ask, true},
		{"stale-if-error is over", nil, []string{"Cache-Control", "max-age=1, stale-if-error=10"}, 12 * time.Second, nil, Ask, false},
		{"must-revalidate forbids", nil, []string{"Cache-Control", "max-age=1, stale-if-error=10, must-revalidate"}, 5 * time.Second, nil, Ask, false},
		{"stale-while-revalidate", nil, []string{"Cache-Control", "max-age=1, stale-while-revalidate=10"}, 5 * time.Second, nil, Old, false},
		{"the client wants it new", nil, []string{"Cache-Control", "max-age=10"}, 0, []string{"Cache-Control", "no-cache"}, Ask, true},
		{"pragma", nil, []string{"Cache-Control", "max-age=10"}, 0, []string{"Pragma", "no-cache"}, Ask, true},
		{"the client wants it newer", nil, []string{"Cache-Control", "max-age=10"}, 5 * time.Second, []string{"Cache-Control", "max-age=3"}, Ask, true},
		{"the client takes it old", nil, []string{"Cache-Control", "max-age=1"}, 5 * time.Second, []string{"Cache-Control", "max-stale=10"}, Fresh, false},
		{"min-fresh", nil, []string{"Cache-Control", "max-age=10"}, 5 * time.Second, []string{"Cache-Control", "min-fresh=8"}, Ask, true},
		{"only-if-cached", nil, nil, 0, []string{"Cache-Control", "only-if-cached"}, Refused, false},
		{"vary fits", []string{"Accept-Language", "nl"}, []string{"Cache-Control", "max-age=10", "Vary", "accept-language"}, 0, []string{"Accept-Language", "nl"}, Fresh, true},
		{"vary does not", []string{"Accept-Language", "nl"}, []string{"Cache-Control", "max-age=10", "Vary", "Accept-Language"}, 0, []string{"Accept-Language", "en"}, Miss, false},
		{"a date with one digit", nil, []string{"Date", "Tue, 24 Nov 2026 10:00:00 GMT", "Expires", "Tue, 24 Nov 2026 9:00:10 GMT", "Etag", `"a"`}, 0, nil, Ask, false},
		{"targeted wins", nil, []string{"Cache-Control", "max-age=100", "Cdn-Cache-Control", "max-age=1", "Expires", "Tue, 24 Nov 2099 10:00:00 GMT", "Etag", `"a"`}, 5 * time.Second, nil, Ask, false},
		{"targeted allows", nil, []string{"Cache-Control", "no-store", "Cdn-Cache-Control", "max-age=10"}, 5 * time.Second, nil, Fresh, true},
		{"targeted forbids", nil, []string{"Cache-Control", "max-age=10", "Cdn-Cache-Control", "private"}, 0, nil, Miss, false},
		{"targeted without sense", nil, []string{"Cache-Control", "max-age=10", "Cdn-Cache-Control", "max-age=&"}, 5 * time.Second, nil, Fresh, true},
		{"vary star", nil, []string{"Cache-Control", "max-age=10", "Vary", "*"}, 0, nil, Miss, false},
		{"authorization", []string{"Authorization", "x"}, []string{"Cache-Control", "max-age=10"}, 0, nil, Miss, false},
		{"authorization, public", []string{"Authorization", "x"}, []string{"Cache-Control", "public, max-age=10"}, 0, nil, Fresh, true},
		{"a cookie", []string{"Cookie", "a"}, []string{"Cache-Control", "max-age=10"}, 0, nil, Miss, false},
		{"for somebody with a cookie", nil, []string{"Cache-Control", "max-age=10"}, 0, []string{"Cookie", "a"}, Miss, false},
		{"sets a cookie", nil, []string{"Cache-Control", "public, max-age=10", "Set-Cookie", "a=b"}, 0, nil, Miss, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := New(1 << 20)
			now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
			s.Keep(get(tt.request...), "k", 200, header(tt.answer...), []byte("x"), now, now)
			if p := s.Plan(get(tt.next...), "k", now.Add(tt.after)); p.Use != tt.use || p.Error != tt.err {
				t.Errorf("Plan() = %v, error %v; want %v, %v", p.Use, p.Error, tt.use, tt.err)
			}
		})
	}
}

func TestPartsAndConditions(t *testing.T) {
	s := New(1 << 20)
	now := time.Now()
	s.Keep(get(), "k", 200, header("Cache-Control", "max-age=10", "Etag", `"a"`, "Last-Modified", "Tue, 24 Nov 2026 10:00:00 GMT"), []byte("0123456789"), now, now)
	e := s.Plan(get(), "k", now).Entry
	for _, tt := range []struct {
		fields []string
		status int
		body   string
	}{
		{nil, 200, "0123456789"},
		{[]string{"If-None-Match", `"b", W/"a"`}, 304, ""},
		{[]string{"If-None-Match", `"b"`}, 200, "0123456789"},
		{[]string{"If-Modified-Since", "Tue, 24 Nov 2026 10:00:00 GMT"}, 304, ""},
		{[]string{"If-Modified-Since", "Tue, 24 Nov 2026 09:00:00 GMT"}, 200, "0123456789"},
		{[]string{"Range", "bytes=2-4"}, 206, "234"},
		{[]string{"Range", "bytes=7-"}, 206, "789"},
		{[]string{"Range", "bytes=-3"}, 206, "789"},
		{[]string{"Range", "bytes=10-"}, 416, ""},
		{[]string{"Range", "bytes=1-2,4-5"}, 200, "0123456789"},
		{[]string{"Range", "bytes=2-4", "If-Range", `"b"`}, 200, "0123456789"},
		{[]string{"Range", "bytes=2-4", "If-Range", `"a"`}, 206, "234"},
		{[]string{"Range", "lines=1-2"}, 200, "0123456789"},
	} {
		if a := e.Answer(get(tt.fields...), now); a.Status != tt.status || string(a.Body) != tt.body {
			t.Errorf("%v: %d %q, want %d %q", tt.fields, a.Status, a.Body, tt.status, tt.body)
		}
	}
}

func TestChangesAreForgotten(t *testing.T) {
	s := New(1 << 20)
	now := time.Now()
	keep := func() {
		s.Keep(get(), "http://a/page", 200, header("Cache-Control", "max-age=10"), []byte("x"), now, now)
		s.Keep(get(), "http://a/other", 200, header("Cache-Control", "max-age=10"), []byte("x"), now, now)
	}
	post := httptest.NewRequest(http.MethodPost, "http://a/page", nil)
	keep()
	if s.Changed(post, "http://a/page", "http", 500, header()); s.Plan(get(), "http://a/page", now).Use != Fresh {
		t.Error("a POST that failed changed something")
	}
	s.Changed(post, "http://a/page", "http", 201, header("Location", "/other"))
	if s.Plan(get(), "http://a/page", now).Use != Miss || s.Plan(get(), "http://a/other", now).Use != Miss {
		t.Error("what a POST changed is still given")
	}
	keep()
	s.Changed(post, "x", "http", 201, header("Location", "http://evil/other"))
	if s.Plan(get(), "http://a/other", now).Use != Fresh {
		t.Error("another host's word counted")
	}
}

func TestAStoreNeverHoldsMoreThanItMay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New(64 << 10)
		now := time.Now()
		for range rapid.IntRange(1, 60).Draw(t, "n") {
			key := fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "key"))
			r := get("Accept-Language", fmt.Sprint(rapid.IntRange(0, 3).Draw(t, "language")))
			s.Keep(r, key, 200, header("Cache-Control", "max-age=10", "Vary", "Accept-Language"), make([]byte, rapid.IntRange(0, 20<<10).Draw(t, "size")), now, now)
			if p := s.Plan(r, key, now); p.Entry != nil && !p.Entry.fits(r) {
				t.Fatal("another's answer was given")
			}
			size, n := s.Size()
			sum := int64(0)
			for el := s.order.Front(); el != nil; el = el.Next() {
				sum += el.Value.(*Entry).size()
			}
			if size > 64<<10 || sum != size || n != s.order.Len() {
				t.Fatalf("%d bytes are said to be kept, %d are", size, sum)
			}
		}
	})
}

func FuzzDirectives(f *testing.F) {
	f.Add(`max-age=1, private="a, b", x`)
	f.Fuzz(func(t *testing.T, text string) {
		for name := range parse(header("Cache-Control", text)) {
			if name == "" {
				t.Error("a directive without a name")
			}
		}
	})
}
