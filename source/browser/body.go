package browser

import (
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/honderd/honderd/internal/admit"
)

// understood reports whether what is sent can be JSON by what it says it is. A beacon says
// that it is text, so that browsers ask nobody beforehand.
func understood(r *http.Request) bool {
	said := r.Header.Get("Content-Type")
	kind, _, err := mime.ParseMediaType(said)
	known := []string{"text/plain", "application/json", "application/csp-report", "application/x-www-form-urlencoded", "application/octet-stream"}
	return said == "" || err == nil && (slices.Contains(known, kind) || strings.HasSuffix(kind, "+json"))
}

// notOurs refuses what is no message of its kind.
func notOurs(what string) *admit.Refusal {
	return admit.Wrong("not "+what, "this is not "+what+" (fix: see docs/browser.md)")
}
