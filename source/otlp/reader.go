package otlp

import (
	"errors"
	"fmt"
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/robots"
	"github.com/honderd/honderd/internal/route"
	"github.com/honderd/honderd/internal/who"
	"github.com/honderd/honderd/service"
)

// LabelField is what people are told apart by, and where spans say it.
type LabelField struct{ Name, Field string }

// Options say what spans mean.
type Options struct {
	Rules   experience.Rules
	Salts   *who.Salts // of the pseudonyms; nil: those of one reader
	Person  string     // what a person is recognised by: "address+agent" (also when ""), "address", "header:NAME" or "field:NAME"
	Trusted []netip.Prefix
	Labels  []LabelField // where Field is "header:NAME" or "field:NAME", an attribute
	Robots  bool         // count robots and probes as people
}

// byHeader is the way to recognise a person by a request header.
const byHeader = "header:"

// maxWait is the longest wait that is believed: a day.
const maxWait = 24 * 60 * 60 * 1000

// maxCached is how many names a reader remembers; then it begins anew.
const maxCached = 1 << 15

// reader turns attributes into spans. It is not safe for concurrent use.
type reader struct {
	o      Options
	known  map[string]meaning
	robots *robots.List
	namer  *who.Namer
	bag    bag
	labels []string // the name of each wanted attribute
	person int      // which wanted attribute says who somebody is; -1: none

	seed    maphash.Seed
	persons map[uint64]naming
	agents  map[string]robots.Kind
	routes  map[routeKey]named
	words   map[string]string
}

type routeKey struct {
	method, path string
	lost         bool
}

// named is what a route is called.
type named struct {
	journey, step  string
	part, critical bool
}

// newReader returns a reader. list may be shared by several.
func newReader(o Options, list *robots.List) *reader {
	if o.Salts == nil {
		o.Salts = who.Fixed(nil)
	}
	r := &reader{
		o: o, known: dictionary(), robots: list, namer: who.NewNamer(o.Salts), person: -1, seed: maphash.MakeSeed(),
		persons: map[uint64]naming{}, agents: map[string]robots.Kind{}, routes: map[routeKey]named{}, words: map[string]string{},
	}
	r.bag.wanted = map[string]int{}
	want := func(field string) int {
		names := attributes(field)
		at := len(r.bag.more)
		for _, name := range names {
			r.bag.wanted[name] = at
		}
		r.bag.more = append(r.bag.more, "")
		return at
	}
	for _, l := range o.Labels {
		want(l.Field)
		r.labels = append(r.labels, l.Name)
	}
	if strings.HasPrefix(o.Person, byHeader) || strings.HasPrefix(o.Person, who.ByField) {
		r.person = want(o.Person)
	}
	return r
}

// attributes returns the attributes in which a header or a field stands.
func attributes(field string) []string {
	if name, found := strings.CutPrefix(field, byHeader); found {
		name = strings.ToLower(name)
		return []string{"http.request.header." + name, "http.request.header." + strings.ReplaceAll(name, "-", "_")}
	}
	return []string{strings.TrimPrefix(field, who.ByField)}
}

// Validate reports what is wrong with o, with its fix.
func (o Options) Validate() error {
	errs := []error{o.Rules.Validate()}
	for _, l := range o.Labels {
		errs = append(errs, experience.CheckLabelName(l.Name))
		if !strings.HasPrefix(l.Field, byHeader) && !strings.HasPrefix(l.Field, who.ByField) {
			errs = append(errs, fmt.Errorf("label %s of %q: is neither a header nor a field (fix: write field:NAME, an attribute)", l.Name, l.Field))
		}
	}
	return errors.Join(errs...)
}

// word returns s as the name of something, and the same memory for the same name.
func (r *reader) word(s string) string {
	if s == "" {
		return ""
	}
	if known, ok := r.words[s]; ok {
		return known
	}
	if len(r.words) >= maxCached {
		clear(r.words)
	}
	name := service.Name(s)
	r.words[strings.Clone(s)] = name
	return name
}

// resource returns what the attributes in the bag say of who sends.
func (r *reader) resource() *resource {
	b := &r.bag.said
	res := &resource{
		service: r.word(b[fieldService]), version: r.word(b[fieldVersion]), environment: r.word(b[fieldEnvironment]),
		criticality: r.word(strings.ToLower(b[fieldCriticality])), owner: r.word(b[fieldOwner]),
	}
	switch strings.ToLower(b[fieldSystem]) {
	case "ios", "ipados", "android":
		res.app = true
	}
	res.app = res.app || b[fieldLanguage] == "webjs" || b[fieldBrowser] != ""
	if res.service == "" {
		res.service = unnamed
	}
	return res
}

// unnamed is the service of spans that do not say whose they are.
const unnamed = "(unnamed)"

// name sets what the person came to do.
func (r *reader) name(s *span, spanName string, status int) {
	path, method := r.path(spanName)
	key := routeKey{method, path, status == 400 || status == 404 || status == 405 || status == 410}
	n, ok := r.routes[key]
	if !ok {
		if len(r.routes) >= maxCached {
			clear(r.routes)
		}
		n = r.route(key, status)
		key.method, key.path = strings.Clone(method), strings.Clone(path)
		r.routes[key] = n
	}
	s.journey, s.step = n.journey, n.step
	if n.part {
		s.flags |= part
	}
	if n.critical {
		s.flags |= critical
	}
}

