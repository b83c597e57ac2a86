package config

import (
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/honderd/honderd/internal/diag"
)

// at returns a problem with what tk holds, as it stands on its first line.
func at(file *diag.File, tk *token.Token, text, fix string) diag.Problem {
	c := cursorAt(file, tk.Position.Line, tk.Position.Column)
	if text := strings.TrimLeft(c.rest, " \t"); text != "" { // some mistakes are placed just before
		c.skip(len(c.rest) - len(text))
	}
	length := 0
	if c.rest != "" {
		length = lexemeLength(c.rest, tk)
	}
	if length == 0 {
		length = wordLength(c.rest)
	}
	return file.At(c.line, c.column, utf8.RuneCountInString(c.rest[:length]), text, fix)
}

// wordLength returns how many bytes s has up to a blank or colon.
func wordLength(s string) int {
	if i := strings.IndexAny(s, " \t:"); i > 0 {
		return i
	}
	return len(s)
}

// start returns the token that n starts with in the file.
func start(n ast.Node) *token.Token {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return start(n.Values[0].Key)
		}
		return n.Start
	case *ast.MappingValueNode:
		return start(n.Key)
	case *ast.SequenceNode:
		return n.Start
	case *ast.LiteralNode:
		return n.Start
	case *ast.AnchorNode:
		return n.Start
	case *ast.AliasNode:
		return n.Start
	case *ast.TagNode:
		return n.Start
	}
	return n.GetToken()
}
