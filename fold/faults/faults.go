// Package faults folds what went wrong: the causes of what was felt, where, the latest
// of it, and what was hidden from people and how.
package faults

import (
	"cmp"
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/wire"
)

// Limits of what is kept.
const (
	maxSteps  = 500 // further steps are counted as Other
	maxLatest = 100
	maxTimes  = 100_000 // minutes of steps; in further minutes it is not known what went wrong
)

// Other is the name of all steps beyond those that are kept.
const Other = "other steps"

// Fold is the faults fold. The zero value has seen nothing.
type Fold struct {
	causes map[experience.Cause]int64
	masks  map[experience.Mask]int64
	steps  map[stepCause]int64
	times  map[stepTime]int64
	latest []Bad // oldest first
	blames blames
}

// stepTime is a minute, since 1970, in which a step went wrong.
type stepTime struct {
	minute int64
	stepCause
}

type stepCause struct {
	step  string
	cause experience.Cause
}

// Bad is one bad answer, of a step or of a part of one.
type Bad struct {
	At    int64 // Unix milliseconds
	Wait  int64 // milliseconds; 0: the source does not say
	Step  string
	Cause experience.Cause
}

// StepCount is how often a step went wrong for one cause.
type StepCount struct {
	Step  string
	Cause experience.Cause
	Count int64
}

// CauseCount is how often something went wrong for one cause.
type CauseCount struct {
	Cause experience.Cause
	Count int64
}

// Answer is what the fold knows. It counts answers: a page with two broken scripts is
// one bad experience with two faults.
type Answer struct {
	Causes []CauseCount // most frequent first
	Steps  []StepCount  // most frequent first
	Latest []Bad        // newest first
	Masked map[experience.Mask]int64
	Blamed []Blamed // who failed, and how that was hidden, in the order of the hours
	Hours  []Hour   // in order; hours without anybody are left out

	times map[stepTime]int64
}

// During returns what went wrong in the minutes that [from, to) touches, in Unix
// milliseconds, most frequent first.
func (a Answer) During(from, to int64) []StepCount {
	const minute = 60_000
	counts := map[stepCause]int64{}
	for s, n := range a.times {
		if s.minute >= from/minute && s.minute < (to+minute-1)/minute {
			counts[s.stepCause] += n
		}
	}
	return sorted(counts)
}

// New returns a fold that has seen nothing.
func New() *Fold {
	return &Fold{causes: map[experience.Cause]int64{}, masks: map[experience.Mask]int64{}, steps: map[stepCause]int64{}, times: map[stepTime]int64{}, blames: newBlames()}
}

// Name returns "faults".
func (f *Fold) Name() string { return "faults" }

// Apply takes in b.
func (f *Fold) Apply(b *experience.Batch) {
	sets := readBlames(b)
	for i := range b.Items {
		e := &b.Items[i]
		f.blames.take(e, sets)
		if e.Mask != experience.Unmasked {
			f.masks[e.Mask]++
		}
		if !e.Bad() {
			continue
		}
		step := ""
		if int(e.Step) < len(b.Steps) {
			step = b.Steps[e.Step]
		}
		f.causes[e.Cause]++
		f.countStep(stepCause{step, e.Cause}, e.At/60_000)
		f.remember(Bad{At: e.At, Wait: int64(e.Wait), Step: step, Cause: e.Cause})
	}
}

func (f *Fold) countStep(s stepCause, minute int64) {
	if _, known := f.steps[s]; !known && len(f.steps) >= maxSteps {
		s.step = Other
	}
	f.steps[s]++
	at := stepTime{minute, s}
	if _, known := f.times[at]; known || len(f.times) < maxTimes {
		f.times[at]++
	}
}

// remember keeps b when it is among the latest.
func (f *Fold) remember(b Bad) {
	if len(f.latest) == maxLatest {
		if b.At < f.latest[0].At {
			return
		}
		f.latest = f.latest[1:]
	}
	i, _ := slices.BinarySearchFunc(f.latest, b, func(x, y Bad) int {
		return cmp.Or(cmp.Compare(x.At, y.At), -1) // after its equals
	})
	f.latest = slices.Insert(f.latest, i, b)
}

