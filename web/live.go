package web

import (
	"fmt"
	"net/http"
	"time"
)

// Limits of the stream of changes.
const (
	seldom    = 2 * time.Second  // a page is asked to renew itself at most this often
	heartbeat = 15 * time.Second // so that proxies and browsers see that we are there
	patience  = 10 * time.Second // for one message to a slow browser
)

// live tells an open page whenever something changed, until it is closed.
func (d dashboard) live(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would keep it all to itself
	if r.Method == http.MethodHead {
		return
	}
	out := http.NewResponseController(w)
	tell := func(message string) bool {
		_ = out.SetWriteDeadline(time.Now().Add(patience)) // where it cannot be set, the server's own holds
		_, err := fmt.Fprint(w, message)
		return err == nil && out.Flush() == nil
	}
	if !tell("retry: 3000\n\n") {
		return
	}
	changes := d.Notify(r.Context())
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	var rest <-chan time.Time // set while it is too early for the next change
	waiting := changes
	for {
		ok := true
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
			ok = tell(": here\n\n")
		case <-rest:
			rest, waiting = nil, changes
		case _, open := <-waiting:
			if !open {
				return
			}
			ok = tell("event: changed\ndata: 1\n\n")
			rest, waiting = time.After(seldom), nil
		}
		if !ok {
			return
		}
	}
}
