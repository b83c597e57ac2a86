package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/honderd/honderd/app"
)

func newAccount(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "account",
		Short: "Say who may log in from elsewhere",
		Long: `Say who may log in from elsewhere. On the machine of the server nobody needs to.

These commands change the data folder, also while the server runs: it notices at once.
A viewer reads; an editor says what is known of incidents; an operator also follows logs
and announces work; an admin also reads who did what.`,
		Example: `  honderd account add ann --role admin      asks for a password
  honderd account invite bob --role editor   prints a link with which bob chooses how to log in
  honderd account list
  honderd account password ann
  honderd account role bob viewer
  honderd account disable bob                lets bob in no longer; enable lets in again
  honderd account logout bob                 ends all sessions
  honderd account reset bob                  takes back password and passkeys, prints a link
  honderd account remove ann`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newAccountAdd(c), newAccountInvite(c), newAccountList(c), newAccountPassword(c), newAccountRole(c), newAccountRemove(c))
	for _, one := range accountChanges() {
		cmd.AddCommand(newAccountChange(c, one))
	}
	return cmd
}

func newAccountAdd(c *console) *cobra.Command {
	var f dataFlags
	var role string
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Make an account; the password is asked for, or read from standard input",
		Args:  oneFolder("it needs a name", "honderd account add ann --role viewer"),
		RunE: func(_ *cobra.Command, args []string) error {
			conf, err := f.config()
			if err != nil {
				return err
			}
			if err := app.CheckAccount(conf, args[0], role); err != nil {
				return err
			}
			password, err := c.newPassword()
			if err != nil {
				return err
			}
			if err := app.AddAccount(conf, args[0], password, role); err != nil {
				return err
			}
			fmt.Fprintf(c.stdout, "%s may log in as %s\n", args[0], role)
			return nil
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&role, "role", "", "what they may do: viewer, editor, operator or admin")
	return cmd
}

func newAccountList(c *console) *cobra.Command {
	var f dataFlags
	cmd := &cobra.Command{
		Use: "list", Short: "List who may log in", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			conf, err := f.config()
			if err != nil {
				return err
			}
			list, err := app.Accounts(conf)
			if err != nil {
				return err
			}
			for _, a := range list {
				fmt.Fprintf(c.stdout, "%-24s %-8s since %s  %s\n", a.Name, a.Role, a.Created.Format(time.DateOnly), app.WaysIn(a))
			}
			if len(list) == 0 {
				fmt.Fprintln(c.stdout, "nobody: only who is on the machine of the server sees anything")
			}
			return nil
		},
	}
	f.add(cmd)
	return cmd
}

func newAccountPassword(c *console) *cobra.Command {
	var f dataFlags
	cmd := &cobra.Command{
		Use: "password NAME", Short: "Give an account another password, and end all its sessions",
		Args: oneFolder("it needs a name", "honderd account password ann"),
		RunE: func(_ *cobra.Command, args []string) error {
			conf, err := f.config()
			if err != nil {
				return err
			}
			password, err := c.newPassword()
			if err != nil {
				return err
			}
			if err := app.SetPassword(conf, args[0], password); err != nil {
				return err
			}
			fmt.Fprintf(c.stdout, "%s has another password; their sessions have ended\n", args[0])
			return nil
		},
	}
	f.add(cmd)
	return cmd
}

func newAccountRemove(c *console) *cobra.Command {
	var f dataFlags
	cmd := &cobra.Command{
		Use: "remove NAME", Short: "Let somebody in no longer",
		Args: oneFolder("it needs a name", "honderd account remove ann"),
		RunE: func(_ *cobra.Command, args []string) error {
			conf, err := f.config()
			if err != nil {
				return err
			}
			if err := app.RemoveAccount(conf, args[0]); err != nil {
				return err
			}
			fmt.Fprintf(c.stdout, "%s is let in no longer\n", args[0])
			return nil
		},
	}
	f.add(cmd)
	return cmd
}

