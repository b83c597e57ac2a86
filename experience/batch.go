package experience

// MaxBatch is the most experiences that one Batch carries, so that its indexes fit
// in 16 bits and a message stays below a megabyte.
const MaxBatch = 16384

// Batch is a run of experiences from one source, in the order in which it saw them,
// with all that is needed to go on after them. It is the fact that travels through
// the ledger.
type Batch struct {
	Source   string    // which source it comes from: "accesslog /var/log/nginx/access.log"
	Position string    // where that source goes on after this batch; its own words
	Journeys []string  // names that Experience.Journey points at
	Steps    []string  // names that Experience.Step points at; the first is ""
	Labels   [][]Label // sets that Experience.Labels points at, each in the order of its names; the first is empty
	Items    []Experience
	Tally    Tally

	// Formerly says of items who they were under the salt before: whoever keeps the
	// batch knows whether a visit under it still goes on. It is not kept.
	Formerly []Formerly
}

// Formerly is who the person of an item was under the salt before.
type Formerly struct {
	Item   int
	Person Person
}

// Reset empties b for reuse and keeps its memory.
func (b *Batch) Reset() {
	b.Source, b.Position = "", ""
	b.Journeys, b.Steps, b.Labels, b.Items, b.Formerly = b.Journeys[:0], append(b.Steps[:0], ""), append(b.Labels[:0], nil), b.Items[:0], b.Formerly[:0]
	b.Tally = Tally{}
}

// Tally counts what a source saw while it made a batch, people or not.
type Tally struct {
	Lines     int64            // lines or records seen
	Bytes     int64            // bytes read
	Parsed    int64            // records that could be read
	Robots    int64            // of those: by robots
	Probes    int64            // of those: by monitoring probes
	NoRequest int64            // of those: connections on which nobody asked anything
	Formats   map[string]int64 // records by the format they were read in
	Rejects   map[string]Reject
	Addresses []AddressCount // the most frequent addresses of this batch, most frequent first
}

// Reject is what could not be read for one reason.
type Reject struct {
	Count    int64
	Examples []string // at most MaxExamples, each at most MaxExample bytes, printable
}

// Limits of the examples that are kept of what could not be read.
const (
	MaxExamples = 3
	MaxExample  = 160
)

// AddressCount is how many records one address had. The address is hashed: it only
// serves to see that many come through one.
type AddressCount struct {
	Hash  uint64
	Count int64
}

// Rejected returns the number of records that could not be read.
func (t *Tally) Rejected() int64 {
	var n int64
	for _, r := range t.Rejects {
		n += r.Count
	}
	return n
}

// Reject counts one record that could not be read for reason, with line as example.
func (t *Tally) Reject(reason, line string) {
	if t.Rejects == nil {
		t.Rejects = map[string]Reject{}
	}
	r := t.Rejects[reason]
	r.Count++
	if len(r.Examples) < MaxExamples {
		r.Examples = append(r.Examples, line)
	}
	t.Rejects[reason] = r
}

// Add counts all of o in t too. Addresses are not added: their sum is not exact, so
// it belongs to whoever needs it.
func (t *Tally) Add(o *Tally) {
	t.Lines += o.Lines
	t.Bytes += o.Bytes
	t.Parsed += o.Parsed
	t.Robots += o.Robots
	t.Probes += o.Probes
	t.NoRequest += o.NoRequest
	for name, n := range o.Formats {
		if t.Formats == nil {
			t.Formats = map[string]int64{}
		}
		t.Formats[name] += n
	}
	for reason, r := range o.Rejects {
		if t.Rejects == nil {
			t.Rejects = map[string]Reject{}
		}
		mine := t.Rejects[reason]
		mine.Count += r.Count
		for _, line := range r.Examples {
			if len(mine.Examples) < MaxExamples {
				mine.Examples = append(mine.Examples, line)
			}
		}
		t.Rejects[reason] = mine
	}
}
