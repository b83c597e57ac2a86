// Package config reads honderd.yaml into one checked struct, and reports every
// mistake in it at once, each with its place and its way out.
package config

import (
	_ "embed" // for example.yaml
	"net/netip"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/gateway"
	"github.com/honderd/honderd/source/probe"
)

// MaxBytes is how long a configuration may be: a longer file is a log or a picture
// given by mistake.
const MaxBytes = 1 << 20

// Every field with a yaml key is a key of honderd.yaml; its comment is what Schema
// tells an editor about it. The tag is names the kind of value, which kinds.go knows.

// Config is all that honderd.yaml says, checked. What it does not say is as in Default.
type Config struct {
	// Listen is the address of the dashboard, as host:port.
	Listen string `yaml:"listen" is:"address"`

	// Data is the folder that holds everything. One that does not start with / is
	// looked for where the program was started.
	Data string `yaml:"data" is:"folder"`

	// Ledger says where all facts are kept first. When nothing stands in it: in data.
	Ledger Ledger `yaml:"ledger"`

	// Archive is the second copy of all facts.
	Archive Archive `yaml:"archive"`

	// Language of the pages: en or nl. When it is not written: what the browser asks for.
	Language string `yaml:"language" is:"en|nl"`

	// Zone is the time zone of the pages, such as Europe/Amsterdam. When it is not
	// written: the machine's.
	Zone string `yaml:"zone" is:"zone"`

	// Sources are where people's experiences are read from.
	Sources []Source `yaml:"sources"`

	// Receive says who may send experiences, over HTTP and as messages of syslog.
	Receive Receive `yaml:"receive"`

	// Gateway stands before backends and hides their faults from people. Without pools
	// there is none.
	Gateway Gateway `yaml:"gateway"`

	// Probes ask services by the clock whether they answer as they should.
	Probes probe.Settings `yaml:"probes"`

	// Dependencies are those on whom we depend: how they say they are is shown.
	Dependencies []Dependency `yaml:"dependencies"`

	// Accounts says how people come in from elsewhere.
	Accounts Accounts `yaml:"accounts"`

	// Foresight says what is watched that may run out.
	Foresight Foresight `yaml:"foresight"`

	// Kubernetes is a cluster whose workloads and rollouts are watched.
	Kubernetes Kubernetes `yaml:"kubernetes"`

	// Services are what is said of services: whose they are, and what they need.
	Services []Service `yaml:"services"`

	// Catalog are the files or addresses of Backstage's catalog-info.yaml that say more.
	Catalog []string `yaml:"catalog" is:"catalog"`

	// Mentions says where it is heard what people say in public.
	Mentions Mentions `yaml:"mentions"`

	// Teams are who owns which journeys and services.
	Teams []Team `yaml:"teams"`

	// Tenants are customers of whom each sees its own data only.
	Tenants []Tenant `yaml:"tenants"`

	// People says who is one person.
	People People `yaml:"people"`

	// Cutoff is how long somebody may do nothing and still be there, such as 30m.
	// When it is not written it is 0: learned from the people themselves.
	Cutoff time.Duration `yaml:"cutoff" is:"cutoff"`

	// Lateness is how late a line may come and still be counted at once; what comes
	// later is counted too, but after a while.
	Lateness time.Duration `yaml:"lateness" is:"lateness"`

	// Labels are what people are told apart by, beside the journey: the name of each,
	// such as region, and where it stands in the log: header:NAME or field:NAME.
	Labels []Label `yaml:"labels" is:"label field,named"`

	// By says which numbers are shown apart, beside those of each journey: step, or
	// the name of a label. When it is not written it is nil: every label.
	By []string `yaml:"by" is:"dimension"`

	// Moments are the times that matter.
	Moments []Moment `yaml:"moments"`

	// Judging says when an experience is bad.
	Judging Judging `yaml:"judging"`

	// Cost says what it costs that people lose time.
	Cost Cost `yaml:"cost"`

	// Status is the page for the public.
	Status Status `yaml:"status"`

	// Mail is how e-mail is sent. When nothing stands in it: none is.
	Mail Mail `yaml:"mail"`

	// Notify are those who are told when people are hurt.
	Notify []Notify `yaml:"notify"`
}

