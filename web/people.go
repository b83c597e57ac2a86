package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/honderd/honderd/internal/account"
	"github.com/honderd/honderd/internal/admit"
	"github.com/honderd/honderd/look"
)

// Office is where accounts are looked after: one's own and, by admins, those of all.
type Office interface {
	// Mine returns what somebody has here.
	Mine(r *http.Request) Mine
	// People returns everybody who may come in.
	People(r *http.Request) (People, error)
	// Do does what a form asks for, such as account/token-add or people/invite, and
	// returns what is shown once, "" for nothing.
	Do(r *http.Request, what string, form url.Values) (shown string, err error)
	// Trail returns who did what, the newest first, and how many there are.
	Trail(ctx context.Context, f TrailFilter) ([]Deed, int, error)
}

// Guests are who was invited, and have no way to log in yet.
type Guests interface {
	// Invited returns whom a link invites, false when it lets nobody in.
	Invited(text string) (account.Account, bool)
	// Accept gives who is invited a password, and lets them in.
	Accept(w http.ResponseWriter, r *http.Request, invite, password string) error
}

// Mine is what somebody has here.
type Mine struct {
	Account  account.Account
	Sessions []account.Session
	Session  string // the ID of this one
	Tokens   []account.Token
	Issuers  []Issuer
	Stale    bool // they have to log in again before they change how they log in
}

// By reports whether an issuer's word is good for this account.
func (m Mine) By(issuer string) bool {
	for _, v := range m.Account.Vouchers {
		if v.Issuer == issuer {
			return true
		}
	}
	return false
}

// People is everybody who may come in.
type People struct {
	Accounts []account.Account
	Sessions []account.Session
	Tokens   []account.Token
	Issuers  []Issuer
}

// Ways says in few words how somebody can log in.
func (doorSheet) Ways(r look.Reader, a account.Account) string {
	text := ""
	add := func(word string) {
		if text != "" {
			text += ", "
		}
		text += word
	}
	if a.Hash != "" {
		add(r.T("password"))
	}
	if n := len(a.Passkeys); n == 1 {
		add(r.T("1 passkey"))
	} else if n > 1 {
		add(r.T("%s passkeys", r.Number(n)))
	}
	for _, v := range a.Vouchers {
		add(v.Issuer)
	}
	if a.Invite != nil && time.Now().Before(a.Invite.Expires) {
		add(r.T("invited until %s", r.Stamp(a.Invite.Expires)))
	} else if text == "" {
		return r.T("none")
	}
	return text
}

// Cloned returns how many passkeys of an account may have been copied.
func (doorSheet) Cloned(a account.Account) int {
	n := 0
	for _, p := range a.Passkeys {
		if p.Cloned {
			n++
		}
	}
	return n
}

// Expired reports whether a token lets nobody in any more.
func (doorSheet) Expired(t account.Token) bool { return time.Now().After(t.Expires) }

// DeedSays says what somebody did. What it is told with stands at its end: a role, a
// scope, a way to log in.
func (s doorSheet) DeedSays(what string) string {
	what, within := strings.CutSuffix(what, " for own teams")
	said := s.R.T(what)
	for _, word := range []string{" as ", " to ", " by "} {
		if deed, with, ok := strings.Cut(what, word); ok && s.R.Knows(deed+word+"%s") {
			said = s.R.T(deed+word+"%s", s.R.T(with))
		}
	}
	if within {
		said = s.R.T("%s for own teams", said)
	}
	return said
}

// Deed is one thing that somebody did.
type Deed struct {
	At    time.Time `json:"at"`
	Who   string    `json:"who"`
	What  string    `json:"what"`
	Of    string    `json:"of,omitempty"`
	Count int64     `json:"count,omitempty"`
}

// TrailFilter says which deeds are shown. The zero value: all.
type TrailFilter struct {
	Who, What   string // a part of it
	From, Until time.Time
}

// account shows who somebody is here, and how they log in.
func (d dashboard) account(w http.ResponseWriter, r *http.Request) {
	s := d.accountSheet(w, r)
	if r.URL.Query().Get("done") != "" {
		s.Done = s.R.T("That is done.")
	}
	d.page(w, r, http.StatusOK, "account", s)
}

func (d dashboard) accountSheet(w http.ResponseWriter, r *http.Request) doorSheet {
	s := d.doorSheet(w, r)
	s.Here, s.Mine = "account", d.Office.Mine(r)
	return s
}

