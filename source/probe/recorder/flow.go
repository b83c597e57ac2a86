// Package recorder plays what Chrome DevTools Recorder saved in a real browser: each step
// is a step of a journey, with its time, and a picture when it is bad.
package recorder

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/honderd/honderd/internal/diag"
	"github.com/honderd/honderd/source/probe"
)

// The types of steps. The format is that of @puppeteer/replay, version 3.
const (
	Navigate                 = "navigate"
	Click                    = "click"
	DoubleClick              = "doubleClick"
	Change                   = "change"
	KeyDown                  = "keyDown"
	KeyUp                    = "keyUp"
	Hover                    = "hover"
	Scroll                   = "scroll"
	SetViewport              = "setViewport"
	WaitForElement           = "waitForElement"
	WaitForExpression        = "waitForExpression"
	EmulateNetworkConditions = "emulateNetworkConditions"
	Close                    = "close"
	CustomStep               = "customStep"
)

// Flow is a recording.
type Flow struct {
	Title   string  `json:"title"`
	Timeout float64 `json:"timeout"` // of each step, in milliseconds; 0: 5 s
	Steps   []Step  `json:"steps"`
}

// Step is one step of a recording. Which of its fields count depends on its type.
type Step struct {
	Type     string  `json:"type"`
	Timeout  float64 `json:"timeout"`
	Asserted []Event `json:"assertedEvents"`
	Target   string  `json:"target"` // the address of another page; empty or main: the first
	Frame    []int   `json:"frame"`  // which child of the page, which child of that, and so on

	Selectors []Selector `json:"selectors"` // each leads to the element; the first that does is taken

	OffsetX  *float64 `json:"offsetX"` // from the corner of the element
	OffsetY  *float64 `json:"offsetY"`
	Device   string   `json:"deviceType"`
	Button   string   `json:"button"`
	Duration float64  `json:"duration"` // between down and up, in milliseconds

	URL        string                     `json:"url"`
	Value      string                     `json:"value"`
	Key        string                     `json:"key"`
	X          float64                    `json:"x"`
	Y          float64                    `json:"y"`
	Expression string                     `json:"expression"`
	Operator   string                     `json:"operator"`
	Count      *int                       `json:"count"`
	Visible    *bool                      `json:"visible"`
	Properties map[string]json.RawMessage `json:"properties"`
	Attributes map[string]string          `json:"attributes"`

	Width     int     `json:"width"`
	Height    int     `json:"height"`
	Scale     float64 `json:"deviceScaleFactor"`
	Mobile    bool    `json:"isMobile"`
	Touch     bool    `json:"hasTouch"`
	Landscape bool    `json:"isLandscape"`

	Download float64 `json:"download"` // bytes a second
	Upload   float64 `json:"upload"`
	Latency  float64 `json:"latency"` // milliseconds

	Name string `json:"name"` // of a custom step
}

// Event is what must happen after a step.
type Event struct {
	Type string `json:"type"` // navigation
}

// Selector leads to an element, in parts: each is looked for in what the one before found,
// or in its shadow. A part is CSS, or begins with aria/, text/, xpath/ or pierce/.
type Selector []string

// UnmarshalJSON reads a list of parts, or one part.
func (s *Selector) UnmarshalJSON(p []byte) error {
	var one string
	if json.Unmarshal(p, &one) == nil {
		*s = Selector{one}
		return nil
	}
	return json.Unmarshal(p, (*[]string)(s))
}

const (
	defaultTimeout = 5 * time.Second
	maxTimeout     = 30 * time.Second // the longest that the format has
	maxSelectors   = 100
)

// Parse reads a recording and reports every mistake in it. What is known but not played is
// reported too; the flow is nil only when it cannot be played.
func Parse(name string, text []byte) (*Flow, diag.Problems) {
	file := diag.NewFile(name, nil)
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	var f Flow
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, diag.Problems{file.Whole("it is no recording: "+err.Error(), "export it from Chrome DevTools Recorder as JSON")}
	}
	var problems diag.Problems
	wrong := false
	if len(f.Steps) == 0 || len(f.Steps) > probe.MaxSteps {
		problems = append(problems, file.Whole(fmt.Sprintf("a recording of %d steps", len(f.Steps)), fmt.Sprintf("record 1 to %d", probe.MaxSteps)))
		wrong = true
	}
	for i := range f.Steps {
		s := &f.Steps[i]
		if why, fix := s.mistake(); why != "" {
			problems = append(problems, file.Whole(fmt.Sprintf("step %d, %.40s: %s", i+1, s.Type, why), fix))
			wrong = true
		}
		if s.Type == CustomStep {
			problems = append(problems, file.Whole(fmt.Sprintf("step %d, %.40s, is no step of a browser: it is not played", i+1, s.Name), ""))
		}
	}
	if wrong {
		return nil, problems
	}
	return &f, problems
}

