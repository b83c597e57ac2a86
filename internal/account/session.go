package account

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// SessionsFile is where sessions are, in the data folder. No backup needs it: one that is
// put back would bring back sessions that somebody ended.
const SessionsFile = Dir + "/sessions.json"

// How long a session lasts.
const (
	Idle       = 12 * time.Hour     // without a request
	Longest    = 7 * 24 * time.Hour // in all
	seenEvery  = 10 * time.Minute   // how often it is kept that one is used
	maxSession = 20                 // sessions of one account; the oldest end
)

// Errors of logging in. They say nothing of whether there is such an account.
var (
	ErrRefused = errors.New("this name and this password do not belong together")
	ErrBusy    = errors.New("too many people log in at once")
)

// session is one browser of one account.
type session struct {
	Account string    `json:"account"`
	Epoch   string    `json:"epoch"` // of the account when it began
	Began   time.Time `json:"began"`
	Seen    time.Time `json:"seen"`
	Way
}

// Way is how somebody came in.
type Way struct {
	How     string    `json:"how,omitempty"`     // ByPassword, ByPasskey, ByInvite, or the name of an issuer
	Browser string    `json:"browser,omitempty"` // in few words, so that people tell their own sessions apart
	Ends    time.Time `json:"ends,omitzero"`     // at the latest; zero: Longest after it began
}

// Ways that are not the name of an issuer.
const (
	ByPassword = "password"
	ByPasskey  = "passkey"
	ByInvite   = "invitation"
)

// Session is a session as people see it.
type Session struct {
	ID, Account string
	Began, Seen time.Time
	Way
}

// Sessions is who is logged in. It is made by NewSessions.
type Sessions struct {
	store *Store
	path  string
	bench bench

	mu    sync.Mutex
	by    map[string]session // by the sum of the cookie
	saved time.Time
}

// NewSessions returns the sessions of the accounts in store. Sessions that cannot be read
// are over.
func NewSessions(store *Store) *Sessions {
	s := &Sessions{store: store, path: filepath.Join(filepath.Dir(store.dir), filepath.FromSlash(SessionsFile)), bench: make(bench, maxHashes), by: map[string]session{}}
	if text, err := os.ReadFile(s.path); err == nil && json.Unmarshal(text, &s.by) != nil || s.by == nil {
		s.by = map[string]session{}
	}
	return s
}

// Check reports whether the account has that password, in the same time whether or not
// there is such an account.
func (s *Sessions) Check(ctx context.Context, name, password string) (Account, error) {
	c, err := s.store.read()
	if err != nil {
		return Account{}, err
	}
	var a Account
	if i := c.account(name); i >= 0 && !c.Accounts[i].Disabled {
		a = c.Accounts[i]
	}
	if len(password) > MaxPassword {
		password, a = "", Account{}
	}
	ok, err := s.bench.fits(ctx, a.Hash, password)
	switch {
	case err != nil:
		return Account{}, ErrBusy
	case !ok:
		return Account{}, ErrRefused
	}
	return a, nil
}

// Begin begins a session of an account and returns its cookie, which is kept nowhere.
func (s *Sessions) Begin(a Account, w Way, now time.Time) (string, error) {
	cookie := secret()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidy(now)
	mine, oldest := 0, ""
	for key, one := range s.by {
		if one.Account == a.Name {
			mine++
			if oldest == "" || one.Began.Before(s.by[oldest].Began) {
				oldest = key
			}
		}
	}
	if mine >= maxSession {
		delete(s.by, oldest)
	}
	s.by[sum(cookie)] = session{Account: a.Name, Epoch: a.Epoch, Began: now, Seen: now, Way: w}
	return cookie, s.save(now)
}

// Account returns whose session the cookie is of, false when there is none or it is over.
func (s *Sessions) Account(cookie string, now time.Time) (Account, bool) {
	a, _, ok := s.Find(cookie, now)
	return a, ok
}

// Find is as Account, and returns the session too.
func (s *Sessions) Find(cookie string, now time.Time) (Account, Session, bool) {
	if cookie == "" {
		return Account{}, Session{}, false
	}
	c, err := s.store.read()
	if err != nil {
		return Account{}, Session{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := sum(cookie)
	one, ok := s.by[key]
	if !ok {
		return Account{}, Session{}, false
	}
	i := c.account(one.Account)
	if i < 0 || c.Accounts[i].Epoch != one.Epoch || c.Accounts[i].Disabled || over(one, now) {
		delete(s.by, key)
		return Account{}, Session{}, false
	}
	one.Seen = now
	s.by[key] = one
	if now.Sub(s.saved) > seenEvery {
		_ = s.save(now) // what is lost is that somebody was seen; it is tried again
	}
	return c.Accounts[i], one.shown(key), true
}

// shown returns a session as people see it. A part of the sum of its cookie is its ID: the
// cookie cannot be found from it.
func (one session) shown(key string) Session {
	return Session{ID: key[:min(len(key), 16)], Account: one.Account, Began: one.Began, Seen: one.Seen, Way: one.Way}
}

// List returns the sessions of an account, or with "" of all, the one seen last first.
func (s *Sessions) List(name string, now time.Time) []Session {
	c, err := s.store.read()
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Session
	for key, one := range s.by {
		i := c.account(one.Account)
		if i >= 0 && c.Accounts[i].Epoch == one.Epoch && !c.Accounts[i].Disabled && !over(one, now) && (name == "" || name == one.Account) {
			list = append(list, one.shown(key))
		}
	}
	slices.SortFunc(list, func(a, b Session) int { return cmp.Or(b.Seen.Compare(a.Seen), strings.Compare(a.ID, b.ID)) })
	return list
}

// EndOne ends the session with that ID, of an account or with "" of anybody; false when
// there is none.
func (s *Sessions) EndOne(name, id string, now time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, one := range s.by {
		if len(id) == 16 && strings.HasPrefix(key, id) && (name == "" || name == one.Account) {
			delete(s.by, key)
			return true, s.save(now)
		}
	}
	return false, nil
}

func over(one session, now time.Time) bool {
	if !one.Ends.IsZero() && now.After(one.Ends) {
		return true
	}
	return now.Sub(one.Seen) > Idle || now.Sub(one.Began) > Longest || now.Before(one.Began.Add(-time.Hour))
}

// End ends the session of a cookie.
func (s *Sessions) End(cookie string, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.by[sum(cookie)]; !ok {
		return nil
	}
	delete(s.by, sum(cookie))
	return s.save(now)
}

// tidy forgets sessions that are over.
func (s *Sessions) tidy(now time.Time) {
	for key, one := range s.by {
		if over(one, now) {
			delete(s.by, key)
		}
	}
}

func (s *Sessions) save(now time.Time) error {
	s.saved = now
	err := save(s.path, s.by)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("keep a session: %w (fix: make an account first)", err)
	}
	return err
}
