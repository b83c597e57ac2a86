package web

import (
	"bytes"
	"log/slog"
	"net/http"

	"github.com/honderd/honderd/look"
)

// Trouble says what went wrong, for ShowTrouble.
type Trouble struct {
	Status int
	Why    string      // with the way out; "": what the status says
	Tongue look.Tongue // for who does not say
}

// ShowTrouble answers with a calm page of ours, in the language of who reads: for what a
// page cannot answer itself.
func ShowTrouble(w http.ResponseWriter, r *http.Request, t Trouble) {
	protect(w.Header())
	d := dashboard{Options: Options{Tongue: t.Tongue}}
	d.trouble(w, r, t.Status, t.Why)
}

// trouble answers with a page that says what went wrong.
func (d dashboard) trouble(w http.ResponseWriter, r *http.Request, status int, why string) {
	var b bytes.Buffer
	w.Header().Set("Cache-Control", "no-store")
	if err := pages.ExecuteTemplate(&b, "lost", sheet{R: look.For(d.tongue(w, r), d.Zone), Status: status, Why: why}); err != nil {
		http.Error(w, "This page could not be made. The log of honderd says why.", status)
		return
	}
	send(w, r, status, "text/html; charset=utf-8", b.Bytes())
}

// caught answers with a calm page when our own mistake ends an answer.
func (d dashboard) caught(next http.Handler) http.Handler {
	log := d.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			wrong := recover()
			if wrong == nil {
				return
			}
			if wrong == http.ErrAbortHandler { //nolint:errorlint // as net/http compares it
				panic(wrong)
			}
			log.Error("a page ended by a mistake of ours", "path", r.URL.Path, "mistake", wrong)
			d.trouble(w, r, http.StatusInternalServerError, "") // what was sent already cannot be taken back
		}()
		next.ServeHTTP(w, r)
	})
}
