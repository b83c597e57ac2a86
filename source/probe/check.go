package probe

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// Part is a part of an answer.
type Part string

// The parts of an answer over HTTP.
const (
	Body   Part = "body"   // all of it as text
	Header Part = "header" // one header; of several of a name, each
	JSON   Part = "json"   // a field of the body
	Length Part = "length" // of a field of the body: items of a list, fields of an object, characters of a text
	Cookie Part = "cookie" // of Extract only
	IP     Part = "ip"     // the address that answered
)

// Op is how a value is compared with what is wanted.
type Op string

// The comparisons. Two numbers are compared as numbers, all else as text.
const (
	Equal      Op = "=="
	NotEqual   Op = "!="
	Less       Op = "<"
	AtMost     Op = "<="
	More       Op = ">"
	AtLeast    Op = ">="
	Contains   Op = "contains"
	Lacks      Op = "lacks"
	Matches    Op = "matches" // a regular expression
	MatchesNot Op = "matches-not"
	Exists     Op = "exists"
	Missing    Op = "missing"
)

// Check is one thing that must be true of an answer.
type Check struct {
	Of   Part   `json:"of,omitempty"`
	Path string `json:"path,omitempty"` // of JSON and Length: a path like data.items[0].id, $ for all; of Header: its name
	Op   Op     `json:"op,omitempty"`
	Want string `json:"want,omitempty"` // what is wanted; nothing for Exists and Missing
}

// check is a Check that is ready.
type check struct {
	Check
	path path
	re   *regexp.Regexp
}

// prepare makes c ready, or says what is wrong with it.
func (c Check) prepare() (check, error) {
	ready := check{Check: c}
	var err error
	switch c.Of {
	case JSON, Length:
		ready.path, err = parsePath(c.Path)
	case Header:
		if !isToken(c.Path) {
			err = fmt.Errorf("header %q is no name (fix: write one like Content-Type)", clean(c.Path))
		}
	case Body, IP:
		if c.Path != "" || c.Op == Exists || c.Op == Missing {
			err = fmt.Errorf("the %s has no parts by name (fix: use json)", c.Of)
		}
	default:
		err = fmt.Errorf("an answer has no %q (fix: write body, header, json, length or ip)", clean(string(c.Of)))
	}
	if err != nil {
		return ready, err
	}
	switch c.Op {
	case Matches, MatchesNot:
		ready.re, err = compile(c.Want)
	case Less, AtMost, More, AtLeast:
		if _, no := strconv.ParseFloat(c.Want, 64); no != nil {
			err = fmt.Errorf("%q is no number (fix: compare with a number, or with ==)", clean(c.Want))
		}
	case Exists, Missing:
		if c.Want != "" {
			err = fmt.Errorf("%s wants nothing, but got %q (fix: leave it out)", c.Op, clean(c.Want))
		}
	case Equal, NotEqual, Contains, Lacks:
	default:
		err = fmt.Errorf("%q is no comparison (fix: write == != < <= > >= contains lacks matches matches-not exists or missing)", clean(string(c.Op)))
	}
	return ready, err
}

// maxPattern is the longest regular expression in bytes. They take time by their length.
const maxPattern = 4096

func compile(pattern string) (*regexp.Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("a regular expression of %d bytes is too long (fix: at most %d)", len(pattern), maxPattern)
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("%q is no regular expression: %w (fix: see https://golang.org/s/re2syntax)", clean(pattern), err)
	}
	return re, nil
}

// compileAll compiles patterns and reports every mistake in them.
func compileAll(patterns []string) (all []*regexp.Regexp, err error) {
	for _, p := range patterns {
		re, no := compile(p)
		all, err = append(all, re), errors.Join(err, no)
	}
	return all, err
}

// isToken reports whether s can be the name of a header or a method: RFC 9110, 5.6.2.
func isToken(s string) bool {
	for _, c := range s {
		if c <= ' ' || c >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c) {
			return false
		}
	}
	return s != ""
}

// answer is what checks look at.
type answer struct {
	header http.Header
	body   []byte
	ip     string
	cut    bool  // the body was longer than the limit
	json   any   // of the body, once it was needed
	bad    error // why the body is no JSON
	parsed bool
}

// tree returns the body as JSON. Numbers keep their text.
func (a *answer) tree() (any, error) {
	if !a.parsed {
		a.parsed = true
		d := json.NewDecoder(strings.NewReader(string(a.body)))
		d.UseNumber()
		if a.bad = d.Decode(&a.json); a.bad == nil && d.More() {
			a.bad = errors.New("more follows it")
		}
	}
	return a.json, a.bad
}

