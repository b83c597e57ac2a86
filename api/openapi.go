package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/honderd/honderd/internal/reply"
)

// openAPI describes all routes, made from the table that answers them.
//
// Source: OpenAPI 3.1.
func (s *server) openAPI(w http.ResponseWriter, _ *http.Request) {
	paths := map[string]map[string]any{}
	for _, route := range append(s.routes, s.Others...) {
		operation, err := describe(route)
		if err != nil {
			s.refuse(w, err)
			return
		}
		if paths[route.Path] == nil {
			paths[route.Path] = map[string]any{}
		}
		paths[route.Path][strings.ToLower(route.Method)] = operation
	}
	body, err := json.Marshal(map[string]any{
		"openapi": "3.1.0",
		"info":    map[string]string{"title": "Honderd", "version": s.Version, "description": "What people experienced of a service."},
		"paths":   paths,
	})
	if err != nil {
		s.refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // who asked has gone: nobody is left to tell
}

// placeholder finds what a path leaves open.
var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// describe returns one operation.
func describe(route Route) (map[string]any, error) {
	text := map[string]any{"type": "string"}
	params := []map[string]any{}
	for _, m := range placeholder.FindAllStringSubmatch(route.Path, -1) {
		params = append(params, map[string]any{"name": m[1], "in": "path", "required": true, "schema": text})
	}
	for _, p := range route.Params {
		params = append(params, map[string]any{"name": p.Name, "in": "query", "required": p.Required, "description": p.Says, "schema": text})
	}
	good := map[string]any{"description": "As asked."}
	if route.Answer != nil {
		schema, err := schemaOf(route.Answer)
		if err != nil {
			return nil, fmt.Errorf("describe %s: %w", route.Path, err)
		}
		good["content"] = map[string]any{"application/json": map[string]any{"schema": schema}}
	}
	status := http.StatusOK
	if route.Status != 0 {
		status = route.Status
	}
	bad, err := schemaOf(reply.Problem{})
	if err != nil {
		return nil, err
	}
	operation := map[string]any{
		"summary": route.Summary, "parameters": params,
		"responses": map[string]any{
			fmt.Sprint(status): good,
			"default":          map[string]any{"description": "What is wrong, and the way out.", "content": map[string]any{"application/problem+json": map[string]any{"schema": bad}}},
		},
	}
	if route.Body != nil {
		schema, err := schemaOf(route.Body)
		if err != nil {
			return nil, err
		}
		schema.Required = nil // what is left out is empty
		operation["requestBody"] = map[string]any{"required": true, "content": map[string]any{"application/json": map[string]any{"schema": schema}}}
	}
	return operation, nil
}

// schemaOf returns the schema of values like example. Fields may be added to what we
// answer: nobody is to refuse those.
func schemaOf(example any) (*jsonschema.Schema, error) {
	when := &jsonschema.Schema{Type: "string", Format: "date-time"}
	schema, err := jsonschema.ForType(reflect.TypeOf(example), &jsonschema.ForOptions{
		IgnoreInvalidTypes: true,
		TypeSchemas:        map[reflect.Type]*jsonschema.Schema{reflect.TypeFor[time.Time](): when},
	})
	if err == nil {
		open(schema)
	}
	return schema, err
}

// open lets objects have further fields.
func open(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	if s.AdditionalProperties != nil && s.Properties != nil {
		s.AdditionalProperties = nil
	}
	for _, p := range s.Properties {
		open(p)
	}
	if s.Properties == nil {
		open(s.AdditionalProperties)
	}
	open(s.Items)
}
