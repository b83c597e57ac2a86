package browser

import (
	"encoding/json"
	"math"
	"net/http"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/admit"
)

// told is a message of our script: docs/browser.md names its fields.
type told struct {
	ID      string            `json:"id"`
	Key     string            `json:"k"`
	Person  string            `json:"u"`
	Consent string            `json:"c"` // what the browser keeps because its person said yes
	Labels  string            `json:"l"`
	Driven  int               `json:"r"` // by a program
	Dropped float64           `json:"d"` // items that there was no room for
	Now     float64           `json:"t"` // by the clock of the browser, when it was sent
	Vitals  *vitals           `json:"v"`
	Items   []json.RawMessage `json:"i"`
}

// vitals are what browsers measure of a page: web.dev/articles/vitals.
type vitals struct {
	LCP  *float64 `json:"lcp"`  // milliseconds until the largest thing was there
	INP  *float64 `json:"inp"`  // milliseconds until the slowest act had an effect
	CLS  *float64 `json:"cls"`  // how far things jumped
	TTFB *float64 `json:"ttfb"` // milliseconds until the first byte
}

// item is one thing that happened to a person.
type item struct {
	Kind    string  `json:"k"` // view, ask, nav, part, error, rage, left, step
	At      float64 `json:"t"` // by the clock of the browser, when it had ended
	Wait    float64 `json:"w"` // milliseconds; 0: not known
	Method  string  `json:"m"`
	Path    string  `json:"p"`
	Status  int     `json:"s"`
	Failed  string  `json:"f"` // how, when no status says so: net, time, slow, script
	Offline int     `json:"o"` // the browser had no network
	Step    string  `json:"n"`
	Journey string  `json:"j"`
}

// Limits of one message.
const (
	maxItems   = 200
	maxID      = 64
	maxOfName  = 256                // bytes of a name of a person
	maxMessage = 7 * 24 * time.Hour // what was kept in a browser for longer is no news
)

// beacon takes a message of our script.
func (d *Door) beacon(s *sent) *admit.Refusal {
	var m told
	if json.Unmarshal(s.body, &m) != nil || len(m.Items) > maxItems || len(m.ID) > maxID || len(m.Person) > maxOfName || len(m.Consent) > maxID {
		return notOurs("a message of honderd.js")
	}
	if no := d.opens(m.Key); no != nil {
		return no
	}
	id := []byte(m.ID)
	if m.ID == "" {
		id = s.body
	}
	if !d.isNew(s, id) {
		return nil
	}
	if m.Dropped > 0 {
		d.counts.drop(uint64(min(m.Dropped, maxDropped)))
	}
	if d.robot(s, m.Driven != 0) {
		for range m.Items {
			s.batch.read("beacon")
		}
		return nil
	}
	s.vitals = m.Vitals
	labels, person := d.labels(s.batch, m.Labels), s.named(m.Person)
	if m.Person == "" {
		person = d.consented(s, m.Consent)
	}
	for _, raw := range m.Items {
		var i item
		if json.Unmarshal(raw, &i) != nil {
			s.batch.reject("not an item of a browser")
			continue
		}
		if why := d.item(s, &i, m.Now, person, labels); why != "" {
			s.batch.reject(why)
			continue
		}
		s.batch.read("beacon")
	}
	return nil
}

// maxDropped is the most dropped items that one message is believed.
const maxDropped = 10_000

// item judges one thing that happened, or says why it is none.
func (d *Door) item(s *sent, i *item, now float64, person self, labels uint16) string {
	age := time.Duration(0) // the clock of the browser may be wrong, but not how long ago it was by it
	if now > 0 && i.At > 0 && now > i.At {
		ms := now - i.At
		if ms >= float64(maxMessage.Milliseconds()) {
			return "too old to be news"
		}
		age = time.Duration(ms) * time.Millisecond
	}
	if math.IsNaN(i.Wait) || i.Wait < 0 || i.Wait > float64(maxWait.Milliseconds()) || i.Status < 0 || i.Status > 999 {
		return "not an item of a browser"
	}
	if i.Offline != 0 {
		d.counts.add(&d.counts.offline)
		return "" // nobody's service: the browser itself had no network
	}
	v := sight{
		at: s.at.Add(-age), person: person, wait: time.Duration(i.Wait) * time.Millisecond, method: i.Method, path: i.Path,
		journey: i.Journey, step: i.Step, status: i.Status, labels: labels,
	}
	if i.Wait == 0 {
		v.wait = -1
	}
	if !d.judge(&v, i) {
		return "not an item of a browser"
	}
	d.add(s.batch, v)
	return ""
}

// judge says how it was, and false when it does not know the kind.
func (d *Door) judge(v *sight, i *item) bool {
	if v.method == "" {
		v.method = http.MethodGet
	}
	switch i.Kind {
	case "view", "step":
		v.cause = d.failure(i, v.wait)
		v.served = i.Kind == "view" && v.cause != experience.TooSlow
	case "nav":
		v.cause = experience.Unreachable
	case "ask":
		v.cause = d.failure(i, v.wait)
		v.part = isRead(v.method)
		v.served = i.Failed == "" && v.cause != experience.TooSlow
	case "part":
		v.cause, v.part = d.failure(i, v.wait), true
		if _, noticed := d.options.Rules.IsPart(v.path); !noticed {
			v.cause = experience.Fine
		}
	case "error":
		v.cause, v.part = experience.Broken, true
	case "rage":
		v.cause, v.part, v.rage = d.failure(i, v.wait), true, true
		if v.cause == experience.Fine {
			v.cause = experience.TooSlow // clicked in anger on what had not answered
		}
	case "left":
		v.cause = d.options.Rules.Judge(499, v.wait)
	default:
		return false
	}
	return true
}

// failure says how something failed: that nobody answered stands above any status.
func (d *Door) failure(i *item, wait time.Duration) experience.Cause {
	switch i.Failed {
	case "net":
		return experience.Unreachable
	case "time":
		return experience.TimedOut
	case "script":
		return experience.Broken
	}
	status := i.Status
	if status == 0 {
		status = http.StatusOK
	}
	return d.options.Rules.Judge(status, wait)
}

// isRead reports whether a method only reads, so that what it got is a part of a page. The
// rest is what somebody does: a step.
func isRead(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}
