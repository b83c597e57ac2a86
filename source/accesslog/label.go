package accesslog

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/route"
	"github.com/honderd/honderd/internal/who"
)

// LabelField says which field of a log tells people apart by a label. A label is kept as
// it is, so what says who somebody is cannot be one.
type LabelField struct {
	Name  string // of the label, such as "region"
	Field string // "header:NAME" or "field:NAME", a variable of Format
}

// label is a LabelField made ready for use.
type label struct {
	variable string // in the spelling of fields.go
	spelled  string // as it was written, for keys of JSON
	head     string // what its piece of a key begins with: the length of its name, and the name
}

// variable returns the variable that l.Field asks for, in the spelling of fields.go.
func (l LabelField) variable() (string, error) {
	name, isHeader := strings.CutPrefix(l.Field, byHeader)
	variable := headerName(name)
	isField := false
	if !isHeader {
		name, isField = strings.CutPrefix(l.Field, who.ByField)
		variable = fieldName(name)
	}
	if name == "" || !isHeader && !isField {
		return "", fmt.Errorf("label %s: %q is not a field of a log (fix: write %sNAME or %sNAME)", l.Name, l.Field, byHeader, who.ByField)
	}
	if isPrivate(variable) {
		return "", fmt.Errorf("label %s: %s says who somebody is, and a label is kept as it is "+
			"(fix: let the server log a group of people, such as a region, and name that)", l.Name, l.Field)
	}
	return variable, nil
}

// isPrivate reports whether a variable holds what is never kept: addresses, user agents,
// cookies, names, and what was asked for with its query.
func isPrivate(variable string) bool {
	switch variable {
	case "remote_addr", "realip_remote_addr", "binary_remote_addr", "http_x_forwarded_for", "proxy_add_x_forwarded_for",
		"http_forwarded", "http_x_real_ip", "http_x_client_ip", "http_true_client_ip", "http_cf_connecting_ip",
		"remote_user", "ident", "%l", "http_user_agent", "http_cookie", "http_authorization", "http_referer",
		"ssl_client_s_dn", "ssl_client_serial", "ssl_client_fingerprint", "ssl_client_cert", "ssl_session_id",
		"request", "request_uri", "args", "query_string", "request_body":
		return true
	}
	switch variable[strings.LastIndexByte(variable, '.')+1:] { // as keys of JSON
	case "ip", "client_ip", "clientip", "clienthost", "clientaddr", "remote_ip", "remoteip", "remote_user", "user", "username", "user_id", "userid", "user_name",
		"email", "mail", "name", "useragent", "user_agent", "user-agent", "cookie", "authorization", "url", "uri", "query":
		return true
	}
	return false
}

// isWho reports whether a slot holds what says who somebody is.
func isWho(s slot) bool {
	switch s {
	case slotAddress, slotPeer, slotForwarded, slotAgent, slotRequest, slotTarget:
		return true
	}
	return false
}

// labels returns the labels that o asks for in the order of their names, or every
// mistake in them. key is the variable that a person is recognised by.
func (o Options) labels(key string) ([]label, error) {
	var errs []error
	if len(o.Labels) > experience.MaxLabels {
		errs = append(errs, fmt.Errorf("%d labels are too many (fix: keep the %d that matter)", len(o.Labels), experience.MaxLabels))
	}
	sorted := slices.SortedStableFunc(slices.Values(o.Labels), func(a, b LabelField) int { return strings.Compare(a.Name, b.Name) })
	var list []label
	for i, l := range sorted {
		if err := experience.CheckLabelName(l.Name); err != nil {
			errs = append(errs, err)
		}
		if i > 0 && sorted[i-1].Name == l.Name {
			errs = append(errs, fmt.Errorf("label %s stands there twice (fix: keep one)", l.Name))
		}
		variable, err := l.variable()
		switch {
		case err != nil:
			errs = append(errs, err)
		case variable == key:
			errs = append(errs, fmt.Errorf("label %s: people are recognised by %s, and a label is kept as it is (fix: take one of the two out)", l.Name, l.Field))
		}
		list = append(list, label{variable: variable, spelled: spelled(l.Field), head: string(appendSized(nil, l.Name))})
	}
	return list, errors.Join(errs...)
}

