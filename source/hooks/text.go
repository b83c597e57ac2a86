package hooks

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

func keysOf(m map[string]string) iter.Seq[string] { return maps.Keys(m) }

// line makes s one line of text of at most most bytes.
func line(s string, most int) string {
	s = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) || c == utf8.RuneError {
			return ' '
		}
		return c
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= most {
		return s
	}
	for !utf8.RuneStart(s[most]) {
		most--
	}
	return strings.TrimSpace(s[:most])
}

// decode reads JSON into v.
func decode(body []byte, v any) error {
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("it is no JSON of this kind: %.120s", err.Error())
	}
	return nil
}

// when reads a time as senders write it; zero when there is none.
func when(text string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST", "2006-01-02T15:04:05", time.DateTime} {
		if t, err := time.Parse(layout, strings.TrimSpace(text)); err == nil && t.Year() >= 2000 {
			return t
		}
	}
	return time.Time{}
}

// first returns the first text that is none but empty.
func first(texts ...string) string {
	for _, s := range texts {
		if strings.TrimSpace(s) != "" {
			return s
		}
	}
	return ""
}

// last returns what stands after the last slash.
func last(s string) string {
	s = strings.TrimRight(s, "/")
	return s[strings.LastIndexByte(s, '/')+1:]
}

var errNothing = errors.New("it tells nothing that is known")
