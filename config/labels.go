package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/diag"
)

// Label is what people are told apart by, beside the journey.
type Label struct {
	Name  string // such as region
	Field string // where it stands in the log: header:NAME or field:NAME
}

// byStep is what numbers can be shown apart by without a label.
const byStep = "step"

// labelNames is how an editor knows the name of a label: not as exactly as
// experience.CheckLabelName, but never more strictly.
const labelNames = `^[^\s\d][^\s]*$`

// readLabel reads the name of a label.
func readLabel(text string) (any, error) { return text, experience.CheckLabelName(text) }

// readLabelField reads where a label stands in the log.
func readLabelField(text string) (any, error) {
	by, name, named := strings.Cut(text, ":")
	switch {
	case by == "header" || by == "field":
		_, err := ParseRule(text) // the same spelling, of which only these two are fields
		return text, err
	case named:
		if near := diag.Nearest(by, []string{"header", "field"}); near != "" {
			return nil, fmt.Errorf("%q is not a field of the log (fix: write %s:%s)", text, near, name)
		}
	case strings.HasPrefix(text, "$") || strings.HasPrefix(text, "%"):
		return nil, fmt.Errorf("%q does not say what it is (fix: write field:%s)", text, text)
	case isToken(text) && strings.ContainsAny(text, "-"):
		return nil, fmt.Errorf("%q does not say what it is (fix: write header:%s)", text, text)
	}
	return nil, fmt.Errorf("%q is not a field of the log (fix: write header:NAME or field:NAME)", text)
}

// readCritical reads a step that a journey cannot do without.
func readCritical(text string) (any, error) {
	return text, experience.Rules{Critical: []string{text}}.Validate()
}

// readLateness reads a duration from a second to an hour.
func readLateness(text string) (any, error) {
	d, err := readDuration(text)
	if err != nil {
		return nil, err
	}
	if late, ok := d.(time.Duration); !ok || late < time.Second || late > time.Hour {
		return nil, fmt.Errorf("a lateness of %s is out of bounds (fix: write 1s to 1h, such as 5m)", text)
	}
	return d, nil
}

// relations reports what no single value of c can show, which was read from n.
func (d *decoder) relations(n ast.Node, c *Config) {
	d.probes(value(n, "probes"), &c.Probes)
	d.accounts(n, c)
	known := []string{byStep}
	labels := value(n, "labels")
	if len(c.Labels) > experience.MaxLabels {
		d.wrong(labels, fmt.Sprintf("%d labels are too many", len(c.Labels)), fmt.Sprintf("keep the %d that matter", experience.MaxLabels))
	}
	for _, l := range c.Labels {
		known = append(known, l.Name)
		at := value(labels, l.Name)
		switch {
		case at == nil || l.Field == "" || experience.CheckLabelName(l.Name) != nil: // said already
		case l.Field == c.People.Recognise.By():
			d.wrong(at, "people are recognised by this field, and a label is kept as it is", "take one of the two out")
		case d.options.Label != nil:
			d.wrongs(at, d.options.Label(l.Name, l.Field))
		}
	}
	by, _ := value(n, "by").(*ast.SequenceNode)
	if by == nil {
		return
	}
	for i, name := range c.By {
		if i >= len(by.Values) || name == "" || slices.Contains(known, name) {
			continue
		}
		fix := "write it under labels too, or take it out; known: " + strings.Join(known, ", ")
		if near := diag.Nearest(name, known); near != "" {
			fix = fmt.Sprintf("did you mean %s?", near)
		}
		if name == "journey" {
			fix = "take it out: numbers are always shown for each journey"
		}
		d.wrong(by.Values[i], "this is neither step nor the name of a label", fix)
	}
}

// value returns the value of a key of the mapping n, nil if it is not there.
func value(n ast.Node, key string) ast.Node {
	mapping, ok := n.(ast.MapNode)
	if !ok {
		return nil
	}
	for it := mapping.MapRange(); it.Next(); {
		if it.Key().GetToken().Value == key {
			return it.Value()
		}
	}
	return nil
}
