package signon

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/internal/account"
	"github.com/honderd/honderd/internal/account/signon/signontest"
)

// goThere begins at i, goes to the issuer, and returns with what it says.
func goThere(t *testing.T, d *signontest.Directory, i *Issuer) (Trip, url.Values) {
	t.Helper()
	to, trip, err := i.Begin()
	if err != nil {
		t.Fatal(err)
	}
	return trip, d.Visit(to)
}

func issuerOf(d *signontest.Directory) *Issuer {
	return New(Options{
		Name: "company", Issuer: d.URL, ClientID: "honderd", Secret: "s3cret", Back: "https://honderd.example/login/back/company",
		Rules: []Rule{{"groups", "ops", account.Operator}, {"groups", "*", account.Viewer}, {"realm_access.roles", "boss", account.Admin}},
	})
}

func TestSomebodyComesBack(t *testing.T) {
	d := signontest.New(t)
	i := issuerOf(d)
	trip, said := goThere(t, d, i)
	if d.Asked.Get("code_challenge_method") != "S256" || d.Asked.Get("scope") != "email openid profile" || d.Asked.Get("redirect_uri") != i.Back {
		t.Errorf("asked with %v", d.Asked)
	}
	who, err := i.End(t.Context(), trip, said)
	if want := (Person{Subject: "u-1", Name: "ann", Role: account.Operator}); err != nil || who != want {
		t.Errorf("End() = %+v, %v; want %+v", who, err, want)
	}
	if leave := i.Leave("https://honderd.example/login"); !strings.HasPrefix(leave, d.URL+"/leave?") {
		t.Errorf("Leave() = %q", leave)
	}
}

func TestKeysOfAnIssuerChange(t *testing.T) {
	d := signontest.New(t)
	i := issuerOf(d)
	for _, kid := range []string{"one", "two", "three"} {
		d.Rotate(kid)
		trip, said := goThere(t, d, i)
		if _, err := i.End(t.Context(), trip, said); err != nil {
			t.Errorf("with the key %s: %v", kid, err)
		}
	}
}

func TestWhatAnIssuerMayNotSay(t *testing.T) {
	tests := []struct {
		name   string
		lie    func(d *signontest.Directory, trip *Trip, said url.Values)
		want   string
		wantIs error
	}{
		{"of another state", func(_ *signontest.Directory, _ *Trip, said url.Values) { said.Set("state", "x") }, "", account.ErrSeal},
		{"without a state", func(_ *signontest.Directory, trip *Trip, said url.Values) { said.Del("state"); trip.State = "" }, "", account.ErrSeal},
		{"that they went back", func(_ *signontest.Directory, _ *Trip, said url.Values) { said.Set("error", "access_denied") }, "access_denied", ErrDenied},
		{"in the name of another", func(_ *signontest.Directory, _ *Trip, said url.Values) { said.Set("iss", "https://bad.example") }, "another issuer", nil},
		{"with a code of somebody else", func(_ *signontest.Directory, _ *Trip, said url.Values) { said.Set("code", "stolen") }, "invalid_grant", nil},
		{"to another browser", func(_ *signontest.Directory, trip *Trip, _ url.Values) { trip.Verifier = strings.Repeat("v", 43) }, "invalid_grant", nil},
		{"to an earlier question", func(_ *signontest.Directory, trip *Trip, _ url.Values) { trip.Nonce = "old" }, "somebody else", nil},
		{"for another program", func(d *signontest.Directory, _ *Trip, _ url.Values) { d.Claims["aud"] = "other" }, "not to be trusted", nil},
		{"for two programs", func(d *signontest.Directory, _ *Trip, _ url.Values) { d.Claims["aud"] = []string{"other", "honderd"} }, "another program", nil},
		{"by another party", func(d *signontest.Directory, _ *Trip, _ url.Values) { d.Claims["azp"] = "other" }, "another program", nil},
		{"too late", func(d *signontest.Directory, _ *Trip, _ url.Values) {
			d.Claims["exp"] = time.Now().Add(-time.Hour).Unix()
		}, "not to be trusted", nil},
		{"from the future", func(d *signontest.Directory, _ *Trip, _ url.Values) {
			d.Claims["iat"] = time.Now().Add(time.Hour).Unix()
		}, "from the future", nil},
		{"as somebody else", func(d *signontest.Directory, _ *Trip, _ url.Values) { d.Claims["iss"] = "https://bad.example" }, "not to be trusted", nil},
		{"of nobody", func(d *signontest.Directory, _ *Trip, _ url.Values) { d.Claims["sub"] = "" }, "does not say who", nil},
		{"with another token", func(d *signontest.Directory, _ *Trip, _ url.Values) { d.Claims["at_hash"] = "AAAA" }, "belong together", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := signontest.New(t)
			i := issuerOf(d)
			trip, said := goThere(t, d, i)
			tt.lie(d, &trip, said)
			who, err := i.End(t.Context(), trip, said)
			if err == nil || !strings.Contains(err.Error(), tt.want) || tt.wantIs != nil && !errors.Is(err, tt.wantIs) {
				t.Errorf("End() = %+v, %v; want an error with %q", who, err, tt.want)
			}
			if err != nil && (strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "the-code")) {
				t.Errorf("a secret is in %v", err)
			}
		})
	}
}

