package web

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"

	"github.com/honderd/honderd/look"
)

// worthwhile is from how many bytes on it is worth to compress: less fits in one packet.
const worthwhile = 1400

// send answers with body, compressed when the browser can read that.
func send(w http.ResponseWriter, r *http.Request, status int, media string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", media)
	h.Add("Vary", "Accept-Encoding")
	if len(body) >= worthwhile && takesGzip(r.Header.Get("Accept-Encoding")) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(body) // a buffer takes everything
		_ = z.Close()
		h.Set("Content-Encoding", "gzip")
		body = b.Bytes()
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the browser has gone: nobody is left to tell
	}
}

// takesGzip reads an Accept-Encoding header.
func takesGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, quality := weighed(part)
		if (strings.EqualFold(name, "gzip") || name == "*") && quality > 0 {
			return true
		}
	}
	return false
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
