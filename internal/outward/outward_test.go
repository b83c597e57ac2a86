package outward

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestPublic(t *testing.T) {
	tests := map[string]bool{
		"1.1.1.1": true, "2606:4700::1111": true, "127.0.0.1": false, "10.1.2.3": false, "169.254.169.254": false, "192.168.0.1": false,
		"100.64.1.1": false, "0.0.0.0": false, "::1": false, "fe80::1": false, "fd00::1": false, "::ffff:127.0.0.1": false, "64:ff9b::7f00:1": false, "224.0.0.1": false,
	}
	for text, want := range tests {
		if got := Public(netip.MustParseAddr(text)); got != want {
			t.Errorf("Public(%s) = %v", text, got)
		}
	}
}

func TestStrangersReachNothingInside(t *testing.T) {
	asked := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer server.Close()
	if _, err := Client(Options{}).Get(server.URL); !errors.Is(err, ErrInside) || asked {
		t.Errorf("Get() = %v, asked %v", err, asked)
	}
	answer, err := Client(Options{Inside: true}).Get(server.URL)
	if err != nil || !asked {
		t.Errorf("Get() = %v from inside", err)
	}
	answer.Body.Close()
}