// Ledger is where all facts are kept first: in this process, on NATS servers that somebody
// else runs, or in a cluster of processes like this one.
type Ledger struct {
	// URLs are the NATS servers that somebody else runs, such as nats://host:4222.
	URLs []string `yaml:"urls" is:"nats"`

	// Credentials is a file with the JWT and the seed of a NATS user.
	Credentials string `yaml:"credentials" is:"file"`

	// User is the name of a NATS user.
	User string `yaml:"user" is:"secret"`

	// Password is the password of the NATS user.
	Password string `yaml:"password" is:"secret"`

	// Token is what NATS servers know us by, in place of a user.
	Token string `yaml:"token" is:"secret"`

	// NKey is a file with the seed of a NATS user.
	NKey string `yaml:"nkey" is:"file"`

	// CA is a file with the certificates that are trusted. When it is not written:
	// those of the system.
	CA string `yaml:"ca" is:"file"`

	// Cert is a file with the certificate of this side.
	Cert string `yaml:"cert" is:"file"`

	// Key is a file with the key of that certificate.
	Key string `yaml:"key" is:"file"`

	// Replicas is on how many servers each fact is kept: 1, 3 or 5.
	Replicas string `yaml:"replicas" is:"1|3|5"`

	// Keep is how long records stay in the ledger once they are in the archive, all of
	// them or by kind: experiences, checks, calls, readings; 0 is forever. Small facts, such as
	// releases, stay.
	Keep Keep `yaml:"keep" is:"duration,each"`

	// Cluster makes several processes like this one a ledger together.
	Cluster Cluster `yaml:"cluster"`
}

// Cluster is three or five processes like this one that are one ledger.
type Cluster struct {
	// Name is how the cluster is called, the same in all of them.
	Name string `yaml:"name" is:"node"`

	// Node is how this process is called, another name in each.
	Node string `yaml:"node" is:"node"`

	// Listen is where this process is for the others, as host:port.
	Listen string `yaml:"listen" is:"address"`

	// Routes are where all of them are, as host:port.
	Routes []string `yaml:"routes" is:"address"`

	// Secret is what they know each other by, the same in all of them.
	Secret string `yaml:"secret" is:"secret"`
}

// Archive is the second copy of all facts, in files that other engines read.
type Archive struct {
	// Where is a folder, s3://bucket/prefix?endpoint=https://host&region=name, or off.
	// When it is not written: the folder archive in data.
	Where string `yaml:"where" is:"archive"`

	// Every is how often what came is written to it. What has not been written yet is
	// in the ledger.
	Every time.Duration `yaml:"every" is:"every"`

	// Keep is how long records stay in it, all of them or by kind: experiences, checks,
	// calls; 0 is forever. Small facts, such as releases, stay.
	Keep Keep `yaml:"keep" is:"duration,each"`
}

// Moment is a time that matters. Exactly one of weekly, calendar, rrule, holidays and
// busy says when.
type Moment struct {
	// Name is how the moment is called. It must be written.
	Name string `yaml:"name" is:"moment,required"`

	// Weekly are the days and hours, such as Mon-Fri 09:00-17:30.
	Weekly string `yaml:"weekly" is:"weekly"`

	// Zone is the time zone of the moment. When it is not written: that of the pages.
	Zone string `yaml:"zone" is:"zone"`

	// Except are the countries on whose public holidays it does not occur.
	Except []string `yaml:"except" is:"country"`

	// Calendar is the path or the address of an iCalendar file. A path that does not
	// start with / is looked for beside honderd.yaml.
	Calendar string `yaml:"calendar" is:"calendar"`

	// Only takes the events of the calendar whose summary has this in it.
	Only string `yaml:"only" is:"summary"`

	// RRule is a recurrence rule, from start on.
	RRule string `yaml:"rrule" is:"rrule"`

	// Start is when the rule starts, in local time.
	Start string `yaml:"start" is:"start"`

	// Lasts is how long each occurrence of the rule lasts.
	Lasts time.Duration `yaml:"lasts" is:"lasts"`

	// Holidays is the country whose public holidays are the moment.
	Holidays string `yaml:"holidays" is:"country"`

	// Busy is how much of all people the fewest hours of the week that make up the
	// moment carry, such as 50%.
	Busy string `yaml:"busy" is:"percent"`
}

// Source is one thing that people's experiences are read from.
type Source struct {
	// Log is the path of an access log. It must be written.
	Log string `yaml:"log" is:"log,required"`

	// Format is how the lines of the log are written: an nginx log_format, an Apache
	// LogFormat, or the name of a known format. When it is not written it is found out.
	Format string `yaml:"format" is:"format"`
}

