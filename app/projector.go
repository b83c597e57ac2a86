package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/honderd/honderd/fold/checks"
	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/fold/intake"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/archive"
)

// A projector applies the facts of a ledger to the folds, each exactly once, through
// restarts: its checkpoint is the state of the folds and the sequence up to which they
// know the ledger.
type projector struct {
	ledger  ledger.Ledger
	path    string // of the checkpoint
	options felt.Options
	log     *slog.Logger
	archive *archive.Archive                             // nil: there is none
	drops   *drops                                       // nil: nothing is counted
	heal    func(context.Context, ledger.Sequence) error // puts a lost record back; nil: nothing can

	calendars *calendars
	loading   <-chan loaded // the checkpoint, which is being read; nil: it is not yet

	mu       sync.Mutex
	folds    *folds
	seq      ledger.Sequence
	saved    ledger.Sequence // up to where the checkpoint on disk knows
	unsaved  int64           // experiences that were folded since
	full     chan struct{}   // gets a value when that are many
	savedAt  time.Time
	saveTook time.Duration // how long saving took
	size     int           // of the checkpoint on disk
	missing  string        // what the ledger has lost, in words

	refolded   time.Time     // when late facts were counted last
	refoldTook time.Duration // how long that took

	saying sync.RWMutex // of folds.said, for who reads it while an answer is made; who folds holds mu too

	changing sync.Mutex
	changed  chan struct{} // closed at the next change

	composed composed
	glances  glances
}

// saveAfter is how many experiences are folded before the state is saved out of turn: what
// came since is folded again after a crash, and that should take no longer than a few
// seconds.
const saveAfter = 10_000_000

// saveRest is how many times as long as saving took nothing is saved out of turn: at most a
// third of the time goes into it.
const saveRest = 2

// maxBehind is by how many records the folds may be behind a source that can wait: 2 M
// experiences of large blocks. What waits in the ledger is folded first after a crash.
const maxBehind = 128

func newProjector(l ledger.Ledger, dir string, o felt.Options, k *calendars, log *slog.Logger) *projector {
	return &projector{
		calendars: k, composed: composed{next: make(chan struct{})},
		ledger: l, path: filepath.Join(dir, checkpointName), options: o, log: log,
		folds: newFolds(o), changed: make(chan struct{}), full: make(chan struct{}, 1),
	}
}

// catchUp goes on from the checkpoint to the end of the ledger.
func (p *projector) catchUp(ctx context.Context) error {
	if err := p.restore(ctx); err != nil {
		if !errors.Is(err, errNoCheckpoint) {
			return err
		}
		p.log.Info("folding the whole ledger", "reason", err)
		if err := p.begin(ctx); err != nil {
			return err
		}
	}
	return p.run(ctx, p.ledger.Read)
}

// checkpointed returns up to where the checkpoint on disk knows the ledger.
func (p *projector) checkpointed() ledger.Sequence {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.saved
}

// trimmed returns up to where records have left the ledger.
func (p *projector) trimmed(ctx context.Context) (ledger.Sequence, error) {
	if t, ok := p.ledger.(ledger.Trimmer); ok {
		return t.Trimmed(ctx)
	}
	return 0, nil
}

// begin folds what has left the ledger, from the archive, into new folds.
func (p *projector) begin(ctx context.Context) error {
	p.folds, p.seq = newFolds(p.options), 0
	gone, err := p.trimmed(ctx)
	if err != nil || gone == 0 {
		return err
	}
	if p.archive == nil || p.archive.UpTo() < gone {
		p.seq, p.missing = gone, fmt.Sprintf("what was in the first %d records of the ledger is in no archive that can be read", gone)
		return nil
	}
	b := rebuild{folds: p.folds, result: &Rebuilt{}}
	if err := b.archived(ctx, p.archive); err != nil {
		return err
	}
	p.seq = p.archive.UpTo()
	return nil
}

// restore loads the checkpoint, if it fits the ledger and the options.
func (p *projector) restore(ctx context.Context) error {
	var state loaded
	if p.loading != nil {
		state, p.loading = <-p.loading, nil
	} else {
		state = loadCheckpoint(p.path, p.options)
	}
	if state.err != nil {
		return state.err
	}
	p.folds, p.seq, p.saved, p.size = state.folds, state.seq, state.seq, state.size
	last, err := p.ledger.Last(ctx)
	if err != nil {
		return err
	}
	gone, err := p.trimmed(ctx)
	if err != nil {
		return err
	}
	if p.seq < gone {
		return fmt.Errorf("%w: it is older than what is left of the ledger", errNoCheckpoint)
	}
	if p.seq > last {
		return fmt.Errorf("%w: it is of another ledger", errNoCheckpoint)
	}
	if !p.folds.felt.Counts(p.options) {
		return fmt.Errorf("%w: people are to be counted in another way", errNoCheckpoint)
	}
	return nil
}

