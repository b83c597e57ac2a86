package config

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/honderd/honderd/internal/diag"
)

// fixUnknown tells somebody who wrote a key that is not one of fields what to do.
func fixUnknown(key string, fields []field) string {
	keys := make([]string, 0, len(fields))
	for _, f := range fields {
		keys = append(keys, f.key)
	}
	if under := sectionOf(reflect.TypeFor[Config](), key, ""); len(under) > 0 {
		if under[0] == "" {
			return fmt.Sprintf("write %s at the left margin", key)
		}
		return fmt.Sprintf("write %s under %s", key, strings.Join(under, " or "))
	}
	if near := diag.Nearest(key, keys); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return "take it out; known here: " + strings.Join(keys, ", ")
}

// sectionOf returns the sections of t that have that key; "" is the file itself.
func sectionOf(t reflect.Type, key, section string) []string {
	var sections []string
	for _, f := range fieldsOf(t) {
		if f.key == key {
			sections = append(sections, section)
		}
		if f.kind == "" {
			sections = append(sections, sectionOf(elem(t.Field(f.index).Type), key, f.key)...)
		}
	}
	return sections
}

// elem returns what a list of type t holds, t itself if it is no list.
func elem(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Slice {
		return t.Elem()
	}
	return t
}

// fixKeys tells somebody who wrote n where keys are wanted, of which f is the first.
func fixKeys(f field, n ast.Node) string {
	if text, ok := textOf(n); ok && f.required {
		return fmt.Sprintf("write %s: %s", f.key, text)
	}
	if _, list := n.(*ast.SequenceNode); list {
		return "write key: value, without dashes"
	}
	return fmt.Sprintf("write key: value, such as %s: ...", f.key)
}

// fixList tells somebody who wrote n where a list is wanted.
func fixList(f field, n ast.Node) string {
	text, ok := textOf(n)
	switch {
	case !ok || f.kind == "":
		return "write a dash and a space before each item"
	case strings.Contains(text, ","):
		return "write square brackets round it"
	}
	if s, quoted := n.(*ast.StringNode); quoted && isQuoted(n) {
		text = s.String()
	}
	return "write [" + text + "]"
}

// fixEmpty tells somebody who wrote the key f without a value.
func fixEmpty(f field, k kind) string {
	if f.list {
		return "write [] for none, or take the line out"
	}
	return fmt.Sprintf("write %s: %s, or take the line out", f.key, k.example)
}
