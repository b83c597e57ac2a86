package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/honderd/honderd/app"
	"github.com/honderd/honderd/config"
)

// dataFlags say whose data a command is about.
type dataFlags struct {
	settings
	data string
}

func (f *dataFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.file, "config", "", "configuration in `FILE` (default: honderd.yaml in this folder, if there is one)")
	cmd.Flags().StringVar(&f.data, "data", "", "the `FOLDER` that holds everything (default ./honderd-data)")
}

// config returns the configuration whose data it is about.
func (f *dataFlags) config() (config.Config, error) {
	c, err := f.settings.config(configFile)
	if f.data != "" {
		c.Data = f.data
	}
	return c, err
}

// oneFolder checks that a command was given exactly one folder.
func oneFolder(what, example string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return errors.New(what + " (fix: name it, for instance " + example + ")")
		}
		return nil
	}
}

func newBackup(c *console) *cobra.Command {
	var f dataFlags
	cmd := &cobra.Command{
		Use:   "backup FOLDER",
		Short: "Copy all data to another folder, also while the server runs",
		Long: `Copy all data to another folder, also while the server runs.

The copy is whole: it holds all that was accepted before the backup began. A backup that
is there already is brought up to date, and one that was cut off goes on where it was.
An archive in a bucket is not copied; it is safe where it is.`,
		Example: `  honderd backup /mnt/backup/honderd
  honderd backup --data /var/lib/honderd /mnt/backup/honderd`,
		Args: oneFolder("backup needs the folder to copy to", "honderd backup /mnt/backup/honderd"),
		RunE: func(cmd *cobra.Command, args []string) error {
			conf, err := f.config()
			if err != nil {
				return err
			}
			bar := newProgress(c.stderr)
			bar.verb = "copying"
			files, bytes, err := app.Backup(cmd.Context(), conf, args[0], bar.tell)
			bar.done()
			if err != nil {
				return err
			}
			fmt.Fprintf(c.stdout, "%d files, %.1f MB, are in %s\n", files, float64(bytes)/1e6, args[0])
			return nil
		},
	}
	f.add(cmd)
	return cmd
}

func newRestore(c *console) *cobra.Command {
	var f dataFlags
	cmd := &cobra.Command{
		Use:   "restore FOLDER",
		Short: "Put a backup back into a new data folder",
		Long: `Put a backup back into a new data folder. Every file is checked on the way. What is
there already is never overwritten; a restore that was cut off goes on where it was.`,
		Example: `  honderd restore --data /var/lib/honderd /mnt/backup/honderd`,
		Args:    oneFolder("restore needs the folder of the backup", "honderd restore --data honderd-data /mnt/backup/honderd"),
		RunE: func(cmd *cobra.Command, args []string) error {
			conf, err := f.config()
			if err != nil {
				return err
			}
			bar := newProgress(c.stderr)
			bar.verb = "copying"
			made, files, err := app.Restore(cmd.Context(), args[0], conf.Data, bar.tell)
			bar.done()
			if err != nil {
				return err
			}
			fmt.Fprintf(c.stdout, "%d files of the backup of %s are in %s\n", files, made.Format(time.RFC3339), conf.Data)
			return nil
		},
	}
	f.add(cmd)
	return cmd
}

func newRebuild(c *console) *cobra.Command {
	var f dataFlags
	var salvage bool
	cmd := &cobra.Command{
		Use:   "rebuild",
		Short: "Make every number anew, from the archive and the ledger",
		Long: `Make every number anew: from the archive and, what is not archived yet, from the
ledger. The server must not be running. Nothing but the numbers is written.

Exit codes: 0 all was counted; 1 something was lost, and is named (only with --salvage);
2 it could not be done.`,
		Example: `  honderd rebuild --data /var/lib/honderd`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, err := f.config()
			if err == nil {
				err = app.CheckData(conf)
			}
			if err != nil {
				return err
			}
			bar := newProgress(c.stderr)
			bar.verb, bar.unit = "counting", "M"
			r, err := app.Rebuild(cmd.Context(), conf, salvage, newLog(c.stderr, false), bar.tell)
			bar.done()
			if err != nil {
				return err
			}
			fmt.Fprintf(c.stdout, "%d experiences counted anew, %d of them not archived yet\n", r.Archived+r.Newer, r.Newer)
			for _, lost := range r.Damaged {
				fmt.Fprintf(c.stdout, "lost: %s\n", lost)
			}
			if len(r.Damaged) > 0 {
				return exit{exitBad, ""}
			}
			return nil
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&salvage, "salvage", false, "go on without what is damaged, and name it")
	return cmd
}
