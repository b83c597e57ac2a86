package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/honderd/honderd/app"
	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/report"
	"github.com/honderd/honderd/source/accesslog"
	"github.com/honderd/honderd/view"
)

// reportFlags are what report can be asked.
type reportFlags struct {
	settings
	json, raw, exitCode  bool
	bootstrap            bool
	html                 string
	format, since, until string
}

func newReport(c *console) *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report LOG...",
		Short: "Tell how a period was for the people in it, from access logs",
		Long: `Tell how a period was for the people in it, from access logs.

LOG is an access log of nginx or Apache, plain or compressed (gzip, zstd), in any
order; - is standard input. Logs of several servers are merged by time.

Exit codes: 0 the report was made; 1 somebody was hurt (only with --exit-code);
2 it could not be made; 3 not enough people to say anything.`,
		Example: `  honderd report /var/log/nginx/access.log*
  zcat access.log.gz | honderd report --json - | jq .people
  honderd report --html night.html --since "2026-11-22 20:00" access.log
  honderd report --format '$remote_addr [$time_local] "$request" $status $request_time' access.log`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("report needs a log (fix: name one, for instance honderd report /var/log/nginx/access.log)")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, c, args) },
	}
	f.settings.add(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&f.json, "json", false, "print JSON for programs instead of words")
	flags.StringVar(&f.html, "html", "", "also write one self-contained page to `FILE`")
	flags.BoolVar(&f.raw, "raw", false, "judge nothing: every readable line counts, bad is status 500 and above or 499")
	flags.BoolVar(&f.bootstrap, "bootstrap", false, "say how sure the worst windows are, by drawing people anew 64 times (takes several times as long)")
	flags.StringVar(&f.format, "format", "", "how lines are written: a log_format (nginx), a LogFormat (Apache) or a known name; default: detect")
	flags.StringVar(&f.since, "since", "", "leave out what was before `TIME` (2026-11-23, \"2026-11-23 20:00\", RFC 3339, or 24h before now)")
	flags.StringVar(&f.until, "until", "", "leave out what was at or after `TIME`")
	flags.BoolVar(&f.exitCode, "exit-code", false, "exit with 1 when anybody was hurt")
	return cmd
}

func (f *reportFlags) run(cmd *cobra.Command, c *console, paths []string) error {
	conf, err := f.config("")
	if err != nil {
		return err
	}
	zone, err := conf.Location()
	if err != nil {
		return err
	}
	since, err1 := parseTime(f.since, zone)
	until, err2 := parseTime(f.until, zone)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	bar := newProgress(c.stderr)
	a, err := app.Report(cmd.Context(), app.ReportOptions{
		Config: conf, Paths: paths, Stdin: c.stdin, Format: f.format, Raw: f.raw, Bootstrap: f.bootstrap,
		Since: since, Until: until, Progress: bar.tell,
	})
	bar.done()
	if errors.Is(err, accesslog.ErrEmpty) {
		return exit{exitFew, err.Error()}
	}
	if err != nil {
		return err
	}
	tongue, _ := look.ParseTongue(conf.Language)
	o := report.Options{Width: width(c.stdout), Color: f.color(c.stdout), Tongue: tongue, Zone: zone}
	if err := f.write(c, a, o); err != nil {
		return err
	}
	return f.verdict(a)
}

// write writes the report in the ways that were asked for.
func (f *reportFlags) write(c *console, a view.Answer, o report.Options) error {
	if f.html != "" {
		var page bytes.Buffer
		if err := report.HTML(&page, a, o); err != nil {
			return err
		}
		if err := os.WriteFile(f.html, page.Bytes(), 0o644); err != nil {
			return fmt.Errorf("write the page: %w (fix: choose a file that can be written)", err)
		}
	}
	if f.json {
		return report.JSON(c.stdout, a)
	}
	return report.Text(c.stdout, a, o)
}

// verdict turns an answer into an exit code.
func (f *reportFlags) verdict(a view.Answer) error {
	switch {
	case a.Source.Parsed == 0:
		return exit{exitFew, "no line could be read (fix: describe them with --format)"}
	case a.People.Active == 0:
		return exit{exitFew, "nobody was there: nothing can be said (fix: count robots too with --robots include, or look at another period)"}
	case a.People.Active == 1 && !f.raw:
		return exit{exitFew, "one person is not enough to say how it was for people (fix: take a longer period; behind a proxy, log the forwarded address)"}
	case f.exitCode && a.People.Hurt > 0:
		return exit{exitBad, ""}
	}
	return nil
}

// parseTime reads a time as a person writes it: a date, a date and time, RFC 3339, or
// how long ago.
func parseTime(text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return time.Now().Add(-ago), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("time %q: not one that is known (fix: write 2026-11-23, \"2026-11-23 20:00\", 2026-11-23T20:00:00+01:00, or 24h for a day ago)", text)
}

// color reports whether words to w may be coloured.
func (f *reportFlags) color(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
