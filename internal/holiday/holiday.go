// Package holiday knows the public holidays of countries and of some of their regions.
//
// A day counts when most people there have it off. When a holiday falls in a weekend and
// another day is given for it, both count.
package holiday

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rickar/cal/v2"

	"github.com/honderd/honderd/internal/ical/wall"
)

// Day is one public holiday. From and To are the instants at which its local day begins
// and ends, which is 23 or 25 hours when the clock is changed.
type Day struct {
	Name     string // in the language of the country
	From, To time.Time
}

// Known returns the codes of all regions, sorted: "nl", "de" and, for a region of a
// country, "de-by".
func Known() []string {
	var codes []string
	for _, r := range regions() {
		codes = append(codes, r.code)
	}
	slices.Sort(codes)
	return codes
}

// Check reports whether country is a known code, in small letters or capitals. The
// error says which codes there are.
func Check(country string) error {
	_, err := find(country)
	return err
}

// Between returns the public holidays of country that overlap from to to, in order, each
// day in zone. The names of two holidays that fall on one day are joined.
func Between(country string, from, to time.Time, zone *time.Location) ([]Day, error) {
	region, err := find(country)
	if err != nil {
		return nil, err
	}
	var days []Day
	for year := from.In(zone).Year() - 1; year <= to.In(zone).Year()+1; year++ {
		for _, date := range region.dates(year) {
			d := Day{date.name, wall.First(date.day, zone), wall.Last(date.day.AddDate(0, 0, 1), zone)}
			if d.From.Before(to) && d.To.After(from) {
				days = append(days, d)
			}
		}
	}
	slices.SortStableFunc(days, func(a, b Day) int {
		return cmp.Or(a.From.Compare(b.From), strings.Compare(a.Name, b.Name))
	})
	return joined(days), nil
}

// joined makes one of days that are the same day.
func joined(days []Day) []Day {
	var list []Day
	for _, d := range days {
		last := len(list) - 1
		switch {
		case last < 0 || !list[last].From.Equal(d.From):
			list = append(list, d)
		case list[last].Name != d.Name:
			list[last].Name += ", " + d.Name
		}
	}
	return list
}

// region is a place with holidays of its own.
type region struct {
	code  string
	list  []*cal.Holiday
	moved bool // a holiday that is held on another day is not held on its own
}

// date is one holiday on a day without a zone: midnight UTC.
type date struct {
	name string
	day  time.Time
}

func (r region) dates(year int) []date {
	var dates []date
	for _, h := range r.list {
		actual, observed := h.Calc(year)
		if actual.IsZero() {
			continue
		}
		held := []time.Time{observed}
		if !r.moved {
			held = append(held, actual)
		}
		for _, t := range held {
			// The library reckons in the zone of the machine, where midnight may not exist.
			y, m, d := t.Add(12 * time.Hour).Date()
			dates = append(dates, date{h.Name, time.Date(y, m, d, 0, 0, 0, 0, time.UTC)})
		}
	}
	return dates
}

func find(country string) (region, error) {
	code := strings.ToLower(strings.TrimSpace(country))
	if code == "uk" {
		code = "gb"
	}
	var parts, countries []string // what to write instead
	for _, r := range regions() {
		if r.code == code {
			return r, nil
		}
		if strings.HasPrefix(r.code, code+"-") {
			parts = append(parts, r.code)
		}
		if !strings.Contains(r.code, "-") {
			countries = append(countries, r.code)
		}
	}
	slices.Sort(countries)
	if len(parts) > 0 {
		return region{}, fmt.Errorf("public holidays of %q differ by region (fix: write one of %s)", country, strings.Join(parts, ", "))
	}
	return region{}, fmt.Errorf("public holidays of %q are not known (fix: write one of %s, or use a calendar)", country, strings.Join(countries, ", "))
}
