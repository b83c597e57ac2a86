package honderd_test

import (
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"
)

// badNames say nothing of what is inside.
func badNames() []string {
	return []string{
		"util", "utils", "common", "types", "type", "helper", "helpers", "core", "misc", "shared", "stuff", "tools", "lib",
	}
}

func findUndocumented(h *house) []complaint {
	var list []complaint
	for _, f := range h.source() {
		for _, d := range f.tree.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if name, known := exported(d); known && !startsWith(d.Doc, d.Name.Name) {
					list = append(list, sentence(h, f, d.Name, name))
				}
			case *ast.GenDecl:
				list = append(list, findUndocumentedIn(h, f, d)...)
			}
		}
	}
	return list
}

func findUndocumentedIn(h *house, f *file, group *ast.GenDecl) []complaint {
	var list []complaint
	for _, s := range group.Specs {
		switch spec := s.(type) {
		case *ast.TypeSpec:
			doc := spec.Doc
			if doc == nil && !group.Lparen.IsValid() {
				doc = group.Doc
			}
			if spec.Name.IsExported() && !startsWith(doc, spec.Name.Name) {
				list = append(list, sentence(h, f, spec.Name, spec.Name.Name))
			}
		case *ast.ValueSpec:
			if says(group.Doc) || says(spec.Doc) || says(spec.Comment) {
				continue
			}
			for _, name := range spec.Names {
				if name.IsExported() {
					list = append(list, complaint{
						f.path, h.line(name), name.Name + " has no comment", "say what it means, in which unit, above it or behind it",
					})
				}
			}
		}
	}
	return list
}

func sentence(h *house, f *file, at ast.Node, name string) complaint {
	return complaint{
		f.path, h.line(at), name + " has no sentence",
		fmt.Sprintf("begin its comment with %q and say what it means, in which unit, when it fails", "// "+name[strings.LastIndex(name, ".")+1:]),
	}
}

// exported returns the name of fn, and whether other packages see it.
func exported(fn *ast.FuncDecl) (string, bool) {
	if fn.Recv == nil {
		return fn.Name.Name, fn.Name.IsExported()
	}
	t := fn.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name + "." + fn.Name.Name, x.IsExported() && fn.Name.IsExported()
		default:
			return fn.Name.Name, false
		}
	}
}

func says(doc *ast.CommentGroup) bool { return doc != nil && strings.TrimSpace(doc.Text()) != "" }

func startsWith(doc *ast.CommentGroup, name string) bool {
	if !says(doc) {
		return false
	}
	words := strings.Fields(doc.Text())
	if slices.Contains([]string{"A", "An", "The"}, words[0]) {
		words = words[1:]
	}
	return len(words) > 1 && strings.TrimSuffix(strings.TrimRight(words[0], ",:"), "'s") == name
}

func findSilentPackages(h *house) []complaint {
	docs := map[string]bool{}
	for _, f := range h.source() {
		docs[f.dir] = docs[f.dir] || introduces(f)
	}
	var list []complaint
	for _, f := range h.source() {
		if docs[f.dir] {
			continue
		}
		docs[f.dir] = true // one complaint a package
		list = append(list, complaint{
			f.path, h.line(f.tree.Name), "package " + f.tree.Name.Name + " has no sentence",
			fmt.Sprintf("write %q above its package clause", packageSentence(f)+" ..."),
		})
	}
	return list
}

func packageSentence(f *file) string {
	if f.tree.Name.Name == "main" {
		return "// Command " + path.Base(f.dir)
	}
	return "// Package " + f.tree.Name.Name
}

func introduces(f *file) bool {
	return says(f.tree.Doc) && strings.HasPrefix("// "+f.tree.Doc.Text(), packageSentence(f)+" ")
}

func findBadNames(h *house) []complaint {
	var list []complaint
	homes := map[string]string{} // by last name
	for _, f := range h.source() {
		last := path.Base(f.dir)
		if stem := strings.TrimSuffix(path.Base(f.path), ".go"); slices.Contains(badNames(), stem) {
			list = append(list, complaint{f.path, 1, "a file named " + stem + " says nothing", "name it after the noun in it"})
		}
		if homes[last] == f.dir || f.dir == "." {
			continue
		}
		at := complaint{f.path, h.line(f.tree.Name), "", ""}
		name := f.tree.Name.Name
		if slices.Contains(badNames(), last) {
			at.what, at.fix = "a package named "+last+" says nothing", "name it after the noun in it"
			list = append(list, at)
		}
		if name == "main" {
			continue
		}
		if name != last {
			at.what, at.fix = "package "+name+" lives in "+f.dir, "give both the same name"
			list = append(list, at)
		}
		if homes[last] != "" {
			at.what, at.fix = f.dir+" and "+homes[last]+" share a last name", "rename one, so that no import needs an alias"
			list = append(list, at)
		}
		homes[last] = f.dir
	}
	return list
}

// machinePath finds the folders that only one machine has.
const machinePath = `(?m)(^|[^\w.\-/])/(work|root|Users)/\w*`

func findMachines(h *house) []complaint {
	var list []complaint
	re := regexp.MustCompile(machinePath)
	for _, x := range h.texts {
		if at := re.FindStringIndex(x.body); at != nil {
			list = append(list, complaint{
				x.path, 1 + strings.Count(x.body[:at[0]+1], "\n"), "names a folder of one machine: " + strings.TrimSpace(x.body[at[0]:at[1]]),
				"use a path from the root of the checkout, or t.TempDir()",
			})
		}
	}
	return list
}
