package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/honderd/honderd/app"
	"github.com/honderd/honderd/config"
)

// settings are the flags that stand above honderd.yaml.
type settings struct {
	file, person, recognise, robots, language, zone string
	cutoff                                          time.Duration
	by, labels                                      []string
}

func (s *settings) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&s.file, "config", "", "configuration in `FILE` (default: none)")
	flags.StringVar(&s.person, "person", "", "who is one person: address, address+agent, header:NAME or field:NAME (default address+agent)")
	flags.StringVar(&s.recognise, "recognise", "", "how long somebody is recognised, as 14d or 24h (default: 14d in a server; as long as the logs are in a report)")
	flags.StringVar(&s.robots, "robots", "", "apart: count robots and probes apart; include: count them as people (default apart)")
	flags.DurationVar(&s.cutoff, "cutoff", 0, "how long somebody may be silent and still be there, as 30m (default: learned)")
	flags.StringSliceVar(&s.by, "by", nil, "what numbers are also shown apart by: step, or the `NAME` of a label (default: every label)")
	flags.StringArrayVar(&s.labels, "label", nil, "tell people apart by a field of the log, as `NAME=FIELD`: region=field:geoip_country, release=header:X-Release")
	flags.StringVar(&s.language, "lang", "", "language of words: en or nl (default en)")
	flags.StringVar(&s.zone, "zone", "", "time zone of words, as Europe/Amsterdam (default: this machine's)")
}

// config returns the configuration: that of the file, of fallback when no file is named
// and it exists, or the default; and above it the flags. It is checked as one, so that
// a flag is judged as a line in the file is.
func (s *settings) config(fallback string) (config.Config, error) {
	path := s.file
	if path == "" && fallback != "" {
		if _, err := os.Stat(fallback); !errors.Is(err, fs.ErrNotExist) {
			path = fallback
		}
	}
	c := config.Default()
	if path != "" {
		var err error
		options := config.Options{Env: os.LookupEnv, ReadFile: config.ReadFile, Format: checkFormat, Label: app.CheckLabel}
		if c, err = options.Load(path); err != nil {
			return c, err
		}
	}
	c.Kubernetes.Here(os.Getenv)
	return c, s.over(&c)
}

// over puts the flags above c.
func (s *settings) over(c *config.Config) error {
	errs := []error{s.people(c)}
	for _, label := range s.labels {
		name, field, found := strings.Cut(label, "=")
		if !found {
			errs = append(errs, fmt.Errorf("--label %q: not a name and a field (fix: write region=field:geoip_country)", label))
			continue
		}
		c.Labels = append(c.Labels, config.Label{Name: name, Field: field})
	}
	for _, by := range s.by {
		if by != "step" && !slices.ContainsFunc(c.Labels, func(l config.Label) bool { return l.Name == by }) {
			errs = append(errs, fmt.Errorf("--by %s: neither step nor a label that is known (fix: say where it stands with --label %s=FIELD)", by, by))
		}
	}
	if s.by != nil {
		c.By = s.by
	}
	switch s.robots {
	case "":
	case "apart", "include":
		c.People.Robots = s.robots
	default:
		errs = append(errs, fmt.Errorf("--robots %q: not a choice (fix: write apart or include)", s.robots))
	}
	switch s.language {
	case "":
	case "en", "nl":
		c.Language = s.language
	default:
		errs = append(errs, fmt.Errorf("--lang %q: not a language we speak (fix: write en or nl)", s.language))
	}
	if s.zone != "" {
		if _, err := time.LoadLocation(s.zone); err != nil {
			errs = append(errs, fmt.Errorf("--zone %q: not a time zone (fix: write one as Europe/Amsterdam or UTC)", s.zone))
		}
		c.Zone = s.zone
	}
	if s.cutoff < 0 || s.cutoff > 24*time.Hour {
		errs = append(errs, fmt.Errorf("--cutoff %v: must be up to 24h (fix: write 30m)", s.cutoff))
	}
	if s.cutoff != 0 {
		c.Cutoff = s.cutoff
	}
	return errors.Join(errs...)
}

// people puts the flags that say who is one person above c.
func (s *settings) people(c *config.Config) error {
	var errs []error
	if s.person != "" {
		r, err := config.ParseRule(s.person)
		if err != nil {
			errs = append(errs, fmt.Errorf("--person: %w", err))
		}
		c.People.Recognise = c.People.Recognise.With(r)
	}
	if s.recognise != "" {
		r, err := config.ParseRecognise(s.recognise)
		if err != nil {
			errs = append(errs, fmt.Errorf("--recognise: %w", err))
		}
		if !strings.Contains(s.recognise, " ") && r.Days() > 0 { // the rule stays
			r = r.With(config.Recognise(c.People.Recognise.By()))
		}
		c.People.Recognise = r
	}
	return errors.Join(errs...)
}
