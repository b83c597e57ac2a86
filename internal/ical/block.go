package ical

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-ical"
)

// block is what stands between BEGIN and END, with the lines that we use.
type block struct {
	name   string
	line   int
	lines  []line
	inner  []*block
	broken bool // it has no END of its own
}

// sound is a line that the decoder can read. It panics on some of the others.
var sound = regexp.MustCompile(`^[A-Za-z0-9-]+(;[A-Za-z0-9-]+=("[^"]*"|[^";:,]*)(,("[^"]*"|[^";:,]*))*)*:`)

// used reports whether we use the property of a line. What is not used cannot break an event.
func used(text string) bool {
	name := text
	if i := strings.IndexAny(text, ";:"); i >= 0 {
		name = text[:i]
	}
	return slices.Contains([]string{
		"UID", "SEQUENCE", "SUMMARY", "STATUS", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXRULE", "EXDATE",
		"RECURRENCE-ID", "TZID", "TZOFFSETFROM", "TZOFFSETTO", "X-LIC-LOCATION", "X-WR-TIMEZONE", "METHOD",
	}, strings.ToUpper(name))
}

// alone reports whether a block never stands within one of its own kind or of another
// of these: where it does, an END is missing.
func alone(name string) bool {
	return slices.Contains([]string{"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE"}, name)
}

// split returns a block that holds all blocks of the lines. It never fails: a block that
// is not closed is broken, and everything else is whole.
func split(lines []line) *block {
	open := []*block{{}}
	upTo := func(depth int) {
		for len(open) > depth {
			last := open[len(open)-1]
			open = open[:len(open)-1]
			open[len(open)-1].inner = append(open[len(open)-1].inner, last)
		}
	}
	for _, l := range lines {
		name, value, _ := strings.Cut(l.text, ":")
		value = strings.ToUpper(strings.TrimSpace(value))
		switch strings.ToUpper(name) {
		case "BEGIN":
			within := slices.IndexFunc(open, func(b *block) bool { return alone(b.name) })
			if value == "VCALENDAR" {
				within = min(1, len(open)-1)
			}
			if within > 0 && (alone(value) || value == "VCALENDAR") {
				open[within].broken = true
				upTo(within)
			}
			open = append(open, &block{name: value, line: l.number})
		case "END":
			at := len(open) - 1
			for at > 0 && open[at].name != value {
				at--
			}
			if at == 0 {
				continue // the end of nothing
			}
			for _, b := range open[at+1:] {
				b.broken = true
			}
			upTo(at)
		default:
			if top := open[len(open)-1]; used(l.text) {
				top.lines = append(top.lines, l)
			}
		}
	}
	for _, b := range open[1:] {
		b.broken = true
	}
	upTo(1)
	return open[0]
}

// props decodes the lines of b. A line that cannot be read is an error: every line that
// is kept is needed.
func (b *block) props() (ical.Props, error) {
	var text strings.Builder
	text.WriteString("BEGIN:VCALENDAR\n")
	for _, l := range b.lines {
		if !sound.MatchString(l.text) {
			return nil, mistake{l.number, fmt.Sprintf("%.40q cannot be read", l.text), "write it as in RFC 5545, 3.1"}
		}
		text.WriteString(strings.ReplaceAll(l.text, "\r", "") + "\n")
	}
	text.WriteString("END:VCALENDAR\n")
	decoded, err := ical.NewDecoder(strings.NewReader(text.String())).Decode()
	if err != nil {
		return nil, mistake{b.line, "cannot be read: " + strings.TrimPrefix(err.Error(), "ical: "), "write it as in RFC 5545, 3.1"}
	}
	return decoded.Props, nil
}

// at returns the line of a property, or of b if it has none.
func (b *block) at(name string) int {
	for _, l := range b.lines {
		if len(l.text) > len(name) && strings.EqualFold(l.text[:len(name)], name) && (l.text[len(name)] == ':' || l.text[len(name)] == ';') {
			return l.number
		}
	}
	return b.line
}

// mistake is something in a file that cannot be used.
type mistake struct {
	line      int
	what, fix string
}

// Error says where, what, and the way out.
func (m mistake) Error() string { return fmt.Sprintf("line %d: %s (fix: %s)", m.line, m.what, m.fix) }
