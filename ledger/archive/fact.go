package archive

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger"
)

// Batches is the subject of a record that is a batch.
const Batches = "experience"

// Fact is a record of the ledger. Of a batch it is all but the experiences.
type Fact struct {
	Sequence ledger.Sequence
	Subject  string
	Batch    *experience.Batch // of a batch: its source, position and tally; otherwise nil
	Data     []byte            // of any other: as it stands in the ledger
	To       int64             // of a batch: Unix milliseconds of its last experience; 0: it had none
	Kept     int64             // of any other: Unix milliseconds of when the ledger accepted it; 0: not known
}

// newFact returns what is kept of b beside its experiences.
func newFact(seq ledger.Sequence, b *experience.Batch) Fact {
	rest := &experience.Batch{}
	rest.Reset()
	rest.Source, rest.Position = b.Source, b.Position
	rest.Tally.Add(&b.Tally)
	rest.Tally.Addresses = append(rest.Tally.Addresses, b.Tally.Addresses...)
	f := Fact{Sequence: seq, Subject: Batches, Batch: rest}
	for i := range b.Items {
		f.To = max(f.To, b.Items[i].At)
	}
	return f
}

// line is a fact as a line of JSON. All texts are as toText makes them.
type line struct {
	Sequence  ledger.Sequence   `json:"batch"`
	Subject   string            `json:"subject"`
	Data      string            `json:"data,omitempty"`
	Source    string            `json:"source,omitempty"`
	Position  string            `json:"position,omitempty"`
	To        int64             `json:"to,omitempty"`   // Unix milliseconds
	Kept      int64             `json:"kept,omitempty"` // Unix milliseconds
	Lines     int64             `json:"lines,omitempty"`
	Bytes     int64             `json:"bytes,omitempty"`
	Parsed    int64             `json:"parsed,omitempty"`
	Robots    int64             `json:"robots,omitempty"`
	Probes    int64             `json:"probes,omitempty"`
	NoRequest int64             `json:"no_request,omitempty"`
	Formats   map[string]int64  `json:"formats,omitempty"`
	Rejects   map[string]reject `json:"rejects,omitempty"`
	Addresses []address         `json:"addresses,omitempty"`
}

type reject struct {
	Count    int64    `json:"count"`
	Examples []string `json:"examples,omitempty"`
}

type address struct {
	Hash  string `json:"hash"` // in hex: a number of 64 bits is too large for many
	Count int64  `json:"count"`
}

func (f *Fact) line() line {
	l := line{Sequence: f.Sequence, Subject: toText(f.Subject), To: f.To, Kept: f.Kept}
	if f.Batch == nil {
		l.Data = toText(string(f.Data))
		return l
	}
	t := &f.Batch.Tally
	l.Source, l.Position = toText(f.Batch.Source), toText(f.Batch.Position)
	l.Lines, l.Bytes, l.Parsed, l.Robots, l.Probes, l.NoRequest = t.Lines, t.Bytes, t.Parsed, t.Robots, t.Probes, t.NoRequest
	for name, n := range t.Formats {
		if l.Formats == nil {
			l.Formats = map[string]int64{}
		}
		l.Formats[toText(name)] = n
	}
	for reason, r := range t.Rejects {
		if l.Rejects == nil {
			l.Rejects = map[string]reject{}
		}
		one := reject{Count: r.Count}
		for _, example := range r.Examples {
			one.Examples = append(one.Examples, toText(example))
		}
		l.Rejects[toText(reason)] = one
	}
	for _, a := range t.Addresses {
		l.Addresses = append(l.Addresses, address{strconv.FormatUint(a.Hash, 16), a.Count})
	}
	return l
}

