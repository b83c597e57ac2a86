package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/honderd/honderd/internal/account"
	"github.com/honderd/honderd/web"
)

// Mine returns what somebody has here.
func (e *entry) Mine(r *http.Request) web.Mine {
	id := asker(r)
	m := web.Mine{Issuers: e.Issuers()}
	if id.owner == "" || id.session == "" {
		return m
	}
	m.Account, _ = e.store.Find(account.Named(id.owner))
	_, now, _ := e.sessions.Find(id.session, time.Now())
	m.Sessions, m.Session = e.sessions.List(id.owner, time.Now()), now.ID
	tokens, _ := e.store.Tokens() // an account that was found can be read
	m.Tokens = slices.DeleteFunc(tokens, func(t account.Token) bool { return t.Owner != id.owner })
	m.Stale = fresh(id) != nil
	return m
}

// People returns everybody who may come in.
func (e *entry) People(*http.Request) (p web.People, err error) {
	var err2 error
	p.Accounts, err = e.store.Accounts()
	p.Tokens, err2 = e.store.Tokens()
	p.Sessions = e.sessions.List("", time.Now())
	p.Issuers = e.Issuers()
	if err = errors.Join(err, err2); err != nil {
		e.trail.s.log.Error("accounts could not be read", "error", err)
		return p, errors.New("accounts could not be read: the log of honderd says why")
	}
	return p, nil
}

// errWhat is the answer to a form that there is none of.
var errWhat = errors.New("that cannot be done here (fix: load the page again)")

// Do does what a form asks for, to one's own account or as an admin, and returns what is
// shown once, "" for nothing.
func (e *entry) Do(r *http.Request, what string, f url.Values) (shown string, err error) {
	id := asker(r)
	defer func() {
		if err == nil {
			e.trail.flush(context.WithoutCancel(r.Context()))
		}
	}()
	if own, ok := strings.CutPrefix(what, "account/"); ok {
		if id.session == "" {
			return "", errNoSession
		}
		if done, err := e.doSessions(r.Context(), id.owner, own, f); done {
			return "", err
		}
		return e.doMine(id, own, f)
	}
	if id.role < account.Admin || id.token { // the guard has looked at it already; here it matters most
		return "", errWhat
	}
	if err := fresh(id); err != nil {
		return "", err
	}
	own, _ := strings.CutPrefix(what, "people/")
	if done, err := e.doSessions(r.Context(), "", own, f); done {
		return "", err
	}
	return e.doPeople(r, e.store.By(id.name), own, f)
}

// doSessions ends sessions, of one account or with "" of anybody.
func (e *entry) doSessions(ctx context.Context, name, what string, f url.Values) (done bool, err error) {
	if what != "session-end" {
		return false, nil
	}
	ended, err := e.sessions.EndOne(name, f.Get("id"), time.Now())
	if !ended {
		return true, errors.Join(err, errors.New("that session has ended already"))
	}
	who, _ := ctx.Value(identityKey{}).(identity)
	e.trail.add(context.WithoutCancel(ctx), auditEntry{What: "session ended", Who: who.name, Of: f.Get("of")})
	return true, err
}

// doMine does something to the account of who asks.
func (e *entry) doMine(id identity, what string, f url.Values) (string, error) {
	s := e.store.By(id.name)
	switch what { // what makes the account safer needs no new login
	case "passkey-remove":
		return "", s.RemovePasskey(id.owner, f.Get("id"))
	case "token-remove":
		return "", s.RemoveToken(id.owner, f.Get("name"))
	case "log-out-everywhere":
		return "", s.LogOut(id.owner)
	}
	if err := fresh(id); err != nil {
		return "", err
	}
	switch what {
	case "password-remove":
		return "", s.RemovePassword(id.owner)
	case "both":
		return "", s.SetBoth(id.owner, f.Get("both") == "yes")
	case "issuer-remove":
		return "", s.RemoveVoucher(id.owner, f.Get("issuer"))
	case "token-add":
		role, err := account.ParseScope(f.Get("scope"))
		if err != nil {
			return "", err
		}
		days, err := strconv.Atoi(f.Get("days"))
		if err != nil || days < 1 || days > 3650 {
			return "", errors.New("a token lasts 1 to 3650 days")
		}
		return s.AddToken(id.owner, strings.TrimSpace(f.Get("name")), min(role, id.role), time.Now().Add(time.Duration(days)*24*time.Hour))
	}
	return "", errWhat
}

// doPeople does something to an account as an admin.
func (e *entry) doPeople(r *http.Request, s *account.Store, what string, f url.Values) (string, error) {
	name := f.Get("name")
	within := f.Get("within") != ""
	link := func(text string, err error) (string, error) { return e.inviteLink(r, text), err }
	switch what {
	case "invite", "role":
		role, err := account.ParseRole(f.Get("role"))
		if err != nil {
			return "", err
		}
		if what == "role" {
			return "", s.SetRole(name, role, within)
		}
		return link(s.Invite(strings.ToLower(strings.TrimSpace(name)), role, within))
	case "reset":
		return link(s.Reset(name))
	case "disable", "enable":
		return "", s.SetDisabled(name, what == "disable")
	case "log-out":
		return "", s.LogOut(name)
	case "remove":
		return "", s.Remove(name)
	case "token-remove":
		return "", s.RemoveToken("", name)
	}
	return "", errWhat
}

// inviteLink returns the link that lets somebody choose a way to log in.
func (e *entry) inviteLink(r *http.Request, text string) string {
	base := e.url
	if base == "" {
		base = "http://" + r.Host
		if web.Encrypted(r) {
			base = "https://" + r.Host
		}
	}
	return base + invitedPath + text
}

// invitedPath is where who is invited goes.
const invitedPath = "/invited?by="

// Invited returns whom a link invites, false when it lets nobody in.
func (e *entry) Invited(text string) (account.Account, bool) {
	return e.store.Invited(text, time.Now())
}

// Accept gives who is invited a password, and lets them in.
func (e *entry) Accept(w http.ResponseWriter, r *http.Request, invite, password string) error {
	at := e.from(r)
	if wait := e.limits.Take("an invitation from "+at, at, time.Now()); wait > 0 {
		return web.TooOften{Wait: wait}
	}
	a, ok := e.store.Invited(invite, time.Now())
	if !ok {
		return account.ErrInvite
	}
	e.limits.Forgive("an invitation from "+at, at)
	give, err := account.Password(a.Name, password)
	if err != nil {
		return err
	}
	if a, err = e.store.Accept(invite, give); err != nil {
		return err
	}
	return e.let(w, r, a, account.Way{How: account.ByInvite})
}

// Trail returns who did what, the newest first, as far as a filter lets it through.
func (e *entry) Trail(ctx context.Context, f web.TrailFilter) (list []web.Deed, all int, err error) {
	entries, err := e.trail.read(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("audit trail: %w", err)
	}
	has := func(text, part string) bool {
		return strings.Contains(strings.ToLower(text), strings.ToLower(strings.TrimSpace(part)))
	}
	for _, one := range entries {
		before := !f.Until.IsZero() && !one.At.Before(f.Until)
		if before || one.At.Before(f.From) || !has(one.Who, f.Who) || !has(one.What+" "+one.Of, f.What) {
			continue
		}
		all++
		if len(list) < mostAudit {
			list = append(list, web.Deed(one))
		}
	}
	return list, all, nil
}