// mistake says what is wrong with s.
func (s *Step) mistake() (why, fix string) {
	if s.Timeout < 0 || s.Timeout > float64(maxTimeout.Milliseconds()) {
		return "its timeout is not 1 to 30000 milliseconds", "write 5000"
	}
	for _, e := range s.Asserted {
		if e.Type != "navigation" {
			return fmt.Sprintf("the event %.40q is not known", e.Type), "write navigation"
		}
	}
	for _, n := range s.Frame {
		if n < 0 {
			return "its frame is none", "write numbers from 0 on"
		}
	}
	if s.needsElement() {
		if why := s.badSelectors(); why != "" {
			return why, "record it again"
		}
	}
	switch s.Type {
	case Navigate:
		u, err := url.Parse(s.URL)
		if err != nil || u.Host == "" && u.Scheme != "about" || !slices.Contains([]string{"http", "https", "about"}, u.Scheme) {
			return fmt.Sprintf("%.80q is no address", s.URL), "write one like https://example.org/"
		}
	case Click, DoubleClick:
		if !slices.Contains([]string{"", "mouse", "pen", "touch"}, s.Device) || !slices.Contains([]string{"", "primary", "auxiliary", "secondary", "back", "forward"}, s.Button) {
			return "its device or its button is not known", "write mouse and primary"
		}
		if s.Duration < 0 || s.Duration > float64(maxTimeout.Milliseconds()) {
			return "its duration is not 0 to 30000 milliseconds", "leave it out"
		}
	case KeyDown, KeyUp:
		if s.Key == "" {
			return "it has no key", "write one like Enter"
		}
	case SetViewport:
		if s.Width < 1 || s.Height < 1 || s.Width > 10_000 || s.Height > 10_000 || s.Scale < 0 || s.Scale > 10 {
			return "its size is none", "write a width and a height of 1 to 10000"
		}
	case WaitForElement:
		if !slices.Contains([]string{"", ">=", "==", "<="}, s.Operator) || s.Count != nil && *s.Count < 0 {
			return "its operator or its count is none", "write == and 1"
		}
	case WaitForExpression:
		if s.Expression == "" {
			return "it has no expression", "write JavaScript"
		}
	case Change, Hover, Scroll, EmulateNetworkConditions, Close, CustomStep:
	default:
		return "nobody knows such a step", "record it again"
	}
	return "", ""
}

func (s *Step) needsElement() bool {
	switch s.Type {
	case Click, DoubleClick, Change, Hover, WaitForElement:
		return true
	}
	return len(s.Selectors) > 0
}

func (s *Step) badSelectors() string {
	if len(s.Selectors) == 0 || len(s.Selectors) > maxSelectors {
		return "it does not say which element, or in too many ways"
	}
	for _, selector := range s.Selectors {
		if len(selector) == 0 || len(selector) > maxSelectors || slices.Contains(selector, "") {
			return "one of its selectors is empty"
		}
	}
	return ""
}

// timeout returns how long s may take.
func (f *Flow) timeout(s *Step) time.Duration {
	for _, ms := range []float64{s.Timeout, f.Timeout} {
		if ms > 0 {
			return min(time.Duration(ms*float64(time.Millisecond)), maxTimeout)
		}
	}
	return defaultTimeout
}

// maxLabel is the longest name of a step in characters.
const maxLabel = 80

// label names s as people would: click "Buy".
func (s *Step) label() string {
	what := ""
	switch s.Type {
	case Navigate:
		if u, err := url.Parse(s.URL); err == nil {
			what = u.Host + u.Path
		}
	case KeyDown, KeyUp:
		what = s.Key
	case CustomStep:
		what = s.Name
	default:
		what = s.element()
	}
	label := strings.ToValidUTF8(strings.TrimSpace(s.Type+" "+what), "?")
	if utf8.RuneCountInString(label) > maxLabel {
		label = string([]rune(label)[:maxLabel-1]) + "…"
	}
	return label
}

// element says which element s is about: by its name for people, if it has one.
func (s *Step) element() string {
	for _, prefix := range []string{"aria/", "text/"} {
		for _, selector := range s.Selectors {
			if len(selector) == 0 {
				continue
			}
			if name, ok := strings.CutPrefix(selector[len(selector)-1], prefix); ok {
				name, _, _ = strings.Cut(name, "[role=")
				return fmt.Sprintf("%q", strings.TrimSpace(name))
			}
		}
	}
	if len(s.Selectors) > 0 && len(s.Selectors[0]) > 0 {
		return s.Selectors[0][len(s.Selectors[0])-1]
	}
	return ""
}