// Answer returns what the fold knows.
func (f *Fold) Answer() Answer {
	a := Answer{Masked: map[experience.Mask]int64{}, Latest: slices.Clone(f.latest), Steps: sorted(f.steps), times: maps.Clone(f.times)}
	a.Blamed, a.Hours = f.blames.blamedList(), f.blames.hourList()
	slices.Reverse(a.Latest)
	maps.Copy(a.Masked, f.masks)
	for c, n := range f.causes {
		a.Causes = append(a.Causes, CauseCount{c, n})
	}
	slices.SortFunc(a.Causes, func(x, y CauseCount) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Cause, y.Cause))
	})
	return a
}

// sorted returns counts, most frequent first.
func sorted(counts map[stepCause]int64) []StepCount {
	list := make([]StepCount, 0, len(counts))
	for s, n := range counts {
		list = append(list, StepCount{s.step, s.cause, n})
	}
	slices.SortFunc(list, func(x, y StepCount) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Step, y.Step), cmp.Compare(x.Cause, y.Cause))
	})
	return list
}

// saveVersion is the version of the saved state.
const saveVersion = 3

// AppendBinary appends the whole state to p. It never fails.
func (f *Fold) AppendBinary(p []byte) ([]byte, error) {
	p = append(p, saveVersion)
	for _, c := range experience.Causes() {
		p = binary.AppendVarint(p, f.causes[c])
	}
	for _, m := range experience.Masks() {
		p = binary.AppendVarint(p, f.masks[m])
	}
	steps := sorted(f.steps)
	p = binary.AppendUvarint(p, uint64(len(steps)))
	for _, s := range steps {
		p = binary.AppendVarint(append(wire.AppendString(p, s.Step), byte(s.Cause)), s.Count)
	}
	p = f.blames.append(f.appendTimes(p))
	p = binary.AppendUvarint(p, uint64(len(f.latest)))
	for _, b := range f.latest {
		p = binary.AppendVarint(binary.AppendVarint(p, b.At), b.Wait)
		p = append(wire.AppendString(p, b.Step), byte(b.Cause))
	}
	return p, nil
}

func (f *Fold) appendTimes(p []byte) []byte {
	times := slices.SortedFunc(maps.Keys(f.times), func(x, y stepTime) int {
		return cmp.Or(cmp.Compare(x.minute, y.minute), cmp.Compare(x.step, y.step), cmp.Compare(x.cause, y.cause))
	})
	p = binary.AppendUvarint(p, uint64(len(times)))
	for _, s := range times {
		p = append(wire.AppendString(binary.AppendVarint(p, s.minute), s.step), byte(s.cause))
		p = binary.AppendVarint(p, f.times[s])
	}
	return p
}

// UnmarshalBinary replaces the state by one that AppendBinary wrote.
func (f *Fold) UnmarshalBinary(p []byte) error {
	r := wire.NewReader(p)
	g := New()
	version := r.Byte()
	for _, c := range experience.Causes() {
		if n := r.Varint(); n != 0 {
			g.causes[c] = n
		}
	}
	for _, m := range experience.Masks() {
		if n := r.Varint(); n != 0 {
			g.masks[m] = n
		}
	}
	for range r.Count(r.Len()) {
		s := stepCause{r.String(), experience.Cause(r.Byte())}
		g.steps[s] = r.Varint()
	}
	for range r.Count(maxTimes) {
		s := stepTime{r.Varint(), stepCause{r.String(), experience.Cause(r.Byte())}}
		g.times[s] = r.Varint()
	}
	g.blames = readBlamesOf(r)
	for range r.Count(maxLatest) {
		g.latest = append(g.latest, Bad{At: r.Varint(), Wait: r.Varint(), Step: r.String(), Cause: experience.Cause(r.Byte())})
	}
	if version != saveVersion || r.Damaged() || r.Len() != 0 {
		return errors.New("damaged checkpoint of the faults fold")
	}
	*f = *g
	return nil
}
