package accesslog

import (
	"bytes"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/who"
)

// Why a line cannot be read; with noTime and impossibleTime all reasons there are.
const (
	noFormat = "no known format"
	noStatus = "no status"
	tooLong  = "longer than 64 KiB"
	notText  = "binary"
)

// Worker reads lines. It is memory for one goroutine: all results are the same without.
type Worker struct {
	p        *Parser
	g        *Grammar
	m        matcher
	clock    clock
	namer    *who.Namer
	first    int64  // the time of the first line
	period   uint64 // of the line at hand, by which its person is named
	over     bool   // a visit of the period before may go on
	asked    []askedSlot
	home     []byte // the journey of the home page
	persons  []personSlot
	befores  []personSlot // who they were in the period before; nil: nobody asked yet
	agents   []kindSlot
	forwards []forwardSlot
	scratch  []byte
	journeys names
	steps    names
	sets     labelSets
	blamed   []experience.Blame // behind the line at hand
	reasons  []experience.Blame // memory for what error logs say
	awaits   bool               // error logs may say more of the batch at hand
	pending  []pending          // of the batch at hand
	trying   bool               // whether a line is one is tried: it is read again
	counts   counts
	w3c      *Grammar // what the last #Fields said; nil: none did
	read     []int64  // lines of this call by Grammar.number
	notes    map[string]int64
	wrapped  *wrapped
	heads    heads // the directives that hold
}

// NewWorker returns a Worker that reads lines with g first, and with the other formats
// that are known where g does not fit. nil: with those alone.
func (p *Parser) NewWorker(g *Grammar) *Worker {
	if g == nil {
		g = p.c.known[0]
	}
	w := &Worker{
		p: p, g: g,
		namer:    who.NewNamer(p.o.Salts),
		persons:  make([]personSlot, personSlots),
		asked:    make([]askedSlot, askedSlots),
		home:     []byte("/"),
		agents:   make([]kindSlot, kindSlots),
		scratch:  make([]byte, 0, 512),
		journeys: newNames(),
		steps:    newNames(),
		sets:     newLabelSets(),
		counts:   newCounts(),
		read:     make([]int64, len(p.c.known)+2),
		notes:    map[string]int64{},
		wrapped:  newWrapped(),
	}
	if g.number == len(p.c.known)+1 {
		w.w3c = g
	}
	return w
}

// Parse appends the experiences of the lines in chunk to b, and counts them in its
// tally. It stops before a line that would not fit into b and returns what it has not
// read. chunk must end with a whole line; its line break may be missing.
func (w *Worker) Parse(chunk []byte, b *experience.Batch) (rest []byte) {
	w.open(b)
	rest = chunk
	for len(rest) > 0 && len(b.Items) < experience.MaxBatch {
		line, next := rest, []byte(nil)
		if n := bytes.IndexByte(rest, '\n'); n >= 0 {
			line, next = rest[:n], rest[n+1:]
		}
		w.line(line, b)
		rest = next
	}
	b.Tally.Bytes += int64(len(chunk) - len(rest))
	w.close(b)
	return rest
}

// open makes the worker ready to add to b, whoever filled it until now.
func (w *Worker) open(b *experience.Batch) {
	if len(b.Items) == 0 {
		w.pending = w.pending[:0]
	}
	if len(b.Steps) == 0 {
		b.Steps = append(b.Steps, "")
	}
	w.sets.open(&b.Labels)
	w.journeys.open(b.Journeys)
	w.steps.open(b.Steps)
	w.counts.open(&b.Tally)
}

// close writes what was counted on the way into b.
func (w *Worker) close(b *experience.Batch) {
	w.counts.close(&b.Tally)
	for n, lines := range w.read {
		if lines == 0 {
			continue
		}
		if b.Tally.Formats == nil {
			b.Tally.Formats = map[string]int64{}
		}
		b.Tally.Formats[w.grammar(n).name] += lines
		w.read[n] = 0
	}
	for format, lines := range w.notes {
		if b.Tally.Formats == nil {
			b.Tally.Formats = map[string]int64{}
		}
		b.Tally.Formats[format] += lines
		delete(w.notes, format)
	}
}