// People says who is one person.
type People struct {
	// Recognise is what tells people apart: address, address+agent, header:NAME or
	// field:NAME; and how long they are recognised, such as 14d; 24h is the strict mode.
	// Either or both, with a space between. When no time is written it is 14d, and a
	// report, which keeps nothing, recognises people for as long as its logs are.
	Recognise Recognise `yaml:"recognise" is:"recognise"`

	// Names says whether a name that an application gives is recognised no longer than an
	// address, or lasts, by a key of its own: rotate or keep.
	Names string `yaml:"names" is:"rotate|keep"`

	// TrustedProxies are the networks whose word is taken for the address of the
	// person behind them; [] is none. When it is not written it is nil: the machine
	// itself and private networks.
	TrustedProxies []netip.Prefix `yaml:"trusted_proxies" is:"network"`

	// Robots says whether robots are kept apart from people, or counted as people:
	// apart or include.
	Robots string `yaml:"robots" is:"apart|include"`
}

// Judging says when an experience is bad. A list takes the place of the default.
type Judging struct {
	// Patience is how long a person waits before a good answer is a bad experience;
	// 0 is forever.
	Patience time.Duration `yaml:"patience" is:"duration"`

	// GaveUpAfter is how long a person must have waited before leaving counts against
	// the service; 0 counts everybody who left.
	GaveUpAfter time.Duration `yaml:"gave_up_after" is:"duration"`

	// BadStatus are the status codes below 500 that are the service's fault.
	BadStatus []int `yaml:"bad_status" is:"bad status"`

	// GoodStatus are the status codes from 500 up that are not the service's fault.
	GoodStatus []int `yaml:"good_status" is:"good status"`

	// Critical are the steps that a journey cannot do without, as a path or a method
	// and a path: when one of them is bad, so is the visit.
	Critical []string `yaml:"critical" is:"critical"`

	// Parts are the endings of the files that a page asks for by itself.
	Parts []string `yaml:"parts" is:"ending"`

	// Unseen are the names of the files that nobody notices missing.
	Unseen []string `yaml:"unseen" is:"name"`

	// Robots are more words in the user agents of robots.
	Robots []string `yaml:"robots" is:"word"`

	// Probes are more words in the user agents of monitoring.
	Probes []string `yaml:"probes" is:"word"`
}

// Default is the configuration of somebody who wrote none.
func Default() Config {
	rules := experience.DefaultRules()
	return Config{
		Listen:   "127.0.0.1:8100",
		Data:     "./honderd-data",
		Archive:  Archive{Every: 10 * time.Minute},
		Receive:  Receive{OTLP: defaultOTLP()},
		Lateness: 5 * time.Minute,
		Gateway:  Gateway{Patience: gateway.DefaultPatience, Clients: GatewayClients{Connections: 1024, Requests: 2048}},
		Cost:     Cost{Currency: "EUR"},
		People:   People{Recognise: ByAddressAndAgent, Names: "rotate", Robots: "apart"},
		Judging: Judging{
			Patience:    rules.Patience,
			GaveUpAfter: rules.GaveUpAfter,
			BadStatus:   rules.Bad,
			GoodStatus:  rules.Good,
			Critical:    rules.Critical,
			Parts:       rules.Parts,
			Unseen:      rules.Unseen,
			Robots:      rules.Robots,
			Probes:      rules.Probes,
		},
	}
}

// Rules returns the rules by which experiences are judged.
func (c Config) Rules() experience.Rules {
	return experience.Rules{
		Patience:    c.Judging.Patience,
		GaveUpAfter: c.Judging.GaveUpAfter,
		Bad:         c.Judging.BadStatus,
		Good:        c.Judging.GoodStatus,
		Critical:    c.Judging.Critical,
		Parts:       c.Judging.Parts,
		Unseen:      c.Judging.Unseen,
		Robots:      c.Judging.Robots,
		Probes:      c.Judging.Probes,
	}
}

// CutoffLearned reports whether the cut-off is to be learned from the people.
func (c Config) CutoffLearned() bool { return c.Cutoff == 0 }

// RobotsCount reports whether robots are counted as people.
func (c Config) RobotsCount() bool { return c.People.Robots == "include" }

// Location returns the time zone of the pages. It fails only when the machine has lost
// the zone since the configuration was read.
func (c Config) Location() (*time.Location, error) {
	if c.Zone == "" {
		return time.Local, nil
	}
	return time.LoadLocation(c.Zone)
}

//go:embed example.yaml
var example string

// Example returns a honderd.yaml with every key, explained. It says nothing that is not
// the default.
func Example() string { return example }
