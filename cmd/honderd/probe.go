package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/honderd/honderd/app"
	"github.com/honderd/honderd/source/probe"
)

// probeFlags are what probe can be asked.
type probeFlags struct {
	watch, json bool
	pictures    string

	join, keyFile, data string
	plain               bool
}

func newProbe(c *console) *cobra.Command {
	var f probeFlags
	cmd := &cobra.Command{
		Use:   "probe URL|FILE ... | --join URL",
		Short: "Ask services whether they answer as they should",
		Long: `Ask services whether they answer as they should: once, or again and again.

URL is http, https, ws, wss, grpc, grpcs, tcp, tls or ping; FILE is what another
program watches: a configuration of Gatus or of the blackbox exporter, a backup of
Uptime Kuma, a HAR archive, or a recording of Chrome DevTools, which is played in a
real browser. What cannot be taken over is said.

What was bad is tried again at once; a second try that is good does not hide the
first. Exit code 0: all were good; 1: one was bad; 3: one could not be probed.

With --join this machine is a vantage point of another: it fetches what is probed there,
and sends what it finds. While that one is away, results wait on disk.`,
		Example: `  honderd probe https://shop.example/ tcp://mail.example:25
  honderd probe --watch gatus.yaml
  honderd probe --pictures ./failed buy.json
  honderd probe --join https://status.shop.example --key-file amsterdam.key`,
		Args: func(cmd *cobra.Command, args []string) error {
			if f.join != "" {
				return cobra.NoArgs(cmd, args)
			}
			return cobra.MinimumNArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), c, args) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.watch, "watch", false, "go on, each at its interval, until Ctrl-C")
	flags.BoolVar(&f.json, "json", false, "one line of JSON for each result")
	flags.StringVar(&f.pictures, "pictures", "", "keep pictures of steps that failed in a browser in `FOLDER`")
	flags.StringVar(&f.join, "join", "", "probe for the server at `URL`, as one of its vantage points")
	flags.StringVar(&f.keyFile, "key-file", "", "`FILE` with the key of this vantage point")
	flags.StringVar(&f.data, "data", "./honderd-probe", "`FOLDER` where results wait while that server is away")
	flags.BoolVar(&f.plain, "plain", false, "let --join use http:// to another machine: anybody between reads key and targets")
	return cmd
}

// joined probes for another machine until ctx is done.
func (f *probeFlags) joined(ctx context.Context, c *console) error {
	if f.keyFile == "" {
		return exit{exitUsage, "--join needs the key of this vantage point (fix: --key-file FILE; it stands under probes.vantage_points there)"}
	}
	key, err := os.ReadFile(f.keyFile)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.stderr, "probing for %s; results wait in %s while it is away\n", f.join, f.data)
	return app.Join(ctx, app.JoinOptions{URL: f.join, Key: strings.TrimSpace(string(key)), Folder: f.data, Plain: f.plain, Log: newLog(c.stderr, true)})
}

func (f *probeFlags) run(ctx context.Context, c *console, args []string) error {
	if f.join != "" {
		return f.joined(ctx, c)
	}
	targets, problems, err := app.ReadTargets(args, os.LookupEnv)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		if err := problems.Render(c.stderr, isTerminal(c.stderr)); err != nil {
			return err
		}
	}
	if len(targets) == 0 {
		return exit{exitUsage, "there is nothing to probe (fix: name an address, or a file of Gatus, Uptime Kuma, the blackbox exporter, HAR or Chrome's recorder)"}
	}
	var bad, unknown int
	err = app.Probe(ctx, targets, app.ProbeOptions{Once: !f.watch, Pictures: f.pictures, Seen: func(r probe.Result) {
		switch {
		case r.Unknown:
			unknown++
		case r.Bad():
			bad++
		}
		f.say(c.stdout, r)
	}})
	switch {
	case err != nil && !errors.Is(err, context.Canceled):
		return err
	case bad > 0:
		return exit{code: exitBad}
	case unknown > 0:
		return exit{code: exitFew}
	}
	return nil
}

// say writes one result.
func (f *probeFlags) say(w io.Writer, r probe.Result) {
	if f.json {
		if text, err := json.Marshal(r); err == nil {
			fmt.Fprintf(w, "%s\n", text)
		}
		return
	}
	how := "good"
	switch {
	case r.Unknown:
		how = "unknown"
	case r.Bad():
		how = "BAD"
	}
	line := fmt.Sprintf("%-7s %8s  %s", how, r.Wait.Round(100*time.Microsecond), printable(r.Target))
	if r.Failed != "" {
		line += ", at " + printable(r.Failed)
	}
	if r.Why != "" {
		line += ": " + printable(r.Why)
	}
	if !r.CertEnds.IsZero() {
		line += fmt.Sprintf(" (certificate until %s)", r.CertEnds.Format(time.DateOnly))
	}
	if r.Shot != "" {
		line += " [" + r.Shot + "]"
	}
	fmt.Fprintln(w, line)
}

// printable returns text without what a terminal would obey.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '?'
		}
		return r
	}, text)
}
