package probe

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/honderd/honderd/experience"
)

// maxDatagram is the largest answer over UDP that is taken; larger ones come over TCP.
const maxDatagram = 1232

// dnsCheck asks one server one question. It is asked directly: the resolver of the
// standard library would look in this machine's own files first, and hide how the
// server answered.
type dnsCheck struct {
	server          string
	dial            dialer
	query           Query
	name            dnsmessage.Name
	kind            dnsmessage.Type
	rcodes          []dnsmessage.RCode
	want            []string
	match, matchNot []*regexp.Regexp
}

func dnsTypes() map[string]dnsmessage.Type {
	return map[string]dnsmessage.Type{
		"A": dnsmessage.TypeA, "AAAA": dnsmessage.TypeAAAA, "CNAME": dnsmessage.TypeCNAME, "MX": dnsmessage.TypeMX,
		"NS": dnsmessage.TypeNS, "PTR": dnsmessage.TypePTR, "SOA": dnsmessage.TypeSOA, "SRV": dnsmessage.TypeSRV, "TXT": dnsmessage.TypeTXT,
	}
}

func rcodes() map[string]dnsmessage.RCode {
	return map[string]dnsmessage.RCode{
		"NOERROR": dnsmessage.RCodeSuccess, "FORMERR": dnsmessage.RCodeFormatError, "SERVFAIL": dnsmessage.RCodeServerFailure,
		"NXDOMAIN": dnsmessage.RCodeNameError, "NOTIMP": dnsmessage.RCodeNotImplemented, "REFUSED": dnsmessage.RCodeRefused,
	}
}

func newDNS(t Target, dial dialer) (*dnsCheck, error) {
	c := &dnsCheck{dial: dial, query: t.Query}
	var errs []error
	var err error
	if c.server, err = hostPort(t.Address, "53"); err != nil {
		errs = append(errs, err)
	}
	if c.query.Type == "" {
		c.query.Type = "A"
	}
	if c.query.RCode == "" {
		c.query.RCode = "NOERROR"
	}
	var known bool
	if c.kind, known = dnsTypes()[strings.ToUpper(c.query.Type)]; !known {
		errs = append(errs, fmt.Errorf("DNS type %q cannot be asked (fix: write A, AAAA, CNAME, MX, NS, PTR, SOA, SRV or TXT)", clean(c.query.Type)))
	}
	for word := range strings.FieldsSeq(c.query.RCode) {
		code, known := rcodes()[strings.ToUpper(word)]
		if !known {
			errs = append(errs, fmt.Errorf("%q is no DNS answer code (fix: write NOERROR or NXDOMAIN)", clean(word)))
		}
		c.rcodes = append(c.rcodes, code)
	}
	if c.match, err = compileAll(c.query.Match); err != nil {
		errs = append(errs, err)
	}
	if c.matchNot, err = compileAll(c.query.MatchNot); err != nil {
		errs = append(errs, err)
	}
	if c.name, err = dnsmessage.NewName(strings.TrimSuffix(c.query.Name, ".") + "."); err != nil || !isDomain(c.query.Name) {
		errs = append(errs, fmt.Errorf("%q is no domain (fix: write example.org)", clean(c.query.Name)))
	}
	for _, w := range c.query.Want {
		c.want = append(c.want, normal(c.kind, w))
	}
	return c, errors.Join(errs...)
}

// isDomain reports whether each label of name has 1 to 63 bytes.
func isDomain(name string) bool {
	if name == "." {
		return true
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(name, "."), ".") {
		if label == "" || len(label) > 63 || strings.ContainsAny(label, " \t\r\n") {
			return false
		}
	}
	return true
}

// normal writes an answer that is wanted as answers are written here.
func normal(kind dnsmessage.Type, s string) string {
	s = strings.TrimSpace(s)
	switch kind {
	case dnsmessage.TypeTXT:
		return s
	case dnsmessage.TypeA, dnsmessage.TypeAAAA:
		if ip := net.ParseIP(s); ip != nil {
			return ip.String()
		}
		return s
	}
	fields := strings.Fields(strings.ToLower(s))
	for i, f := range fields {
		if f != "." {
			fields[i] = strings.TrimSuffix(f, ".")
		}
	}
	return strings.Join(fields, " ")
}

func (c *dnsCheck) close() {}

func (c *dnsCheck) check(ctx context.Context, _ bool) (out outcome) {
	watch := newStopwatch()
	network := "udp"
	if c.query.TCP {
		network = "tcp"
	}
	got, err := c.ask(watch.follow(ctx), network, watch)
	if err == nil && got.cut && network == "udp" {
		got, err = c.ask(watch.follow(ctx), "tcp", watch)
	}
	if err != nil {
		out.broke(ctx, err, watch)
		out.silent = out.silent || network == "udp" && out.cause == experience.TimedOut
		return out
	}
	out.phases, out.wait = watch.end()
	if why := c.judge(got); why != "" {
		out.cause, out.why = experience.ServerError, why
	}
	return out
}

// dnsAnswer is what a server answered.
type dnsAnswer struct {
	rcode dnsmessage.RCode
	cut   bool // it did not fit
	texts []string
}

func (c *dnsCheck) judge(got dnsAnswer) string {
	if !slices.Contains(c.rcodes, got.rcode) {
		return fmt.Sprintf("it answered %s, want %s", rcodeName(got.rcode), strings.ToUpper(c.query.RCode))
	}
	for _, w := range c.want {
		if !slices.Contains(got.texts, w) {
			return fmt.Sprintf("want %s among the answers, got %s", quote(w), quote(strings.Join(got.texts, ", ")))
		}
	}
	if why := c.judgeTexts(got.texts); why != "" {
		return why
	}
	if c.query.Only {
		for _, g := range got.texts {
			if !slices.Contains(c.want, g) {
				return fmt.Sprintf("it answered %s too, which is not wanted", quote(g))
			}
		}
	}
	if got.rcode == dnsmessage.RCodeSuccess && len(got.texts) == 0 && !c.query.Only {
		return fmt.Sprintf("it has no %s for this name", strings.ToUpper(c.query.Type))
	}
	return ""
}

