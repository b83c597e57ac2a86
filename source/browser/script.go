package browser

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

//go:embed honderd.js
var script string

// asset is a file that is served as it is, also packed.
type asset struct {
	media, tag    string
	bare, packed  []byte
	cache, policy string
}

// settings is the line of the script that tells what the server counts.
const settings = "var C = { patience: 8000, left: 1000, all: 1 };"

// newScript returns our script with the settings of this server, without its comments.
func newScript(o Options) asset {
	patience := o.Rules.Patience.Milliseconds()
	if patience == 0 {
		patience = maxWait.Milliseconds() // people wait forever
	}
	all := 1
	if o.Unseen {
		all = 0
	}
	own := fmt.Sprintf("var C = { patience: %d, left: %d, all: %d };", patience, o.Rules.GaveUpAfter.Milliseconds(), all)
	text := strings.Replace(bareScript(), settings, own, 1)
	return newAsset("text/javascript; charset=utf-8", []byte(text), "public, max-age=3600, stale-while-revalidate=86400", "")
}

// bareScript returns our script without comments and indentation.
func bareScript() string {
	var b strings.Builder
	b.WriteString("/* honderd.js, Apache-2.0, github.com/honderd/honderd */\n")
	for line := range strings.Lines(script) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			b.WriteString(line)
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func newAsset(media string, body []byte, cache, policy string) asset {
	var b bytes.Buffer
	if z, err := gzip.NewWriterLevel(&b, gzip.BestCompression); err == nil {
		_, _ = z.Write(body) // a buffer takes everything
		_ = z.Close()
	}
	sum := sha256.Sum256(body)
	return asset{media: media, tag: `"` + hex.EncodeToString(sum[:8]) + `"`, bare: body, packed: b.Bytes(), cache: cache, policy: policy}
}

// serve answers with a. Pages of every site may use it.
func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.media)
	h.Set("Cache-Control", a.cache)
	h.Set("ETag", a.tag)
	h.Set("Vary", "Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Access-Control-Allow-Origin", "*")
	if a.policy != "" {
		h.Set("Content-Security-Policy", a.policy)
	}
	if strings.Contains(r.Header.Get("If-None-Match"), a.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := a.bare
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = a.packed
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
