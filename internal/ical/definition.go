package ical

import (
	"encoding/binary"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// change is an instant from which the clocks of a zone are so many seconds ahead of UTC.
type change struct {
	at     time.Time
	before int
	ahead  int
}

// definedUntil is how far ahead a definition is worked out.
const definedUntil = 2100

// location returns the zone that a VTIMEZONE defines, nil if it does not make sense.
func location(b *block) *time.Location {
	var changes []change
	for _, part := range b.inner {
		if part.name == "STANDARD" || part.name == "DAYLIGHT" {
			list, err := part.changes()
			if err != nil {
				return nil
			}
			changes = append(changes, list...)
		}
	}
	if len(changes) == 0 {
		return nil
	}
	slices.SortStableFunc(changes, func(a, b change) int { return a.at.Compare(b.at) })
	zone, err := time.LoadLocationFromTZData("as defined in the calendar", compile(changes))
	if err != nil {
		return nil
	}
	return zone
}

// changes returns when the clocks change to what a STANDARD or DAYLIGHT says.
func (b *block) changes() ([]change, error) {
	props, err := b.props()
	if err != nil {
		return nil, err
	}
	text := func(name string) string {
		if p := props.Get(name); p != nil {
			return p.Value
		}
		return ""
	}
	from, err := parseOffset(text("TZOFFSETFROM"))
	if err != nil {
		return nil, err
	}
	to, err := parseOffset(text("TZOFFSETTO"))
	if err != nil {
		return nil, err
	}
	start, err := parseStamp(text("DTSTART"), time.UTC)
	if err != nil {
		return nil, err
	}
	walls := []time.Time{start.wall}
	if rule := text("RRULE"); rule != "" {
		r, err := ParseRule(rule, time.FixedZone("", from))
		if err != nil {
			return nil, err
		}
		more, err := r.Between(start.wall, start.wall, time.Date(definedUntil, 1, 1, 0, 0, 0, 0, time.UTC))
		if err != nil {
			return nil, err
		}
		walls = append(walls, more...)
	}
	for _, p := range props.Values("RDATE") {
		for item := range strings.SplitSeq(p.Value, ",") {
			if s, err := parseStamp(item, time.UTC); err == nil {
				walls = append(walls, s.wall)
			}
		}
	}
	var list []change
	for _, w := range walls {
		list = append(list, change{w.Add(-time.Duration(from) * time.Second), from, to})
	}
	return list, nil
}

// utcOffset is a UTC-OFFSET of RFC 5545, 3.3.14.
var utcOffset = regexp.MustCompile(`^([+-])([01]\d|2[0-3])([0-5]\d)([0-5]\d)?$`)

func parseOffset(text string) (seconds int, err error) {
	m := utcOffset.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return 0, fmt.Errorf("%.40q is no distance to UTC (fix: write +0100)", text)
	}
	for _, part := range m[2:] {
		n, _ := strconv.Atoi("0" + part)
		seconds = seconds*60 + n
	}
	if m[1] == "-" {
		seconds = -seconds
	}
	return seconds, nil
}

// compile writes changes in the form of RFC 8536, which is how the time package can be told of a zone.
func compile(changes []change) []byte {
	offsets := []int{changes[0].before} // the first is what holds before all changes
	var times, kinds []byte
	for _, c := range changes {
		kind := slices.Index(offsets, c.ahead)
		if kind < 0 && len(offsets) < 256 {
			kind = len(offsets)
			offsets = append(offsets, c.ahead)
		}
		if kind >= 0 {
			times = binary.BigEndian.AppendUint64(times, uint64(c.at.Unix()))
			kinds = append(kinds, byte(kind))
		}
	}
	head := func(times, kinds, letters int) []byte {
		b := append([]byte("TZif2"), make([]byte, 15+3*4)...)
		for _, n := range []int{times, kinds, letters} {
			b = binary.BigEndian.AppendUint32(b, uint32(n))
		}
		return b
	}
	data := append(head(0, 0, 0), head(len(kinds), len(offsets), 1)...)
	data = append(append(data, times...), kinds...)
	for _, seconds := range offsets {
		data = append(binary.BigEndian.AppendUint32(data, uint32(int32(seconds))), 0, 0)
	}
	return append(data, 0)
}
