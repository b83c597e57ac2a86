package app

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/internal/account"
	"github.com/honderd/honderd/internal/account/signon"
	"github.com/honderd/honderd/web"
)

// vouchedFor is how long a session lasts that an issuer vouched for: who left the company
// must be out here soon, too.
const vouchedFor = 24 * time.Hour

// trip is somebody who is at an issuer.
type trip struct {
	signon.Trip
	To     string // where to go on
	Link   string // the account that the issuer's word shall be good for; "" is whose it is already
	Invite string // the same, by a link
}

// newIssuers returns those whose word is taken.
func newIssuers(c config.Accounts) ([]*signon.Issuer, error) {
	var list []*signon.Issuer
	for _, one := range c.OIDC {
		o := signon.Options{
			Name: one.Name, Title: one.Title, Issuer: one.Issuer, ClientID: one.ClientID, Secret: one.ClientSecret,
			Back: c.URL + "/login/back/" + one.Name, Scopes: one.Scopes, Join: one.Join == "anybody",
		}
		if o.Title == "" {
			o.Title = one.Name
		}
		if one.ClientSecretFile != "" {
			text, err := config.ReadFile(one.ClientSecretFile)
			if err != nil {
				return nil, fmt.Errorf("read the secret of the issuer %s in %s: %w (fix: give the user that runs honderd the right to read it)", one.Name, one.ClientSecretFile, err)
			}
			o.Secret = strings.TrimSpace(string(text))
		}
		for _, r := range one.Roles {
			role, err := account.ParseRole(r.Role)
			if err != nil {
				return nil, err
			}
			o.Rules = append(o.Rules, signon.Rule{Claim: r.Claim, Value: r.Value, Role: role})
		}
		list = append(list, signon.New(o))
	}
	return list, nil
}

// Issuers returns those whose word is taken, for people.
func (e *entry) Issuers() []web.Issuer {
	var list []web.Issuer
	for _, i := range e.issuers {
		list = append(list, web.Issuer{Name: i.Name, Title: i.Title})
	}
	return list
}

// Farewell returns where somebody logs out at an issuer too, "" for nowhere.
func (e *entry) Farewell(_ *http.Request, name string) (address, title string) {
	i, err := e.issuer(name)
	if err != nil {
		return "", ""
	}
	return i.Leave(e.url + "/login"), i.Title
}

// errNoIssuer is the answer to an issuer that is not configured.
var errNoIssuer = errors.New("nobody of that name vouches for people here (fix: choose one of the login page)")

func (e *entry) issuer(name string) (*signon.Issuer, error) {
	i := slices.IndexFunc(e.issuers, func(i *signon.Issuer) bool { return i.Name == name })
	if i < 0 {
		return nil, errNoIssuer
	}
	return e.issuers[i], nil
}

// Away returns where to send somebody who wants to come in by the word of an issuer. With
// link it is for whom they are logged in as; with invite for who is invited.
func (e *entry) Away(w http.ResponseWriter, r *http.Request, d web.Departure) (string, error) {
	i, err := e.issuer(d.Issuer)
	if err != nil {
		return "", err
	}
	t := trip{To: d.To, Invite: d.Invite}
	switch {
	case d.Invite != "":
		if _, ok := e.store.Invited(d.Invite, time.Now()); !ok {
			return "", account.ErrInvite
		}
	case d.Link:
		id := asker(r)
		if id.session == "" {
			return "", errNoSession
		}
		if err := fresh(id); err != nil {
			return "", err
		}
		t.Link = id.owner
	}
	to, begun, err := i.Begin()
	if err != nil {
		e.trail.s.log.Warn("nobody can log in by an issuer", "issuer", i.Name, "error", err)
		return "", errors.New(i.Title + " cannot be asked now: the log of honderd says why")
	}
	t.Trip = begun
	return to, e.seal(w, r, tripCookie+i.Name, t, time.Now().Add(ceremonyLasts))
}

