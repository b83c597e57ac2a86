// Package accesslog reads the access logs of web servers: it turns each line into the
// experience of a person.
package accesslog

import (
	"errors"
	"fmt"
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/robots"
	"github.com/honderd/honderd/internal/who"
)

// Options say how lines become experiences. The zero value judges by the status alone;
// callers pass experience.DefaultRules().
type Options struct {
	Rules experience.Rules

	// Person says what a person is recognised by: "address+agent" (also when ""),
	// "address", "header:NAME" or "field:NAME", a variable of Format. Where that
	// header or field is empty, address and agent serve.
	Person string

	// Trusted holds the CIDRs whose addresses in a forwarded list are proxies. nil:
	// loopback, private, link-local, carrier-grade NAT and unique local addresses.
	Trusted []string

	// Salts are the keys of the HMAC-SHA-256 that makes pseudonyms. nil: they are made
	// quicker and hold for one Parser only, for what is not kept.
	Salts *who.Salts

	// Format is a log_format of nginx or LogFormat of Apache as it stands in the
	// server's configuration, or the name of a known format. "": detect it.
	Format string

	// Labels says what people are told apart by, beside the journey. A log that does
	// not have a field has no such label. Nothing is labelled unless it is asked for.
	Labels []LabelField

	// Steps names the step of every experience, not only of those that went wrong.
	Steps bool

	// Causes is what error logs of the same server say; nil: nobody asks them.
	Causes *Causes

	// Robots counts robots and probes as people.
	Robots bool

	// Raw judges nothing: every readable line is one experience, bad from status 500
	// up and at 499. For comparison with other programs.
	Raw bool

	// Since and Until, in Unix milliseconds, bound the experiences: from Since until
	// just before Until. 0: no bound. Lines outside are only counted.
	Since, Until int64
}

// byHeader is the way to recognise a person by a request header.
const byHeader = "header:"

// Validate reports every mistake in o at once, each with its fix.
func (o Options) Validate() error {
	_, err := o.compile()
	return err
}

// compiled is Options made ready for use.
type compiled struct {
	known   []*Grammar // the known formats, in the order in which lines are tried
	given   *Grammar   // what Format says; nil: detect
	key     string     // the name of the variable a person is recognised by; "": none
	spelled string     // the same as it was written
	labels  []label    // in the order of their names
	trusted []netip.Prefix
}

// compile checks o and makes it ready for use.
func (o Options) compile() (compiled, error) {
	var c compiled
	errs := []error{o.Rules.Validate()}
	var err error
	if c.key, err = o.personKey(); err != nil {
		errs = append(errs, err)
	}
	c.spelled = spelled(o.Person)
	for _, cidr := range o.trusted() {
		prefix, err := netip.ParsePrefix(cidr)
		if err != nil {
			errs = append(errs, fmt.Errorf("trusted %q: not a range of addresses (fix: write it as 10.0.0.0/8)", cidr))
			continue
		}
		c.trusted = append(c.trusted, prefix.Masked())
	}
	if o.Since != 0 && o.Until != 0 && o.Since >= o.Until {
		errs = append(errs, errors.New("since is not before until (fix: swap them)"))
	}
	if c.labels, err = o.labels(c.key); err != nil {
		errs = append(errs, err)
	}
	c.known = knownGrammars(c.wanted())
	if o.Format != "" {
		if c.given, err = o.grammar(c); err != nil {
			errs = append(errs, err)
		}
	}
	if c.key != "" && c.given != nil && c.given.key == slotNone {
		errs = append(errs, o.noKey("the log"))
	}
	return c, errors.Join(errs...)
}

// noKey says that what people are recognised by is not in a log.
func (o Options) noKey(log string) error {
	return fmt.Errorf("person %q: %s has no such field (fix: name it in format, or write %q)", o.Person, log, who.ByAddressAndAgent)
}

// wanted returns the variables that mean something because the options say so.
func (c compiled) wanted() wanted {
	w := wanted{key: c.key}
	for _, l := range c.labels {
		w.labels = append(w.labels, l.variable)
		w.spelled = append(w.spelled, l.spelled)
	}
	w.spelled = append(w.spelled, c.spelled)
	return w
}

// hasKey reports whether some known format of text has the person's variable. Lines of
// JSON may have any.
func (c compiled) hasKey() bool {
	return slices.ContainsFunc(c.known, func(g *Grammar) bool { return g.keys == nil && g.key != slotNone })
}

// grammar returns the grammar that o.Format names or spells out.
func (o Options) grammar(c compiled) (*Grammar, error) {
	for _, g := range c.known {
		if g.name == o.Format {
			return g, nil
		}
	}
	if isName(o.Format) {
		return nil, fmt.Errorf("format %q: not a name that is known (fix: write one of %s, or the log_format or LogFormat of the server)",
			o.Format, strings.Join(knownNames(c.known), ", "))
	}
	g, err := compileFormat("custom", o.Format, c.wanted())
	if err != nil {
		return nil, fmt.Errorf("format %q: %w", shorten([]byte(o.Format)), err)
	}
	g.number = len(c.known)
	return g, nil
}

// personKey returns the variable that o.Person asks for, in the spelling of fields.go.
func (o Options) personKey() (string, error) {
	switch {
	case o.Person == "" || o.Person == who.ByAddressAndAgent || o.Person == who.ByAddress:
		return "", nil
	case strings.HasPrefix(o.Person, byHeader) && len(o.Person) > len(byHeader):
		return headerName(o.Person[len(byHeader):]), nil
	case strings.HasPrefix(o.Person, who.ByField) && len(o.Person) > len(who.ByField):
		return fieldName(o.Person[len(who.ByField):]), nil
	default:
		return "", fmt.Errorf("person %q: not a way to recognise one (fix: write %s, %s, %sNAME or %sNAME)",
			o.Person, who.ByAddressAndAgent, who.ByAddress, byHeader, who.ByField)
	}
}

// trusted returns the ranges of addresses that are proxies.
func (o Options) trusted() []string {
	if o.Trusted != nil {
		return o.Trusted
	}
	return []string{
		"127.0.0.0/8", "::1/128", // loopback
		"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", // private
		"169.254.0.0/16", "fe80::/10", // link-local
		"100.64.0.0/10", // carrier-grade NAT
		"fc00::/7",      // unique local
	}
}

// Parser knows how lines become experiences. It never changes, so goroutines share it.
type Parser struct {
	o       Options
	c       compiled
	quick   bool // pseudonyms need not outlive it
	seeds   [3]maphash.Seed
	secrets [2]uint64 // of the hash of addresses
	robots  *robots.List
	endings map[string]part     // what a file ending says
	unseen  map[string]struct{} // file names that nobody misses
}

// NewParser returns a Parser, or every mistake in o.
func NewParser(o Options) (*Parser, error) {
	c, err := o.compile()
	if err != nil {
		return nil, err
	}
	p := &Parser{o: o, c: c, quick: o.Salts == nil, robots: robots.New(o.Rules.Robots, o.Rules.Probes)}
	if p.quick {
		p.o.Salts = who.Fixed(nil)
	}
	for i := range p.seeds {
		p.seeds[i] = maphash.MakeSeed()
	}
	p.secrets = addressSecrets(p.o.Salts.Secret())
	p.learnParts()
	return p, nil
}
