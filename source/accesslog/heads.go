package accesslog

import (
	"bytes"
	"strings"
)

// heads are the directives of W3C's extended log file format that hold at a place in a log:
// the last #Date and the last #Fields. Lines after that place mean nothing without them.
type heads struct {
	date, fields string
	text         string // both, as lines
}

// maxHead is the longest directive that is remembered.
const maxHead = 8 << 10

// read reads on over chunk, which holds whole lines.
func (h *heads) read(chunk []byte) {
	changed := false
	for from := 0; from < len(chunk); {
		n := bytes.IndexByte(chunk[from:], '#')
		if n < 0 {
			break
		}
		at := from + n
		from = at + 1
		if at > 0 && chunk[at-1] != '\n' {
			continue
		}
		line := chunk[at:]
		if end := bytes.IndexByte(line, '\n'); end >= 0 {
			line = line[:end]
		}
		line = bytes.TrimRight(line, "\r")
		if len(line) > maxHead {
			continue
		}
		switch _, dated := dateOf(line); {
		case dated:
			h.date, changed = string(line)+"\n", true
		case isFields(line):
			h.fields, changed = string(line)+"\n", true
		}
	}
	if changed {
		h.text = h.date + h.fields
	}
}

// holds makes the worker know the directives that hold where it is to read on. Those that
// it has read itself it knows.
func (w *Worker) holds(head string) {
	if head == w.heads.text {
		return
	}
	for line := range strings.SplitSeq(strings.TrimRight(head, "\n"), "\n") {
		w.directive([]byte(line))
	}
}
