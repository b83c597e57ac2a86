package accesslog

import "bytes"

// note is what a line tells that is no request of anybody: why something failed. The
// request itself stands in the access log, so it is not counted a second time.
//
// Sources: nginx, ngx_log_error_core and error strings of ngx_http_upstream; Apache, mod_proxy
// AH00957 and core ErrorLogFormat; HAProxy, section 8.2.1 and messages of the checks.
type note struct {
	format string // as Tally.Formats has it, "nginx-error: refused"
}

// noted returns what line notes; ok is false when it is no note.
func noted(line []byte) (n note, ok bool) {
	switch {
	case isNginxError(line):
		return note{"nginx-error: " + causeOf(line)}, true
	case isApacheError(line):
		return note{"apache-error: " + causeOf(line)}, true
	case isHAProxyNote(line):
		return note{"haproxy-note"}, true
	case bytes.HasPrefix(line, []byte(`{"level":"`)) && bytes.Contains(line, []byte(`"ts":`)) && !bytes.Contains(line, []byte(`"status":`)):
		return note{"caddy-note"}, true
	}
	return note{}, false
}

// isNginxError reports whether line is one of error_log: 2026/11/23 20:01:09 [error] 1#2: ...
func isNginxError(line []byte) bool {
	return len(line) > 30 && line[4] == '/' && line[7] == '/' && line[10] == ' ' && line[13] == ':' && line[16] == ':' &&
		line[19] == ' ' && line[20] == '[' && isDigit(line[0]) && isDigit(line[18])
}

// isApacheError reports whether line is one of ErrorLog: [Mon Nov 23 20:01:09.123456 2026] [proxy:error] ...
func isApacheError(line []byte) bool {
	if len(line) < 30 || line[0] != '[' || line[4] != ' ' || line[8] != ' ' || line[11] != ' ' || line[14] != ':' || line[17] != ':' {
		return false
	}
	end := bytes.IndexByte(line, ']')
	return end > 20 && end < 40 && bytes.HasPrefix(line[end:], []byte("] ["))
}

// isHAProxyNote reports whether line is what HAProxy writes about itself, or about a
// connection without a request.
func isHAProxyNote(line []byte) bool {
	for _, begin := range []string{"Server ", "Backup Server ", "Proxy ", "backend ", "Health check for ", "Stopping ", "Pausing "} {
		if bytes.HasPrefix(line, []byte(begin)) {
			return bytes.Contains(line, []byte(" is DOWN")) || bytes.Contains(line, []byte(" is UP")) || bytes.Contains(line, []byte("no server available")) ||
				bytes.Contains(line, []byte(" started.")) || bytes.Contains(line, []byte(" stopped")) || bytes.Contains(line, []byte("Health check"))
		}
	}
	open := bytes.Index(line, []byte(" ["))
	if open < 7 || len(line) < open+28 || line[open+4] != '/' || line[open+8] != '/' || line[open+26] != ']' {
		return false
	}
	_, after, found := bytes.Cut(line[open+27:], []byte(": "))
	return found && (bytes.HasPrefix(after, []byte("SSL handshake failure")) || bytes.HasPrefix(after, []byte("Connection ")) ||
		bytes.HasPrefix(after, []byte("Timeout ")) || bytes.HasPrefix(after, []byte("Stopped a TLSv1")) || bytes.HasPrefix(after, []byte("Received something which does not look like a PROXY")))
}

// causeOf names what failed, in one of a few words.
func causeOf(line []byte) string {
	for _, c := range []struct{ says, cause string }{
		{"Connection refused", "refused"},
		{"timed out", "timed out"},
		{"Connection timed out", "timed out"},
		{"reset by peer", "reset"},
		{"prematurely closed", "closed early"},
		{"no live upstreams", "no server left"},
		{"No route to host", "unreachable"},
		{"unreachable", "unreachable"},
		{"could not be resolved", "name not found"},
		{"host not found", "name not found"},
		{"DNS lookup failure", "name not found"},
		{"SSL", "tls"},
		{"limiting", "limited"},
		{"AH01114", "refused"},
		{"No such file", "no such file"},
		{"too large", "too large"},
		{"invalid header", "invalid answer"},
		{"too big header", "invalid answer"},
	} {
		if bytes.Contains(line, []byte(c.says)) {
			return c.cause
		}
	}
	return "other"
}
