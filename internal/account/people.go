package account

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Accounts returns the accounts, in the order of their names.
func (s *Store) Accounts() ([]Account, error) {
	c, err := s.read()
	list := slices.Clone(c.Accounts)
	slices.SortFunc(list, func(a, b Account) int { return strings.Compare(a.Name, b.Name) })
	return list, err
}

// Find returns the account that is asked for, false when there is none.
func (s *Store) Find(is func(Account) bool) (Account, bool) {
	c, err := s.read()
	i := slices.IndexFunc(c.Accounts, is)
	if err != nil || i < 0 {
		return Account{}, false
	}
	return c.Accounts[i], true
}

// Named returns what Find finds the account of a name by.
func Named(name string) func(Account) bool {
	return func(a Account) bool { return a.Name == name }
}

// newAccount returns an account that nobody can log in to yet.
func newAccount(name string, role Role) Account {
	handle := make([]byte, 64)
	rand.Read(handle)
	return Account{Name: name, Role: role, Handle: handle, Epoch: secret(), Created: time.Now().UTC().Truncate(time.Second)}
}

func checkRole(role Role) error {
	if role < Viewer || role > Admin {
		return errors.New("an account needs a role (fix: viewer, editor, operator or admin)")
	}
	return nil
}

// insert adds an account.
func (s *Store) insert(a Account, what string) error {
	if err := errors.Join(CheckName(a.Name), checkRole(a.Role)); err != nil {
		return err
	}
	return s.change(func(c *content) error {
		if c.account(a.Name) >= 0 {
			return fmt.Errorf("account %s: %w", a.Name, ErrTaken)
		}
		c.Accounts = append(c.Accounts, a)
		c.tell(what+" as "+a.Role.String(), a.Name)
		return nil
	})
}

// Add makes an account.
func (s *Store) Add(name, password string, role Role) error {
	if err := errors.Join(CheckName(name), CheckPassword(name, password)); err != nil {
		return err
	}
	a := newAccount(name, role)
	a.Hash = hashPassword(password)
	return s.insert(a, "account added")
}

// alter changes one account; what is told unless it is "".
func (s *Store) alter(name, what string, do func(c *content, a *Account) error) error {
	return s.change(func(c *content) error {
		i := c.account(name)
		if i < 0 {
			return fmt.Errorf("account %.80q: %w", name, ErrMissing)
		}
		if err := do(c, &c.Accounts[i]); err != nil {
			return err
		}
		if what != "" {
			c.tell(what, name)
		}
		return nil
	})
}

// SetPassword gives an account another password, which ends all its sessions.
func (s *Store) SetPassword(name, password string) error {
	if err := CheckPassword(name, password); err != nil {
		return err
	}
	hash := hashPassword(password)
	return s.alter(name, "password changed", func(_ *content, a *Account) error {
		a.Hash, a.Epoch, a.Invite = hash, secret(), nil
		return nil
	})
}

// errLast is the answer to who would leave nobody who looks after accounts.
var errLast = errors.New("nobody else here is an admin (fix: make somebody else an admin first)")

// lastAdmin reports whether a is the only one who looks after accounts.
func (c *content) lastAdmin(a Account) bool {
	able := func(o Account) bool { return o.Role == Admin && !o.Disabled && !o.Within && o.CanEnter() }
	return able(a) && !slices.ContainsFunc(c.Accounts, func(o Account) bool { return o.Name != a.Name && able(o) })
}

// CanEnter reports whether there is a way to log in to the account.
func (a Account) CanEnter() bool { return a.Hash != "" || len(a.Passkeys)+len(a.Vouchers) > 0 }

// SetRole says what an account may do, and whether only for what its teams own.
func (s *Store) SetRole(name string, role Role, within bool) error {
	if err := checkRole(role); err != nil {
		return err
	}
	what := "role set to " + role.String()
	if within {
		what += " for own teams"
	}
	return s.alter(name, what, func(c *content, a *Account) error {
		if (role != Admin || within) && c.lastAdmin(*a) {
			return errLast
		}
		a.Role, a.Within = role, within
		return nil
	})
}

// SetDisabled lets an account in no longer, or again. Its sessions end.
func (s *Store) SetDisabled(name string, disabled bool) error {
	what := "account enabled"
	if disabled {
		what = "account disabled"
	}
	return s.alter(name, what, func(c *content, a *Account) error {
		if disabled && c.lastAdmin(*a) {
			return errLast
		}
		a.Disabled, a.Epoch = disabled, secret()
		return nil
	})
}

// LogOut ends all sessions of an account.
func (s *Store) LogOut(name string) error {
	return s.alter(name, "all sessions ended", func(_ *content, a *Account) error {
		a.Epoch = secret()
		return nil
	})
}

// Remove removes an account, and with it its sessions and tokens.
func (s *Store) Remove(name string) error {
	return s.change(func(c *content) error {
		i := c.account(name)
		if i < 0 {
			return fmt.Errorf("account %.80q: %w", name, ErrMissing)
		}
		if s.by != "" && c.lastAdmin(c.Accounts[i]) { // who has a shell can make another
			return errLast
		}
		c.Accounts = slices.Delete(c.Accounts, i, i+1)
		c.Tokens = slices.DeleteFunc(c.Tokens, func(t Token) bool { return t.Owner == name })
		c.tell("account removed", name)
		return nil
	})
}
