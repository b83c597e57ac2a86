package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/view"
)

// Text writes a as a summary for a terminal: who, when and how bad, in people and in
// time.
func Text(w io.Writer, a view.Answer, o Options) error {
	if o.Width == 0 {
		o.Width = 80
	}
	out := bufio.NewWriter(w)
	t := text{Reader: look.For(o.Tongue, o.Zone), a: a, out: out, width: max(o.Width, 40), color: o.Color}
	t.top()
	t.numbers()
	t.picture()
	t.moments()
	t.journeys()
	t.segments()
	t.behind()
	t.causes()
	t.incidents()
	t.masked()
	t.read()
	t.notes()
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write report as text: %w", err)
	}
	return nil
}

// text is a summary that is being written.
type text struct {
	look.Reader
	a     view.Answer
	out   *bufio.Writer // keeps the first error until Flush
	width int
	color bool
}

// paint is a colour of a terminal.
type paint string

// The colours: blue-green and orange-red, as on the pages.
const (
	bold  paint = "1"
	quiet paint = "2"
	good  paint = "36"
	hurt  paint = "91"
)

// in returns s in a colour, when there may be any.
func (t text) in(p paint, s string) string {
	if !t.color || s == "" {
		return s
	}
	return "\x1b[" + string(p) + "m" + s + "\x1b[0m"
}

// line writes one line that is known to fit.
func (t text) line(s string) { fmt.Fprintln(t.out, strings.TrimRight(s, " ")) }

// heading writes an empty line and a heading.
func (t text) heading(s string) {
	t.line("")
	t.say(bold, "", s)
}

// say writes sentences, broken between words; lines after the first begin with indent,
// and the first with the spaces that s begins with.
func (t text) say(p paint, indent, s string) {
	line, begin := "", s[:len(s)-len(strings.TrimLeft(s, " "))]
	for word := range strings.FieldsSeq(s) {
		for size(begin+word) > t.width && size(word) > t.width/2 {
			room := t.width - size(begin)
			if line != "" {
				t.line(t.in(p, line))
				line, begin = "", indent
				room = t.width - size(indent)
			}
			runes := []rune(word)
			t.line(t.in(p, begin+string(runes[:room])))
			word, begin = string(runes[room:]), indent
		}
		switch {
		case line == "":
			line = begin + word
		case size(line)+1+size(word) > t.width:
			t.line(t.in(p, line))
			line, begin = indent+word, indent
		default:
			line += " " + word
		}
	}
	if line != "" {
		t.line(t.in(p, line))
	}
}

// row writes columns: the first takes what the others leave. Numbers stand right.
func (t text) row(p paint, label string, columns ...column) {
	room := t.width - 2
	tail := ""
	for _, c := range columns {
		room -= c.width + 2
		tail += "  " + left(c.width, c.text)
	}
	room = min(room, 46)
	t.line("  " + right(room, t.Short(label, room)) + t.in(p, tail))
}

// column is a text that stands right in so many characters.
type column struct {
	width int
	text  string
}

// left returns s with spaces before it.
func left(width int, s string) string { return strings.Repeat(" ", max(0, width-size(s))) + s }

// right returns s with spaces behind it.
func right(width int, s string) string { return s + strings.Repeat(" ", max(0, width-size(s))) }

// capital returns s beginning with a capital letter.
func capital(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:n]) + s[n:]
}

// size returns how many characters wide s is.
func size(s string) int { return utf8.RuneCountInString(s) }

// top writes what must be known in ten seconds.
func (t text) top() {
	p := t.a.People
	when := t.T("no period: nothing was read that has a time")
	if t.a.Period.From != nil && t.a.Period.To != nil {
		when = t.Period(*t.a.Period.From, *t.a.Period.To) + " · " + t.ZoneName()
	}
	t.say(quiet, "", when)
	t.line("")
	t.say(bold, "", t.headline())
	if p.Active < look.FewPeople {
		t.say("0", "", t.Certainty(p.Active, p.Interval95[0], p.Interval95[1]))
	}
	if p.Active <= 0 {
		return
	}
	harm := quiet
	if p.Hurt > 0 {
		harm = hurt
	}
	t.say(harm, "", t.Harm(p.Active, p.Hurt, t.a.GaveUp.People, t.a.FeltUptime.DownMS))
	list := windows(t.a.Windows)
	if w, ok := look.WindowNear(list, 60); ok && *w.Worst < 1 {
		t.say("0", "", capital(t.WindowName(w.Minutes))+": "+t.WindowWords(w)+".")
	}
	t.say("0", "", t.ShapeSentence(list))
}

// headline returns the sentence of the page with its share in it.
func (t text) headline() string {
	p := t.a.People
	if p.Active < 2 || p.FlawlessShare == nil || p.Interval95[0] == nil || p.Interval95[1] == nil {
		return t.Headline(p.Active, p.Flawless)
	}
	low, high := t.Interval(*p.Interval95[0], *p.Interval95[1])
	return t.T("%s of %s people (%s, between %s and %s) had a flawless time.",
		t.Count(p.Flawless), t.Count(p.Active), t.Share(p.FlawlessShare), low, high)
}

// numbers writes the shares beside each other: felt, paper, and what others show.
func (t text) numbers() {
	if t.a.People.Active <= 0 {
		return
	}
	t.line("")
	for _, n := range []struct {
		name  string
		share *float64
		why   string
	}{
		{t.T("Felt uptime"), t.a.FeltUptime.Ratio, t.T("of people’s time, giving up and waiting counted")},
		{t.T("User-uptime"), t.a.UserUptime.Ratio, t.T("of people’s time, as in the NSDI 2020 paper")},
		{t.T("Visits"), t.a.Visits.GoodShare, t.T("of %s visits were good", t.Count(t.a.Visits.Total))},
		{t.T("Requests"), t.a.Requests.SuccessRatio, t.T("of %s succeeded: what machines would say", t.Count(t.a.Requests.Total))},
	} {
		if n.share == nil {
			continue
		}
		share := t.Share(n.share)
		line := "  " + right(15, n.name) + left(12, share)
		if size(line)+2+size(n.why) > t.width {
			t.line(line)
			continue
		}
		t.line(line + "  " + t.in(quiet, n.why))
	}
}