// newPassword asks for a password twice on a terminal, else reads the first line.
func (c *console) newPassword() (string, error) {
	f, ok := c.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		line, err := bufio.NewReader(io.LimitReader(c.stdin, 8<<10)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the password: %w", err)
		}
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return "", errors.New("no password came on standard input (fix: type it on a terminal, or send it as one line)")
		}
		return line, nil
	}
	var typed [2]string
	for i, ask := range []string{"Password: ", "Once more: "} {
		fmt.Fprint(c.stderr, ask)
		p, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(c.stderr)
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		typed[i] = string(p)
	}
	if typed[0] != typed[1] {
		return "", errors.New("those were two passwords (fix: type the same one twice)")
	}
	return typed[0], nil
}

func newToken(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Let programs ask from elsewhere",
		Long: `Let programs ask from elsewhere. A token is shown once; a program sends it with each
request as "Authorization: Bearer hnd_...".`,
		Example: `  honderd token add grafana --scope read --expires 90d
  honderd token list
  honderd token remove grafana`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newTokenAdd(c), newTokenList(c), newTokenRemove(c))
	return cmd
}

func newTokenAdd(c *console) *cobra.Command {
	var f dataFlags
	var scope, expires string
	cmd := &cobra.Command{
		Use: "add NAME", Short: "Make a token, which is shown once",
		Args: oneFolder("it needs a name", "honderd token add grafana --scope read"),
		RunE: func(_ *cobra.Command, args []string) error {
			conf, err := f.config()
			if err != nil {
				return err
			}
			lasts, err := readDays(expires)
			if err != nil {
				return err
			}
			text, err := app.AddToken(conf, args[0], scope, lasts)
			if err != nil {
				return err
			}
			fmt.Fprintln(c.stdout, text)
			fmt.Fprintf(c.stderr, "this is shown once; it lets programs %s until %s\n", scope, time.Now().Add(lasts).Format(time.DateOnly))
			return nil
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&scope, "scope", "read", "what it is for: read, or write (what an operator may)")
	cmd.Flags().StringVar(&expires, "expires", "90d", "how long it lasts, 1d to 3650d, as `DAYS`")
	return cmd
}

// readDays reads how long a token lasts, for instance 90d.
func readDays(text string) (time.Duration, error) {
	days, err := strconv.Atoi(strings.TrimSuffix(text, "d"))
	if err != nil || !strings.HasSuffix(text, "d") || days < 1 || days > 3650 {
		return 0, fmt.Errorf("--expires %.20q is no number of days (fix: 1d to 3650d, for instance 90d)", text)
	}
	return time.Duration(days) * 24 * time.Hour, nil
}

func newTokenList(c *console) *cobra.Command {
	var f dataFlags
	cmd := &cobra.Command{
		Use: "list", Short: "List the tokens, not what they are", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			conf, err := f.config()
			if err != nil {
				return err
			}
			list, err := app.Tokens(conf)
			if err != nil {
				return err
			}
			for _, t := range list {
				state := "until"
				if time.Now().After(t.Expires) {
					state = "expired"
				}
				fmt.Fprintf(c.stdout, "%-24s %-6s %s %s\n", t.Name, t.Scope(), state, t.Expires.Format(time.DateOnly))
			}
			if len(list) == 0 {
				fmt.Fprintln(c.stdout, "there are no tokens")
			}
			return nil
		},
	}
	f.add(cmd)
	return cmd
}

func newTokenRemove(c *console) *cobra.Command {
	var f dataFlags
	cmd := &cobra.Command{
		Use: "remove NAME", Short: "Make a token worth nothing",
		Args: oneFolder("it needs a name", "honderd token remove grafana"),
		RunE: func(_ *cobra.Command, args []string) error {
			conf, err := f.config()
			if err != nil {
				return err
			}
			if err := app.RemoveToken(conf, args[0]); err != nil {
				return err
			}
			fmt.Fprintf(c.stdout, "the token %s is worth nothing now\n", args[0])
			return nil
		},
	}
	f.add(cmd)
	return cmd
}