func TestASignatureOfSomebodyElse(t *testing.T) {
	d := signontest.New(t)
	i := issuerOf(d)
	trip, said := goThere(t, d, i)
	if _, err := i.End(t.Context(), trip, said); err != nil {
		t.Fatal(err)
	}
	forged, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d.Signs = forged // under the name of the key that is known
	trip, said = goThere(t, d, i)
	if who, err := i.End(t.Context(), trip, said); err == nil {
		t.Errorf("End() = %+v of another key", who)
	}
}

func TestRoles(t *testing.T) {
	d := signontest.New(t)
	tests := []struct {
		name   string
		claims map[string]any
		info   map[string]any
		want   Person
	}{
		{"the highest counts", map[string]any{"groups": []string{"ops", "x"}, "realm_access": map[string]any{"roles": []string{"boss"}}}, nil, Person{"u-1", "ann", account.Admin}},
		{"any of a star", map[string]any{"groups": "guests"}, nil, Person{"u-1", "ann", account.Viewer}},
		{"none", map[string]any{"groups": []string{}}, nil, Person{"u-1", "ann", account.Nobody}},
		{"a part of a name is none", map[string]any{"groups": nil, "realm_access": map[string]any{"roles": "bosses"}}, nil, Person{"u-1", "ann", account.Nobody}},
		{"asked once more", map[string]any{"groups": nil}, map[string]any{"sub": "u-1", "groups": []string{"ops"}}, Person{"u-1", "ann", account.Operator}},
		{"said of somebody else", map[string]any{"preferred_username": nil}, map[string]any{"sub": "u-2", "preferred_username": "boss"}, Person{"u-1", "", account.Operator}},
		{"an address that nobody checked", map[string]any{"preferred_username": nil, "email": "boss@shop.example"}, nil, Person{"u-1", "", account.Operator}},
		{"an address that was checked", map[string]any{"preferred_username": nil, "email": "ann@shop.example", "email_verified": true}, nil, Person{"u-1", "ann@shop.example", account.Operator}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d.Claims = map[string]any{"sub": "u-1", "preferred_username": "ann", "groups": []string{"ops"}}
			maps.Copy(d.Claims, tt.claims)
			d.Info = tt.info
			i := issuerOf(d)
			trip, said := goThere(t, d, i)
			who, err := i.End(t.Context(), trip, said)
			if err != nil || who != tt.want {
				t.Errorf("End() = %+v, %v; want %+v", who, err, tt.want)
			}
		})
	}
}

func TestAnIssuerThatIsAway(t *testing.T) {
	d := signontest.New(t)
	d.Close()
	_, _, err := issuerOf(d).Begin()
	if err == nil || !strings.Contains(err.Error(), "fix: look whether "+d.URL+"/.well-known/openid-configuration answers") {
		t.Errorf("Begin() = %v", err)
	}
	if _, err := issuerOf(d).End(context.Background(), Trip{State: "s"}, url.Values{"state": {"s"}}); err == nil {
		t.Error("somebody came back from an issuer that is away")
	}
}
