// Package signon lets people in by the word of somebody else who knows them: an issuer of
// OpenID Connect, such as the directory of their company.
package signon

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/honderd/honderd/internal/account"
)

// Limits of asking an issuer.
const (
	patience   = 10 * time.Second
	maxAnswer  = 1 << 20         // bytes
	rediscover = time.Hour       // how old what an issuer says of itself may get
	retryAfter = 5 * time.Second // how soon an issuer that did not answer is asked again
	leeway     = time.Minute     // between our clock and that of an issuer
)

// Rule gives a role to whom an issuer says something of.
type Rule struct {
	Claim string // what is said, such as groups or realm_access.roles
	Value string // who has this in it; "*": who has it at all
	Role  account.Role
}

// Options says who an issuer is, and whom it lets in.
type Options struct {
	Name     string // in addresses, and in what is kept
	Title    string // for people
	Issuer   string // its address
	ClientID string // what it knows us by
	Secret   string // what it knows that we are it by; "" for none
	Back     string // our address that it sends people back to
	Scopes   []string
	Rules    []Rule // the highest role counts; without any, whoever has an account gets in
	Join     bool   // who has no account here gets one; needs a rule that gives a role
}

// Issuer is somebody whose word is taken. It is made by New.
type Issuer struct {
	Options
	client *http.Client

	mu       sync.Mutex
	provider *oidc.Provider
	leave    string // where people log out there, "" for nowhere
	asked    time.Time
	trouble  error
}

// New returns an issuer. It is asked who it is when somebody first wants to come in.
func New(o Options) *Issuer {
	return &Issuer{Options: o, client: &http.Client{Timeout: patience, Transport: limited{http.DefaultTransport}, CheckRedirect: sameHost}}
}

// sameHost follows an issuer to other addresses of its own only.
func sameHost(r *http.Request, via []*http.Request) error {
	if len(via) > 3 || r.URL.Host != via[0].URL.Host || r.URL.Scheme != via[0].URL.Scheme {
		return errors.New("it leads to another host")
	}
	return nil
}

// limited reads no more of an answer than an issuer has to say.
type limited struct{ next http.RoundTripper }

// RoundTrip asks, and limits the answer.
func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := l.next.RoundTrip(r)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, maxAnswer), answer.Body}
	}
	return answer, err
}

// ready returns what the issuer says of itself.
func (i *Issuer) ready() (*oidc.Provider, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	since := time.Since(i.asked)
	if i.provider != nil && since < rediscover {
		return i.provider, nil
	}
	if i.trouble != nil && since < retryAfter {
		return i.provider, i.trouble
	}
	// Not of one request: the provider asks for keys with it for as long as it is used.
	p, err := oidc.NewProvider(oidc.ClientContext(context.Background(), i.client), i.Issuer)
	i.asked, i.trouble = time.Now(), nil
	if err != nil {
		if i.provider != nil {
			return i.provider, nil // as it was
		}
		i.trouble = fmt.Errorf("%s does not say who it is: %w (fix: look whether %s/.well-known/openid-configuration answers from the machine of honderd)", i.Name, err, strings.TrimSuffix(i.Issuer, "/"))
		return nil, i.trouble
	}
	var more struct {
		Leave string `json:"end_session_endpoint"`
	}
	_ = p.Claims(&more) // it was read as JSON already
	i.provider, i.leave = p, more.Leave
	return p, nil
}

func (i *Issuer) flow(p *oidc.Provider) *oauth2.Config {
	scopes := append([]string{oidc.ScopeOpenID, "profile", "email"}, i.Scopes...)
	slices.Sort(scopes)
	return &oauth2.Config{ClientID: i.ClientID, ClientSecret: i.Secret, Endpoint: p.Endpoint(), RedirectURL: i.Back, Scopes: slices.Compact(scopes)}
}

// Trip is what has to be remembered while somebody is at an issuer.
type Trip struct{ State, Nonce, Verifier string }

// Begin returns where to send somebody.
func (i *Issuer) Begin() (to string, t Trip, err error) {
	p, err := i.ready()
	if err != nil {
		return "", t, err
	}
	t = Trip{State: oauth2.GenerateVerifier(), Nonce: oauth2.GenerateVerifier(), Verifier: oauth2.GenerateVerifier()}
	return i.flow(p).AuthCodeURL(t.State, oidc.Nonce(t.Nonce), oauth2.S256ChallengeOption(t.Verifier)), t, nil
}

// Person is whom an issuer sends.
type Person struct {
	Subject string
	Name    string       // what they are called there: a name, or an e-mail address
	Role    account.Role // that the rules give; Nobody for none
}

// ErrDenied is the answer to who is not let in there, or went back.
var ErrDenied = errors.New("was not logged in there")

