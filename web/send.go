package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/honderd/honderd/internal/kept"
	"github.com/honderd/honderd/look"
)

// send answers with body, compressed when the browser can read that.
func send(w http.ResponseWriter, r *http.Request, status int, media string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", media)
	if status == http.StatusOK {
		kept.Pack(body).Send(w, r)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the browser has gone: nobody is left to tell
	}
}

// weighed reads "nl;q=0.8": a name and how much it is wanted, 0 to 1.
func weighed(part string) (string, float64) {
	name, parameters, _ := strings.Cut(part, ";")
	_, q, found := strings.Cut(parameters, "q=")
	quality, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
	if !found || err != nil {
		quality = 1
	}
	return strings.TrimSpace(name), quality
}

// tongueCookie keeps the language that somebody chose.
const tongueCookie = "honderd_lang"

// tongue returns the language of a request: from ?lang=, which is then kept, from the
// cookie, from what the browser asks for, or else ours.
func (d dashboard) tongue(w http.ResponseWriter, r *http.Request) look.Tongue {
	w.Header().Add("Vary", "Accept-Language, Cookie")
	if t, ok := look.ParseTongue(r.URL.Query().Get("lang")); ok {
		http.SetCookie(w, &http.Cookie{Name: tongueCookie, Value: t.String(), Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode})
		return t
	}
	if c, err := r.Cookie(tongueCookie); err == nil {
		if t, ok := look.ParseTongue(c.Value); ok {
			return t
		}
	}
	best, most := d.Tongue, 0.0
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		name, quality := weighed(part)
		if t, ok := look.ParseTongue(name); ok && quality > most {
			best, most = t, quality
		}
	}
	return best
}
