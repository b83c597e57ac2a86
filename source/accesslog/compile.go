package accesslog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Grammar is a format made ready to read lines with.
type Grammar struct {
	name    string
	number  int    // in the list of known grammars; after it: given
	prefix  []byte // what stands before the first variable
	pieces  []piece
	has     [slots]bool
	key     slot   // where the variable is that a person is recognised by; slotNone: not in this format
	labels  []int  // which piece each label is; notHere: not in this format
	starts  bool   // its time is when the request began
	flags   flags  // whose words slotFlags has
	keys    *key   // of lines that are JSON; nil: they are text
	plain   bool   // its format was spelled by us, with nothing of a configuration around it
	inside  bool   // its lines stand inside lines of JSON
	date    int64  // Unix milliseconds of the day that #Date names, for times without one; 0: none
	between string // of W3C: what stands between fields
	httplog bool   // begins as the httplog of HAProxy does, with nothing of its own there
	signs   []int  // of lines that are JSON: the pieces that all of them have
	common  bool   // begins as the common log format does, with nothing of its own there
}

// piece is one variable and the text that ends it.
type piece struct {
	field
	after []byte // empty: the end of the line
	quick quick
}

// quick says how the end of most values is found without asking more.
type quick uint8

const (
	slowly      quick = iota
	quickNumber       // digits and dots, perhaps with a sign before them
	quickWord         // up to the first byte of after
)

// hasten finds the quick ways of g, once nothing of it changes any more.
func (g *Grammar) hasten() {
	for i := range g.pieces {
		p := &g.pieces[i]
		p.quick = slowly
		if p.lead != leadNone || p.shape != word || len(p.after) == 0 {
			continue
		}
		switch p.fit {
		case fitSigned:
			if c := p.after[0]; !isDigit(c) && c != '.' {
				p.quick = quickNumber
			}
		case fitAny:
			p.quick = quickWord
		}
	}
}

// wanted are the variables that mean something to us only because the options say so.
type wanted struct {
	key    string   // what a person is recognised by; "": none
	labels []string // what people are told apart by

	spelled []string // labels, then key, as they were written: keys of JSON
}

// notHere is the piece of a label that a format does not have.
const notHere = -1

// maxPieces is the most variables of a format: far more than any server has.
const maxPieces = 128

// Name returns the name of the format: "combined", "custom".
func (g *Grammar) Name() string { return g.name }

// compileFormat makes a grammar of a format as it stands in a server's configuration.
func compileFormat(name, format string, want wanted) (*Grammar, error) {
	if fields, isJSON := strings.CutPrefix(format, jsonPrefix); isJSON {
		return compileJSON(name, fields, want)
	}
	if object := strings.TrimSpace(strings.TrimPrefix(format, "json_format:")); strings.HasPrefix(object, "{") && isEnvoy(object) && json.Valid([]byte(object)) {
		return compileEnvoyJSON(name, object, want)
	}
	return compileText(&Grammar{name: name}, format, want)
}

// compileText makes g a grammar of lines of text.
func compileText(g *Grammar, format string, want wanted) (*Grammar, error) {
	items, err := g.readItems(format)
	if err != nil {
		return nil, err
	}
	for _, it := range items {
		g.add(it)
	}
	if n := len(g.pieces); n > 0 && g.keys == nil { // some write the end of the line too
		g.pieces[n-1].after = bytes.TrimRight(g.pieces[n-1].after, "\n")
	}
	if len(g.pieces) > maxPieces {
		return nil, fmt.Errorf("has %d variables (fix: at most %d)", len(g.pieces), maxPieces)
	}
	g.place(want)
	g.settle(want.key)
	return g, g.check()
}

// place finds what is wanted among the pieces. Lines of JSON may have any key, so a
// variable that no piece has is taken for one.
func (g *Grammar) place(want wanted) {
	if g.keys != nil {
		for n, name := range append(slices.Clone(want.labels), want.key) {
			known := slices.ContainsFunc(g.pieces, func(p piece) bool { return p.name == name })
			if name != "" && !known && len(g.pieces) < maxPieces {
				g.placeKey(name, want.spelled[n], name == want.key)
			}
		}
	}
	g.labels = g.find(want.labels)
}

