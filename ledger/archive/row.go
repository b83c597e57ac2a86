package archive

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strings"
	"unicode/utf8"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger"
)

// row is an experience in a file. What has a name points at a text.
type row struct {
	at      int64
	person  uint64
	seq     ledger.Sequence // the record it came in
	wait    uint32
	order   uint32 // among those that are sorted together; says nothing in a file
	journey uint32
	step    uint32
	labels  uint32
	source  uint32
	cause   experience.Cause
	mask    experience.Mask
	flags   uint8
}

// The bits of flags.
const (
	flagPart = 1 << iota
	flagCritical
	flagRage
)

// before reports whether r stands before other in the archive: by time, then as they
// stand in the ledger.
func (r *row) before(other *row) bool {
	return r.at < other.at || r.at == other.at && r.seq < other.seq
}

func flagsOf(e *experience.Experience) (f uint8) {
	if e.Part {
		f = flagPart
	}
	if e.Critical {
		f |= flagCritical
	}
	if e.Rage {
		f |= flagRage
	}
	return f
}

// texts keeps each text once. The first is "".
type texts struct {
	list []string
	ids  map[string]uint32
}

func newTexts() *texts { return &texts{list: []string{""}, ids: map[string]uint32{"": 0}} }

// id returns the place of s in the list.
func (t *texts) id(s string) uint32 {
	id, known := t.ids[s]
	if !known {
		id = uint32(len(t.list))
		t.list = append(t.list, s)
		t.ids[s] = id
	}
	return id
}

// foreign begins a text whose bytes are not UTF-8: its bytes follow, each as the
// character with that number. Other engines refuse what is not UTF-8.
const foreign = "\uFFFD"

// toText returns s in UTF-8, so that fromText gives it back.
func toText(s string) string {
	if utf8.ValidString(s) && !strings.HasPrefix(s, foreign) {
		return s
	}
	var b strings.Builder
	b.WriteString(foreign)
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

// fromText returns what toText was given.
func fromText(s string) string {
	rest, is := strings.CutPrefix(s, foreign)
	if !is {
		return s
	}
	p := make([]byte, 0, len(rest))
	for _, c := range rest {
		p = append(p, byte(c))
	}
	return string(p)
}

// labelsText returns a set of labels as a JSON object, "{}" for none.
func labelsText(set []experience.Label) (string, error) {
	p := []byte{'{'}
	for i, l := range set {
		if i > 0 {
			p = append(p, ',')
		}
		name, err := json.Marshal(toText(l.Name))
		if err != nil {
			return "", err
		}
		value, err := json.Marshal(toText(l.Value))
		if err != nil {
			return "", err
		}
		p = append(append(append(p, name...), ':'), value...)
	}
	return string(append(p, '}')), nil
}

// labelsOf returns the set that labelsText wrote.
func labelsOf(text string) ([]experience.Label, error) {
	words := json.NewDecoder(strings.NewReader(text))
	if t, err := words.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("labels %q are no JSON object", text)
	}
	var set []experience.Label
	for words.More() {
		name, err := words.Token()
		if err != nil {
			return nil, fmt.Errorf("labels %q: %w", text, err)
		}
		value, err := words.Token()
		key, isName := name.(string)
		of, isText := value.(string)
		if err != nil || !isName || !isText {
			return nil, fmt.Errorf("labels %q are not names with texts", text)
		}
		set = append(set, experience.Label{Name: fromText(key), Value: fromText(of)})
	}
	return set, nil
}

// rowSum is a checksum of rows, so that a file can be checked without its manifest:
// CRC-32C of time, person, batch (8 bytes each), wait_ms (4), the CRC-32C of journey, step,
// labels, source, cause and mask (4 bytes each), and one byte with part, critical and
// rage as its lowest bits; all little endian.
type rowSum struct {
	table *crc32.Table
	words [2][16]uint32 // by cause, and by mask
	texts []uint32      // by text
	sum   uint32
	room  [53]byte
}

func newRowSum() *rowSum {
	s := &rowSum{table: crc32.MakeTable(crc32.Castagnoli)}
	for i := range s.words[0] {
		s.words[0][i] = checksum([]byte(experience.Cause(i).String()))
		s.words[1][i] = checksum([]byte(experience.Mask(i).String()))
	}
	return s
}

// add adds rows, whose texts are in t.
func (s *rowSum) add(rows []row, t *texts) {
	for i := len(s.texts); i < len(t.list); i++ {
		s.texts = append(s.texts, checksum([]byte(t.list[i])))
	}
	p := s.room[:]
	for i := range rows {
		r := &rows[i]
		binary.LittleEndian.PutUint64(p, uint64(r.at))
		binary.LittleEndian.PutUint64(p[8:], r.person)
		binary.LittleEndian.PutUint64(p[16:], uint64(r.seq))
		binary.LittleEndian.PutUint32(p[24:], r.wait)
		binary.LittleEndian.PutUint32(p[28:], s.texts[r.journey])
		binary.LittleEndian.PutUint32(p[32:], s.texts[r.step])
		binary.LittleEndian.PutUint32(p[36:], s.texts[r.labels])
		binary.LittleEndian.PutUint32(p[40:], s.texts[r.source])
		binary.LittleEndian.PutUint32(p[44:], s.words[0][r.cause%16])
		binary.LittleEndian.PutUint32(p[48:], s.words[1][r.mask%16])
		p[52] = r.flags
		s.sum = crc32.Update(s.sum, s.table, p)
	}
}

func (s *rowSum) text() string { return fmt.Sprintf("%08x", s.sum) }
