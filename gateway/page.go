package gateway

import (
	_ "embed" // for the page
	"encoding/json"
	"html"
	"net/http"
	"strconv"
	"strings"
)

//go:embed page.html
var page string // what people see when nothing else can be done

// refuse answers what is not for a backend.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, status int, why string) {
	g.counts.refuse(why)
	if status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
	}
	writeText(w, r, status, why)
}

func writeText(w http.ResponseWriter, r *http.Request, status int, why string) {
	body := strconv.Itoa(status) + " " + http.StatusText(status) + ": " + why + "\n"
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(body))
	}
}

// giveUp says honestly that it did not work, in the form that was asked for.
func (x *exchange) giveUp() {
	status := http.StatusBadGateway
	for _, f := range x.faults {
		if f.What == Refused {
			status = http.StatusServiceUnavailable
		}
	}
	if x.expired {
		status = http.StatusGatewayTimeout
	}
	if x.crowd {
		status = crowdStatus
	}
	x.record.Status = status
	h := x.w.Header()
	h.Set("Cache-Control", "no-store")
	if x.repeatable || x.crowd {
		h.Set("Retry-After", "2")
	}
	x.explain(nil)
	body := x.g.options.Page
	accept := x.r.Header.Get("Accept")
	switch {
	case x.two:
		h.Set("Content-Type", "application/grpc")
		h.Set("Grpc-Status", "14")
		h.Set("Grpc-Message", "no backend answered")
		status, body = http.StatusOK, nil
	case strings.Contains(accept, "json") && !strings.Contains(accept, "html"):
		h.Set("Content-Type", "application/problem+json")
		body, _ = json.Marshal(map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": x.honest()})
	case body == nil && strings.Contains(accept, "html"):
		h.Set("Content-Type", "text/html; charset=utf-8")
		body = []byte(strings.ReplaceAll(page, "{{what}}", html.EscapeString(x.honest())))
	case body == nil:
		h.Set("Content-Type", "text/plain; charset=utf-8")
		body = []byte(x.honest() + "\n")
	default:
		h.Set("Content-Type", "text/html; charset=utf-8")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	x.w.WriteHeader(status)
	if x.method != http.MethodHead {
		n, err := x.w.Write(body)
		x.record.Bytes, x.record.Cut = int64(n), err != nil
	}
	x.finish(nil)
}

// honest says what the person should know: whether what they sent may have been done.
func (x *exchange) honest() string {
	if x.crowd {
		return "More people are here at the moment than can be served. Nothing of what you sent was done. Please try again in a few seconds."
	}
	if x.repeatable {
		return "This page cannot be shown at the moment. The fault is ours, not yours. Please try again in a few seconds."
	}
	return "It is not certain that what you sent has arrived. The fault is ours, not yours. Please look whether it did before you send it again."
}
