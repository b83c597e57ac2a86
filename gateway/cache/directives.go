// Package cache keeps answers that their origin allowed to be kept, as RFC 9111 says of
// shared caches, and gives old ones only with the origin's leave: RFC 5861.
package cache

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// directives are those of Cache-Control, lower case.
type directives map[string]string

// parse reads the directives of h. Quoted values lose their quotes.
func parse(h http.Header) directives {
	d := directives{}
	for _, line := range h["Cache-Control"] {
		for line != "" {
			var one string
			one, line = nextDirective(line)
			name, value, _ := strings.Cut(one, "=")
			name = strings.ToLower(strings.Trim(name, " \t"))
			value = strings.Trim(value, " \t")
			if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
				value = strings.ReplaceAll(value[1:len(value)-1], `\`, "")
			}
			if _, twice := d[name]; name != "" && !twice { // the first counts
				d[name] = value
			}
		}
	}
	return d
}

// nextDirective cuts at the next comma that is not within quotes.
func nextDirective(s string) (one, rest string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '\\' && quoted:
			i++
		case s[i] == ',' && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// targeted is the field that speaks to caches like this one, and not to browsers: RFC 9213.
const targeted = "Cdn-Cache-Control"

// parseAnswer reads the directives of an answer: those that speak to caches like this one
// take the place of all others, unless they cannot be read.
func parseAnswer(h http.Header) (d directives, alone bool) {
	if values := h[targeted]; len(values) > 0 {
		if d, ok := dictionary(strings.Join(values, ",")); ok && len(d) > 0 {
			return d, true
		}
	}
	return parse(h), false
}

// dictionary reads a dictionary of RFC 9651, as far as directives need it: integers,
// tokens, strings, or nothing.
func dictionary(text string) (directives, bool) {
	d := directives{}
	for text = strings.Trim(text, " "); text != ""; {
		var one string
		one, text = nextDirective(text)
		one, _, _ = strings.Cut(one, ";") // parameters say nothing here
		name, value, valued := strings.Cut(strings.Trim(one, " \t"), "=")
		if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-.*") != "" || valued && !isItem(value) {
			return nil, false
		}
		if strings.HasSuffix(name, "max-age") || name == "s-maxage" || strings.HasPrefix(name, "stale-") {
			if value == "" || strings.Trim(value, "0123456789") != "" || len(value) > 15 {
				return nil, false
			}
		}
		d[name] = strings.Trim(value, `"`)
	}
	return d, true
}

// isItem reports whether a value is an integer, a token, a string or a boolean.
func isItem(v string) bool {
	switch {
	case v == "":
		return false
	case v[0] == '"':
		return len(v) > 1 && v[len(v)-1] == '"'
	case v == "?0" || v == "?1":
		return true
	}
	return strings.Trim(v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.*:/") == ""
}

func (d directives) has(names ...string) bool {
	for _, n := range names {
		if _, found := d[n]; found {
			return true
		}
	}
	return false
}

// seconds returns the value of a directive. What is there and cannot be read is 0: stale.
func (d directives) seconds(name string) (time.Duration, bool) {
	text, found := d[name]
	if !found {
		return 0, false
	}
	return deltaSeconds(text), true
}

// deltaSeconds reads a number of seconds: RFC 9111, 1.2.2.
func deltaSeconds(text string) time.Duration {
	if text == "" {
		return 0
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > 1<<31 {
		n = 1 << 31
	}
	return time.Duration(n) * time.Second
}

// date reads a date of HTTP.
func date(h http.Header, name string) (time.Time, bool) {
	values := h[name]
	if len(values) == 0 {
		return time.Time{}, false
	}
	for _, form := range []string{http.TimeFormat, time.RFC850, time.ANSIC} {
		t, err := time.Parse(form, values[0])
		if err == nil && t.Format(form) == values[0] { // a date in another spelling is none: it must not make anything fresh
			return t, true
		}
	}
	return time.Time{}, false
}

// lifetime returns how long an answer is fresh, and whether its origin says so.
func lifetime(h http.Header, d directives, alone bool) (time.Duration, bool) {
	if n, found := d.seconds("s-maxage"); found {
		return n, true
	}
	if n, found := d.seconds("max-age"); found {
		return n, true
	}
	values := h["Expires"]
	if len(values) == 0 || alone {
		return 0, false
	}
	expires, ok := date(h, "Expires")
	if !ok || len(values) > 1 {
		return 0, true // cannot be read: in the past
	}
	from, ok := date(h, "Date")
	if !ok {
		from = time.Now()
	}
	return max(expires.Sub(from), 0), true
}

// ageOf returns how old an answer was when it came: RFC 9111, 4.2.3.
func ageOf(h http.Header, asked, came time.Time) time.Duration {
	apparent := time.Duration(0)
	if d, ok := date(h, "Date"); ok {
		apparent = max(came.Sub(d).Truncate(time.Second), 0)
	}
	corrected := came.Sub(asked)
	if values := h["Age"]; len(values) > 0 {
		text, _, _ := strings.Cut(values[0], ",")
		corrected += deltaSeconds(strings.TrimSpace(text))
	}
	return max(apparent, corrected)
}
