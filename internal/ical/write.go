package ical

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-ical"
)

// Announced is one event of a calendar that others read.
type Announced struct {
	UID, Summary, Description, URL string
	From, To                       time.Time
	Said                           time.Time // when it was announced last
	Cancelled                      bool
}

// Write writes a calendar of that name with events.
func Write(w io.Writer, name string, events []Announced) error {
	c := ical.NewCalendar()
	c.Props.SetText(ical.PropVersion, "2.0")
	c.Props.SetText(ical.PropProductID, "-//Honderd//status//EN")
	c.Props.SetText("NAME", name)
	c.Props.SetText("X-WR-CALNAME", name)
	for _, one := range events {
		e := ical.NewEvent()
		e.Props.SetText(ical.PropUID, one.UID)
		e.Props.SetDateTime(ical.PropDateTimeStamp, one.Said.UTC())
		e.Props.SetDateTime(ical.PropDateTimeStart, one.From.UTC())
		e.Props.SetDateTime(ical.PropDateTimeEnd, one.To.UTC())
		e.Props.SetText(ical.PropSummary, one.Summary)
		if one.Description != "" {
			e.Props.SetText(ical.PropDescription, one.Description)
		}
		if one.URL != "" && !strings.ContainsAny(one.URL, "\r\n") {
			at := ical.NewProp(ical.PropURL)
			at.Value = one.URL
			e.Props.Set(at)
		}
		state := "CONFIRMED"
		if one.Cancelled {
			state = "CANCELLED"
		}
		e.Props.SetText(ical.PropStatus, state)
		c.Children = append(c.Children, e.Component)
	}
	if len(events) == 0 { // the encoder wants an event, a reader does not
		_, err := fmt.Fprint(w, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Honderd//status//EN\r\nEND:VCALENDAR\r\n")
		return err
	}
	if err := ical.NewEncoder(w).Encode(c); err != nil {
		return fmt.Errorf("write calendar: %w", err)
	}
	return nil
}
