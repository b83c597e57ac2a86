package push

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/route"
	"github.com/honderd/honderd/internal/who"
)

// Record is one line that is sent: one step of one person.
type Record struct {
	At      *Instant `json:"at"`      // when the answer had ended; nothing: now
	Person  string   `json:"person"`  // whatever tells this person from others; only its pseudonym is kept
	Method  string   `json:"method"`  // GET
	Path    string   `json:"path"`    // /basket/4711, or a whole address; its query is left out
	Journey string   `json:"journey"` // nothing: from path
	Step    string   `json:"step"`    // nothing: from method and path
	Status  int      `json:"status"`  // of HTTP, as the person got it
	Wait    *float64 `json:"wait_ms"` // how long the person waited; nothing: not known
	Cause   string   `json:"cause"`   // why it was bad, when no status says so; "fine": it was good
	Masked  string   `json:"masked"`  // how a fault was hidden: retry, stale, fallback
	Part    bool     `json:"part"`    // a picture, style or script
	Rage    bool     `json:"rage"`    // clicked in anger
}

// Instant is a time as senders write it: Unix milliseconds, or RFC 3339.
type Instant int64

// UnmarshalJSON reads either.
func (i *Instant) UnmarshalJSON(p []byte) error {
	if len(p) > 0 && p[0] == '"' {
		var t time.Time
		if err := json.Unmarshal(p, &t); err != nil {
			return errors.New(`"at" is neither Unix milliseconds nor a time like "2026-11-23T20:01:09Z"`)
		}
		*i = Instant(t.UnixMilli())
		return nil
	}
	var ms float64
	if err := json.Unmarshal(p, &ms); err != nil || ms != ms {
		return errors.New(`"at" is neither Unix milliseconds nor a time like "2026-11-23T20:01:09Z"`)
	}
	*i = Instant(min(max(ms, 0), 1<<52))
	return nil
}

// Answer says what became of a batch that was kept.
type Answer struct {
	Accepted int        `json:"accepted"`
	Rejected int        `json:"rejected"`
	Errors   []Rejected `json:"errors,omitempty"` // of the first lines that were rejected
}

// Rejected is a line that could not be read.
type Rejected struct {
	Line int    `json:"line"` // from 1
	Why  string `json:"why"`
}

// maxErrors is how many rejected lines an answer explains.
const maxErrors = 20

// maxWait is the longest wait that is believed: a day.
const maxWait = 24 * 60 * 60 * 1000

// read judges each line of body.
func (d *Door) read(body []byte, namer *who.Namer) (*experience.Batch, *Answer) {
	b := &experience.Batch{Source: Name}
	b.Reset()
	b.Source = Name
	b.Tally.Bytes = int64(len(body))
	n := names{journeys: map[string]uint16{}, steps: map[string]uint16{"": 0}}
	answer := &Answer{}
	now := time.Now().UnixMilli()
	for number := 1; len(body) > 0; number++ {
		line, rest, _ := bytes.Cut(body, []byte("\n"))
		body = rest
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		b.Tally.Lines++
		e, err := d.one(line, namer, now, &n, b)
		if err != nil {
			answer.reject(number, err, &b.Tally)
			continue
		}
		b.Items = append(b.Items, e)
		b.Tally.Parsed++
		answer.Accepted++
	}
	if b.Tally.Parsed > 0 {
		b.Tally.Formats = map[string]int64{Name: b.Tally.Parsed}
	}
	return b, answer
}

func (a *Answer) reject(line int, err error, t *experience.Tally) {
	a.Rejected++
	if len(a.Errors) < maxErrors {
		a.Errors = append(a.Errors, Rejected{line, err.Error()})
	}
	const reason = "not an experience"
	if t.Rejects == nil {
		t.Rejects = map[string]experience.Reject{}
	}
	r := t.Rejects[reason]
	if r.Count++; len(r.Examples) < experience.MaxExamples {
		r.Examples = append(r.Examples, string(route.Cut([]byte(err.Error()), experience.MaxExample)))
	}
	t.Rejects[reason] = r
}