// change takes in another password.
func (d dashboard) change(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	s := d.accountSheet(w, r)
	if !s.Visitor.Session {
		d.page(w, r, http.StatusForbidden, "account", s)
		return
	}
	if err := d.Door.Change(w, r, r.PostFormValue("old"), r.PostFormValue("password")); err != nil {
		d.page(w, r, s.refuse(w, err, http.StatusUnprocessableEntity), "account", s)
		return
	}
	s.Done = s.R.T("The password is changed. All your other sessions have ended.")
	d.page(w, r, http.StatusOK, "account", s)
}

// do does what a form of a page asks for, and shows the page again.
func (d dashboard) do(page string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if no := admit.Form(w, r, maxForm); no != nil {
			http.Error(w, no.Detail, no.Status)
			return
		}
		shown, err := d.Office.Do(r, page+"/"+r.PathValue("what"), r.PostForm)
		if err == nil && shown == "" {
			http.Redirect(w, r, "/"+page+"?done=1", http.StatusSeeOther)
			return
		}
		s, status := d.accountSheet(w, r), http.StatusOK
		if s.Here = page; page == "people" {
			var trouble error
			s.People, trouble = d.Office.People(r)
			err = errors.Join(err, trouble)
		}
		if err != nil {
			shown, status = "", s.refuse(w, err, http.StatusUnprocessableEntity)
		}
		s.Shown = shown
		d.page(w, r, status, page, s)
	}
}

// people shows admins who may come in.
func (d dashboard) people(w http.ResponseWriter, r *http.Request) {
	s := d.doorSheet(w, r)
	s.Here = "people"
	var err error
	if s.People, err = d.Office.People(r); err != nil {
		d.page(w, r, s.refuse(w, err, http.StatusServiceUnavailable), "people", s)
		return
	}
	if r.URL.Query().Get("done") != "" {
		s.Done = s.R.T("That is done.")
	}
	d.page(w, r, http.StatusOK, "people", s)
}

// audit shows admins who did what.
func (d dashboard) audit(w http.ResponseWriter, r *http.Request) {
	s := d.doorSheet(w, r)
	s.Here = "people"
	q := r.URL.Query()
	s.Asked = map[string]string{"who": q.Get("who"), "what": q.Get("what"), "from": q.Get("from"), "until": q.Get("until")}
	s.Filter = TrailFilter{Who: q.Get("who"), What: q.Get("what")}
	zone := d.Zone
	if zone == nil {
		zone = time.UTC
	}
	var errs []error
	for name, to := range map[string]*time.Time{"from": &s.Filter.From, "until": &s.Filter.Until} {
		if text := q.Get(name); text != "" {
			day, err := time.ParseInLocation(time.DateOnly, text, zone)
			if err != nil {
				errs = append(errs, errors.New("the date is none (fix: write it as 2026-11-26)"))
			} else if *to = day; name == "until" {
				*to = day.AddDate(0, 0, 1) // the whole of that day
			}
		}
	}
	err := errors.Join(errs...)
	if err == nil {
		s.Deeds, s.Of, err = d.Office.Trail(r.Context(), s.Filter)
	}
	if err != nil {
		d.page(w, r, s.refuse(w, err, http.StatusUnprocessableEntity), "audit", s)
		return
	}
	d.page(w, r, http.StatusOK, "audit", s)
}

// invited lets who was invited choose how they log in.
func (d dashboard) invited(w http.ResponseWriter, r *http.Request) {
	s, status := d.guestSheet(w, r, r.URL.Query().Get("by")), http.StatusOK
	if s.Invite == "" {
		status = http.StatusForbidden
	}
	d.page(w, r, status, "invited", s)
}

// guestSheet returns the page of who is invited. Without an invitation it says so.
func (d dashboard) guestSheet(w http.ResponseWriter, r *http.Request, invite string) doorSheet {
	s := d.doorSheet(w, r)
	a, ok := d.Guests.Invited(invite)
	if !ok {
		s.Problem = s.R.T("This link was used, or is too old. Ask who invited you for another one.")
		return s
	}
	s.Invite, s.Name = invite, a.Name
	return s
}

// accept gives who was invited a password.
func (d dashboard) accept(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	s := d.guestSheet(w, r, r.PostFormValue("by"))
	err := d.Guests.Accept(w, r, r.PostFormValue("by"), r.PostFormValue("password"))
	switch {
	case errors.Is(err, account.ErrInvite):
		d.page(w, r, http.StatusForbidden, "invited", s)
	case err != nil:
		d.page(w, r, s.refuse(w, err, http.StatusUnprocessableEntity), "invited", s)
	default:
		http.Redirect(w, r, "/account", http.StatusSeeOther)
	}
}
