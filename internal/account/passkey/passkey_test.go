package passkey

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/descope/virtualwebauthn"

	"github.com/honderd/honderd/internal/account"
)

// device is a phone with one passkey.
type device struct {
	at   virtualwebauthn.RelyingParty
	auth virtualwebauthn.Authenticator
	key  virtualwebauthn.Credential
}

func newDevice(origin string, handle []byte) *device {
	host := strings.TrimPrefix(strings.TrimPrefix(origin, "https://"), "http://")
	host, _, _ = strings.Cut(host, ":")
	d := &device{at: virtualwebauthn.RelyingParty{Name: "Honderd", ID: host, Origin: origin}}
	d.auth = virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: handle})
	d.key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	d.key.Counter = 1
	return d
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (d *device) make(t *testing.T, s *Site, a *account.Account) error {
	t.Helper()
	options, c, err := s.Make(*a, a.Handle)
	if err != nil {
		t.Fatal(err)
	}
	o, err := virtualwebauthn.ParseAttestationOptions(text(t, options))
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Made(*a, a.Handle, c, []byte(virtualwebauthn.CreateAttestationResponse(d.at, d.auth, d.key, *o)))
	if err == nil {
		p.ID = "first"
		a.Passkeys = append(a.Passkeys, p)
		d.auth.AddCredential(d.key)
	}
	return err
}

func (d *device) show(t *testing.T, options any) []byte {
	t.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(text(t, options))
	if err != nil {
		t.Fatal(err)
	}
	d.key.Counter++
	return []byte(virtualwebauthn.CreateAssertionResponse(d.at, d.auth, d.key, *o))
}

func newAnn() account.Account {
	return account.Account{Name: "ann", Handle: []byte(strings.Repeat("h", 64))}
}

func mustSite(t *testing.T, address string) *Site {
	t.Helper()
	s, err := New(address)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAPasskeyIsMadeAndRecognised(t *testing.T) {
	for _, origin := range []string{"https://honderd.example", "https://honderd.example:8443", "http://localhost:8100"} {
		s, a := mustSite(t, origin), newAnn()
		d := newDevice(origin, a.Handle)
		if err := d.make(t, s, &a); err != nil {
			t.Fatal(origin, err)
		}
		find := func(handle []byte) (account.Account, bool) { return a, slices.Equal(handle, a.Handle) }
		for i, ask := range []func() (any, Ceremony, error){s.Ask, func() (any, Ceremony, error) { return s.AskOf(a) }} {
			options, c, err := ask()
			if err != nil {
				t.Fatal(err)
			}
			k, err := s.Recognise(c, d.show(t, options), find)
			if err != nil || k.Account.Name != "ann" || k.Passkey != "first" || k.Cloned {
				t.Errorf("%s, way %d: Recognise() = %s %s %v, %v", origin, i, k.Account.Name, k.Passkey, k.Cloned, err)
			}
			a.Passkeys[0].Key = k.Key
		}
		if strings.Contains(string(a.Passkeys[0].Key), `"object"`) {
			t.Error("the attestation of the device is kept")
		}
	}
}

func TestAPasskeyIsRefused(t *testing.T) {
	const origin = "https://honderd.example"
	s, a := mustSite(t, origin), newAnn()
	d := newDevice(origin, a.Handle)
	if err := d.make(t, s, &a); err != nil {
		t.Fatal(err)
	}
	find := func(handle []byte) (account.Account, bool) { return a, slices.Equal(handle, a.Handle) }
	ask := func() (any, Ceremony) {
		options, c, err := s.Ask()
		if err != nil {
			t.Fatal(err)
		}
		return options, c
	}
	tests := []struct {
		name   string
		answer func() (Ceremony, []byte)
	}{
		{"at another site", func() (Ceremony, []byte) {
			options, c := ask()
			other := *d
			other.at.Origin = "https://honderd.example.evil.example"
			return c, other.show(t, options)
		}},
		{"an answer to another question", func() (Ceremony, []byte) {
			options, _ := ask()
			_, c := ask()
			return c, d.show(t, options)
		}},
		{"of a device that is not known", func() (Ceremony, []byte) {
			options, c := ask()
			return c, newDevice(origin, a.Handle).show(t, options)
		}},
		{"of nobody", func() (Ceremony, []byte) {
			options, c := ask()
			return c, newDevice(origin, []byte("somebody else")).show(t, options)
		}},
		{"of a device that does not know its owner", func() (Ceremony, []byte) {
			options, c := ask()
			other := *d
			other.auth.Options.UserNotVerified = true
			return c, other.show(t, options)
		}},
		{"no passkey at all", func() (Ceremony, []byte) {
			_, c := ask()
			return c, []byte(`{"id":"x","rawId":"x","type":"public-key"}`)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, answer := tt.answer()
			if k, err := s.Recognise(c, answer, find); !errors.Is(err, ErrRefused) {
				t.Errorf("Recognise() = %s, %v; want ErrRefused", k.Account.Name, err)
			}
		})
	}
}

func TestACopiedPasskeyIsNoticed(t *testing.T) {
	const origin = "https://honderd.example"
	s, a := mustSite(t, origin), newAnn()
	d := newDevice(origin, a.Handle)
	if err := d.make(t, s, &a); err != nil {
		t.Fatal(err)
	}
	find := func([]byte) (account.Account, bool) { return a, true }
	show := func() bool {
		options, c, err := s.Ask()
		if err != nil {
			t.Fatal(err)
		}
		k, err := s.Recognise(c, d.show(t, options), find)
		if err != nil {
			t.Fatal(err)
		}
		a.Passkeys[0].Key = k.Key
		return k.Cloned
	}
	d.key.Counter = 10
	if show() {
		t.Error("a counter that goes up is taken for a copy")
	}
	d.key.Counter = 4
	if !show() {
		t.Error("a counter that went back is not noticed")
	}
	d.key.Counter = 4
	if !show() {
		t.Error("the copy is not noticed the second time")
	}
}

func TestWherePasskeysCannotBe(t *testing.T) {
	for address, want := range map[string]string{
		"http://honderd.example":  "fix: put a proxy with a certificate before honderd",
		"https://192.0.2.1":       "fix: write accounts.url with a name",
		"https://[2001:db8::1]":   "fix: write accounts.url with a name",
		"honderd.example":         "fix: write accounts.url as https://honderd.example",
		"http://127.0.0.1:8100":   "fix: write accounts.url with a name",
		"http://localhost:8100":   "",
		"https://honderd.example": "",
	} {
		_, err := New(address)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("New(%s) = %v, want %q", address, err, want)
		}
	}
}
