package api

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// expression is what of PromQL we answer: a metric with matchers, vector(n), a number, and
// those with + - * / and a number. It is no PromQL engine: whoever needs one collects
// /metrics.
type expression struct {
	number  *float64 // vector(n), or a number
	metric  string
	match   []matcher
	window  string
	long    time.Duration
	changes []change
}

// change is arithmetic with a number.
type change struct {
	op     byte
	number float64
	left   bool // the number stands left of it
}

func (c change) apply(v float64) float64 {
	a, b := v, c.number
	if c.left {
		a, b = b, a
	}
	switch c.op {
	case '+':
		return a + b
	case '-':
		return a - b
	case '*':
		return a * b
	default:
		return a / b
	}
}

// value returns v after all that is done to it.
func (e expression) value(v float64) float64 {
	for _, c := range e.changes {
		v = c.apply(v)
	}
	return v
}

// maxQuery is how many bytes a query may have.
const maxQuery = 2000

// parseQuery reads an expression.
func parseQuery(text string) (expression, error) {
	if len(text) > maxQuery {
		return expression{}, fmt.Errorf("the query has %d bytes (fix: at most %d)", len(text), maxQuery)
	}
	p := &parser{rest: strings.TrimSpace(text)}
	e, err := p.expression()
	if err == nil && p.rest != "" {
		err = fmt.Errorf("%q is not understood (fix: a metric of /metrics with {label=\"value\"}, vector(1), and + - * / with a number; for more collect /metrics)", clip(p.rest))
	}
	return e, err
}

type parser struct{ rest string }

func (p *parser) skip(n int) { p.rest = strings.TrimLeft(p.rest[n:], " \t\r\n") }

// take takes a token if it stands next.
func (p *parser) take(token string) bool {
	if !strings.HasPrefix(p.rest, token) {
		return false
	}
	p.skip(len(token))
	return true
}

func (p *parser) expression() (expression, error) {
	e, err := p.term()
	for err == nil && p.rest != "" && strings.IndexByte("+-*/", p.rest[0]) >= 0 {
		op := p.rest[0]
		p.skip(1)
		var other expression
		if other, err = p.term(); err != nil {
			break
		}
		switch {
		case other.number != nil && len(other.changes) == 0:
			e.changes = append(e.changes, change{op: op, number: *other.number})
		case e.number != nil:
			other.changes = append(other.changes, change{op: op, number: e.value(*e.number), left: true})
			e = other
		default:
			err = fmt.Errorf("two metrics in one query are not understood (fix: ask for each)")
		}
		if len(e.changes) > 8 {
			err = fmt.Errorf("more than 8 operators (fix: fewer)")
		}
	}
	return e, err
}

func (p *parser) term() (expression, error) {
	switch {
	case p.take("vector"):
		if !p.take("(") {
			return expression{}, fmt.Errorf("vector needs a number (fix: vector(1))")
		}
		n, err := p.number()
		if err == nil && !p.take(")") {
			err = fmt.Errorf("a ) is missing (fix: vector(1))")
		}
		return expression{number: &n}, err
	case p.take("("):
		e, err := p.expression()
		if err == nil && !p.take(")") {
			err = fmt.Errorf("a ) is missing (fix: close it)")
		}
		return e, err
	case p.rest != "" && strings.IndexByte("0123456789.", p.rest[0]) >= 0:
		n, err := p.number()
		return expression{number: &n}, err
	}
	return p.selector()
}

func (p *parser) number() (float64, error) {
	n := len(p.rest) - len(strings.TrimLeft(p.rest, "0123456789.eE"))
	v, err := strconv.ParseFloat(p.rest[:n], 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no number (fix: write one such as 1)", clip(p.rest))
	}
	p.skip(n)
	return v, nil
}

func (p *parser) name() string {
	n := 0
	for n < len(p.rest) && (p.rest[n] == '_' || p.rest[n] == ':' || 'a' <= p.rest[n]|0x20 && p.rest[n]|0x20 <= 'z' || n > 0 && '0' <= p.rest[n] && p.rest[n] <= '9') {
		n++
	}
	name := p.rest[:n]
	p.skip(n)
	return name
}

func (p *parser) selector() (expression, error) {
	e := expression{metric: p.name(), window: usualWindows()[0]}
	if p.take("{") {
		for !p.take("}") {
			m, err := p.matcher()
			if err != nil {
				return e, err
			}
			switch {
			case m.name == "__name__" && m.op == "=":
				e.metric = m.value
			case m.name == "window" && m.op == "=":
				e.window = m.value
			default:
				e.match = append(e.match, m)
			}
			if !p.take(",") && !strings.HasPrefix(p.rest, "}") {
				return e, fmt.Errorf("a } is missing after %s (fix: close it)", m.name)
			}
		}
	}
	if e.metric == "" {
		return e, fmt.Errorf("%q is no metric (fix: one of /metrics, such as honderd_felt_uptime_ratio)", clip(p.rest))
	}
	var err error
	if e.long, err = duration(e.window); err != nil {
		return e, err
	}
	if e.long < time.Minute {
		return e, fmt.Errorf("the window %q is shorter than a minute (fix: window=\"1m\")", clip(e.window))
	}
	return e, nil
}

func (p *parser) matcher() (matcher, error) {
	m := matcher{name: p.name()}
	for _, op := range []string{"=~", "!~", "!=", "="} {
		if m.op == "" && p.take(op) {
			m.op = op
		}
	}
	if m.name == "" || m.op == "" || p.rest == "" {
		return m, fmt.Errorf("%q is no matcher (fix: label=\"value\")", clip(p.rest))
	}
	quoted, err := strconv.QuotedPrefix(p.rest)
	if err != nil {
		return m, fmt.Errorf("the value of %s is not in quotes (fix: %s=\"value\")", m.name, m.name)
	}
	p.skip(len(quoted))
	if m.value, err = strconv.Unquote(quoted); err != nil {
		return m, fmt.Errorf("the value of %s cannot be read: %w", m.name, err)
	}
	if m.op == "=~" || m.op == "!~" {
		if m.re, err = regexp.Compile("^(?:" + m.value + ")$"); err != nil {
			return m, fmt.Errorf("the pattern of %s cannot be read: %w", m.name, err)
		}
	}
	return m, nil
}
