package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold/chain"
	"github.com/honderd/honderd/internal/logfile"
	"github.com/honderd/honderd/internal/who"
	"github.com/honderd/honderd/service"
	"github.com/honderd/honderd/source/otlp"
)

// traceOptions returns what spans mean by c.
func traceOptions(c config.Config, salts *who.Salts) otlp.Options {
	o := otlp.Options{
		Rules: c.Rules(), Salts: salts, Person: c.People.Recognise.By(), Trusted: c.People.TrustedProxies, Robots: c.RobotsCount(),
	}
	if o.Trusted == nil {
		o.Trusted = nearby()
	}
	for _, l := range c.Labels {
		o.Labels = append(o.Labels, otlp.LabelField(l))
	}
	return o
}

// sniffed is how much of a file is looked at to tell what it is.
const sniffed = 64 << 10

// looksLikeTraces reports whether the file at path begins as one of traces. A file that
// cannot be opened does not: who reads it says why.
func looksLikeTraces(path string) bool {
	f, err := logfile.Open(path, nil)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // it was only read
	sample := make([]byte, sniffed)
	n, err := io.ReadFull(f, sample)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false
	}
	return otlp.Looks(sample[:n])
}

// sortPaths tells access logs from files of traces. Standard input is looked at without
// taking anything from it.
func (o *ReportOptions) sortPaths() (logs, traces []string) {
	for _, path := range o.Paths {
		is := false
		switch {
		case o.Format != "" || o.Raw: // somebody says that it is a log
		case path == "-" && o.Stdin != nil:
			b := bufio.NewReaderSize(o.Stdin, sniffed)
			sample, _ := b.Peek(sniffed)
			is, o.Stdin = otlp.Looks(sample), b
		case path != "-":
			is = looksLikeTraces(path)
		}
		if is {
			traces = append(traces, path)
		} else {
			logs = append(logs, path)
		}
	}
	return logs, traces
}

// readTraces gives all that is in files of traces to apply, and the calls to take.
func readTraces(ctx context.Context, o ReportOptions, crossings *crossings, paths []string, apply func(*experience.Batch), take func(subject string, data []byte) error) error {
	options := traceOptions(o.Config, crossings.salts)
	since, until := unixMilli(o.Since), unixMilli(o.Until)
	files := otlp.Whole{Options: options, Paths: paths, Stdin: o.Stdin, Progress: o.Progress, Calls: func(s service.Summary) error {
		data, err := json.Marshal(s)
		if err != nil {
			return fmt.Errorf("calls of traces: %w", err)
		}
		return take(chain.Subject, data)
	}}
	return files.Run(ctx, "", func(_ context.Context, b *experience.Batch) error {
		crossings.settle(b)
		within(b, since, until)
		apply(b)
		return nil
	})
}

// within takes the experiences from before since, and from until on, out of b; 0: no bound.
func within(b *experience.Batch, since, until int64) {
	kept := b.Items[:0]
	for _, e := range b.Items {
		if (since == 0 || e.At >= since) && (until == 0 || e.At < until) {
			kept = append(kept, e)
		}
	}
	b.Items = kept
}

// adviseTraces tells what a file of traces tells of people's experiences.
func adviseTraces(c config.Config, path string) (list []Finding, err error) {
	f, err := logfile.Open(path, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	advice, err := otlp.Advise(traceOptions(c, nil), f)
	if err != nil {
		return nil, fmt.Errorf("traces %s: %w", path, err)
	}
	for _, a := range advice {
		list = append(list, Finding{What: a.What, Says: a.Says, Bad: a.Bad, Fix: a.Fix})
	}
	return list, nil
}
