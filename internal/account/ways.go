package account

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Passkey is a key of somebody's device that lets them in.
type Passkey struct {
	ID      string          `json:"id"`   // short, for forms
	Name    string          `json:"name"` // as its owner calls it
	Key     json.RawMessage `json:"key"`  // what it is recognised by; nothing in it is secret
	Created time.Time       `json:"created"`
	Used    time.Time       `json:"used,omitzero"`
	Cloned  bool            `json:"cloned,omitempty"` // its counter went back: there may be two of it
}

// Voucher is somebody elsewhere whose word is taken for who somebody is.
type Voucher struct {
	Issuer  string    `json:"issuer"`  // its name here
	Subject string    `json:"subject"` // what it knows the person by, for ever
	Name    string    `json:"name"`    // what it called them last, for people
	Since   time.Time `json:"since"`
}

// Invite is a link that lets somebody choose a way to log in, once.
type Invite struct {
	Sum     string    `json:"sum"` // SHA-256 of what is in the link
	Expires time.Time `json:"expires"`
}

// InviteLasts is how long such a link works.
const InviteLasts = 72 * time.Hour

// maxPasskeys is how many passkeys an account may have.
const maxPasskeys = 20

// ErrInvite is the answer to a link that lets nobody in.
var ErrInvite = errors.New("this link was used, or is too old (fix: ask who invited you for another one)")

// Invite makes an account without a way to log in, and returns what is in the link that
// lets somebody choose one.
func (s *Store) Invite(name string, role Role, within bool) (string, error) {
	text := secret()
	a := newAccount(name, role)
	a.Within, a.Invite = within, newInvite(text)
	return text, s.insert(a, "account invited")
}

func newInvite(text string) *Invite {
	return &Invite{Sum: sum(text), Expires: time.Now().UTC().Add(InviteLasts).Truncate(time.Second)}
}

// Reset takes all ways to log in from an account, ends its sessions, and returns what is in
// the link that lets its owner choose a new one.
func (s *Store) Reset(name string) (string, error) {
	text := secret()
	return text, s.alter(name, "all ways to log in taken back", func(c *content, a *Account) error {
		if s.by == a.Name && c.lastAdmin(*a) { // a link that gets lost would lock everybody out
			return errLast
		}
		a.Hash, a.Passkeys, a.Vouchers, a.Both, a.Epoch, a.Invite = "", nil, nil, false, secret(), newInvite(text)
		return nil
	})
}

// Invited returns the account that a link is for, false when it lets nobody in.
func (s *Store) Invited(text string, now time.Time) (Account, bool) {
	of := sum(text)
	return s.Find(func(a Account) bool {
		return a.Invite != nil && a.Invite.Sum == of && now.Before(a.Invite.Expires) && !a.Disabled
	})
}

// Accept uses up a link and gives its account the way that give adds.
func (s *Store) Accept(text string, give func(a *Account) error) (Account, error) {
	a, ok := s.Invited(text, time.Now())
	if !ok {
		return a, ErrInvite
	}
	of := sum(text)
	err := s.By(a.Name).alter(a.Name, "invitation accepted", func(_ *content, now *Account) error {
		if now.Invite == nil || now.Invite.Sum != of { // somebody was quicker
			return ErrInvite
		}
		now.Invite, now.Epoch = nil, secret()
		err := give(now)
		a = *now
		return err
	})
	return a, err
}

// Password returns what Accept gives an account that password with.
func Password(name, password string) (func(a *Account) error, error) {
	if err := CheckPassword(name, password); err != nil {
		return nil, err
	}
	hash := hashPassword(password)
	return func(a *Account) error {
		a.Hash = hash
		return nil
	}, nil
}

// With returns what Accept gives an account a passkey with.
func (p Passkey) With() func(a *Account) error {
	p.Created = time.Now().UTC().Truncate(time.Second)
	b := make([]byte, 8)
	rand.Read(b)
	p.ID = fmt.Sprintf("%x", b)
	p.Name = strings.TrimSpace(p.Name)
	return func(a *Account) error {
		switch {
		case p.Name == "" || len(p.Name) > 80 || strings.ContainsAny(p.Name, "\r\n"):
			return errors.New("the passkey needs a name (fix: a few words, such as phone)")
		case len(a.Passkeys) >= maxPasskeys:
			return fmt.Errorf("%d passkeys are the most for one account (fix: remove those that are not used)", maxPasskeys)
		}
		a.Passkeys = append(slices.Clone(a.Passkeys), p)
		return nil
	}
}

// With returns what Accept gives an account a voucher with.
func (v Voucher) With() func(a *Account) error {
	v.Since = time.Now().UTC().Truncate(time.Second)
	return func(a *Account) error {
		a.Vouchers = append(slices.Clone(a.Vouchers), v)
		return nil
	}
}

