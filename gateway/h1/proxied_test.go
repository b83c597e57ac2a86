package h1

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/pires/go-proxyproto"
)

func TestAProxySaysWhoIsBehindIt(t *testing.T) {
	second := &proxyproto.Header{
		Version: 2, Command: proxyproto.PROXY, TransportProtocol: proxyproto.TCPv6,
		SourceAddr: &net.TCPAddr{IP: net.ParseIP("2001:db8::7"), Port: 4711}, DestinationAddr: &net.TCPAddr{IP: net.ParseIP("2001:db8::1"), Port: 80},
	}
	two, err := second.Format()
	if err != nil {
		t.Fatal(err)
	}
	local, err := (&proxyproto.Header{Version: 2, Command: proxyproto.LOCAL}).Format()
	if err != nil {
		t.Fatal(err)
	}
	const get = "GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n"
	tests := []struct {
		name, give string
		trusted    bool
		want       string // in the answer
	}{
		{"version 1", "PROXY TCP4 192.0.2.9 10.0.0.1 5555 80\r\n" + get, true, "192.0.2.9:5555"},
		{"version 2", string(two) + get, true, "[2001:db8::7]:4711"},
		{"the proxy itself", string(local) + get, true, "127.0.0.1:"},
		{"version 1, unknown", "PROXY UNKNOWN\r\n" + get, true, "127.0.0.1:"},
		{"a stranger says it", "PROXY TCP4 192.0.2.9 10.0.0.1 5555 80\r\n" + get, false, "400 Bad Request"},
		{"a stranger does not", get, false, "127.0.0.1:"},
		{"a proxy does not", get, true, ""},
		{"nonsense", "PROXY TCP4 nobody 10.0.0.1 5555 80\r\n" + get, true, ""},
		{"no end", "PROXY TCP4 " + strings.Repeat("1", 4000), true, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.RemoteAddr) }), Options{Proxied: func(net.Addr) bool { return tt.trusted }})
			got := say(t, address, tt.give)
			if !strings.Contains(got, tt.want) || tt.want == "" && len(got) > 0 {
				t.Errorf("answer %q, want %q", got, tt.want)
			}
		})
	}
}
