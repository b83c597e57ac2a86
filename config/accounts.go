package config

import (
	_ "embed" // for accountsSource
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

//go:embed accounts.go
var accountsSource string // the comments in it describe the keys

// Accounts says how people come in from elsewhere.
type Accounts struct {
	// URL is where people find the dashboard: passkeys, links of invitations and OIDC
	// belong to it. When it is not written: only passwords work.
	URL string `yaml:"url" is:"public address"`

	// Login says who has to log in: elsewhere is who does not ask from this machine;
	// always is everybody. When it is not written: elsewhere.
	Login string `yaml:"login" is:"elsewhere|always"`

	// Teams says what people are shown: open is everything; closed is only what is of
	// their teams, except to admins. When it is not written: open.
	Teams string `yaml:"teams" is:"open|closed"`

	// OIDC are those whose word is taken for who somebody is.
	OIDC []Issuer `yaml:"oidc"`
}

// Issuer is somebody whose word is taken for who somebody is, over OpenID Connect.
type Issuer struct {
	// Name is how it is called in addresses, such as company. It must be written.
	Name string `yaml:"name" is:"issuer name,required"`

	// Title is how it is called on the login page. When it is not written: its name.
	Title string `yaml:"title" is:"line"`

	// Issuer is its address, from which /.well-known/openid-configuration can be read.
	// It must be written.
	Issuer string `yaml:"issuer" is:"issuer,required"`

	// ClientID is what it knows honderd by. It must be written.
	ClientID string `yaml:"client_id" is:"secret,required"`

	// ClientSecret is what it knows that honderd is it by.
	ClientSecret string `yaml:"client_secret" is:"secret"`

	// ClientSecretFile is a file with that secret, in place of it.
	ClientSecretFile string `yaml:"client_secret_file" is:"file"`

	// Scopes are what is asked for beside openid, profile and email, such as groups.
	Scopes []string `yaml:"scopes" is:"line"`

	// Join says who gets in: invited is who has an account here; anybody is also whom a
	// rule gives a role, who gets an account. When it is not written: invited.
	Join string `yaml:"join" is:"invited|anybody"`

	// Roles are the rules that give a role to whom it says something of; the highest
	// counts.
	Roles []IssuerRole `yaml:"roles"`
}

// IssuerRole is a rule that gives a role.
type IssuerRole struct {
	// Role is what they may do here. It must be written.
	Role string `yaml:"role" is:"viewer|editor|operator|admin,required"`

	// Claim is what is said of them, such as groups, or realm_access.roles. It must be
	// written.
	Claim string `yaml:"claim" is:"line,required"`

	// Value is what must be, or be among, what is said; * is anything. It must be
	// written.
	Value string `yaml:"value" is:"line,required"`
}

// validate reports what no single key of i can show.
func (i Issuer) validate() error {
	var errs []error
	if i.ClientSecret != "" && i.ClientSecretFile != "" {
		errs = append(errs, errors.New("the secret is written twice (fix: keep client_secret or client_secret_file)"))
	}
	if i.Join == "anybody" && len(i.Roles) == 0 {
		errs = append(errs, errors.New("anybody may join, and no rule says what they may do (fix: write roles, or join: invited)"))
	}
	return errors.Join(errs...)
}

// accountKind returns the kinds of who may come in.
func accountKind(is string) (kind, bool) {
	switch is {
	case "issuer":
		return kind{noun: "the address of an issuer", example: "https://login.example", text: true, once: true, read: readIssuer}, true
	case "tenant":
		return kind{noun: "a name", example: "shop", text: true, once: true, read: readPageName}, true
	case "team":
		return kind{noun: "the name of a team", example: "Team Pay", text: true, once: true, read: readLine}, true
	case "issuer name":
		return kind{noun: "a name", example: "company", text: true, once: true, read: readPageName}, true
	}
	return kind{}, false
}

func readIssuer(text string) (any, error) {
	if _, err := readPublic(text); err != nil {
		return nil, fmt.Errorf("%q is not the address of an issuer (fix: write one like https://login.example)", text)
	}
	if strings.HasPrefix(text, "http://") && !strings.HasPrefix(text, "http://127.0.0.1:") && !strings.HasPrefix(text, "http://localhost:") {
		return nil, errors.New("what an issuer says over http can be changed on the way (fix: write https://)")
	}
	return text, nil // as it stands: an issuer is known by each letter of it
}

// accounts reports what the keys of accounts say together.
func (d *decoder) accounts(n ast.Node, c *Config) {
	oidc := value(value(n, "accounts"), "oidc")
	if oidc != nil && len(c.Accounts.OIDC) > 0 && c.Accounts.URL == "" {
		d.wrong(oidc, "an issuer sends people back to accounts.url, which is not written", "write accounts.url: https://honderd.example")
	}
}
