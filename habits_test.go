package honderd_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
	"testing"
)

// The limits of what one reader holds in mind. Of 27 admired programs, the best keep
// 9 of 10 files and 94 to 99 of 100 functions within them.
const (
	maxFile      = 400 // lines of a file, tests too
	maxFunc      = 60  // lines of a function, from func to }
	maxInterface = 5   // methods
)

func habits() []check {
	return []check{
		{"no init", findInit},
		{"no package variables", findVariables},
		{"short files", findLongFiles},
		{"short functions", findLongFunctions},
		{"small interfaces", findWideInterfaces},
		{"flags and environment in cmd", findEnvironment},
		{"imports by their own name", findAliases},
		{"every exported name has a sentence", findUndocumented},
		{"every package has a sentence", findSilentPackages},
		{"good names", findBadNames},
		{"nobody's machine", findMachines},
		{"tests do not sleep", findSleep},
		{"tests do not measure", findStopwatches},
	}
}

func TestHabits(t *testing.T) { hold(t, readHouse(t), habits()) }

func findInit(h *house) []complaint {
	var list []complaint
	for _, f := range h.source() {
		for _, d := range f.tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				list = append(list, complaint{
					f.path, h.line(fn), "func init runs unasked", "do it in New, or list it in app/kinds.go",
				})
			}
		}
	}
	return list
}

func findVariables(h *house) []complaint {
	var list []complaint
	for _, f := range h.source() {
		for _, d := range f.tree.Decls {
			group, ok := d.(*ast.GenDecl)
			if !ok || group.Tok != token.VAR {
				continue
			}
			for _, s := range group.Specs {
				spec := s.(*ast.ValueSpec)
				for i, name := range spec.Names {
					if embedded(group, spec) || constant(spec, i) {
						continue
					}
					list = append(list, complaint{
						f.path, h.line(name), "package variable " + name.Name + " can change",
						"make it a const, a function that returns it, or a field",
					})
				}
			}
		}
	}
	return list
}

// embedded reports whether the go command fills the variable.
func embedded(group *ast.GenDecl, spec *ast.ValueSpec) bool {
	for _, doc := range []*ast.CommentGroup{group.Doc, spec.Doc} {
		if doc == nil {
			continue
		}
		for _, c := range doc.List {
			if strings.HasPrefix(c.Text, "//go:embed ") {
				return true
			}
		}
	}
	return false
}

// constant reports whether nobody ever changes name i of spec: a guard that a type
// fits an interface, an error, a compiled pattern or template, what is made once when it is
// first needed.
func constant(spec *ast.ValueSpec, i int) bool {
	name := spec.Names[i].Name
	if name == "_" {
		return spec.Type != nil
	}
	if i >= len(spec.Values) {
		return false
	}
	call, ok := spec.Values[i].(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, ok := sel.X.(*ast.Ident)
	if !ok {
		return false
	}
	switch pkg.Name + "." + sel.Sel.Name {
	case "errors.New", "fmt.Errorf":
		return strings.HasPrefix(name, "Err") || strings.HasPrefix(name, "err")
	case "regexp.MustCompile", "template.Must", "sync.OnceValue":
		return true
	}
	return false
}

func findLongFiles(h *house) []complaint {
	var list []complaint
	for _, f := range h.files {
		if f.lines > maxFile {
			list = append(list, complaint{
				f.path, maxFile + 1, fmt.Sprintf("file of %d lines, %d is the most", f.lines, maxFile),
				"a file is one noun: move the second noun to its own file",
			})
		}
	}
	return list
}

func findLongFunctions(h *house) []complaint {
	var list []complaint
	for _, f := range h.source() {
		for _, d := range f.tree.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := h.fset.Position(fn.End()).Line - h.line(fn.Type) + 1; n > maxFunc {
				list = append(list, complaint{
					f.path, h.line(fn.Type), fmt.Sprintf("function %s of %d lines, %d is the most", fn.Name.Name, n, maxFunc),
					"a function is one step: name the steps and give each its function",
				})
			}
		}
	}
	return list
}

