package browser

import (
	_ "embed"
	"net/http"
	"time"
)

//go:embed try.html
var tryPage string

//go:embed try.js
var tryScript string

//go:embed try.css
var tryStyle string

// tryPolicy is strict, so that the page shows that the script needs nothing more.
const tryPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// trySlow is how long the slow answer takes: longer than patience when nobody says otherwise.
const trySlow = 9 * time.Second

// try answers for the page to try the script on: only by a name of this machine, for it is
// slow and breaks on purpose.
func (d *Door) try(w http.ResponseWriter, r *http.Request) {
	if !isLocal(r.Host) {
		http.NotFound(w, r)
		return
	}
	switch r.URL.Path {
	case TryPath, TryPath + "/", TryPath + "/basket":
		d.tryPage.serve(w, r)
	case TryPath + "/try.js":
		d.tryScript.serve(w, r)
	case TryPath + "/try.css":
		d.tryStyle.serve(w, r)
	case TryPath + "/good":
		w.WriteHeader(http.StatusNoContent)
	case TryPath + "/bad":
		w.WriteHeader(http.StatusServiceUnavailable)
	case TryPath + "/slow":
		if d.limits.enter(d.sender(r).key) != nil {
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		defer d.limits.leave(d.sender(r).key)
		slow := time.NewTimer(trySlow)
		defer slow.Stop()
		select {
		case <-slow.C:
			w.WriteHeader(http.StatusNoContent)
		case <-r.Context().Done():
		}
	case TryPath + "/cut":
		panic(http.ErrAbortHandler) // breaks the connection, as a server that dies
	default:
		http.NotFound(w, r)
	}
}
