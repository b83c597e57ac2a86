package probe

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

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
