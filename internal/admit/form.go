package admit

import (
	"mime"
	"net/http"
	"net/url"
)

// Form reads a form that a person filled in, of at most so many bytes. How long it may take
// is up to Patient. The form of what is refused is empty.
func Form(w http.ResponseWriter, r *http.Request, most int64) *Refusal {
	no := form(w, r, most)
	if no != nil {
		r.Form, r.PostForm = url.Values{}, url.Values{}
	}
	return no
}

func form(w http.ResponseWriter, r *http.Request, most int64) *Refusal {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil || kind != "application/x-www-form-urlencoded":
		return WrongType("content type", "This is not a form.")
	case r.Header.Get("Content-Encoding") != "":
		return WrongType("content encoding", "This is not a form.")
	}
	r.Body = http.MaxBytesReader(w, r.Body, most)
	no := Body{Most: most}.Refuse(r.ParseForm(), 0)
	if no == nil {
		return nil
	}
	switch no.Status {
	case http.StatusRequestEntityTooLarge:
		no.Detail = "That is too long."
	case http.StatusRequestTimeout:
		no.Detail = "That did not come in time. Please try again."
	default:
		no.Detail = "That form cannot be read."
	}
	return no
}
