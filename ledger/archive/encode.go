package archive

import (
	"bytes"
	"math"
	"math/bits"
	"strconv"
	"sync"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/honderd/honderd/ledger"
)

// rowsVersion is the version of the columns.
const rowsVersion = 1

// maxRows is how many experiences a file holds at most: enough for a good dictionary of
// people, few enough to be sorted and held in memory.
const maxRows = 1 << 19

// record is a row as Parquet sees it. The encodings are those that were smallest of what
// reads fast; the names are a contract.
type record struct {
	At       int64  `parquet:"time,timestamp(millisecond),delta"`
	Person   uint64 `parquet:"person,dict"`
	Wait     uint32 `parquet:"wait_ms,dict"`
	Journey  string `parquet:"journey,dict"`
	Step     string `parquet:"step,dict"`
	Labels   string `parquet:"labels,dict,json"`
	Cause    string `parquet:"cause,dict"`
	Mask     string `parquet:"mask,dict"`
	Part     bool   `parquet:"part"`
	Critical bool   `parquet:"critical"`
	Rage     bool   `parquet:"rage"`
	Source   string `parquet:"source,dict"`
	Batch    uint64 `parquet:"batch,dict"`
}

// meanings says what each column is, in its unit; it stands in every file.
func meanings() [][2]string {
	return [][2]string{
		{"time", "when the answer had ended; milliseconds since 1970 in UTC; rows are in its order, then as they stand in the ledger"},
		{"person", "pseudonym of who it was: 64 bits that say nothing about them"},
		{"wait_ms", "how long the person waited, in milliseconds; 0: the source does not say"},
		{"journey", "what the person came to do"},
		{"step", "what the person did; empty: the source does not say"},
		{"labels", "what people are told apart by, such as region or release; a JSON object of texts"},
		{"cause", "why it was bad: server_error, unreachable, too_many_requests, timed_out, gave_up, too_slow; fine: it was good"},
		{"mask", "how a fault was hidden from the person: retry, stale, fallback; unmasked: there was none"},
		{"part", "it is a picture, style or script, and belongs to the step before it"},
		{"critical", "its journey cannot do without it"},
		{"rage", "the person clicked in anger"},
		{"source", "what saw it"},
		{"batch", "place in the ledger of the record that it came in"},
	}
}

// Keys of what a file says of itself.
const (
	keyVersion = "honderd.version"
	keyFirst   = "honderd.ledger.first"
	keyLast    = "honderd.ledger.last"
	keyRows    = "honderd.rows"
	keySum     = "honderd.rows.crc32c"
	keyColumn  = "honderd.column." // and the name of a column
)

// encodeRows returns rows, which are in order, as a Parquet file, and what a manifest
// says of it.
func encodeRows(rows []row, t *texts) ([]byte, file, error) {
	f := file{Rows: int64(len(rows)), From: rows[0].at, To: rows[len(rows)-1].at, First: math.MaxUint64}
	for i := range rows {
		f.First, f.Last = min(f.First, rows[i].seq), max(f.Last, rows[i].seq)
	}
	s := newRowSum()
	var summing sync.WaitGroup
	summing.Go(func() { s.add(rows, t) })
	defer summing.Wait()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[record](&b, writerOptions(rows, f.First, f.Last)...)
	room := make([]record, min(len(rows), 1024))
	for rest := rows; len(rest) > 0; {
		n := min(len(rest), len(room))
		for i := range n {
			room[i] = rest[i].record(t)
		}
		if _, err := w.Write(room[:n]); err != nil {
			return nil, f, err
		}
		rest = rest[n:]
	}
	summing.Wait()
	w.SetKeyValueMetadata(keySum, s.text())
	if err := w.Close(); err != nil {
		return nil, f, err
	}
	f.Bytes, f.Sum = int64(b.Len()), sum(b.Bytes())
	return b.Bytes(), f, nil
}

// codec packs and unpacks. It keeps the memory of those who packed for those who do next:
// making it anew for each file takes longer than a small file.
var codec = sync.OnceValue(func() *zstd.Codec { return &zstd.Codec{Level: zstd.SpeedDefault} })

func writerOptions(rows []row, first, last ledger.Sequence) []parquet.WriterOption {
	o := []parquet.WriterOption{
		parquet.Compression(codec()),
		parquet.PageBufferSize(min(parquet.DefaultPageBufferSize, 4096+16*len(rows))), // as a whole: few rows need little
		parquet.CreatedBy("honderd", strconv.Itoa(rowsVersion), ""),
		parquet.DataPageStatistics(false),
		parquet.KeyValueMetadata(keyVersion, strconv.Itoa(rowsVersion)),
		parquet.KeyValueMetadata(keyFirst, strconv.FormatUint(uint64(first), 10)),
		parquet.KeyValueMetadata(keyLast, strconv.FormatUint(uint64(last), 10)),
		parquet.KeyValueMetadata(keyRows, strconv.Itoa(len(rows))),
		parquet.SortingWriterConfig(parquet.SortingColumns(parquet.Ascending("time"))),
	}
	for _, m := range meanings() {
		o = append(o, parquet.KeyValueMetadata(keyColumn+m[0], m[1]))
		if m[0] != "time" { // bounds of the others would help nobody, and take a fifth of the time
			o = append(o, parquet.SkipPageBounds(m[0]))
		}
	}
	if !repeats(rows) {
		o = append(o, parquet.StructTag(`parquet:"person"`, "Person"))
	}
	return o
}

// repeats reports whether people come so often that a dictionary of them is smaller than
// the list. Their pseudonyms are random, so how many there are is estimated from how many
// of many slots they leave empty (Whang et al., linear counting, 1990).
func repeats(rows []row) bool {
	wide := max(6, min(21, 3+bits.Len(uint(len(rows)))))
	slots := 1 << wide
	seen := make([]uint64, slots/64)
	for i := range rows {
		at := rows[i].person * 0x9e3779b97f4a7c15 >> (64 - wide)
		seen[at/64] |= 1 << (at % 64)
	}
	empty := slots
	for _, word := range seen {
		empty -= bits.OnesCount64(word)
	}
	people := -float64(slots) * math.Log(float64(max(1, empty))/float64(slots))
	index := math.Ceil(math.Log2(people + 1)) // bits
	return people*64+float64(len(rows))*index < float64(len(rows))*64
}

func (r *row) record(t *texts) record {
	return record{
		At: r.at, Person: r.person, Wait: r.wait,
		Journey: t.list[r.journey], Step: t.list[r.step], Labels: t.list[r.labels], Source: t.list[r.source],
		Cause: r.cause.String(), Mask: r.mask.String(),
		Part: r.flags&flagPart != 0, Critical: r.flags&flagCritical != 0, Rage: r.flags&flagRage != 0,
		Batch: uint64(r.seq),
	}
}
