package felt

import "github.com/honderd/honderd/experience"

// A word is what the fold remembers of one person (or of one person in one segment)
// between two steps, in 64 bits. 0 is somebody who was never seen.
//
//	bits 0-41  when their last step was, in Unix milliseconds
//	bits 42-48 the flags below
//	bits 49-63 the mix of segments of their last step
type word uint64

const (
	wordTime   = word(1)<<42 - 1
	flagBad    = word(1) << 42 // the last step was bad
	flagRaw    = word(1) << 43 // the machines failed in the last step, felt or not
	flagHurt   = word(1) << 44 // some step was bad: there is a sore
	flagMinute = word(1) << 45 // some step in the minute of the last step was bad
	flagGaveUp = word(1) << 46 // some visit ended with a bad step
	flagSpoilt = word(1) << 47 // this visit is bad, however it ends
	flagDebt   = word(1) << 48 // the sore has down time of this visit
	mixShift   = 49
	maxMixes   = 1 << (64 - mixShift)

	lasting  = flagHurt | flagGaveUp // flags that stay for good
	visiting = flagSpoilt | flagDebt // flags that stay for the visit
)

func (s word) time() int64    { return int64(s & wordTime) }
func (s word) bad() bool      { return s&flagBad != 0 }
func (s word) raw() bool      { return s&flagRaw != 0 }
func (s word) hurt() bool     { return s&flagHurt != 0 }
func (s word) gaveUp() bool   { return s&flagGaveUp != 0 }
func (s word) mix() uint32    { return uint32(s >> mixShift) }
func (s word) minute() int64  { return s.time() / msMinute }
func (s word) badVisit() bool { return s&(flagBad|flagSpoilt) != 0 }

// A sore is what is remembered of somebody who was hurt.
//
//	bits 0-31  the last minute since 1970 in which they had a bad time
//	bits 32-63 how long this visit was down and waited so far, in milliseconds; only
//	           with flagDebt
type sore uint64

func newSore(minute, debt int64) sore { return sore(uint32(minute)) | sore(debt)<<32 }
func (s sore) minute() int64          { return int64(s & 0xffffffff) }
func (s sore) debt() int64            { return int64(s >> 32) }

const (
	msSecond = int64(1000)
	msMinute = 60 * msSecond
	msHour   = 60 * msMinute
	msDay    = 24 * msHour
)

// An event is an experience as the fold needs it. Its key orders events: by time; at
// one time a step before the parts that belong to it, and good before bad, so that
// the bad one rules what comes after (metric V7).
//
//	bits 22-63 when it ended, in Unix milliseconds
//	bit  21    it is a part
//	bit  20    it was bad
//	bit  19    the machines failed
//	bit  18    its journey cannot do without it
//	bit  17    the person clicked in anger
//	bits 0-16  of two at one time, any order that is always the same
type event struct {
	person uint64 // mixed
	key    uint64
	wait   uint32
	mix    uint32 // which segments it counts in
}

const (
	keyShift    = 22
	keyPart     = uint64(1) << 21
	keyBad      = uint64(1) << 20
	keyRaw      = uint64(1) << 19
	keyCritical = uint64(1) << 18
	keyRage     = uint64(1) << 17
	keyRank     = keyRage - 1
)

// newEvent returns e as an event of a person in a mix of segments.
func newEvent(e *experience.Experience, person uint64, mix uint32, in *segments) event {
	key := uint64(e.At)<<keyShift | in.mixes[mix].rank
	if e.Part {
		key |= keyPart
	}
	if e.Cause != experience.Fine {
		key |= keyBad | keyRaw
	} else if e.Mask != experience.Unmasked {
		key |= keyRaw
	}
	if e.Critical {
		key |= keyCritical
	}
	if e.Rage {
		key |= keyRage
	}
	return event{person: person, key: key, wait: e.Wait, mix: mix}
}

func (e *event) time() int64    { return int64(e.key >> keyShift) }
func (e *event) part() bool     { return e.key&keyPart != 0 }
func (e *event) bad() bool      { return e.key&keyBad != 0 }
func (e *event) raw() bool      { return e.key&keyRaw != 0 }
func (e *event) critical() bool { return e.key&keyCritical != 0 }
func (e *event) rage() bool     { return e.key&keyRage != 0 }

// before reports whether e comes before o when both happen to one person.
func (e *event) before(o *event) bool {
	return e.key < o.key || e.key == o.key && e.wait < o.wait
}

// partWindow is how long after a step its parts still belong to it. A guess: a page
// on a slow line has loaded by then, and who scrolls on after it does something new.
const partWindow = 30 * msSecond

// belongs reports whether e is a part of the step that s stands at.
func (s word) belongs(e *event, cutoff int64) bool {
	return e.part() && s != 0 && e.time()-s.time() <= min(partWindow, cutoff)
}
