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
	if _, err := e.issuer(id.how); err == nil {
		v.How = id.how
	}
	if id.role > account.Nobody {
		v.Role = id.role.String()
	}
	return v
}

// Enter begins a session of who knows the password. Where a passkey is needed beside it
// the answer is web.ErrKeyToo, and the browser keeps that the password was right.
func (e *entry) Enter(w http.ResponseWriter, r *http.Request, name, password string) error {
	name = strings.ToLower(strings.TrimSpace(name))
	a, err := e.check(r, name, password)
	if err != nil {
		return err
	}
	if a.Both && len(a.Passkeys) > 0 {
		half := half{Account: a.Name, Epoch: a.Epoch, Until: time.Now().Add(ceremonyLasts)}
		return errors.Join(e.seal(w, r, halfCookie, half, half.Until), web.ErrKeyToo)
	}
	return e.let(w, r, a, account.Way{How: account.ByPassword})
}

// let begins a session of somebody who is known now, in place of the one before, and keeps
// that they came in.
func (e *entry) let(w http.ResponseWriter, r *http.Request, a account.Account, by account.Way) error {
	if c, err := r.Cookie(cookieName(r)); err == nil {
		_ = e.sessions.End(c.Value, time.Now()) // it ends by itself otherwise
	}
	e.begin(w, r, a, by)
	what := "logged in"
	if by.How != account.ByPassword {
		what += " by " + by.How
	}
	e.trail.add(context.WithoutCancel(r.Context()), auditEntry{What: what, Who: a.Name})
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

// begin begins a session of an account. How long it lasts stands in it, or is the longest.
func (e *entry) begin(w http.ResponseWriter, r *http.Request, a account.Account, by account.Way) {
	now := time.Now()
	by.Browser = browserOf(r.UserAgent())
	if by.Ends.IsZero() {
		by.Ends = now.Add(account.Longest)
	}
	cookie, err := e.sessions.Begin(a, by, now)
	if err != nil {
		e.trail.s.log.Error("a session could not be kept: it ends with the next start", "error", err)
	}
	keep(w, r, cookieName(r), cookie, by.Ends)
}

// browserOf returns a browser and its system in few words: enough to tell one's own apart,
// too little to follow anybody by.
func browserOf(agent string) string {
	first := func(list [][2]string) string {
		for _, one := range list {
			if strings.Contains(agent, one[0]) {
				return one[1]
			}
		}
		return ""
	}
	browser := first([][2]string{{"Firefox/", "Firefox"}, {"Edg", "Edge"}, {"OPR/", "Opera"}, {"Chrome/", "Chrome"}, {"CriOS/", "Chrome"}, {"Safari/", "Safari"}})
	system := first([][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"}, {"Mac OS", "macOS"}, {"Linux", "Linux"}})
	if browser == "" || system == "" {
		return browser + system
	}
	return browser + ", " + system
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
	keep(w, r, cookieName(r), "", time.Time{})
	w.Header().Set("Clear-Site-Data", `"cache"`)
	e.trail.add(context.WithoutCancel(r.Context()), auditEntry{What: "logged out", Who: id.name})
}

// Change gives who asks another password, ends all their sessions and begins one. Who has
// none yet must have logged in a short while ago.
func (e *entry) Change(w http.ResponseWriter, r *http.Request, old, password string) error {
	id := asker(r)
	a, ok := e.store.Find(account.Named(id.name))
	if !ok || id.session == "" {
		return web.ErrRefused
	}
	if a.Hash == "" {
		if err := fresh(id); err != nil {
			return err
		}
	} else if _, err := e.check(r, id.name, old); err != nil {
		return err
	}
	if err := e.store.By(id.name).SetPassword(id.name, password); err != nil {
		return err
	}
	if a, ok = e.store.Find(account.Named(id.name)); !ok {
		return web.ErrRefused
	}
	e.begin(w, r, a, account.Way{How: id.how})
	return nil
}

// freshFor is how long after logging in somebody may change how they log in: a session that
// was left open, or stolen, must not become a key of its own.
const freshFor = time.Hour

// fresh returns web.ErrStale for a session that is too old to change how somebody logs in.
func fresh(id identity) error {
	if id.session != "" && time.Since(id.began) > freshFor {
		return web.ErrStale
	}
	return nil
}
