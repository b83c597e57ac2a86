// Package look is our appearance: type, colour, charts, embedded assets, and words in
// two languages. It knows no data of ours: charts take plain numbers, and the parts
// of pages name the fields they need and take whatever has them.
package look

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"path"
	"strings"
)

//go:embed assets words
var files embed.FS

//go:embed parts
var partFiles embed.FS

var parts = template.Must(template.New("parts").Funcs(template.FuncMap{
	"first": first,
	"last":  last,
	"sum":   func(a, b int64) int64 { return a + b },
}).ParseFS(partFiles, "parts/*.html"))

// Parts returns the parts that pages are made of, as templates to add a page to.
// A part is executed with a value that has R, a Reader, and A, an answer.
func Parts() *template.Template { return template.Must(parts.Clone()) }

// Stylesheet returns our one style sheet, to stand inside a page.
func Stylesheet() template.CSS {
	body, _, _ := Asset("honderd.css")
	return template.CSS(body) // #nosec: it is our own file
}

// Asset returns the content and the media type of an embedded asset, and whether
// there is one of that name.
func Asset(name string) (body []byte, media string, ok bool) {
	media, ok = map[string]string{
		".css": "text/css; charset=utf-8",
		".js":  "text/javascript; charset=utf-8",
		".svg": "image/svg+xml",
	}[path.Ext(name)]
	if !ok || strings.Contains(name, "/") {
		return nil, "", false
	}
	body, err := files.ReadFile("assets/" + name)
	return body, media, err == nil
}

// AssetVersion returns a short word that changes when the asset does, or "" when
// there is no such asset.
func AssetVersion(name string) string {
	body, _, ok := Asset(name)
	if !ok {
		return ""
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:6])
}
