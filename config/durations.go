package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxDays is a hundred years: more is a slip of the finger, and would overflow.
const maxDays = 36500

// durations is how an editor knows a duration.
const durations = `^([0-9.]+(ns|us|µs|ms|s|m|h|d|w))+$`

// readDuration reads 8s, 1.5h, 14d or 1w12h; and 0, which needs no unit.
func readDuration(text string) (any, error) {
	d, ok := duration(text)
	switch {
	case !ok:
		return nil, fmt.Errorf("%q is not a duration (fix: write %s)", text, meantDuration(text))
	case d < 0:
		return nil, fmt.Errorf("%q is negative (fix: write 0 or more)", text)
	}
	return d, nil
}

// readCutoff reads a duration that is not 0.
func readCutoff(text string) (any, error) {
	d, err := readDuration(text)
	if err == nil && d == time.Duration(0) {
		return nil, fmt.Errorf("a cut-off of 0 would make every step a visit (fix: write 30m, or take the line out to have it learned)")
	}
	return d, err
}

// readEvery reads how often something happens: at most every second.
func readEvery(text string) (any, error) {
	d, err := readDuration(text)
	if err == nil && d.(time.Duration) < time.Second {
		return nil, fmt.Errorf("%q is too often (fix: write 1s or more)", text)
	}
	return d, err
}

// duration is time.ParseDuration with weeks and days.
func duration(text string) (time.Duration, bool) {
	var long time.Duration
	rest := text
	for _, unit := range []struct {
		name string
		days float64
	}{{"w", 7}, {"d", 1}} {
		number, after, found := strings.Cut(rest, unit.name)
		if !found {
			continue
		}
		n, err := strconv.ParseFloat(number, 64)
		if err != nil || strings.Trim(number, "0123456789.") != "" || n*unit.days > maxDays {
			return 0, false
		}
		long += time.Duration(n * unit.days * float64(24*time.Hour))
		rest = after
	}
	if rest == "" {
		return long, text != ""
	}
	short, err := time.ParseDuration(rest)
	if err != nil || short > maxDays*24*time.Hour || long > 0 && short < 0 {
		return 0, false
	}
	return long + short, true
}

// meantDuration returns the duration that text was probably meant to be, or how one is
// written.
func meantDuration(text string) string {
	compact := strings.ReplaceAll(strings.ToLower(strings.Join(strings.Fields(text), "")), ",", ".")
	number := compact[:len(compact)-len(strings.TrimLeft(compact, "0123456789."))]
	if meant := number + unitOf(compact[len(number):]); number != "" {
		if _, ok := duration(meant); ok {
			return meant
		}
	}
	return "a number and a unit, such as 500ms, 8s, 30m, 12h or 14d"
}

// unitOf returns the unit that a person may call so, word itself if there is none.
func unitOf(word string) string {
	switch word {
	case "", "sec", "secs", "second", "seconds", "seconde", "seconden":
		return "s"
	case "min", "mins", "minute", "minutes", "minuut", "minuten":
		return "m"
	case "hr", "hrs", "hour", "hours", "u", "uur":
		return "h"
	case "day", "days", "dag", "dagen":
		return "d"
	case "wk", "week", "weeks", "weken":
		return "w"
	case "msec", "msecs", "millis", "millisecond", "milliseconds":
		return "ms"
	}
	return word
}
