package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/experience"
)

const (
	// keepFor is how long a connection is kept. A kept one does not see a new address,
	// a new certificate or a door that lets nobody new in.
	keepFor = time.Minute

	// maxHeader is the most bytes of headers that an answer may have.
	maxHeader = 64 << 10

	// maxRedirects is how often an answer may lead elsewhere.
	maxRedirects = 10
)

// httpCheck asks one URL, or the steps of a journey.
type httpCheck struct {
	steps   []step
	journey bool
	book    *certBook
	kept    *http.Transport
	fresh   *http.Transport

	mu    sync.Mutex
	since time.Time // when the kept connection was last made anew
}

// step is a Step that is ready.
type step struct {
	name      string
	method    string
	url, body template
	headers   map[string]template
	host      template
	encode    func(before, value string) string // of values in the body
	redirects Redirects
	expect    expectation
	within    time.Duration
	extract   []extraction
}

func newHTTP(t Target, dial dialer) (*httpCheck, error) {
	h := &httpCheck{book: newCertBook(t.Trust), journey: t.Kind == Journey}
	h.kept, h.fresh = newTransport(t, h.book, dial), newTransport(t, h.book, dial)
	h.fresh.DisableKeepAlives = true
	steps := t.Steps
	if !h.journey {
		if len(steps) > 0 || len(t.Talk) > 0 {
			return nil, errors.New("http has one request and no steps (fix: make it a journey)")
		}
		steps = []Step{{URL: escape(t.Address), Request: t.Request.escaped(), Expect: t.Expect}}
	}
	if len(steps) == 0 || len(steps) > MaxSteps {
		return nil, fmt.Errorf("a journey of %d steps (fix: give it 1 to %d)", len(steps), MaxSteps)
	}
	var errs []error
	known := map[string]bool{}
	for i, s := range steps {
		ready, err := s.prepare(known, i)
		if err != nil && h.journey {
			err = fmt.Errorf("step %d %s: %w", i+1, clean(s.Name), err)
		}
		errs = append(errs, err)
		h.steps = append(h.steps, ready)
	}
	return h, errors.Join(errs...)
}

// escaped returns r for a target without steps, where nothing stands for anything else.
func (r Request) escaped() Request {
	headers := make(map[string]string, len(r.Headers))
	for name, value := range r.Headers {
		headers[name] = escape(value)
	}
	r.Headers, r.Body = headers, escape(r.Body)
	return r
}

func newTransport(t Target, book *certBook, dial dialer) *http.Transport {
	return &http.Transport{
		DialContext:            dial,
		TLSClientConfig:        book.config(""),
		TLSHandshakeTimeout:    t.Timeout, // the handshake outlives who asked for it
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    1,
		IdleConnTimeout:        keepFor,
		MaxResponseHeaderBytes: maxHeader,
	}
}

// prepare makes s ready; known are the values that steps before it extract.
func (s Step) prepare(known map[string]bool, i int) (ready step, err error) {
	ready = step{name: s.Name, method: s.Request.Method, redirects: s.Request.Redirects, within: s.Expect.Within, headers: map[string]template{}}
	if ready.name == "" {
		ready.name = fmt.Sprintf("step %d", i+1)
	}
	if ready.method == "" {
		ready.method = http.MethodGet
	}
	var errs []error
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	text := func(s string) template {
		t, err := parseTemplate(s)
		note(err)
		for _, name := range t.names() {
			if !known[name] {
				note(fmt.Errorf("${%s}: no step before it extracts that (fix: extract it first, or write $${ for ${ itself)", name))
			}
		}
		return t
	}
	if !isToken(ready.method) {
		note(fmt.Errorf("method %q is none (fix: write GET)", clean(ready.method)))
	}
	if !isRedirects(ready.redirects) {
		note(fmt.Errorf("redirects %q is none (fix: write same-host or none, or nothing to follow)", clean(string(ready.redirects))))
	}
	ready.url, ready.body, ready.encode = text(s.URL), text(s.Request.Body), s.Request.encoding()
	if ready.url.fixed() {
		note(checkURL(ready.url[0], "http", "https"))
	}
	for name, value := range s.Request.Headers {
		v := text(value)
		if !isToken(name) || v.fixed() && strings.ContainsAny(v[0], "\r\n\x00") {
			note(fmt.Errorf("header %q is not one that can be sent (fix: a name without blanks, a value of one line)", clean(name)))
		}
		if http.CanonicalHeaderKey(name) == "Host" {
			ready.host = v
		} else {
			ready.headers[http.CanonicalHeaderKey(name)] = v
		}
	}
	ready.expect, err = s.Expect.prepare(ready.redirects)
	note(err)
	for _, e := range s.Extract {
		x, err := e.prepare()
		note(err)
		known[e.Name] = true
		ready.extract = append(ready.extract, x)
		ready.expect.reads = ready.expect.reads || e.From == Body || e.From == JSON
	}
	return ready, errors.Join(errs...)
}

