package config

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/honderd/honderd/internal/diag"
	"github.com/honderd/honderd/source/probe"
)

// probeKind returns the kinds of what probes are told.
func probeKind(is string) (kind, bool) {
	switch is {
	case "dependency":
		return kind{noun: "the name of a dependency", example: "payments", text: true, once: true, read: readFilled}, true
	case "probe":
		return kind{noun: "the name of a probe", example: "home page", text: true, once: true, read: readFilled}, true
	case "text":
		return kind{noun: "a text", example: `"text"`, text: true, read: readAny}, true
	case "header value":
		return kind{noun: "a text", example: `"text"`, text: true, read: readAny}, true
	case "template", "header template":
		return kind{noun: "a text", example: "https://shop.example/pay?t=${token}", text: true, template: true, read: readAny}, true
	case "value":
		return kind{noun: "the name of a value", example: "token", text: true, read: readValueName}, true
	case "url":
		return kind{noun: "a web address", example: "https://shop.example/", text: true, read: readURL}, true
	case "method":
		return kind{noun: "a method of HTTP", example: "POST", text: true, read: readMethod}, true
	case "pattern":
		return kind{noun: "a regular expression", example: "^220", text: true, read: readPattern}, true
	case "expectation":
		return kind{noun: "what a good answer is", example: "status 200", text: true, read: readExpectation}, true
	case "count":
		return kind{noun: "a number", example: "100", number: true, least: 1, most: 100_000, read: readNumber(1, 100_000)}, true
	case "bytes":
		return kind{noun: "a number of bytes", example: "1048576", number: true, least: 1, most: 64 << 20, read: readNumber(1, 64<<20)}, true
	}
	return kind{}, false
}

func readAny(text string) (any, error) { return text, nil }

func readValueName(text string) (any, error) {
	if strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" || text == "" {
		return nil, fmt.Errorf("%q is not the name of a value (fix: write small letters, digits and _, such as token)", text)
	}
	return text, nil
}

func readURL(text string) (any, error) {
	u, err := url.Parse(text)
	known := []string{"http", "https", "ws", "wss", "grpc", "grpcs"}
	switch {
	case err != nil || !strings.Contains(text, "://"):
		return nil, fmt.Errorf("%q is not a web address (fix: write https://%s)", text, strings.TrimLeft(text, "/"))
	case !slices.Contains(known, strings.ToLower(u.Scheme)):
		return nil, fmt.Errorf("%q cannot be asked (fix: write one of %s)", u.Scheme, strings.Join(known, ", "))
	case u.Host == "":
		return nil, fmt.Errorf("%q has no host (fix: write https://shop.example/)", text)
	}
	return text, nil
}

func readMethod(text string) (any, error) {
	if upper := strings.ToUpper(text); upper != text || strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" || text == "" {
		return nil, fmt.Errorf("%q is not a method of HTTP (fix: write capitals, such as POST)", text)
	}
	return text, nil
}

func readPattern(text string) (any, error) {
	if _, err := regexp.Compile(text); err != nil {
		return nil, fmt.Errorf("%q is not a regular expression: %s (fix: write one as ^220)", text, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return text, nil
}

func readExpectation(text string) (any, error) {
	_, err := probe.ParseExpect([]string{text})
	return text, err
}

// readNumber reads a whole number within bounds.
func readNumber(least, most int) func(string) (any, error) {
	return func(text string) (any, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			return nil, fmt.Errorf("%q is not a number from %d to %d (fix: write one)", text, least, most)
		}
		return n, nil
	}
}

// readHeader reads the name of a header field.
func readHeader(text string) (any, error) {
	if !isToken(text) {
		return nil, fmt.Errorf("%q is not the name of a header (fix: write one as X-Shop)", text)
	}
	return text, nil
}

// expandTemplate puts in what each ${NAME} and ${file:PATH} stands for, and leaves ${name}
// in small letters, which stands for what a probe finds on its way.
func (d *decoder) expandTemplate(n ast.Node, text string) (expanded string, looked, ok bool) {
	var b strings.Builder
	ok = true
	for {
		before, after, found := strings.Cut(text, "${")
		b.WriteString(before)
		if !found {
			return b.String(), looked, ok
		}
		name, rest, closed := strings.Cut(after, "}")
		own := name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
		if strings.HasSuffix(before, "$") || !closed || own { // whoever makes the probe says what is wrong with it
			b.WriteString("${")
			text = after
			continue
		}
		looked = true
		value, said, fix := d.options.lookUp(name)
		if said != "" {
			d.wrongIn(n, "${"+name+"}", said, fix)
			ok = false
		}
		b.WriteString(strings.ReplaceAll(value, "${", "$${"))
		text = rest
	}
}

// probes reports what no single key of the probes can show, which were read from n.
func (d *decoder) probes(n ast.Node, s *probe.Settings) {
	list, _ := value(n, "targets").(*ast.SequenceNode)
	for i := range s.Targets {
		if list == nil || i >= len(list.Values) || s.Targets[i].Name == "" {
			continue
		}
		if err := checkTarget(s.Targets[i]); err != nil {
			for _, one := range flat(err) {
				text, fix := diag.Cut(errors.New(strings.TrimPrefix(one.Error(), fmt.Sprintf("probe %q: ", s.Targets[i].Name))))
				d.wrong(list.Values[i], text, fix)
			}
		}
	}
	points, _ := value(n, "vantage_points").(*ast.SequenceNode)
	for i, v := range s.Vantages {
		if points == nil || i >= len(points.Values) || v.Key == "" {
			continue
		}
		if len(v.Key) < 16 {
			d.wrong(points.Values[i], "the key of this vantage point can be guessed", "write 16 random characters or more, from a file: ${file:/etc/honderd/key}")
		}
		for _, other := range s.Vantages[:i] {
			if other.Name == v.Name || other.Key == v.Key {
				d.wrong(points.Values[i], "another vantage point has this name or this key", "give each its own")
			}
		}
	}
}

// checkTarget says what is wrong with a target as far as it can be said without the files
// that it names.
func checkTarget(s probe.Setting) error {
	s.Trust.CA, s.Trust.Cert, s.Trust.Key = "", "", ""
	t, err := s.Target(func(string) ([]byte, error) { return []byte("{}"), nil })
	if err != nil {
		return err
	}
	return t.Validate()
}

// probesBeside makes the files that probes name start in the folder of the configuration
// at path.
func probesBeside(path string, s *probe.Settings) {
	from := func(file *string) {
		if *file != "" && !filepath.IsAbs(*file) {
			*file = filepath.Join(filepath.Dir(path), *file)
		}
	}
	for i := range s.Import {
		from(&s.Import[i])
	}
	for i := range s.Targets {
		t := &s.Targets[i]
		for _, file := range []*string{&t.Recording, &t.Trust.CA, &t.Trust.Cert, &t.Trust.Key} {
			from(file)
		}
	}
}
