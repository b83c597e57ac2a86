package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/honderd/honderd/app"
)

func newDoctor(c *console) *cobra.Command {
	var f dataFlags
	var format string
	cmd := &cobra.Command{
		Use:   "doctor [LOG...]",
		Short: "Look what a log does not tell, or whether all that is kept is whole",
		Long: `With logs: look what they tell of people's experiences, and name what to add to the
server's configuration so that masked faults, waiting and people show.

Without: look whether all that is kept is whole: the ledger and the archive are read from
end to end, and what the ledger has lost is put back from the archive. While a server runs
on the data only the rest is looked at: the server reads through its ledger every day.

Exit codes: 0 all is well; 1 something is not, and what to do stands there; 2 it could not
be looked at.`,
		Example: `  honderd doctor /var/log/nginx/access.log
  honderd doctor --data /var/lib/honderd`,
		RunE: func(cmd *cobra.Command, logs []string) error {
			conf, err := f.config()
			if err != nil {
				return err
			}
			bad := false
			for _, log := range logs {
				list, err := app.Advise(conf, log, format)
				if err != nil {
					return err
				}
				if len(logs) > 1 {
					fmt.Fprintln(c.stdout, log)
				}
				bad = c.findings(list) || bad
			}
			if len(logs) == 0 {
				bar := newProgress(c.stderr)
				bar.verb = "reading"
				var list []app.Finding
				list, err = app.Examine(cmd.Context(), conf, bar.tell)
				bar.done()
				bad = c.findings(list)
			}
			if err == nil && bad {
				err = exit{exitBad, ""}
			}
			return err
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&format, "format", "", "how the lines of the logs are written (default: found out)")
	return cmd
}

// findings prints what was found, and reports whether any of it is bad.
func (c *console) findings(list []app.Finding) (bad bool) {
	for _, one := range list {
		mark := "ok "
		if one.Bad {
			mark, bad = "BAD", true
		}
		fmt.Fprintf(c.stdout, "%s  %-13s  %s\n", mark, one.What, one.Says)
		if one.Fix != "" {
			fmt.Fprintf(c.stdout, "                    fix: %s\n", one.Fix)
		}
		for _, line := range one.Config {
			fmt.Fprintf(c.stdout, "                      %s\n", line)
		}
	}
	return bad
}
