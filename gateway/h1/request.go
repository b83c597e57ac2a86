package h1

import (
	"net/http"
	"net/url"
	"strings"
)

// parseRequest makes a request of a head, without its body.
func parseRequest(head string) (*http.Request, framing, error) {
	line, rest, _ := strings.Cut(head, "\r\n")
	method, line, ok := strings.Cut(line, " ")
	target, proto, ok2 := strings.Cut(line, " ")
	if !ok || !ok2 || !isToken(method) || target == "" {
		return nil, framing{}, bad("a strange first line")
	}
	if len(method) > 32 {
		return nil, framing{}, &Problem{http.StatusNotImplemented, "an unknown method"}
	}
	minor, err := parseProto(proto)
	if err != nil {
		return nil, framing{}, err
	}
	if len(target) > MaxTarget {
		return nil, framing{}, &Problem{http.StatusRequestURITooLong, "the target is too long"}
	}
	r := &http.Request{
		Method: method, RequestURI: target, Proto: proto, ProtoMajor: 1, ProtoMinor: minor,
		Header: make(http.Header, 12),
	}
	if err := parseFields(rest, r.Header, true); err != nil {
		return nil, framing{}, err
	}
	f, err := requestFraming(r.Header, minor)
	if err != nil {
		return nil, f, err
	}
	if err := setTarget(r, target); err != nil {
		return nil, f, err
	}
	r.ContentLength = f.length
	if f.chunked {
		r.TransferEncoding = []string{"chunked"}
	}
	r.Close = HasToken(r.Header, "Connection", "close") || minor == 0 && !HasToken(r.Header, "Connection", "keep-alive")
	return r, f, nil
}

func parseProto(proto string) (minor int, err error) {
	switch {
	case proto == "HTTP/1.1":
		return 1, nil
	case proto == "HTTP/1.0":
		return 0, nil
	case len(proto) == 8 && strings.HasPrefix(proto, "HTTP/") && proto[6] == '.' && proto[5] >= '0' && proto[5] <= '9' && proto[7] >= '0' && proto[7] <= '9':
		return 0, &Problem{http.StatusHTTPVersionNotSupported, "HTTP/1.0 and HTTP/1.1 are spoken here"}
	}
	return 0, bad("a strange first line")
}

// setTarget takes the target and the host of r: RFC 9112, 3.2 and 3.3.
func setTarget(r *http.Request, target string) error {
	hosts := r.Header["Host"]
	if len(hosts) > 1 || len(hosts) == 0 && r.ProtoMinor > 0 {
		return bad("not exactly one Host")
	}
	if len(hosts) == 1 {
		if r.Host = hosts[0]; !isHost(r.Host) {
			return bad("a strange Host")
		}
		delete(r.Header, "Host")
	}
	if strings.IndexByte(target, '#') >= 0 || !isTarget(target) {
		return bad("a strange target")
	}
	if r.Method == http.MethodConnect {
		if !isHost(target) {
			return bad("a strange target")
		}
		r.URL = &url.URL{Host: target}
		return nil
	}
	if target == "*" {
		if r.Method != http.MethodOptions {
			return bad("a strange target")
		}
		r.URL = &url.URL{Path: "*"}
		return nil
	}
	u, err := url.ParseRequestURI(target)
	if err != nil || u.User != nil {
		return bad("a strange target")
	}
	r.URL = u
	if target[0] == '/' {
		if strings.HasPrefix(target, "//") { // not a host: a path that begins with two
			path, query, _ := strings.Cut(target, "?")
			plain, err := url.PathUnescape(path)
			if err != nil {
				return bad("a strange target")
			}
			r.URL = &url.URL{Path: plain, RawPath: path, RawQuery: query}
		}
		return nil
	}
	if u.Scheme != "http" && u.Scheme != "https" || !isHost(u.Host) || u.Host == "" {
		return bad("a strange target")
	}
	r.Host = u.Host // a target with a host wins: RFC 9112, 3.2.2
	return nil
}

func isTarget(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c == 0x7f || c == '\\' && i == 0 {
			return false
		}
	}
	return true
}

// isHost reports whether s can be a host with a port.
func isHost(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-._~:[]%!$&'()*+;=", c) >= 0 || c >= 0x80 {
			continue
		}
		return false
	}
	return !strings.Contains(s, ",")
}
