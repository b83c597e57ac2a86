package config

import (
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/honderd/honderd/internal/diag"
)

// field is one key, as the struct that holds it says.
type field struct {
	key      string
	name     string // of the field in Go
	index    int
	kind     string // of its value or, in a list, of each value; "" for keys of its own
	list     bool
	named    bool // a list whose values have names that a person chooses: name: value
	each     bool // one value, or one for each kind of record
	required bool
}

// fieldsOf returns the keys of a struct of type t.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Tag.Get("yaml") == "" { // no key of the file
			continue
		}
		kind, required := strings.CutSuffix(f.Tag.Get("is"), ",required")
		kind, named := strings.CutSuffix(kind, ",named")
		kind, each := strings.CutSuffix(kind, ",each")
		fields = append(fields, field{
			key: f.Tag.Get("yaml"), name: f.Name, index: i, kind: kind,
			list: f.Type.Kind() == reflect.Slice && !each, named: named, each: each, required: required,
		})
	}
	return fields
}

// readName reads a name that a person chose: that of a header or, otherwise, of a label.
func (f field) readName(name string) (any, error) {
	if strings.HasPrefix(f.kind, "header ") {
		return readHeader(name)
	}
	return readLabel(name)
}

// decoder fills a Config from a tree and collects what is wrong on the way.
type decoder struct {
	file     *diag.File
	options  Options
	once     map[string]int // values that may be written only once, and their lines
	problems diag.Problems
}

func (d *decoder) wrong(n ast.Node, text, fix string) {
	d.problems = append(d.problems, at(d.file, start(n), text, fix))
}

// wrongs reports each of the errors that err joins, which end in their way out.
func (d *decoder) wrongs(n ast.Node, err error) {
	for _, one := range flat(err) {
		text, fix := diag.Cut(one)
		d.wrong(n, text, fix)
	}
}

// flat returns the errors that err joins, err itself when it joins none.
func flat(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, flat(one)...)
	}
	return all
}

// root reads the whole file.
func (d *decoder) root(n ast.Node, into *Config) {
	if n != nil && !isNull(n) {
		d.keys(n, reflect.ValueOf(into).Elem(), "the file")
		d.relations(n, into)
	}
}

// keys reads a mapping into the struct into; where is what problems call it.
func (d *decoder) keys(n ast.Node, into reflect.Value, where string) {
	if d.refused(n) {
		return
	}
	fields := fieldsOf(into.Type())
	mapping, ok := n.(ast.MapNode)
	if !ok {
		d.wrong(n, fmt.Sprintf("%s wants keys with values, not %s", where, nounOf(n)), fixKeys(fields[0], n))
		return
	}
	seen := map[string]int{}
	for it := mapping.MapRange(); it.Next(); {
		key, ok := d.key(it.Key())
		if !ok {
			continue
		}
		i := slices.IndexFunc(fields, func(f field) bool { return f.key == key })
		if first := seen[key]; first > 0 {
			d.wrong(it.Key(), fmt.Sprintf("the key %q stands here twice, first on line %d", key, first), "keep one")
		} else {
			seen[key] = start(it.Key()).Position.Line
		}
		if i < 0 {
			d.wrong(it.Key(), fmt.Sprintf("there is no key %q here", key), fixUnknown(key, fields))
			continue
		}
		d.field(it.KeyValue(), into.Field(fields[i].index), fields[i])
	}
	for _, f := range fields {
		if f.required && seen[f.key] == 0 {
			d.wrong(n, fmt.Sprintf("%s lacks the key %q", where, f.key), fmt.Sprintf("write %s: %s", f.key, d.options.kindOf(f.kind).example))
		}
	}
}

// key returns what a key says.
func (d *decoder) key(n ast.MapKeyNode) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.MergeKeyNode:
		d.wrong(n, "<< is not understood here", "write the keys out")
		return "", false
	case *ast.MappingKeyNode:
		d.wrong(n, "? is not understood here", "write key: value")
		return "", false
	}
	if d.refused(n) {
		return "", false
	}
	return n.GetToken().Value, true
}

// field reads the value of one key.
func (d *decoder) field(entry *ast.MappingValueNode, into reflect.Value, f field) {
	n := entry.Value
	if n == nil || isNull(n) {
		if f.kind == "" || f.list && into.Len() == 0 { // a section without anything is as one not written
			return
		}
		d.wrong(entry.Key, f.key+" has no value", fixEmpty(f, d.options.kindOf(f.kind)))
		return
	}
	switch {
	case f.each:
		d.each(n, into, f)
	case f.named:
		d.names(n, into, f)
	case f.list:
		d.list(n, into, f)
	case f.kind == "":
		d.keys(n, into, f.key)
	default:
		d.scalar(n, into, f)
	}
}

// list reads a sequence into the slice into.
func (d *decoder) list(n ast.Node, into reflect.Value, f field) {
	if d.refused(n) {
		return
	}
	sequence, ok := n.(*ast.SequenceNode)
	if !ok {
		d.wrong(n, fmt.Sprintf("%s wants a list, not %s", f.key, nounOf(n)), fixList(f, n))
		return
	}
	all := reflect.MakeSlice(into.Type(), 0, len(sequence.Values)) // not nil: [] is an answer
	for i, item := range sequence.Values {
		one := reflect.New(into.Type().Elem()).Elem()
		switch {
		case item == nil || isNull(item):
			p := at(d.file, sequence.Start, f.key+" has an item that says nothing", "write a value, or take it out")
			if i < len(sequence.Entries) && sequence.Entries[i].Start != nil {
				p = at(d.file, sequence.Entries[i].Start, p.Text, p.Fix)
			} else if item != nil {
				p = at(d.file, start(item), p.Text, p.Fix)
			}
			d.problems = append(d.problems, p)
		case f.kind == "":
			d.item(item, one, f)
		default:
			d.scalar(item, one, f)
		}
		all = reflect.Append(all, one)
	}
	into.Set(all)
}

