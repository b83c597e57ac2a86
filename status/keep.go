package status

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/honderd/honderd/look"
)

// fresh is for how long others may give our answer without asking again.
const fresh = "public, max-age=10, stale-if-error=300"

// asset sends an embedded file, which may be kept for ever under its version.
func (s *site) asset(w http.ResponseWriter, r *http.Request, name string) {
	if version, ok := strings.CutPrefix(name, "logo/"); ok {
		s.logo(w, r, version)
		return
	}
	version, file := path.Split(name)
	body, media, ok := look.Asset(file)
	if !ok {
		http.NotFound(w, r)
		return
	}
	if strings.Trim(version, "/") == look.AssetVersion(file) {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the reader has gone
	}
}

// logo sends the logo of a page by its version.
func (s *site) logo(w http.ResponseWriter, r *http.Request, version string) {
	for _, p := range s.Pages {
		if len(p.Logo) == 0 || logoVersion(p) != version {
			continue
		}
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox") // an SVG may hold scripts
		w.Header().Set("Content-Type", logoMedia(p.Logo))
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p.Logo))
		return
	}
	http.NotFound(w, r)
}

func logoVersion(p Page) string {
	sum := sha256.Sum256(p.Logo)
	return hex.EncodeToString(sum[:6])
}

// logoMedia returns the media type of a logo.
func logoMedia(logo []byte) string {
	if media := http.DetectContentType(logo); strings.HasPrefix(media, "image/") {
		return media
	}
	return "image/svg+xml"
}

// tongueCookie keeps the language that somebody chose; the dashboard has the same.
const tongueCookie = "honderd_lang"

// tongue returns the language of a request: from ?lang=, which is then kept, from the
// cookie, from what the browser asks for, or else ours; one of those that the page has.
func (s *site) tongue(w http.ResponseWriter, r *http.Request, p *Page) look.Tongue {
	w.Header().Add("Vary", "Accept-Language, Cookie")
	if t, ok := look.ParseTongue(r.URL.Query().Get("lang")); ok && speaks(p, t) {
		http.SetCookie(w, &http.Cookie{Name: tongueCookie, Value: t.String(), Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode})
		return t
	}
	if c, err := r.Cookie(tongueCookie); err == nil {
		if t, ok := look.ParseTongue(c.Value); ok && speaks(p, t) {
			return t
		}
	}
	best, most := s.Tongue, 0.0
	if len(p.Tongues) > 0 && !speaks(p, best) {
		best = p.Tongues[0]
	}
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		name, parameters, _ := strings.Cut(part, ";")
		_, q, found := strings.Cut(parameters, "q=")
		quality, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
		if !found || err != nil {
			quality = 1
		}
		if t, ok := look.ParseTongue(name); ok && speaks(p, t) && quality > most {
			best, most = t, quality
		}
	}
	return best
}

func speaks(p *Page, t look.Tongue) bool {
	return len(p.Tongues) == 0 || slices.Contains(p.Tongues, t)
}
