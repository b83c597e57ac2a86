package logfile

import (
	"errors"
	"fmt"
	"time"
)

const (
	defaultPoll      = 250 * time.Millisecond
	defaultQuiet     = 10 * time.Second
	defaultTailAfter = 2 * time.Second
)

// Options says how a log is followed. The zero value is right for most.
type Options struct {
	Poll    time.Duration // time between two looks at the log; 0: 250 ms
	Chunk   int           // about how many bytes are delivered at once; 0: 256 KiB
	MaxLine int           // bytes of the longest line delivered whole, without its newline; 0: 64 KiB

	// Quiet is how long a renamed generation must be silent before it is closed; 0: 10 s.
	// Servers write on into it until their workers have reopened their log. One that
	// stopped in the middle of a line stays open six times as long.
	Quiet time.Duration

	// Tail is asked about a last line without newline after TailAfter (0: 2 s) without
	// growth, once until it grows: true takes it as a line. nil: it is never taken.
	Tail      func(rest []byte) bool
	TailAfter time.Duration

	// Gap is told in words when lines are or may be lost; nil: nobody is.
	Gap func(reason string)

	// Cut is told whenever the log was cut off while it was followed ("copytruncate"): what
	// was written between the copying and the cutting nobody has. nil: nobody is told.
	Cut func()

	// Trouble is told what keeps the log from being read, once per change, and nil when
	// that is over; following goes on meanwhile. nil: nobody is told.
	Trouble func(err error)
}

// Validate reports every mistake in o at once, joined, each with its fix.
func (o Options) Validate() error {
	var errs []error
	times := []struct {
		name string
		d    time.Duration
	}{{"poll", o.Poll}, {"quiet", o.Quiet}, {"tail after", o.TailAfter}}
	for _, t := range times {
		if t.d < 0 {
			errs = append(errs, fmt.Errorf("%s %v: must not be negative (fix: write 0 for the default)", t.name, t.d))
		}
	}
	if o.Chunk < 0 {
		errs = append(errs, fmt.Errorf("chunk of %d bytes: must not be negative (fix: write 0 for the default)", o.Chunk))
	}
	if o.MaxLine < 0 {
		errs = append(errs, fmt.Errorf("longest line of %d bytes: must not be negative (fix: write 0 for the default)", o.MaxLine))
	}
	return errors.Join(errs...)
}

// withDefaults fills in what was left zero.
func (o Options) withDefaults() Options {
	orElse(&o.Poll, defaultPoll)
	orElse(&o.Quiet, defaultQuiet)
	orElse(&o.TailAfter, defaultTailAfter)
	orElse(&o.Chunk, defaultChunk)
	orElse(&o.MaxLine, defaultMaxLine)
	if o.Gap == nil {
		o.Gap = func(string) {}
	}
	if o.Cut == nil {
		o.Cut = func() {}
	}
	if o.Trouble == nil {
		o.Trouble = func(error) {}
	}
	return o
}

func orElse[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}
