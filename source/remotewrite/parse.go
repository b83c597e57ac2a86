package remotewrite

import (
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/honderd/honderd/warning"
)

// Limits of one request, so that a small one cannot fill the memory.
const (
	maxSymbols  = 500_000
	maxLabels   = 128 // of one series
	maxReadings = 20_000
)

// parser reads the bodies of both versions as they stand, without making anything of the
// series that tell nothing: they are nearly all.
//
// Source: prometheus.WriteRequest (prompb/remote.proto) and io.prometheus.write.v2.Request,
// of the specifications of remote-write 1.0 and 2.0.
type parser struct {
	known  *warning.Known
	future time.Time
	second bool // it reads version 2

	symbols  [][]byte // of version 2
	labels   [][2][]byte
	readings []warning.Reading

	samples, histograms, exemplars int64
}

var (
	errCut     = errors.New("it ends in the middle")
	errWire    = errors.New("it is no protobuf of remote-write")
	errSymbol  = errors.New("a label refers to a symbol that is not there")
	errSymbols = errors.New("it has too many symbols, labels or readings (fix: send smaller requests)")
	errName    = errors.New("a series has no name")
)

// field is one field of a message.
type field struct {
	number uint64
	value  uint64 // of a number
	bytes  []byte // of a message, a text, a packed list
}

// next returns the first field of p and what follows it.
func next(p []byte) (f field, rest []byte, err error) {
	tag, n := binary.Uvarint(p)
	if n <= 0 || tag>>3 == 0 {
		return f, nil, errWire
	}
	f.number, p = tag>>3, p[n:]
	switch tag & 7 {
	case 0:
		if f.value, n = binary.Uvarint(p); n <= 0 {
			return f, nil, errCut
		}
		return f, p[n:], nil
	case 1:
		if len(p) < 8 {
			return f, nil, errCut
		}
		f.value = binary.LittleEndian.Uint64(p)
		return f, p[8:], nil
	case 2:
		size, n := binary.Uvarint(p)
		if n <= 0 || size > uint64(len(p)-n) {
			return f, nil, errCut
		}
		f.bytes = p[n : n+int(size)]
		return f, p[n+int(size):], nil
	case 5:
		if len(p) < 4 {
			return f, nil, errCut
		}
		return f, p[4:], nil
	}
	return f, nil, errWire
}

// each calls see for each field of a message.
func each(p []byte, see func(f field) error) error {
	for len(p) > 0 {
		f, rest, err := next(p)
		if err == nil {
			err = see(f)
		}
		if err != nil {
			return err
		}
		p = rest
	}
	return nil
}

// v1 reads a prometheus.WriteRequest.
func (p *parser) v1(body []byte) error {
	return each(body, func(f field) error {
		if f.number != 1 {
			return nil
		}
		return p.series(f.bytes, p.labelsV1)
	})
}

// v2 reads an io.prometheus.write.v2.Request. Its symbols may come after its series.
func (p *parser) v2(body []byte) error {
	p.second = true
	err := each(body, func(f field) error {
		if f.number == 4 {
			if len(p.symbols) >= maxSymbols {
				return errSymbols
			}
			p.symbols = append(p.symbols, f.bytes)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return each(body, func(f field) error {
		if f.number != 5 {
			return nil
		}
		return p.series(f.bytes, p.labelsV2)
	})
}

// series reads one series: in both versions its labels are field 1, its samples 2. What
// counts further differs: exemplars are 3 and histograms 4 in version 1, and the other way
// round in version 2.
func (p *parser) series(body []byte, labels func(body []byte) error) error {
	if err := labels(body); err != nil {
		return err
	}
	metric := ""
	for _, l := range p.labels {
		if string(l[0]) == "__name__" {
			metric = string(l[1])
		}
	}
	if metric == "" {
		return errName
	}
	var all map[string]string
	known := p.known.Knows(metric)
	return each(body, func(f field) error {
		switch {
		case f.number == 2:
			value, ms, err := sample(f.bytes)
			p.samples++
			if err != nil || !known {
				return err
			}
			if all == nil {
				all = p.texts()
			}
			return p.read(metric, all, value, ms)
		case f.number == 3 && !p.second || f.number == 4 && p.second:
			p.exemplars++
		case f.number == 4 || f.number == 3:
			p.histograms++
		}
		return nil
	})
}

// read takes in one sample of a series, when it tells something.
func (p *parser) read(metric string, labels map[string]string, value float64, ms int64) error {
	if math.IsNaN(value) || math.IsInf(value, 0) { // the mark that a series has ended, among others
		return nil
	}
	at := time.UnixMilli(ms)
	if at.After(p.future) {
		return nil
	}
	r, ok := p.known.Reading(metric, labels, value, at)
	if !ok {
		return nil
	}
	if len(p.readings) >= maxReadings {
		return errSymbols
	}
	p.readings = append(p.readings, r)
	return nil
}

// texts returns the labels of a series.
func (p *parser) texts() map[string]string {
	all := make(map[string]string, len(p.labels))
	for _, l := range p.labels {
		all[string(l[0])] = string(l[1])
	}
	return all
}

// labelsV1 reads the labels of a series: field 1 of each is its name, field 2 its value.
func (p *parser) labelsV1(body []byte) error {
	p.labels = p.labels[:0]
	return each(body, func(f field) error {
		if f.number != 1 {
			return nil
		}
		if len(p.labels) >= maxLabels {
			return errSymbols
		}
		var l [2][]byte
		err := each(f.bytes, func(f field) error {
			if f.number == 1 || f.number == 2 {
				l[f.number-1] = f.bytes
			}
			return nil
		})
		p.labels = append(p.labels, l)
		return err
	})
}

// labelsV2 reads the labels of a series: pairs of places among the symbols, packed or not.
func (p *parser) labelsV2(body []byte) error {
	p.labels = p.labels[:0]
	var name []byte
	odd := false
	ref := func(at uint64) error {
		if at >= uint64(len(p.symbols)) {
			return errSymbol
		}
		if odd = !odd; odd {
			name = p.symbols[at]
			return nil
		}
		if len(p.labels) >= maxLabels {
			return errSymbols
		}
		p.labels = append(p.labels, [2][]byte{name, p.symbols[at]})
		return nil
	}
	err := each(body, func(f field) error {
		if f.number != 1 {
			return nil
		}
		if f.bytes == nil {
			return ref(f.value)
		}
		for packed := f.bytes; len(packed) > 0; {
			at, n := binary.Uvarint(packed)
			if n <= 0 {
				return errCut
			}
			if err := ref(at); err != nil {
				return err
			}
			packed = packed[n:]
		}
		return nil
	})
	if err == nil && odd {
		return errSymbol
	}
	return err
}

// sample reads a sample: field 1 is its value, field 2 its time in Unix milliseconds.
func sample(body []byte) (value float64, ms int64, err error) {
	err = each(body, func(f field) error {
		switch f.number {
		case 1:
			value = math.Float64frombits(f.value)
		case 2:
			ms = int64(f.value)
		}
		return nil
	})
	return value, ms, err
}
