package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/honderd/honderd/moment"
)

// Written returns m as package moment reads it. It has no zone when none is written.
func (m Moment) Written() moment.Written {
	return moment.Written{
		Name: m.Name, Zone: m.Zone, Weekly: m.Weekly, Calendar: m.Calendar, Only: m.Only, RRule: m.RRule,
		Start: m.Start, Holidays: m.Holidays, Busy: m.Busy, Lasts: m.Lasts, Except: m.Except,
	}
}

// validate reports what no single key of m can show.
func (m Moment) validate() error {
	errs := []error{m.Written().Validate()}
	if m.Calendar == "" && m.Only != "" {
		errs = append(errs, errors.New("only is for the events of a calendar (fix: write calendar too, or take only out)"))
	}
	if m.RRule == "" && (m.Start != "" || m.Lasts != 0) {
		errs = append(errs, errors.New("start and lasts are for a rule (fix: write rrule too, or take them out)"))
	}
	return momentError(errors.Join(errs...), m.Name)
}

// momentError takes from an error of package moment what moment it is of, which its
// place says already, and joins what it says on each line.
func momentError(err error, name string) error {
	var errs []error
	for _, one := range flat(err) {
		text := strings.TrimPrefix(one.Error(), fmt.Sprintf("moment %q: ", name))
		for line := range strings.SplitSeq(text, "\n") {
			errs = append(errs, errors.New(line))
		}
	}
	return errors.Join(errs...)
}

// momentKind returns the kind of one key of a moment.
func momentKind(is string) (kind, bool) {
	filled := func(noun, example string) (kind, bool) {
		return kind{noun: noun, example: example, text: true, read: readSaid(noun, example)}, true
	}
	checked := func(noun, example string, alone func(text string) moment.Written) (kind, bool) {
		return kind{noun: noun, example: example, text: true, read: func(text string) (any, error) {
			if _, err := readSaid(noun, example)(text); err != nil {
				return nil, err
			}
			return text, momentError(alone(text).Validate(), "")
		}}, true
	}
	switch is {
	case "moment":
		k, _ := filled("the name of a moment", "opening hours")
		k.once = true
		return k, true
	case "weekly":
		return checked("days and hours", "Mon-Fri 09:00-17:30", func(text string) moment.Written { return moment.Written{Weekly: text} })
	case "country":
		return checked("the code of a country", "nl", func(text string) moment.Written { return moment.Written{Holidays: text} })
	case "rrule":
		return checked("a recurrence rule", "FREQ=MONTHLY;BYMONTHDAY=-1", func(text string) moment.Written {
			return moment.Written{RRule: text, Start: "2026-01-31T09:00", Lasts: time.Hour}
		})
	case "start":
		return checked("a local time", "2026-01-31T09:00", func(text string) moment.Written {
			return moment.Written{RRule: "FREQ=DAILY", Start: text, Lasts: time.Hour}
		})
	case "calendar":
		return filled("the path or address of an iCalendar file", "holidays.ics")
	case "summary":
		return filled("a part of a summary", "Opening")
	case "lasts":
		return kind{noun: "a duration", example: "8h", pattern: durations, read: readLasts}, true
	case "percent":
		return kind{noun: "a percentage", example: "50%", pattern: `^[0-9]+%$`, read: readPercent}, true
	}
	return kind{}, false
}

// readSaid reads a text that must not be blank.
func readSaid(noun, example string) func(string) (any, error) {
	return func(text string) (any, error) {
		if strings.TrimSpace(text) == "" {
			return nil, fmt.Errorf("there is nothing in these quotes (fix: write %s, such as %s)", noun, example)
		}
		return text, nil
	}
}

// readLasts reads how long an occurrence lasts.
func readLasts(text string) (any, error) {
	d, err := readDuration(text)
	if err == nil && d == time.Duration(0) {
		return nil, errors.New("a moment of 0 never is (fix: write how long it lasts, such as 8h)")
	}
	return d, err
}

func readPercent(text string) (any, error) {
	n, err := strconv.Atoi(strings.TrimSuffix(text, "%"))
	switch {
	case err != nil || n < 1 || n > 99:
		return nil, fmt.Errorf("%q is not a percentage from 1%% to 99%% (fix: write 50%%)", text)
	case !strings.HasSuffix(text, "%"):
		return nil, fmt.Errorf("%q is not a percentage (fix: write %d%%)", text, n)
	}
	return strconv.Itoa(n) + "%", nil
}
