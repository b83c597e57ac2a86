package config

import (
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/internal/diag"
	"github.com/honderd/honderd/moment"
)

// What package moment says is placed under the key that it is about.
func TestMistakesInMoments(t *testing.T) {
	const name = "moments:\n  - name: a\n"
	tests := []struct {
		name, give string
		want       []string // the start of each problem, and a part of it
	}{
		{"a day", "    weekly: Mon-Fry 09:00-17:30\n", []string{`f:3:13: "Mon-Fry"`}},
		{"a day and an hour", "    weekly: Mon-Fry 09:00-25:30\n", []string{`f:3:13: "Mon-Fry"`, `f:3:13: "09:00-25:30"`}},
		{"a country", "    holidays: xx\n", []string{`f:3:15: public holidays of "xx"`}},
		{"countries", "    weekly: Mon 9-17\n    except: [nl, xx, yy]\n", []string{`f:4:18: public holidays of "xx"`, `f:4:22: public holidays of "yy"`}},
		{"a rule", "    rrule: FREQ=SOMETIMES\n    start: \"2026-01-31T09:00\"\n    lasts: 8h\n", []string{`f:3:12: rule "FREQ=SOMETIMES"`}},
		{"a start", "    rrule: FREQ=MONTHLY\n    start: tomorrow\n    lasts: 8h\n", []string{`f:4:12: start "tomorrow"`}},
		{"a rule without its start", "    rrule: FREQ=MONTHLY\n", []string{"f:2:5: a rule needs a start"}},
		{"nothing says when", "", []string{"f:2:5: says 0 times"}},
		{"two say when", "    weekly: Mon 9-17\n    busy: 50%\n", []string{"f:2:5: says 2 times"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("f", []byte(name+tt.give))
			problems := diag.Of(err)
			if len(problems) != len(tt.want) {
				t.Fatalf("Parse() = %v, want %d problems", err, len(tt.want))
			}
			for i, p := range problems {
				if !strings.HasPrefix(p.Error(), tt.want[i]) || p.Fix == "" {
					t.Errorf("problem %d = %v, want %s and a fix", i, p, tt.want[i])
				}
			}
		})
	}
}

func TestEveryMoment(t *testing.T) {
	path := write(t, "honderd.yaml", `
moments:
  - {name: opening hours, weekly: Mon-Fri 09:00-17:30, zone: Europe/Amsterdam, except: [nl]}
  - {name: market open, calendar: market.ics, only: Opening}
  - {name: elsewhere, calendar: "https://example.org/a.ics"}
  - {name: absolute, calendar: /etc/a.ics}
  - {name: month end, rrule: FREQ=MONTHLY;BYMONTHDAY=-1, start: "2026-01-31T09:00", lasts: 8h}
  - {name: feast days, holidays: nl}
  - {name: busy times, busy: 50%}
`)
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []moment.Written
	for _, m := range c.Moments {
		got = append(got, m.Written())
	}
	want := []moment.Written{
		{Name: "opening hours", Weekly: "Mon-Fri 09:00-17:30", Zone: "Europe/Amsterdam", Except: []string{"nl"}},
		{Name: "market open", Calendar: filepath.Join(filepath.Dir(path), "market.ics"), Only: "Opening"},
		{Name: "elsewhere", Calendar: "https://example.org/a.ics"},
		{Name: "absolute", Calendar: "/etc/a.ics"},
		{Name: "month end", RRule: "FREQ=MONTHLY;BYMONTHDAY=-1", Start: "2026-01-31T09:00", Lasts: 8 * time.Hour},
		{Name: "feast days", Holidays: "nl"},
		{Name: "busy times", Busy: "50%"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Load() = %+v, want %+v", got, want)
	}
}

// Written hands on every key there is.
func TestWrittenForgetsNothing(t *testing.T) {
	var m Moment
	v := reflect.ValueOf(&m).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString(v.Type().Field(i).Name)
		case reflect.Slice:
			f.Set(reflect.ValueOf([]string{v.Type().Field(i).Name}))
		default:
			f.SetInt(1)
		}
	}
	w := reflect.ValueOf(m.Written())
	for i := range w.NumField() {
		name := w.Type().Field(i).Name
		if f := v.FieldByName(name); !f.IsValid() || fmt.Sprint(f) != fmt.Sprint(w.Field(i)) {
			t.Errorf("%s is handed on as %v", name, w.Field(i))
		}
	}
	if v.NumField() != w.NumField() {
		t.Errorf("a moment has %d keys, and %d are handed on", v.NumField(), w.NumField())
	}
}
