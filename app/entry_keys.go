package app

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/honderd/honderd/internal/account"
	"github.com/honderd/honderd/internal/account/passkey"
	"github.com/honderd/honderd/web"
)

// ceremonyLasts is how long somebody has to show a passkey, or to log in elsewhere.
const ceremonyLasts = 10 * time.Minute

// What a browser keeps for us meanwhile.
const (
	halfCookie = "half" // the password was right, and a passkey is needed too
	makeCookie = "make" // a passkey is being made
	askCookie  = "ask"  // a passkey is asked for
	tripCookie = "trip" // somebody is at an issuer; its name is added
)

// half is somebody whose password was right.
type half struct {
	Account, Epoch string
	Until          time.Time
}

// making is a passkey that is being made, for who is logged in or for who is invited.
type making struct {
	C               passkey.Ceremony
	Account, Invite string
}

// keyAsked is a passkey that is asked for; of one account when its password was right.
type keyAsked struct {
	C              passkey.Ceremony
	Account, Epoch string
}

// sealName returns the name of the cookie for a purpose.
func sealName(r *http.Request, purpose string) string { return cookieName(r) + "_" + purpose }

// seal lets the browser keep v.
func (e *entry) seal(w http.ResponseWriter, r *http.Request, purpose string, v any, until time.Time) error {
	text, err := e.seals.Seal(purpose, v, until)
	if err == nil {
		keep(w, r, sealName(r, purpose), text, until)
	}
	return err
}

// unseal takes back what the browser kept, for good.
func (e *entry) unseal(w http.ResponseWriter, r *http.Request, purpose string, v any) error {
	c, err := r.Cookie(sealName(r, purpose))
	if err != nil {
		return account.ErrSeal
	}
	keep(w, r, c.Name, "", time.Time{})
	return e.seals.Open(purpose, c.Value, v, time.Now())
}

// site returns the address that passkeys belong to: that of the configuration or, where
// nothing stands in it, localhost.
func (e *entry) site(r *http.Request) (*passkey.Site, error) {
	if e.url != "" {
		return passkey.New(e.url)
	}
	if ourName(r.Host) {
		scheme := "http://"
		if web.Encrypted(r) {
			scheme = "https://"
		}
		return passkey.New(scheme + r.Host)
	}
	return nil, errors.New("passkeys belong to one address, which is not written yet (fix: write accounts.url in honderd.yaml, such as https://honderd.example)")
}

// KeyTrouble returns why there can be no passkeys here.
func (e *entry) KeyTrouble(r *http.Request) error {
	_, err := e.site(r)
	return err
}

// MakeKey asks the browser of who is logged in or invited to make a passkey.
func (e *entry) MakeKey(w http.ResponseWriter, r *http.Request, invite string) (any, error) {
	site, err := e.site(r)
	if err != nil {
		return nil, err
	}
	a, err := e.keyOwner(r, invite)
	if err != nil {
		return nil, err
	}
	handle, err := e.store.HandleOf(a.Name)
	if err != nil {
		return nil, err
	}
	options, c, err := site.Make(a, handle)
	if err != nil {
		return nil, err
	}
	return options, e.seal(w, r, makeCookie, making{C: c, Account: a.Name, Invite: invite}, time.Now().Add(ceremonyLasts))
}

// keyOwner returns for whom a passkey is made.
func (e *entry) keyOwner(r *http.Request, invite string) (account.Account, error) {
	if invite != "" {
		a, ok := e.store.Invited(invite, time.Now())
		if !ok {
			return a, account.ErrInvite
		}
		return a, nil
	}
	id := asker(r)
	a, ok := e.store.Find(account.Named(id.owner))
	if !ok || id.session == "" {
		return a, errNoSession
	}
	return a, fresh(id)
}

// errNoSession is the answer to who wants to change an account without being logged in.
var errNoSession = errors.New("nobody is logged in here (fix: log in with a browser)")

// MadeKey keeps the passkey that a browser made. Who was invited is in with it.
func (e *entry) MadeKey(w http.ResponseWriter, r *http.Request, name string, answer []byte) error {
	var m making
	if err := e.unseal(w, r, makeCookie, &m); err != nil {
		return err
	}
	site, err := e.site(r)
	if err != nil {
		return err
	}
	a, err := e.keyOwner(r, m.Invite)
	if err != nil {
		return err
	}
	if a.Name != m.Account {
		return account.ErrSeal
	}
	p, err := site.Made(a, a.Handle, m.C, answer)
	if err != nil {
		e.trail.s.log.Info("a passkey was not taken", "error", err)
		return passkey.ErrRefused
	}
	p.Name = name
	if m.Invite != "" {
		if a, err = e.store.Accept(m.Invite, p.With()); err != nil {
			return err
		}
		return e.let(w, r, a, account.Way{How: account.ByInvite})
	}
	return e.store.By(a.Name).AddPasskey(a.Name, p)
}

// AskKey asks a browser for a passkey: for one of whose password was right, else for any.
func (e *entry) AskKey(w http.ResponseWriter, r *http.Request) (any, error) {
	site, err := e.site(r)
	if err != nil {
		return nil, err
	}
	var options any
	var a keyAsked
	var h half
	if e.unseal(w, r, halfCookie, &h) == nil {
		of, ok := e.store.Find(account.Named(h.Account))
		if !ok || of.Epoch != h.Epoch {
			return nil, account.ErrSeal
		}
		if options, a.C, err = site.AskOf(of); err == nil {
			a.Account, a.Epoch = h.Account, h.Epoch
			err = e.seal(w, r, halfCookie, h, h.Until) // they may try once more
		}
	} else {
		options, a.C, err = site.Ask()
	}
	if err != nil {
		return nil, err
	}
	return options, e.seal(w, r, askCookie, a, time.Now().Add(ceremonyLasts))
}

// EnterByKey begins a session of who showed a passkey.
func (e *entry) EnterByKey(w http.ResponseWriter, r *http.Request, answer []byte) error {
	var a keyAsked
	if err := e.unseal(w, r, askCookie, &a); err != nil {
		return err
	}
	site, err := e.site(r)
	if err != nil {
		return err
	}
	at := e.from(r)
	if wait := e.limits.Take("a passkey from "+at, at, time.Now()); wait > 0 {
		e.trail.failed("nobody known")
		return web.TooOften{Wait: wait}
	}
	known, err := site.Recognise(a.C, answer, func(handle []byte) (account.Account, bool) {
		return e.store.Find(func(o account.Account) bool {
			return len(handle) > 0 && slices.Equal(o.Handle, handle) && !o.Disabled
		})
	})
	if err != nil || a.Account != "" && (known.Account.Name != a.Account || known.Account.Epoch != a.Epoch) {
		e.trail.failed("nobody known")
		e.trail.s.log.Info("a passkey let nobody in", "error", err)
		return passkey.ErrRefused
	}
	e.limits.Forgive("a passkey from "+at, at)
	who := known.Account
	if err := e.store.By(who.Name).UsedPasskey(who.Name, known.Passkey, known.Key, known.Cloned, time.Now()); err != nil {
		return err
	}
	if known.Cloned {
		e.trail.s.log.Warn("a passkey may be copied: its counter went back, and it lets nobody in", "account", who.Name)
		return errCloned
	}
	if a.Account != "" {
		keep(w, r, sealName(r, halfCookie), "", time.Time{})
	}
	return e.let(w, r, who, account.Way{How: account.ByPasskey})
}

// errCloned is the answer to a passkey whose counter went back.
var errCloned = errors.New("this passkey may have been copied: it is older than when it was used last (fix: log in in another way, remove it and make a new one)")
