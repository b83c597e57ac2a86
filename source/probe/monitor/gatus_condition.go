package monitor

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/honderd/honderd/source/probe"
)

// condition is a condition of Gatus, with what it looks at on the left.
type condition struct {
	n        *node
	function string // len, has or nothing
	place    string // STATUS and the like
	path     string // after BODY
	op       string
	want     string
}

// conditions makes of each condition what is expected.
func (e *endpoint) conditions(nodes []*node) {
	statuses, codes := span(100, 999), knownCodes()
	var wantStatus, wantCode bool
	for _, n := range nodes {
		text := e.r.expand(n, n.text)
		c, ok := parseCondition(e.inConditions(text))
		c.n = n
		switch {
		case !ok:
			e.refuse(n, "is not understood")
		case c.place == "STATUS" && c.function == "" && e.t.Kind == probe.HTTP:
			statuses = slices.DeleteFunc(statuses, func(status int) bool { return !c.holds(strconv.Itoa(status)) })
			wantStatus = true
		case c.place == "DNS_RCODE" && c.function == "" && e.t.Kind == probe.DNS:
			codes = slices.DeleteFunc(codes, func(code string) bool { return !c.holds(code) })
			wantCode = true
		default:
			if why := e.expect(c); why != "" {
				e.refuse(n, why)
			}
		}
	}
	if wantStatus {
		if e.t.Expect.Status = ranges(statuses); len(statuses) == 0 {
			e.r.say(e.n, fmt.Sprintf("%s: no status fits all its conditions: any is taken", e.t.Name), "mend the conditions on [STATUS]")
		}
	}
	if wantCode && len(codes) == 0 {
		e.r.say(e.n, fmt.Sprintf("%s: no code fits all its conditions on [DNS_RCODE]: NOERROR is taken", e.t.Name), "")
	} else if wantCode {
		e.t.Query.RCode = strings.Join(codes, " ")
	}
}

func (e *endpoint) refuse(n *node, why string) {
	e.r.say(n, fmt.Sprintf("%s: the condition %q %s: it is left out", e.t.Name, n.text, why), "")
}

