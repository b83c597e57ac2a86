package app

import (
	"errors"
	"fmt"
	"io"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/internal/logfile"
	"github.com/honderd/honderd/source/accesslog"
)

// adviceBytes is how much of a log is looked at for advice: some hundred lines.
const adviceBytes = 256 << 10

// Advise tells what a log tells of people's experiences, and what must be added to its
// format so that it tells more.
func Advise(c config.Config, path, format string) ([]Finding, error) {
	if format == "" && looksLikeTraces(path) {
		return adviseTraces(c, path)
	}
	p, err := accesslog.NewParser(parserOptions(c, format, nil))
	if err != nil {
		return nil, err
	}
	sample, err := head(path)
	if err != nil {
		return nil, fmt.Errorf("read log %s: %w", path, err)
	}
	g, advice, err := p.Advise(sample)
	if err != nil {
		return nil, fmt.Errorf("log %s: %w", path, err)
	}
	list := []Finding{{What: "format", Says: g.Name()}}
	for _, a := range advice {
		list = append(list, Finding{What: a.What, Says: a.Says, Bad: a.Bad, Fix: a.Fix, Config: a.Config})
	}
	return list, nil
}

// head returns the beginning of a log, unpacked.
func head(path string) (p []byte, err error) {
	f, err := logfile.Open(path, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, adviceBytes))
}
