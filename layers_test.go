package honderd_test

import (
	"fmt"
	"go/ast"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rows is the house. A package imports only from rows above its own, never sideways;
// only parts of one doer, like fold/felt and fold/felt/cells, know each other.
// It is a statement of policy: a change here is a decision, not a repair.
const rows = `
	1   internal/...                                                     # helpers with one job
	2   moment money fault                                               # words without relations
	3   experience promise service release incident mention warning      # the vocabulary
	4   ledger                                                           # what a ledger is
	5   source fold notify                                               # the contracts
	6   source/... fold/... ledger/... notify/... gateway gateway/...    # the doers
	7   view look                                                        # answers; appearance
	8   web status api alert report                                      # surfaces
	9   config                                                           # honderd.yaml
	10  app                                                              # wiring
	11  cmd/honderd                                                      # flags, signals, exit codes
`

// suites are the conformance tests that doers share: only tests import them.
func suites() []string {
	return []string{"ledger/ledgertest", "source/sourcetest", "fold/foldtest", "notify/notifytest"}
}

// exempt reports whether the rows do not hold in dir: the root, which has only
// these tests, and the tools that we build the house with.
func exempt(dir string) bool { return dir == "." || under(dir, "internal/tool") }

// testModules are the modules of others that only tests import, wherever they are.
func testModules() []string {
	return []string{
		"pgregory.net/rapid", "github.com/rogpeppe/go-internal",
		// A device with passkeys.
		"github.com/descope/virtualwebauthn",
		// A real browser.
		"github.com/chromedp/chromedp", "github.com/chromedp/cdproto",
		// A real sender of traces.
		"go.opentelemetry.io/otel", "go.opentelemetry.io/otel/sdk", "go.opentelemetry.io/otel/trace",
		"go.opentelemetry.io/otel/exporters/otlp/otlptrace", "go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc",
		"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp",
		// The rules for the names of metrics.
		"github.com/prometheus/client_golang",
		// A CA, and the DNS that it asks.
		"github.com/letsencrypt/pebble/v2", "github.com/miekg/dns",
	}
}

// lentModules are modules that a doer owns and that tests of others speak with.
func lentModules() []string {
	return []string{"google.golang.org/grpc", "google.golang.org/protobuf", "github.com/quic-go/quic-go", "golang.org/x/net"}
}

// worldly are the packages that words and folds do not import, with what lies below
// them: the same facts must give the same bytes on every machine, at any time.
func worldly() []string {
	return []string{
		"os", "net", "math/rand", "crypto/rand", "sync", "runtime", "io/fs", "io/ioutil", "log", "syscall",
	}
}

// clocks are the names of package time that words and folds do not use.
func clocks() []string {
	return []string{
		"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "NewTimer", "NewTicker", "Tick", "Timer", "Ticker", "Local",
	}
}

func layers() []check {
	return []check{
		{"every package has a row", findHomeless},
		{"imports go up", findImports},
		{"words need nobody", findForeignWords},
		{"words and folds are pure", findWorld},
		{"one doer a module", findSharedModules},
	}
}

func TestLayers(t *testing.T) { hold(t, readHouse(t), layers()) }

// row returns the row of a package, 0 if it has none.
func row(dir string) int {
	for line := range strings.Lines(rows) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		for i, word := range words {
			n, err := strconv.Atoi(words[0])
			if i == 0 || err != nil {
				continue
			}
			root, open := strings.CutSuffix(word, "/...")
			if word == dir || open && strings.HasPrefix(dir, root+"/") {
				return n
			}
		}
	}
	return 0
}

// doer returns the package that dir is, or is a part of.
func doer(dir string) string {
	parts := strings.Split(dir, "/")
	if len(parts) > 2 {
		parts = parts[:2]
	}
	if len(parts) == 2 && row(parts[0]) > 5 {
		parts = parts[:1]
	}
	return strings.Join(parts, "/")
}

func findHomeless(h *house) []complaint {
	var list []complaint
	seen := map[string]bool{}
	for _, f := range h.source() {
		if exempt(f.dir) || row(f.dir) != 0 || seen[f.dir] {
			continue
		}
		seen[f.dir] = true
		list = append(list, complaint{
			f.path, h.line(f.tree), "package " + f.dir + " is in no row",
			"put it where the doers are, like source/" + path.Base(f.dir) + ", or decide its row in layers_test.go",
		})
	}
	return list
}

func findImports(h *house) []complaint {
	var list []complaint
	for _, f := range h.source() {
		if exempt(f.dir) {
			continue
		}
		for _, spec := range f.tree.Imports {
			dir, ours := own(importPath(spec))
			if !ours {
				continue
			}
			if what, fix := judge(f.dir, dir); what != "" {
				list = append(list, complaint{f.path, h.line(spec), what, fix})
			}
		}
	}
	return list
}

// judge says what is wrong with from importing to, and how to mend it.
func judge(from, to string) (what, fix string) {
	a, b := row(from), row(to)
	switch {
	case a == 0:
		return "", ""
	case slices.Contains(suites(), to) && !slices.Contains(suites(), from):
		return fmt.Sprintf("%s imports the test suite %s", from, to), "import it from a _test.go file"
	case to == ".":
		return from + " imports the root, which is no part of the product", "remove the import"
	case exempt(to):
		return fmt.Sprintf("%s imports %s, which is no part of the product", from, to), "move what both need to a package of its own in internal/"
	case b == 0:
		return fmt.Sprintf("%s imports %s, which is in no row", from, to), "decide its row in layers_test.go"
	case a == b && (a == 1 || doer(from) == doer(to)):
		return "", ""
	case a == b:
		return fmt.Sprintf("%s imports its neighbour %s (both row %d)", from, to, a),
			"move what both need to a row above, or let app hand one to the other as a small interface"
	case a < b:
		return fmt.Sprintf("%s (row %d) imports %s (row %d)", from, a, to, b),
			fmt.Sprintf("say what %s needs as a small interface in it, or move the code down to row %d or below", from, b+1)
	}
	return "", ""
}

