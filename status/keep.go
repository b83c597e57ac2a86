package status

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/look"
)

// answer is something that was made to be sent, often.
type answer struct {
	plain, packed []byte
	etag          string
}

// maxKept bounds how many answers of one board are kept; more are made each time.
const maxKept = 512

// kept keeps answers as long as the board that they were made of is the newest: a page
// that a million people look at is made once.
type kept struct {
	mu   sync.Mutex
	made time.Time
	by   map[string]*making
}

// making is an answer that is made once, however many wait for it.
type making struct {
	once sync.Once
	a    *answer
	err  error
}

// get returns the answer under name, made by write if there is none of this board yet.
func (k *kept) get(made time.Time, name string, write func() ([]byte, error)) (*answer, error) {
	k.mu.Lock()
	if !k.made.Equal(made) || k.by == nil {
		k.made, k.by = made, map[string]*making{}
	}
	m := k.by[name]
	if m == nil {
		m = &making{}
		if len(k.by) < maxKept {
			k.by[name] = m
		}
	}
	k.mu.Unlock()
	m.once.Do(func() {
		body, err := write()
		if m.err = err; err == nil {
			m.a = pack(body)
		}
	})
	return m.a, m.err
}

// worthwhile is from how many bytes on it is worth to compress: less fits in one packet.
const worthwhile = 1400

func pack(body []byte) *answer {
	sum := sha256.Sum256(body)
	a := &answer{plain: body, etag: hex.EncodeToString(sum[:12])}
	if len(body) >= worthwhile {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(body) // a buffer takes everything
		_ = z.Close()
		a.packed = b.Bytes()
	}
	return a
}

// fresh is for how long others may give our answer without asking again.
const fresh = "public, max-age=10, stale-if-error=300"

// send answers with a, or says that the reader has it already.
func (a *answer) send(w http.ResponseWriter, r *http.Request, media string) {
	h := w.Header()
	h.Add("Vary", "Accept-Encoding")
	h.Set("Cache-Control", fresh)
	body, etag := a.plain, `"`+a.etag+`"`
	zipped := a.packed != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip;q=0")
	if zipped {
		body, etag = a.packed, `"`+a.etag+`-z"`
	}
	h.Set("ETag", etag)
	if match := r.Header.Get("If-None-Match"); match != "" && (strings.Contains(match, etag) || match == "*") {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", media)
	if zipped {
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the reader has gone: nobody is left to tell
	}
}

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
