package account

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const good = "correct horse battery"

func newStore(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhatCannotBeAnAccount(t *testing.T) {
	s := newStore(t)
	tests := []struct {
		name, account, password string
		role                    Role
		want                    string
	}{
		{"good", "ann", good, Viewer, ""},
		{"twice", "ann", good, Viewer, "one of that name already"},
		{"capitals", "Ann", good, Viewer, "fix: 1 to 64 of a-z"},
		{"a path", "../x", good, Viewer, "cannot be a name"},
		{"a line end", "ann\n", good, Viewer, "cannot be a name"},
		{"long", strings.Repeat("a", 65), good, Viewer, "cannot be a name"},
		{"short password", "bob", "123456789", Viewer, "too short"},
		{"short in characters", "bob", "ééééé", Viewer, "too short"},
		{"endless password", "bob", strings.Repeat("ab", 600), Viewer, "too long"},
		{"no text", "bob", "\xff\xfe567890123", Viewer, "no text"},
		{"its own name", "bob.the.builder", "Bob.The.Builder", Viewer, "first that somebody would try"},
		{"one character", "bob", "aaaaaaaaaaaa", Viewer, "first that somebody would try"},
		{"no role", "bob", good, Nobody, "needs a role"},
		{"a role that there is not", "bob", good, Admin + 1, "needs a role"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := s.Add(tt.account, tt.password, tt.role)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Add() = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestNothingKeptLetsAnybodyIn(t *testing.T) {
	s := newStore(t)
	if err := s.Add("ann", good, Admin); err != nil {
		t.Fatal(err)
	}
	token, err := s.AddToken("", "graphs", Viewer, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	sessions := NewSessions(s)
	a, err := sessions.Check(t.Context(), "ann", good)
	if err != nil {
		t.Fatal(err)
	}
	cookie, err := sessions.Begin(a, Way{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"accounts.json", "sessions.json"} {
		path := filepath.Join(s.dir, name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{good, token, token[len(TokenPrefix):], cookie} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s holds the secret %q", name, secret)
			}
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s can be read by others: %v %v", name, info.Mode(), err)
		}
	}
	if _, ok := NewSessions(s).Account(cookie, time.Now()); !ok {
		t.Error("a restart ended the session")
	}
}

func TestPasswords(t *testing.T) {
	s := newStore(t)
	if err := s.Add("ann", good, Admin); err != nil {
		t.Fatal(err)
	}
	sessions := NewSessions(s)
	tests := []struct {
		name, account, password string
		want                    error
	}{
		{"right", "ann", good, nil},
		{"wrong", "ann", good + "x", ErrRefused},
		{"empty", "ann", "", ErrRefused},
		{"endless", "ann", strings.Repeat("x", 1<<20), ErrRefused},
		{"nobody's", "bob", good, ErrRefused},
		{"no name", "", "", ErrRefused},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := sessions.Check(t.Context(), tt.account, tt.password); !errors.Is(err, tt.want) {
				t.Errorf("Check() = %v, want %v", err, tt.want)
			}
		})
	}
	for _, hash := range []string{"", "x", "$argon2id$v=19$m=99999999,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=8,t=0,p=1$AAAA$AAAA", "$argon2id$v=19$m=8,t=1,p=1$$"} {
		if fits(hash, "") {
			t.Errorf("the damaged hash %q lets somebody in", hash)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	sessions.bench <- struct{}{}
	sessions.bench <- struct{}{}
	if _, err := sessions.Check(ctx, "ann", good); !errors.Is(err, ErrBusy) {
		t.Errorf("Check() with all places taken = %v, want busy", err)
	}
}

func TestSessionsEnd(t *testing.T) {
	s := newStore(t)
	if err := s.Add("ann", good, Editor); err != nil {
		t.Fatal(err)
	}
	begin := time.Date(2026, 11, 26, 20, 0, 0, 0, time.UTC)
	tests := []struct {
		name string
		do   func(sessions *Sessions, cookie string) time.Time
		want bool
	}{
		{"used", func(*Sessions, string) time.Time { return begin.Add(Idle) }, true},
		{"idle", func(*Sessions, string) time.Time { return begin.Add(Idle + time.Second) }, false},
		{"used for too long", func(n *Sessions, c string) time.Time {
			at := begin
			for ; at.Before(begin.Add(Longest)); at = at.Add(Idle) {
				n.Account(c, at)
			}
			return at.Add(time.Second)
		}, false},
		{"a clock that went back", func(*Sessions, string) time.Time { return begin.Add(-24 * time.Hour) }, false},
		{"ended", func(n *Sessions, c string) time.Time { _ = n.End(c, begin); return begin }, false},
		{"too many others", func(n *Sessions, _ string) time.Time {
			a, _ := n.store.Accounts()
			for i := range maxSession {
				_, _ = n.Begin(a[0], Way{}, begin.Add(time.Duration(i+1)*time.Second))
			}
			return begin.Add(time.Minute)
		}, false},
		{"another password", func(n *Sessions, _ string) time.Time { _ = n.store.SetPassword("ann", good+"!"); return begin }, false},
		{"removed and made anew", func(n *Sessions, _ string) time.Time {
			_ = n.store.Remove("ann")
			_ = n.store.Add("ann", good, Admin)
			return begin
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sessions := NewSessions(s)
			list, _ := s.Accounts()
			cookie, err := sessions.Begin(list[0], Way{}, begin)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := sessions.Account(cookie, tt.do(sessions, cookie)); ok != tt.want {
				t.Errorf("Account() = %v, want %v", ok, tt.want)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Limits
		passed := 0
		for end := time.Now().Add(24 * time.Hour); time.Now().Before(end); {
			wait := l.Take("ann", "203.0.113.7", time.Now())
			if wait == 0 {
				passed++
			}
			time.Sleep(max(wait, time.Millisecond))
		}
		if passed > 120 {
			t.Errorf("one address guessed %d times in a day, want at most 120", passed)
		}
		if wait := l.Take("bob", "203.0.113.8", time.Now()); wait != 0 {
			t.Errorf("somebody else waits %v", wait)
		}
		for i := range 3 * maxTried {
			l.Take(strings.Repeat("x", i%50), secret(), time.Now())
		}
		if len(l.at) > maxTried || len(l.name) > maxTried {
			t.Errorf("%d addresses and %d names are remembered, want at most %d", len(l.at), len(l.name), maxTried)
		}
	})
}

func TestManyAtOnceDoNotPass(t *testing.T) {
	var l Limits
	var passed sync.Map
	var all sync.WaitGroup
	now := time.Now()
	for i := range 100 {
		all.Go(func() {
			if l.Take("ann", "203.0.113.7", now) == 0 {
				passed.Store(i, true)
			}
		})
	}
	all.Wait()
	n := 0
	passed.Range(func(any, any) bool { n++; return true })
	if n != freeTries {
		t.Errorf("%d of 100 at once were tried, want %d", n, freeTries)
	}
}

func TestCommandsAndServerShareOneFile(t *testing.T) {
	data := t.TempDir()
	var all sync.WaitGroup
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		all.Go(func() {
			s, err := Open(data)
			if err == nil {
				_, err = s.AddToken("", name, Viewer, time.Now().Add(time.Hour))
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	s, err := Open(data)
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.Tokens()
	if err != nil || len(list) != 6 || len(s.Events()) != 6 {
		t.Errorf("Tokens() = %d, %v with %d events; want 6", len(list), err, len(s.Events()))
	}
	if err := os.WriteFile(s.path(), []byte("{half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Tokens(); err == nil || !strings.Contains(err.Error(), "are damaged") {
		t.Errorf("a damaged file reads as %v: it must not look like nobody", err)
	}
	if err := s.Add("ann", good, Admin); err == nil {
		t.Error("a damaged file was overwritten")
	}
}
