package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// described is the part of a JSON Schema that these tests look at.
type described struct {
	Description string
	Properties  map[string]described
	Items       *described
	Required    []string
	Default     any
}

// walk calls see with the path of each key in s.
func (s described) walk(path string, see func(path string, s described)) {
	for key, property := range s.Properties {
		see(path+key, property)
		property.walk(path+key+".", see)
		if property.Items != nil {
			property.Items.walk(path+key+"[].", see)
		}
	}
}

func parseSchema(t *testing.T) described {
	t.Helper()
	var s described
	if err := json.Unmarshal(Schema(), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// accepted returns the paths of the keys that Parse accepts among candidates, by
// asking it.
func accepted(candidates []string) []string {
	var paths []string
	for _, path := range candidates {
		text, depth := "", 0
		for part := range strings.SplitSeq(path, ".") {
			name, list := strings.CutSuffix(part, "[]")
			text += strings.Repeat(" ", depth) + name + ":\n"
			depth += 4
			if list {
				text += strings.Repeat(" ", depth-2) + "- # item\n"
			}
		}
		_, err := Parse("f", []byte(text))
		if err == nil || !strings.Contains(err.Error(), "there is no key") {
			paths = append(paths, path)
		}
	}
	return paths
}

func TestSchemaNamesTheKeysThatAreAccepted(t *testing.T) {
	named, sections := map[string]bool{}, map[string]bool{}
	words := map[string]bool{"weather": true}
	parseSchema(t).walk("", func(path string, s described) {
		named[path] = true
		sections[path[:strings.LastIndex(path, ".")+1]] = true
		words[path[strings.LastIndex(path, ".")+1:]] = true
		if len(s.Description) < 20 || !strings.HasSuffix(s.Description, ".") {
			t.Errorf("%s is described as %q", path, s.Description)
		}
	})
	var candidates []string // every word at every place
	for word := range words {
		for _, section := range slices.Sorted(maps.Keys(sections)) {
			candidates = append(candidates, section+word)
		}
	}
	got := accepted(candidates)
	slices.Sort(got)
	if want := slices.Sorted(maps.Keys(named)); !slices.Equal(got, want) {
		t.Errorf("accepted are %v\nthe schema names %v", got, want)
	}
	if len(named) != 253 {
		t.Errorf("%d keys, want 253: has somebody added one here only?", len(named))
	}
}

func TestSchemaDefaultsAreTheDefaults(t *testing.T) {
	text := ""
	s := parseSchema(t)
	for _, section := range []string{"people", "judging"} {
		text += section + ":\n"
		for key, property := range s.Properties[section].Properties {
			if property.Default != nil {
				value, err := json.Marshal(property.Default)
				if err != nil {
					t.Fatal(err)
				}
				text += fmt.Sprintf("  %s: %s\n", key, value)
			}
		}
	}
	for _, key := range []string{"listen", "data", "lateness"} {
		text += fmt.Sprintf("%s: %v\n", key, s.Properties[key].Default)
	}
	if got, err := Parse("f", []byte(text)); err != nil || !reflect.DeepEqual(got, Default()) {
		t.Errorf("Parse(%s) = %+v, %v", text, got, err)
	}
	if got := s.Properties["sources"].Items.Required; !slices.Equal(got, []string{"log"}) {
		t.Errorf("required of a source: %v", got)
	}
}

func TestEveryKindIsKnown(t *testing.T) {
	for _, section := range []reflect.Type{
		reflect.TypeFor[Config](), reflect.TypeFor[Source](), reflect.TypeFor[People](), reflect.TypeFor[Judging](),
	} {
		for _, f := range fieldsOf(section) {
			if f.key == "" {
				t.Errorf("%s.%s has no yaml key", section.Name(), f.name)
			}
			if k := (Options{}).kindOf(f.kind); f.kind != "" && len(k.choices) == 1 {
				t.Errorf("%s.%s is %q, which kinds.go does not know", section.Name(), f.name, f.kind)
			}
		}
	}
}

func TestSchemaKnowsTheBoundsOfTheRules(t *testing.T) {
	for _, is := range []string{"bad status", "good status"} {
		k := Options{}.kindOf(is)
		for _, code := range []int{k.least, k.most} {
			if _, err := k.read(strconv.Itoa(code)); err != nil {
				t.Errorf("%s %d: %v", is, code, err)
			}
		}
		for _, code := range []int{k.least - 1, k.most + 1} {
			if _, err := k.read(strconv.Itoa(code)); err == nil {
				t.Errorf("%s %d is read, but the schema forbids it", is, code)
			}
		}
	}
}

func TestExampleSaysTheDefaults(t *testing.T) {
	got, err := Parse("example.yaml", []byte(Example()))
	if err != nil {
		t.Fatal(err)
	}
	// To the rules, a list that is written empty is as good as none.
	for _, list := range []*[]string{&got.Judging.Robots, &got.Judging.Probes, &got.Judging.Critical} {
		if len(*list) == 0 {
			*list = nil
		}
	}
	if len(got.Judging.GoodStatus) == 0 {
		got.Judging.GoodStatus = nil
	}
	if !reflect.DeepEqual(got, Default()) {
		t.Errorf("the example says %+v, want %+v", got, Default())
	}
}

func TestExampleHasEveryKeyAndWorksInFull(t *testing.T) {
	parseSchema(t).walk("", func(path string, _ described) {
		key := path[strings.LastIndex(path, ".")+1:]
		if !regexp.MustCompile(`(?m)^[ #-]*` + key + `:`).MatchString(Example()) {
			t.Errorf("the example does not have %s", path)
		}
	})
	full := regexp.MustCompile(`(?m)^#([^ \n]|  +)`).ReplaceAllString(Example(), "$1")
	secrets := Options{
		Env:      func(string) (string, bool) { return "secret", true },
		ReadFile: func(string) ([]byte, error) { return []byte("a secret of some length"), nil },
	}
	got, err := secrets.Parse("example.yaml", []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Sources) != 1 || got.Sources[0].Format == "" || got.Cutoff == 0 || got.Zone == "" || got.Language == "" || len(got.People.TrustedProxies) != 1 {
		t.Errorf("the example in full says %+v", got)
	}
}
