package monitor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// Limits of a text: aliases of YAML can make a few lines endless.
const (
	maxNodes = 400_000
	maxDepth = 64
)

// node is a value of YAML or JSON and its place: a text, a list, or fields. All nil is
// nothing.
type node struct {
	line, column int
	scalar       bool
	text         string
	list         []*node // not nil for a list
	keys         []string
	fields       map[string]*node // not nil for fields
}

// grower makes nodes, up to a limit.
type grower struct{ left int }

var errTooMuch = errors.New("there is too much in it")

func (g *grower) grow(depth int) error {
	if g.left--; g.left < 0 || depth > maxDepth {
		return errTooMuch
	}
	return nil
}

// yaml reads text as YAML with fields; false: it is none, which is said.
func (r *reading) yaml(text []byte) (*node, bool) {
	if len(text) > MaxBytes {
		return r.unread(nil, fmt.Errorf("%w: %d bytes", errTooMuch, len(text)))
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return r.unread(yamlPlace(err), err)
	}
	if len(document.Content) == 0 {
		return r.unread(nil, errors.New("it is empty"))
	}
	g := &grower{left: maxNodes}
	root, err := g.yaml(document.Content[0], 0)
	return r.rooted(root, err)
}

// yamlPlace returns where err says that it is.
func yamlPlace(err error) *node {
	at := regexp.MustCompile(`line (\d+)`).FindStringSubmatch(err.Error())
	if at == nil {
		return nil
	}
	line, err := strconv.Atoi(at[1])
	if err != nil {
		return nil
	}
	return &node{line: line, column: 1}
}

func (r *reading) unread(n *node, err error) (*node, bool) {
	r.say(n, "it cannot be read: "+err.Error(), "")
	return nil, false
}

func (r *reading) rooted(root *node, err error) (*node, bool) {
	if err == nil && root.fields == nil {
		err = errors.New("it has no keys with values")
	}
	if err != nil {
		return r.unread(nil, err)
	}
	return root, true
}

func (g *grower) yaml(y *yaml.Node, depth int) (*node, error) {
	if err := g.grow(depth); err != nil {
		return nil, err
	}
	n := &node{line: y.Line, column: y.Column}
	switch y.Kind {
	case yaml.AliasNode:
		return g.yaml(y.Alias, depth+1)
	case yaml.ScalarNode:
		n.scalar, n.text = y.Tag != "!!null", y.Value
	case yaml.SequenceNode:
		n.list = []*node{}
		for _, one := range y.Content {
			item, err := g.yaml(one, depth+1)
			if err != nil {
				return nil, err
			}
			n.list = append(n.list, item)
		}
	case yaml.MappingNode:
		n.fields = map[string]*node{}
		return n, g.mapping(n, y, depth)
	}
	return n, nil
}

// mapping fills n with the fields of y. What << brings in gives way to what is written.
func (g *grower) mapping(n *node, y *yaml.Node, depth int) error {
	var merged []*node
	for i := 0; i+1 < len(y.Content); i += 2 {
		value, err := g.yaml(y.Content[i+1], depth+1)
		if err != nil {
			return err
		}
		if y.Content[i].Tag == "!!merge" {
			merged = append(merged, value)
			merged = append(merged, value.list...)
			continue
		}
		n.set(y.Content[i].Value, value)
	}
	for _, m := range merged {
		for _, key := range m.keys {
			if n.fields[key] == nil {
				n.set(key, m.fields[key])
			}
		}
	}
	return nil
}

func (n *node) set(key string, value *node) {
	if n.fields[key] == nil {
		n.keys = append(n.keys, key)
	}
	n.fields[key] = value
}

// json reads text as a JSON object; false: it is none, which is said.
func (r *reading) json(text []byte) (*node, bool) {
	if len(text) > MaxBytes {
		return r.unread(nil, fmt.Errorf("%w: %d bytes", errTooMuch, len(text)))
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	g := &jsonGrower{grower: grower{left: maxNodes}, text: text, from: json.NewDecoder(bytes.NewReader(text))}
	g.from.UseNumber()
	root, err := g.value(0)
	if errors.Is(err, io.EOF) {
		err = errors.New("it ends in the middle")
	}
	if err != nil {
		line, column := g.place()
		return r.unread(&node{line: line, column: column}, err)
	}
	return r.rooted(root, nil)
}

// jsonGrower makes nodes of JSON, and counts lines on the way.
type jsonGrower struct {
	grower
	text    []byte
	from    *json.Decoder
	at      int // as far as lines were counted
	line    int
	newline int // where the line begins
}

func (g *jsonGrower) place() (line, column int) {
	end := min(int(g.from.InputOffset()), len(g.text))
	for ; g.at < end; g.at++ {
		if g.text[g.at] == '\n' {
			g.line++
			g.newline = g.at + 1
		}
	}
	return g.line + 1, max(1, end-g.newline)
}

func (g *jsonGrower) value(depth int) (*node, error) {
	if err := g.grow(depth); err != nil {
		return nil, err
	}
	token, err := g.from.Token()
	if err != nil {
		return nil, err
	}
	n := &node{}
	n.line, n.column = g.place()
	switch t := token.(type) {
	case json.Delim:
		if t == '[' {
			n.list = []*node{}
		} else {
			n.fields = map[string]*node{}
		}
		return n, g.content(n, depth)
	case string:
		n.scalar, n.text = true, t
	case json.Number:
		n.scalar, n.text = true, t.String()
	case bool:
		n.scalar, n.text = true, strconv.FormatBool(t)
	}
	return n, nil
}

// content reads what is between the brackets of n, and the last one.
func (g *jsonGrower) content(n *node, depth int) error {
	for g.from.More() {
		key := ""
		if n.fields != nil {
			token, err := g.from.Token()
			if err != nil {
				return err
			}
			key, _ = token.(string)
		}
		value, err := g.value(depth + 1)
		if err != nil {
			return err
		}
		if n.fields != nil {
			n.set(key, value)
		} else {
			n.list = append(n.list, value)
		}
	}
	_, err := g.from.Token()
	return err
}
