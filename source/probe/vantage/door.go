package vantage

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/admit"
	"github.com/honderd/honderd/internal/reply"
	"github.com/honderd/honderd/source/probe"
)

const (
	// patience is how long a sender may take for its body.
	patience = 30 * time.Second

	// keepFor is how long results may take to be kept.
	keepFor = 20 * time.Second

	// maxOpen is how many requests are taken at once, maxEach of one vantage point.
	maxOpen = 64
	maxEach = 8

	// clockOff is from where the clock of a vantage point is mended.
	clockOff = 10 * time.Second
)

// DoorOptions says whom a Door lets in, and what it does with what they bring.
type DoorOptions struct {
	Keys []Key // none: nobody is let in

	// Targets returns what is probed from a vantage point.
	Targets func(vantage string) []probe.Target

	// Keep makes results durable before it returns nil. The same id may come twice, and
	// counts once. It is called by many at once.
	Keep func(ctx context.Context, vantage, id string, results []probe.Result) error

	// Busy reports whether an error of Keep means: later.
	Busy func(err error) bool

	Refuse   func(why string) // is told why a request was refused, each time; nil: nobody is
	Patience time.Duration    // how long a sender may take for its body; 0: 30 s
}

// Visit is what is known of one vantage point.
type Visit struct {
	Last  time.Time     // when it last sent or fetched
	Lost  int64         // results that it had no room for
	Clock time.Duration // how far its clock is behind
}

// Door hands out targets and takes results.
type Door struct {
	o    DoorOptions
	sums [][sha256.Size]byte
	gate *admit.Gate

	mu      sync.Mutex
	refused map[string]uint64
	visits  map[string]Visit
}

// NewDoor returns a Door, or every mistake in o.
func NewDoor(o DoorOptions) (*Door, error) {
	if err := checkKeys(o.Keys); err != nil {
		return nil, err
	}
	if o.Targets == nil || o.Keep == nil {
		return nil, errors.New("a door needs to know what is probed, and where results go (fix: set DoorOptions.Targets and Keep)")
	}
	if o.Refuse == nil {
		o.Refuse = func(string) {}
	}
	o.Patience = cmp.Or(o.Patience, patience)
	d := &Door{o: o, gate: admit.New(admit.Options{Most: maxOpen, Each: maxEach}), refused: map[string]uint64{}, visits: map[string]Visit{}}
	for _, k := range o.Keys {
		d.sums = append(d.sums, sha256.Sum256([]byte(k.Key)))
	}
	return d, nil
}

// Refused returns how many requests were refused, by reason.
func (d *Door) Refused() map[string]uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.refused)
}

// Visits returns what is known of each vantage point that came. One that falls silent does
// not measure.
func (d *Door) Visits() map[string]Visit {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.visits)
}

// ServeHTTP hands out targets at TargetsPath and takes results at ResultsPath.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, no := d.serve(w, r)
	if no == nil {
		if answer != nil {
			reply.JSON(w, http.StatusOK, answer)
		}
		return
	}
	d.mu.Lock()
	d.refused[no.Why]++
	d.mu.Unlock()
	d.o.Refuse(no.Why)
	no.Write(w, "GET, POST")
}

func (d *Door) serve(w http.ResponseWriter, r *http.Request) (any, *admit.Refusal) {
	vantage, no := d.who(r)
	if no != nil {
		return nil, no
	}
	if no := d.gate.Enter(vantage); no != nil {
		return nil, no
	}
	defer d.gate.Leave(vantage)
	switch {
	case r.URL.Path == TargetsPath && r.Method == http.MethodGet:
		return d.hand(w, r, vantage)
	case r.URL.Path == ResultsPath && r.Method == http.MethodPost:
		return d.take(w, r, vantage)
	}
	return nil, admit.BadMethod("targets are fetched with GET, results are sent with POST")
}