// End reads what an issuer says of who comes back from it.
func (i *Issuer) End(ctx context.Context, t Trip, said url.Values) (who Person, err error) {
	if len(t.State) == 0 || subtle.ConstantTimeCompare([]byte(said.Get("state")), []byte(t.State)) != 1 {
		return who, account.ErrSeal
	}
	if from := said.Get("iss"); from != "" && from != i.Issuer {
		return who, fmt.Errorf("%s sent somebody back in the name of another issuer", i.Name)
	}
	if code := said.Get("error"); code != "" {
		return who, fmt.Errorf("%w: %s says %.60q", ErrDenied, i.Name, code)
	}
	p, err := i.ready()
	if err != nil {
		return who, err
	}
	ctx, stop := context.WithTimeout(oidc.ClientContext(ctx, i.client), patience)
	defer stop()
	token, err := i.flow(p).Exchange(ctx, said.Get("code"), oauth2.VerifierOption(t.Verifier))
	if err != nil {
		return who, fmt.Errorf("%s does not take back its own code: %w (fix: look at accounts.oidc: client_id, client_secret)", i.Name, told(err))
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return who, fmt.Errorf("%s does not say who somebody is (fix: allow honderd the scope openid there)", i.Name)
	}
	id, err := p.Verifier(&oidc.Config{ClientID: i.ClientID}).Verify(ctx, raw)
	if err != nil {
		return who, fmt.Errorf("what %s says is not to be trusted: %w", i.Name, err)
	}
	if err := i.check(id, t, token.AccessToken); err != nil {
		return who, err
	}
	claims := map[string]any{}
	if err := id.Claims(&claims); err != nil {
		return who, fmt.Errorf("what %s says cannot be read: %w", i.Name, err)
	}
	if i.lacks(claims) {
		i.more(ctx, p, token, id.Subject, claims)
	}
	return Person{Subject: id.Subject, Name: nameIn(claims), Role: i.role(claims)}, nil
}

// check makes sure that what was said is an answer to this question.
func (i *Issuer) check(id *oidc.IDToken, t Trip, access string) error {
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(t.Nonce)) != 1 {
		return fmt.Errorf("what %s says is an answer to somebody else", i.Name)
	}
	if id.IssuedAt.After(time.Now().Add(leeway)) {
		return fmt.Errorf("what %s says is from the future (fix: set the clocks of both machines)", i.Name)
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(access); err != nil {
			return fmt.Errorf("what %s says does not belong together: %w", i.Name, err)
		}
	}
	var by struct {
		Party string `json:"azp"`
	}
	if err := id.Claims(&by); err != nil || by.Party != "" && by.Party != i.ClientID || by.Party == "" && len(id.Audience) > 1 {
		return fmt.Errorf("what %s says is meant for another program", i.Name)
	}
	if id.Subject == "" || len(id.Subject) > 255 {
		return fmt.Errorf("%s does not say who somebody is", i.Name)
	}
	return nil
}

// told returns what an issuer answered, without what it was told in confidence.
func told(err error) error {
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return fmt.Errorf("it answers %d %.60s", refused.Response.StatusCode, refused.ErrorCode)
	}
	return err
}

// lacks reports whether a rule asks for what is not said yet.
func (i *Issuer) lacks(claims map[string]any) bool {
	return nameIn(claims) == "" || slices.ContainsFunc(i.Rules, func(r Rule) bool { return find(claims, r.Claim) == nil })
}

// more adds what an issuer says when it is asked once more. It must be of the same person.
func (i *Issuer) more(ctx context.Context, p *oidc.Provider, token *oauth2.Token, subject string, claims map[string]any) {
	if p.UserInfoEndpoint() == "" {
		return
	}
	info, err := p.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil || info.Subject != subject {
		return
	}
	add := map[string]any{}
	if info.Claims(&add) != nil {
		return
	}
	for name, value := range add {
		if claims[name] == nil {
			claims[name] = value
		}
	}
}

// role returns the highest role that the rules give.
func (i *Issuer) role(claims map[string]any) account.Role {
	role := account.Nobody
	for _, r := range i.Rules {
		if holds(find(claims, r.Claim), r.Value) {
			role = max(role, r.Role)
		}
	}
	return role
}

// find returns what is said under a name, also within something: realm_access.roles.
func find(claims map[string]any, name string) any {
	if v, ok := claims[name]; ok {
		return v
	}
	first, rest, found := strings.Cut(name, ".")
	within, ok := claims[first].(map[string]any)
	if !found || !ok {
		return nil
	}
	return find(within, rest)
}

// holds reports whether value is, or is among, what was said.
func holds(said any, value string) bool {
	switch v := said.(type) {
	case nil:
		return false
	case []any:
		return slices.ContainsFunc(v, func(one any) bool { return holds(one, value) })
	case string:
		return v != "" && (value == "*" || v == value)
	case bool, float64, json.Number:
		return fmt.Sprint(v) == value
	}
	return false
}

// nameIn returns what somebody is called. An e-mail address counts only when the issuer
// has made sure of it.
func nameIn(claims map[string]any) string {
	text := func(name string) string {
		s, _ := claims[name].(string)
		return strings.TrimSpace(s)
	}
	verified := holds(claims["email_verified"], "true")
	for _, one := range []string{text("preferred_username"), text("nickname")} {
		if one != "" {
			return one
		}
	}
	if verified && text("email") != "" {
		return text("email")
	}
	return text("name")
}

// Leave returns where somebody logs out there too, "" when that cannot be done.
func (i *Issuer) Leave(back string) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	u, err := url.Parse(i.leave)
	if i.leave == "" || err != nil || u.Scheme != "https" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" {
		return ""
	}
	q := u.Query()
	q.Set("client_id", i.ClientID)
	q.Set("post_logout_redirect_uri", back)
	u.RawQuery = q.Encode()
	return u.String()
}
