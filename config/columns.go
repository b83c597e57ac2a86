package config

import (
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"

	"github.com/honderd/honderd/internal/diag"
)

// placeExactly corrects the places of tokens: goccy/go-yaml v1.19.2 does not count
// tabs, and counts a space at the end of a line as if it stood before the value.
// Between two tokens there is nothing but blanks, so each starts at the first character
// after the one before it. Where that is not what the token says, its place is left.
func placeExactly(file *diag.File, tokens token.Tokens) {
	at, known := cursorAt(file, 1, 1), true
	for _, tk := range tokens {
		if !known {
			at = cursorAt(file, tk.Position.Line, tk.Position.Column)
		}
		at.skipBlanks(file)
		taken := 0
		if at.rest != "" {
			taken = lexemeLength(at.rest, tk)
		}
		if taken == 0 {
			known = false
			continue
		}
		tk.Position.Line, tk.Position.Column = at.line, at.column
		known = at.skipToken(file, tk, taken)
	}
}

// cursor is a place between two tokens.
type cursor struct {
	line, column int
	rest         string // of the line
}

// cursorAt returns a place in file.
func cursorAt(file *diag.File, line, column int) cursor {
	c := cursor{line: line, column: 1, rest: file.Line(line)}
	for c.column < column && c.rest != "" {
		_, size := utf8.DecodeRuneInString(c.rest)
		c.skip(size)
	}
	return c
}

// skip moves c over n bytes.
func (c *cursor) skip(n int) {
	c.column += utf8.RuneCountInString(c.rest[:n])
	c.rest = c.rest[n:]
}

// skipBlanks moves c to the next character that is not blank.
func (c *cursor) skipBlanks(file *diag.File) {
	for {
		text := strings.TrimLeft(c.rest, " \t")
		c.skip(len(c.rest) - len(text))
		if text != "" || c.line >= file.Lines() {
			return
		}
		*c = cursorAt(file, c.line+1, 1)
	}
}

// skipToken moves c over tk, which takes so many bytes of this line, and reports
// whether its end is known.
func (c *cursor) skipToken(file *diag.File, tk *token.Token, taken int) bool {
	quote, closed := c.rest[0], true
	isQuoted := tk.Type == token.DoubleQuoteType || tk.Type == token.SingleQuoteType
	if isQuoted {
		_, closed = quotedLength(c.rest)
	}
	c.skip(taken)
	if isQuoted {
		for !closed && c.line < file.Lines() {
			*c = cursorAt(file, c.line+1, 1)
			taken, closed = quoteEnd(c.rest, quote)
			c.skip(taken)
		}
		return closed
	}
	first := true
	for line := range strings.Lines(strings.TrimSpace(tk.Origin)) {
		if first {
			first = false
			continue
		}
		*c = cursorAt(file, c.line+1, 1)
		blanks := len(c.rest) - len(strings.TrimLeft(c.rest, " \t"))
		written := strings.TrimSpace(line)
		if !strings.HasPrefix(c.rest[blanks:], written) {
			return false
		}
		c.skip(blanks + len(written))
	}
	return true
}

// lexemeLength returns how many bytes tk takes at the start of rest, 0 if tk does not
// stand there.
func lexemeLength(rest string, tk *token.Token) int {
	quoted := rest[0] == '"' || rest[0] == '\''
	switch tk.Type {
	case token.CommentType:
		if rest[0] == '#' {
			return len(rest)
		}
	case token.DoubleQuoteType, token.SingleQuoteType:
		if quoted {
			length, _ := quotedLength(rest)
			return length
		}
	case token.InvalidType: // points at what is wrong inside it, unless its end is missing
		if quoted && strings.HasPrefix(tk.Error, "could not find end") {
			return len(rest)
		}
	default:
		for _, written := range []string{tk.Value, firstLine(tk)} {
			if written != "" && strings.HasPrefix(rest, written) {
				return len(written)
			}
		}
	}
	return 0
}

// firstLine returns the first line of what tk is made of.
func firstLine(tk *token.Token) string {
	first, _, _ := strings.Cut(strings.TrimSpace(tk.Origin), "\n")
	return strings.TrimRight(first, " \t\r")
}

// quotedLength returns how many bytes the quoted text at the start of s has, with its
// quotes, and whether it is closed; all of s if it is not.
func quotedLength(s string) (length int, closed bool) {
	length, closed = quoteEnd(s[1:], s[0])
	return length + 1, closed
}

// quoteEnd returns how many bytes are left in s of a text in these quotes, and whether
// it is closed; all of s if it is not.
func quoteEnd(s string, quote byte) (length int, closed bool) {
	for i := 0; i < len(s); i++ {
		switch {
		case quote == '"' && s[i] == '\\':
			i++
		case s[i] != quote:
		case quote == '\'' && i+1 < len(s) && s[i+1] == quote:
			i++
		default:
			return i + 1, true
		}
	}
	return len(s), false
}
