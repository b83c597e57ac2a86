package web

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/honderd/honderd/internal/account"
	"github.com/honderd/honderd/internal/admit"
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
	Session    bool   // they logged in with a browser
	Local      bool   // they are on this machine, where nobody needs to log in
	How        string // the name of the issuer by whose word their session began; "" for none
}

// TooOften is the answer to who tried too often.
type TooOften struct{ Wait time.Duration }

// Error says how long to wait.
func (t TooOften) Error() string { return "tried too often: wait " + t.Wait.String() }

// ErrKeyToo is the answer to a password that is right, where a passkey is needed beside it.
var ErrKeyToo = errors.New("a passkey is needed, too")

// ErrStale is the answer to who logged in too long ago for what they ask.
var ErrStale = errors.New("log in again to do that: it is more than an hour ago")

// ErrRefused is the answer to a name and a password that do not belong together. Any other
// error is shown as it is.
var ErrRefused = errors.New("this name and this password do not belong together")

// doorSheet is what the pages of logging in show.
type doorSheet struct {
	sheet
	Closed  bool // nobody has an account
	Safe    bool // what is typed is encrypted on its way
	Name    string
	To      string // where to go on
	Problem string
	Stale   bool   // they have to log in again first
	Done    string // what was done
	Keys    bool   // passkeys can be used
	KeyWhy  string // why not
	KeyToo  bool   // the password was right, and a passkey is needed beside it
	Issuers []Issuer
	Mine    Mine
	Shown   string // is shown once: a token, or a link
	Invite  string // what is in the link of who is invited
	Away    string // the address of an issuer to go on to
	AwayTo  string // its title
	People  People
	Deeds   []Deed
	Of      int // how many deeds there are
	Filter  TrailFilter
	Asked   map[string]string // the filter as it was typed
}

// Roles returns what somebody can be.
func (doorSheet) Roles() []account.Role { return account.Roles() }

func (d dashboard) doorPages(mux *routes) {
	if d.Door == nil {
		return
	}
	mux.HandleFunc("GET /login", d.login)
	mux.HandleFunc("POST /login", d.enter)
	mux.HandleFunc("POST /logout", d.leave)
	mux.HandleFunc("GET /account", d.account)
	mux.HandleFunc("POST /account", d.change)
	mux.HandleFunc("POST /account/{what}", d.do("account"))
	mux.HandleFunc("POST /account/link", d.linkIssuer)
	mux.HandleFunc("GET /people", d.people)
	mux.HandleFunc("GET /people/audit", d.audit)
	mux.HandleFunc("POST /people/{what}", d.do("people"))
	mux.HandleFunc("GET /invited", d.invited)
	mux.HandleFunc("POST /invited", d.accept)
	mux.HandleFunc("POST /invited/with", d.acceptWith)
	mux.HandleFunc("GET /login/with/{issuer}", d.away)
	mux.HandleFunc("GET /login/back/{issuer}", d.back)
	for path, answer := range map[string]func(w http.ResponseWriter, r *http.Request, k keyForm) (any, error){
		"/login/key/ask": d.askKey, "/login/key": d.enterByKey,
		"/account/key/ask": d.makeKey, "/account/key": d.madeKey, "/invited/key/ask": d.makeKey, "/invited/key": d.madeKey,
	} {
		mux.HandleFunc("POST "+path, d.key(answer))
	}
}

func (d dashboard) doorSheet(w http.ResponseWriter, r *http.Request) doorSheet {
	s := doorSheet{
		sheet: d.bare(w, r), Closed: !d.Door.Accounts(), To: ownPath(r.FormValue("to")),
		Safe: Encrypted(r) || onLoopback(r) && local(hostName(r.Host)), Issuers: d.SignOn.Issuers(),
	}
	why := d.Keys.KeyTrouble(r)
	if s.Keys = why == nil; !s.Keys {
		s.KeyWhy = why.Error()
	}
	return s
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
	s.Away, s.AwayTo = d.SignOn.Farewell(r, r.URL.Query().Get("left"))
	d.page(w, r, status, "login", s)
}

// enter takes in a name and a password.
func (d dashboard) enter(w http.ResponseWriter, r *http.Request) {
	if no := admit.Form(w, r, maxForm); no != nil {
		d.Refuse("login", no.Why)
		s := d.doorSheet(w, r)
		d.page(w, r, s.refuse(w, errors.New(no.Detail), no.Status), "login", s)
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
	if errors.Is(err, ErrKeyToo) {
		s.KeyToo = true
		d.page(w, r, http.StatusOK, "login", s)
		return
	}
	status := s.refuse(w, err, http.StatusUnauthorized)
	why := "name and password"
	switch {
	case status == http.StatusTooManyRequests:
		why = "tried too often"
	case !errors.Is(err, ErrRefused):
		why = "accounts cannot be read"
	}
	d.Refuse("login", why)
	d.page(w, r, status, "login", s)
}

// refuse puts what went wrong on the page, and returns the status of the answer.
func (s *doorSheet) refuse(w http.ResponseWriter, err error, status int) int {
	var often TooOften
	switch {
	case errors.As(err, &often):
		wait := int64(math.Ceil(often.Wait.Seconds()))
		w.Header().Set("Retry-After", s.R.Count(wait))
		s.Problem, status = s.R.T("That was tried too often. Try again in %s seconds.", s.R.Count(wait)), http.StatusTooManyRequests
	case errors.Is(err, ErrStale):
		s.Problem, s.Stale, status = s.R.T("Log in again to do that: it is more than an hour ago that you did."), true, http.StatusForbidden
	case errors.Is(err, ErrRefused):
		s.Problem = s.R.T("This name and this password do not belong together.")
	default:
		s.Problem = s.R.T(err.Error())
	}
	return status
}

// leave ends a session. By whose word it began is asked too whether they end theirs.
func (d dashboard) leave(w http.ResponseWriter, r *http.Request) {
	to := "/login"
	if how := d.Door.Visitor(r).How; how != "" {
		to += "?left=" + url.QueryEscape(how)
	}
	d.Door.Leave(w, r)
	http.Redirect(w, r, to, http.StatusSeeOther)
}
