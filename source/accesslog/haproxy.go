package accesslog

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// readHAProxy splits a log-format string into items. Unknown aliases and sample
// expressions are read over.
//
// Source: HAProxy configuration manual 3.2, section 8.2.6, "Custom log format".
func readHAProxy(format string) (*haproxyFormat, error) {
	h := &haproxyFormat{}
	for format != "" {
		percent := strings.IndexByte(format, '%')
		if percent < 0 {
			percent = len(format)
		}
		h.text(format[:percent])
		if format = format[percent:]; format == "" {
			break
		}
		rest, err := h.directive(format[1:])
		if err != nil {
			return nil, err
		}
		format = rest
	}
	h.prefer("request_time", "%Ta", "%Tu", "%Tt", "txn.timer.user", "txn.timer.total", "fc.timer.total")
	h.prefer("retries", "%rc", "txn.conn_retries", "txn.redispatched")
	return h, nil
}

// haproxyFormat is a log-format string on its way to a grammar.
type haproxyFormat struct {
	items []item
	keys  []string // of the items that are fields, when all becomes JSON
	flags haproxyOptions
	begun bool // as JSON: what stands between the fields is not written
}

// haproxyOptions are the flags of a directive, or of all that follow %{...}o.
type haproxyOptions struct{ quotes, json bool }

// text adds text that stands there as it is. HAProxy writes any run of spaces as one.
func (h *haproxyFormat) text(s string) {
	for strings.Contains(s, "  ") {
		s = strings.ReplaceAll(s, "  ", " ")
	}
	if len(h.items) == 0 {
		s = strings.TrimLeft(s, " ")
	}
	if s != "" {
		h.items = append(h.items, item{literal: s})
	}
}

// directive reads what stands after %: a name and type in (), flags in {}, and an alias
// or a sample expression in [].
func (h *haproxyFormat) directive(s string) (rest string, err error) {
	if strings.HasPrefix(s, "%") {
		h.text("%")
		return s[1:], nil
	}
	name, options := "", h.flags
	if strings.HasPrefix(s, "(") {
		var ok bool
		if name, s, ok = strings.Cut(s[1:], ")"); !ok {
			return "", errors.New("%( has no end (fix: close it with ))")
		}
		name, _, _ = strings.Cut(name, ":")
	}
	if strings.HasPrefix(s, "{") {
		flags, after, ok := strings.Cut(s[1:], "}")
		if !ok {
			return "", errors.New("%{ has no end (fix: close it with })")
		}
		s = after
		options.set(flags)
	}
	if strings.HasPrefix(s, "[") {
		expression, after, ok := cutExpression(s[1:])
		if !ok {
			return "", fmt.Errorf("%%[%s has no end (fix: close it with ])", shorten([]byte(s[1:])))
		}
		items, err := haproxySample(expression)
		if err != nil {
			return "", err
		}
		h.add(name, options, items...)
		return after, nil
	}
	alias := haproxyAlias(s)
	if alias == "o" {
		h.flags = options
		return s[1:], nil
	}
	if alias == "" {
		return "", fmt.Errorf("%%%s is no alias (fix: copy log-format from haproxy.cfg as it stands there)", shorten([]byte(firstOf(s))))
	}
	f := haproxyField(alias)
	if alias == "hr" || alias == "hs" {
		f.lead = leadBraces
	}
	h.add(name, options, item{field: &f})
	return s[len(alias):], nil
}

// add adds what one directive means.
func (h *haproxyFormat) add(name string, options haproxyOptions, items ...item) {
	h.begun = h.begun || options.json
	if options.quotes && len(items) > 1 { // a time: one pair for all of its parts
		items = slices.Concat([]item{{literal: `"`}}, items, []item{{literal: `"`}})
		options.quotes = false
	}
	for _, it := range items {
		if it.field != nil {
			if options.quotes && it.field.lead == leadNone {
				it.field.lead, it.field.shape = leadQuotes, word
			}
			if name != "" && it.field.slot == slotNone { // somebody's own name may say what it is: http_user_agent
				it.field.name = strings.ToLower(name)
				it.field.slot = nginxField(it.field.name).slot
			}
			h.keys = append(h.keys, name)
		}
		h.items = append(h.items, it)
	}
}

