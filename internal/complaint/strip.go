package complaint

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxKept is how many bytes of a text are kept.
const maxKept = 280

// Strip returns a text without what says who somebody is: addresses of the web and of mail,
// names after an @, and long numbers. Markup goes too.
func Strip(text string) string {
	for _, p := range []string{`(?s)<[^>]*>`, `https?://\S+`, `\S+@\S+\.\S+`, `@\S+`, `\+?[0-9][0-9 ./-]{6,}[0-9]`} {
		text = regexp.MustCompile(p).ReplaceAllString(text, " ")
	}
	text = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) || c == utf8.RuneError {
			return ' '
		}
		return c
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= maxKept {
		return text
	}
	end := maxKept
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