// path returns what was asked for, as the attributes in the bag say it best.
func (r *reader) path(spanName string) (path, method string) {
	b := &r.bag.said
	method = b[fieldMethod]
	switch {
	case b[fieldRoute] != "":
		return b[fieldRoute], method
	case b[fieldScreen] != "":
		return b[fieldScreen], ""
	case b[fieldRPCMethod] != "" || b[fieldGRPCMessage] != "":
		full := b[fieldRPCMethod]
		if full == "" {
			full = b[fieldGRPCMessage]
		}
		if !strings.Contains(full, "/") && b[fieldRPCService] != "" {
			full = b[fieldRPCService] + "/" + full
		}
		return full, ""
	case b[fieldPath] != "":
		return b[fieldPath], method
	case b[fieldURL] != "":
		return b[fieldURL], method
	}
	verb, rest, found := strings.Cut(strings.TrimPrefix(spanName, "http:"), " ")
	if found && strings.HasPrefix(rest, "/") {
		return rest, strings.ToUpper(verb)
	}
	return strings.TrimPrefix(spanName, "http:"), method
}

// route names what was asked for, as all sources do.
func (r *reader) route(key routeKey, status int) (n named) {
	path := template(key.path)
	if !strings.HasPrefix(path, "/") && !strings.Contains(path, "://") {
		path = "/" + path
	}
	bare := service.Name(string(route.Path([]byte(path))))
	if key.lost {
		n.journey = string(route.Journey([]byte(bare), status))
	} else {
		n.journey = string(route.Journey([]byte(bare), 0))
	}
	n.step = string(route.AppendStep(nil, []byte(service.Name(key.method)), []byte(bare)))
	n.part, _ = r.o.Rules.IsPart(bare)
	n.critical = !n.part && r.o.Rules.IsCritical(key.method, bare)
	return n
}

// template writes the places of a route that stand for one thing among many in our way:
// :id for {id}, <id>, [id], :name and *.
func template(path string) string {
	if !strings.ContainsAny(path, "{<[:*") || strings.Contains(path, "://") {
		return path
	}
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if p == "" {
			continue
		}
		open := p[0]
		end := p[len(p)-1]
		if open == '{' && end == '}' || open == '<' && end == '>' || open == '[' && end == ']' || open == ':' || open == '*' {
			parts[i] = ":id"
		}
	}
	return strings.Join(parts, "/")
}

// who sets whose step s was.
func (r *reader) who(s *span) {
	b := &r.bag.said
	s.robot = r.kind(b[fieldAgent], b[fieldSynthetic])
	if r.person >= 0 && r.bag.more[r.person] != "" {
		r.pseudonym(s, who.ByField, r.bag.more[r.person], "")
		return
	}
	if b[fieldPerson] != "" {
		r.pseudonym(s, who.ByField, b[fieldPerson], "")
		return
	}
	address := b[fieldAddress]
	if from, to := who.Client(b[fieldForwarded], r.o.Trusted); r.bag.rank[fieldAddress] != 1 && to > from {
		address = b[fieldForwarded][from:to]
	}
	switch {
	case address == "":
	case r.o.Person == who.ByAddress:
		r.pseudonym(s, who.ByAddress, address, "")
	default:
		r.pseudonym(s, who.ByAddressAndAgent, address, b[fieldAgent])
	}
}

// kind tells people from robots.
func (r *reader) kind(agent, synthetic string) robots.Kind {
	switch {
	case r.o.Robots:
		return robots.Person
	case synthetic == "test":
		return robots.Probe
	case synthetic != "":
		return robots.Robot
	case agent == "":
		return robots.Person
	}
	if k, ok := r.agents[agent]; ok {
		return k
	}
	if len(r.agents) >= maxCached {
		clear(r.agents)
	}
	k := r.robots.Kind([]byte(agent))
	r.agents[strings.Clone(agent)] = k
	return k
}

// naming is a pseudonym, and the one before it.
type naming struct{ now, before experience.Person }

// pseudonym sets the pseudonym of who is recognised by one and two when s ended; and the one
// before, as long as a visit under it may still go on.
func (r *reader) pseudonym(s *span, way, one, two string) {
	if !experience.Possible(s.end) {
		s.person = 1 // it is not counted
		return
	}
	period, over := r.namer.Turn(s.end)
	var h maphash.Hash
	h.SetSeed(r.seed)
	_, _ = h.WriteString(way) // a hash takes everything
	_ = h.WriteByte(0)
	_, _ = h.WriteString(one)
	_ = h.WriteByte(0)
	_, _ = h.WriteString(two)
	sum := h.Sum64() ^ period
	p, ok := r.persons[sum]
	if !ok {
		if len(r.persons) >= maxCached {
			clear(r.persons)
		}
		p.now = experience.Person(r.namer.Name(way, []byte(one), []byte(two)))
	}
	if over && p.before == 0 {
		p.before = experience.Person(r.namer.Before(way, []byte(one), []byte(two)))
		ok = false
	}
	if !ok {
		r.persons[sum] = p
	}
	if s.person = p.now; over && p.before != 0 {
		s.before, s.flags = p.before, s.flags|renamed
	}
}

// labelled sets what s is told apart by.
func (r *reader) labelled(s *span) {
	for i, name := range r.labels {
		if value := r.bag.more[i]; value != "" {
			s.labels = append(s.labels, experience.Label{Name: name, Value: string(route.Cut([]byte(service.Name(value)), experience.MaxLabelValue))})
		}
	}
	slices.SortFunc(s.labels, func(a, b experience.Label) int { return strings.Compare(a.Name, b.Name) })
}
