// Package account knows who may come in from elsewhere: accounts with passwords, sessions
// in browsers, and tokens of programs. It keeps no password, cookie or token, only what
// they are recognised by.
package account

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// Role is what somebody may do; each role may do all that those below it may.
type Role int

// The roles, the lowest first. The zero Role may do nothing.
const (
	Nobody   Role = iota
	Viewer        // reads
	Editor        // says what is known of incidents
	Operator      // changes what is followed and announced
	Admin         // reads who did what
)

// Roles returns the roles that an account can have, the lowest first.
func Roles() []Role { return []Role{Viewer, Editor, Operator, Admin} }

// String returns the name of the role.
func (r Role) String() string {
	names := []string{"nobody", "viewer", "editor", "operator", "admin"}
	if r < Nobody || int(r) >= len(names) {
		return "nobody"
	}
	return names[r]
}

// ParseRole returns the role of that name.
func ParseRole(name string) (Role, error) {
	for _, r := range Roles() {
		if r.String() == name {
			return r, nil
		}
	}
	return Nobody, fmt.Errorf("%.40q is no role (fix: viewer, editor, operator or admin)", name)
}

// MarshalText returns the name of the role.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads the name of a role.
func (r *Role) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRole(string(text))
	return err
}

// Account is somebody who can log in.
type Account struct {
	Name    string    `json:"name"`
	Role    Role      `json:"role"`
	Hash    string    `json:"hash"`  // of the password; "" for none
	Epoch   string    `json:"epoch"` // another one ends all sessions
	Created time.Time `json:"created"`

	Handle   []byte    `json:"handle,omitempty"` // what passkeys know the account by: it says nothing of whose it is
	Passkeys []Passkey `json:"passkeys,omitempty"`
	Vouchers []Voucher `json:"vouchers,omitempty"` // where else somebody can log in to be let in here
	Invite   *Invite   `json:"invite,omitempty"`   // nil: there is no link that lets somebody choose a way to log in
	Disabled bool      `json:"disabled,omitempty"` // it lets nobody in, and neither do its tokens
	Both     bool      `json:"both,omitempty"`     // a password needs a passkey beside it
	Within   bool      `json:"within,omitempty"`   // beyond reading, the role holds only for what a team of theirs owns
	From     string    `json:"from,omitempty"`     // the issuer that says the role; "" for none
}

// Token lets a program in.
type Token struct {
	Name    string    `json:"name"`
	Role    Role      `json:"role"` // viewer for reading, operator for writing
	Sum     string    `json:"sum"`  // SHA-256 of the token
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	Owner   string    `json:"owner,omitempty"` // the account that made it, and without which it is worth nothing; "" for a command
	Within  bool      `json:"-"`               // as of its owner
}

// TokenPrefix is how every token begins, so that one that leaked is recognised.
const TokenPrefix = "hnd_"

// Scopes of tokens.
const (
	ScopeRead  = "read"
	ScopeWrite = "write"
)

// ParseScope returns the role of a token of that scope.
func ParseScope(scope string) (Role, error) {
	switch scope {
	case ScopeRead:
		return Viewer, nil
	case ScopeWrite:
		return Operator, nil
	}
	return Nobody, fmt.Errorf("%.40q is no scope (fix: read or write)", scope)
}

// Scope returns what the token is for.
func (t Token) Scope() string {
	if t.Role > Viewer {
		return ScopeWrite
	}
	return ScopeRead
}

// Limits of what people choose.
const (
	MinPassword = 10   // characters of a password (NIST SP 800-63B asks at least 8)
	MaxPassword = 1024 // bytes of a password
)

var goodName = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{0,63}$`)

// CheckName returns what is wrong with the name of an account or a token.
func CheckName(name string) error {
	if !goodName.MatchString(name) {
		return fmt.Errorf("%.80q cannot be a name (fix: 1 to 64 of a-z, 0-9, . _ @ and -, a letter or digit first)", name)
	}
	return nil
}

// CheckPassword returns what is wrong with a password for the account of that name.
func CheckPassword(name, password string) error {
	switch {
	case !utf8.ValidString(password):
		return errors.New("the password is no text in UTF-8 (fix: choose another)")
	case utf8.RuneCountInString(password) < MinPassword:
		return fmt.Errorf("the password is too short (fix: at least %d characters; four words are good)", MinPassword)
	case len(password) > MaxPassword:
		return fmt.Errorf("the password is too long (fix: at most %d bytes)", MaxPassword)
	case strings.EqualFold(password, name), strings.Count(password, password[:1]) == len(password):
		return errors.New("the password is the first that somebody would try (fix: choose another; four words are good)")
	}
	return nil
}

// secret returns 256 random bits as text.
func secret() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// sum returns what a secret is recognised by. It has 256 random bits, so it needs no slow
// hash.
func sum(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}
