package who

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// keySize is how many bytes a salt has.
const keySize = 32

// Limits of the salts that live at once, and how long one lives that was made for a time
// long past: an import of old logs must get to the end of a period. Both are choices.
const (
	maxPeriods = 512
	importFor  = 24 * time.Hour
)

// overFor is how long after a new salt a visit may still go on under the salt before it.
const overFor = 12 * time.Hour

// A Period is a run of time with one salt: pseudonyms of other periods tell nothing of its
// people.
type Period struct {
	From int64  `json:"from"` // Unix milliseconds
	To   int64  `json:"to"`   // the first after it
	Made int64  `json:"made"`
	Salt []byte `json:"salt"`
}

// Sealed is all that is kept of salts.
type Sealed struct {
	Days    int      `json:"days"`   // that a period has; 0: there was one salt for all time
	Anchor  string   `json:"anchor"` // a day on which a period begins; "": none was needed
	Names   []byte   `json:"names"`  // the key of names that last
	Mark    string   `json:"mark"`   // by which a folder knows its own; it tells nothing of a key
	Periods []Period `json:"periods"`
}

// Options say how long people are recognised. The zero value never changes the salt.
type Options struct {
	Days  int            // of a period; 0: for ever
	Zone  *time.Location // whose midnights periods begin at; nil: UTC
	Names bool           // names that an application gives last longer than a salt

	// Keep is told all that is to be kept, each time it changes, before it is used.
	Keep func(Sealed)
}

// Salts gives each time the salt of its pseudonyms, which is made when it is first needed
// and destroyed once the period after it is over. Goroutines share it.
type Salts struct {
	o      Options
	secret [keySize]byte // of this process, kept nowhere

	mu      sync.Mutex
	anchor  time.Time // UTC midnight of the day
	begun   bool
	names   []byte
	mark    string
	periods []Period // in the order of time

	changes atomic.Int64
}

// NewSalts returns the salts that were kept. What should be destroyed by now is.
func NewSalts(o Options, kept Sealed) *Salts {
	s := &Salts{o: o, names: kept.Names, mark: cmp.Or(kept.Mark, rand.Text()), periods: slices.Clone(kept.Periods)}
	if s.o.Zone == nil {
		s.o.Zone = time.UTC
	}
	rand.Read(s.secret[:])
	if len(s.names) != keySize {
		s.names = newKey()
	}
	if at, err := time.Parse(time.DateOnly, kept.Anchor); err == nil {
		s.anchor, s.begun = at, true
	}
	now := time.Now().UnixMilli()
	if kept.Days != o.Days && s.begun {
		s.cut(now)
	}
	s.expire(now)
	s.tell()
	return s
}

// OneSalt returns what is kept of a folder that had one salt for all time: now it is the
// one of all time until the period that now is in is over.
func OneSalt(salt []byte, mark string, zone *time.Location) Sealed {
	now := time.Now().UnixMilli()
	return Sealed{Anchor: civil(now, zone).Format(time.DateOnly), Mark: mark, Periods: []Period{{To: math.MaxInt64, Made: now, Salt: slices.Clone(salt)}}}
}

// Mark returns what a folder knows its salts by.
func (s *Salts) Mark() string { return s.mark }

// Fixed returns one salt for all time.
func Fixed(salt []byte) *Salts {
	s := &Salts{o: Options{Zone: time.UTC}, names: salt, periods: []Period{{From: math.MinInt64, To: math.MaxInt64, Salt: salt}}}
	s.secret = sha256.Sum256(salt)
	return s
}

func newKey() []byte {
	key := make([]byte, keySize)
	rand.Read(key)
	return key
}

// cut ends the salt of now with the day or period that now is in, after somebody chose
// another length.
func (s *Salts) cut(now int64) {
	_, end := s.grid(now)
	s.periods = slices.DeleteFunc(s.periods, func(p Period) bool { return p.From >= end })
	for i := range s.periods {
		s.periods[i].To = min(s.periods[i].To, end)
	}
}

// Begin makes the day of at the one that periods are counted from, unless one is.
func (s *Salts) Begin(at int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin(at)
}

// Begun reports whether periods are counted from some day.
func (s *Salts) Begun() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.begun || s.o.Days == 0
}

func (s *Salts) begin(at int64) {
	if !s.begun {
		s.anchor, s.begun = civil(at, s.o.Zone), true
	}
}

