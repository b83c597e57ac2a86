package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/view"
)

// What goes wrong is said calmly, in the language of who reads, and says nothing from inside.
func TestTroubleIsSaidCalmly(t *testing.T) {
	broken := New(Options{Answers: func() (view.Answer, time.Time) { panic("db-7 secret") }})
	ask := func(h http.Handler, path, language string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host = "localhost"
		r.Header.Set("Accept-Language", language)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for language, want := range map[string]string{"en": "This page could not be made.", "nl": "Deze pagina kon niet worden gemaakt."} {
		w := ask(broken, "/", language)
		if body := w.Body.String(); w.Code != http.StatusInternalServerError || !strings.Contains(body, want) || strings.Contains(body, "secret") || !strings.Contains(body, `lang="`+language+`"`) {
			t.Errorf("a mistake of ours: %d %.300s", w.Code, body)
		}
	}
	for status, want := range map[int]string{403: "Dat is niet voor u.", 404: "Op dit adres is niets.", 429: "Dat werd te vaak gevraagd.", 500: "Deze pagina kon niet", 503: "buiten werking"} {
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ShowTrouble(w, r, Trouble{Status: status, Why: map[bool]string{true: "only what is of your team is shown to you (fix: see /team)"}[status == 403], Tongue: look.NL})
		})
		w := ask(h, "/", "")
		if body := w.Body.String(); w.Code != status || !strings.Contains(body, want) || w.Header().Get("Content-Security-Policy") == "" || status == 403 && !strings.Contains(body, "u ziet alleen wat van uw team is") {
			t.Errorf("%d: %d %.900s", status, w.Code, body)
		}
	}
}

// Each page of the menu has a letter of its own.
func TestEachLetterLeadsToOnePage(t *testing.T) {
	seen := map[string]string{"w": "the wall"}
	s := sheet{desk: true, chain: true, gateway: func() view.Gateway { return view.Gateway{} }, people: true, tenants: true, Visitor: Visitor{Role: "admin"}, Crew: view.Crew{Teams: []view.Owner{{Name: "a"}}}}
	menu := s.Menu()
	for _, e := range menu {
		if e.Key == "" || seen[e.Key] != "" {
			t.Errorf("%s has the letter %q, as %s", e.Name, e.Key, seen[e.Key])
		}
		seen[e.Key] = e.Name
	}
	if len(menu) < 11 {
		t.Errorf("%d pages in the menu", len(menu))
	}
}
