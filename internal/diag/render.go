package diag

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// How the picture looks on a terminal.
const (
	bold  = "\x1b[1m"
	red   = "\x1b[1;31m"
	green = "\x1b[32m"
	blue  = "\x1b[34m"
	plain = "\x1b[0m"
)

const (
	maxCells  = 120 // a longer line is cut: most terminals are not wider
	leadCells = 40  // so much of a cut line stands before the mistake
	tabCells  = 4
)

// Render draws each problem with its line and carets under what is wrong, in the
// order of their places:
//
//	honderd.yaml:12:11: "8" is not a duration
//	   |
//	12 | patience: 8
//	   |           ^ fix: write 8s
func (ps Problems) Render(w io.Writer, color bool) error {
	var out bytes.Buffer
	for i, p := range ps.sorted() {
		if i > 0 {
			out.WriteByte('\n')
		}
		p.render(&out, pen(color))
	}
	_, err := w.Write(out.Bytes())
	return err
}

// pen writes in colour, or not.
type pen bool

func (c pen) ink(style, text string) string {
	if !c || text == "" {
		return text
	}
	return style + text + plain
}

func (p Problem) render(out *bytes.Buffer, c pen) {
	fmt.Fprintln(out, c.ink(bold, p.headline()))
	fix := ""
	if p.Fix != "" {
		fix = c.ink(green, "fix: "+p.Fix)
	}
	if p.Line <= 0 || p.Source == "" && p.Column <= 1 {
		if fix != "" {
			fmt.Fprintln(out, "  "+fix)
		}
		return
	}
	number := fmt.Sprintf("%2d", p.Line)
	margin := strings.Repeat(" ", len(number))
	line, indent, carets := p.draw()
	fmt.Fprintln(out, c.ink(blue, margin+" |"))
	fmt.Fprintln(out, strings.TrimRight(c.ink(blue, number+" |")+" "+line, " "))
	under := strings.Repeat(" ", indent) + c.ink(red, strings.Repeat("^", carets))
	if fix != "" {
		under += " " + fix
	}
	fmt.Fprintln(out, c.ink(blue, margin+" |")+" "+under)
}

// draw returns the source line as it is shown, how far its carets are indented, and
// how many there are.
func (p Problem) draw() (line string, indent, carets int) {
	cells := cellsOf(p.Source)
	first := min(max(p.Column-1, 0), len(cells))
	past := min(first+max(p.Length, 1), len(cells))

	from, to := 0, len(cells)
	if widthOf(cells) > maxCells {
		for from = first; from > 0 && widthOf(cells[from-1:first]) <= leadCells; {
			from--
		}
		for to = from; to < len(cells) && widthOf(cells[from:to+1]) <= maxCells; {
			to++
		}
	}
	var b strings.Builder
	if from > 0 {
		b.WriteString("…")
		indent = 1
	}
	for _, cell := range cells[from:to] {
		b.WriteString(cell.text)
	}
	if to < len(cells) {
		b.WriteString("…")
	}
	indent += widthOf(cells[from:first])
	return b.String(), indent, max(1, widthOf(cells[first:max(first, min(past, to))]))
}

// cell is one character as it is shown, and how wide that is.
type cell struct {
	text  string
	width int
}

// cellsOf returns the characters of line as they are shown: a tab as spaces, and what
// a terminal would obey instead of show as a mark.
func cellsOf(line string) []cell {
	var cells []cell
	at := 0
	for _, r := range line {
		next := cell{string(r), widthOfRune(r)}
		switch {
		case r == '\t':
			n := tabCells - at%tabCells
			next = cell{strings.Repeat(" ", n), n}
		case isHidden(r):
			next = cell{"�", 1}
		}
		cells = append(cells, next)
		at += next.width
	}
	return cells
}

func widthOf(cells []cell) int {
	n := 0
	for _, c := range cells {
		n += c.width
	}
	return n
}