// who returns which vantage point asks. What is probed may have secrets in it, so nobody is
// let in without a key, not even from this machine.
func (d *Door) who(r *http.Request) (string, *admit.Refusal) {
	shown, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	sum, match := sha256.Sum256([]byte(shown)), -1
	for i := range d.sums {
		if subtle.ConstantTimeCompare(sum[:], d.sums[i][:]) == 1 {
			match = i
		}
	}
	if match < 0 {
		return "", admit.NoKey("no such key (fix: send that of this vantage point as Authorization: Bearer KEY)")
	}
	return d.o.Keys[match].Vantage, nil
}

// seen notes that a vantage point came.
func (d *Door) seen(vantage string, change func(*Visit)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.visits[vantage]
	v.Last = time.Now()
	if change != nil {
		change(&v)
	}
	d.visits[vantage] = v
}

// hand answers with what is probed, or that it is still the same.
func (d *Door) hand(w http.ResponseWriter, r *http.Request, vantage string) (any, *admit.Refusal) {
	d.seen(vantage, nil)
	answer := handout{Vantage: vantage, Targets: d.o.Targets(vantage)}
	body, err := json.Marshal(answer)
	if err != nil {
		return nil, &admit.Refusal{Status: http.StatusInternalServerError, Why: "targets", Detail: "the targets cannot be written"}
	}
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return nil, nil
	}
	return answer, nil
}

// take keeps one batch.
func (d *Door) take(w http.ResponseWriter, r *http.Request, vantage string) (any, *admit.Refusal) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, admit.WrongType("content type", "results are sent with Content-Type: application/json")
	}
	body, no := admit.Body{What: "batch", Most: MaxBody, Patience: d.o.Patience}.Read(w, r)
	if no != nil {
		return nil, no
	}
	received := time.Now()
	b, err := readBatch(body)
	if err != nil {
		return nil, admit.Wrong("no batch", err.Error())
	}
	clock := received.Sub(b.Sent)
	mended := clock > clockOff || clock < -clockOff
	for i := range b.Results {
		result := &b.Results[i]
		result.Vantage = vantage // the key says who it is, not the sender
		if mended {
			result.At = result.At.Add(clock)
		}
		if result.At.After(received.Add(clockOff)) || !experience.Possible(result.At.UnixMilli()) {
			return nil, admit.Wrong("no batch", fmt.Sprintf("result %d was found at a time that cannot be", i+1))
		}
	}
	if len(b.Results) > 0 {
		// What was read whole is kept, also when who sent it has gone.
		ctx, stop := context.WithTimeout(context.WithoutCancel(r.Context()), keepFor)
		defer stop()
		switch err := d.o.Keep(ctx, vantage, vantage+"/"+b.ID, b.Results); {
		case err == nil:
		case d.o.Busy != nil && d.o.Busy(err):
			return nil, admit.TooMany("no room", "it cannot be kept at present: send it again later")
		default:
			return nil, admit.NotKept("it is not known whether it was kept: send it again with the same id")
		}
	}
	d.seen(vantage, func(v *Visit) { v.Lost, v.Clock = b.Lost, clock })
	answer := receipt{Kept: len(b.Results)}
	if mended {
		answer.ClockMS = clock.Milliseconds()
	}
	return answer, nil
}

// readBatch reads and checks a batch.
func readBatch(body []byte) (b batch, err error) {
	from := json.NewDecoder(bytes.NewReader(body))
	if err := from.Decode(&b); err != nil {
		return b, fmt.Errorf("it is no JSON of a batch: %.80s", err.Error())
	}
	switch {
	case from.More():
		return b, errors.New("more follows the batch")
	case b.ID == "" || len(b.ID) > maxID || strings.Trim(b.ID, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		return b, errors.New("its id is none (fix: small letters, digits and -)")
	case len(b.Results) > MaxResults:
		return b, fmt.Errorf("a batch has at most %d results", MaxResults)
	case !experience.Possible(b.Sent.UnixMilli()):
		return b, errors.New("it does not say when it was sent")
	case b.Lost < 0:
		return b, errors.New("less than nothing was lost")
	}
	for i := range b.Results {
		if err := b.Results[i].Validate(); err != nil {
			return b, fmt.Errorf("result %d: %w", i+1, err)
		}
	}
	return b, nil
}
