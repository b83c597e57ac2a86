package browser

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/admit"
)

// faroBody is what the web SDK of Grafana Faro sends, as far as it is read.
type faroBody struct {
	Meta struct {
		User struct {
			ID   string `json:"id"`
			Hash string `json:"hash"`
		} `json:"user"`
		Page struct {
			URL string `json:"url"`
		} `json:"page"`
		View struct {
			Name string `json:"name"`
		} `json:"view"`
		K6 struct {
			IsBrowser bool `json:"isK6Browser"`
		} `json:"k6"`
	} `json:"meta"`
	Exceptions   []json.RawMessage `json:"exceptions"`
	Measurements []json.RawMessage `json:"measurements"`
	Events       []json.RawMessage `json:"events"`
	Logs         []json.RawMessage `json:"logs"`
	Traces       *otlp             `json:"traces"`
}

// faroSignal is one exception, measurement or event.
type faroSignal struct {
	Name       string             `json:"name"`
	Type       string             `json:"type"`
	Timestamp  string             `json:"timestamp"`
	Values     map[string]float64 `json:"values"`
	Attributes map[string]string  `json:"attributes"`
}

// otlp is the traces of Faro: OTLP as JSON.
type otlp struct {
	Resources []struct {
		Scopes []struct {
			Spans []span `json:"spans"`
		} `json:"scopeSpans"`
	} `json:"resourceSpans"`
}

type span struct {
	Kind   int         `json:"kind"`
	Start  json.Number `json:"startTimeUnixNano"`
	End    json.Number `json:"endTimeUnixNano"`
	Status struct {
		Code int `json:"code"`
	} `json:"status"`
	Attributes []struct {
		Key   string `json:"key"`
		Value struct {
			String string      `json:"stringValue"`
			Int    json.Number `json:"intValue"`
		} `json:"value"`
	} `json:"attributes"`
}

// maxSignals is the most signals of one payload.
const maxSignals = 2000

// faroPage is what the signals of one payload have in common.
type faroPage struct {
	person self
	url    *url.URL
	view   string
}

// faro takes a payload of Grafana Faro.
func (d *Door) faro(s *sent) *admit.Refusal {
	if no := d.opens(s.from.shown); no != nil {
		return no
	}
	var f faroBody
	if json.Unmarshal(s.body, &f) != nil || len(f.Exceptions)+len(f.Measurements)+len(f.Events)+len(f.Logs) > maxSignals {
		return notOurs("a payload of Faro")
	}
	if !d.isNew(s, s.body) {
		return nil
	}
	page := faroPage{person: s.person, view: f.Meta.View.Name}
	if name := or2(f.Meta.User.ID, f.Meta.User.Hash); len(name) <= maxOfName {
		page.person = s.named(name)
	}
	if page.view == "default" { // the name that Faro gives when there is none
		page.view = ""
	}
	var err error
	if page.url, err = url.Parse(f.Meta.Page.URL); err != nil {
		page.url = &url.URL{}
	}
	robot := d.robot(s, f.Meta.K6.IsBrowser)
	for _, group := range []struct {
		list []json.RawMessage
		take func(*sent, *faroSignal, *faroPage)
	}{{f.Exceptions, d.faroException}, {f.Measurements, d.faroMeasurement}, {f.Events, d.faroEvent}, {f.Logs, nil}} {
		for _, raw := range group.list {
			var one faroSignal
			if json.Unmarshal(raw, &one) != nil {
				s.batch.reject("not a signal of Faro")
				continue
			}
			s.batch.read("faro")
			if !robot && group.take != nil {
				group.take(s, &one, &page)
			}
		}
	}
	d.faroSpans(s, f.Traces, &page, robot)
	return nil
}

