package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/honderd/honderd/experience"
)

// momentKinds returns the kinds of what people are told apart by, and of when it
// matters.
func momentKinds(is string) (kind, bool) {
	text := func(noun, example string) (kind, bool) {
		return kind{noun: noun, example: example, text: true, read: readSaid(noun, example)}, true
	}
	switch is {
	case "label":
		k, _ := text("the name of a label", "region")
		k.once, k.read = true, readLabel
		return k, true
	case "label field":
		k, _ := text("a field of the log", "header:X-Region")
		k.read = readLabelField
		return k, true
	case "dimension":
		return text("step or the name of a label", "step")
	case "moment":
		return text("the name of a moment", "opening hours")
	case "weekly":
		return text("days and hours", "Mon-Fri 09:00-17:30")
	case "country":
		return text("the code of a country", "nl")
	case "calendar":
		return text("the path or address of an iCalendar file", "holidays.ics")
	case "summary":
		return text("a part of a summary", "Opening")
	case "rrule":
		return text("a recurrence rule", "FREQ=MONTHLY;BYMONTHDAY=-1")
	case "start":
		return text("a local time", "2026-01-31T09:00")
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

func readLabel(text string) (any, error) {
	if text == "journey" || text == "step" || strings.TrimSpace(text) != text || text == "" {
		return nil, fmt.Errorf("%q cannot be the name of a label (fix: choose another, such as region)", text)
	}
	return text, nil
}

func readLabelField(text string) (any, error) {
	r, err := ParseRecognise(text)
	if err == nil && r.Header() == "" && r.Field() == "" {
		err = fmt.Errorf("%q is not a field of a log (fix: write header:NAME or field:NAME)", text)
	}
	return text, err
}

func readCritical(text string) (any, error) {
	return text, experience.Rules{Critical: []string{text}}.Validate()
}

// readLateness reads a duration from a second to an hour.
func readLateness(text string) (any, error) {
	d, err := readDuration(text)
	if err != nil {
		return nil, err
	}
	if late, ok := d.(time.Duration); !ok || late < time.Second || late > time.Hour {
		return nil, fmt.Errorf("a lateness of %s is out of bounds (fix: write 1s to 1h, such as 5m)", text)
	}
	return d, nil
}

func readPercent(text string) (any, error) {
	n, err := strconv.Atoi(strings.TrimSuffix(text, "%"))
	if err != nil || n < 1 || n > 99 {
		return nil, fmt.Errorf("%q is not a percentage from 1%% to 99%% (fix: write 50%%)", text)
	}
	return strconv.Itoa(n) + "%", nil
}
