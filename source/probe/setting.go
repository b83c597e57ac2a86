package probe

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Settings are the probes as people write them in honderd.yaml.
type Settings struct {
	Every    time.Duration `yaml:"every" is:"every"`     // how often a target is asked that does not say; 0: DefaultInterval
	Limit    int           `yaml:"limit" is:"count"`     // how many are asked at one time; 0: DefaultLimit
	Anchors  []string      `yaml:"anchors" is:"address"` // what can be reached while this machine has a network
	Browser  string        `yaml:"browser" is:"file"`    // where Chromium is; empty: it is looked for
	Browsers int           `yaml:"browsers" is:"count"`  // how many recordings are played at one time; 0: DefaultBrowsers
	Pictures int           `yaml:"pictures" is:"count"`  // how many pictures of steps that failed are kept; 0: 100
	Import   []string      `yaml:"import" is:"file"`     // what other programs watch: Gatus, Uptime Kuma, HAR, recordings, Prometheus
	Vantages []Vantage     `yaml:"vantage_points"`       // other machines that probe too
	Targets  []Setting     `yaml:"targets"`              // what is asked
}

// Vantage is another machine that probes too.
type Vantage struct {
	Name string `yaml:"name" is:"word,required"`
	Key  string `yaml:"key" is:"secret,required"` // what it shows
}

// Pair is a name that a person chooses, with its value.
type Pair struct{ Name, Value string }

// Setting is a Target as people write it. Exactly one of url, tcp, tls, dns, ping,
// recording and steps says what is asked.
type Setting struct {
	Name string `yaml:"name" is:"probe,required"`

	URL       string        `yaml:"url" is:"url"`        // http, https, ws, wss, grpc or grpcs
	TCP       string        `yaml:"tcp" is:"address"`    // host:port
	TLS       string        `yaml:"tls" is:"address"`    // host, or host:port
	DNS       string        `yaml:"dns" is:"text"`       // a server: host, or host:port
	Ping      string        `yaml:"ping" is:"text"`      // a host
	Recording string        `yaml:"recording" is:"file"` // what Chrome DevTools Recorder saved
	Steps     []StepSetting `yaml:"steps"`               // of a journey

	Every   time.Duration `yaml:"every" is:"every"`
	Timeout time.Duration `yaml:"timeout" is:"duration"`
	IP      string        `yaml:"ip" is:"any|4|6"` // which kind of address; empty: any
	Expect  []string      `yaml:"expect" is:"expectation"`
	Read    int64         `yaml:"body_limit" is:"bytes"` // of Expect

	Method    string `yaml:"method" is:"method"`
	Headers   []Pair `yaml:"headers" is:"text,named"`
	Body      string `yaml:"body" is:"text"`
	Redirects string `yaml:"redirects" is:"follow|same-host|none"`

	Ask      string   `yaml:"ask" is:"text"`      // of DNS: MX example.org
	Answers  []string `yaml:"answers" is:"text"`  // of DNS: those that must be there
	Only     string   `yaml:"only" is:"yes|no"`   // of DNS: no others may
	Match    []string `yaml:"match" is:"pattern"` // of DNS: each must fit an answer
	MatchNot []string `yaml:"match_not" is:"pattern"`
	Code     string   `yaml:"code" is:"text"`    // of DNS: NOERROR, NXDOMAIN
	Over     string   `yaml:"over" is:"udp|tcp"` // of DNS

	Service string        `yaml:"service" is:"text"` // of gRPC
	Talk    []TurnSetting `yaml:"talk"`              // of TCP, TLS and WebSocket
	Trust   TrustSetting  `yaml:"trust"`
}

// StepSetting is a Step as people write it.
type StepSetting struct {
	Name      string           `yaml:"name" is:"text"`
	URL       string           `yaml:"url" is:"template,required"`
	Method    string           `yaml:"method" is:"method"`
	Headers   []Pair           `yaml:"headers" is:"template,named"`
	Body      string           `yaml:"body" is:"template"`
	Redirects string           `yaml:"redirects" is:"follow|same-host|none"`
	Expect    []string         `yaml:"expect" is:"expectation"`
	Read      int64            `yaml:"body_limit" is:"bytes"`
	Extract   []ExtractSetting `yaml:"extract"`
}

// ExtractSetting is an Extract as people write it.
type ExtractSetting struct {
	Name    string `yaml:"name" is:"value,required"` // small letters, digits and _: capitals are variables of the environment
	From    string `yaml:"from" is:"text,required"`  // json data.token, header X-Id, cookie session, or body
	Pattern string `yaml:"pattern" is:"pattern"`
}

// TurnSetting is a Turn as people write it.
type TurnSetting struct {
	Send   string `yaml:"send" is:"template"`
	Expect string `yaml:"expect" is:"pattern"`
	TLS    string `yaml:"tls" is:"yes|no"` // after that the connection becomes secure
}

// TrustSetting is a Trust as people write it.
type TrustSetting struct {
	Name string `yaml:"name" is:"text"`  // that the certificate must have
	CA   string `yaml:"ca" is:"file"`    // who may sign
	Cert string `yaml:"cert" is:"file"`  // what is shown to servers that ask
	Key  string `yaml:"key" is:"file"`   // of cert
	Any  string `yaml:"any" is:"yes|no"` // any certificate is right
}