func findForeignWords(h *house) []complaint {
	var list []complaint
	for _, f := range h.source() {
		if r := row(f.dir); r != 2 && r != 3 {
			continue
		}
		for _, spec := range f.tree.Imports {
			if p := importPath(spec); foreign(p) {
				list = append(list, complaint{
					f.path, h.line(spec), fmt.Sprintf("the word %s imports %s", f.dir, p),
					"use the standard library, or do it in the doer that needs it",
				})
			}
		}
	}
	return list
}

// foreign reports whether others wrote the package, not Go's own or we.
func foreign(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	_, ours := own(importPath)
	return !ours && strings.Contains(first, ".")
}

// pureDirs returns the packages that must be pure, each with the reason: words, folds
// and what those import from internal.
func pureDirs(h *house) map[string]string {
	pure := map[string]string{}
	for _, f := range h.source() {
		switch r := row(f.dir); {
		case r == 2 || r == 3:
			pure[f.dir] = "the word " + f.dir
		case under(f.dir, "fold") && !slices.Contains(suites(), f.dir):
			pure[f.dir] = "the fold " + f.dir
		}
	}
	for before := -1; before != len(pure); {
		before = len(pure)
		for _, f := range h.source() {
			for _, spec := range f.tree.Imports {
				dir, ours := own(importPath(spec))
				if ours && pure[f.dir] != "" && pure[dir] == "" && under(dir, "internal") {
					pure[dir] = dir + ", which " + f.dir + " imports,"
				}
			}
		}
	}
	return pure
}

func findWorld(h *house) []complaint {
	var list []complaint
	pure := pureDirs(h)
	for _, f := range h.source() {
		who := pure[f.dir]
		if who == "" {
			continue
		}
		list = append(list, worldlyImports(h, f, who)...)
		for sel, name := range f.uses("time") {
			if slices.Contains(clocks(), name) {
				list = append(list, complaint{
					f.path, h.line(sel), fmt.Sprintf("%s uses time.%s", who, name), "take the time from the fact, or as a parameter",
				})
			}
		}
		ast.Inspect(f.tree, func(n ast.Node) bool {
			if word := concurrent(n); word != "" {
				list = append(list, complaint{
					f.path, h.line(n), who + " " + word, "do it in one step after the other; whoever calls may do many at once",
				})
				return false
			}
			return true
		})
	}
	return list
}

func worldlyImports(h *house, f *file, who string) []complaint {
	var list []complaint
	for _, spec := range f.tree.Imports {
		p := importPath(spec)
		if slices.ContainsFunc(worldly(), func(root string) bool { return under(p, root) }) {
			list = append(list, complaint{
				f.path, h.line(spec), who + " imports " + p, "let the caller do it and pass the result in as a value",
			})
		}
	}
	return list
}

// concurrent says what n does at the same time as something else, "" for nothing.
func concurrent(n ast.Node) string {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "starts a goroutine"
	case *ast.SelectStmt:
		return "waits in a select"
	case *ast.ChanType:
		return "has a channel"
	case *ast.SendStmt:
		return "sends on a channel"
	case *ast.UnaryExpr:
		if n.Op.String() == "<-" {
			return "receives from a channel"
		}
	}
	return ""
}

// moduleOf returns the module of a package of others. Those of golang.org/x are
// collections: each of their packages counts by itself.
func (h *house) moduleOf(importPath string) string {
	if strings.HasPrefix(importPath, "golang.org/x/") {
		return importPath
	}
	best := ""
	for _, m := range h.modules {
		if under(importPath, m) && len(m) > len(best) {
			best = m
		}
	}
	if best == "" {
		return importPath
	}
	return best
}

func findSharedModules(h *house) []complaint {
	users := map[string]map[string]complaint{} // by module and doer, the first place
	var list []complaint
	for _, f := range h.files {
		if exempt(f.dir) {
			continue
		}
		for _, spec := range f.tree.Imports {
			if !foreign(importPath(spec)) {
				continue
			}
			m := h.moduleOf(importPath(spec))
			c := complaint{f.path, h.line(spec), "", ""}
			if slices.Contains(testModules(), m) {
				if !f.test && !slices.Contains(suites(), f.dir) {
					c.what, c.fix = f.dir+" imports "+m+", which is for tests", "import it from a _test.go file"
					list = append(list, c)
				}
				continue
			}
			if f.test && slices.Contains(lentModules(), m) {
				continue
			}
			if users[m] == nil {
				users[m] = map[string]complaint{}
			}
			if _, known := users[m][doer(f.dir)]; !known {
				users[m][doer(f.dir)] = c
			}
		}
	}
	for _, m := range slices.Sorted(maps.Keys(users)) {
		if len(users[m]) < 2 {
			continue
		}
		all := slices.Sorted(maps.Keys(users[m]))
		c := users[m][all[len(all)-1]]
		c.what = fmt.Sprintf("%s is imported by %s", m, strings.Join(all, " and "))
		c.fix = "let one of them own it and give the others a small interface"
		list = append(list, c)
	}
	return list
}
