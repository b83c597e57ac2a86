package api

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/honderd/honderd/view"
)

// asked returns the answer there is, and the period that a request asks for.
func (s *server) asked(r *http.Request) (a view.Answer, from, to time.Time, err error) {
	a, now := s.Answers()
	from, to = now, now
	if a.Period.From != nil {
		from = *a.Period.From
	}
	for _, one := range []struct {
		name string
		to   *time.Time
	}{{"from", &from}, {"to", &to}} {
		if text := r.FormValue(one.name); text != "" && err == nil {
			*one.to, err = when(text, now)
		}
	}
	if err == nil && !from.Before(to) {
		err = wrong("from is not before to (fix: swap them)")
	}
	return a, from, to, err
}

// when reads a time as people and programs write it.
func when(text string, now time.Time) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && seconds >= 0 && seconds < 1e11 {
		whole, part := math.Modf(seconds)
		return time.Unix(int64(whole), int64(part*1e9)), nil
	}
	if ago, err := duration(text); err == nil {
		return now.Add(-ago), nil
	}
	return time.Time{}, wrong("the time " + strconv.Quote(clip(text)) + " is none (fix: 2026-11-26T20:00:00Z, Unix seconds, or 24h for how long ago)")
}

// duration reads how long as Prometheus writes it, such as 5m, 1h30m, 7d, 2w, or seconds.
func duration(text string) (time.Duration, error) {
	bad := wrong("the length " + strconv.Quote(clip(text)) + " is none (fix: 5m, 24h or 7d)")
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && seconds > 0 && seconds < 1e9 {
		return time.Duration(seconds * float64(time.Second)), nil
	}
	units := map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour, "y": 365 * 24 * time.Hour}
	var total time.Duration
	for rest := text; rest != ""; {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		letters := len(rest[digits:]) - len(strings.TrimLeft(rest[digits:], "mshdwy"))
		n, err := strconv.Atoi(rest[:digits])
		unit, ok := units[rest[digits:digits+letters]]
		if err != nil || !ok || n > 100_000 {
			return 0, bad
		}
		total += time.Duration(n) * unit
		rest = rest[digits+letters:]
	}
	if total <= 0 || total > 100*365*24*time.Hour {
		return 0, bad
	}
	return total, nil
}

func clip(s string) string { return s[:min(len(s), 60)] }

func (s *server) between(r *http.Request) (any, error) {
	a, from, to, err := s.asked(r)
	if err != nil {
		return nil, err
	}
	by, name := r.FormValue("by"), r.FormValue("name")
	if by == "" {
		return a.Between(from, to), nil
	}
	if slices.Contains(a.Names()[by], name) {
		return a.BetweenOf(by, name, from, to), nil
	}
	return nil, problem{http.StatusNotFound, errNobody}
}

// longestMinutes is the longest period that is told minute by minute.
const longestMinutes = 48 * time.Hour

func (s *server) minutes(r *http.Request) (any, error) {
	a, from, to, err := s.asked(r)
	if err != nil {
		return nil, err
	}
	if to.Sub(from) > longestMinutes {
		if r.FormValue("from") != "" {
			return nil, wrong("more than two days of minutes (fix: ask day by day)")
		}
		from = to.Add(-longestMinutes)
	}
	return list(a.Minutes(from, to)), nil
}

func (s *server) windows(r *http.Request) (any, error) {
	a, from, to, err := s.asked(r)
	if err != nil {
		return nil, err
	}
	return list(a.WindowsWithin(from, to)), nil
}

func (s *server) moments(*http.Request) (any, error) {
	a, _ := s.Answers()
	return list(a.Moments), nil
}

func (s *server) journeys(*http.Request) (any, error) {
	a, _ := s.Answers()
	return list(a.Journeys), nil
}

func (s *server) masked(*http.Request) (any, error) {
	a, _ := s.Answers()
	return a.Masked, nil
}

// list returns s, which is never null in JSON.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
