package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/honderd/honderd/app"
)

func newMoments(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "moments",
		Short: "Find the times that matter",
	}
	cmd.AddCommand(newSuggest(c))
	return cmd
}

func newSuggest(c *console) *cobra.Command {
	var s settings
	var format string
	cmd := &cobra.Command{
		Use:   "suggest LOG...",
		Short: "Propose moments from when people were there, ready for honderd.yaml",
		Long: `Propose moments from when people were there, ready for honderd.yaml.

The log must have a week or more in it, else the hours of the week cannot be told
apart. Exit codes: 0 something was proposed; 2 the log cannot be read; 3 no hour stands
out, or there is too little to learn from.`,
		Example: `  honderd moments suggest /var/log/nginx/access.log*`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("moments suggest needs a log (fix: name one, for instance honderd moments suggest /var/log/nginx/access.log*)")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			conf, err := s.config("")
			if err != nil {
				return err
			}
			bar := newProgress(c.stderr)
			f, err := app.NewSuggestions(cmd.Context(), app.ReportOptions{Config: conf, Paths: args, Stdin: c.stdin, Format: format, Progress: bar.tell})
			bar.done()
			if err != nil {
				return err
			}
			list, err := f.List()
			if err != nil {
				return exit{exitFew, err.Error()}
			}
			fmt.Fprintln(c.stdout, "# For honderd.yaml:\nmoments:")
			for _, m := range list {
				fmt.Fprintf(c.stdout, "  # %s\n  - name: %s\n    weekly: %s\n    zone: %s\n", m.Why, m.Name, quoted(m.Weekly), f.Zone())
			}
			return nil
		},
	}
	s.add(cmd)
	cmd.Flags().StringVar(&format, "format", "", "how lines are written: a log_format (nginx), a LogFormat (Apache) or a known name; default: detect")
	return cmd
}

// quoted returns s as YAML reads it as text.
func quoted(s string) string { return fmt.Sprintf("%q", s) }
