package diag

import (
	"strings"
	"unicode/utf8"
)

// File is a text in which problems are pointed at.
type File struct {
	name  string
	lines []string
}

// NewFile returns the File of that name and text. A line may end in CR LF; a byte
// order mark is no part of the first one.
func NewFile(name string, text []byte) *File {
	lines := strings.Split(strings.TrimPrefix(string(text), "\ufeff"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSuffix(line, "\r")
	}
	return &File{name: name, lines: lines}
}

// Line returns line n, counted from 1, without its end; "" if there is no such line.
func (f *File) Line(n int) string {
	if n < 1 || n > len(f.lines) {
		return ""
	}
	return f.lines[n-1]
}

// Lines returns how many lines f has.
func (f *File) Lines() int { return len(f.lines) }

// At returns a problem of length characters at a place in f. What does not fit on the
// line is left off.
func (f *File) At(line, column, length int, text, fix string) Problem {
	source := f.Line(line)
	left := utf8.RuneCountInString(source) - column + 1
	return Problem{
		File: f.name, Line: line, Column: column, Length: max(1, min(length, left)),
		Text: text, Fix: fix, Source: source,
	}
}

// Whole returns a problem with f as a whole.
func (f *File) Whole(text, fix string) Problem {
	return Problem{File: f.name, Text: text, Fix: fix}
}
