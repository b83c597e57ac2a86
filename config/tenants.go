package config

import (
	_ "embed" // for tenantsSource
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/honderd/honderd/internal/diag"
)

//go:embed tenants.go
var tenantsSource string // the comments in it describe the keys

// Tenant is a customer of somebody who runs honderd for several. Each has all of its own:
// data, accounts, pages.
type Tenant struct {
	// Name is how the tenant is called. It must be written.
	Name string `yaml:"name" is:"tenant,required"`

	// Hosts are the names at which the tenant finds its pages. It must be written.
	Hosts []string `yaml:"hosts" is:"host,required"`

	// Config is the honderd.yaml of the tenant. A path that does not start with / is
	// looked for beside this file. It must be written.
	Config string `yaml:"config" is:"file,required"`

	// Settings is what that file says, checked.
	Settings Config
}

// validate reports what no single key of t can show.
func (t Tenant) validate() error {
	if len(t.Hosts) == 0 {
		return errors.New("nobody would find its pages (fix: write hosts: [honderd.shop.example])")
	}
	for _, host := range t.Hosts {
		if strings.Contains(host, "*") {
			return fmt.Errorf("%s is many names, and each belongs to one tenant (fix: write each name)", host)
		}
	}
	return nil
}

// tenants reads the file of each tenant, and makes sure that no two share anything.
func (o Options) tenants(path string, c *Config) error {
	var problems diag.Problems
	wrong := func(t Tenant, text, fix string) {
		problems = append(problems, diag.Problem{File: t.Config, Text: fmt.Sprintf("tenant %s: %s", t.Name, text), Fix: fix})
	}
	for i := range c.Tenants {
		t := &c.Tenants[i]
		t.Config = beside(path, t.Config)
		var err error
		if t.Settings, err = o.Load(t.Config); err != nil {
			if all, ok := errors.AsType[diag.Problems](err); ok {
				problems = append(problems, all...)
				continue
			}
			return err
		}
		t.Settings.ofTenant(*t, c.Data)
		if len(t.Settings.Tenants) > 0 {
			wrong(*t, "a tenant has no tenants", "write all of them in "+path)
		}
		if t.Settings.Listen != Default().Listen {
			wrong(*t, "it has no address to listen on of its own: it is found at its hosts", "take out listen")
		}
		others := []Tenant{{Name: "who runs all of them", Settings: *c}}
		for _, other := range append(others, c.Tenants[:i]...) {
			if what := shared(t.Settings, other.Settings); what != "" {
				wrong(*t, fmt.Sprintf("it shares %s with %s", what, other.Name), "give each tenant its own: what one has must not be shown to another")
			}
		}
	}
	return problems.Err()
}

// ofTenant completes what the file of a tenant says. Its data is beside that of who runs
// all of them, never in it: a backup of one is none of another.
func (c *Config) ofTenant(t Tenant, data string) {
	standard := Default()
	if c.Data == standard.Data {
		c.Data = filepath.Clean(data) + "-" + t.Name
	}
	if c.Receive.OTLP == standard.Receive.OTLP { // these ports are there once
		c.Receive.OTLP = OTLP{GRPC: Off, HTTP: Off}
	}
	c.Accounts.Login = "always" // who is on the machine of all is nobody special here
	if c.Accounts.URL == "" && len(t.Hosts) > 0 {
		c.Accounts.URL = "https://" + t.Hosts[0]
	}
}

// shared returns what two configurations both have that must be of one alone, "" for
// nothing.
func shared(a, b Config) string {
	path := func(p string) string {
		if full, err := filepath.Abs(p); err == nil && p != "" && p != Off && !strings.Contains(p, "://") {
			return full
		}
		return p
	}
	within := func(a, b string) bool {
		a, b = path(a), path(b)
		return a != "" && (a == b || strings.HasPrefix(a, b+string(filepath.Separator)) || strings.HasPrefix(b, a+string(filepath.Separator)))
	}
	if within(a.Data, b.Data) {
		return "the folder of data " + a.Data
	}
	if to := path(a.Archive.Where); to != "" && to != Off && to == path(b.Archive.Where) {
		return "the archive " + a.Archive.Where
	}
	if len(a.Ledger.URLs) > 0 && slices.ContainsFunc(a.Ledger.URLs, func(u string) bool { return slices.Contains(b.Ledger.URLs, u) }) {
		return "the ledger"
	}
	if a.Ledger.Cluster.Name != "" && a.Ledger.Cluster.Name == b.Ledger.Cluster.Name {
		return "the cluster " + a.Ledger.Cluster.Name
	}
	if a.Status.Copy != "" && within(a.Status.Copy, b.Status.Copy) {
		return "the copy of the public page " + a.Status.Copy
	}
	for _, s := range a.Sources {
		if slices.ContainsFunc(b.Sources, func(o Source) bool { return path(o.Log) == path(s.Log) }) {
			return "the log " + s.Log
		}
	}
	return sharedDoor(a, b)
}

// sharedDoor returns what others send to two configurations by, or "".
func sharedDoor(a, b Config) string {
	for _, page := range a.Status.Pages {
		for _, host := range page.Hosts {
			if slices.ContainsFunc(b.Status.Pages, func(o StatusPage) bool { return slices.Contains(o.Hosts, host) }) {
				return "the host " + host
			}
		}
	}
	return ""
}
