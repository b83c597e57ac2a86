// Package signontest has a small issuer for tests. It keeps to OpenID Connect Core 1.0 as far
// as a code flow goes, checks PKCE, and can be told to lie.
package signontest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"
)

// Directory is an issuer that knows one person. Whom it sends says Claims. It knows one
// program, honderd, by the secret s3cret.
type Directory struct {
	*httptest.Server
	Claims map[string]any    // what it says of the person
	Info   map[string]any    // what it says when it is asked once more
	Asked  url.Values        // by who went there last
	Signs  *ecdsa.PrivateKey // what it signs with in place of the key that it tells; nil: that key

	t   testing.TB
	key *ecdsa.PrivateKey
	kid string
}

// New returns an issuer that serves until the test ends.
func New(t testing.TB) *Directory {
	t.Helper()
	d := &Directory{t: t, Claims: map[string]any{"sub": "u-1", "preferred_username": "ann", "groups": []string{"ops"}}}
	d.Rotate("one")
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		d.answer(w, http.StatusOK, map[string]any{
			"issuer": d.URL, "authorization_endpoint": d.URL + "/auth", "token_endpoint": d.URL + "/token", "jwks_uri": d.URL + "/keys",
			"userinfo_endpoint": d.URL + "/info", "end_session_endpoint": d.URL + "/leave", "id_token_signing_alg_values_supported": []string{"ES256"},
		})
	})
	mux.HandleFunc("/keys", d.keys)
	mux.HandleFunc("/info", func(w http.ResponseWriter, _ *http.Request) { d.answer(w, http.StatusOK, d.Info) })
	mux.HandleFunc("/token", d.token)
	d.Server = httptest.NewServer(mux)
	t.Cleanup(d.Close)
	return d
}

func (d *Directory) answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		d.t.Error(err)
	}
}

// Rotate gives the issuer another key of that name.
func (d *Directory) Rotate(name string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		d.t.Fatal(err)
	}
	d.key, d.kid = key, name
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (d *Directory) keys(w http.ResponseWriter, _ *http.Request) {
	point, err := d.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		d.t.Error(err)
		return
	}
	d.answer(w, http.StatusOK, map[string]any{"keys": []any{map[string]any{
		"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": d.kid, "x": b64(point[1:33]), "y": b64(point[33:]),
	}}})
}

func (d *Directory) token(w http.ResponseWriter, r *http.Request) {
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	id, secret, _ := r.BasicAuth()
	if b64(sum[:]) != d.Asked.Get("code_challenge") || r.FormValue("code") != "the-code" || id != "honderd" || secret != "s3cret" {
		d.answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	d.answer(w, http.StatusOK, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": d.signed()})
}

// signed returns what the issuer says of the person.
func (d *Directory) signed() string {
	claims := map[string]any{
		"iss": d.URL, "aud": "honderd", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(), "nonce": d.Asked.Get("nonce"),
	}
	maps.Copy(claims, d.Claims)
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			d.t.Error(err)
		}
		return b64(b)
	}
	text := part(map[string]string{"alg": "ES256", "kid": d.kid}) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	key := d.key
	if d.Signs != nil {
		key = d.Signs
	}
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		d.t.Error(err)
		return ""
	}
	sig := make([]byte, 64)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return text + "." + b64(sig)
}

// Visit goes where a program sends somebody, logs them in, and returns what they come back
// with.
func (d *Directory) Visit(address string) url.Values {
	d.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		d.t.Fatal(err)
	}
	d.Asked = u.Query()
	return url.Values{"code": {"the-code"}, "state": {d.Asked.Get("state")}, "iss": {d.URL}}
}
