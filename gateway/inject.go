package gateway

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/honderd/honderd/internal/beacon"
)

// Beacon is the script that tells what people saw, and who serves it.
type Beacon struct {
	Tag   beacon.Tag
	Paths []string     // that Serve answers in place of backends
	Serve http.Handler // the script, and what it tells
}

// maxInjected is the most bytes of a page that is unpacked to put a tag into it.
const maxInjected = 8 << 20

// serves reports whether the beacon answers a path itself.
func (b *Beacon) serves(path string) bool { return b != nil && slices.Contains(b.Paths, path) }

// inject puts the tag into a whole page, if that is asked for and the page allows it, and
// returns the page to give. h is the head of the answer, which is made to fit.
func (x *exchange) inject(status int, h http.Header, body []byte) []byte {
	b := x.g.options.Beacon
	if b == nil || !mayChange(h) {
		return body
	}
	if status == http.StatusNotModified || x.method == http.MethodHead {
		weaken(h) // it is about a page that had the tag
		return body
	}
	if x.method != http.MethodGet || status == http.StatusPartialContent || len(body) == 0 || media(h) != "text/html" {
		return body
	}
	tag := b.Tag
	for _, policy := range h["Content-Security-Policy"] {
		if !beacon.Allows(policy) {
			return body
		}
		tag.Nonce = beacon.Nonce(policy)
	}
	page, packed := body, h.Get("Content-Encoding")
	if packed == "gzip" {
		if page = unpack(body); page == nil {
			return body
		}
	} else if packed != "" {
		return body
	}
	with, done := beacon.Insert(page, tag)
	if !done {
		return body
	}
	if packed != "" {
		with = pack(with)
	}
	weaken(h)
	delete(h, "Accept-Ranges") // of the page as it was
	h["Content-Length"] = []string{strconv.Itoa(len(with))}
	return with
}

// mayChange reports whether a page may be changed on its way: RFC 9110, 7.7, and nobody
// vouches for its bytes.
func mayChange(h http.Header) bool {
	for _, name := range []string{"Content-Digest", "Repr-Digest", "Digest", "Content-Md5", "Signature"} {
		if _, has := h[name]; has {
			return false
		}
	}
	for _, v := range h["Cache-Control"] {
		if strings.Contains(strings.ToLower(v), "no-transform") {
			return false
		}
	}
	return true
}

// weaken makes a strong validator weak: the bytes are no longer those of the origin, the
// page still is: RFC 9110, 8.8.1.
func weaken(h http.Header) {
	if tag := h.Get("Etag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		h["Etag"] = []string{"W/" + tag}
	}
}

// unpack returns what is packed in p; nil: it cannot be unpacked, or is too large.
func unpack(p []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(p))
	if err != nil {
		return nil
	}
	page, err := io.ReadAll(io.LimitReader(r, maxInjected+1))
	if err != nil || len(page) > maxInjected {
		return nil
	}
	return page
}

func pack(page []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed) // this level is one
	_, _ = w.Write(page)                            // into memory: it never fails
	_ = w.Close()
	return b.Bytes()
}
