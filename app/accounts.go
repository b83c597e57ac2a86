package app

import (
	"errors"
	"fmt"
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
	return store.AddToken(name, role, time.Now().Add(lasts))
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
	return store.RemoveToken(name)
}