// All returns the targets of s, and every mistake in them at once. read reads the files
// that they name.
func (s *Settings) All(read func(path string) ([]byte, error)) ([]Target, error) {
	var all []Target
	var errs []error
	for i := range s.Targets {
		t, err := s.Targets[i].Target(read)
		if t.Interval == 0 {
			t.Interval = s.Every
		}
		if err == nil {
			err = t.Validate()
		}
		errs = append(errs, err)
		if slices.ContainsFunc(all, func(other Target) bool { return other.Name == t.Name }) {
			errs = append(errs, fmt.Errorf("probe %q: there are two of this name (fix: rename one)", clean(t.Name)))
		}
		all = append(all, t)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return all, nil
}

// Target returns what s says. Whether it is right, Target.Validate knows.
func (s *Setting) Target(read func(path string) ([]byte, error)) (Target, error) {
	t := Target{
		Name: s.Name, Interval: s.Every, Timeout: s.Timeout, Service: s.Service,
		Request: Request{Method: s.Method, Headers: pairs(s.Headers), Body: s.Body, Redirects: redirects(s.Redirects)},
	}
	if s.IP == "4" || s.IP == "6" {
		t.Family = "ip" + s.IP
	}
	var errs []error
	note := func(err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("probe %q: %w", clean(s.Name), err))
		}
	}
	file := func(path string) string {
		if path == "" {
			return ""
		}
		text, err := read(path)
		note(err)
		return string(text)
	}
	var err error
	t.Kind, t.Address, err = s.what()
	note(err)
	t.Expect, err = ParseExpect(s.Expect)
	note(err)
	t.Expect.BodyLimit = s.Read
	t.Trust = Trust{ServerName: s.Trust.Name, CA: file(s.Trust.CA), Cert: file(s.Trust.Cert), Key: file(s.Trust.Key), Insecure: s.Trust.Any == "yes"}
	t.Recording = file(s.Recording)
	t.Query = s.query()
	for _, turn := range s.Talk {
		t.Talk = append(t.Talk, Turn{Send: turn.Send, Expect: turn.Expect, StartTLS: turn.TLS == "yes"})
	}
	for i := range s.Steps {
		step, err := s.Steps[i].step()
		note(err)
		t.Steps = append(t.Steps, step)
	}
	return t, errors.Join(errs...)
}

// what returns which kind of target s is, and its address.
func (s *Setting) what() (kind, address string, err error) {
	var given []string
	for _, one := range []struct{ key, kind, address string }{
		{"url", "", s.URL}, {"tcp", TCP, s.TCP}, {"tls", TLS, s.TLS}, {"dns", DNS, s.DNS}, {"ping", ICMP, s.Ping}, {"recording", Browser, s.Recording},
	} {
		if one.address != "" {
			given = append(given, one.key)
			kind, address = one.kind, one.address
		}
	}
	if len(s.Steps) > 0 {
		given = append(given, "steps")
		kind, address = Journey, ""
	}
	if len(given) != 1 {
		return HTTP, "", fmt.Errorf("it must say one thing that is asked, not %d (fix: write one of url, tcp, tls, dns, ping, recording and steps)", len(given))
	}
	if kind == Browser {
		address = ""
	}
	if given[0] != "url" {
		return kind, address, nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return HTTP, address, nil // whoever checks it says why
	}
	switch strings.ToLower(u.Scheme) {
	case "ws", "wss":
		return WebSocket, address, nil
	case "grpc", "grpcs":
		return GRPC, address, nil
	}
	return HTTP, address, nil
}

func (s *Setting) query() Query {
	q := Query{Want: s.Answers, Only: s.Only == "yes", Match: s.Match, MatchNot: s.MatchNot, RCode: s.Code, TCP: s.Over == "tcp"}
	q.Type, q.Name, _ = strings.Cut(strings.Join(strings.Fields(s.Ask), " "), " ")
	if q.Name == "" { // only a name
		q.Type, q.Name = "", q.Type
	}
	return q
}

func (s *StepSetting) step() (Step, error) {
	step := Step{Name: s.Name, URL: s.URL, Request: Request{Method: s.Method, Headers: pairs(s.Headers), Body: s.Body, Redirects: redirects(s.Redirects)}}
	var err error
	step.Expect, err = ParseExpect(s.Expect)
	step.Expect.BodyLimit = s.Read
	for _, e := range s.Extract {
		part, path := cutWord(e.From)
		if e.Name != strings.ToLower(e.Name) {
			err = errors.Join(err, fmt.Errorf("extract %q: capitals stand for variables of the environment (fix: write %s)", clean(e.Name), clean(strings.ToLower(e.Name))))
		}
		step.Extract = append(step.Extract, Extract{Name: e.Name, From: Part(part), Path: path, Pattern: e.Pattern})
	}
	if err != nil {
		err = fmt.Errorf("step %q: %w", clean(s.Name), err)
	}
	return step, err
}

func redirects(word string) Redirects {
	if word == "follow" {
		return Follow
	}
	return Redirects(word)
}

func pairs(list []Pair) map[string]string {
	if len(list) == 0 {
		return nil
	}
	all := make(map[string]string, len(list))
	for _, p := range list {
		all[p.Name] = p.Value
	}
	return all
}
