package honderd_test

import (
	"go/ast"
	"go/token"
	"slices"
)

// findSleep finds tests that let time pass on the wall, by time.Sleep or by receiving
// from nothing but a timer. A select of a timer and something else is a deadline.
func findSleep(h *house) []complaint {
	var list []complaint
	for _, f := range h.tests() {
		clock, bubbles := f.uses("time"), f.uses("testing/synctest")
		for _, d := range f.tree.Decls {
			if mentions(d, bubbles, "Wait") && !mentions(d, bubbles, "Test") {
				continue // a helper that only works in a bubble
			}
			var look func(n ast.Node) bool
			look = func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					if calls(n, bubbles, "Test") {
						return false // in a bubble, time passes at once
					}
				case *ast.SelectStmt:
					if len(n.Body.List) > 1 {
						for _, s := range n.Body.List {
							for _, inner := range s.(*ast.CommClause).Body {
								ast.Inspect(inner, look)
							}
						}
						return false
					}
				}
				if naps(n, clock) {
					list = append(list, complaint{
						f.path, h.line(n), "the test sleeps", "run it in synctest.Test, or wait for what it waits for",
					})
					return false
				}
				return true
			}
			ast.Inspect(d, look)
		}
	}
	return list
}

// naps reports whether n is time.Sleep, or a receive from a timer.
func naps(n ast.Node, clock map[*ast.SelectorExpr]string) bool {
	switch n := n.(type) {
	case *ast.SelectorExpr:
		return clock[n] == "Sleep"
	case *ast.UnaryExpr:
		return n.Op == token.ARROW && slices.ContainsFunc([]string{"After", "Tick", "NewTimer", "NewTicker"},
			func(name string) bool { return mentions(n.X, clock, name) })
	}
	return false
}

// findStopwatches finds tests that compare how long something took, which depends on
// the machine. A loop may look at the clock to give up.
func findStopwatches(h *house) []complaint {
	var list []complaint
	for _, f := range h.tests() {
		clock, bubbles := f.uses("time"), f.uses("testing/synctest")
		timed := map[any]bool{} // variables, by Ident.Obj, that hold what time.Since said
		since := func(n ast.Node) bool {
			found := false
			ast.Inspect(n, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				id, isID := n.(*ast.Ident)
				found = found || ok && clock[sel] == "Since" || isID && id.Obj != nil && timed[id.Obj]
				return !found
			})
			return found
		}
		var look func(n ast.Node) bool
		look = func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				return !calls(n, bubbles, "Test")
			case *ast.AssignStmt:
				if len(n.Rhs) == 1 && since(n.Rhs[0]) {
					if id, ok := n.Lhs[0].(*ast.Ident); ok && id.Obj != nil {
						timed[id.Obj] = true
					}
				}
			case *ast.ForStmt:
				ast.Inspect(n.Body, look)
				return false
			case *ast.BinaryExpr:
				if slices.Contains([]token.Token{token.LSS, token.GTR, token.LEQ, token.GEQ, token.EQL, token.NEQ}, n.Op) &&
					(since(n.X) || since(n.Y)) {
					list = append(list, complaint{
						f.path, h.line(n), "the test compares with the clock on the wall", "run it in synctest.Test, or make it a benchmark",
					})
					return false
				}
			}
			return true
		}
		ast.Inspect(f.tree, look)
	}
	return list
}

func (h *house) tests() []*file {
	return slices.DeleteFunc(slices.Clone(h.files), func(f *file) bool { return !f.test })
}

// calls reports whether call is of name in a package, of which uses are all uses.
func calls(call *ast.CallExpr, uses map[*ast.SelectorExpr]string, name string) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	return ok && uses[sel] == name
}

// mentions reports whether name of a package, of which uses are all uses, is in n.
func mentions(n ast.Node, uses map[*ast.SelectorExpr]string, name string) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		found = found || ok && uses[sel] == name
		return !found
	})
	return found
}
