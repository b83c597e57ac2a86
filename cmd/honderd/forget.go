package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/honderd/honderd/app"
)

func newForget(c *console) *cobra.Command {
	var f dataFlags
	var person app.Who
	cmd := &cobra.Command{
		Use:   "forget",
		Short: "Take all experiences of one person out of everything that is kept",
		Long: `Take all experiences of one person out of everything that is kept, and make every number
anew without them. The server must not be running.

A person is named as the logs show them: by --address and --agent, or by --value when
people are recognised by a header or a field. Backups that were made before still hold
them: make a new one and remove the old.

Exit codes: 0 they are forgotten; 1 nobody was found; 2 it could not be done.`,
		Example: `  honderd forget --address 203.0.113.7 --agent "Mozilla/5.0 (X11; Linux x86_64)"
  honderd forget --value customer-4711`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, err := f.config()
			if err != nil {
				return err
			}
			bar := newProgress(c.stderr)
			bar.verb, bar.unit = "counting", "M"
			gone, err := app.Forget(cmd.Context(), conf, person, newLog(c.stderr, false), bar.tell)
			bar.done()
			if err != nil {
				return err
			}
			if gone == 0 {
				fmt.Fprintln(c.stdout, "nobody like that is known; nothing was changed")
				return exit{exitBad, ""}
			}
			fmt.Fprintf(c.stdout, "%d experiences are forgotten; every number is made anew without them\n", gone)
			return nil
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&person.Address, "address", "", "the client's `ADDRESS`, as it stands in the log")
	cmd.Flags().StringVar(&person.Agent, "agent", "", "the whole `USER AGENT`")
	cmd.Flags().StringVar(&person.Value, "value", "", "the `VALUE` of the header or field that people are recognised by")
	return cmd
}
