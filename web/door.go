package web

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/honderd/honderd/look"
)

// Door is where people from elsewhere log in.
type Door interface {
	// Accounts reports whether anybody can log in.
	Accounts() bool
	// Visitor returns who asks; zero for nobody.
	Visitor(r *http.Request) Visitor
	// Enter begins a session, or says why not: TooOften, or that name and password do
	// not belong together.
	Enter(w http.ResponseWriter, r *http.Request, name, password string) error
	// Leave ends the session of who asks.
	Leave(w http.ResponseWriter, r *http.Request)
	// Change gives who asks another password, ends all their sessions and begins one.
	Change(w http.ResponseWriter, r *http.Request, old, password string) error
}

// Visitor is who asks.
type Visitor struct {
	Name, Role string
	Session    bool // they logged in with a browser
	Local      bool // they are on this machine, where nobody needs to log in
}

// TooOften is the answer to who tried too often.
type TooOften struct{ Wait time.Duration }

// Error says how long to wait.
func (t TooOften) Error() string { return "tried too often: wait " + t.Wait.String() }

// ErrRefused is the answer to a name and a password that do not belong together. Any other
// error is shown as it is.
var ErrRefused = errors.New("this name and this password do not belong together")

// doorSheet is what the pages of logging in show.
type doorSheet struct {
	R       look.Reader
	Closed  bool // nobody has an account
	Safe    bool // what is typed is encrypted on its way
	Name    string
	To      string // where to go on
	Problem string
	Visitor Visitor
	Done    bool // the password is changed
}

// Link returns where an asset is.
func (doorSheet) Link(name string) string { return link(name) }

func (d dashboard) doorPages(mux *http.ServeMux) {
	if d.Door == nil {
		return
	}
	mux.HandleFunc("GET /login", d.login)
	mux.HandleFunc("POST /login", d.enter)
	mux.HandleFunc("POST /logout", d.leave)
	mux.HandleFunc("GET /account", d.account)
	mux.HandleFunc("POST /account", d.change)
}

func (d dashboard) doorSheet(w http.ResponseWriter, r *http.Request) doorSheet {
	return doorSheet{
		R: look.For(d.tongue(w, r), d.Zone), Closed: !d.Door.Accounts(), To: ownPath(r.FormValue("to")), Visitor: d.Door.Visitor(r),
		Safe: Encrypted(r) || onLoopback(r) && local(hostName(r.Host)),
	}
}

// Encrypted reports whether who asks came over TLS, to us or to the proxy before us.
func Encrypted(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") || strings.Contains(strings.ToLower(r.Header.Get("Forwarded")), "proto=https")
}

// ownPath returns a path of ours to go to after logging in, "/" for anything else: no link
// to our login leads to somebody else's page.
func ownPath(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || !strings.HasPrefix(to, "/") ||
		strings.HasPrefix(u.Path, "//") || strings.ContainsFunc(to, func(c rune) bool { return c == '\\' || c < ' ' || c == 0x7f }) ||
		u.Path == "/login" || u.Path == "/logout" || len(to) > 2000 {
		return "/"
	}
	return u.RequestURI()
}

// login asks who somebody is, or says how to make the first account.
func (d dashboard) login(w http.ResponseWriter, r *http.Request) {
	s := d.doorSheet(w, r)
	status := http.StatusOK
	if s.Closed {
		status = http.StatusForbidden
	}
	d.page(w, r, status, "login", s)
}

// enter takes in a name and a password.
func (d dashboard) enter(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "That form cannot be read.", http.StatusBadRequest)
		return
	}
	s := d.doorSheet(w, r)
	s.Name = r.PostForm.Get("name")
	ctx, stop := context.WithTimeout(r.Context(), 10*time.Second)
	defer stop()
	err := d.Door.Enter(w, r.WithContext(ctx), s.Name, r.PostForm.Get("password"))
	if err == nil {
		http.Redirect(w, r, s.To, http.StatusSeeOther)
		return
	}
	d.page(w, r, s.refuse(w, err, http.StatusUnauthorized), "login", s)
}

// refuse puts what went wrong on the page, and returns the status of the answer.
func (s *doorSheet) refuse(w http.ResponseWriter, err error, status int) int {
	var often TooOften
	switch {
	case errors.As(err, &often):
		wait := int64(math.Ceil(often.Wait.Seconds()))
		w.Header().Set("Retry-After", s.R.Count(wait))
		s.Problem, status = s.R.T("That was tried too often. Try again in %s seconds.", s.R.Count(wait)), http.StatusTooManyRequests
	case errors.Is(err, ErrRefused):
		s.Problem = s.R.T("This name and this password do not belong together.")
	default:
		s.Problem = err.Error()
	}
	return status
}

func (d dashboard) leave(w http.ResponseWriter, r *http.Request) {
	d.Door.Leave(w, r)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// account shows who somebody is here.
func (d dashboard) account(w http.ResponseWriter, r *http.Request) {
	d.page(w, r, http.StatusOK, "account", d.doorSheet(w, r))
}

// change takes in another password.
func (d dashboard) change(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	s := d.doorSheet(w, r)
	if !s.Visitor.Session {
		d.page(w, r, http.StatusForbidden, "account", s)
		return
	}
	if err := d.Door.Change(w, r, r.PostFormValue("old"), r.PostFormValue("password")); err != nil {
		d.page(w, r, s.refuse(w, err, http.StatusUnprocessableEntity), "account", s)
		return
	}
	s.Done = true
	d.page(w, r, http.StatusOK, "account", s)
}
