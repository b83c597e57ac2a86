package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/honderd/honderd/app"
	"github.com/honderd/honderd/config"
)

// tenantsFlags are what commands about tenants can be asked.
type tenantsFlags struct {
	settings
	hosts            []string
	own, admin, role string
	asJSON           bool
}

func newTenants(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tenants",
		Short: "Say which customers there are, each with pages and data of its own",
		Long: `Say which customers there are, each with pages and data of its own.

These commands change honderd.yaml, and nothing in it but its tenants. A server that runs
with that file takes it over within seconds; only the first tenant needs a restart.`,
		Example: `  honderd tenants add shop --host honderd.shop.example --admin ann
  honderd tenants invite shop bob --role viewer
  honderd tenants list --json
  honderd tenants remove shop                 its data stays where it is`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newTenantsAdd(c), newTenantsList(c), newTenantsInvite(c), newTenantsRemove(c))
	return cmd
}

func (f *tenantsFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.file, "config", configFile, "the `FILE` of who runs all of them")
}

func newTenantsAdd(c *console) *cobra.Command {
	var f tenantsFlags
	cmd := &cobra.Command{
		Use: "add NAME", Short: "Add a tenant, and invite its first admin",
		Args: oneFolder("it needs a name", "honderd tenants add shop --host honderd.shop.example"),
		RunE: func(_ *cobra.Command, args []string) error {
			if f.own == "" {
				f.own = args[0] + ".yaml"
			}
			one := config.Tenant{Name: args[0], Hosts: f.hosts, Config: f.own}
			made, err := f.ownFile(one)
			if err != nil {
				return err
			}
			if err := f.change(func(text string) (string, error) { return config.AddTenant(text, one) }); err != nil {
				if made != "" {
					err = errors.Join(err, os.Remove(made))
				}
				return err
			}
			fmt.Fprintf(c.stderr, "%s is added; what it wants stands in %s\n", one.Name, f.own)
			if f.admin == "" {
				return nil
			}
			return f.invite(c, one.Name, f.admin, "admin")
		},
	}
	f.add(cmd)
	cmd.Flags().StringArrayVar(&f.hosts, "host", nil, "a `NAME` at which its pages are; may be given again")
	cmd.Flags().StringVar(&f.own, "own", "", "the `FILE` of the tenant, beside the other (default NAME.yaml, which is made)")
	cmd.Flags().StringVar(&f.admin, "admin", "", "who is invited to look after its accounts: a link is printed")
	return cmd
}

// ownFile makes the file of a tenant unless there is one, and returns the path of what it
// made.
func (f *tenantsFlags) ownFile(t config.Tenant) (made string, err error) {
	path := t.Config
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(f.file), path)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("file of %s: %w", t.Name, err)
	}
	_, err = fmt.Fprintf(file, "# What %s wants: sources, receive, status, notify. See docs/tenants.md.\n{}\n", t.Name)
	return path, errors.Join(err, file.Close())
}

// change changes the text of the configuration, if it is right afterwards.
func (f *tenantsFlags) change(how func(text string) (string, error)) error {
	text, err := os.ReadFile(f.file)
	if err != nil {
		return fmt.Errorf("configuration: %w (fix: name it with --config)", err)
	}
	next, err := how(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", f.file, err)
	}
	draft := filepath.Join(filepath.Dir(f.file), "."+filepath.Base(f.file)+".draft.yaml")
	mode := fs.FileMode(0o600)
	if info, err := os.Stat(f.file); err == nil {
		mode = info.Mode().Perm()
	}
	if err := os.WriteFile(draft, []byte(next), mode); err != nil {
		return err
	}
	try := settings{file: draft}
	if _, err = try.config(""); err != nil {
		return errors.Join(err, os.Remove(draft))
	}
	return os.Rename(draft, f.file)
}

func newTenantsList(c *console) *cobra.Command {
	var f tenantsFlags
	cmd := &cobra.Command{
		Use: "list", Short: "List the tenants", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			conf, err := f.settings.config("")
			if err != nil {
				return err
			}
			type row struct {
				Name   string   `json:"name"`
				Hosts  []string `json:"hosts"`
				Config string   `json:"config"`
				Data   string   `json:"data"`
			}
			list := []row{}
			for _, t := range conf.Tenants {
				list = append(list, row{t.Name, t.Hosts, t.Config, t.Settings.Data})
			}
			if f.asJSON {
				return json.NewEncoder(c.stdout).Encode(list)
			}
			for _, t := range list {
				fmt.Fprintf(c.stdout, "%-20s %s  %s  %s\n", t.Name, strings.Join(t.Hosts, ","), t.Config, t.Data)
			}
			if len(list) == 0 {
				fmt.Fprintln(c.stdout, "there are no tenants")
			}
			return nil
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print JSON")
	return cmd
}

func newTenantsInvite(c *console) *cobra.Command {
	var f tenantsFlags
	cmd := &cobra.Command{
		Use: "invite TENANT NAME", Short: "Make an account of a tenant, and print a link with which its owner chooses how to log in",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return errors.New("it needs a tenant and a name (fix: honderd tenants invite shop ann --role admin)")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return f.invite(c, args[0], args[1], f.role) },
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.role, "role", "", "what they may do: viewer, editor, operator or admin")
	return cmd
}

func (f *tenantsFlags) invite(c *console, tenant, name, role string) error {
	conf, err := f.settings.config("")
	if err != nil {
		return err
	}
	i := slices.IndexFunc(conf.Tenants, func(t config.Tenant) bool { return t.Name == tenant })
	if i < 0 {
		return fmt.Errorf("there is no tenant %.80q (fix: honderd tenants list says which there are)", tenant)
	}
	link, err := app.InviteAccount(conf.Tenants[i].Settings, name, role, false)
	if err != nil {
		return err
	}
	fmt.Fprintln(c.stdout, link)
	fmt.Fprintln(c.stderr, "this is shown once; the link works once, for three days")
	return nil
}

func newTenantsRemove(c *console) *cobra.Command {
	var f tenantsFlags
	cmd := &cobra.Command{
		Use: "remove NAME", Short: "Serve a tenant no longer; its data stays",
		Args: oneFolder("it needs a name", "honderd tenants remove shop"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := f.change(func(text string) (string, error) { return config.RemoveTenant(text, args[0]) }); err != nil {
				return err
			}
			fmt.Fprintf(c.stdout, "%s is served no longer; its data stays where it is\n", args[0])
			return nil
		},
	}
	f.add(cmd)
	return cmd
}
