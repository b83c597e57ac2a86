package accesslog

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// envoyOperator finds the operators of a format string of Envoy: %REQ(X?Y):Z%.
func envoyOperator() *regexp.Regexp {
	return regexp.MustCompile(`%([A-Z][A-Z0-9_]{2,})(\((?:[^()%]|%[^()]|\([^()]*\))*\))?(:[0-9]+)?%`)
}

// isEnvoy reports whether format is written for Envoy.
func isEnvoy(format string) bool { return envoyOperator().MatchString(format) }

// readEnvoy splits a format string into items. Unknown operators are read over.
//
// Source: Envoy documentation, "Access logging", "Command operators".
func readEnvoy(format string) ([]item, error) {
	var items []item
	all := envoyOperator().FindAllStringSubmatchIndex(format, -1)
	from := 0
	for _, at := range all {
		if at[0] > from {
			items = append(items, item{literal: strings.ReplaceAll(format[from:at[0]], "%%", "%")})
		}
		argument := ""
		if at[4] >= 0 {
			argument = format[at[4]+1 : at[5]-1]
		}
		more, err := envoyItems(format[at[2]:at[3]], argument)
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
		from = at[1]
	}
	if from < len(format) {
		items = append(items, item{literal: strings.ReplaceAll(format[from:], "%%", "%")})
	}
	return items, nil
}

// envoyItems returns what one operator writes.
func envoyItems(operator, argument string) ([]item, error) {
	switch operator {
	case "START_TIME", "START_TIME_LOCAL", "EMIT_TIME", "EMIT_TIME_LOCAL":
		return envoyTime(argument, strings.HasPrefix(operator, "EMIT"))
	}
	f := envoyField(operator, argument)
	return []item{{field: &f}}, nil
}

// envoyField returns what an operator means.
func envoyField(operator, argument string) field {
	f := field{name: strings.ToLower(operator), shape: word}
	switch operator {
	case "REQ":
		return envoyHeader(argument)
	case "RESP", "TRAILER":
		f.name, f.shape = "sent_"+headerName(argument), text
	case "RESPONSE_CODE":
		f.slot, f.fit, f.name = slotStatus, fitCode, "status"
	case "RESPONSE_FLAGS":
		f.slot = slotFlags
	case "DURATION":
		f.slot, f.fit = slotMillis, fitSigned
	case "BYTES_RECEIVED", "BYTES_SENT", "REQUEST_DURATION", "RESPONSE_DURATION", "RESPONSE_TX_DURATION", "UPSTREAM_REQUEST_ATTEMPT_COUNT":
		f.fit = fitSigned
		if operator == "UPSTREAM_REQUEST_ATTEMPT_COUNT" {
			f.slot = slotAttempts
		}
	case "UPSTREAM_HOSTS_ATTEMPTED":
		f.slot = slotHosts
	case "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT":
		f.slot, f.name = slotAddress, "remote_addr"
	case "DOWNSTREAM_REMOTE_ADDRESS":
		f.slot, f.name = slotAddress, "remote_addr"
	case "DOWNSTREAM_DIRECT_REMOTE_ADDRESS", "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT":
		f.slot, f.name = slotPeer, "realip_remote_addr"
	case "PATH":
		f.slot, f.shape, f.name = slotTarget, text, "request_uri"
	case "RESPONSE_CODE_DETAILS", "PROTOCOL", "UPSTREAM_HOST", "UPSTREAM_CLUSTER", "CONNECTION_ID", "STREAM_ID", "TRACE_ID", "HOSTNAME":
	default:
		f.shape = text
		if argument != "" {
			f.name += "(" + strings.ToLower(argument) + ")"
		}
	}
	return f
}

// envoyHeader returns what %REQ(X?Y)% means.
func envoyHeader(names string) field {
	name, other, _ := strings.Cut(names, "?")
	switch strings.ToUpper(name) {
	case ":METHOD":
		return field{name: "request_method", slot: slotMethod, shape: word}
	case ":PATH":
		return field{name: "request_uri", slot: slotTarget, shape: text}
	case ":AUTHORITY", "HOST":
		return field{name: "http_host", shape: word}
	case "X-ENVOY-ORIGINAL-PATH", "X-ENVOY-ORIGINAL-DST-HOST":
		if strings.EqualFold(other, ":PATH") || strings.EqualFold(name, "X-ENVOY-ORIGINAL-PATH") {
			return field{name: "request_uri", slot: slotTarget, shape: text}
		}
	}
	f := nginxField(headerName(name))
	if f.slot == slotNone {
		f.shape = text
	}
	return f
}

