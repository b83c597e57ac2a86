// Package reply answers programs: in JSON, and with what is wrong in the shape that all of
// our doors have.
package reply

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// Problem is what is wrong with a request, and the way out.
//
// Source: RFC 9457.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

// JSON answers with v.
func JSON(w http.ResponseWriter, status int, v any) { send(w, "application/json", status, v) }

// Wrong answers that a request is wrong, or that it cannot be answered, in detail.
func Wrong(w http.ResponseWriter, status int, detail string) {
	send(w, "application/problem+json", status, Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail})
}

func send(w http.ResponseWriter, media string, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		body, status = nil, http.StatusInternalServerError
	}
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)+1))
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // who asked has gone: nobody is left to tell
}