// Back lets in who comes back from an issuer, and returns where they go on.
func (e *entry) Back(w http.ResponseWriter, r *http.Request, name string) (string, error) {
	i, err := e.issuer(name)
	if err != nil {
		return "", err
	}
	var t trip
	if err := e.unseal(w, r, tripCookie+i.Name, &t); err != nil {
		return "", err
	}
	who, err := i.End(r.Context(), t.Trip, r.URL.Query())
	switch {
	case errors.Is(err, signon.ErrDenied):
		return "", errors.New("you were not logged in at " + i.Title)
	case errors.Is(err, account.ErrSeal):
		return "", err
	case err != nil:
		e.trail.failed("nobody known")
		e.trail.s.log.Warn("an issuer let nobody in", "issuer", i.Name, "error", err)
		return "", errors.New("what " + i.Title + " says of you cannot be trusted: the log of honderd says why")
	}
	a, to, err := e.vouched(r, i, t, who)
	if err != nil {
		return "", err
	}
	if t.Link != "" {
		return to, nil // they were in before
	}
	return to, e.let(w, r, a, account.Way{How: i.Name, Ends: time.Now().Add(vouchedFor)})
}

// vouched returns the account of whom an issuer sends, and where they go on.
func (e *entry) vouched(r *http.Request, i *signon.Issuer, t trip, who signon.Person) (account.Account, string, error) {
	v := account.Voucher{Issuer: i.Name, Subject: who.Subject, Name: who.Name}
	known, ok := e.store.Vouched(i.Name, who.Subject)
	switch {
	case t.Invite != "":
		if ok {
			return known, "", errors.New("who you are at " + i.Title + " has an account here already (fix: log in with it)")
		}
		a, err := e.store.Accept(t.Invite, v.With())
		return a, "/account", err
	case t.Link != "":
		id := asker(r)
		if id.session == "" || id.owner != t.Link { // somebody else sits at this browser now
			return known, "", account.ErrSeal
		}
		return known, "/account", e.store.By(t.Link).AddVoucher(t.Link, v)
	case !ok && !i.Join:
		return known, "", errors.New("you have no account here yet (fix: ask an admin of honderd for an invitation)")
	case !ok && who.Role == account.Nobody:
		return known, "", errors.New("nothing that " + i.Title + " says of you lets you in here (fix: ask an admin of honderd)")
	case !ok:
		a, err := e.join(i, who, v)
		return a, t.To, err
	case known.Disabled:
		return known, "", errors.New("your account here is disabled (fix: ask an admin of honderd)")
	case known.From != i.Name || len(i.Rules) == 0:
		return known, t.To, nil
	case who.Role == account.Nobody:
		return known, "", errors.New("nothing that " + i.Title + " says of you lets you in here any more (fix: ask an admin of honderd)")
	case who.Role != known.Role:
		err := e.store.By(i.Name).SetRole(known.Name, who.Role, known.Within)
		known.Role = who.Role
		return known, t.To, err
	}
	return known, t.To, nil
}

// join makes an account of whom an issuer sends. Names that are taken get a number: they
// are somebody else's.
func (e *entry) join(i *signon.Issuer, who signon.Person, v account.Voucher) (account.Account, error) {
	name := nameFrom(who.Name, i.Name)
	for n := 1; n <= 99; n++ {
		try := name
		if n > 1 {
			try = fmt.Sprintf("%s-%d", name[:min(len(name), 60)], n)
		}
		a, err := e.store.By(i.Name).AddVouched(try, who.Role, v)
		if !errors.Is(err, account.ErrTaken) {
			return a, err
		}
	}
	return account.Account{}, fmt.Errorf("there are too many accounts named %s here (fix: ask an admin of honderd)", name)
}

// nameFrom returns the name of an account for what an issuer calls somebody.
func nameFrom(said, issuer string) string {
	name := strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '.', c == '_', c == '@', c == '-':
			return c
		case c == ' ':
			return '.'
		}
		return -1
	}, strings.ToLower(said))
	name = strings.TrimLeft(name, "._@-")
	if name == "" {
		name = "somebody@" + issuer
	}
	return name[:min(len(name), 64)]
}
