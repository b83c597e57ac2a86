package web

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/honderd/honderd/internal/account"
	"github.com/honderd/honderd/internal/account/passkey"
)

// Keys is where passkeys are made and shown.
type Keys interface {
	// KeyTrouble returns why there can be no passkeys here.
	KeyTrouble(r *http.Request) error
	// MakeKey asks the browser of who is logged in, or invited, to make a passkey.
	MakeKey(w http.ResponseWriter, r *http.Request, invite string) (options any, err error)
	// MadeKey keeps the passkey that a browser made.
	MadeKey(w http.ResponseWriter, r *http.Request, name string, answer []byte) error
	// AskKey asks a browser for a passkey.
	AskKey(w http.ResponseWriter, r *http.Request) (options any, err error)
	// EnterByKey begins a session of who showed a passkey.
	EnterByKey(w http.ResponseWriter, r *http.Request, answer []byte) error
}

// SignOn is who vouches for people.
type SignOn interface {
	// Issuers returns them.
	Issuers() []Issuer
	// Away returns where to send somebody who wants to come in by the word of an issuer.
	Away(w http.ResponseWriter, r *http.Request, d Departure) (address string, err error)
	// Back lets in who comes back, and returns where they go on.
	Back(w http.ResponseWriter, r *http.Request, issuer string) (to string, err error)
	// Farewell returns where somebody logs out at an issuer too, "" for nowhere.
	Farewell(r *http.Request, issuer string) (address, title string)
}

// Issuer is somebody whose word is taken for who somebody is.
type Issuer struct{ Name, Title string }

// Departure is somebody on their way to an issuer.
type Departure struct {
	Issuer string
	To     string // where to go on afterwards
	Invite string // what is in the link that invites them; "" for none
	Link   bool   // it is for the account that they are logged in with
}

// keyForm is what the script about passkeys sends.
type keyForm struct {
	Name   string          `json:"name"`
	Invite string          `json:"invite"`
	To     string          `json:"to"`
	Answer json.RawMessage `json:"answer"`
}

// key answers the script about passkeys.
func (d dashboard) key(do func(w http.ResponseWriter, r *http.Request, k keyForm) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		var k keyForm
		status := http.StatusOK
		answer := any(nil)
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxForm)).Decode(&k)
		if err == nil {
			answer, err = do(w, r, k)
		} else {
			err = errors.New("that cannot be read")
		}
		if err != nil {
			s := doorSheet{sheet: d.bare(w, r)}
			status = s.refuse(w, err, http.StatusUnprocessableEntity)
			if errors.Is(err, passkey.ErrRefused) {
				status, s.Problem = http.StatusUnauthorized, s.R.T("This passkey lets nobody in here.")
			}
			answer = map[string]string{"problem": s.Problem}
		}
		body, err := json.Marshal(answer)
		if err != nil {
			d.Log.Error("answer not made", "path", r.URL.Path, "err", err)
			status = http.StatusInternalServerError
		}
		send(w, r, status, "application/json", body)
	}
}

// goOn tells the script where to go on.
func goOn(to string, err error) (any, error) { return map[string]string{"to": to}, err }

func (d dashboard) askKey(w http.ResponseWriter, r *http.Request, _ keyForm) (any, error) {
	return d.Keys.AskKey(w, r)
}

func (d dashboard) enterByKey(w http.ResponseWriter, r *http.Request, k keyForm) (any, error) {
	return goOn(ownPath(k.To), d.Keys.EnterByKey(w, r, k.Answer))
}

func (d dashboard) makeKey(w http.ResponseWriter, r *http.Request, k keyForm) (any, error) {
	return d.Keys.MakeKey(w, r, k.Invite)
}

func (d dashboard) madeKey(w http.ResponseWriter, r *http.Request, k keyForm) (any, error) {
	return goOn("/account?done=1", d.Keys.MadeKey(w, r, k.Name, k.Answer))
}

// away sends somebody to an issuer.
func (d dashboard) away(w http.ResponseWriter, r *http.Request) {
	s := d.doorSheet(w, r)
	to, err := d.SignOn.Away(w, r, Departure{Issuer: r.PathValue("issuer"), To: s.To})
	if err != nil {
		d.page(w, r, s.refuse(w, err, http.StatusBadGateway), "login", s)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// back lets in who comes back from an issuer.
func (d dashboard) back(w http.ResponseWriter, r *http.Request) {
	to, err := d.SignOn.Back(w, r, r.PathValue("issuer"))
	if err != nil {
		s := d.doorSheet(w, r)
		status := s.refuse(w, err, http.StatusForbidden)
		if errors.Is(err, account.ErrSeal) {
			s.Problem = s.R.T("That took too long, or was done before. Begin again.")
		}
		d.page(w, r, status, "login", s)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, ownPath(to), http.StatusSeeOther)
}

// linkIssuer lets an issuer vouch for who is logged in. Only a form can begin that: a link
// elsewhere could make the account of a stranger good for this one.
func (d dashboard) linkIssuer(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	d.depart(w, r, d.accountSheet(w, r), "account", Departure{Issuer: r.PostFormValue("issuer"), To: "/account", Link: true})
}

// acceptWith lets an issuer vouch for who is invited.
func (d dashboard) acceptWith(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	s := d.guestSheet(w, r, r.PostFormValue("by"))
	d.depart(w, r, s, "invited", Departure{Issuer: r.PostFormValue("issuer"), To: "/account", Invite: r.PostFormValue("by")})
}

// depart shows the way to an issuer. A form may lead to nobody else (Content-Security-Policy),
// so there is one more step.
func (d dashboard) depart(w http.ResponseWriter, r *http.Request, s doorSheet, page string, to Departure) {
	address, err := d.SignOn.Away(w, r, to)
	if err != nil {
		d.page(w, r, s.refuse(w, err, http.StatusUnprocessableEntity), page, s)
		return
	}
	s.Away, s.AwayTo = address, to.Issuer
	for _, i := range s.Issuers {
		if i.Name == to.Issuer {
			s.AwayTo = i.Title
		}
	}
	d.page(w, r, http.StatusOK, "away", s)
}