// set applies flags: +Q,-E,json.
func (o *haproxyOptions) set(flags string) {
	for flag := range strings.SplitSeq(flags, ",") {
		switch strings.TrimSpace(flag) {
		case "+Q", "Q":
			o.quotes = true
		case "-Q":
			o.quotes = false
		case "+json", "json":
			o.json = true
		}
	}
}

// prefer leaves a meaning to the first of names that is there.
func (h *haproxyFormat) prefer(_ string, names ...string) {
	best := len(names)
	rank := func(f *field) int {
		for n, name := range names {
			if f.origin == name {
				return n
			}
		}
		return len(names)
	}
	for _, it := range h.items {
		if it.field != nil {
			best = min(best, rank(it.field))
		}
	}
	for _, it := range h.items {
		if it.field != nil && rank(it.field) > best && rank(it.field) < len(names) {
			it.field.slot = slotNone
		}
	}
}

// firstOf returns the first few bytes of s.
func firstOf(s string) string { return s[:min(len(s), 4)] }

// cutExpression cuts a sample expression, which stands after [, at the ] that ends it.
func cutExpression(s string) (expression, rest string, ok bool) {
	depth, quote := 0, byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '(' || c == '[':
			depth++
		case (c == ')' || c == ']') && depth > 0:
			depth--
		case c == ']':
			return s[:i], s[i+1:], true
		}
	}
	return "", "", false
}

// haproxyAlias returns the longest alias that s begins with, "" for none.
func haproxyAlias(s string) string {
	best := ""
	for _, alias := range []string{
		"o", "B", "CC", "CS", "H", "HM", "HP", "HPO", "HQ", "HU", "HV", "ID", "OG", "ST", "T", "Ta", "Tc", "Td", "Th", "Ti", "Tl", "TR", "Tq", "Tr", "Ts", "Tt", "Tu", "Tw", "U",
		"ac", "b", "bc", "bi", "bp", "bq", "ci", "cp", "f", "fc", "fi", "fp", "ft", "hr", "hrl", "hs", "hsl", "lc", "ms", "pid", "r", "rc", "rt", "s", "sc", "si", "sp", "sq",
		"sslc", "sslv", "t", "tr", "trg", "trl", "ts", "tsc",
	} {
		if len(alias) > len(best) && strings.HasPrefix(s, alias) {
			best = alias
		}
	}
	return best
}

// haproxyField returns what an alias means.
func haproxyField(alias string) field {
	f := field{name: "%" + alias, origin: "%" + alias, shape: word}
	switch alias {
	case "ci":
		f.slot, f.shape, f.fit, f.name = slotAddress, text, fitAddress, "remote_addr"
	case "t", "tr", "T", "Tl", "trg", "trl":
		f.slot, f.shape, f.fit, f.name = slotTime, text, fitTime, "time_local"
	case "Ts":
		f.slot, f.fit = slotEpoch, fitNumber
	case "ms":
		f.slot, f.fit = slotMilli, fitDigits
	case "r":
		f.slot, f.shape, f.name = slotRequest, text, "request"
	case "HM":
		f.slot, f.name = slotMethod, "request_method"
	case "HU", "HP", "HPO":
		f.slot, f.shape, f.name = slotTarget, text, "request_uri"
	case "HQ":
		f.shape, f.name = text, "args"
	case "ST":
		f.slot, f.fit, f.name = slotStatus, fitCode, "status"
	case "Ta", "Tt", "Tu":
		f.slot, f.fit, f.name = slotMillis, fitSigned, "request_time"
	case "TR", "Tq", "Tw", "Tc", "Tr", "Td", "Th", "Ti", "B", "ac", "bc", "bq", "fc", "sc", "sq", "pid", "rt", "lc", "U":
		f.fit = fitSigned
	case "rc":
		f.slot, f.fit = slotRetries, fitSigned
	case "ts", "tsc":
		f.slot = slotFlags
	case "cp", "fp", "bp", "sp":
		f.fit = fitSigned
	case "fi", "bi", "si":
		f.shape = text
	case "CC", "CS", "hrl", "hsl":
		f.shape = text
	}
	return f
}