// envoyTime returns the items of a time: as RFC 3339 with milliseconds, or in a strftime
// with %f, %3f, %E3S and %E*S for fractions.
func envoyTime(format string, end bool) ([]item, error) {
	name := "time_iso8601"
	if end {
		name = endOfRequest
	}
	at := func(s slot, called string, width int) item {
		f := field{slot: s, name: called, shape: word, fit: fitNumber}
		if width > 0 {
			f.shape, f.width, f.fit = fixed, width, fitAny
		}
		if end {
			f.name = endOfRequest
		}
		return item{field: &f}
	}
	format = strings.Trim(format, `"`)
	switch format {
	case "", "%Y-%m-%dT%H:%M:%E3SZ", "%Y-%m-%dT%H:%M:%S.%3fZ", "%Y-%m-%dT%T%z", "%Y-%m-%dT%H:%M:%S%z":
		return []item{{field: &field{slot: slotISO, name: name, shape: text, fit: fitTime}}}, nil
	}
	var items []item
	rest := format
	fraction := regexp.MustCompile(`%E([1-9*])S|%([1-9])?f`)
	for {
		m := fraction.FindStringSubmatchIndex(rest)
		if m == nil {
			break
		}
		more, err := strftime(rest[:m[0]], at)
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
		digits := 9
		switch {
		case m[2] >= 0:
			items = append(items, at(slotSecond, "time", 2), item{literal: "."})
			if rest[m[2]] != '*' {
				digits, _ = strconv.Atoi(rest[m[2]:m[3]])
			} else {
				digits = 0
			}
		case m[4] >= 0:
			digits, _ = strconv.Atoi(rest[m[4]:m[5]])
		}
		f := at(slotFraction, "time", digits)
		items = append(items, f)
		rest = rest[m[1]:]
	}
	more, err := strftime(rest, at)
	return append(items, more...), err
}

// compileEnvoyJSON makes a grammar of a json_format: an object whose values are format
// strings. Envoy does not keep the order of its keys.
func compileEnvoyJSON(name, format string, want wanted) (*Grammar, error) {
	var object map[string]any
	if err := json.Unmarshal([]byte(format), &object); err != nil {
		return nil, fmt.Errorf("is not JSON: %w", err)
	}
	g := &Grammar{name: name, keys: newKey(), starts: true, flags: envoyFlags}
	if err := g.envoyObject(nil, object); err != nil {
		return nil, err
	}
	if len(g.pieces) > maxPieces {
		return nil, fmt.Errorf("has %d values (fix: at most %d)", len(g.pieces), maxPieces)
	}
	g.place(want)
	g.settle(want.key)
	return g, g.check()
}

// envoyObject adds the values of an object below path.
func (g *Grammar) envoyObject(path []string, object map[string]any) error {
	var names []string
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		at := append(slices.Clone(path), name)
		switch v := object[name].(type) {
		case map[string]any:
			if err := g.envoyObject(at, v); err != nil {
				return err
			}
		case string:
			items, err := readEnvoy(v)
			if err != nil {
				return err
			}
			if f, ok := envoyValue(items); ok {
				g.keys.down(at).piece = len(g.pieces)
				g.pieces = append(g.pieces, piece{field: f})
			}
		}
	}
	return nil
}

// envoyValue returns what the value of one key means.
func envoyValue(items []item) (field, bool) {
	var found []field
	for _, it := range items {
		if it.field != nil {
			found = append(found, *it.field)
		}
	}
	switch {
	case len(found) == 0:
		return field{}, false
	case len(found) == 1 && len(items) == 1:
		if found[0].slot == slotISO {
			found[0].slot = slotWhen
		}
		return found[0], true
	case found[0].slot == slotMethod:
		return field{name: "request", slot: slotRequest}, true
	case slices.ContainsFunc(found, func(f field) bool { return f.slot >= slotYear && f.slot <= slotZone || f.slot == slotEpoch }):
		return field{name: found[0].name, slot: slotWhen}, true
	}
	return field{name: found[0].name}, true
}
