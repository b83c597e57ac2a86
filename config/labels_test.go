package config

import (
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
)

func TestLabels(t *testing.T) {
	tests := []struct {
		name, give string
		labels     []Label
		by         []string
	}{
		{"none", "", nil, nil},
		{"an empty section", "labels:\n", nil, nil},
		{"by name", "labels:\n  b: field:x\n  a: header:Y\n", []Label{{"a", "header:Y"}, {"b", "field:x"}}, nil},
		{"by one of two", "by: [b]\nlabels: {b: \"field:x\", a: \"header:Y\"}\n", []Label{{"a", "header:Y"}, {"b", "field:x"}}, []string{"b"}},
		{"by nothing", "labels: {b: \"field:x\"}\nby: []\n", []Label{{"b", "field:x"}}, []string{}},
		{"by steps alone", "by: [step]\n", nil, []string{"step"}},
		{"from outside", "labels: {b: \"field:${X}\"}\nby: [\"${B}\"]\n", []Label{{"b", "field:geoip"}}, []string{"b"}},
	}
	env := map[string]string{"X": "geoip", "B": "b"}
	o := Options{Env: func(name string) (string, bool) { return env[name], env[name] != "" }}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := o.Parse("f", []byte(tt.give))
			if err != nil || !reflect.DeepEqual(c.Labels, tt.labels) || !reflect.DeepEqual(c.By, tt.by) {
				t.Errorf("Parse() = %v by %#v, %v; want %v by %#v", c.Labels, c.By, err, tt.labels, tt.by)
			}
		})
	}
}

func TestLabelsAreCheckedByTheirReader(t *testing.T) {
	o := Options{Label: func(name, field string) error {
		if field == "field:x" {
			return nil
		}
		return errors.Join(errors.New("no such field (fix: write field:x)"), errors.New("and "+name+" is bad (fix: take it out)"))
	}}
	if _, err := o.Parse("f", []byte("labels: {a: \"field:x\"}")); err != nil {
		t.Error(err)
	}
	_, err := o.Parse("f", []byte("labels:\n  a: field:y\n"))
	if want := "f:2:6: no such field (fix: write field:x)\nf:2:6: and a is bad (fix: take it out)"; err == nil || err.Error() != want {
		t.Errorf("Parse() = %v, want %s", err, want)
	}
}

func TestLabelsKeepSecrets(t *testing.T) {
	o := Options{Env: func(string) (string, bool) { return "s3cret", true }}
	for _, text := range []string{"by: [\"${X}\"]", "labels: {a: \"${X}\"}", "judging: {critical: [\"${X}\"]}", "lateness: ${X}"} {
		_, err := o.Parse("f", []byte(text))
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("Parse(%q) = %v, want an error that keeps the secret", text, err)
		}
	}
}

func TestCriticalStepsAreJudged(t *testing.T) {
	c, err := Parse("f", []byte("judging:\n  critical: [\"POST /checkout\", /pay]\n"))
	rules := c.Rules()
	if err != nil || !rules.IsCritical("POST", "/checkout/now") || !rules.IsCritical("GET", "/pay") || rules.IsCritical("GET", "/") {
		t.Errorf("Rules() = %+v, %v", rules, err)
	}
	want := experience.DefaultRules()
	if want.Critical = []string{"POST /checkout", "/pay"}; !reflect.DeepEqual(rules, want) {
		t.Errorf("Rules() = %+v, want the defaults beside", rules)
	}
}

func TestLateness(t *testing.T) {
	for text, want := range map[string]time.Duration{"": 5 * time.Minute, "lateness: 1s": time.Second, "lateness: 1h": time.Hour} {
		if c, err := Parse("f", []byte(text)); err != nil || c.Lateness != want {
			t.Errorf("Parse(%q) has lateness %v (%v), want %v", text, c.Lateness, err, want)
		}
	}
}

// An editor refuses no name that is read, and completes any.
func TestSchemaOfLabels(t *testing.T) {
	var s struct {
		Properties struct {
			Labels struct {
				AdditionalProperties struct{ Type string }
				PropertyNames        struct{ Pattern string }
				MaxProperties        int
			}
		}
	}
	if err := json.Unmarshal(Schema(), &s); err != nil {
		t.Fatal(err)
	}
	labels := s.Properties.Labels
	if labels.AdditionalProperties.Type != "string" || labels.MaxProperties != experience.MaxLabels {
		t.Errorf("labels are %+v", labels)
	}
	pattern := regexp.MustCompile(labels.PropertyNames.Pattern)
	for _, name := range []string{"region", "a", "geo_region-2", "região"} {
		if experience.CheckLabelName(name) != nil || !pattern.MatchString(name) {
			t.Errorf("%q is no name to the schema or to the rules", name)
		}
	}
	for _, name := range []string{"", "2nd", "my region"} {
		if pattern.MatchString(name) {
			t.Errorf("%q is a name to the schema", name)
		}
	}
}