// civil returns UTC midnight of the day that it is in zone.
func civil(at int64, zone *time.Location) time.Time {
	y, m, d := time.UnixMilli(at).In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// grid returns the period of at, whatever salts there are.
func (s *Salts) grid(at int64) (from, to int64) {
	if s.o.Days == 0 {
		return math.MinInt64, math.MaxInt64
	}
	days := int(civil(at, s.o.Zone).Sub(s.anchor) / (24 * time.Hour))
	n := days / s.o.Days
	if days%s.o.Days < 0 {
		n--
	}
	for from, to = s.midnight(n), s.midnight(n+1); at >= to; n++ { // where no clock shows midnight, a day begins before or after it
		from, to = to, s.midnight(n+2)
	}
	for ; at < from; n-- {
		from, to = s.midnight(n-1), from
	}
	return from, to
}

// midnight returns when the period n after that of the anchor begins.
func (s *Salts) midnight(n int) int64 {
	y, m, d := s.anchor.Date()
	return time.Date(y, m, d+n*s.o.Days, 0, 0, 0, 0, s.o.Zone).UnixMilli()
}

// At returns the period of a time, with its salt.
func (s *Salts) At(at int64) Period {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(at)
	if i < len(s.periods) && s.periods[i].From <= at {
		return s.periods[i]
	}
	s.begin(at)
	p := Period{Made: time.Now().UnixMilli(), Salt: newKey()}
	p.From, p.To = s.grid(at)
	if i > 0 {
		p.From = max(p.From, s.periods[i-1].To)
	}
	if i < len(s.periods) {
		p.To = min(p.To, s.periods[i].From)
	}
	s.periods = slices.Insert(s.periods, i, p)
	s.crowd()
	s.changed()
	return p
}

// find returns the index of the first period that ends after at.
func (s *Salts) find(at int64) int {
	i, _ := slices.BinarySearchFunc(s.periods, at, func(p Period, at int64) int {
		if p.To <= at {
			return -1
		}
		return 1
	})
	return i
}

// crowd destroys the salt that was made longest ago when there are too many; those of now
// stay.
func (s *Salts) crowd() {
	if len(s.periods) <= maxPeriods {
		return
	}
	now := time.Now().UnixMilli()
	i := s.find(now)
	oldest := -1
	for n, p := range s.periods {
		if n != i && n != i-1 && (oldest < 0 || p.Made < s.periods[oldest].Made) {
			oldest = n
		}
	}
	s.periods = slices.Delete(s.periods, oldest, oldest+1)
}

// before returns the period that ends where p begins, if its salt is there.
func (s *Salts) before(p Period) (Period, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.find(p.From - 1); p.From > math.MinInt64 && i < len(s.periods) && s.periods[i].To == p.From {
		return s.periods[i], true
	}
	return Period{}, false
}

// Expire destroys the salts whose time is over at now.
func (s *Salts) Expire(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.expire(now.UnixMilli()) {
		s.changed()
	}
}

// expire reports whether it destroyed any.
func (s *Salts) expire(now int64) bool {
	if s.o.Days == 0 || !s.begun {
		return false
	}
	count := len(s.periods)
	s.periods = slices.DeleteFunc(s.periods, func(p Period) bool {
		_, next := s.grid(p.To)
		return now >= max(next, p.Made+importFor.Milliseconds())
	})
	return len(s.periods) < count
}

// Living returns the periods whose salts are there, in the order of time.
func (s *Salts) Living() []Period {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.periods)
}

// Names returns the key that lasts: of names, when they last, and of what no person is
// recognised by.
func (s *Salts) Names() []byte { return s.names }

// Days returns how long people are recognised; 0: for ever.
func (s *Salts) Days() int { return s.o.Days }

// Secret returns a key of this process, for what need not outlive it.
func (s *Salts) Secret() []byte { return s.secret[:] }

// changed makes everybody ask anew, and keeps what there is now.
func (s *Salts) changed() {
	s.changes.Add(1)
	s.tell()
}

func (s *Salts) tell() {
	if s.o.Keep == nil {
		return
	}
	kept := Sealed{Days: s.o.Days, Names: s.names, Mark: s.mark, Periods: slices.Clone(s.periods)}
	slices.SortFunc(kept.Periods, func(a, b Period) int { return cmp.Compare(a.From, b.From) })
	if s.begun {
		kept.Anchor = s.anchor.Format(time.DateOnly)
	}
	s.o.Keep(kept)
}