// follow applies new facts until ctx is done.
func (p *projector) follow(ctx context.Context) error {
	return p.run(ctx, p.ledger.Follow)
}

// run applies what read gives. What the ledger has lost is said, and passed over: all
// else is still true.
func (p *projector) run(ctx context.Context, read func(context.Context, ledger.Sequence, func(ledger.Record) error) error) error {
	for {
		a := p.ahead()
		err := read(ctx, p.upTo(), a.take)
		a.finish()
		var gone ledger.Missing
		if !errors.As(err, &gone) {
			return err
		}
		if p.healed(ctx, gone) {
			continue
		}
		p.log.Error("the ledger has lost facts", "error", gone)
		p.drops.add(scrubName, inRecords, "could not be read when their turn came", int64(gone.To-gone.From)+1, false)
		p.mu.Lock()
		p.seq, p.missing = gone.To, gone.Error()
		p.mu.Unlock()
		p.tellChange()
	}
}

// maxHeal is how many records that are missing side by side are put back while somebody
// waits for the numbers.
const maxHeal = 1000

// healed puts back what the ledger has lost, from its first record on, and reports whether
// it is worth the while to read again.
func (p *projector) healed(ctx context.Context, gone ledger.Missing) bool {
	if p.heal == nil || gone.To-gone.From >= maxHeal {
		return false
	}
	some := false
	for seq := gone.From; seq <= gone.To; seq++ {
		if err := p.heal(ctx, seq); err != nil {
			return some
		}
		some = true
	}
	p.log.Warn("records of the ledger were damaged and are healed from the archive", "from", gone.From, "to", gone.To)
	return some
}

// position returns where a source goes on.
func (p *projector) position(name string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.folds.intake.Position(name)
}

// notify returns a channel that is closed at the next change.
func (p *projector) notify() <-chan struct{} {
	p.changing.Lock()
	defer p.changing.Unlock()
	return p.changed
}

// tellChange tells that the folds know more.
func (p *projector) tellChange() {
	p.composed.changes.Add(1)
	p.changing.Lock()
	defer p.changing.Unlock()
	close(p.changed)
	p.changed = make(chan struct{})
}

// save writes the checkpoint if anything has changed since the last one, and reports
// whether nothing has.
func (p *projector) save() (idle bool, err error) {
	p.mu.Lock()
	seq := p.seq
	if seq == p.saved {
		p.mu.Unlock()
		return true, nil
	}
	p.unsaved = 0
	began := time.Now()
	state, err := encodeCheckpoint(p.folds, seq, p.size)
	p.mu.Unlock()
	if err == nil {
		err = writeWhole(p.path, state)
	}
	if err != nil {
		return false, fmt.Errorf("write checkpoint: %w", err)
	}
	p.mu.Lock()
	p.saved, p.savedAt, p.saveTook, p.size = seq, time.Now(), time.Since(began), len(state)
	p.mu.Unlock()
	return false, nil
}

// saveSoon saves the state, unless that would leave too little time for counting.
func (p *projector) saveSoon() error {
	p.mu.Lock()
	rest := time.Since(p.savedAt) < saveRest*p.saveTook
	p.mu.Unlock()
	if rest {
		return nil
	}
	_, err := p.save()
	return err
}

// upTo returns up to which record the folds know the ledger.
func (p *projector) upTo() ledger.Sequence {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seq
}

// knows reports whether the folds have taken in the record at seq.
func (p *projector) knows(seq ledger.Sequence) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seq >= seq
}

// near returns when the folds are not far behind the record at seq, or ctx ends.
func (p *projector) near(ctx context.Context, seq ledger.Sequence) {
	for {
		changed := p.notify()
		if seq <= p.upTo()+maxBehind {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// checks returns what probes found, as it was a moment ago.
func (p *projector) checks() checks.Answer {
	probed, _, _, _ := p.glance()
	return probed
}

// sources returns what is known of each source, and in words what the ledger has lost.
func (p *projector) sources() (known map[string]intake.Source, missing string) {
	_, in, _, missing := p.glance()
	return in.Sources, missing
}