func or2(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// seen returns a sight of a page at the time of a signal. Faro does not say when it sent
// something, so the browser's clock is believed as far as it can be true.
func (p *faroPage) seen(s *sent, timestamp string) sight {
	v := sight{at: s.at, person: p.person, wait: -1, method: http.MethodGet, path: p.url.EscapedPath(), step: p.view, part: true}
	if at, err := time.Parse(time.RFC3339, timestamp); err == nil && at.Before(s.at) && s.at.Sub(at) < time.Hour {
		v.at = at
	}
	return v
}

// faroException counts an error of a page. Faro does not say whether anybody felt it, so
// somebody may have.
func (d *Door) faroException(s *sent, one *faroSignal, p *faroPage) {
	v := p.seen(s, one.Timestamp)
	v.cause = experience.Broken
	d.add(s.batch, v)
}

func (d *Door) faroMeasurement(s *sent, one *faroSignal, p *faroPage) {
	if one.Type != "web-vitals" {
		return
	}
	m := vitals{}
	for name, value := range one.Values {
		switch name {
		case "lcp":
			m.LCP = &value
		case "inp":
			m.INP = &value
		case "cls":
			m.CLS = &value
		case "ttfb":
			m.TTFB = &value
		}
	}
	d.counts.measure(&m)
	if m.LCP == nil {
		return
	}
	v := p.seen(s, one.Timestamp)
	v.wait = millis(*m.LCP)
	v.cause = d.options.Rules.Judge(http.StatusOK, v.wait)
	d.add(s.batch, v)
}

// faroEvent takes what Faro tells of pages and of what they ask for.
func (d *Door) faroEvent(s *sent, one *faroSignal, p *faroPage) {
	v := p.seen(s, one.Timestamp)
	number := func(name string) float64 {
		n, err := strconv.ParseFloat(one.Attributes[name], 64)
		if err != nil {
			return 0
		}
		return n
	}
	v.status = min(max(int(number("responseStatus")), 0), 999)
	switch one.Name {
	case "faro.performance.navigation":
		v.part = false
		v.wait = millis(number("duration"))
	case "faro.performance.resource":
		address, err := url.Parse(one.Attributes["name"])
		if err != nil || address.Host != p.url.Host || v.status == 0 {
			return
		}
		v.path, v.step, v.wait = address.EscapedPath(), "", millis(number("duration"))
	default:
		return
	}
	v.cause = d.options.Rules.Judge(or(v.status, http.StatusOK), v.wait)
	v.served = v.cause != experience.TooSlow
	d.add(s.batch, v)
}

func millis(n float64) time.Duration {
	if !(n > 0) {
		return -1
	}
	return time.Duration(min(n, float64(maxWait.Milliseconds())) * float64(time.Millisecond))
}

// faroSpans takes the requests of a page from its traces: those of its own host.
func (d *Door) faroSpans(s *sent, traces *otlp, p *faroPage, robot bool) {
	if traces == nil {
		return
	}
	left := maxSignals
	for _, resource := range traces.Resources {
		for _, scope := range resource.Scopes {
			for i := range scope.Spans {
				if left--; left < 0 {
					return
				}
				s.batch.read("faro")
				if !robot {
					d.faroSpan(s, &scope.Spans[i], p)
				}
			}
		}
	}
}

// spanClient is the kind of a span that asks somebody.
const spanClient = 3

// statusError is the status of a span that failed.
const statusError = 2

func (d *Door) faroSpan(s *sent, one *span, p *faroPage) {
	var address, method, status string
	for _, a := range one.Attributes {
		switch a.Key {
		case "url.full", "http.url":
			address = a.Value.String
		case "http.request.method", "http.method":
			method = a.Value.String
		case "http.response.status_code", "http.status_code":
			status = or2(a.Value.Int.String(), a.Value.String)
		}
	}
	at, err := url.Parse(address)
	if one.Kind != spanClient || err != nil || at.Host == "" || !strings.EqualFold(at.Host, p.url.Host) {
		return
	}
	from, _ := one.Start.Int64()
	to, _ := one.End.Int64()
	v := p.seen(s, time.Unix(0, to).UTC().Format(time.RFC3339Nano))
	v.method, v.path, v.step, v.part = or2(method, http.MethodGet), at.EscapedPath(), "", isRead(or2(method, http.MethodGet))
	if to > from {
		v.wait = min(time.Duration(to-from), maxWait)
	}
	v.status, _ = strconv.Atoi(status)
	switch {
	case v.status >= 100 && v.status <= 999:
		v.cause = d.options.Rules.Judge(v.status, v.wait)
		v.served = v.cause != experience.TooSlow
	case one.Status.Code == statusError:
		v.cause = experience.Unreachable
	default:
		return
	}
	d.add(s.batch, v)
}