// placeKey makes the variable name stand where its key is in a line of JSON. What says who
// somebody is can only be what they are recognised by.
func (g *Grammar) placeKey(name, spelled string, isPerson bool) {
	paths := []string{spelled}
	if header, ok := strings.CutPrefix(spelled, byHeader); ok { // as nginx, Caddy and Traefik have it
		paths = []string{name, "request.headers." + header, "request_" + header, header}
	}
	at := len(g.pieces)
	if k := g.keys.place(paths[0]); k.piece >= 0 {
		if isPerson || !isWho(g.pieces[k.piece].slot) {
			g.pieces[k.piece].name = name
		}
		return
	}
	for rank, path := range paths {
		if k := g.keys.place(path); k.piece < 0 {
			k.piece, k.rank = at, uint8(rank)
		}
	}
	g.pieces = append(g.pieces, piece{field: field{name: name}})
}

// add puts it at the end of g. Variables with nothing between them become one.
func (g *Grammar) add(it item) {
	if len(g.pieces) == 0 && it.field == nil {
		g.prefix = append(g.prefix, it.literal...)
		return
	}
	if it.field == nil {
		last := &g.pieces[len(g.pieces)-1]
		last.after = append(last.after, it.literal...)
		return
	}
	if n := len(g.pieces); n > 0 && len(g.pieces[n-1].after) == 0 && g.pieces[n-1].shape != fixed {
		g.pieces[n-1].field = join(g.pieces[n-1].field, *it.field)
		return
	}
	g.pieces = append(g.pieces, piece{field: *it.field})
}

// join is what a and b mean when nothing stands between them. Only addresses of pages
// are written so: $host$request_uri, $uri$is_args$args, %U%q.
func join(a, b field) field {
	switch {
	case a.slot == slotTarget:
		return a
	case b.slot == slotTarget:
		return b
	default:
		return field{name: a.name + b.name, shape: text}
	}
}

// find returns which piece each of names is, the first of those with that name.
func (g *Grammar) find(names []string) []int {
	var list []int
	for _, name := range names {
		n := slices.IndexFunc(g.pieces, func(p piece) bool { return p.name == name })
		list = append(list, n) // notHere is what slices say too
	}
	return list
}

// settle decides, once all is known, where each value ends and which slots count.
func (g *Grammar) settle(key string) {
	for i := range g.pieces {
		p := &g.pieces[i]
		if p.shape == text && len(p.after) > 0 && p.after[0] == '"' && p.slot != slotRequest && p.slot != slotTarget {
			p.shape = quoted
		}
		if key != "" && p.name == key && g.key == slotNone {
			if p.slot == slotNone {
				p.slot = slotKey
			}
			g.key = p.slot
		}
		if p.name == endOfRequest {
			g.starts = false
		}
		if p.slot != slotNone && g.has[p.slot] {
			p.slot = slotNone // the first one counts
		}
		g.has[p.slot] = true
	}
	g.has[slotNone] = false
	g.hasten()
	g.fallBack(slotAddress, slotPeer)
	g.fallBack(slotStatus, slotOriginal)
}

// fallBack lets slot other serve as slot want when g lacks that.
func (g *Grammar) fallBack(want, other slot) {
	if g.has[want] || !g.has[other] {
		return
	}
	for i := range g.pieces {
		if g.pieces[i].slot == other {
			g.pieces[i].slot = want
		}
	}
	if g.key == other {
		g.key = want
	}
	g.has[want], g.has[other] = true, false
}

// check reports what g lacks to be judged by.
func (g *Grammar) check() error {
	var errs []error
	if !g.has[slotStatus] {
		errs = append(errs, errors.New("has no status (fix: add $status or %>s)"))
	}
	if !g.timed() {
		errs = append(errs, errors.New("has no time (fix: add $time_local or %t)"))
	}
	return errors.Join(errs...)
}

// timed reports whether g says when.
func (g *Grammar) timed() bool {
	for _, s := range []slot{slotTime, slotISO, slotEpoch, slotEpochMS, slotEpochUS, slotWhen, slotClock} {
		if g.has[s] {
			return true
		}
	}
	return (g.has[slotYear] || g.has[slotYear2]) && g.has[slotDay]
}

// asks reports whether g says what was asked for.
func (g *Grammar) asks() bool { return g.has[slotRequest] || g.has[slotTarget] }