func (l *line) fact() (Fact, error) {
	f := Fact{Sequence: l.Sequence, Subject: fromText(l.Subject), To: l.To, Kept: l.Kept}
	if f.Subject != Batches {
		f.Data = []byte(fromText(l.Data))
		return f, nil
	}
	f.Batch = &experience.Batch{}
	f.Batch.Reset()
	f.Batch.Source, f.Batch.Position = fromText(l.Source), fromText(l.Position)
	t := &f.Batch.Tally
	t.Lines, t.Bytes, t.Parsed, t.Robots, t.Probes, t.NoRequest = l.Lines, l.Bytes, l.Parsed, l.Robots, l.Probes, l.NoRequest
	for name, n := range l.Formats {
		if t.Formats == nil {
			t.Formats = map[string]int64{}
		}
		t.Formats[fromText(name)] = n
	}
	for reason, r := range l.Rejects {
		if t.Rejects == nil {
			t.Rejects = map[string]experience.Reject{}
		}
		one := experience.Reject{Count: r.Count}
		for _, example := range r.Examples {
			one.Examples = append(one.Examples, fromText(example))
		}
		t.Rejects[fromText(reason)] = one
	}
	for _, a := range l.Addresses {
		hash, err := strconv.ParseUint(a.Hash, 16, 64)
		if err != nil {
			return f, err
		}
		t.Addresses = append(t.Addresses, experience.AddressCount{Hash: hash, Count: a.Count})
	}
	return f, nil
}

// errFacts is why a file of facts cannot be read.
var errFacts = errors.New("damaged file of facts")

// encodeFacts returns facts, which are in order, as compressed lines of JSON, and what a
// manifest says of them.
func encodeFacts(list []Fact) ([]byte, file, error) {
	var b bytes.Buffer
	lines := json.NewEncoder(&b)
	lines.SetEscapeHTML(false)
	f := file{Rows: int64(len(list)), First: list[0].Sequence, Last: list[len(list)-1].Sequence}
	for i := range list {
		f.To = max(f.To, list[i].To)
		if err := lines.Encode(list[i].line()); err != nil {
			return nil, f, err
		}
	}
	p, err := codec().Encode(nil, b.Bytes())
	f.Bytes, f.Sum = int64(len(p)), sum(p)
	return p, f, err
}

// decodeFacts reads what encodeFacts wrote.
func decodeFacts(p []byte, f *file) ([]Fact, error) {
	err := guard(func() (err error) { p, err = codec().Decode(nil, p); return err })
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errFacts, err)
	}
	var list []Fact
	lines := json.NewDecoder(bytes.NewReader(p))
	last := ledger.Sequence(0)
	for lines.More() {
		var l line
		if err := lines.Decode(&l); err != nil {
			return nil, fmt.Errorf("%w: %w", errFacts, err)
		}
		one, err := l.fact()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errFacts, err)
		}
		if one.Sequence <= last || one.Sequence < f.First || one.Sequence > f.Last {
			return nil, fmt.Errorf("%w: record %d stands after %d", errFacts, one.Sequence, last)
		}
		last = one.Sequence
		list = append(list, one)
	}
	if int64(len(list)) != f.Rows {
		return nil, fmt.Errorf("%w: %d facts, not %d", errFacts, len(list), f.Rows)
	}
	return list, nil
}

// putFacts writes facts, which are in order, to a new file.
func (a *Archive) putFacts(ctx context.Context, list []Fact) (file, error) {
	p, f, err := encodeFacts(list)
	if err != nil {
		return f, err
	}
	f.Name = factsName(f.First, f.Last, token())
	return f, a.put(ctx, p, &f)
}

// Facts gives what the ledger had after a record, in its order. With what Read gives,
// every fold can be made anew: what Read gives first, then the batches of the facts.
func (a *Archive) Facts(ctx context.Context, after ledger.Sequence, give func(Fact) error) error {
	m, leave := a.enter()
	defer leave(context.WithoutCancel(ctx))
	for i := range m.Files {
		f := &m.Files[i]
		if !f.isFacts() || f.Last <= after {
			continue
		}
		list, err := a.facts(ctx, f)
		if err != nil {
			return err
		}
		for _, one := range list {
			if one.Sequence <= after {
				continue
			}
			if err := give(one); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// facts reads a file of facts. What cannot be read of it is a Damage.
func (a *Archive) facts(ctx context.Context, f *file) ([]Fact, error) {
	p, err := a.fetch(ctx, f)
	if err != nil {
		return nil, err
	}
	list, err := decodeFacts(p, f)
	if err != nil {
		return nil, damage(f, err)
	}
	return list, nil
}
