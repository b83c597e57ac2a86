package app

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/honderd/honderd/internal/account"
	"github.com/honderd/honderd/web"
)

// Accounts reports whether anybody can log in.
func (e *entry) Accounts() bool { return e.any() }

// Visitor returns who asks.
func (e *entry) Visitor(r *http.Request) web.Visitor {
	id := asker(r)
	v := web.Visitor{Name: id.name, Session: id.session != "", Local: id.local}
	if id.role > account.Nobody {
		v.Role = id.role.String()
	}
	return v
}

// Enter begins a session of who knows the password.
func (e *entry) Enter(w http.ResponseWriter, r *http.Request, name, password string) error {
	name = strings.ToLower(strings.TrimSpace(name))
	a, err := e.check(r, name, password)
	if err != nil {
		return err
	}
	if c, err := r.Cookie(cookieName(r)); err == nil {
		_ = e.sessions.End(c.Value, time.Now()) // it ends by itself otherwise
	}
	if err := e.begin(w, r, a); err != nil {
		return err
	}
	e.trail.add(context.WithoutCancel(r.Context()), auditEntry{What: "logged in", Who: a.Name})
	return nil
}

// check makes sure that a name and a password belong together, slowly for who guesses.
func (e *entry) check(r *http.Request, name, password string) (account.Account, error) {
	at := e.from(r)
	if wait := e.limits.Take(name, at, time.Now()); wait > 0 {
		e.trail.failed(e.known(name))
		return account.Account{}, web.TooOften{Wait: wait}
	}
	a, err := e.sessions.Check(r.Context(), name, password)
	switch {
	case errors.Is(err, account.ErrRefused):
		e.trail.failed(e.known(name))
		return a, web.ErrRefused
	case errors.Is(err, account.ErrBusy):
		return a, web.TooOften{Wait: 5 * time.Second}
	case err != nil:
		return a, errors.New("accounts cannot be read: the log of honderd says why")
	}
	e.limits.Forgive(name, at)
	return a, nil
}

// known returns the name when there is such an account; anything else may be a password
// that was typed in the wrong place.
func (e *entry) known(name string) string {
	list, _ := e.store.Accounts()
	for _, a := range list {
		if a.Name == name {
			return name
		}
	}
	return "nobody known"
}

func (e *entry) begin(w http.ResponseWriter, r *http.Request, a account.Account) error {
	cookie, err := e.sessions.Begin(a, time.Now())
	if err != nil {
		e.trail.s.log.Error("a session could not be kept: it ends with the next start", "error", err)
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(r), Value: cookie, Path: "/", MaxAge: int(account.Longest.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: web.Encrypted(r),
	})
	return nil
}

// Leave ends the session of who asks.
func (e *entry) Leave(w http.ResponseWriter, r *http.Request) {
	id := asker(r)
	if id.session == "" {
		return
	}
	if err := e.sessions.End(id.session, time.Now()); err != nil {
		e.trail.s.log.Error("it could not be kept that a session ended", "error", err)
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName(r), Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: web.Encrypted(r)})
	w.Header().Set("Clear-Site-Data", `"cache"`)
	e.trail.add(context.WithoutCancel(r.Context()), auditEntry{What: "logged out", Who: id.name})
}

// Change gives who asks another password, ends all their sessions and begins one.
func (e *entry) Change(w http.ResponseWriter, r *http.Request, old, password string) error {
	id := asker(r)
	if _, err := e.check(r, id.name, old); err != nil {
		return err
	}
	if err := e.store.SetPassword(id.name, password); err != nil {
		return err
	}
	list, err := e.store.Accounts()
	if err != nil {
		return err
	}
	for _, a := range list {
		if a.Name == id.name {
			return e.begin(w, r, a)
		}
	}
	return web.ErrRefused
}
