package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/honderd/honderd/app"
	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/source"
	"github.com/honderd/honderd/source/probe"
)

// configFile is the configuration that is used when none is named.
const configFile = "honderd.yaml"

// usualLogs are where web servers write their access logs when nobody says otherwise.
func usualLogs() []string {
	return []string{
		"/var/log/nginx/access.log", "/var/log/apache2/access.log", "/var/log/apache2/other_vhosts_access.log",
		"/var/log/httpd/access_log", "/opt/homebrew/var/log/nginx/access.log", "/usr/local/var/log/nginx/access.log",
	}
}

// serveFlags are what serve can be asked.
type serveFlags struct {
	settings
	data, listen, format string
	verbose              bool
	stdin                bool // - is among the arguments
}

func newServe(c *console) *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve [FILE|LOG|URL ...]",
		Short: "Follow logs, probe addresses, and show how it is for people, live",
		Long: `Follow logs and show how it is for people, live, at http://127.0.0.1:8100.

FILE is a configuration (*.yaml); LOG is an access log of nginx or Apache, which is
read from its beginning and followed through rotations; URL is probed each minute.
Without any: honderd.yaml in this folder, else the logs in the usual places. - is
standard input, which cannot be read again: what comes while honderd does not run is
not counted.

All that is known is kept in the data folder; a restart goes on where it was.`,
		Example: `  honderd serve /var/log/nginx/access.log
  kubectl logs -f deploy/ingress | honderd serve -
  honderd serve /var/log/nginx/access.log https://shop.example/
  honderd serve --data /var/lib/honderd honderd.yaml`,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), c, args) },
	}
	f.settings.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.data, "data", "", "the `FOLDER` that holds everything (default ./honderd-data)")
	flags.StringVar(&f.listen, "listen", "", "the `ADDRESS` of the pages (default 127.0.0.1:8100)")
	flags.StringVar(&f.format, "format", "", "how lines of the LOGs are written: as it stands in the server's configuration, or a known name; default: detect")
	flags.BoolVar(&f.verbose, "verbose", false, "log details")
	return cmd
}

func (f *serveFlags) run(ctx context.Context, c *console, args []string) error {
	written := *f
	conf, err := f.arrange(args)
	if err != nil {
		return err
	}
	log := newLog(c.stderr, f.verbose)
	var more []source.Source
	if f.stdin {
		more = append(more, app.Stdin(c.stdin, f.format))
	}
	server, err := app.NewServer(ctx, conf, log, more...)
	if err != nil {
		return err
	}
	if f.stdin {
		fmt.Fprintln(c.stderr, "reading standard input")
	}
	for _, s := range conf.Sources {
		fmt.Fprintf(c.stderr, "following %s\n", s.Log)
	}
	if n := len(conf.Probes.Targets) + len(conf.Probes.Import); n > 0 {
		fmt.Fprintf(c.stderr, "probing: http://%s/probes\n", server.Address())
	} else if len(conf.Sources) == 0 && len(conf.Gateway.Pools) == 0 && len(conf.Receive.Syslog.Listen) == 0 && !f.stdin {
		fmt.Fprintln(c.stderr, "no log found in the usual places (name one: honderd serve /var/log/nginx/access.log)")
	}
	fmt.Fprintf(c.stderr, "everything is kept in %s\nhow it is: http://%s\n", conf.Data, server.Address())
	if len(conf.Gateway.Pools)+len(conf.Tenants) > 0 {
		go written.follow(ctx, args, f.file, conf, server, log)
	}
	return server.Run(ctx)
}

