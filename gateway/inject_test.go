package gateway

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/honderd/honderd/internal/beacon"
)

func TestTheScriptIsPutIntoPagesThatAllowIt(t *testing.T) {
	const page = "<!doctype html><html><head><title>a</title></head><body>b</body></html>"
	const with = `<!doctype html><html><head><script src="/honderd.js" async></script><title>a</title></head><body>b</body></html>`
	tests := []struct {
		name   string
		method string
		status int
		head   string // Name: value|Name: value
		body   string
		want   string
		etag   string
	}{
		{"a page", "GET", 200, `Content-Type: text/html; charset=utf-8|Etag: "1"`, page, with, `W/"1"`},
		{"a page that says it is not there", "GET", 404, "Content-Type: text/html", page, with, ""},
		{"packed", "GET", 200, "Content-Type: text/html|Content-Encoding: gzip", string(pack([]byte(page))), with, ""},
		{"packed otherwise", "GET", 200, "Content-Type: text/html|Content-Encoding: br", page, page, ""},
		{"not packed as it says", "GET", 200, "Content-Type: text/html|Content-Encoding: gzip", page, page, ""},
		{"a picture", "GET", 200, `Content-Type: image/svg+xml|Etag: "1"`, page, page, `"1"`},
		{"a fragment", "GET", 200, `Content-Type: text/html|Etag: "1"`, "<p>x</p>", "<p>x</p>", `"1"`},
		{"not to be changed", "GET", 200, "Content-Type: text/html|Cache-Control: public, No-Transform", page, page, ""},
		{"with a digest", "GET", 200, "Content-Type: text/html|Repr-Digest: md5=:x:", page, page, ""},
		{"a policy that forbids scripts", "GET", 200, "Content-Type: text/html|Content-Security-Policy: default-src 'none'", page, page, ""},
		{"a part", "GET", 206, "Content-Type: text/html|Content-Range: bytes 0-70/71", page, page, ""},
		{"an answer to a form", "POST", 200, "Content-Type: text/html", page, page, ""},
		{"only the head", "HEAD", 200, `Content-Type: text/html|Etag: "1"`, "", "", `W/"1"`},
		{"nothing new", "GET", 304, `Etag: "1"`, "", "", `W/"1"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x := &exchange{method: tt.method, g: &Gateway{options: Options{Beacon: &Beacon{Tag: beacon.Tag{Source: "/honderd.js"}}}}}
			h := http.Header{}
			for one := range strings.SplitSeq(tt.head, "|") {
				name, value, _ := strings.Cut(one, ": ")
				h.Set(name, value)
			}
			got := x.inject(tt.status, h, []byte(tt.body))
			if n := h.Get("Content-Length"); n != "" && n != fmt.Sprint(len(got)) {
				t.Errorf("length %s of %d bytes", n, len(got))
			}
			if plain := unpack(got); plain != nil {
				got = plain
			}
			if string(got) != tt.want || h.Get("Etag") != tt.etag {
				t.Errorf("page %q with %s, want %q with %s", got, h.Get("Etag"), tt.want, tt.etag)
			}
		})
	}
}
