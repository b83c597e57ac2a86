package look

import (
	"strings"
	"unicode"
)

// Plain returns text that came from outside without anything that could act on a
// screen: no control characters, no escape sequences, no reversal of direction.
func (r Reader) Plain(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || c == unicode.ReplacementChar {
			return '·'
		}
		return c
	}, s)
}

// Short returns s in at most width characters, cut in its middle: the end of a path
// says as much as its beginning.
func (r Reader) Short(s string, width int) string {
	runes := []rune(r.Plain(s))
	if len(runes) <= width || width < 4 {
		return string(runes)
	}
	head := width * 2 / 3
	tail := width - head - 1
	return string(runes[:head]) + "…" + string(runes[len(runes)-tail:])
}
