package probe

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// DefaultBodyLimit is how much of a body is read when nobody says otherwise.
const DefaultBodyLimit = 1 << 20

// MaxBodyLimit is the most of a body that can be asked for.
const MaxBodyLimit = 64 << 20

// Expect says what a good answer is. The zero value wants a status of 200 to 299; where
// redirects are not followed, of 200 to 399.
type Expect struct {
	Status    []StatusRange `json:"status,omitempty"`
	Checks    []Check       `json:"checks,omitempty"`
	Within    time.Duration `json:"within_ns,omitempty"`   // slower is bad; 0: however slow
	CertFor   time.Duration `json:"cert_for_ns,omitempty"` // how long the certificate must be right from now on; 0: now is enough
	BodyLimit int64         `json:"body_limit,omitempty"`  // how many bytes of the body are read; 0: DefaultBodyLimit
}

// StatusRange is a run of HTTP statuses, both ends included.
type StatusRange struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// String returns r as it stands in configuration.
func (r StatusRange) String() string {
	if r.From == r.To {
		return strconv.Itoa(r.From)
	}
	return fmt.Sprintf("%d-%d", r.From, r.To)
}

// ParseStatus reads 200, 2xx or 200-299.
func ParseStatus(s string) (StatusRange, error) {
	from, to, run := strings.Cut(s, "-")
	if !run {
		to = from
	}
	if digit, ok := strings.CutSuffix(strings.ToLower(s), "xx"); ok && len(digit) == 1 {
		from, to = digit+"00", digit+"99"
	}
	a, err := strconv.ParseUint(from, 10, 16)
	b, err2 := strconv.ParseUint(to, 10, 16)
	if err != nil || err2 != nil || a < 100 || b > 999 || a > b {
		return StatusRange{}, fmt.Errorf("%q is no status (fix: write 200, 2xx or 200-299)", clean(s))
	}
	return StatusRange{int(a), int(b)}, nil
}

// ParseExpect reads what is expected, one thing a line, and reports every mistake:
//
//	status 200 204 3xx 400-404
//	body contains Welcome
//	header Content-Type matches ^text/html
//	json data.items[0].id == 5
//	length data.items >= 1
//	ip == 192.0.2.7
//	time < 800ms
//	certificate > 14d
//
// A value with blanks around it, or none, stands in "quotes".
func ParseExpect(lines []string) (Expect, error) {
	var e Expect
	var errs []error
	for _, line := range lines {
		if err := e.parse(line); err != nil {
			errs = append(errs, fmt.Errorf("expect %q: %w", clean(line), err))
		}
	}
	return e, errors.Join(errs...)
}

func (e *Expect) parse(line string) error {
	what, rest := cutWord(line)
	switch what {
	case "status":
		for _, s := range strings.FieldsFunc(rest, func(c rune) bool { return unicode.IsSpace(c) || c == ',' }) {
			r, err := ParseStatus(s)
			if err != nil {
				return err
			}
			e.Status = append(e.Status, r)
		}
		if strings.TrimSpace(rest) == "" {
			return errors.New("it names no status (fix: write status 200)")
		}
		return nil
	case "time":
		return parseLimit(rest, "<", &e.Within)
	case "certificate":
		return parseLimit(rest, ">", &e.CertFor)
	case string(Body), string(Header), string(JSON), string(Length), string(IP):
		c := Check{Of: Part(what)}
		if c.Of != Body && c.Of != IP {
			c.Path, rest = cutWord(rest)
		}
		op, want := cutWord(rest)
		c.Op = Op(op)
		var err error
		if c.Want, err = unquote(want); err != nil {
			return err
		}
		if _, err = c.prepare(); err != nil {
			return err
		}
		e.Checks = append(e.Checks, c)
		return nil
	default:
		return fmt.Errorf("%q cannot be expected (fix: begin with status, body, header, json, length, ip, time or certificate)", clean(what))
	}
}