func knownCodes() []string {
	return []string{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"}
}

func span(from, to int) (all []int) {
	for n := from; n <= to; n++ {
		all = append(all, n)
	}
	return all
}

// ranges writes statuses, in order, as runs.
func ranges(statuses []int) (all []probe.StatusRange) {
	for _, status := range statuses {
		if last := len(all) - 1; last >= 0 && all[last].To == status-1 {
			all[last].To = status
			continue
		}
		all = append(all, probe.StatusRange{From: status, To: status})
	}
	return all
}

// inConditions puts values of the context of a suite in a condition.
func (e *endpoint) inConditions(s string) string {
	for name, value := range e.known {
		if place := "[CONTEXT]." + name; strings.HasSuffix(s, place) && !e.store[word(name)] {
			return strings.TrimSuffix(s, place) + value
		}
	}
	return s
}

// parseCondition reads VALUE OPERATOR VALUE. What is looked at comes to the left.
func parseCondition(s string) (c condition, ok bool) {
	for _, op := range []string{"==", "!=", "<=", ">=", ">", "<"} {
		left, right, found := strings.Cut(s, " "+op+" ")
		if !found {
			continue
		}
		left, right = strings.TrimSpace(left), strings.TrimSpace(right)
		if c.look(left) {
			c.op, c.want = op, right
			return c, !(&condition{}).look(right)
		}
		if c.look(right) {
			turned := map[string]string{"==": "==", "!=": "!=", "<=": ">=", ">=": "<=", ">": "<", "<": ">"}
			c.op, c.want = turned[op], left
			return c, true
		}
		return c, false
	}
	return c, false
}

// look reads what is looked at: [BODY].path, len([BODY].path) and the like.
func (c *condition) look(s string) bool {
	for _, function := range []string{"len", "has"} {
		if inner, found := strings.CutPrefix(s, function+"("); found && strings.HasSuffix(inner, ")") {
			c.function, s = function, strings.TrimSuffix(inner, ")")
		}
	}
	if !strings.HasPrefix(s, "[") {
		return false
	}
	end := strings.IndexByte(s, ']')
	if end < 0 {
		return false
	}
	c.place, c.path = strings.ToUpper(s[1:end]), s[end+1:]
	if c.path == "" {
		return true
	}
	return (c.place == "BODY" || c.place == "CONTEXT") && (c.path[0] == '.' || c.path[0] == '[')
}

// holds reports whether a value fits c.
func (c *condition) holds(value string) bool {
	switch c.op {
	case "==", "!=":
		a, err := strconv.ParseInt(value, 0, 64)
		b, err2 := strconv.ParseInt(c.want, 0, 64)
		same := err == nil && err2 == nil && a == b || c.pattern().MatchString(value)
		return same == (c.op == "==")
	}
	a, b := number(value), number(c.want)
	switch c.op {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	}
	return a >= b
}

// number reads a number or, in milliseconds, a length of time; all else is 0.
func number(s string) int64 {
	if d, err := time.ParseDuration(s); err == nil && d != 0 {
		return d.Milliseconds()
	}
	if n, err := strconv.ParseInt(s, 0, 64); err == nil {
		return n
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f > -1e15 && f < 1e15) {
		return 0
	}
	return int64(f)
}

// pattern returns what fits c.want: a text, pat(*) or any(a, b).
func (c *condition) pattern() *regexp.Regexp {
	re, err := regexp.Compile(`(?s)\A(?:` + c.expression() + `)\z`)
	if err != nil { // a pattern that is none fits nothing
		return regexp.MustCompile(`\z.\A`)
	}
	return re
}

// expression is c.want as a regular expression.
func (c *condition) expression() string {
	if glob, ok := inside(c.want, "pat("); ok {
		return globbed(glob)
	}
	if options, ok := inside(c.want, "any("); ok {
		var quoted []string
		for option := range strings.SplitSeq(options, ",") {
			quoted = append(quoted, regexp.QuoteMeta(strings.TrimSpace(option)))
		}
		return strings.Join(quoted, "|")
	}
	return regexp.QuoteMeta(c.want)
}

func inside(s, function string) (inner string, ok bool) {
	inner, ok = strings.CutPrefix(s, function)
	return strings.TrimSuffix(inner, ")"), ok && strings.HasSuffix(s, ")")
}

// globbed makes a regular expression of a pattern of path/filepath.
func globbed(glob string) string {
	var b strings.Builder
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; c {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteByte('.')
		case '[':
			end := strings.IndexByte(glob[i:], ']')
			if end < 2 {
				b.WriteString(`\[`)
				continue
			}
			b.WriteString(glob[i : i+end+1])
			i += end
		case '\\':
			if i++; i < len(glob) {
				b.WriteString(regexp.QuoteMeta(glob[i : i+1]))
			}
		default:
			end := i + 1
			for end < len(glob) && !strings.ContainsRune(`*?[\`, rune(glob[end])) {
				end++
			}
			b.WriteString(regexp.QuoteMeta(glob[i:end]))
			i = end - 1
		}
	}
	return b.String()
}

// isPattern reports whether c.want is more than a text.
func (c *condition) isPattern() bool {
	_, pat := inside(c.want, "pat(")
	_, several := inside(c.want, "any(")
	return pat || several
}

// expect takes c over, or says why that cannot be done.
func (e *endpoint) expect(c condition) string {
	if c.place == "BODY" {
		return e.expectBody(c)
	}
	if c.function != "" {
		return "looks at the length of what is no body"
	}
	switch c.place {
	case "CONNECTED":
		if c.holds("true") {
			return "" // that is what a probe is
		}
		return "wants that nobody answers"
	case "RESPONSE_TIME":
		return e.expectTime(c)
	case "CERTIFICATE_EXPIRATION":
		d := time.Duration(number(c.want)) * time.Millisecond
		if c.op != ">" && c.op != ">=" || d <= 0 {
			return "cannot be said here"
		}
		if e.t.Kind == probe.ICMP || e.t.Kind == probe.DNS {
			return "looks at a certificate, which " + e.t.Kind + " has not"
		}
		e.t.Expect.CertFor = max(e.t.Expect.CertFor, d)
		return ""
	case "IP":
		if e.t.Kind != probe.HTTP {
			return "looks at the address, which only HTTP tells here"
		}
		return e.check(probe.Check{Of: probe.IP}, c)
	case "DOMAIN_EXPIRATION":
		return "looks at when the domain ends, which is not asked"
	case "CONTEXT":
		return "looks at what was stored, which is not compared"
	}
	return "looks at something that nobody here knows"
}

func (e *endpoint) expectTime(c condition) string {
	d := time.Duration(number(c.want)) * time.Millisecond
	if c.op != "<" && c.op != "<=" || d <= 0 {
		return "cannot be said here"
	}
	if e.t.Expect.Within == 0 || d < e.t.Expect.Within {
		e.t.Expect.Within = d
	}
	return ""
}

// check adds a check of one value.
func (e *endpoint) check(check probe.Check, c condition) string {
	switch {
	case (c.op == "==" || c.op == "!=") && (c.isPattern() || check.Of == probe.Body):
		check.Op, check.Want = probe.Matches, `(?s)\A(?:`+c.expression()+`)\z`
		if check.Of == probe.Body { // Gatus takes blanks from its ends
			check.Want = `(?s)\A\s*(?:` + c.expression() + `)\s*\z`
		}
		if c.op == "!=" {
			check.Op = probe.MatchesNot
		}
	case c.op == "==" || c.op == "!=":
		check.Op, check.Want = probe.Op(c.op), c.want
	default:
		check.Op, check.Want = probe.Op(c.op), strconv.FormatInt(number(c.want), 10)
		if _, err := strconv.ParseFloat(c.want, 64); err == nil {
			check.Want = c.want
		}
	}
	e.t.Expect.Checks = append(e.t.Expect.Checks, check)
	return ""
}

func (e *endpoint) expectBody(c condition) string {
	path := strings.TrimPrefix(c.path, ".")
	switch {
	case e.t.Kind == probe.GRPC && path == "status" && c.op == "==" && c.want == "SERVING":
		return "" // that is what a probe of gRPC is
	case e.t.Kind == probe.DNS:
		return e.expectAnswer(c)
	case e.t.Kind == probe.TCP || e.t.Kind == probe.TLS || e.t.Kind == probe.WebSocket:
		return e.expectTalk(c)
	case e.t.Kind != probe.HTTP:
		return "looks at a body, which " + e.t.Kind + " has not"
	case c.function == "has":
		yes := c.holds("true")
		if yes == c.holds("false") {
			return "is always so, or never"
		}
		check := probe.Check{Of: probe.JSON, Path: path, Op: probe.Exists}
		if !yes {
			check.Op = probe.Missing
		}
		if path == "" {
			check = probe.Check{Of: probe.Body, Op: probe.Matches, Want: `\S`}
			if !yes {
				check.Op = probe.MatchesNot
			}
		}
		e.t.Expect.Checks = append(e.t.Expect.Checks, check)
		return ""
	case c.function == "len":
		return e.check(probe.Check{Of: probe.Length, Path: path}, c)
	case path == "":
		return e.check(probe.Check{Of: probe.Body}, c)
	}
	return e.check(probe.Check{Of: probe.JSON, Path: path}, c)
}

// expectAnswer takes over what a DNS server must answer.
func (e *endpoint) expectAnswer(c condition) string {
	trimmed := c
	trimmed.want = strings.TrimSuffix(c.want, ".")
	expression := `(?is)\A(?:` + trimmed.expression() + `)\.?\z`
	switch {
	case c.path != "" || c.function != "" || c.op != "==" && c.op != "!=":
		return "cannot be said of a DNS answer"
	case c.op == "!=":
		e.t.Query.MatchNot = append(e.t.Query.MatchNot, expression)
	case c.isPattern():
		e.t.Query.Match = append(e.t.Query.Match, expression)
	default:
		e.t.Query.Want = append(e.t.Query.Want, c.want)
	}
	return ""
}

// expectTalk takes over what must come over a connection.
func (e *endpoint) expectTalk(c condition) string {
	if c.path != "" || c.function != "" || c.op != "==" || e.kind == "ssh" || e.kind == "starttls" {
		return "cannot be said of what comes over a connection"
	}
	expression := c.expression()
	if glob, ok := inside(c.want, "pat("); ok { // what is before and behind need not be awaited
		expression = globbed(strings.Trim(glob, "*"))
	}
	if expression == "" {
		expression = "(?s)."
	}
	e.t.Talk = append(e.t.Talk, probe.Turn{Expect: expression})
	return ""
}
