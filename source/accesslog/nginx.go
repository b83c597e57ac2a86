package accesslog

import (
	"fmt"
	"strings"
)

// readNginx splits a log_format into items. Unknown variables are read over.
//
// Source: nginx.org, "Alphabetical index of variables".
func readNginx(format string) ([]item, error) {
	var items []item
	for format != "" {
		dollar := strings.IndexByte(format, '$')
		if dollar < 0 {
			return append(items, item{literal: format}), nil
		}
		if dollar > 0 {
			items = append(items, item{literal: format[:dollar]})
		}
		name, rest, err := nginxName(format[dollar+1:])
		if err != nil {
			return nil, err
		}
		f := nginxField(name)
		items = append(items, item{field: &f})
		format = rest
	}
	return items, nil
}

// nginxName cuts the name of a variable from s, which stands after $.
func nginxName(s string) (name, rest string, err error) {
	if strings.HasPrefix(s, "{") {
		name, rest, ok := strings.Cut(s[1:], "}")
		if !ok {
			return "", "", fmt.Errorf("${%s has no end (fix: close it with })", shorten([]byte(s[1:])))
		}
		return name, rest, nil
	}
	n := 0
	for n < len(s) && (s[n] == '_' || isDigit(s[n]) || isLetter(s[n])) {
		n++
	}
	if n == 0 {
		return "", "", fmt.Errorf("$ before %q names no variable (fix: write its name after it)", shorten([]byte(s)))
	}
	return s[:n], s[n:], nil
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// nginxField returns what the variable name means.
func nginxField(name string) field {
	f := field{name: strings.ToLower(name), shape: text}
	switch f.name {
	case "remote_addr":
		f.slot, f.shape = slotAddress, word
	case "realip_remote_addr":
		f.slot, f.shape = slotPeer, word
	case "http_x_forwarded_for", "proxy_add_x_forwarded_for":
		f.slot, f.shape = slotForwarded, list
	case "time_local":
		f.slot, f.fit = slotTime, fitTime
	case "time_iso8601":
		f.slot, f.fit = slotISO, fitTime
	case "msec":
		f.slot, f.shape, f.fit = slotEpoch, word, fitNumber
	case "request":
		f.slot = slotRequest
	case "request_method":
		f.slot, f.shape = slotMethod, word
	case "request_uri", "uri", "document_uri":
		f.slot = slotTarget
	case "status":
		f.slot, f.shape, f.fit = slotStatus, word, fitStatus
	case "request_time":
		f.slot, f.shape = slotSeconds, word
	case "http_user_agent":
		f.slot = slotAgent
	case "upstream_status":
		f.slot, f.shape = slotUpstream, list
	case "upstream_addr":
		f.slot, f.shape = slotBackends, list
	case "upstream_cache_status":
		f.slot, f.shape = slotCache, word
	case "body_bytes_sent", "bytes_sent", "request_length", "connection", "connection_requests", "server_port", "remote_port",
		"scheme", "server_protocol", "request_id", "pipe", "gzip_ratio", "host", "http_host", "server_name", "request_completion":
		f.shape = word
	case "upstream_response_time", "upstream_response_length", "upstream_connect_time", "upstream_header_time",
		"upstream_bytes_received", "upstream_bytes_sent", "upstream_queue_time", "upstream_first_byte_time", "upstream_session_time":
		f.shape = list
	default:
		f = otherField(f)
	}
	return f
}
