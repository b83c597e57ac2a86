package ical

import (
	_ "embed" // the names that Windows has for zones
	"regexp"
	"strconv"
	"strings"
	"time"
)

// windows says which zone a name of Windows is, one a line. It is the table of the Unicode
// CLDR, as in Go's own time package.
//
//go:embed windows.txt
var windows string

// offset is a zone that is only a distance to UTC.
var offset = regexp.MustCompile(`^(?:UTC|GMT)([+-])(\d{1,2}):?(\d{2})?$`)

// zones finds the zones that a file names.
type zones struct {
	defined map[string]*block         // VTIMEZONE by TZID
	found   map[string]*time.Location // nil: unknown
}

// find returns the zone named id: the one that the world knows by that name, else the one
// that the file defines, else nil.
func (z *zones) find(id string) *time.Location {
	id = strings.Trim(strings.TrimSpace(id), `"`)
	zone, known := z.found[id]
	if known {
		return zone
	}
	zone = worldly(id)
	if b := z.defined[id]; b != nil && zone == nil {
		if p, err := b.props(); err == nil && p.Get("X-LIC-LOCATION") != nil {
			zone = worldly(p.Get("X-LIC-LOCATION").Value)
		}
		if zone == nil {
			zone = location(b)
		}
	}
	z.found[id] = zone
	return zone
}

// worldly returns the zone that the world knows as id, or nil. Mail programs write
// names like /mozilla.org/20050126_1/Europe/Berlin.
func worldly(id string) *time.Location {
	for line := range strings.Lines(windows) {
		name, iana, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if strings.EqualFold(name, id) {
			return load(iana)
		}
	}
	if m := offset.FindStringSubmatch(strings.ToUpper(id)); m != nil {
		hours, _ := strconv.Atoi(m[2])
		minutes, _ := strconv.Atoi(m[3])
		seconds := (hours*60 + minutes) * 60
		if m[1] == "-" {
			seconds = -seconds
		}
		if hours < 24 {
			return time.FixedZone(id, seconds)
		}
	}
	for {
		if zone := load(id); zone != nil {
			return zone
		}
		_, rest, more := strings.Cut(id, "/")
		if !more || !strings.Contains(rest, "/") {
			return nil
		}
		id = rest
	}
}

// load returns the zone that the time zone database has under name, or nil.
func load(name string) *time.Location {
	if name == "" || name == "Local" { // of the machine: the same file must mean the same everywhere
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return zone
}
