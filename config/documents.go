package config

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// errAlias is the answer to YAML that could make a few lines endless.
var errAlias = errors.New("it has aliases (*name), which are not read (fix: write what they stand for)")

// Documents reads the documents in a file of YAML that is not honderd.yaml, as maps, lists
// and texts.
func Documents(text []byte) ([]map[string]any, error) {
	text = regexp.MustCompile(`(?m)(^---[ \t]*\n\s*)+`).ReplaceAll(text, []byte("---\n")) // the parser loses what follows an empty one
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, fmt.Errorf("it is no YAML: %.200s", err.Error())
	}
	var list []map[string]any
	for _, d := range file.Docs {
		if d.Body == nil {
			continue
		}
		var aliases aliased
		ast.Walk(&aliases, d.Body)
		if aliases {
			return nil, errAlias
		}
		var one map[string]any
		if err := yaml.NodeToValue(d.Body, &one); err != nil {
			return nil, fmt.Errorf("it is no YAML of keys with values: %.200s", err.Error())
		}
		if one != nil {
			list = append(list, one)
		}
	}
	return list, nil
}

// aliased reports whether a tree has an alias.
type aliased bool

// Visit looks at one node.
func (a *aliased) Visit(n ast.Node) ast.Visitor {
	if n.Type() == ast.AliasType {
		*a = true
	}
	return a
}
