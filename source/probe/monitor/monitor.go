// Package monitor reads what other programs are told to watch, and makes probes of it:
// Gatus, Uptime Kuma, the blackbox exporter of Prometheus, recordings of browsers and HAR
// archives. What cannot be taken over is said in words, never dropped in silence.
package monitor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/honderd/honderd/internal/diag"
	"github.com/honderd/honderd/source/probe"
	"github.com/honderd/honderd/source/probe/recorder"
)

// MaxBytes is how long a text may be. HAR archives have whole pages in them.
const MaxBytes = 64 << 20

// Options says how a text is read. The zero value is useful.
type Options struct {
	// File is what problems call the text.
	File string

	// Getenv returns a variable of the environment; nil: they stay as they are written.
	Getenv func(name string) (string, bool)

	// Asked are what the modules of a blackbox exporter ask, as ReadScrapes finds them.
	Asked []Asked

	// Hosts are further hosts whose requests in a HAR archive are taken, beside that of
	// the page.
	Hosts []string

	// Everything takes pictures, styles and scripts in a HAR archive too.
	Everything bool
}

// Read finds out what text is, and reads it.
func Read(text []byte, o Options) ([]probe.Target, diag.Problems) {
	if trimmed := bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\ufeff")), " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '{' {
		var shape struct {
			Log      json.RawMessage `json:"log"`
			Monitors json.RawMessage `json:"monitorList"`
			Steps    json.RawMessage `json:"steps"`
		}
		if json.Unmarshal(trimmed, &shape) == nil {
			switch {
			case shape.Log != nil:
				return HAR(text, o)
			case shape.Monitors != nil:
				return Kuma(text, o)
			case shape.Steps != nil:
				return Recording(text, o)
			}
		}
	}
	r := begin(text, o)
	root, ok := r.yaml(text)
	switch {
	case !ok:
		return nil, r.problems
	case root.fields["modules"] != nil:
		return Blackbox(text, o)
	case root.fields["endpoints"] != nil || root.fields["suites"] != nil || root.fields["external-endpoints"] != nil:
		return Gatus(text, o)
	}
	r.problems = append(r.problems, r.file.Whole("nobody knows what this is", "give a configuration of Gatus or of the blackbox exporter, a backup of Uptime Kuma, a HAR archive, or a recording of Chrome DevTools"))
	return nil, r.problems
}

// Recording makes a probe of a recording of Chrome DevTools Recorder.
func Recording(text []byte, o Options) ([]probe.Target, diag.Problems) {
	r := begin(text, o)
	root, ok := r.json(text)
	if !ok {
		return nil, r.problems
	}
	b := r.box(root, "the recording")
	name := b.text("title")
	if name == "" {
		name = "recording"
	}
	flow, problems := recorder.Parse(r.o.File, text)
	r.problems = append(r.problems, problems...)
	if flow != nil {
		r.add(root, probe.Target{Name: name, Kind: probe.Browser, Recording: string(text)})
	}
	return r.end()
}

// reading is one text that is read.
type reading struct {
	o        Options
	file     *diag.File
	problems diag.Problems
	targets  []probe.Target
	names    map[string]bool
	often    map[string]*repeated
	expands  bool // $NAME stands for a variable
}

// repeated is a problem that many have, and is said once.
type repeated struct {
	first *node
	count int
	fix   string
}

func begin(text []byte, o Options) *reading {
	if o.File == "" {
		o.File = "import"
	}
	shown := text
	if len(text) > 1<<20 { // no line of that is shown
		shown = nil
	}
	return &reading{o: o, file: diag.NewFile(o.File, shown), names: map[string]bool{}, often: map[string]*repeated{}}
}

// say reports a problem at n, nil for the text as a whole.
func (r *reading) say(n *node, text, fix string) {
	if n == nil || n.line == 0 {
		r.problems = append(r.problems, r.file.Whole(text, fix))
		return
	}
	r.problems = append(r.problems, r.file.At(n.line, n.column, max(1, len(n.text)), text, fix))
}

// sayOnce reports what many have at the first of them, with how many there are.
func (r *reading) sayOnce(n *node, text, fix string) {
	if r.often[text] == nil {
		r.often[text] = &repeated{first: n, fix: fix}
	}
	r.often[text].count++
}

// add takes t, when it is right.
func (r *reading) add(n *node, t probe.Target) {
	name := t.Name
	for i := 2; r.names[t.Name]; i++ {
		t.Name = fmt.Sprintf("%s (%d)", name, i)
	}
	if t.Name != name {
		r.say(n, fmt.Sprintf("there is another %q: this one is called %q", name, t.Name), "rename one")
	}
	if len(t.Request.Headers) == 0 {
		t.Request.Headers = nil
	}
	for i := range t.Steps {
		if len(t.Steps[i].Request.Headers) == 0 {
			t.Steps[i].Request.Headers = nil
		}
	}
	if err := t.Validate(); err != nil {
		for _, p := range diag.Of(err) {
			r.say(n, p.Text+": it is left out", p.Fix)
		}
		return
	}
	r.names[t.Name] = true
	r.targets = append(r.targets, t)
}

// end returns what was read, and all that was wrong with it.
func (r *reading) end() ([]probe.Target, diag.Problems) {
	for _, text := range slices.Sorted(maps.Keys(r.often)) {
		one := r.often[text]
		if one.count > 1 {
			text = fmt.Sprintf("%s (%d times)", text, one.count)
		}
		r.say(one.first, text, one.fix)
	}
	if len(r.problems) == 0 {
		return r.targets, nil
	}
	return r.targets, r.problems
}

// expand puts variables of the environment in a text, as Gatus does: $NAME and ${NAME},
// and $$ for $ itself.
func (r *reading) expand(n *node, s string) string {
	if !r.expands {
		return s
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, "$")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, rest := variable(after)
		switch {
		case strings.HasPrefix(after, "$"):
			b.WriteByte('$')
			s = after[1:]
			continue
		case name == "":
			b.WriteByte('$')
			s = after
			continue
		}
		value, known := "", false
		if r.o.Getenv != nil {
			value, known = r.o.Getenv(name)
		}
		if !known {
			r.say(n, fmt.Sprintf("$%s is a variable of the environment that is not there: it stays as it is written", name), "set "+name+", or write its value")
			value = "$" + after[:len(after)-len(rest)]
		}
		b.WriteString(value)
		s = rest
	}
}

// variable cuts the name of a variable from what stands after a $.
func variable(s string) (name, rest string) {
	if inner, found := strings.CutPrefix(s, "{"); found {
		name, rest, closed := strings.Cut(inner, "}")
		if !closed || name == "" || strings.Trim(name, wordLetters) != "" {
			return "", s
		}
		return name, rest
	}
	end := len(s) - len(strings.TrimLeft(s, wordLetters))
	if end == 0 || s[0] >= '0' && s[0] <= '9' {
		return "", s
	}
	return s[:end], s[end:]
}

const wordLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
