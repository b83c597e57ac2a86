// Package report says how a period was for the people in it, once: in words for a
// terminal, as JSON for programs, and as one page to keep, send or print.
package report

import (
	"io"
	"time"

	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/view"
)

// Options says for whom a report is. The zero value is English, in UTC, 80 wide and
// without colour.
type Options struct {
	Width  int            // characters in a line of Text, at least 40; 0: 80
	Color  bool           // Text may use the colours of a terminal
	Tongue look.Tongue    // of the words
	Zone   *time.Location // of the times; nil: UTC
}

// JSON writes a as the JSON that programs rely on.
func JSON(w io.Writer, a view.Answer) error { return a.WriteJSON(w) }

// hours returns what look needs to draw the period.
func hours(a view.Answer) []look.Hour {
	out := make([]look.Hour, len(a.Hours))
	for i, h := range a.Hours {
		out[i] = look.Hour(h)
	}
	return out
}

// windows returns what look needs to draw the worst windows.
func windows(list []view.Window) []look.Window {
	out := make([]look.Window, len(list))
	for i, w := range list {
		out[i] = look.Window{Minutes: w.Minutes, Worst: w.Worst, From: w.From, People: w.People}
	}
	return out
}
