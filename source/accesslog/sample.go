package accesslog

import (
	"fmt"
	"strings"
)

// haproxySample returns what a sample expression writes: a fetch with its arguments, and
// converters behind it.
//
// Source: HAProxy configuration manual 3.2, section 7.3, "Fetching data samples".
func haproxySample(expression string) ([]item, error) {
	fetch, rest := cutCall(strings.TrimSpace(expression))
	name, argument, _ := strings.Cut(fetch, "(")
	argument = strings.TrimSuffix(argument, ")")
	switch name {
	case "date", "accept_date", "request_date":
		return sampleTime(name, argument, rest)
	}
	f := sampleField(name, argument)
	for rest != "" {
		var converter string
		converter, rest = cutCall(strings.TrimPrefix(rest, ","))
		switch by, _, _ := strings.Cut(converter, "("); strings.TrimSpace(by) {
		case "json", "lower", "upper", "url_dec", "ipmask", "regsub", "trim", "ltrim", "rtrim", "capture-req", "default", "":
		default: // what comes out means something else
			f.slot, f.fit = slotNone, fitAny
		}
	}
	return []item{{field: &f}}, nil
}

// cutCall cuts a name and its arguments in parentheses from s.
func cutCall(s string) (call, rest string) {
	depth, quote := 0, byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// sampleField returns what a fetch means.
func sampleField(name, argument string) field {
	f := field{name: strings.ToLower(name), origin: name, shape: text}
	if argument != "" {
		f.name += "(" + strings.ToLower(argument) + ")"
	}
	switch name {
	case "src", "fc_src":
		f = field{name: "remote_addr", slot: slotAddress, shape: word}
	case "req.hdr", "hdr", "req.fhdr", "fhdr", "req.hdr_ip", "hdr_ip":
		header, _, _ := strings.Cut(strings.Trim(argument, `"' `), ",")
		f = nginxField(headerName(header))
	case "res.hdr", "shdr", "res.fhdr":
		f.name = "sent_" + headerName(strings.Trim(argument, `"' `))
	case "req.cook", "cook", "req.cookie":
		f.name = "cookie_" + strings.ToLower(argument)
	case "var":
		f.name = strings.ToLower(argument)
	case "method", "capture.req.method":
		f = field{name: "request_method", slot: slotMethod, shape: word}
	case "path", "pathq", "url", "base", "baseq", "capture.req.uri":
		f = field{name: "request_uri", slot: slotTarget, shape: text}
	case "status", "txn.status":
		f = field{name: "status", slot: slotStatus, shape: word, fit: fitCode}
	case "txn.timer.total", "txn.timer.user", "fc.timer.total":
		f.slot, f.shape, f.fit = slotMillis, word, fitSigned
	case "txn.conn_retries", "txn.redispatched":
		f.slot, f.shape, f.fit = slotRetries, word, fitSigned
	case "txn.sess_term_state":
		f.slot, f.shape = slotFlags, word
	case "src_port", "dst", "dst_port", "fc_http_major", "ssl_fc", "unique-id", "bytes_in", "bytes_out", "pid", "hostname":
		f.shape = word
	}
	return f
}

// sampleTime returns what date, accept_date or request_date writes, with its unit and
// through its converters.
func sampleTime(name, argument, converters string) ([]item, error) {
	unit := "s"
	if parts := strings.Split(argument, ","); len(parts) > 1 || name != "date" {
		unit = strings.TrimSpace(parts[len(parts)-1])
	}
	convert, _ := cutCall(strings.TrimPrefix(converters, ","))
	by, format, _ := strings.Cut(convert, "(")
	at := func(s slot, called string, width int) item {
		f := field{slot: s, name: called, shape: word, fit: fitNumber}
		if width > 0 {
			f.shape, f.width, f.fit = fixed, width, fitAny
		}
		if name == "date" { // of the log line
			f.name = endOfRequest
		}
		return item{field: &f}
	}
	switch strings.TrimSpace(by) {
	case "ltime", "utime", "ms_ltime", "ms_utime", "us_ltime", "us_utime":
		format = strings.TrimSuffix(strings.TrimSpace(format), ")")
		if quoted := strings.Trim(format, " "); len(quoted) > 1 && (quoted[0] == '"' || quoted[0] == '\'') {
			if end := strings.IndexByte(quoted[1:], quoted[0]); end >= 0 {
				format = quoted[1 : 1+end]
			}
		} else {
			format = strings.ReplaceAll(format, `\,`, ",")
		}
		items, err := strftime(format, at)
		if err != nil {
			return nil, fmt.Errorf("%%[%s]: %w", name, err)
		}
		return items, nil
	}
	switch unit {
	case "ms":
		return []item{at(slotEpochMS, "time", 0)}, nil
	case "us":
		return []item{at(slotEpochUS, "time", 0)}, nil
	}
	return []item{at(slotEpoch, "time", 0)}, nil
}
