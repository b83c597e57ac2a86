package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// policy lets a page use what is ours, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// guard sets the headers that protect a reader, and refuses names that are not ours:
// another site could point its name at this machine and read along (DNS rebinding).
func (d dashboard) guard(next http.Handler) http.Handler {
	next = http.NewCrossOriginProtection().Handler(d.caught(next)) // no other site writes in a reader's name
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protect(w.Header())
		if !d.knows(r) {
			d.trouble(w, r, http.StatusMisdirectedRequest, "")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// protect sets the headers that protect a reader.
func protect(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // with no-referrer, forms would come from nowhere
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// knows reports whether the request asks for a name of ours. Where we listen to the
// network and no names are configured, every name is; so it is for who must log in, whose
// cookie belongs to one name.
func (d dashboard) knows(r *http.Request) bool {
	if d.Door != nil && !d.Door.Visitor(r).Local {
		return true
	}
	host := hostName(r.Host)
	if local(host) || slices.ContainsFunc(d.Hosts, func(h string) bool { return hostName(h) == host }) {
		return true
	}
	return len(d.Hosts) == 0 && !onLoopback(r)
}

// onLoopback reports whether the request came in on an address that only this machine
// can reach; when that is not known, it is taken to be so.
func onLoopback(r *http.Request) bool {
	address, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return true
	}
	at, err := netip.ParseAddrPort(address.String())
	return err != nil || at.Addr().Unmap().IsLoopback()
}

// hostName returns a host in small letters, without port, brackets and final dot.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
}

// local reports whether host is a name of this machine that no other site can have.
func local(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}