// grammar returns the grammar with number n.
func (w *Worker) grammar(n int) *Grammar {
	switch {
	case n < len(w.p.c.known):
		return w.p.c.known[n]
	case n > len(w.p.c.known):
		return w.w3c
	default:
		return w.g
	}
}

// line reads one line.
func (w *Worker) line(line []byte, b *experience.Batch) {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	if len(line) > 0 && line[0] == 0 { // a log that was truncated while it was written
		if line = bytes.TrimLeft(line, "\x00"); len(line) == 0 {
			line = []byte{0}
		}
	}
	if len(line) == 0 || (line[0] <= ' ' && onlySpace(line)) {
		return
	}
	line = unwrapped(line)
	if len(line) > 0 && line[0] == '#' && w.directive(line) {
		return
	}
	b.Tally.Lines++
	if len(line) > maxLine {
		w.reject(&b.Tally, tooLong, line)
		return
	}
	if w.g.inside {
		if inside := w.wrapped.inside(line); inside != nil {
			if w.whole(inside, b) == "" {
				return
			}
		}
	}
	why := w.whole(line, b)
	if why == "" {
		return
	}
	if inside := w.wrapped.inside(line); !w.g.inside && inside != nil && w.whole(inside, b) == "" {
		return
	}
	w.reject(&b.Tally, why, line)
}

// whole reads a line, or tells why it cannot.
func (w *Worker) whole(line []byte, b *experience.Batch) (why string) {
	g, ms, why := w.recognise(line)
	if why == "" {
		b.Tally.Parsed++
		w.read[g.number]++
		w.take(g, w.m.line(line), ms, b)
		return ""
	}
	if n, ok := noted(line); ok {
		b.Tally.Parsed++
		b.Tally.NoRequest++
		w.notes[n.format]++
		w.note(line)
		return ""
	}
	return why
}

// recognise finds the grammar that line fits, and its time; or why there is none.
func (w *Worker) recognise(line []byte) (g *Grammar, ms int64, why string) {
	first := ""
	if w.m.match(w.g, line, false) {
		if ms, why = w.clock.time(&w.m, w.g, w.m.line(line)); why == "" {
			return w.g, ms, ""
		}
		first = why
	}
	for _, g := range w.p.c.known {
		if g == w.g || !w.m.match(g, line, false) {
			continue
		}
		if ms, why = w.clock.time(&w.m, g, w.m.line(line)); why == "" {
			return g, ms, ""
		}
		if first == "" {
			first = why
		}
	}
	if first == "" {
		first = w.blame(line)
	}
	return nil, 0, first
}

// blame tells why line fits no grammar.
func (w *Worker) blame(line []byte) string {
	if bytes.IndexByte(line, 0) >= 0 {
		return notText
	}
	if !w.m.match(w.g, line, true) {
		return noFormat
	}
	if v := w.m.value(w.g, slotStatus, w.m.line(line)); len(v) != 3 && (w.g.flags == noFlags || !isCode(v)) || len(v) == 3 && number(v) < 0 {
		return noStatus
	}
	return noTime
}

// reject counts a line that cannot be read. The example is only made if it is kept.
func (w *Worker) reject(t *experience.Tally, why string, line []byte) {
	example := ""
	if len(t.Rejects[why].Examples) < experience.MaxExamples {
		example = shorten(line)
	}
	t.Reject(why, example)
}

// shorten makes line fit to show: printable and at most MaxExample bytes.
func shorten(line []byte) string {
	const dots = "..."
	cut := len(line) > experience.MaxExample
	if cut {
		line = line[:experience.MaxExample-len(dots)]
	}
	out := bytes.Clone(line)
	for i, c := range out {
		if c < ' ' || c > '~' {
			out[i] = '.'
		}
	}
	if cut {
		out = append(out, dots...)
	}
	return string(out)
}
