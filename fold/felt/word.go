package felt

import "github.com/honderd/honderd/experience"

// A word is all that the fold remembers of one person (or of one person in one
// journey) between two steps, in 64 bits. 0 is somebody who was never seen.
//
//	bits 0-41  when their last step was, in Unix milliseconds
//	bits 42-48 the flags below
//	bits 49-56 the journey of their last step
type word uint64

const (
	wordTime     = word(1)<<42 - 1
	flagBad      = word(1) << 42 // the last step was bad
	flagRaw      = word(1) << 43 // the machines failed in the last step, felt or not
	flagHurt     = word(1) << 44 // some step was bad
	flagHour     = word(1) << 45 // some step in the hour of the last step was bad
	flagMinute   = word(1) << 46 // some step in the minute of the last step was bad
	flagGaveUp   = word(1) << 47 // some visit ended with a bad step
	flagSeen     = word(1) << 48
	journeyShift = 49
)

func (s word) time() int64   { return int64(s & wordTime) }
func (s word) bad() bool     { return s&flagBad != 0 }
func (s word) raw() bool     { return s&flagRaw != 0 }
func (s word) hurt() bool    { return s&flagHurt != 0 }
func (s word) gaveUp() bool  { return s&flagGaveUp != 0 }
func (s word) journey() int  { return int(s >> journeyShift & 0xff) }
func (s word) minute() int64 { return s.time() / msMinute }

const (
	msSecond = int64(1000)
	msMinute = 60 * msSecond
	msHour   = 60 * msMinute
)

// An event is an experience as the fold needs it. Its key orders events: by time; at
// one time a step before the parts that belong to it, and good before bad, so that
// the bad one rules what comes after (metric V7).
//
//	bits 22-63 when it ended, in Unix milliseconds
//	bit  21    it is a part
//	bit  20    it was bad
//	bit  19    the machines failed
//	bits 0-7   its journey
type event struct {
	key  uint64
	wait uint32
}

const (
	keyPart = uint64(1) << 21
	keyBad  = uint64(1) << 20
	keyRaw  = uint64(1) << 19
)

func newEvent(e *experience.Experience, journey int) event {
	key := uint64(e.At)<<22 | uint64(journey)
	if e.Part {
		key |= keyPart
	}
	if e.Bad() {
		key |= keyBad
	}
	if e.RawBad() {
		key |= keyRaw
	}
	return event{key: key, wait: e.Wait}
}

func (e event) time() int64  { return int64(e.key >> 22) }
func (e event) part() bool   { return e.key&keyPart != 0 }
func (e event) bad() bool    { return e.key&keyBad != 0 }
func (e event) raw() bool    { return e.key&keyRaw != 0 }
func (e event) journey() int { return int(e.key & 0xff) }

// before reports whether e comes before o when both happen to one person.
func (e event) before(o event) bool {
	return e.key < o.key || e.key == o.key && e.wait < o.wait
}

// partWindow is how long after a step its parts still belong to it. A guess: a page
// on a slow line has loaded by then, and who scrolls on after it does something new.
const partWindow = 30 * msSecond

// belongs reports whether e is a part of the step that s stands at.
func (s word) belongs(e event, cutoff int64) bool {
	return e.part() && s != 0 && e.time()-s.time() <= min(partWindow, cutoff)
}