func isRedirects(r Redirects) bool { return r == Follow || r == SameHost || r == NoFollow }

// encoding returns how values are written in the body, by what the body is.
func (r Request) encoding() func(before, value string) string {
	for name, value := range r.Headers {
		if http.CanonicalHeaderKey(name) != "Content-Type" {
			continue
		}
		switch kind := strings.ToLower(value); {
		case strings.HasPrefix(kind, "application/x-www-form-urlencoded"):
			return inForm
		case strings.Contains(kind, "json"):
			return inJSON
		}
	}
	return asItIs
}

// checkURL reports what is wrong with a URL.
func checkURL(s string, schemes ...string) error {
	u, err := url.Parse(s)
	if err == nil && u.Hostname() != "" && (u.Port() == "" || !badPort(u.Port())) && !strings.ContainsAny(u.Host, " \t\r\n") {
		for _, scheme := range schemes {
			if strings.EqualFold(u.Scheme, scheme) {
				return nil
			}
		}
	}
	return fmt.Errorf("%s is no address to ask (fix: write one like %s://example.org/health)", quote(s), schemes[len(schemes)-1])
}

func (h *httpCheck) close() {
	h.kept.CloseIdleConnections()
	h.fresh.CloseIdleConnections()
}

// transport returns the connections to ask over.
func (h *httpCheck) transport(fresh bool) *http.Transport {
	if fresh {
		return h.fresh
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := time.Now(); now.Sub(h.since) >= keepFor {
		h.since = now
		h.kept.CloseIdleConnections()
	}
	return h.kept
}

func (h *httpCheck) check(ctx context.Context, fresh bool) (out outcome) {
	jar, err := cookiejar.New(nil)
	if err != nil { // never: without a list it has nothing to refuse
		return outcome{unknown: true, why: err.Error()}
	}
	client := &http.Client{Transport: h.transport(fresh), Jar: jar}
	values := map[string]string{}
	for i := range h.steps {
		one, status := h.ask(ctx, client, &h.steps[i], values)
		out.wait += one.wait
		out.phases.add(one.phases)
		if !one.ends.IsZero() && (out.ends.IsZero() || one.ends.Before(out.ends)) {
			out.ends = one.ends
		}
		if h.journey {
			out.steps = append(out.steps, StepResult{h.steps[i].name, status, one.wait, one.phases})
		}
		if one.bad() || one.unknown {
			out.cause, out.why, out.unknown, out.silent = one.cause, one.why, one.unknown, one.silent
			if h.journey {
				out.failed, out.why = clean(h.steps[i].name), h.steps[i].name+": "+one.why
			}
			return out
		}
	}
	return out
}

// ask makes one step. What it extracts goes to values.
func (h *httpCheck) ask(ctx context.Context, client *http.Client, s *step, values map[string]string) (out outcome, status int) {
	watch := newStopwatch()
	request, err := s.request(watch.follow(ctx), values)
	if err != nil {
		out.broke(ctx, err, watch)
		return out, 0
	}
	client.CheckRedirect = s.redirect
	response, err := client.Do(request)
	if err != nil {
		if response != nil {
			status = response.StatusCode
		}
		out.broke(ctx, err, watch)
		return out, status
	}
	defer response.Body.Close()
	a := &answer{header: response.Header, ip: watch.from()}
	err = a.read(response.Body, &s.expect)
	out.ends = h.book.endOf(response.TLS)
	if err != nil {
		ends := out.ends
		out.broke(ctx, err, watch)
		out.ends = ends
		return out, response.StatusCode
	}
	out.phases, out.wait = watch.end()
	if old := h.book.outlived(out.ends); old != nil {
		out.cause, out.why = old.cause, old.why
		return out, response.StatusCode
	}
	out.cause, out.why = s.judge(response.StatusCode, a, values)
	if !out.bad() && s.within > 0 && out.wait > s.within {
		out.cause, out.why = experience.TooSlow, fmt.Sprintf("it took %v, longer than %v", round(out.wait), s.within)
	}
	return out, response.StatusCode
}

func (s *step) request(ctx context.Context, values map[string]string) (*http.Request, error) {
	address := s.url.expand(values, inURL)
	if err := checkURL(address, "http", "https"); err != nil {
		return nil, &fault{cause: experience.ServerError, why: "what was extracted makes no address to ask"}
	}
	var body io.Reader
	if len(s.body) > 1 || s.body[0] != "" {
		body = strings.NewReader(s.body.expand(values, s.encode))
	}
	request, err := http.NewRequestWithContext(ctx, s.method, address, body)
	if err != nil {
		return nil, &fault{cause: experience.ServerError, why: "what was extracted makes no address to ask"}
	}
	request.Header["User-Agent"] = []string{Agent}
	for name, value := range s.headers {
		request.Header[name] = []string{value.expand(values, inHeader)}
	}
	if s.host != nil {
		request.Host = s.host.expand(values, inHeader)
	}
	return request, nil
}

// redirect decides whether to go where an answer leads.
func (s *step) redirect(next *http.Request, before []*http.Request) error {
	switch {
	case s.redirects == NoFollow:
		return http.ErrUseLastResponse
	case len(before) > maxRedirects:
		return &fault{cause: experience.ServerError, why: fmt.Sprintf("it leads elsewhere more than %d times", maxRedirects)}
	case s.redirects == SameHost && !strings.EqualFold(next.URL.Host, before[0].URL.Host):
		return &fault{cause: experience.ServerError, why: "it leads to another host, " + quote(next.URL.Host)}
	}
	return nil
}

// read reads the body as far as x needs it.
func (a *answer) read(body io.Reader, x *expectation) error {
	if !x.reads {
		n, err := io.Copy(io.Discard, io.LimitReader(body, x.limit+1))
		a.cut = n > x.limit
		return err
	}
	b, err := io.ReadAll(io.LimitReader(body, x.limit+1))
	if int64(len(b)) > x.limit {
		b, a.cut = b[:x.limit], true
	}
	a.body = b
	return err
}

// judge says what is wrong with an answer, Fine if nothing is.
func (s *step) judge(status int, a *answer, values map[string]string) (experience.Cause, string) {
	if !s.expect.statusFits(status) {
		rules := experience.Rules{Bad: []int{status}}
		return rules.Judge(status, -1), fmt.Sprintf("status %d, want %s", status, s.expect.statusWords())
	}
	for i := range s.expect.checks {
		if why := s.expect.checks[i].judge(a); why != "" {
			return experience.ServerError, why
		}
	}
	for i := range s.extract {
		value, trouble := s.extract[i].take(a)
		if trouble != "" {
			return experience.ServerError, trouble
		}
		values[s.extract[i].Name] = value
	}
	return experience.Fine, ""
}

// cookieOf returns the value of a cookie that an answer sets.
func cookieOf(header http.Header, name string) (string, bool) {
	for _, c := range (&http.Response{Header: header}).Cookies() {
		if c.Name == name {
			return c.Value, true
		}
	}
	return "", false
}
