// Package honderd_test holds the house to its rules: which package may import which
// (layers_test.go) and how we write (habits_test.go). Every complaint says where, what
// and the way out; what is let off stands in exceptions, with a reason.
package honderd_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the path that every import of our own begins with.
const module = "github.com/honderd/honderd"

// exception lets one place off one rule.
type exception struct {
	path string // the file
	says string // part of what is complained about
	why  string
}

// exceptions are all places that are let off. One that is no longer needed fails.
func exceptions() []exception {
	return []exception{
		{"cmd/honderd/main_test.go", "the test sleeps", "it waits for and kills another process, which no bubble holds"},
		{"ledger/jetstream/kill_test.go", "the test sleeps", "it kills another process at a random instant"},
		{"ledger/jetstream/full_linux_test.go", "the test sleeps", "it is a slow reader on a real disk that fills up"},
		{"internal/logfile/storm_test.go", "the test sleeps", "it is a server that writes now and then, to real files"},
		{"ledger/jetstream/idle_linux_test.go", "the test sleeps", "it measures what idling costs, and only when asked to soak"},
	}
}

// complaint is one place that breaks a rule, and how to mend it.
type complaint struct {
	path string
	line int
	what string
	fix  string
}

// String puts c in the form that editors jump to.
func (c complaint) String() string {
	return fmt.Sprintf("%s:%d: %s (fix: %s)", c.path, c.line, c.what, c.fix)
}

// check looks at the whole house for one rule.
type check struct {
	name string
	find func(h *house) []complaint
}

// house is all that the rules look at.
type house struct {
	fset    *token.FileSet
	files   []*file
	texts   []text
	modules []string // what go.mod requires
}

// file is one Go file.
type file struct {
	path  string // from the root, with slashes
	dir   string // "." for the root
	lines int
	test  bool
	tree  *ast.File
}

// text is one file of any kind that people read.
type text struct{ path, body string }

func newHouse() *house { return &house{fset: token.NewFileSet()} }

// add parses src into h. Generated files are not held to the rules.
func (h *house) add(name, src string) error {
	tree, err := parser.ParseFile(h.fset, name, src, parser.ParseComments)
	if err != nil {
		return err
	}
	if ast.IsGenerated(tree) {
		return nil
	}
	h.files = append(h.files, &file{
		path:  name,
		dir:   path.Dir(name),
		lines: strings.Count(src, "\n"),
		test:  strings.HasSuffix(name, "_test.go"),
		tree:  tree,
	})
	return nil
}

// readHouse reads the checkout that the test runs in.
func readHouse(t *testing.T) *house {
	t.Helper()
	h := newHouse()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && outside(name):
			return filepath.SkipDir
		case d.Type().IsRegular() && readable(name):
			return h.read(t, filepath.ToSlash(name))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	h.modules = required(string(mod))
	return h
}

func (h *house) read(t *testing.T, name string) error {
	body, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	h.texts = append(h.texts, text{name, string(body)})
	if path.Ext(name) != ".go" {
		return nil
	}
	if err := h.add(name, string(body)); err != nil {
		t.Errorf("%v (fix: make it compile)", err)
	}
	return nil
}

