package config

import (
	_ "embed" // for foresightSource
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

//go:embed foresight.go
var foresightSource string // the comments in it describe the keys

// Foresight says what is watched that may run out, beside what is known to.
type Foresight struct {
	// Watch are metrics of your own that must not reach a limit.
	Watch []Watched `yaml:"watch"`
}

// Watched is a metric that must not reach a limit. Without one it must not grow for ever.
type Watched struct {
	// Metric is the name of the metric, as it is sent. It must be written.
	Metric string `yaml:"metric" is:"metric,required"`

	// Above is the limit that the value must not rise to.
	Above float64 `yaml:"above" is:"measure"`

	// Below is the limit that the value must not sink to.
	Below float64 `yaml:"below" is:"measure"`
}

// validate reports what no single key of w can show.
func (w Watched) validate() error {
	if w.Above != 0 && w.Below != 0 {
		return errors.New("it has two limits (fix: write above or below)")
	}
	return nil
}

// foresightKind returns the kinds of what is watched.
func foresightKind(is string) (kind, bool) {
	switch is {
	case "metric":
		return kind{noun: "the name of a metric", example: "open_orders", text: true, once: true, read: readMetric}, true
	case "measure":
		return kind{noun: "a number", example: "1000", read: readMeasure}, true
	}
	return kind{}, false
}

func readMetric(text string) (any, error) {
	if text == "" || len(text) > 128 || strings.ContainsAny(text, " {}\"\t") {
		return nil, fmt.Errorf("%.40q is not the name of a metric (fix: write it as it is sent, without labels, such as open_orders)", text)
	}
	return text, nil
}

func readMeasure(text string) (any, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) || f == 0 {
		return nil, fmt.Errorf("%.40q is not a number that can be a limit (fix: write one such as 1000 or 0.5)", text)
	}
	return f, nil
}
