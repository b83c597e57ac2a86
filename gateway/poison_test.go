package gateway

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

// reflects answers with whatever can lead a backend astray, and lets it be kept.
func reflects(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=60")
	for name, values := range r.Header {
		if strings.HasPrefix(name, "X") || name == "Forwarded" || name == "True-Client-Ip" {
			fmt.Fprintf(w, "%s=%v ", name, values)
		}
	}
}

// TestNoStrangerWritesWhatOthersGet tries fields that are not part of a stored answer's
// key. Source: Kettle, Practical Web Cache Poisoning, 2018.
func TestNoStrangerWritesWhatOthersGet(t *testing.T) {
	for _, name := range []string{
		"X-Forwarded-Host", "X-Forwarded-Server", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Scheme", "X-Forwarded-Proto", "X-Forwarded-For",
		"Forwarded", "X-Original-URL", "X-Rewrite-URL", "X-Original-Host", "X-Host", "X-HTTP-Host-Override", "X-Real-IP", "True-Client-IP",
		"X_Forwarded_For", "X_Forwarded-Host", "X_Original_URL", "X-Forwarded_Proto",
	} {
		o := newOrigin(t, reflects)
		s := play(t, Options{}, o)
		_, poisoned, _ := s.ask(http.MethodGet, "/", "", name, "evil.example")
		_, body, _ := s.ask(http.MethodGet, "/", "")
		if strings.Contains(poisoned, "evil") || strings.Contains(body, "evil") {
			t.Errorf("%s of a stranger reached the backend (%q), and the next person got %q", name, poisoned, body)
		}
	}
}

func TestWhatAProxyOfOursSaysIsPartOfTheKey(t *testing.T) {
	for _, name := range []string{"X-Forwarded-Host", "X-Forwarded-Prefix", "X-Original-URL", "X-Rewrite-URL"} {
		o := newOrigin(t, reflects)
		s := play(t, Options{Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, o)
		if _, body, _ := s.ask(http.MethodGet, "/", "", name, "one.example"); !strings.Contains(body, "one.example") {
			t.Errorf("%s of a proxy of ours was dropped: %q", name, body)
		}
		if _, body, _ := s.ask(http.MethodGet, "/", ""); strings.Contains(body, "one.example") {
			t.Errorf("%s is not in the key: another was given %q", name, body)
		}
	}
}

func TestBodiesAndOverridesDoNotPoison(t *testing.T) {
	o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=60")
		fmt.Fprintf(w, "%d %s%s", r.ContentLength, r.Header.Get("X-Http-Method-Override"), r.Header.Get("X-Method-Override"))
	})
	s := play(t, Options{}, o)
	s.ask(http.MethodGet, "/", "evil=1")
	s.ask(http.MethodGet, "/", "", "X-HTTP-Method-Override", "POST")
	s.ask(http.MethodGet, "/", "", "X-Method-Override", "DELETE")
	if _, body, _ := s.ask(http.MethodGet, "/", ""); body != "0 " {
		t.Errorf("the next person got %q", body)
	}
}

// TestAPrivatePageIsNeverKept asks for a person's page by a name that looks as if it were
// for all. Source: Gil, Web Cache Deception, 2017.
func TestAPrivatePageIsNeverKept(t *testing.T) {
	o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/account"):
			w.Header().Set("Cache-Control", "private, max-age=60")
		case strings.HasPrefix(r.URL.Path, "/set"):
			w.Header().Set("Cache-Control", "public, max-age=60")
			w.Header().Set("Set-Cookie", "session="+r.Header.Get("Cookie"))
		case strings.HasPrefix(r.URL.Path, "/silent"):
		default:
			w.Header().Set("Cache-Control", "max-age=60")
		}
		w.Header().Set("Content-Type", "text/css")
		fmt.Fprintf(w, "page of %s%s", r.Header.Get("Cookie"), r.Header.Get("Authorization"))
	})
	s := play(t, Options{}, o)
	for _, path := range []string{"/account/x.css", "/account;x.css", "/account%2fx.css", "/account%00.css", "/account%3fx.css", "/account/..%2fx.css", "/set/x.css", "/silent/x.css", "/plain/x.css"} {
		for _, field := range []string{"Cookie", "Authorization"} {
			s.ask(http.MethodGet, path, "", field, "anna")
			_, body, h := s.ask(http.MethodGet, path, "")
			if strings.Contains(body, "anna") || strings.Contains(h.Get("Set-Cookie"), "anna") {
				t.Errorf("%s with %s: a stranger got %q, %v", path, field, body, h)
			}
		}
	}
}

func TestNoConnectionFieldTakesAwayWhatABackendReliesOn(t *testing.T) {
	seen := make(chan http.Header, 1)
	o := newOrigin(t, func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header })
	for _, trusted := range [][]netip.Prefix{nil, {netip.MustParsePrefix("127.0.0.0/8")}} {
		s := play(t, Options{Trusted: trusted}, o)
		for _, list := range []string{"Authorization, Cookie, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, X-Real-IP, Via, Host, Content-Type, Content-Length",
			"close, authorization ,COOKIE,x-forwarded-for,\tx-real-ip\t, x-forwarded-proto, x-forwarded-host, content-length, transfer-encoding"} {
			if status, body, _ := s.ask(http.MethodPost, "/", "abc", "Connection", list, "Authorization", "Basic x", "Cookie", "a=b", "Content-Type", "text/plain"); status != 200 {
				t.Errorf("%s: %d %q", list, status, body)
				continue
			}
			h := <-seen
			for _, name := range []string{"Authorization", "Cookie", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-Ip", "Via", "Content-Type", "Content-Length"} {
				if h.Get(name) == "" {
					t.Errorf("Connection: %s took away %s: %v", list, name, h)
				}
			}
		}
	}
}
