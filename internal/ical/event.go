package ical

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-ical"

	"github.com/honderd/honderd/internal/ical/wall"
)

// entry is one VEVENT: an event, with all its repetitions, or one repetition that was
// changed.
type entry struct {
	uid, summary string
	line         int
	sequence     int
	cancelled    bool
	start        stamp
	length       length
	worded       time.Duration // what the wall says that it lasts, if length is nothing
	rules, not   []Rule
	more         []extra
	except       exceptions
	replaces     *stamp // the repetition that this is instead of
}

// extra is one more time at which something happens, with its own length if it has one.
type extra struct {
	start  stamp
	length length
}

// exceptions are repetitions that do not happen, by instant or by day.
type exceptions struct {
	instants map[int64]bool
	days     map[time.Time]bool
}

func (x *exceptions) add(s stamp) {
	if x.instants == nil {
		x.instants, x.days = map[int64]bool{}, map[time.Time]bool{}
	}
	if s.date {
		x.days[s.wall] = true
	} else {
		x.instants[s.first().Unix()] = true
	}
}

func (x *exceptions) has(s stamp) bool {
	return x.instants[s.first().Unix()] || x.days[s.wall.Truncate(24*time.Hour)]
}

// entryReader reads the VEVENTs of one file.
type entryReader struct {
	zone  *time.Location // of times that name none
	zones *zones
	left  *int // effort
}

// read returns the event of a block. Any mistake in what we use is an error.
func (r *entryReader) read(b *block) (*entry, error) {
	props, err := b.props()
	if err != nil {
		return nil, err
	}
	text := func(name string) string {
		if p := props.Get(name); p != nil {
			return unescape(p.Value)
		}
		return ""
	}
	e := &entry{uid: text("UID"), summary: text("SUMMARY"), line: b.line}
	e.sequence, _ = strconv.Atoi(strings.TrimSpace(text("SEQUENCE"))) // 0 is what an absent one means
	e.cancelled = strings.EqualFold(strings.TrimSpace(text("STATUS")), "CANCELLED")
	steps := []struct {
		name string
		read func(e *entry, p ical.Prop) error
	}{
		{"DTSTART", r.start}, {"DTEND", r.end}, {"DURATION", r.duration}, {"RRULE", r.rule}, {"EXRULE", r.rule},
		{"RDATE", r.dates}, {"EXDATE", r.dates}, {"RECURRENCE-ID", r.recurrence},
	}
	if props.Get("DTSTART") == nil {
		return nil, mistake{b.line, "it has no DTSTART", "say when it begins"}
	}
	for _, step := range steps {
		for _, p := range props.Values(step.name) {
			if err := step.read(e, p); err != nil {
				what, fix, _ := strings.Cut(strings.TrimSuffix(err.Error(), ")"), " (fix: ")
				return nil, mistake{b.at(step.name), step.name + " " + what, fix}
			}
		}
	}
	if e.start.date && e.length == (length{}) && e.worded == 0 {
		e.length.days = 1
	}
	return e, nil
}

// stamp reads one time of a property.
func (r *entryReader) stamp(p ical.Prop, text string) (stamp, error) {
	s, err := parseStamp(text, r.zone)
	if err != nil || s.date || strings.HasSuffix(strings.ToUpper(strings.TrimSpace(text)), "Z") {
		return s, err
	}
	if id := p.Params.Get("TZID"); id != "" {
		if s.zone = r.zones.find(id); s.zone == nil {
			return s, fmt.Errorf("names the zone %.60q, which nobody knows (fix: write a zone as Europe/Amsterdam, or add its VTIMEZONE)", id)
		}
	}
	return s, nil
}

func (r *entryReader) start(e *entry, p ical.Prop) (err error) {
	e.start, err = r.stamp(p, p.Value)
	return err
}

// end keeps what the wall says: an event from 22:00 to 06:00 ends at 06:00 in the night
// in which the clock is changed too.
func (r *entryReader) end(e *entry, p ical.Prop) error {
	end, err := r.stamp(p, p.Value)
	if err != nil {
		return err
	}
	if end.zone != e.start.zone {
		end.wall = wall.Clock(end.first(), e.start.zone)
	}
	if e.worded = end.wall.Sub(e.start.wall); e.worded < 0 {
		return errors.New("is before its begin (fix: swap DTSTART and DTEND)")
	}
	return nil
}

func (r *entryReader) duration(e *entry, p ical.Prop) (err error) {
	e.length, err = parseLength(p.Value)
	return err
}

func (r *entryReader) rule(e *entry, p ical.Prop) error {
	rule, err := ParseRule(p.Value, e.start.zone)
	if err != nil {
		return err
	}
	if p.Name == "EXRULE" {
		e.not = append(e.not, rule)
		return nil
	}
	happens, err := rule.happens(e.start.wall, r.left)
	if err != nil {
		return fmt.Errorf("cannot be worked out: %w (fix: remove rules that never happen)", err)
	}
	if !happens {
		return errors.New("is a rule that never happens (fix: change its days)")
	}
	e.rules = append(e.rules, rule)
	return nil
}

// dates reads RDATE and EXDATE: times, days or periods, with commas between.
func (r *entryReader) dates(e *entry, p ical.Prop) error {
	for item := range strings.SplitSeq(p.Value, ",") {
		if strings.TrimSpace(item) == "" {
			continue
		}
		begin, end, period := strings.Cut(item, "/")
		s, err := r.stamp(p, begin)
		if err != nil {
			return err
		}
		x := extra{start: s}
		if period {
			if x.length, err = r.until(p, s, end); err != nil {
				return err
			}
		}
		if p.Name == "EXDATE" {
			e.except.add(s)
		} else {
			e.more = append(e.more, x)
		}
	}
	return nil
}

// until reads the second half of a period: a time or a duration.
func (r *entryReader) until(p ical.Prop, from stamp, text string) (length, error) {
	if strings.HasPrefix(strings.ToUpper(text), "P") {
		return parseLength(text)
	}
	to, err := r.stamp(p, text)
	if err != nil {
		return length{}, err
	}
	return length{more: max(0, to.first().Sub(from.first()))}, nil
}

func (r *entryReader) recurrence(e *entry, p ical.Prop) error {
	s, err := r.stamp(p, p.Value)
	if err != nil {
		return err
	}
	if p.Params.Get("RANGE") != "" {
		return errors.New("changes all later repetitions too, which is not supported (fix: end the first series and begin a new one)")
	}
	e.replaces = &s
	return nil
}

// unescape returns the text that a TEXT value stands for.
func unescape(value string) string {
	return strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\\`, `\`, `\;`, ";", `\,`, ",").Replace(value)
}
