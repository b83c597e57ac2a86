package gateway

import (
	"net/http"
	"strings"
)

// steering are fields by which some frameworks take another address than that of the
// request: an answer to them must never be kept as the answer to that address.
//
// Source: Kettle, Practical Web Cache Poisoning, 2018.
func steering() []string {
	return []string{"X-Forwarded-Host", "X-Forwarded-Prefix", "X-Original-Url", "X-Rewrite-Url", "X-Original-Host", "X-Host", "X-Http-Host-Override"}
}

// isProxyWord reports whether a field is one by which a proxy says what it saw.
func isProxyWord(name string) bool {
	switch name {
	case "Forwarded", "X-Real-Ip", "X-Original-Url", "X-Rewrite-Url", "X-Original-Host", "X-Original-Forwarded-For", "X-Host", "X-Http-Host-Override",
		"True-Client-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "X-Url-Scheme", "Front-End-Https":
		return true
	}
	return strings.HasPrefix(name, "X-Forwarded-")
}

// dropForged removes what only a proxy may say when it is not one of ours that says so,
// and what some backends would take for such a field: X_Forwarded_For and X-Forwarded-For
// are the same to CGI and its children.
func dropForged(h http.Header, trusted bool) {
	for name := range h {
		if strings.IndexByte(name, '_') >= 0 {
			dashed := http.CanonicalHeaderKey(strings.ReplaceAll(name, "_", "-"))
			if isProxyWord(dashed) || dashed == "Content-Length" || dashed == "Transfer-Encoding" || dashed == "Host" {
				delete(h, name)
			}
			continue
		}
		if !trusted && isProxyWord(name) {
			delete(h, name)
		}
	}
}

// steered returns what is added to the key of a stored answer by what a proxy of ours
// says about the address; "" for all others.
func (x *exchange) steered() string {
	more := ""
	for _, name := range steering() {
		if v := strings.Join(x.header[name], ", "); v != "" && (name != "X-Forwarded-Host" || v != x.r.Host) {
			more += "\n" + name + ": " + v
		}
	}
	return more
}