// outside reports whether a folder is none of our rooms: data, what is built, what
// the go command skips too, and other modules, like the one that pins the linter.
func outside(dir string) bool {
	base := filepath.Base(dir)
	if base == ".ci" || base == ".github" {
		return false
	}
	if strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") ||
		slices.Contains([]string{"testdata", "node_modules", "vendor", "bin", "tools"}, base) {
		return true
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

// readable reports whether people read and write the file.
func readable(name string) bool {
	base := filepath.Base(name)
	endings := []string{
		".go", ".md", ".yaml", ".yml", ".json", ".toml", ".mod", ".sh", ".js", ".mjs", ".ts", ".css", ".html", ".svg", ".txt", ".sql", ".service",
	}
	return slices.Contains(endings, filepath.Ext(base)) || slices.Contains([]string{"Makefile", "Dockerfile", "run"}, base)
}

// required returns the modules that a go.mod asks for.
func required(mod string) []string {
	var list []string
	for line := range strings.Lines(mod) {
		words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(words) >= 2 && strings.Contains(words[0], ".") && strings.HasPrefix(words[1], "v") {
			list = append(list, words[0])
		}
	}
	return list
}

// line returns the line that n begins on.
func (h *house) line(n ast.Node) int { return h.fset.Position(n.Pos()).Line }

// source returns the files that go into the program.
func (h *house) source() []*file {
	return slices.DeleteFunc(slices.Clone(h.files), func(f *file) bool { return f.test })
}

// importPath returns what spec imports.
func importPath(spec *ast.ImportSpec) string {
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value
	}
	return p
}

// own returns the folder of one of our packages, false for those of others.
func own(importPath string) (string, bool) {
	if importPath == module {
		return ".", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

// under reports whether dir is root or below it.
func under(dir, root string) bool { return dir == root || strings.HasPrefix(dir, root+"/") }

// uses returns every use of a name of the package pkg,
// like time.Now, by its name.
func (f *file) uses(pkg string) map[*ast.SelectorExpr]string {
	name := ""
	for _, spec := range f.tree.Imports {
		if importPath(spec) == pkg {
			name = path.Base(pkg)
			if spec.Name != nil {
				name = spec.Name.Name
			}
		}
	}
	found := map[*ast.SelectorExpr]string{}
	if name == "" {
		return found
	}
	ast.Inspect(f.tree, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == name && x.Obj == nil {
				found[sel] = sel.Sel.Name
			}
		}
		return true
	})
	return found
}

// hold runs the checks and fails for each complaint that is not let off.
func hold(t *testing.T, h *house, checks []check) {
	t.Helper()
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			list := c.find(h)
			slices.SortFunc(list, func(a, b complaint) int {
				return cmp.Or(strings.Compare(a.path, b.path), cmp.Compare(a.line, b.line))
			})
			for _, found := range list {
				if !letOff(found) {
					t.Error(found)
				}
			}
		})
	}
}

func letOff(c complaint) bool {
	return slices.ContainsFunc(exceptions(), func(e exception) bool { return e.covers(c) })
}

func (e exception) covers(c complaint) bool {
	return e.path == c.path && strings.Contains(c.what, e.says)
}

// TestExceptionsAreNeeded fails for an exception that lets nothing off any more.
func TestExceptionsAreNeeded(t *testing.T) {
	h := readHouse(t)
	var all []complaint
	for _, c := range slices.Concat(layers(), habits()) {
		all = append(all, c.find(h)...)
	}
	for _, e := range exceptions() {
		if e.why == "" {
			t.Errorf("exception for %s %q has no reason (fix: say why)", e.path, e.says)
		}
		if !slices.ContainsFunc(all, e.covers) {
			t.Errorf("exception for %s %q lets nothing off (fix: remove it)", e.path, e.says)
		}
	}
}

// TestWholeHouse fails when the walk misses a room.
func TestWholeHouse(t *testing.T) {
	h := readHouse(t)
	for _, want := range []string{"house_test.go", "experience/experience.go", "internal/wire/wire.go"} {
		if !slices.ContainsFunc(h.files, func(f *file) bool { return f.path == want }) {
			t.Errorf("the walk did not see %s (fix: look at outside and readable)", want)
		}
	}
	if len(h.modules) == 0 {
		t.Error("no module found in go.mod (fix: look at required)")
	}
}

// bite is a small house and what must be complained about in it.
type bite struct {
	name  string
	files map[string]string
	want  string // part of the one complaint; "" for none
}

// gnaw fails where find does not complain as it must, so that no check can silently
// stop to bite.
func gnaw(t *testing.T, find func(h *house) []complaint, tests []bite) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse()
			h.modules = []string{"example.org/wheel", "github.com/them/thing/v2", "pgregory.net/rapid"}
			for name, src := range tt.files {
				h.texts = append(h.texts, text{name, src})
				if err := h.add(name, src); err != nil {
					t.Fatal(err)
				}
			}
			got := find(h)
			switch {
			case tt.want == "" && len(got) > 0:
				t.Errorf("complains %v, want silence", got)
			case tt.want != "" && (len(got) != 1 || !strings.Contains(got[0].String(), tt.want)):
				t.Errorf("complains %v, want once %q", got, tt.want)
			}
		})
	}
}

// one is a house of one file.
func one(name, src string) map[string]string { return map[string]string{name: src} }
