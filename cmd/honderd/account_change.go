package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/honderd/honderd/app"
	"github.com/honderd/honderd/config"
)

func newAccountInvite(c *console) *cobra.Command {
	var f dataFlags
	var role string
	var within bool
	cmd := &cobra.Command{
		Use: "invite NAME", Short: "Make an account, and a link with which its owner chooses how to log in",
		Args: oneFolder("it needs a name", "honderd account invite bob --role editor"),
		RunE: func(_ *cobra.Command, args []string) error {
			conf, err := f.config()
			if err != nil {
				return err
			}
			link, err := app.InviteAccount(conf, args[0], role, within)
			if err != nil {
				return err
			}
			fmt.Fprintln(c.stdout, link)
			fmt.Fprintln(c.stderr, "this is shown once; the link works once, for three days")
			return nil
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&role, "role", "", "what they may do: viewer, editor, operator or admin")
	cmd.Flags().BoolVar(&within, "own-teams", false, ownTeams)
	return cmd
}

func newAccountRole(c *console) *cobra.Command {
	var f dataFlags
	var within bool
	cmd := &cobra.Command{
		Use: "role NAME ROLE", Short: "Say what an account may do from now on",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return fmt.Errorf("it needs a name and a role (fix: honderd account role bob viewer)")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			conf, err := f.config()
			if err != nil {
				return err
			}
			if err := app.SetRole(conf, args[0], args[1], within); err != nil {
				return err
			}
			fmt.Fprintf(c.stdout, "%s is %s now\n", args[0], args[1])
			return nil
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&within, "own-teams", false, ownTeams)
	return cmd
}

// ownTeams says what the flag --own-teams does.
const ownTeams = "beyond reading, the role holds only for what their teams own"

// accountChange is something that is done to an account by its name alone.
type accountChange struct {
	use, short, done string
	do               func(config.Config, string) (link string, err error)
}

func accountChanges() []accountChange {
	quietly := func(do func(config.Config, string) error) func(config.Config, string) (string, error) {
		return func(conf config.Config, name string) (string, error) { return "", do(conf, name) }
	}
	return []accountChange{
		{"disable", "Let an account and its tokens in no longer, until it is enabled", "%s is let in no longer\n", quietly(app.DisableAccount)},
		{"enable", "Let an account in again", "%s is let in again\n", quietly(app.EnableAccount)},
		{"logout", "End all sessions of an account", "all sessions of %s have ended\n", quietly(app.LogOutAccount)},
		{"reset", "Take back password, passkeys and issuers, and print a link to choose anew", "%s chooses anew how to log in with this link, once, within three days\n", app.ResetAccount},
	}
}

func newAccountChange(c *console, change accountChange) *cobra.Command {
	var f dataFlags
	cmd := &cobra.Command{
		Use: change.use + " NAME", Short: change.short,
		Args: oneFolder("it needs a name", "honderd account "+change.use+" ann"),
		RunE: func(_ *cobra.Command, args []string) error {
			conf, err := f.config()
			if err != nil {
				return err
			}
			link, err := change.do(conf, args[0])
			if err != nil {
				return err
			}
			said := c.stdout
			if link != "" {
				fmt.Fprintln(c.stdout, link)
				said = c.stderr
			}
			fmt.Fprintf(said, change.done, args[0])
			return nil
		},
	}
	f.add(cmd)
	return cmd
}
