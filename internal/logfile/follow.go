package logfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"
)

const (
	doneKept  = 4 // finished generations a position remembers; compressors work on the last one or two
	midLine   = 6 // times Options.Quiet that a generation stays open which stopped in the middle of a line
	maxRounds = 3 // rounds without a pause, when a round found that there is more to do at once
)

// Follow delivers the lines of the log at path to out, from position from on and as
// they are written, until ctx is done or out returns an error; it returns that error.
// It goes on through rotation by renaming, by copying and truncating, through
// compression of rotated files, and through all of that while it was not running: every
// line comes exactly once. The zero position begins with the file now at path, without
// the ones rotated before; a path that does not exist yet is waited for.
//
// A chunk is whole lines; it may be used until out returns. next is the position after
// it: whoever stores both together loses nothing and has nothing twice.
//
// A line written between the copying and the truncating of "copytruncate" is lost before
// anybody can read it; rotation by renaming has no such hole.
func Follow(ctx context.Context, path string, from Position, o Options,
	out func(ctx context.Context, chunk []byte, next Position) error) error {
	if err := errors.Join(o.Validate(), from.Validate()); err != nil {
		return fmt.Errorf("follow log %s: %w", path, err)
	}
	f := newFollower(path, from, o, out)
	defer f.close()
	tick := time.NewTicker(f.o.Poll)
	defer tick.Stop()
	for {
		if err := f.look(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// follower is the state of one Follow.
type follower struct {
	path string
	o    Options
	out  func(ctx context.Context, chunk []byte, next Position) error
	open func(name string) (*os.File, error) // os.Open, but for tests

	gens  []*generation // oldest first; the last is or was at the path
	done  []Mark        // finished last, oldest first
	since int64         // see Position
	fresh bool          // never looked at the log before
	buf   []byte

	// pending says that there may be a new generation too young to tell: a file just
	// created by rotation, or a copy just begun. Until that shows nothing is closed and
	// since stays, so that it is found.
	pending bool
	// stirred says that the newest generation got its first bytes, see learn. Until the
	// folder was looked at it is not read.
	stirred bool

	ailment error  // what first kept us from reading in this round
	told    string // what Options.Trouble was told last
}

func newFollower(path string, from Position, o Options, out func(context.Context, []byte, Position) error) *follower {
	f := &follower{path: path, o: o.withDefaults(), out: out, open: os.Open,
		done: slices.Clone(from.Done), since: from.Since, fresh: from.IsZero(), pending: from.Pending}
	for _, m := range from.Open {
		f.gens = append(f.gens, &generation{name: path, lost: m, lines: cutter{max: f.o.MaxLine}})
	}
	return f
}

func (f *follower) close() {
	for _, g := range f.gens {
		if g.file != nil {
			_ = g.file.Close() // it was only read
		}
	}
}

// look reads everything there is now.
func (f *follower) look(ctx context.Context) error {
	f.ailment = nil
	for range maxRounds {
		again, err := f.round(ctx)
		if stop, ok := errors.AsType[stopped](err); ok {
			return stop.error
		}
		if !again {
			break
		}
	}
	text := ""
	if f.ailment != nil {
		text = f.ailment.Error()
	}
	if text != f.told {
		f.told = text
		f.o.Trouble(f.ailment)
	}
	return nil
}

// ail notes what keeps the log from being read.
func (f *follower) ail(err error) {
	if f.ailment == nil {
		f.ailment = err
	}
}

// round looks once at the path and once at every generation. It reports whether it
// found something that another round should deal with at once.
func (f *follower) round(ctx context.Context) (again bool, err error) {
	at := f.atPath()
	if g := f.newest(); g != nil && g.file != nil && g.blank() {
		_ = f.learn(g) // an error is found again by reading
	}
	if f.anyLost() || f.fresh || f.pending || f.stirred || at != nil && !f.holds(at) {
		f.survey()
	}
	for _, g := range f.gens {
		g.drained = false
	}
	for i := 0; i < len(f.gens); i++ {
		g := f.gens[i]
		if g.file == nil {
			return false, nil // what is younger waits, so that lines come in order
		}
		var err error
		if wait := g == f.newest() && f.stirred && g.pack == plain; !wait {
			err = f.drain(ctx, g)
		} else if err = g.verify(); err == nil {
			return true, nil
		}
		if _, stop := errors.AsType[stopped](err); stop {
			return false, err
		}
		if errors.Is(err, errReplaced) {
			f.split(i)
			return true, nil
		}
		if err != nil {
			f.ail(readError(g.name, err))
			f.lose(i)
			return false, nil
		}
	}
	if f.pending {
		return false, nil
	}
	if f.holds(at) && len(f.newest().head) > 0 {
		// It was there, and not cut off, when we looked: what is unknown is younger.
		f.since = max(f.since, at.ModTime().UnixNano())
	}
	return false, f.retire(ctx, at)
}

func readError(name string, err error) error {
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		err = inner.Err
	}
	return fmt.Errorf("read log %s: %w", name, err)
}

// atPath returns who is at the path, nil when there is nothing that can be followed.
func (f *follower) atPath() fs.FileInfo {
	info, err := os.Stat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // waiting for a log to come is no trouble
	case err != nil:
		f.ail(explain(f.path, err))
		return nil
	case info.IsDir():
		f.ail(explainFolder(f.path))
		return nil
	case !info.Mode().IsRegular():
		f.ail(explainIrregular(f.path, info.Mode()))
		return nil
	}
	return info
}

func (f *follower) newest() *generation {
	if len(f.gens) == 0 {
		return nil
	}
	return f.gens[len(f.gens)-1]
}

// holds reports whether the newest generation is the file that is at the path.
func (f *follower) holds(at fs.FileInfo) bool {
	g := f.newest()
	return g != nil && g.file != nil && at != nil && os.SameFile(g.info, at)
}

func (f *follower) anyLost() bool {
	return slices.ContainsFunc(f.gens, func(g *generation) bool { return g.file == nil })
}

// split deals with generation i having been cut off: what was in its file before goes
// on in a copy, which is still to be found.
func (f *follower) split(i int) {
	g := f.gens[i]
	read := g.pack != plain && g.damage == nil && g.size >= 0
	vague := g.vague()
	old := g.split()
	if vague { // nothing of it was delivered: its copy is a new file like any other
		f.stirred = true
		return
	}
	if read { // it was replaced whole, after it was read whole
		f.remember(old.lost, true)
		return
	}
	f.o.Cut()
	f.gens = slices.Insert(f.gens, i, old)
}

// lose closes generation i after it could not be read; what is known of it is looked for.
func (f *follower) lose(i int) {
	vague := f.gens[i].vague()
	f.gens[i].lose()
	if vague {
		f.gens = slices.Delete(f.gens, i, i+1)
	}
}

// retire closes generations that are read and silent and have a successor, and a
// deleted file that nobody writes into, so that its disk space becomes free.
func (f *follower) retire(ctx context.Context, at fs.FileInfo) error {
	succeeded := f.holds(at)
	if !succeeded && at != nil {
		return nil // there is a newer one that could not be opened yet
	}
	for _, g := range slices.Clone(f.gens) {
		old := succeeded && g != f.newest()
		quiet := f.o.Quiet
		if g.lines.raw > 0 {
			quiet *= midLine
		}
		if !old && (at != nil || !f.deleted(g)) || !g.drained || time.Since(g.grew) < quiet {
			continue
		}
		if err := f.takeTail(ctx, g); err != nil {
			return err
		}
		if g.damage != nil {
			f.o.Gap(g.damage.Error())
		} else if g.lines.raw > 0 {
			f.o.Gap(fmt.Sprintf("%s ended in the middle of a line: its last %d bytes are dropped", g.name, g.lines.raw))
		}
		f.finish(g)
	}
	return nil
}

func (f *follower) deleted(g *generation) bool {
	info, err := g.file.Stat()
	return err == nil && unlinked(info)
}

// finish closes g, which was read to its end.
func (f *follower) finish(g *generation) {
	m := g.mark()
	m.Offset = g.seen()
	f.remember(m, g.recognisable())
	// Whatever comes later is younger than a file that was silent while we looked.
	f.since = max(f.since, g.changed.UnixNano())
	_ = g.file.Close() // it was only read
	f.gens = slices.DeleteFunc(f.gens, func(o *generation) bool { return o == g })
}

// remember notes a finished generation, so that it is known when it is seen again.
func (f *follower) remember(m Mark, recognisable bool) {
	if !recognisable || m.Head.Bytes == 0 {
		return
	}
	f.done = append(f.done, m)
	f.done = f.done[max(0, len(f.done)-doneKept):]
}

// position is what was delivered so far.
func (f *follower) position() Position {
	p := Position{Done: slices.Clone(f.done), Since: f.since, Pending: f.pending || f.stirred}
	for _, g := range f.gens {
		// What is vague at the path is found there, as what it then is.
		if m := g.mark(); m.Head.Bytes > 0 && (g != f.newest() || !g.vague()) {
			p.Open = append(p.Open, m)
		}
	}
	return p
}
