package webpush

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/honderd/honderd/notify/notifytest"
)

// subscription returns what a browser would give.
func subscription(t *testing.T, endpoint string) string {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	auth := make([]byte, 16)
	rand.Read(auth)
	encode := base64.RawURLEncoding.EncodeToString
	return fmt.Sprintf(`{"endpoint":%q,"keys":{"p256dh":%q,"auth":%q}}`, endpoint, encode(key.PublicKey().Bytes()), encode(auth))
}

func TestSuite(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusGone)
			return
		}
		if !strings.HasPrefix(r.Header.Get("Authorization"), "vapid t=") || r.Header.Get("Content-Encoding") != "aes128gcm" || r.Header.Get("Ttl") != "86400" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusCreated)
	}))
	defer server.Close()
	keys, err := LoadKeys(filepath.Join(t.TempDir(), "push.keys"))
	if err != nil {
		t.Fatal(err)
	}
	browser := func(path string) *Browser {
		b, err := New("b1", keys, "mailto:status@shop.example", subscription(t, server.URL+path), true)
		if err != nil {
			t.Fatal(err)
		}
		b.client = server.Client()
		return b
	}
	notifytest.Run(t, browser("/ok"), browser("/gone"))
}

func TestKeysStay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "push.keys")
	a, err1 := LoadKeys(path)
	b, err2 := LoadKeys(path)
	if err1 != nil || err2 != nil || a != b || a.Private == "" {
		t.Errorf("LoadKeys() = %v, %v", err1, err2)
	}
}

func TestWhatNoBrowserGives(t *testing.T) {
	for _, text := range []string{"", "{}", "[]", `{"endpoint":"http://x/","keys":{}}`, subscription(t, "http://push.example/x"), strings.Repeat("x", 9999), strings.Replace(subscription(t, "https://push.example/x"), `"auth":"`, `"auth":"AAAA`, 1)} {
		if _, err := Parse(text); err == nil {
			t.Errorf("Parse(%.60s) is fine", text)
		}
	}
}
