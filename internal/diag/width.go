package diag

import (
	"unicode"
	"unicode/utf8"
)

// wide holds the first and the last character of each range that is twice as wide as
// a Latin letter, in order.
//
// Source: Unicode 14, Annex 11: classes W and F, joined over what is not assigned or
// has no width.
const wide = "\u1100\u115F\u231A\u231B\u2329\u232A\u23E9\u23EC\u23F0\u23F0\u23F3\u23F3\u25FD\u25FE\u2614\u2615\u2648\u2653" +
	"\u267F\u267F\u2693\u2693\u26A1\u26A1\u26AA\u26AB\u26BD\u26BE\u26C4\u26C5\u26CE\u26CE\u26D4\u26D4\u26EA\u26EA" +
	"\u26F2\u26F3\u26F5\u26F5\u26FA\u26FA\u26FD\u26FD\u2705\u2705\u270A\u270B\u2728\u2728\u274C\u274C\u274E\u274E" +
	"\u2753\u2755\u2757\u2757\u2795\u2797\u27B0\u27B0\u27BF\u27BF\u2B1B\u2B1C\u2B50\u2B50\u2B55\u2B55\u2E80\u303E" +
	"\u3041\u3247\u3250\u4DBF\u4E00\uA4C6\uA960\uA97C\uAC00\uD7A3\uF900\uFAD9\uFE10\uFE6B\uFF01\uFF60\uFFE0\uFFE6" +
	"\U00016FE0\U0001B2FB\U0001F004\U0001F004\U0001F0CF\U0001F0CF\U0001F18E\U0001F18E\U0001F191\U0001F19A" +
	"\U0001F200\U0001F320\U0001F32D\U0001F335\U0001F337\U0001F37C\U0001F37E\U0001F393\U0001F3A0\U0001F3CA" +
	"\U0001F3CF\U0001F3D3\U0001F3E0\U0001F3F0\U0001F3F4\U0001F3F4\U0001F3F8\U0001F43E\U0001F440\U0001F440" +
	"\U0001F442\U0001F4FC\U0001F4FF\U0001F53D\U0001F54B\U0001F54E\U0001F550\U0001F567\U0001F57A\U0001F57A" +
	"\U0001F595\U0001F596\U0001F5A4\U0001F5A4\U0001F5FB\U0001F64F\U0001F680\U0001F6C5\U0001F6CC\U0001F6CC" +
	"\U0001F6D0\U0001F6D2\U0001F6D5\U0001F6DF\U0001F6EB\U0001F6EC\U0001F6F4\U0001F6FC\U0001F7E0\U0001F7F0" +
	"\U0001F90C\U0001F93A\U0001F93C\U0001F945\U0001F947\U0001F9FF\U0001FA70\U0001FAF6\U00020000\U0003FFFD"

// isHidden reports whether a terminal would obey r instead of showing it.
func isHidden(r rune) bool {
	return unicode.IsControl(r) || r == unicode.ReplacementChar || unicode.Is(unicode.Bidi_Control, r)
}

// widthOfRune returns how many columns of a terminal r takes: 0, 1 or 2.
func widthOfRune(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case isWide(r):
		return 2
	default:
		return 1
	}
}

// isWide reports whether r is in a range of wide.
func isWide(r rune) bool {
	for rest := wide; rest != ""; {
		first, n := utf8.DecodeRuneInString(rest)
		last, m := utf8.DecodeRuneInString(rest[n:])
		if r < first {
			return false
		}
		if r <= last {
			return true
		}
		rest = rest[n+m:]
	}
	return false
}