// Lines returns e as ParseExpect reads it. The limit of the body is not in it.
func (e *Expect) Lines() []string {
	var lines []string
	if len(e.Status) > 0 {
		line := "status"
		for _, r := range e.Status {
			line += " " + r.String()
		}
		lines = append(lines, line)
	}
	for _, c := range e.Checks {
		words := []string{string(c.Of)}
		if c.Of != Body && c.Of != IP {
			path := c.Path
			if path == "" {
				path = "$"
			}
			words = append(words, path)
		}
		words = append(words, string(c.Op))
		if c.Op != Exists && c.Op != Missing {
			words = append(words, quoteIfNeeded(c.Want))
		}
		lines = append(lines, strings.Join(words, " "))
	}
	if e.Within > 0 {
		lines = append(lines, "time < "+e.Within.String())
	}
	if e.CertFor > 0 {
		lines = append(lines, "certificate > "+formatSpan(e.CertFor))
	}
	return lines
}

// cutWord cuts the first word; blanks between quotes belong to it.
func cutWord(s string) (word, rest string) {
	s = strings.TrimLeftFunc(s, unicode.IsSpace)
	var quote rune
	for i, c := range s {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && strings.HasSuffix(s[:i], "["):
			quote = c
		case unicode.IsSpace(c):
			return s[:i], strings.TrimSpace(s[i:])
		}
	}
	return s, ""
}

func unquote(s string) (string, error) {
	if !strings.HasPrefix(s, `"`) {
		return s, nil
	}
	text, err := strconv.Unquote(s)
	if err != nil {
		return "", fmt.Errorf("%q begins with a quote but is not quoted right (fix: write %q)", clean(s), s)
	}
	return text, nil
}

func quoteIfNeeded(s string) string {
	if s == "" || s[0] == '"' || s != strings.TrimSpace(s) || strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsPrint(c) }) {
		return strconv.Quote(s)
	}
	return s
}

func parseLimit(s, op string, to *time.Duration) error {
	value, ok := strings.CutPrefix(s, op)
	if !ok {
		return fmt.Errorf("it is compared by %q only (fix: write %s 1h)", op, op)
	}
	d, err := parseSpan(strings.TrimSpace(value))
	if err != nil {
		return err
	}
	*to = d
	return nil
}

// parseSpan reads a length of time: 14d, 36h, 800ms.
func parseSpan(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil && n > 0 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 && d < math.MaxInt64/2 {
		return d, nil
	}
	return 0, fmt.Errorf("%q is no length of time (fix: write 800ms, 36h or 14d)", clean(s))
}

func formatSpan(d time.Duration) string {
	if n := d / (24 * time.Hour); n > 0 && n <= math.MaxUint16 && d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%dd", n)
	}
	return d.String()
}

// expectation is an Expect that is ready.
type expectation struct {
	status []StatusRange
	checks []check
	limit  int64
	reads  bool // it looks at the body
}

func (e *Expect) prepare(redirects Redirects) (expectation, error) {
	x := expectation{status: e.Status, limit: e.BodyLimit}
	var errs []error
	if len(x.status) == 0 {
		x.status = []StatusRange{{200, 299}}
		if redirects == NoFollow {
			x.status[0].To = 399
		}
	}
	if x.limit == 0 {
		x.limit = DefaultBodyLimit
	}
	if x.limit < 0 || x.limit > MaxBodyLimit {
		errs = append(errs, fmt.Errorf("body limit of %d bytes (fix: write 1 to %d, or 0 for %d)", x.limit, MaxBodyLimit, DefaultBodyLimit))
	}
	for _, c := range e.Checks {
		ready, err := c.prepare()
		if err != nil {
			errs = append(errs, err)
		}
		x.checks = append(x.checks, ready)
		x.reads = x.reads || c.Of != Header && c.Of != IP
	}
	return x, errors.Join(errs...)
}

func (x *expectation) statusFits(status int) bool {
	return slices.ContainsFunc(x.status, func(r StatusRange) bool { return r.From <= status && status <= r.To })
}

func (x *expectation) statusWords() string {
	words := make([]string, 0, len(x.status))
	for _, r := range x.status {
		words = append(words, r.String())
	}
	return strings.Join(words, " or ")
}
