// Package diag says what is wrong with something a person wrote: where, what, and the
// way out.
package diag

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Problem is one mistake in a text that a person wrote. Lines and columns count from
// 1, columns in characters.
type Problem struct {
	File   string // the name of the text; "" for none
	Line   int    // 0: the text as a whole
	Column int    // 0: the line as a whole
	Length int    // how many characters are wrong, at least 1 when drawn
	Text   string // what is wrong
	Fix    string // what to do about it; "" when nobody can say
	Source string // the line itself
	Err    error  // what lies behind it, for errors.Is; nil mostly
}

// Error returns p on one line: honderd.yaml:12:11: what (fix: the way out).
func (p Problem) Error() string {
	if p.Fix == "" {
		return p.headline()
	}
	return p.headline() + " (fix: " + p.Fix + ")"
}

// Unwrap returns what lies behind p.
func (p Problem) Unwrap() error { return p.Err }

// headline is p without its fix.
func (p Problem) headline() string {
	if at := p.place(); at != "" {
		return at + ": " + p.Text
	}
	return p.Text
}

// place is file:line:column, as far as it is known.
func (p Problem) place() string {
	at := p.File
	for _, n := range []int{p.Line, p.Column} {
		if n <= 0 {
			break
		}
		if at != "" {
			at += ":"
		}
		at += fmt.Sprint(n)
	}
	return at
}

// Problems are all the mistakes in a text.
type Problems []Problem

// Err returns ps in the order of their places as an error, nil if there are none.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps.sorted()
}

// Error returns every problem, one a line, in the order of their places.
func (ps Problems) Error() string {
	lines := make([]string, 0, len(ps))
	for _, p := range ps.sorted() {
		lines = append(lines, p.Error())
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems as errors, for errors.Is and errors.AsType.
func (ps Problems) Unwrap() []error {
	errs := make([]error, 0, len(ps))
	for _, p := range ps {
		errs = append(errs, p)
	}
	return errs
}

// sorted returns a copy of ps in the order of their places.
func (ps Problems) sorted() Problems {
	ps = slices.Clone(ps)
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
		)
	})
	return ps
}

// Of returns the problems in err, in the order of their places. An error that is not
// a problem becomes one without a place; nil becomes none.
func Of(err error) Problems {
	if err == nil {
		return nil
	}
	if ps, ok := errors.AsType[Problems](err); ok {
		return ps.sorted()
	}
	if p, ok := errors.AsType[Problem](err); ok {
		return Problems{p}
	}
	text, fix := Cut(err)
	return Problems{{Text: text, Fix: fix, Err: err}}
}

// Cut takes apart an error that ends in its way out, "(fix: ...)", as our errors do.
func Cut(err error) (text, fix string) {
	text = err.Error()
	rest, closed := strings.CutSuffix(text, ")")
	before, after, found := strings.Cut(rest, " (fix: ")
	if !closed || !found {
		return text, ""
	}
	return before, after
}
