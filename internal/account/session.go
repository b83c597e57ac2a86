package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	if i := c.account(name); i >= 0 {
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
func (s *Sessions) Begin(a Account, now time.Time) (string, error) {
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
	s.by[sum(cookie)] = session{Account: a.Name, Epoch: a.Epoch, Began: now, Seen: now}
	return cookie, s.save(now)
}

// Account returns whose session the cookie is of, false when there is none or it is over.
func (s *Sessions) Account(cookie string, now time.Time) (Account, bool) {
	if cookie == "" {
		return Account{}, false
	}
	c, err := s.store.read()
	if err != nil {
		return Account{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := sum(cookie)
	one, ok := s.by[key]
	if !ok {
		return Account{}, false
	}
	i := c.account(one.Account)
	if i < 0 || c.Accounts[i].Epoch != one.Epoch || over(one, now) {
		delete(s.by, key)
		return Account{}, false
	}
	one.Seen = now
	s.by[key] = one
	if now.Sub(s.saved) > seenEvery {
		_ = s.save(now) // what is lost is that somebody was seen; it is tried again
	}
	return c.Accounts[i], true
}

func over(one session, now time.Time) bool {
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