// names gives journeys and steps their indexes in a batch.
type names struct{ journeys, steps map[string]uint16 }

func index(known map[string]uint16, list *[]string, name string) uint16 {
	i, ok := known[name]
	if !ok {
		i = uint16(len(*list))
		known[name] = i
		*list = append(*list, name)
	}
	return i
}

// one judges one line.
func (d *Door) one(line []byte, namer *who.Namer, now int64, n *names, b *experience.Batch) (e experience.Experience, err error) {
	var r Record
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return e, errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return e, errors.New("there is more on this line than one experience")
	}
	switch {
	case r.Person == "":
		return e, errors.New(`"person" is missing: whose experience was it?`)
	case r.Status == 0 && r.Cause == "":
		return e, errors.New(`neither "status" nor "cause" says how it was`)
	case r.Status != 0 && (r.Status < 100 || r.Status > 999):
		return e, fmt.Errorf(`"status" %d is no status of HTTP`, r.Status)
	}
	e = experience.Experience{At: now, Part: r.Part, Rage: r.Rage}
	if r.At != nil {
		e.At = int64(*r.At)
	}
	if !experience.Possible(e.At) {
		return e, errors.New(`"at" is before 1990 or after 2100: are these milliseconds?`)
	}
	if err := d.judge(&e, &r); err != nil {
		return e, err
	}
	name, before := namer.NameAt(e.At, who.ByField, []byte(r.Person), nil)
	if e.Person = experience.Person(name); before != 0 {
		b.Formerly = append(b.Formerly, experience.Formerly{Item: len(b.Items), Person: experience.Person(before)})
	}
	d.name(&e, &r, n, b)
	return e, nil
}

// judge sets how it was.
func (d *Door) judge(e *experience.Experience, r *Record) error {
	wait := time.Duration(-1)
	if r.Wait != nil {
		if *r.Wait < 0 || *r.Wait > maxWait || *r.Wait != *r.Wait {
			return errors.New(`"wait_ms" is not between 0 and a day`)
		}
		e.Wait = uint32(*r.Wait + 0.5)
		wait = time.Duration(e.Wait) * time.Millisecond
	}
	if r.Status != 0 {
		e.Cause = d.options.Rules.Judge(r.Status, wait)
	}
	if r.Cause != "" {
		cause, ok := causeOf(r.Cause)
		if !ok {
			return fmt.Errorf(`"cause" %.40q is not known: fine, server_error, unreachable, too_many_requests, timed_out, gave_up, too_slow or script_error`, r.Cause)
		}
		e.Cause = cause
	}
	if r.Masked == "" {
		return nil
	}
	for _, m := range experience.Masks() {
		if m.String() == r.Masked {
			if e.Cause == experience.Fine {
				e.Mask = m
			}
			return nil
		}
	}
	return fmt.Errorf(`"masked" %.40q is not known: retry, stale or fallback`, r.Masked)
}

func causeOf(word string) (experience.Cause, bool) {
	if word == experience.Fine.String() {
		return experience.Fine, true
	}
	for _, c := range experience.Causes() {
		if c.String() == word {
			return c, true
		}
	}
	return experience.Fine, false
}

// name sets what the person came to do.
func (d *Door) name(e *experience.Experience, r *Record, n *names, b *experience.Batch) {
	path := route.Path([]byte(r.Path))
	if r.Path != "" && !r.Part {
		e.Part, _ = d.options.Rules.IsPart(string(path))
	}
	journey, step := route.Name(r.Journey), route.Name(r.Step)
	if journey == "" && r.Path != "" {
		journey = string(route.Journey(path, r.Status))
	}
	if step == "" && r.Path != "" {
		step = string(route.AppendStep(nil, []byte(r.Method), path))
	}
	e.Journey = index(n.journeys, &b.Journeys, journey)
	e.Step = index(n.steps, &b.Steps, step)
	if len(d.options.Rules.Critical) > 0 && !e.Part && r.Path != "" {
		e.Critical = d.options.Rules.IsCritical(r.Method, string(path))
	}
}
