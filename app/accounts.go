package app

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/internal/account"
)

// CheckAccount returns why nobody of that name can get an account of that role.
func CheckAccount(c config.Config, name, role string) error {
	_, err := account.ParseRole(role)
	if err := errors.Join(account.CheckName(name), err); err != nil {
		return err
	}
	list, err := Accounts(c)
	for _, a := range list {
		if a.Name == name {
			return fmt.Errorf("account %s: %w", name, account.ErrTaken)
		}
	}
	return err
}

// AddAccount makes an account in the data folder of c.
func AddAccount(c config.Config, name, password, role string) error {
	as, err := account.ParseRole(role)
	if err != nil {
		return err
	}
	store, err := account.Open(c.Data)
	if err != nil {
		return err
	}
	return store.Add(name, password, as)
}

// Accounts returns who may log in.
func Accounts(c config.Config) ([]account.Account, error) {
	store, err := account.Open(c.Data)
	if err != nil {
		return nil, err
	}
	return store.Accounts()
}

// SetPassword gives an account another password.
func SetPassword(c config.Config, name, password string) error {
	store, err := account.Open(c.Data)
	if err != nil {
		return err
	}
	return store.SetPassword(name, password)
}

// RemoveAccount removes an account.
func RemoveAccount(c config.Config, name string) error {
	store, err := account.Open(c.Data)
	if err != nil {
		return err
	}
	return store.Remove(name)
}

// WaysIn says in few words how somebody can log in.
func WaysIn(a account.Account) string {
	var ways []string
	if a.Hash != "" {
		ways = append(ways, "password")
	}
	if n := len(a.Passkeys); n > 0 {
		ways = append(ways, fmt.Sprintf("passkeys: %d", n))
	}
	for _, v := range a.Vouchers {
		ways = append(ways, v.Issuer)
	}
	if a.Invite != nil && time.Now().Before(a.Invite.Expires) {
		ways = append(ways, "invited")
	}
	if a.Disabled {
		ways = append(ways, "disabled")
	}
	return strings.Join(ways, ", ")
}

// accountsOf returns the accounts in the data folder of c, to be changed by a command.
func accountsOf(c config.Config, do func(s *account.Store) error) error {
	store, err := account.Open(c.Data)
	if err != nil {
		return err
	}
	return do(store)
}

// InviteAccount makes an account, and returns the link that lets its owner choose how to
// log in. Within: beyond reading, its role holds only for what its teams own.
func InviteAccount(c config.Config, name, role string, within bool) (link string, err error) {
	as, err := account.ParseRole(role)
	if err != nil {
		return "", err
	}
	err = accountsOf(c, func(s *account.Store) error {
		text, err := s.Invite(name, as, within)
		link = linkOf(c, text)
		return err
	})
	return link, err
}

// ResetAccount takes all ways to log in from an account, and returns the link that lets
// its owner choose a new one.
func ResetAccount(c config.Config, name string) (link string, err error) {
	err = accountsOf(c, func(s *account.Store) error {
		text, err := s.Reset(name)
		link = linkOf(c, text)
		return err
	})
	return link, err
}

// linkOf returns a link as people open it.
func linkOf(c config.Config, text string) string {
	if c.Accounts.URL == "" {
		return "http://" + c.Listen + invitedPath + text
	}
	return c.Accounts.URL + invitedPath + text
}

// SetRole says what an account may do, and with within: only to what its teams own.
func SetRole(c config.Config, name, role string, within bool) error {
	as, err := account.ParseRole(role)
	if err != nil {
		return err
	}
	return accountsOf(c, func(s *account.Store) error { return s.SetRole(name, as, within) })
}

// DisableAccount lets an account in no longer.
func DisableAccount(c config.Config, name string) error {
	return accountsOf(c, func(s *account.Store) error { return s.SetDisabled(name, true) })
}

// EnableAccount lets an account in again.
func EnableAccount(c config.Config, name string) error {
	return accountsOf(c, func(s *account.Store) error { return s.SetDisabled(name, false) })
}

// LogOutAccount ends all sessions of an account.
func LogOutAccount(c config.Config, name string) error {
	return accountsOf(c, func(s *account.Store) error { return s.LogOut(name) })
}

// AddToken makes a token that lasts so long, and returns it.
func AddToken(c config.Config, name, scope string, lasts time.Duration) (string, error) {
	role, err := account.ParseScope(scope)
	if err != nil {
		return "", err
	}
	store, err := account.Open(c.Data)
	if err != nil {
		return "", err
	}
	return store.AddToken("", name, role, time.Now().Add(lasts))
}

// Tokens returns the tokens there are.
func Tokens(c config.Config) ([]account.Token, error) {
	store, err := account.Open(c.Data)
	if err != nil {
		return nil, err
	}
	return store.Tokens()
}

// RemoveToken removes a token.
func RemoveToken(c config.Config, name string) error {
	store, err := account.Open(c.Data)
	if err != nil {
		return err
	}
	return store.RemoveToken("", name)
}
