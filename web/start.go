package web

import (
	"net/http"
)

// Kinds of what is found on this machine.
const (
	FoundLog = "log" // an access log
	FoundWeb = "web" // something that answers as a web server
)

// Found is something on this machine that could be read.
type Found struct {
	Kind    string
	Name    string // a path, or an address
	Bytes   int64  // of a log
	Says    string // what a web server calls itself, "" for nothing
	Trouble string // why a log cannot be read, with the way out
}

// startSheet is what the page of the start shows.
type startSheet struct {
	sheet
	Logs, Webs []Found
	Writes     bool
	Problem    string
}

// start shows what there is on this machine.
func (d dashboard) start(w http.ResponseWriter, r *http.Request) {
	d.page(w, r, http.StatusOK, "start page", d.startSheet(w, r))
}

func (d dashboard) startSheet(w http.ResponseWriter, r *http.Request) startSheet {
	s := startSheet{sheet: d.sheet(w, r), Writes: d.mayWrite(r)}
	s.Here = "start"
	if !s.Writes {
		return s // what is on a machine is for who works there
	}
	for _, one := range d.Found(r.Context()) {
		if one.Kind == FoundLog {
			s.Logs = append(s.Logs, one)
		} else {
			s.Webs = append(s.Webs, one)
		}
	}
	return s
}

// begin follows a log that somebody chose.
func (d dashboard) begin(w http.ResponseWriter, r *http.Request) {
	who := d.Who(r)
	if who == "" {
		d.trouble(w, r, http.StatusForbidden, "")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := d.Follow(r.Context(), r.FormValue("log"), who); err != nil {
		s := d.startSheet(w, r)
		s.Problem = err.Error()
		d.page(w, r, http.StatusUnprocessableEntity, "start page", s)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
