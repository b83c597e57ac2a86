// Package passkey makes and recognises passkeys: keys in people's devices that let them in
// without a password. A passkey belongs to one address, so that no other site can ask for
// it.
package passkey

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/honderd/honderd/internal/account"
)

// ErrRefused is the answer to a passkey that lets nobody in.
var ErrRefused = errors.New("this passkey lets nobody in here")

// Site is the address that passkeys belong to.
type Site struct{ w *webauthn.WebAuthn }

// New returns the site at a public address, such as https://honderd.example. Browsers use
// passkeys at https:// and at http://localhost only, never at a bare IP address.
func New(address string) (*Site, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, errors.New("the address that passkeys belong to is none (fix: write accounts.url as https://honderd.example)")
	}
	host := strings.ToLower(u.Hostname())
	here := host == "localhost" || strings.HasSuffix(host, ".localhost")
	switch {
	case net.ParseIP(host) != nil:
		return nil, errors.New("passkeys cannot belong to an IP address (fix: write accounts.url with a name, as https://honderd.example)")
	case u.Scheme != "https" && !here:
		return nil, errors.New("passkeys need https:// (fix: put a proxy with a certificate before honderd, and write https:// in accounts.url)")
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: "Honderd", RPOrigins: []string{u.Scheme + "://" + strings.ToLower(u.Host)},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementPreferred, UserVerification: protocol.VerificationPreferred,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys at %s: %w", address, err)
	}
	return &Site{w}, nil
}

// owner is an account as the library asks about it.
type owner struct {
	account account.Account
	keys    []webauthn.Credential
	handle  []byte
}

// WebAuthnID returns what passkeys know the account by.
func (o owner) WebAuthnID() []byte { return o.handle }

// WebAuthnName returns the name that a browser shows.
func (o owner) WebAuthnName() string { return o.account.Name }

// WebAuthnDisplayName returns the name that a browser shows.
func (o owner) WebAuthnDisplayName() string { return o.account.Name }

// WebAuthnCredentials returns the passkeys of the account.
func (o owner) WebAuthnCredentials() []webauthn.Credential { return o.keys }

func ownerOf(a account.Account, handle []byte) owner {
	o := owner{account: a, handle: handle}
	for _, p := range a.Passkeys {
		var c webauthn.Credential
		if json.Unmarshal(p.Key, &c) == nil {
			o.keys = append(o.keys, c)
		}
	}
	return o
}

// Ceremony is what has to be remembered between asking a browser and its answer.
type Ceremony = webauthn.SessionData

// Make asks a browser to make a passkey for an account that passkeys know by handle.
func (s *Site) Make(a account.Account, handle []byte) (options any, c Ceremony, err error) {
	o := ownerOf(a, handle)
	ask, session, err := s.w.BeginRegistration(o, webauthn.WithExclusions(webauthn.Credentials(o.keys).CredentialDescriptors()))
	if err != nil {
		return nil, c, fmt.Errorf("ask for a passkey: %w", err)
	}
	return ask, *session, nil
}

// Made reads the answer of a browser that made a passkey.
func (s *Site) Made(a account.Account, handle []byte, c Ceremony, answer []byte) (account.Passkey, error) {
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return account.Passkey{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	made, err := s.w.CreateCredential(ownerOf(a, handle), c, parsed)
	if err != nil {
		return account.Passkey{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	key, err := kept(*made)
	return account.Passkey{Key: key}, err
}

// kept returns what is kept of a passkey: nothing of who made the device.
func kept(c webauthn.Credential) (json.RawMessage, error) {
	c.Attestation = webauthn.CredentialAttestation{}
	c.Authenticator.CloneWarning = false
	return json.Marshal(c)
}

// Ask asks a browser for any passkey of ours: who has it need not say their name. The
// device makes sure that it is its owner.
func (s *Site) Ask() (options any, c Ceremony, err error) {
	ask, session, err := s.w.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, c, fmt.Errorf("ask for a passkey: %w", err)
	}
	return ask, *session, nil
}

// AskOf asks a browser for a passkey of an account whose password was right.
func (s *Site) AskOf(a account.Account) (options any, c Ceremony, err error) {
	ask, session, err := s.w.BeginLogin(ownerOf(a, a.Handle))
	if err != nil {
		return nil, c, fmt.Errorf("ask for a passkey: %w", err)
	}
	return ask, *session, nil
}

// Known is who showed which passkey.
type Known struct {
	Account account.Account
	Passkey string          // its ID
	Key     json.RawMessage // what it is recognised by from now on
	Cloned  bool            // its counter went back: there may be two of it
}

// Recognise reads the answer of a browser to Ask or AskOf. find returns the account that
// passkeys know by a handle.
func (s *Site) Recognise(c Ceremony, answer []byte, find func(handle []byte) (account.Account, bool)) (k Known, err error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return k, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	of := func(_, handle []byte) (webauthn.User, error) {
		a, ok := find(handle)
		if !ok {
			return nil, ErrRefused
		}
		k.Account = a
		return ownerOf(a, a.Handle), nil
	}
	var used *webauthn.Credential
	if len(c.UserID) == 0 {
		_, used, err = s.w.ValidatePasskeyLogin(of, c, parsed)
	} else if user, missing := of(nil, c.UserID); missing != nil {
		err = missing
	} else {
		used, err = s.w.ValidateLogin(user, c, parsed)
	}
	if err != nil {
		return k, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	k.Cloned = used.Authenticator.CloneWarning
	for _, p := range k.Account.Passkeys {
		var have webauthn.Credential
		if json.Unmarshal(p.Key, &have) == nil && bytes.Equal(have.ID, used.ID) {
			k.Passkey = p.ID
		}
	}
	k.Key, err = kept(*used)
	return k, err
}
