package web

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/honderd/honderd/internal/kept"
)

// onceFor is how long a page is given while nothing new is known: what it says beside the
// answer (what is followed, what is coming, how old the newest line is) changes with time.
const onceFor = 3 * time.Second

// once makes a page once for all who read the same, as long as nothing new is known.
// A reader is known by name, role and language, so that nobody gets another one's page. A page
// that takes long is made beside those who ask for it, who get the one before for some seconds;
// not so what a page asks for to renew itself, nor when somebody has said something.
func (d dashboard) once(page http.HandlerFunc) http.HandlerFunc {
	if d.Version == nil {
		return page
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("lang") { // the answer keeps the language in a cookie
			page(w, r)
			return
		}
		version := kept.Version{d.Version(), time.Now().UnixNano() / int64(onceFor)}
		var alone *recorded // when this request made it, and it may not be kept
		tongue := d.tongue(w, r)
		who := d.Who(r)
		if d.Door != nil {
			v := d.Door.Visitor(r)
			who = strings.Join([]string{who, v.Name, v.Role}, "\x00")
		}
		name := strings.Join([]string{r.Method, r.URL.Path, r.URL.RawQuery, tongue.String(), who}, "\x00")
		get := d.kept.Get
		if d.Said != nil && !r.URL.Query().Has("fragment") {
			name += "\x00" + strconv.FormatInt(d.Said(), 10)
			get = d.kept.Soon
		}
		a, err := get(version, name, func() ([]byte, error) {
			one := &recorded{header: http.Header{}, status: http.StatusOK}
			plain := r.Clone(context.WithoutCancel(r.Context()))
			plain.Method = http.MethodGet
			plain.Header.Del("Accept-Encoding")
			plain.Header.Del("If-None-Match")
			page(one, plain)
			if one.status != http.StatusOK {
				alone = one
				return nil, errAlone
			}
			return one.body.Bytes(), nil
		})
		switch {
		case err == nil:
			h := w.Header()
			h.Set("Content-Type", "text/html; charset=utf-8")
			h.Set("Cache-Control", "no-store")
			if r.URL.Query().Has("fragment") {
				h.Set("Cache-Control", "private, no-cache") // asked again and again: who has it already need not get it
			}
			a.Send(w, r)
		case alone != nil:
			alone.send(w, r)
		default: // another request made it, and it may not be kept
			page(w, r)
		}
	}
}

// errAlone says that an answer is for one request only.
var errAlone = errors.New("this answer is not kept")

// recorded is an answer that is not sent yet.
type recorded struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the headers of the answer.
func (a *recorded) Header() http.Header { return a.header }

// WriteHeader notes the status.
func (a *recorded) WriteHeader(status int) { a.status = status }

// Write notes what is sent.
func (a *recorded) Write(p []byte) (int, error) { return a.body.Write(p) }

func (a *recorded) send(w http.ResponseWriter, r *http.Request) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(a.body.Bytes()) // the browser has gone: nobody is left to tell
	}
}
