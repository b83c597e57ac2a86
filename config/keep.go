package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/honderd/honderd/internal/diag"
)

// Keep is how long records are kept, by kind. Nil: forever.
type Keep []Kept

// Kept is how long the records of one kind are kept.
type Kept struct {
	Kind string        // "": every kind that is not named
	For  time.Duration // 0: forever
}

// Kinds of records that a retention can name.
const (
	KindExperiences = "experiences"
	KindChecks      = "checks"
	KindCalls       = "calls"
	KindReadings    = "readings"
)

// KeptKinds returns the kinds of records that a retention can name.
func KeptKinds() []string { return []string{KindExperiences, KindChecks, KindCalls, KindReadings} }

// Of returns how long the records of a kind are kept; 0 is forever.
func (k Keep) Of(kind string) time.Duration {
	var all time.Duration
	for _, one := range k {
		if one.Kind == kind {
			return one.For
		}
		if one.Kind == "" {
			all = one.For
		}
	}
	return all
}

// each reads one value for all kinds, or a mapping of kinds with values, into a Keep.
func (d *decoder) each(n ast.Node, into reflect.Value, f field) {
	var list Keep
	mapping, ok := n.(ast.MapNode)
	if !ok {
		var one Kept
		d.scalar(n, reflect.ValueOf(&one.For).Elem(), f)
		if one.For > 0 {
			list = Keep{one}
		}
		into.Set(reflect.ValueOf(list))
		return
	}
	seen := map[string]int{}
	for it := mapping.MapRange(); it.Next(); {
		kind, ok := d.key(it.Key())
		if !ok {
			continue
		}
		if first := seen[kind]; first > 0 {
			d.wrong(it.Key(), fmt.Sprintf("the kind %q stands here twice, first on line %d", kind, first), "keep one")
			continue
		}
		seen[kind] = start(it.Key()).Position.Line
		one := Kept{Kind: kind}
		switch {
		case !slices.Contains(KeptKinds(), kind):
			fix := "write one of " + strings.Join(KeptKinds(), ", ") + "; small facts stay"
			if near := diag.Nearest(kind, KeptKinds()); near != "" {
				fix = fmt.Sprintf("did you mean %s?", near)
			}
			d.wrong(it.Key(), fmt.Sprintf("there is no kind %q of records that can go", kind), fix)
			continue
		case it.Value() == nil || isNull(it.Value()):
			d.wrong(it.Key(), kind+" has no value", "write "+kind+": 400d, or 0 to keep it forever")
			continue
		}
		d.scalar(it.Value(), reflect.ValueOf(&one.For).Elem(), field{key: kind, kind: f.kind})
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b Kept) int { return strings.Compare(a.Kind, b.Kind) })
	into.Set(reflect.ValueOf(list))
}

// eachSchema returns the schema of one value for all kinds, or of one for each.
func eachSchema(one map[string]any) map[string]any {
	kinds := map[string]any{}
	for _, kind := range KeptKinds() {
		kinds[kind] = one
	}
	return map[string]any{"anyOf": []any{one, map[string]any{"type": "object", "additionalProperties": false, "properties": kinds}}}
}
