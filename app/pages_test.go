package app

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/honderd/honderd/config"
)

// What OpenAPI names is there, and answers JSON.
func TestWhatIsDescribedIsThere(t *testing.T) {
	c := config.Default()
	c.Data = t.TempDir()
	_, base, stop := serving(t, c)
	defer stop()
	_, text := get(t, base+"/api/v1/openapi.json")
	var doc struct{ Paths map[string]map[string]any }
	if err := json.Unmarshal([]byte(text), &doc); err != nil || len(doc.Paths) < 25 {
		t.Fatal(len(doc.Paths), err)
	}
	for path, methods := range doc.Paths {
		if methods["get"] == nil || strings.Contains(path, "{") || path == "/api/v1/gateway" || path == tenantsPath { // there are none here
			continue
		}
		status, body := get(t, base+path)
		if status == http.StatusNotFound || status >= 500 || strings.HasPrefix(body, "<") {
			t.Errorf("%s is described, and answers %d %.80s", path, status, body)
		}
	}
}
