package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/honderd/honderd/internal/diag"
)

// A deeper nesting, more signs that nest on a line, or more keys is no configuration,
// and would take the parser's stack or (it needs the square of the keys) its time.
const (
	maxDepth = 100
	maxNests = 1000
	maxKeys  = 20000
)

// parse returns the tree of text, nil if it says nothing, or why it has none.
func parse(file *diag.File, text []byte) (root ast.Node, problems diag.Problems) {
	text, err := plainText(file, text)
	if err != nil {
		return nil, diag.Of(err)
	}
	defer func() {
		if why := recover(); why != nil { // the parser is not ours, and has done so before
			root, problems = nil, diag.Problems{file.Whole(fmt.Sprintf("is not YAML that can be read: %v", why), "take out what is unusual")}
		}
	}()
	tokens := lexer.Tokenize(string(text))
	if tk, why := excess(tokens); tk != nil {
		return nil, diag.Problems{at(file, tk, why, "look whether this is the file you mean")}
	}
	tree, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	placeExactly(file, tokens)
	if err != nil {
		return nil, syntaxProblems(file, tokens, err)
	}
	return onlyBody(file, tree)
}

// plainText returns text as the parser wants it: without byte order mark, with line
// ends of one character. Places stay what they were.
func plainText(file *diag.File, text []byte) ([]byte, error) {
	if len(text) > MaxBytes {
		text, fix := whyNot(errTooLong)
		return nil, file.Whole(text, fix)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	for n, line := range bytes.Split(text, []byte("\n")) {
		column := 1
		for len(line) > 0 {
			r, size := utf8.DecodeRune(line)
			if r == utf8.RuneError && size == 1 {
				return nil, file.At(n+1, column, 1, "is not text in UTF-8", "save the file as UTF-8")
			}
			if r < ' ' && r != '\t' || r == 0x7f {
				return nil, file.At(n+1, column, 1, fmt.Sprintf("holds the invisible character %U", r), "take it out")
			}
			line = line[size:]
			column++
		}
	}
	return text, nil
}

// excess returns the first token that is too much, and why; nil if there is none.
func excess(tokens token.Tokens) (tk *token.Token, why string) {
	depth, nests, keys, line := 0, 0, 0, 0
	for _, tk := range tokens {
		if tk.Position.Line != line {
			nests, line = 0, tk.Position.Line
		}
		switch tk.Type {
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth = max(0, depth-1)
		case token.MappingValueType:
			keys++
			nests++
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType:
			nests++
		}
		switch {
		case depth > maxDepth || nests > maxNests:
			return tk, "is nested too deep"
		case keys > maxKeys:
			return tk, fmt.Sprintf("is more than %d keys", maxKeys)
		}
	}
	return nil, ""
}

// onlyBody returns the one document of tree.
func onlyBody(file *diag.File, tree *ast.File) (ast.Node, diag.Problems) {
	var root ast.Node
	var problems diag.Problems
	for _, doc := range tree.Docs {
		switch body := doc.Body.(type) {
		case nil, *ast.CommentGroupNode:
		case *ast.DirectiveNode:
			problems = append(problems, at(file, body.GetToken(), "directives are not understood here", "take the line out"))
		default:
			if root != nil {
				problems = append(problems, at(file, start(body), "a second document starts here", "keep one, and take out the line with ---"))
				return nil, problems
			}
			root = body
		}
	}
	return root, problems
}

// syntaxProblems says in our words what the parser did not understand.
func syntaxProblems(file *diag.File, tokens token.Tokens, err error) diag.Problems {
	type placed interface {
		error
		GetToken() *token.Token
		GetMessage() string
	}
	mistake, ok := errors.AsType[placed](err)
	if !ok || mistake.GetToken() == nil {
		return diag.Problems{file.Whole("is not YAML: "+err.Error(), "")}
	}
	message, tk := mistake.GetMessage(), mistake.GetToken()
	if strings.Contains(message, "tab character") || strings.Contains(message, "'\t'") {
		if problems := tabs(file, tokens, tk); len(problems) > 0 {
			return problems
		}
	}
	p := at(file, tk, "is not YAML: "+message, "")
	for _, known := range knownMistakes() {
		if strings.Contains(message, known.part) {
			p.Text, p.Fix = known.text, known.fix
			break
		}
	}
	switch {
	case strings.HasPrefix(message, "mapping value is not allowed"):
		p = lastLineOf(file, tk, p)
	case strings.Contains(message, "unknown escape character"): // it stands on the character after \
		p = file.At(p.Line, p.Column-1, 2, p.Text, p.Fix)
	case tk.Type == token.SequenceEndType || tk.Type == token.MappingEndType:
		p.Text, p.Fix = tk.Value+" closes what was never opened", "take it out"
	}
	return diag.Problems{p}
}

type knownMistake struct{ part, text, fix string }

// knownMistakes are parts of the parser's messages, in our words.
func knownMistakes() []knownMistake {
	return []knownMistake{
		{"end character of double-quoted", "a quote is opened and never closed", `write " at the end of the text`},
		{"end character of single-quoted", "a quote is opened and never closed", "write ' at the end of the text"},
		{"',' or ']' must be", "a list that [ opened is still open here", "write , or ] before this"},
		{"',' or '}' must be", "what { opened is still open here", "write , or } before this"},
		{"']' not found", "a list is opened with [ and never closed", "write ] at its end"},
		{"end token '}'", "{ is never closed", "write } at its end"},
		{"expected sequence element", "a comma has nothing before it", "take the comma out"},
		{"mapping value is not allowed", "there is a second value here", `put a text with ": " in quotes, or give the key the indentation of its neighbours`},
		{"non-map value", "this is not a key with a value", "write key: value, or indent it as what it belongs to"},
		{"unexpected key name", "this is not a key with a value", "write a colon and a space after the key"},
		{"map key-value is pre-defined", "stands beside keys, but is no key", "give it the indentation of what it belongs to"},
		{"block sequence entries are not allowed", "a list cannot start on the line of its key", "start it on the next line, or write [a, b]"},
		{"implicit line break", "a key runs over two lines", "write it on one line, with a colon after it"},
		{"is a reserved character", "a text cannot start with this character", "put the text in quotes"},
		{"unknown escape character", `\ means something special in double quotes`, `write \\, or use single quotes`},
		{"value is not allowed in this context", "does not belong to any key", "give it the indentation of its neighbours, or take it out"},
	}
}

// tabs returns a problem for each line that is indented with a tab; if there is none,
// for the tab that the parser stumbled over at tk.
func tabs(file *diag.File, tokens token.Tokens, tk *token.Token) diag.Problems {
	var problems diag.Problems
	for n := 1; n <= file.Lines(); n++ {
		line := file.Line(n)
		if blank := line[:len(line)-len(strings.TrimLeft(line, " \t"))]; blank != line {
			if i := strings.IndexByte(blank, '\t'); i >= 0 {
				problems = append(problems, file.At(n, i+1, strings.Count(blank, "\t"), "a tab does not indent in YAML", "write spaces"))
			}
		}
	}
	if len(problems) > 0 {
		return problems
	}
	from := 1 // the parser says where it was, not where the tab is
	for _, before := range tokens {
		if before == tk {
			break
		}
		from = before.Position.Line
	}
	for n := from; n <= file.Lines(); n++ {
		before, _, found := strings.Cut(file.Line(n), "\t")
		if found {
			return diag.Problems{file.At(n, utf8.RuneCountInString(before)+1, 1, "a tab cannot stand here in YAML", "write a space")}
		}
	}
	return nil
}

// lastLineOf moves p to the last line of the text tk, which is where a key that was
// read as a part of that text stands.
func lastLineOf(file *diag.File, tk *token.Token, p diag.Problem) diag.Problem {
	lines := strings.Count(strings.TrimSpace(tk.Origin), "\n")
	if lines == 0 {
		return p
	}
	n := tk.Position.Line + lines
	source := file.Line(n)
	indent := len(source) - len(strings.TrimLeft(source, " "))
	return file.At(n, indent+1, utf8.RuneCountInString(source[indent:][:wordLength(source[indent:])]), p.Text, p.Fix)
}
