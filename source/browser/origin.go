package browser

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/honderd/honderd/internal/admit"
	"github.com/honderd/honderd/internal/who"
)

// origin is where pages that may tell come from.
type origin struct {
	scheme, host string // host with its port, "" in scheme for both
	below        bool   // and all names below host
}

// parseOrigin reads https://shop.example, https://*.shop.example or *.
func parseOrigin(text string) origin {
	scheme, host, found := strings.Cut(text, "://")
	if !found {
		scheme, host = "", text
	}
	bare, below := strings.CutPrefix(strings.ToLower(strings.TrimRight(host, "/")), "*")
	return origin{strings.ToLower(scheme), bare, below}
}

func (o origin) takes(scheme, host string) bool {
	if o.scheme != "" && o.scheme != scheme {
		return false
	}
	return o.host == host || o.below && strings.HasSuffix(host, o.host)
}

// sender is who sends: where from, by which address, and on behalf of which page.
type sender struct {
	address netip.Addr
	key     netip.Addr // by which it is limited: of a network of IPv6 its first address
	host    string     // that was asked
	scheme  string     // of the page, "" when the browser does not say
	page    string     // the host of the page
	shown   string     // the key that it shows
}

// enter answers what browsers ask beforehand, and refuses senders that may not send.
func (d *Door) enter(w http.ResponseWriter, r *http.Request) (sender, *admit.Refusal) {
	from := d.sender(r)
	given := r.Header.Get("Origin")
	w.Header().Add("Vary", "Origin")
	if given != "" && !d.allows(r, from, from.scheme, from.page) {
		return from, &admit.Refusal{Status: http.StatusForbidden, Why: "origin", Detail: "pages of this origin may not tell (fix: write it in receive.browser.origins)"}
	}
	if given != "" {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", given)
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		if r.Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", http.MethodPost)
			h.Set("Access-Control-Allow-Headers", "content-type, content-encoding, x-api-key, x-faro-session-id")
			h.Set("Access-Control-Max-Age", "86400")
		}
	}
	switch {
	case r.Method == http.MethodOptions:
		return from, nil
	case r.Method != http.MethodPost:
		return from, &admit.Refusal{Status: http.StatusMethodNotAllowed, Why: "method", Detail: "browsers send with POST"}
	case given == "" && d.options.Key == "" && !nearby(r):
		return from, &admit.Refusal{Status: http.StatusForbidden, Why: "origin", Detail: "this comes from no page (fix: send experiences of programs to /api/v1/experiences)"}
	}
	return from, nil
}

// sender reads who sends.
func (d *Door) sender(r *http.Request) sender {
	s := sender{host: strings.ToLower(r.Host), shown: r.Header.Get("X-Api-Key")}
	if s.shown == "" {
		s.shown = r.URL.Query().Get("key")
	}
	if remote, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		s.address = remote.Addr().Unmap()
	}
	if who.Trusted(s.address, d.options.Trusted) {
		forwarded := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
		if from, to := who.Client(forwarded, d.options.Trusted); from < to {
			if client, err := netip.ParseAddr(forwarded[from:to]); err == nil {
				s.address = client
			}
		}
	}
	s.key = s.address
	if s.address.Is6() {
		if network, err := s.address.Prefix(64); err == nil {
			s.key = network.Addr()
		}
	}
	if page, err := url.Parse(r.Header.Get("Origin")); err == nil {
		s.scheme, s.page = page.Scheme, strings.ToLower(page.Host)
	}
	return s
}

// allows reports whether pages of a host may tell.
func (d *Door) allows(r *http.Request, from sender, scheme, host string) bool {
	if host == "" {
		return false
	}
	if len(d.origins) > 0 {
		return slices.ContainsFunc(d.origins, func(o origin) bool { return o.takes(scheme, host) })
	}
	// Another site could point its name at this machine: a name is believed that only
	// this machine has, or that came over the network or through a proxy.
	return host == from.host && (isLocal(host) || !nearby(r))
}

// nearby reports whether the connection came from this machine, through no proxy.
func nearby(r *http.Request) bool {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && remote.Addr().Unmap().IsLoopback() && r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == ""
}

// isLocal reports whether host is a name of this machine that no other site can have.
func isLocal(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}

// opens refuses a key that is not ours.
func (d *Door) opens(shown string) *admit.Refusal {
	a, b := sha256.Sum256([]byte(shown)), sha256.Sum256([]byte(d.options.Key))
	if d.options.Key != "" && subtle.ConstantTimeCompare(a[:], b[:]) != 1 {
		return &admit.Refusal{Status: http.StatusUnauthorized, Why: "key", Detail: "no such key (fix: write receive.browser.key in data-key of the script, or in ?key=)"}
	}
	return nil
}

// asksPrivacy reports whether the browser asks not to be followed.
func asksPrivacy(r *http.Request) bool {
	return r.Header.Get("Sec-GPC") == "1" || r.Header.Get("DNT") == "1"
}
