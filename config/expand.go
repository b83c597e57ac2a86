package config

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

// expand puts in what each ${NAME} and ${file:PATH} in text stands for; $${ is ${
// itself. looked says whether there was any; ok is false if one stands for nothing,
// which is then reported.
func (d *decoder) expand(n ast.Node, text string) (expanded string, looked, ok bool) {
	var b strings.Builder
	ok = true
	for rest := text; ; {
		before, after, found := strings.Cut(rest, "${")
		if !found {
			b.WriteString(rest)
			return b.String(), looked, ok
		}
		if escaped, is := strings.CutSuffix(before, "$"); is {
			b.WriteString(escaped + "${")
			rest = after
			continue
		}
		b.WriteString(before)
		looked = true
		name, left, closed := strings.Cut(after, "}")
		if !closed {
			d.wrongIn(n, "${"+name, "${ is never closed", "write } after the name, or $${ for the characters themselves")
			return "", looked, false
		}
		value, said, fix := d.options.lookUp(name)
		if said != "" {
			d.wrongIn(n, "${"+name+"}", said, fix)
			ok = false
		}
		b.WriteString(value)
		rest = left
	}
}

// lookUp returns what ${name} stands for or, if nothing, why and the way out.
func (o Options) lookUp(name string) (value, text, fix string) {
	if path, isFile := strings.CutPrefix(name, "file:"); isFile {
		if o.ReadFile == nil {
			return "", "files are not looked up here", "write the value itself"
		}
		content, err := o.ReadFile(path)
		if err != nil {
			text, fix = whyNot(err)
			return "", fmt.Sprintf("${%s}: %s", name, text), fix
		}
		return strings.TrimRight(string(content), "\r\n"), "", ""
	}
	if !isVariable(name) {
		return "", fmt.Sprintf("%q is not the name of a variable", name), "write ${NAME} or ${file:/path}, or $${ for the characters themselves"
	}
	if o.Env == nil {
		return "", "variables are not looked up here", "write the value itself"
	}
	value, found := o.Env(name)
	if !found {
		return "", fmt.Sprintf("the variable %s is not set", name), "set it where honderd is started, or write the value itself"
	}
	return value, "", ""
}

// isVariable reports whether name can be the name of an environment variable.
func isVariable(name string) bool {
	for i, c := range []byte(name) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// wrongIn reports a problem with part of the scalar n, under exactly that part if it
// stands on the first line of n.
func (d *decoder) wrongIn(n ast.Node, part, text, fix string) {
	p := at(d.file, start(n), text, fix)
	line := []rune(p.Source)
	from := min(p.Column-1, len(line))
	scalar := line[from:min(from+p.Length, len(line))]
	if before, _, found := strings.Cut(string(scalar), part); found {
		p = d.file.At(p.Line, p.Column+utf8.RuneCountInString(before), utf8.RuneCountInString(part), text, fix)
	}
	d.problems = append(d.problems, p)
}