// judge returns what is wrong with a, "" if nothing is.
func (c *check) judge(a *answer) string {
	switch c.Of {
	case Header:
		return c.judgeHeader(a.header.Values(c.Path))
	case IP:
		if ok, trouble := c.holds(a.ip); trouble != "" || !ok {
			return c.words("ip", "it is "+quote(a.ip), false)
		}
		return ""
	case Body:
		if ok, trouble := c.holds(string(a.body)); trouble != "" || !ok {
			return c.words("body", trouble, a.cut)
		}
		if a.cut && c.Op != Contains && c.Op != Matches { // found is found; for the rest it needs all
			return c.words("body", "the rest was not looked at", true)
		}
		return ""
	default:
		return c.judgeJSON(a)
	}
}

func (c *check) judgeHeader(values []string) string {
	name := "header " + c.Path
	switch c.Op {
	case Exists:
		if len(values) == 0 {
			return name + " is missing"
		}
		return ""
	case Missing:
		if len(values) > 0 {
			return name + " is there"
		}
		return ""
	case NotEqual, Lacks, MatchesNot: // of none may it be false
		for _, v := range values {
			if ok, _ := c.holds(v); !ok {
				return c.words(name, "it is "+quote(v), false)
			}
		}
		return ""
	}
	if len(values) == 0 {
		return c.words(name, "it is missing", false)
	}
	last := ""
	for _, v := range values {
		ok, trouble := c.holds(v)
		if ok {
			return ""
		}
		last = trouble
		if last == "" {
			last = "it is " + quote(v)
		}
	}
	return c.words(name, last, false)
}

func (c *check) judgeJSON(a *answer) string {
	name := string(c.Of) + " " + c.Path
	tree, err := a.tree()
	if err != nil {
		return c.words(name, "the body is no JSON: "+err.Error(), a.cut)
	}
	value, found := c.path.find(tree)
	switch {
	case c.Op == Missing:
		if found {
			return name + " is there"
		}
		return ""
	case !found:
		return c.words(name, "it is missing", false)
	case c.Op == Exists:
		return ""
	}
	text := textOf(value)
	if c.Of == Length {
		text = lengthOf(value)
	}
	if ok, trouble := c.holds(text); !ok {
		if trouble == "" {
			trouble = "it is " + quote(text)
		}
		return c.words(name, trouble, false)
	}
	return ""
}

// words says that c does not hold, and what there was in its place.
func (c *check) words(name, trouble string, cut bool) string {
	s := fmt.Sprintf("want %s %s %s", name, c.Op, quote(c.Want))
	if trouble != "" {
		s += ": " + trouble
	}
	if cut {
		s += " (the body is longer than the limit)"
	}
	return s
}

// holds compares got with what is wanted; trouble says why that cannot be done.
func (c *check) holds(got string) (ok bool, trouble string) {
	switch c.Op {
	case Equal:
		return same(got, c.Want), ""
	case NotEqual:
		return !same(got, c.Want), ""
	case Contains:
		return strings.Contains(got, c.Want), ""
	case Lacks:
		return !strings.Contains(got, c.Want), ""
	case Matches:
		return c.re.MatchString(got), ""
	case MatchesNot:
		return !c.re.MatchString(got), ""
	}
	order, ok := compare(got, c.Want)
	if !ok {
		return false, quote(got) + " is no number"
	}
	switch c.Op {
	case Less:
		return order < 0, ""
	case AtMost:
		return order <= 0, ""
	case More:
		return order > 0, ""
	default:
		return order >= 0, ""
	}
}

// same reports whether two values are equal: as text, or as numbers.
func same(a, b string) bool {
	if a == b {
		return true
	}
	order, ok := compare(a, b)
	return ok && order == 0
}

// compare orders two numbers, whole ones exactly; ok is false when one is none.
func compare(a, b string) (order int, ok bool) {
	i, err := strconv.ParseInt(a, 10, 64)
	j, err2 := strconv.ParseInt(b, 10, 64)
	if err == nil && err2 == nil {
		return sign(i < j, i > j), true
	}
	x, err := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	if err != nil || err2 != nil || x != x || y != y {
		return 0, false
	}
	return sign(x < y, x > y), true
}

func sign(less, more bool) int {
	switch {
	case less:
		return -1
	case more:
		return 1
	}
	return 0
}