// judgeTexts holds the answers against the patterns.
func (c *dnsCheck) judgeTexts(texts []string) string {
	for _, re := range c.match {
		if !slices.ContainsFunc(texts, re.MatchString) {
			return fmt.Sprintf("want an answer that matches %s, got %s", quote(re.String()), quote(strings.Join(texts, ", ")))
		}
	}
	for _, re := range c.matchNot {
		if i := slices.IndexFunc(texts, re.MatchString); i >= 0 {
			return fmt.Sprintf("it answered %s, which must not match %s", quote(texts[i]), quote(re.String()))
		}
	}
	return ""
}

func rcodeName(r dnsmessage.RCode) string {
	for name, code := range rcodes() {
		if code == r {
			return name
		}
	}
	return fmt.Sprintf("code %d", r)
}

func (c *dnsCheck) ask(ctx context.Context, network string, watch *stopwatch) (got dnsAnswer, err error) {
	conn, err := c.dial(ctx, network, c.server)
	if err != nil {
		return got, err
	}
	defer conn.Close()
	stop := hangUp(ctx, conn)
	defer stop()
	watch.reached()
	id := uint16(rand.Uint32())
	packed, err := c.message(id)
	if err != nil {
		return got, err
	}
	if network == "tcp" {
		packed = append(binary.BigEndian.AppendUint16(nil, uint16(len(packed))), packed...)
	}
	if _, err := conn.Write(packed); err != nil {
		return got, err
	}
	watch.asked()
	buffer := make([]byte, 1<<16)
	for {
		n, err := readMessage(conn, network, buffer)
		if err != nil {
			return got, err
		}
		got, ours, err := c.read(buffer[:n], id)
		if !ours && network == "udp" {
			continue // not for this question: somebody else's, or a forgery
		}
		watch.answered()
		if err != nil || !ours {
			return got, &fault{cause: experience.ServerError, why: "what it answered is no DNS answer to the question"}
		}
		return got, nil
	}
}

func readMessage(conn net.Conn, network string, buffer []byte) (int, error) {
	if network != "tcp" {
		return conn.Read(buffer)
	}
	if _, err := io.ReadFull(conn, buffer[:2]); err != nil {
		return 0, err
	}
	return io.ReadFull(conn, buffer[:binary.BigEndian.Uint16(buffer)])
}

// message packs the question.
func (c *dnsCheck) message(id uint16) ([]byte, error) {
	b := dnsmessage.NewBuilder(nil, dnsmessage.Header{ID: id, RecursionDesired: true})
	if err := b.StartQuestions(); err != nil {
		return nil, err
	}
	if err := b.Question(dnsmessage.Question{Name: c.name, Type: c.kind, Class: dnsmessage.ClassINET}); err != nil {
		return nil, err
	}
	if err := b.StartAdditionals(); err != nil {
		return nil, err
	}
	var header dnsmessage.ResourceHeader
	if err := header.SetEDNS0(maxDatagram, dnsmessage.RCodeSuccess, false); err != nil {
		return nil, err
	}
	if err := b.OPTResource(header, dnsmessage.OPTResource{}); err != nil {
		return nil, err
	}
	return b.Finish()
}

// read reads an answer. ours is false when it is not one to our question.
func (c *dnsCheck) read(p []byte, id uint16) (got dnsAnswer, ours bool, err error) {
	var parser dnsmessage.Parser
	header, err := parser.Start(p)
	if err != nil || header.ID != id || !header.Response {
		return got, false, err
	}
	questions, err := parser.AllQuestions()
	refused := header.RCode != dnsmessage.RCodeSuccess && len(questions) == 0 // some refuse without saying what
	if err != nil || !refused && (len(questions) != 1 || questions[0].Type != c.kind ||
		!strings.EqualFold(questions[0].Name.String(), c.name.String())) {
		return got, false, err
	}
	got.rcode, got.cut = header.RCode, header.Truncated
	if got.cut {
		return got, true, nil
	}
	answers, err := parser.AllAnswers()
	for _, a := range answers {
		if a.Header.Type == c.kind {
			got.texts = append(got.texts, normal(c.kind, recordText(a.Body)))
		}
	}
	return got, true, err
}

// recordText writes a record as zone files do.
func recordText(body dnsmessage.ResourceBody) string {
	switch r := body.(type) {
	case *dnsmessage.AResource:
		return net.IP(r.A[:]).String()
	case *dnsmessage.AAAAResource:
		return net.IP(r.AAAA[:]).String()
	case *dnsmessage.CNAMEResource:
		return r.CNAME.String()
	case *dnsmessage.NSResource:
		return r.NS.String()
	case *dnsmessage.PTRResource:
		return r.PTR.String()
	case *dnsmessage.MXResource:
		return fmt.Sprintf("%d %s", r.Pref, r.MX.String())
	case *dnsmessage.SRVResource:
		return fmt.Sprintf("%d %d %d %s", r.Priority, r.Weight, r.Port, r.Target.String())
	case *dnsmessage.SOAResource:
		return fmt.Sprintf("%s %s %d %d %d %d %d", r.NS.String(), r.MBox.String(), r.Serial, r.Refresh, r.Retry, r.Expire, r.MinTTL)
	case *dnsmessage.TXTResource:
		return strings.Join(r.TXT, "")
	}
	return ""
}
