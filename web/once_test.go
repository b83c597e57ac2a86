package web

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/honderd/honderd/view"
)

func TestAPageIsMadeOnceForAllAndAnewWhenSomethingIsNew(t *testing.T) {
	var version, made atomic.Int64
	people := atomic.Int64{}
	people.Store(500)
	h := New(Options{
		Version: version.Load,
		Answers: func() (view.Answer, time.Time) {
			made.Add(1)
			a := someone()
			a.People.Active = people.Load()
			return a, asOf()
		},
		Who: func(r *http.Request) string { return r.Header.Get("X-Who") },
	})
	get := func(target string, change func(*http.Request)) string {
		return ask(h, "GET", target, change).Body.String()
	}
	until := time.Now().Add(20 * time.Second)
	for before := int64(0); ; before = made.Load() { // a page is kept for seconds: one of two that follow each other is
		first, second := get("/", nil), get("/", nil)
		if first == second && made.Load() == before+1 || time.Now().After(until) {
			if first != second {
				t.Error("two who ask the same get different pages")
			}
			break
		}
	}
	people.Store(777)
	version.Add(1)
	if body := get("/", nil); !strings.Contains(body, "499 of 777") {
		t.Error("what is new is not shown")
	}
	if body := get("/", func(r *http.Request) { r.Header.Set("Accept-Language", "nl") }); !strings.Contains(body, `<html lang="nl">`) {
		t.Error("who reads Dutch gets the page of somebody else")
	}
	before := made.Load()
	get("/", func(r *http.Request) { r.Header.Set("X-Who", "ann") })
	if made.Load() == before {
		t.Error("who may write gets the page of somebody who may not")
	}
	if w := ask(h, "GET", "/?lang=nl", nil); w.Header().Get("Set-Cookie") == "" {
		t.Error("a language that is chosen is not kept")
	}
	for range 2 {
		if w := ask(h, "GET", "/month/2025-99", nil); w.Code != http.StatusNotFound {
			t.Errorf("a month that there is none of answers %d", w.Code)
		}
	}
	w := ask(h, "GET", "/?fragment=1", func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip") })
	again := ask(h, "GET", "/?fragment=1", func(r *http.Request) {
		r.Header.Set("Accept-Encoding", "gzip")
		r.Header.Set("If-None-Match", w.Header().Get("ETag"))
	})
	if again.Code != http.StatusNotModified && again.Header().Get("ETag") == w.Header().Get("ETag") {
		t.Errorf("who has the page already gets %d", again.Code)
	}
}
