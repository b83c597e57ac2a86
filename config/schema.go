package config

import (
	_ "embed" // for config.go and others
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/source/probe"
)

//go:embed config.go
var configSource string // the comments in it describe the keys

//go:embed browser.go
var browserSource string // the same

//go:embed public.go
var publicSource string // the same

//go:embed syslog.go
var syslogSource string // the same

// variable is what may stand for any value: a part that is looked up.
const variable = `\$\{`

// Schema returns a JSON Schema of honderd.yaml, with which an editor completes and
// checks it. It is made from Config: its keys, their comments and Default.
func Schema() []byte {
	s := schema{comments: fieldComments(configSource, browserSource, publicSource, receiveSource, syslogSource, tlsSource, gatewaySource, spansSource, dependenciesSource, costSource, foresightSource, kubernetesSource, servicesSource, mentionsSource, probe.SettingSource())}
	root := s.object(reflect.ValueOf(Default()))
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = "honderd.yaml"
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("schema of honderd.yaml: %v", err)) // a kind that json does not know
	}
	return append(text, '\n')
}

// schema makes schemas; comments are those of each field, as Type.Field.
type schema struct{ comments map[string]string }

// object returns the schema of a struct with these defaults.
func (s schema) object(defaults reflect.Value) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range fieldsOf(defaults.Type()) {
		property := s.property(f, defaults.Field(f.index))
		description := s.comments[defaults.Type().Name()+"."+f.name]
		if rest, found := strings.CutPrefix(description, f.name+" "); found { // the key, not the name in Go
			description = f.key + " " + rest
		}
		property["description"] = description
		properties[f.key] = property
		if f.required {
			required = append(required, f.key)
		}
	}
	object := map[string]any{"type": []string{"object", "null"}, "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		object["type"], object["required"] = "object", required
	}
	return object
}

// property returns the schema of the key f with this default.
func (s schema) property(f field, value reflect.Value) map[string]any {
	var one map[string]any
	switch {
	case f.kind != "":
		one = Options{}.kindOf(f.kind).schema()
	case f.list:
		one = s.object(reflect.Zero(value.Type().Elem()))
	default:
		return s.object(value)
	}
	if f.each {
		return eachSchema(one)
	}
	if f.named && strings.HasPrefix(f.kind, "header ") {
		return map[string]any{"type": []string{"object", "null"}, "additionalProperties": one}
	}
	if f.named {
		return map[string]any{
			"type": []string{"object", "null"}, "additionalProperties": one, "maxProperties": experience.MaxLabels,
			"propertyNames": map[string]any{"pattern": labelNames, "maxLength": experience.MaxLabelName},
		}
	}
	if !f.list {
		if !value.IsZero() {
			one["default"] = plain(value)
		}
		return one
	}
	list := map[string]any{"type": "array", "items": one}
	if value.Len() > 0 {
		list["default"] = value.Interface()
	} else {
		list["type"] = []string{"array", "null"}
	}
	return list
}

// schema returns the schema of one value of kind k.
func (k kind) schema() map[string]any {
	looked := map[string]any{"type": "string", "pattern": variable}
	switch {
	case k.number:
		return map[string]any{"anyOf": []any{map[string]any{"type": "integer", "minimum": k.least, "maximum": k.most}, looked}}
	case k.choices != nil:
		return map[string]any{"anyOf": []any{map[string]any{"enum": k.choices}, looked}}
	}
	text := map[string]any{"type": "string", "examples": []string{k.example}}
	if k.pattern != "" {
		text["pattern"] = k.pattern + "|" + variable
	}
	if k.zero {
		return map[string]any{"anyOf": []any{text, map[string]any{"const": 0}}}
	}
	return text
}

// plain returns v as a person writes it.
func plain(v reflect.Value) any {
	if d, ok := reflect.TypeAssert[time.Duration](v); ok {
		text := strings.TrimSuffix(d.String(), "m0s")
		if text != d.String() {
			text += "m" // 5m, not 5m0s
		}
		return text
	}
	return v.Interface()
}

// fieldComments returns the comment of each field in Go sources, as Type.Field.
func fieldComments(sources ...string) map[string]string {
	comments := map[string]string{}
	addComments(comments, accountsSource)
	addComments(comments, tenantsSource)
	addComments(comments, teamsSource)
	for _, source := range sources {
		addComments(comments, source)
	}
	return comments
}

func addComments(comments map[string]string, source string) {
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", source, parser.ParseComments)
	if err != nil {
		panic(fmt.Sprintf("comments of config.go: %v", err)) // it compiled, so it parses
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		if list, ok := spec.Type.(*ast.StructType); ok {
			for _, f := range list.Fields.List {
				for _, name := range f.Names {
					comments[spec.Name.Name+"."+name.Name] = strings.Join(strings.Fields(f.Doc.Text()), " ")
				}
			}
		}
		return false
	})
}
