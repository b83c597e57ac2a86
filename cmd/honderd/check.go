package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/honderd/honderd/app"
	"github.com/honderd/honderd/config"
)

func newCheck(c *console) *cobra.Command {
	var example, schema bool
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Check a configuration: every mistake with its place and its way out",
		Example: `  honderd check honderd.yaml
  honderd check --example > honderd.yaml       every key, explained
  honderd check --schema > honderd.schema.json for your editor`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 && !example && !schema {
				return errors.New("check needs one file (fix: honderd check honderd.yaml)")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case example:
				fmt.Fprint(c.stdout, config.Example())
				return nil
			case schema:
				_, err := c.stdout.Write(config.Schema())
				return err
			}
			options := config.Options{Env: os.LookupEnv, ReadFile: config.ReadFile, Format: checkFormat, Label: app.CheckLabel}
			conf, err := options.Load(args[0])
			if err == nil {
				err = app.CheckMoments(conf)
			}
			if err == nil {
				err = app.CheckProbes(conf)
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(c.stdout, "%s: no mistakes\n", args[0])
			return nil
		},
	}
	cmd.Flags().BoolVar(&example, "example", false, "print a configuration with every key, explained")
	cmd.Flags().BoolVar(&schema, "schema", false, "print the JSON Schema of the configuration")
	return cmd
}

// checkFormat checks the format of a log in a configuration.
func checkFormat(format string) error { return app.CheckFormat(format) }
