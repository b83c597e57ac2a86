package gateway

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// What comes behind the body of a request reaches the backend, in either version on either
// side, but nothing by which it would be told who asks.
func TestWhatComesBehindABodyReachesTheBackend(t *testing.T) {
	told := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %q %q", r.Proto, body, r.Trailer.Get("X-Sum"), r.Trailer.Get("X-Forwarded-For")+r.Trailer.Get("Cookie"))
	}
	first := newOrigin(t, told)
	both := &http.Protocols{}
	both.SetHTTP1(true)
	both.SetUnencryptedHTTP2(true)
	second := httptest.NewUnstartedServer(http.HandlerFunc(told))
	second.Config.Protocols = both
	second.Start()
	t.Cleanup(second.Close)
	for _, tt := range []struct{ backend, want string }{
		{first.URL, "HTTP/1.1"},
		{strings.Replace(second.URL, "http:", "h2c:", 1), "HTTP/2.0"},
	} {
		s := play(t, Options{Pools: []Pool{{Backends: []Backend{{URL: tt.backend}}}}})
		for _, version := range []string{"HTTP/1.1", "HTTP/2.0"} {
			var p http.Protocols
			p.SetHTTP1(version == "HTTP/1.1")
			p.SetUnencryptedHTTP2(version == "HTTP/2.0")
			tr := &http.Transport{Protocols: &p}
			t.Cleanup(tr.CloseIdleConnections)
			r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url, io.NopCloser(strings.NewReader("abc")))
			r.Trailer = http.Header{"X-Sum": {"7"}, "X-Forwarded-For": {"203.0.113.1"}, "Cookie": {"a=b"}}
			resp, err := tr.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if want := tt.want + ` abc "7" ""`; string(got) != want || resp.Proto != version {
				t.Errorf("asked in %s: got %q in %s, want %q", version, got, resp.Proto, want)
			}
		}
	}
}
