package app

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold"
	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/source/accesslog"
	"github.com/honderd/honderd/view"
)

// ReportOptions say what a report is of.
type ReportOptions struct {
	Config       config.Config
	Paths        []string // logs; "-" is Stdin
	Stdin        io.Reader
	Format       string // of all logs; "": detect
	Raw          bool   // judge nothing
	Bootstrap    bool   // draw people anew to know how sure the worst windows are
	Since, Until time.Time
	Progress     func(read, total int64) // may be nil
}

// Report reads whole logs and returns how it was for the people in them. When a log
// goes back in time further than a fold puts up with, it is read again for the people of
// whom something came too late, so that the answer is exact; standard input cannot be read again, and the answer says
// what was left out.
func Report(ctx context.Context, o ReportOptions) (view.Answer, error) {
	k, err := newCalendars(o.Config)
	if err == nil {
		err = k.load(ctx)
	}
	if err != nil {
		return view.Answer{}, err
	}
	f, err := foldReport(ctx, o)
	if err != nil {
		return view.Answer{}, err
	}
	answer := f.answer(k)
	if c := view.NewChain(f.chain.Answer(view.ChainHours)); len(c.Nodes) > 0 {
		answer.Chain = &c
	}
	return answer, nil
}

// foldReport folds all that is in the logs.
func foldReport(ctx context.Context, o ReportOptions) (*folds, error) {
	salts, err := reportSalts(o.Config)
	if err != nil {
		return nil, err
	}
	options := parserOptions(o.Config, o.Format, salts)
	options.Raw, options.Causes = o.Raw, accesslog.NewCauses()
	options.Since, options.Until = unixMilli(o.Since), unixMilli(o.Until)
	parser, err := accesslog.NewParser(options)
	if err != nil {
		return nil, err
	}
	how := feltOptions(o.Config)
	how.Paper, how.Replicas = o.Raw, o.Bootstrap
	f := newFolds(how)
	logs, traces := o.sortPaths()
	read := func(apply func(*experience.Batch), take func(string, []byte) error) error {
		crossings := newCrossings(o.Config, salts)
		if len(traces) > 0 {
			if err := readTraces(ctx, o, crossings, traces, apply, take); err != nil || len(logs) == 0 {
				return err
			}
		}
		o.Paths = logs
		return readLogs(ctx, o, parser, crossings, apply)
	}
	stdin := slices.Contains(o.Paths, "-")
	if err := read(f.apply, f.take); err != nil {
		return nil, err
	}
	if f.felt.Late() > 0 && !stdin {
		again := f.felt.Recount()
		if err := read(again.Apply, func(string, []byte) error { return nil }); err != nil {
			return nil, err
		}
		again.Finish()
	}
	return f, nil
}

// readLogs applies all that is in the logs.
func readLogs(ctx context.Context, o ReportOptions, p *accesslog.Parser, crossings *crossings, apply func(*experience.Batch)) error {
	logs := accesslog.Whole{Parser: p, Paths: o.Paths, Stdin: o.Stdin, Workers: runtime.GOMAXPROCS(0), Progress: o.Progress}
	horizon := time.Now().Add(future).UnixMilli()
	err := logs.Run(ctx, "", func(_ context.Context, b *experience.Batch) error {
		crossings.settle(b)
		dropFuture(b, horizon)
		apply(b)
		return nil
	})
	if err == nil {
		err = ctx.Err()
	}
	return err
}

func (f *folds) apply(b *experience.Batch) {
	for _, one := range f.all() {
		one.Apply(b)
	}
}

// take applies a record beside experiences to the folds that know its kind.
func (f *folds) take(subject string, data []byte) error {
	for _, one := range f.all() {
		if t, ok := one.(fold.Taker); ok && t.Takes(subject) {
			if err := t.Take(subject, data); err != nil {
				return fmt.Errorf("fold %s: %w", one.Name(), err)
			}
		}
	}
	return nil
}

func (f *folds) answer(k *calendars) view.Answer {
	people := f.felt.Answer()
	return f.compose(people, k)
}

func (f *folds) compose(people felt.Answer, k *calendars) view.Answer {
	return view.Compose(view.Folds{Felt: people, Faults: f.faults.Answer(), Intake: f.intake.Answer(), Moments: k.of(people), Recognised: k.by})
}

// future is how far ahead of our clock a log may be: it may have another idea of its
// time zone, but not of the day.
const future = 26 * time.Hour

// dropFuture takes the experiences from after horizon, in Unix milliseconds, out of b:
// one wrong clock would end the period in another century.
func dropFuture(b *experience.Batch, horizon int64) {
	b.Items = slices.DeleteFunc(b.Items, func(e experience.Experience) bool {
		if e.At <= horizon {
			return false
		}
		b.Tally.Parsed--
		b.Tally.Reject("from the future: a clock was wrong", e.Time().Format(time.RFC3339))
		return true
	})
}

func unixMilli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