// lacks returns the names of the labels that logs of format g do not have.
func (p *Parser) lacks(g *Grammar) []string {
	var list []string
	for n, piece := range g.labels {
		if piece == notHere {
			list = append(list, p.c.labels[n].head[1:])
		}
	}
	return list
}

// labels returns the index in b of the labels of the line in w.m, with those that blame.
func (w *Worker) labels(g *Grammar, line []byte, blamed bool, b *experience.Batch) uint16 {
	key := w.sets.key[:0]
	for n, piece := range g.labels {
		if piece == notHere {
			continue
		}
		if value := labelValue(line[w.m.from[piece]:w.m.to[piece]]); len(value) > 0 {
			key = appendSized(append(key, w.p.c.labels[n].head...), value)
		}
	}
	if blamed {
		key = withBlames(key, w.blamed)
	}
	w.sets.key = key
	if len(key) == 0 {
		return 0
	}
	return w.sets.index(key, &b.Labels)
}

// labelValue returns what is kept of a value: printable and not too long; empty when
// the log has none.
func labelValue(v []byte) []byte {
	v = bytes.TrimSpace(v)
	if len(v) == 1 && v[0] == '-' {
		return nil
	}
	return route.Cut(route.Printable(v), experience.MaxLabelValue)
}

// labelSets gives sets of labels their index in a batch, and remembers them.
type labelSets struct {
	known  map[string]*labelSet
	listed [][]experience.Label // what the batch at hand holds
	batch  uint32               // counts batches, so that nothing need be erased after each
	key    []byte               // memory for one
}

// labelSet is a set of labels and where it stands in a batch.
type labelSet struct {
	labels []experience.Label
	batch  uint32
	index  uint16
}

func newLabelSets() labelSets { return labelSets{known: map[string]*labelSet{}} }

// open makes s ready to add to list, whoever filled it until now.
func (s *labelSets) open(list *[][]experience.Label) {
	if len(*list) == 0 {
		*list = append(*list, nil)
	}
	if s.batch != 0 && slices.EqualFunc(*list, s.listed, slices.Equal) {
		return
	}
	s.batch++
	if len(s.known) > maxNames {
		clear(s.known)
	}
	s.listed = append(s.listed[:0], *list...)
	for i, set := range s.listed[:min(len(s.listed), math.MaxUint16)] {
		s.place(keyOf(set), uint16(i))
	}
}

// index returns the index in list of the set with this key, and adds it if need be. When
// list is full, it is 0: no labels.
func (s *labelSets) index(key []byte, list *[][]experience.Label) uint16 {
	if k := s.known[string(key)]; k != nil && k.batch == s.batch {
		return k.index
	}
	if len(*list) > math.MaxUint16 {
		return 0
	}
	k := s.place(key, uint16(len(*list)))
	*list = append(*list, k.labels)
	s.listed = append(s.listed, k.labels)
	return k.index
}

// place remembers where the set with this key stands.
func (s *labelSets) place(key []byte, index uint16) *labelSet {
	k := s.known[string(key)]
	if k == nil {
		k = &labelSet{labels: setOf(string(key))}
		s.known[string(key)] = k
	}
	k.batch, k.index = s.batch, index
	return k
}

// keyOf returns the key of a set: its names and values, each with its length before it.
func keyOf(set []experience.Label) []byte {
	var key []byte
	for _, l := range set {
		key = appendSized(appendSized(key, l.Name), l.Value)
	}
	return key
}

// setOf returns the set with this key, whose memory it shares.
func setOf(key string) []experience.Label {
	var set []experience.Label
	for key != "" {
		var l experience.Label
		l.Name, key = key[1:1+key[0]], key[1+key[0]:]
		l.Value, key = key[1:1+key[0]], key[1+key[0]:]
		set = append(set, l)
	}
	return set
}

// appendSized appends the length of s in one byte and s to key. Names and values of
// labels are shorter than 256 bytes.
func appendSized[T string | []byte](key []byte, s T) []byte {
	return append(append(key, byte(len(s))), s...)
}