// arrange makes one configuration of arguments, flags and files.
func (f *serveFlags) arrange(args []string) (config.Config, error) {
	var logs []string
	var targets []probe.Setting
	for _, a := range args {
		switch {
		case strings.Contains(a, "://"):
			s, err := app.ProbeSetting(a)
			if err != nil {
				return config.Config{}, err
			}
			targets = append(targets, s)
		case (filepath.Ext(a) == ".yaml" || filepath.Ext(a) == ".yml") && f.file == "":
			f.file = a
		case filepath.Ext(a) == ".yaml" || filepath.Ext(a) == ".yml":
			return config.Config{}, fmt.Errorf("%s: there can be one configuration, and %s is named too (fix: leave one out)", a, f.file)
		case a == "-":
			f.stdin = true
		default:
			logs = append(logs, a)
		}
	}
	fallback := configFile
	if len(logs)+len(targets) > 0 || f.stdin {
		fallback = ""
	}
	conf, err := f.config(fallback)
	if err != nil {
		return conf, err
	}
	if err := overOTLP(&conf.Gateway.OTLP, os.LookupEnv); err != nil {
		return conf, err
	}
	if f.data != "" {
		conf.Data = f.data
	}
	if f.listen != "" {
		conf.Listen = f.listen
	}
	conf.Probes.Targets = append(conf.Probes.Targets, targets...)
	for _, path := range logs {
		source, err := f.source(path)
		if err != nil {
			return conf, err
		}
		conf.Sources = append(conf.Sources, source)
	}
	if len(args) == 0 && len(conf.Sources)+len(conf.Probes.Targets)+len(conf.Probes.Import) == 0 {
		conf.Sources = foundLogs()
	}
	return conf, nil
}

// source checks that the log at path can be followed: a typing error should be said at
// once, not waited for.
func (f *serveFlags) source(path string) (config.Source, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return config.Source{}, err
	}
	if err := app.CheckLog(absolute); err != nil {
		return config.Source{}, err
	}
	return config.Source{Log: absolute, Format: f.format}, nil
}

func foundLogs() []config.Source {
	var list []config.Source
	for _, path := range usualLogs() {
		if app.CheckLog(path) == nil {
			list = append(list, config.Source{Log: path})
		}
	}
	return list
}

// newLog returns the log of the program: words on a terminal, JSON elsewhere.
func newLog(w io.Writer, verbose bool) *slog.Logger {
	level := slog.LevelWarn
	if verbose {
		level = slog.LevelDebug
	}
	o := &slog.HandlerOptions{Level: level}
	if isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, o))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}

// demoFlags are what demo can be asked.
type demoFlags struct {
	data, listen string
	people       int
	seed         uint64
	verbose      bool
}

func newDemo(c *console) *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show all of it with a simulated town, without anybody's data",
		Long: `Show all of it with a simulated town: a few thousand people who visit a small shop
for three days, with faults whose truth is known, and who go on living while you look.

It runs through the same parts as a real log does. Everything is kept in a new folder,
which is removed at the end unless --data names one.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), c) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.data, "data", "", "keep everything in `FOLDER` (default: a new one that is removed)")
	flags.StringVar(&f.listen, "listen", config.Default().Listen, "the `ADDRESS` of the pages")
	flags.IntVar(&f.people, "people", 2000, "how many people live in the town")
	flags.Uint64Var(&f.seed, "seed", 1, "another number is another town")
	flags.BoolVar(&f.verbose, "verbose", false, "log details")
	return cmd
}

func (f *demoFlags) run(ctx context.Context, c *console) (err error) {
	conf := config.Default()
	conf.Listen, conf.Data = f.listen, f.data
	conf.Moments, conf.Cost.Hour = app.DemoMoments(), "20-45"
	if conf.Data == "" {
		if conf.Data, err = os.MkdirTemp("", "honderd-demo-"); err != nil {
			return fmt.Errorf("make a folder for the demo: %w (fix: name one with --data)", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(conf.Data)) }()
	}
	town, err := app.NewDemo(app.DemoOptions{Seed: f.seed, People: f.people, Now: time.Now(), Zone: time.Local})
	if err != nil {
		return err
	}
	server, err := app.NewServer(ctx, conf, newLog(c.stderr, f.verbose), town)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.stderr, "a town of %d people lives in %s\nhow it is for them: http://%s  (Ctrl-C ends it)\n", f.people, conf.Data, server.Address())
	return server.Run(ctx)
}
