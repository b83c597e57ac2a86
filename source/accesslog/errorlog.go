package accesslog

import (
	"bytes"
	"time"

	"github.com/honderd/honderd/experience"
)

// told is what an error log says of one request.
type told struct {
	at     int64 // Unix milliseconds, as if its clock showed UTC
	client []byte
	target []byte // nil: it is not said
	blame  experience.Blame
}

// readNote reads what a line of an error log says of a request; ok is false when it says
// nothing of one, or nothing that went wrong.
//
// Sources: nginx, ngx_log_error_core, ngx_http_log_error and ngx_http_upstream_log_error;
// Apache, core ErrorLogFormat and messages of mod_proxy.
func readNote(line []byte) (n told, ok bool) {
	switch {
	case isNginxError(line):
		return readNginxError(line)
	case isApacheError(line):
		return readApacheError(line)
	}
	return n, false
}

// readNginxError reads
// 2026/11/23 20:01:09 [error] 1#1: *5 upstream timed out (110: ...) while ..., client: 203.0.113.7, server: shop, request: "GET /x HTTP/1.1", upstream: "http://10.0.0.2:80/x", host: "shop".
func readNginxError(line []byte) (n told, ok bool) {
	switch level := line[21:]; {
	case bytes.HasPrefix(level, []byte("error]")), bytes.HasPrefix(level, []byte("crit]")), bytes.HasPrefix(level, []byte("alert]")), bytes.HasPrefix(level, []byte("emerg]")):
	default:
		return n, false
	}
	at, err := time.Parse("2006/01/02 15:04:05", string(line[:19]))
	if err != nil {
		return n, false
	}
	n.at = at.UnixMilli()
	_, rest, found := bytes.Cut(line, []byte(", client: "))
	if !found {
		return n, false
	}
	n.client, _, _ = bytes.Cut(rest, []byte(","))
	n.client, _, _ = bytes.Cut(n.client, []byte(" "))
	if _, request, found := bytes.Cut(rest, []byte(`, request: "`)); found {
		n.target = targetOf(request)
	}
	if i := bytes.LastIndex(rest, []byte(`, upstream: "`)); i >= 0 {
		n.blame.Backend = backendOf(rest[i+len(`, upstream: "`):])
	}
	says := line
	if i := bytes.Index(says, []byte(", client: ")); i >= 0 {
		says = says[:i] // what the client sent stands after it
	}
	n.blame.Fault = "nginx: " + saidBy(says)
	return n, len(n.client) > 0
}

// targetOf returns the target of a request line that ends with a quote.
func targetOf(request []byte) []byte {
	request, _, _ = bytes.Cut(request, []byte(`"`))
	_, target, found := bytes.Cut(request, []byte(" "))
	if !found {
		return nil
	}
	if end := bytes.LastIndexByte(target, ' '); end >= 0 && bytes.HasPrefix(target[end+1:], []byte("HTTP")) {
		target = target[:end]
	}
	return target
}

// backendOf returns the server of an address that ends with a quote.
func backendOf(address []byte) string {
	address, _, _ = bytes.Cut(address, []byte(`"`))
	if _, after, found := bytes.Cut(address, []byte("://")); found {
		address = after
	}
	if !bytes.HasPrefix(address, []byte("unix:")) {
		address, _, _ = bytes.Cut(address, []byte("/"))
	}
	return string(labelValue(address))
}

// readApacheError reads
// [Mon Nov 23 20:01:09.123456 2026] [proxy_http:error] [pid 1:tid 2] (70007)The timeout ...: [client 203.0.113.7:51234] AH01102: error reading status line from remote server 10.0.0.2:80.
func readApacheError(line []byte) (n told, ok bool) {
	end := bytes.IndexByte(line, ']')
	if head := line[end:]; !bytes.Contains(head[:min(len(head), 40)], []byte(":error]")) && !bytes.Contains(head[:min(len(head), 40)], []byte(":crit]")) {
		return n, false
	}
	at, err := time.Parse("Mon Jan 02 15:04:05.999999 2006", string(line[1:end]))
	if err != nil {
		return n, false
	}
	n.at = at.UnixMilli()
	before, rest, found := bytes.Cut(line, []byte("[client "))
	if !found {
		return n, false
	}
	client, says, found := bytes.Cut(rest, []byte("]"))
	if !found {
		return n, false
	}
	n.client = client
	for _, where := range []string{"remote server ", "backend: ", "connect to "} {
		if _, server, found := bytes.Cut(says, []byte(where)); found {
			server, _, _ = bytes.Cut(bytes.TrimSpace(server), []byte(" "))
			server, _, _ = bytes.Cut(server, []byte(","))
			n.blame.Backend = string(labelValue(bytes.TrimSuffix(server, []byte(":"))))
			break
		}
	}
	cause := saidBy(before)
	if cause == otherCause {
		cause = saidBy(says)
	}
	n.blame.Fault = "apache: " + cause
	return n, n.blame.Backend != "" || cause != otherCause
}

// otherCause is what saidBy returns for what it does not know.
const otherCause = "an error"

// saidBy returns what went wrong, in the words of the server.
func saidBy(line []byte) string {
	for _, c := range []struct{ says, cause string }{
		{"upstream timed out", "upstream timed out"},
		{"no live upstreams", "no live upstreams"},
		{"prematurely closed", "upstream closed the connection"},
		{"Connection refused", "connection refused"},
		{"reset by peer", "connection reset"},
		{"too large body", "body too large"},
		{"timeout specified has expired", "backend timed out"},
		{"timed out", "timed out"},
		{"No route to host", "host unreachable"},
		{"unreachable", "host unreachable"},
		{"could not be resolved", "name not found"},
		{"host not found", "name not found"},
		{"DNS lookup failure", "name not found"},
		{"limiting", "limited"},
		{"too big header", "header too big"},
		{"invalid header", "invalid answer"},
		{"error reading status line", "backend closed the connection"},
		{"failed to make connection", "connection failed"},
		{"All workers are in error state", "no backend left"},
		{"SSL", "TLS failed"},
		{"No such file", "no such file"},
	} {
		if bytes.Contains(line, []byte(c.says)) {
			return c.cause
		}
	}
	return otherCause
}