// AddPasskey gives an account one more passkey.
func (s *Store) AddPasskey(name string, p Passkey) error {
	give := p.With()
	return s.alter(name, "passkey added", func(_ *content, a *Account) error { return give(a) })
}

// HandleOf returns what passkeys know the account of that name by. One from before there
// were passkeys gets it now.
func (s *Store) HandleOf(name string) ([]byte, error) {
	if a, ok := s.Find(Named(name)); ok && len(a.Handle) > 0 {
		return a.Handle, nil
	}
	var handle []byte
	err := s.alter(name, "", func(_ *content, a *Account) error {
		if len(a.Handle) == 0 {
			a.Handle = newAccount(name, a.Role).Handle
		}
		handle = a.Handle
		return nil
	})
	return handle, err
}

// errOnly is the answer to who would lock themselves out.
var errOnly = errors.New("it is the only way to log in to this account (fix: add another one first)")

// RemovePasskey takes a passkey from an account that has another way to log in.
func (s *Store) RemovePasskey(name, id string) error {
	return s.alter(name, "passkey removed", func(_ *content, a *Account) error {
		i := slices.IndexFunc(a.Passkeys, func(p Passkey) bool { return p.ID == id })
		if i < 0 {
			return fmt.Errorf("passkey %.40q: %w", id, ErrMissing)
		}
		a.Passkeys = slices.Delete(slices.Clone(a.Passkeys), i, i+1)
		if len(a.Passkeys) == 0 {
			a.Both = false // a password alone again
		}
		if !a.CanEnter() {
			return errOnly
		}
		return nil
	})
}

// RemovePassword takes the password from an account that has another way to log in.
func (s *Store) RemovePassword(name string) error {
	return s.alter(name, "password removed", func(_ *content, a *Account) error {
		a.Hash, a.Both = "", false
		if !a.CanEnter() {
			return errOnly
		}
		return nil
	})
}

// SetBoth says whether a password needs a passkey beside it.
func (s *Store) SetBoth(name string, both bool) error {
	what := "a password alone is enough"
	if both {
		what = "a password needs a passkey beside it"
	}
	return s.alter(name, what, func(_ *content, a *Account) error {
		if both && len(a.Passkeys) == 0 {
			return errors.New("there is no passkey yet (fix: add one first)")
		}
		a.Both = both
		return nil
	})
}

// UsedPasskey keeps that a passkey let somebody in, and what it is recognised by now.
func (s *Store) UsedPasskey(name, id string, key json.RawMessage, cloned bool, now time.Time) error {
	what := ""
	if cloned {
		what = "a passkey may be copied: its counter went back"
	}
	return s.alter(name, what, func(_ *content, a *Account) error {
		a.Passkeys = slices.Clone(a.Passkeys)
		for i := range a.Passkeys {
			if a.Passkeys[i].ID == id {
				a.Passkeys[i].Key, a.Passkeys[i].Used = key, now.UTC().Truncate(time.Second)
				a.Passkeys[i].Cloned = a.Passkeys[i].Cloned || cloned
			}
		}
		return nil
	})
}

// Vouched returns the account of whom an issuer knows as subject.
func (s *Store) Vouched(issuer, subject string) (Account, bool) {
	return s.Find(func(a Account) bool {
		return slices.ContainsFunc(a.Vouchers, func(v Voucher) bool { return v.Issuer == issuer && v.Subject == subject })
	})
}

// AddVouched makes an account of whom an issuer sends, whose role that issuer says.
func (s *Store) AddVouched(name string, role Role, v Voucher) (Account, error) {
	a := newAccount(name, role)
	a.From = v.Issuer
	if err := v.With()(&a); err != nil {
		return a, err
	}
	return a, s.insert(a, "account added by "+v.Issuer)
}

// AddVoucher lets somebody in by the word of an issuer too.
func (s *Store) AddVoucher(name string, v Voucher) error {
	if other, ok := s.Vouched(v.Issuer, v.Subject); ok {
		if other.Name == name {
			return nil
		}
		return errors.New("who you are there has another account here (fix: log in with that one, or ask an admin)")
	}
	give := v.With()
	return s.alter(name, "login by "+v.Issuer+" added", func(_ *content, a *Account) error { return give(a) })
}

// RemoveVoucher lets somebody in by the word of an issuer no longer.
func (s *Store) RemoveVoucher(name, issuer string) error {
	return s.alter(name, "login by "+issuer+" removed", func(_ *content, a *Account) error {
		a.Vouchers = slices.DeleteFunc(slices.Clone(a.Vouchers), func(v Voucher) bool { return v.Issuer == issuer })
		if a.From == issuer {
			a.From = ""
		}
		if !a.CanEnter() {
			return errOnly
		}
		return nil
	})
}
