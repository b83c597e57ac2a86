package gateway

import (
	"maps"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/honderd/honderd/gateway/h1"
	"github.com/honderd/honderd/internal/who"
)

// hopByHop are the fields that belong to one connection: RFC 9110, 7.6.1.
func hopByHop() []string {
	return []string{"Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Http2-Settings"}
}

// neverNamed are fields that no Connection may remove: they are not about a connection.
func neverNamed() []string {
	return []string{"Host", "Authorization", "Cookie", "Content-Type", "Content-Length", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded", "Via", "Cache-Control", "Range", "If-Range", "Set-Cookie", "Content-Encoding", "Etag", "Vary", "Age", "Expires", "Date", "Close"}
}

// stripHops removes what belongs to one connection.
func stripHops(h http.Header) {
	for _, list := range h["Connection"] {
		for name := range strings.SplitSeq(list, ",") {
			name = http.CanonicalHeaderKey(strings.TrimSpace(name))
			keep := false
			for _, n := range neverNamed() {
				keep = keep || n == name
			}
			if name != "" && !keep {
				delete(h, name)
			}
		}
	}
	for _, name := range hopByHop() {
		delete(h, name)
	}
}

// client returns the address of whoever asks: behind proxies that are trusted, the one
// they saw.
func (g *Gateway) client(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	addr, _ := netip.ParseAddr(host)
	addr = addr.Unmap()
	if !who.Trusted(addr, g.options.Trusted) {
		return addr
	}
	list := strings.Join(r.Header["X-Forwarded-For"], ",")
	if from, to := who.Client(list, g.options.Trusted); to > from {
		if a, err := netip.ParseAddr(list[from:to]); err == nil {
			return a.Unmap()
		}
	}
	return addr
}

// trusted reports whether the other end of the connection is a proxy of ours.
func (g *Gateway) trusted(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && who.Trusted(addr.Unmap(), g.options.Trusted)
}

// Trusts reports whether an address is that of a proxy of ours.
func (g *Gateway) Trusts(a netip.Addr) bool { return who.Trusted(a.Unmap(), g.options.Trusted) }

// TrustsConnection reports whether a connection from there is one of a proxy of ours.
func (g *Gateway) TrustsConnection(from net.Addr) bool {
	t, ok := from.(*net.TCPAddr)
	return ok && who.Trusted(t.AddrPort().Addr().Unmap(), g.options.Trusted)
}

// forwarded returns the fields of r as a backend gets them.
func (g *Gateway) forwarded(r *http.Request, client netip.Addr) http.Header {
	h := maps.Clone(r.Header)
	te := h1.HasToken(h, "Te", "trailers")
	stripHops(h)
	delete(h, "Expect")         // it is answered here
	delete(h, "Content-Length") // the body says it
	if te {
		h["Te"] = []string{"trailers"}
	}
	peer, _, _ := net.SplitHostPort(r.RemoteAddr)
	proto, host := "http", r.Host
	if r.TLS != nil {
		proto = "https"
	}
	known := g.trusted(r)
	dropForged(h, known)
	if known {
		if before := strings.Join(r.Header["X-Forwarded-For"], ", "); before != "" {
			peer = before + ", " + peer
		}
		if p := r.Header.Get("X-Forwarded-Proto"); p == "http" || p == "https" {
			proto = p
		}
		if f := r.Header.Get("X-Forwarded-Host"); f != "" {
			host = f
		}
	}
	h["X-Forwarded-For"], h["X-Forwarded-Proto"], h["X-Forwarded-Host"] = []string{peer}, []string{proto}, []string{host}
	if _, has := h["X-Real-Ip"]; !has && client.IsValid() {
		h["X-Real-Ip"] = []string{client.String()}
	}
	h["Via"] = []string{strings.TrimPrefix(strings.Join(append(r.Header["Via"], viaOf(r)), ", "), ", ")}
	return h
}

func viaOf(r *http.Request) string {
	switch {
	case r.ProtoMajor >= 3:
		return "3 honderd"
	case r.ProtoMajor == 2:
		return "2 honderd"
	}
	if r.ProtoMinor == 0 {
		return "1.0 honderd"
	}
	return "1.1 honderd"
}

// isGRPC reports whether r is a call of gRPC.
func isGRPC(r *http.Request) bool {
	return r.ProtoMajor >= 2 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc")
}

// isUpgrade reports whether r wants another protocol on its connection.
func isUpgrade(r *http.Request) bool {
	return r.ProtoMajor == 1 && h1.HasToken(r.Header, "Connection", "upgrade") && r.Header.Get("Upgrade") != "" &&
		!strings.EqualFold(r.Header.Get("Upgrade"), "h2c")
}