// types returns every type of the source, by folder and name.
func (h *house) types() map[string]ast.Expr {
	all := map[string]ast.Expr{}
	for _, f := range h.source() {
		for _, spec := range f.types() {
			all[f.dir+"."+spec.Name.Name] = spec.Type
		}
	}
	return all
}

// types returns the types that f declares, not those within functions.
func (f *file) types() []*ast.TypeSpec {
	var list []*ast.TypeSpec
	for _, d := range f.tree.Decls {
		if group, ok := d.(*ast.GenDecl); ok {
			for _, s := range group.Specs {
				if spec, ok := s.(*ast.TypeSpec); ok {
					list = append(list, spec)
				}
			}
		}
	}
	return list
}

func findWideInterfaces(h *house) []complaint {
	var list []complaint
	all := h.types()
	for _, f := range h.source() {
		for _, spec := range f.types() {
			if n := width(f, spec.Type, all, 0); n > maxInterface {
				list = append(list, complaint{
					f.path, h.line(spec), fmt.Sprintf("interface %s has %d methods, %d is the most", spec.Name.Name, n, maxInterface),
					"say at each consumer what it needs, or take the struct",
				})
			}
		}
	}
	return list
}

// width counts the methods of an interface of f, with those of interfaces in it.
// What an interface of others has is not known here and counts as one.
func width(f *file, t ast.Expr, all map[string]ast.Expr, depth int) int {
	face, ok := t.(*ast.InterfaceType)
	if !ok || depth > 5 {
		return 0
	}
	n := 0
	for _, m := range face.Methods.List {
		n += len(m.Names)
		switch x := m.Type.(type) {
		case *ast.Ident:
			n += width(f, all[f.dir+"."+x.Name], all, depth+1)
		case *ast.SelectorExpr:
			if inner, ours := all[f.folder(x)+"."+x.Sel.Name]; ours {
				n += width(f, inner, all, depth+1)
			} else {
				n++
			}
		}
	}
	return n
}

// folder returns where the package of sel lives, "" if it is not ours.
func (f *file) folder(sel *ast.SelectorExpr) string {
	for _, spec := range f.tree.Imports {
		dir, ours := own(importPath(spec))
		if x, ok := sel.X.(*ast.Ident); ok && ours && path.Base(dir) == x.Name {
			return dir
		}
	}
	return ""
}

func findEnvironment(h *house) []complaint {
	var list []complaint
	for _, f := range h.source() {
		if under(f.dir, "cmd") || under(f.dir, "internal/tool") {
			continue
		}
		for _, spec := range f.tree.Imports {
			if p := importPath(spec); p == "flag" || strings.HasSuffix(p, "/pflag") {
				list = append(list, complaint{f.path, h.line(spec), f.dir + " reads flags", "read them in cmd/honderd and pass an Options"})
			}
		}
		for sel, name := range f.uses("os") {
			if slices.Contains([]string{"Getenv", "LookupEnv", "Environ", "ExpandEnv", "Args"}, name) {
				list = append(list, complaint{
					f.path, h.line(sel), f.dir + " reads os." + name, "read it in cmd/honderd and pass an Options",
				})
			}
		}
	}
	return list
}

func findAliases(h *house) []complaint {
	var list []complaint
	for _, f := range h.files {
		for _, spec := range f.tree.Imports {
			if spec.Name == nil || spec.Name.Name == "_" {
				continue
			}
			if spec.Name.Name == "." {
				list = append(list, complaint{
					f.path, h.line(spec), "imports " + importPath(spec) + " without its name", "remove the dot",
				})
			} else if dir, ours := own(importPath(spec)); ours && spec.Name.Name != path.Base(dir) {
				list = append(list, complaint{
					f.path, h.line(spec), "imports " + dir + " as " + spec.Name.Name, "remove the alias; rename the package if its name misleads",
				})
			}
		}
	}
	return list
}
