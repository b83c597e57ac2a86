package accesslog

import (
	"errors"
	"fmt"
	"strings"
)

// readApache splits a LogFormat into items. Unknown directives are read over.
//
// Source: httpd.apache.org, mod_log_config and mod_logio.
func readApache(format string) ([]item, error) {
	var items []item
	for format != "" {
		percent := strings.IndexByte(format, '%')
		if percent < 0 {
			return append(items, item{literal: format}), nil
		}
		if percent > 0 {
			items = append(items, item{literal: format[:percent]})
		}
		more, rest, err := apacheDirective(format[percent+1:])
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
		format = rest
	}
	return items, nil
}

// apacheDirective cuts one directive from s, which stands after %: conditions on the
// status, which request after a redirect, an argument, and a letter.
func apacheDirective(s string) (items []item, rest string, err error) {
	whole := s
	if strings.HasPrefix(s, "%") {
		return []item{{literal: "%"}}, s[1:], nil
	}
	s = strings.TrimLeft(s, "!0123456789,")
	which := byte(0)
	for s != "" && (s[0] == '<' || s[0] == '>') {
		which, s = s[0], s[1:]
	}
	arg := ""
	if strings.HasPrefix(s, "{") {
		var ok bool
		if arg, s, ok = strings.Cut(s[1:], "}"); !ok {
			return nil, "", fmt.Errorf("%%{%s has no end (fix: close it with })", shorten([]byte(arg)))
		}
	}
	if s == "" {
		return nil, "", fmt.Errorf("%%%s at the end is cut off (fix: write its letter)", whole)
	}
	letter, rest := s[:1], s[1:]
	if letter == "^" && len(s) >= 3 { // %{X}^ti, %{X}^to: trailers
		letter, rest = s[:3], s[3:]
	}
	if letter == "t" {
		items, err = apacheTime(arg)
		return items, rest, err
	}
	f := apacheField(letter, arg, which)
	return []item{{field: &f}}, rest, nil
}

// apacheField returns what a directive means: letter, its argument, and < or > for the
// request before or after internal redirects.
func apacheField(letter, arg string, which byte) field {
	f := field{name: "%" + letter, shape: text}
	switch letter {
	case "h", "a":
		f = field{name: "remote_addr", slot: slotAddress, shape: word}
		if arg == "c" {
			f = field{name: "realip_remote_addr", slot: slotPeer, shape: word}
		}
	case "u":
		f.name = "remote_user"
	case "r":
		f = field{name: "request", slot: slotRequest, shape: text}
	case "m":
		f = field{name: "request_method", slot: slotMethod, shape: word}
	case "U":
		f = field{name: "uri", slot: slotTarget, shape: text}
	case "q":
		f.name = "args"
	case "s":
		f = field{name: "status", slot: slotStatus, shape: word, fit: fitStatus}
		if which != '>' {
			f = field{name: "original_status", slot: slotOriginal, shape: word, fit: fitStatus}
		}
	case "D":
		f = field{name: "request_time", slot: slotMicros, shape: word}
	case "T":
		f = field{name: "request_time", slot: slotSeconds, shape: word}
		switch arg {
		case "ms":
			f.slot = slotMillis
		case "us":
			f.slot = slotMicros
		}
	case "i":
		f = nginxField(headerName(arg))
	case "C":
		f.name = "cookie_" + strings.ToLower(arg)
	case "e":
		f.name = strings.ToLower(arg)
		switch arg {
		case "BALANCER_ROUTE_CHANGED":
			f.slot, f.shape = slotChanged, word
		case "BALANCER_SESSION_ROUTE":
			f.slot, f.shape = slotSession, word
		}
	case "o":
		f.name = "sent_" + headerName(arg)
	case "l", "b", "B", "O", "I", "S", "v", "V", "p", "X", "k", "L", "P", "R", "H":
		f.shape = word
	}
	return f
}

// apacheTime returns the items of %t or %{format}t.
func apacheTime(format string) ([]item, error) {
	end := false
	if after, ok := strings.CutPrefix(format, "begin:"); ok {
		format = after
	} else if after, ok := strings.CutPrefix(format, "end:"); ok {
		format, end = after, true
	}
	at := func(s slot, name string, width int) item {
		f := field{slot: s, name: name, shape: word, fit: fitNumber}
		if width > 0 {
			f.shape, f.width, f.fit = fixed, width, fitAny
		}
		if end {
			f.name = endOfRequest
		}
		return item{field: &f}
	}
	switch format {
	case "":
		clf := at(slotTime, "time_local", 0)
		clf.field.shape, clf.field.fit = text, fitTime
		return []item{{literal: "["}, clf, {literal: "]"}}, nil
	case "sec":
		return []item{at(slotEpoch, "time", 0)}, nil
	case "msec":
		return []item{at(slotEpochMS, "time", 0)}, nil
	case "usec":
		return []item{at(slotEpochUS, "time", 0)}, nil
	case "msec_frac":
		return []item{at(slotMilli, "time", 3)}, nil
	case "usec_frac":
		return []item{at(slotMicro, "time", 6)}, nil
	}
	return strftime(format, at)
}

// endOfRequest is the name of times that Apache takes at the end instead of the start.
const endOfRequest = "time at the end"

// strftime returns the items of a time format of the C library.
func strftime(format string, at func(s slot, name string, width int) item) ([]item, error) {
	var items []item
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			items = append(items, item{literal: format[i : i+1]})
			continue
		}
		if i++; i == len(format) {
			return nil, errors.New("the time format ends in % (fix: write its letter)")
		}
		if long, ok := strftimeLong(format[i]); ok {
			more, err := strftime(long, at)
			if err != nil {
				return nil, err
			}
			items = append(items, more...)
			continue
		}
		items = append(items, strftimeShort(format[i], at))
	}
	return items, nil
}

// strftimeLong returns what a letter is short for.
func strftimeLong(letter byte) (string, bool) {
	switch letter {
	case 'T':
		return "%H:%M:%S", true
	case 'R':
		return "%H:%M", true
	case 'F':
		return "%Y-%m-%d", true
	case 'D':
		return "%m/%d/%y", true
	case 'r':
		return "%I:%M:%S %p", true
	case 'c':
		return "%a %b %e %H:%M:%S %Y", true
	default:
		return "", false
	}
}

// strftimeShort returns the item of one letter.
func strftimeShort(letter byte, at func(s slot, name string, width int) item) item {
	switch letter {
	case 'Y':
		return at(slotYear, "time", 4)
	case 'y':
		return at(slotYear2, "time", 2)
	case 'm':
		return at(slotMonth, "time", 2)
	case 'b', 'h':
		return at(slotMonthName, "time", 3)
	case 'B':
		return item{field: &field{slot: slotMonthName, name: "time", shape: word}}
	case 'd', 'e':
		return at(slotDay, "time", 2)
	case 'H', 'k':
		return at(slotHour, "time", 2)
	case 'I', 'l':
		return at(slotHour12, "time", 2)
	case 'p', 'P':
		return at(slotHalf, "time", 2)
	case 'M':
		return at(slotMinute, "time", 2)
	case 'S':
		return at(slotSecond, "time", 2)
	case 'z':
		return at(slotZone, "time", 5)
	case 's':
		return at(slotEpoch, "time", 0)
	case 'n':
		return item{literal: "\n"}
	case 't':
		return item{literal: "\t"}
	case '%':
		return item{literal: "%"}
	default: // names of days and zones, numbers of weeks
		return item{field: &field{name: "time", shape: word}}
	}
}