// item reads one item with keys of its own into one, and checks what these say together.
func (d *decoder) item(n ast.Node, one reflect.Value, f field) {
	before := len(d.problems)
	d.keys(n, one, "an item of "+f.key)
	whole, ok := reflect.TypeAssert[interface{ validate() error }](one)
	if !ok || len(d.problems) > before {
		return
	}
	d.wrongs(n, whole.validate())
}

// names reads a mapping of names that a person chooses into the slice into, by name. Of
// what it holds the first field is the name, and the second its value.
func (d *decoder) names(n ast.Node, into reflect.Value, f field) {
	if d.refused(n) {
		return
	}
	k := d.options.kindOf(f.kind)
	mapping, ok := n.(ast.MapNode)
	if !ok {
		fix := "write region: " + k.example
		if _, list := n.(*ast.SequenceNode); list {
			fix += ", without dashes"
		}
		d.wrong(n, fmt.Sprintf("%s wants names with values, not %s", f.key, nounOf(n)), fix)
		return
	}
	all, seen := reflect.MakeSlice(into.Type(), 0, 0), map[string]int{}
	for it := mapping.MapRange(); it.Next(); {
		name, ok := d.key(it.Key())
		if !ok {
			continue
		}
		if first := seen[name]; first > 0 {
			d.wrong(it.Key(), fmt.Sprintf("the name %q stands here twice, first on line %d", name, first), "keep one")
			continue
		}
		seen[name] = start(it.Key()).Position.Line
		if _, err := f.readName(name); err != nil {
			d.wrongs(it.Key(), err)
		}
		one := reflect.New(into.Type().Elem()).Elem()
		one.Field(0).SetString(name)
		value := field{key: name, kind: f.kind}
		if it.Value() == nil || isNull(it.Value()) {
			d.wrong(it.Key(), name+" has no value", fixEmpty(value, k))
		} else {
			d.scalar(it.Value(), one.Field(1), value)
		}
		all = reflect.Append(all, one)
	}
	into.Set(all)
	sort.Slice(into.Interface(), func(i, j int) bool { return into.Index(i).Field(0).String() < into.Index(j).Field(0).String() })
}

// scalar reads one value.
func (d *decoder) scalar(n ast.Node, into reflect.Value, f field) {
	if d.refused(n) {
		return
	}
	k := d.options.kindOf(f.kind)
	written, ok := textOf(n)
	if !ok {
		d.wrong(n, fmt.Sprintf("%s wants %s, not %s", f.key, k.noun, nounOf(n)), "write "+k.example)
		return
	}
	text, looked := written, false
	switch {
	case k.template:
		text, looked, ok = d.expandTemplate(n, written)
	case !k.raw:
		text, looked, ok = d.expand(n, written)
	}
	if !ok {
		return
	}
	if wrong, fix := k.notation(n, written); wrong && !looked {
		d.wrong(n, fmt.Sprintf("%s wants %s, not %s", f.key, k.noun, nounOf(n)), fix)
		return
	}
	value, err := k.read(text)
	switch {
	case err != nil && looked: // what was looked up may be a secret
		d.wrong(n, fmt.Sprintf("what %s stands for is not %s", strings.TrimSpace(written), k.noun), "let it be as "+k.example)
		return
	case err != nil:
		d.wrongs(n, err)
		return
	}
	if k.once {
		if first := d.once[f.kind+" "+text]; first > 0 {
			d.wrong(n, fmt.Sprintf("this %s stands here twice, first on line %d", f.key, first), "keep one")
		} else {
			d.once[f.kind+" "+text] = start(n).Position.Line
		}
	}
	into.Set(reflect.ValueOf(value).Convert(into.Type()))
}

// refused reports the parts of YAML that no configuration needs.
func (d *decoder) refused(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AnchorNode:
		d.wrong(n, "anchors are not understood here", `write the value without & or, if it is a text, in quotes`)
	case *ast.AliasNode:
		d.wrong(n, "aliases are not understood here", `write the value out or, if it is a text, put it in quotes`)
	case *ast.TagNode:
		d.wrong(n, "tags are not understood here", `take it out or, if it is a text, put it in quotes`)
	default:
		return false
	}
	return true
}

func isNull(n ast.Node) bool {
	_, null := n.(*ast.NullNode)
	return null
}

// textOf returns what a scalar says, as it is written.
func textOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return strings.TrimSuffix(n.Value.Value, "\n"), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// isQuoted reports whether a scalar is certainly text.
func isQuoted(n ast.Node) bool {
	t := start(n).Type
	return t == token.DoubleQuoteType || t == token.SingleQuoteType || t == token.LiteralType || t == token.FoldedType
}

// nounOf says what n is, in a sentence.
func nounOf(n ast.Node) string {
	switch n := n.(type) {
	case ast.MapNode:
		return "keys with values"
	case *ast.SequenceNode:
		return "a list"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "the number " + n.GetToken().Value
	case *ast.BoolNode:
		return n.GetToken().Value
	case *ast.NullNode:
		return "nothing"
	}
	return "text"
}
