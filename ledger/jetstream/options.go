package jetstream

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"
)

const (
	// defaultRemember is longer than a sender tries again. At 20 blocks a second it
	// is 12,000 ids and 2 MB. Open reads that time back.
	defaultRemember = 10 * time.Minute

	// defaultRetry is how often a full disk is tried: often enough for a person who
	// just made room, seldom enough to cost nothing.
	defaultRetry = time.Second

	// defaultEvery is how often Retain is looked at.
	defaultEvery = time.Minute
)

// Options says where and how the ledger is kept. Only Dir has no useful zero, and it is
// not needed with External.
type Options struct {
	Dir      string        // folder of the ledger; made when it is not there
	Log      *slog.Logger  // nil: silent
	Remember time.Duration // for how long an id is known; 0: 10 minutes; costs 125 bytes an id
	Retry    time.Duration // shortest time between two attempts to write to a full disk; 0: 1 second
	Replicas int           // on how many servers each record is: 1, 3 or 5; 0: 1, and 3 in a cluster
	Retain   Retain        // what is removed by itself; the zero value removes nothing
	External External      // servers elsewhere; the zero value runs one in this process
	Cluster  Cluster       // other processes that form one ledger with this; the zero value is alone
}

// Retain says which records but facts are removed without asking anybody. Whoever has an
// archive leaves it empty and calls Trim instead.
type Retain struct {
	Age   time.Duration // remove what is this much older than the newest record; 0: never
	Bytes uint64        // remove the oldest when there are more bytes; 0: never
	Every time.Duration // how often to look; 0: 1 minute
}

// External is a NATS server or cluster that somebody else runs.
type External struct {
	URLs        []string // "nats://host:4222"; more than one of one cluster. None: not external
	Credentials string   // file with a user's JWT and seed
	User        string
	Password    string
	Token       string
	NKey        string // file with a seed
	TLS         TLS
}

// TLS names files of a TLS connection.
type TLS struct {
	CA   string // certificates that are trusted; "": those of the system
	Cert string // certificate of this side
	Key  string // its key
}

// Cluster is three or five processes that form one ledger, each with an own Dir.
type Cluster struct {
	Name   string   // of the cluster, the same in all of them. "": alone
	Node   string   // of this one, different in all of them, and never changed
	Listen string   // address for the others: "10.0.0.1:6222"
	Routes []string // addresses of all of them; its own does no harm
	Secret string   // the same in all of them: who knows it may write to the ledger
}

// Validate reports every mistake in o at once, joined, each with its fix.
func (o Options) Validate() error {
	var errs []error
	add := func(format string, v ...any) { errs = append(errs, fmt.Errorf(format, v...)) }
	external, cluster := len(o.External.URLs) > 0, o.Cluster.Name != ""
	if external && cluster {
		add("ledger with URLs and a cluster: it is either elsewhere or here (fix: remove one of both)")
	}
	if o.Replicas != 0 && o.Replicas != 1 && o.Replicas != 3 && o.Replicas != 5 {
		add("ledger with %d replicas: must be 1, 3 or 5 (fix: write 3)", o.Replicas)
	}
	if o.Replicas > 1 && !external && !cluster {
		add("ledger with %d replicas: a server alone has one (fix: write 1, or say which cluster)", o.Replicas)
	}
	if o.Retain.Age < 0 {
		add("ledger retained for %v: must not be negative (fix: write 0 to keep all)", o.Retain.Age)
	}
	errs = append(errs, o.External.validate(), o.Cluster.validate())
	return errors.Join(errs...)
}

func (x External) validate() error {
	var errs []error
	for _, one := range x.URLs {
		u, err := url.Parse(one)
		if err != nil || u.Host == "" {
			errs = append(errs, errors.New("address of the ledger is not a URL (fix: write one like nats://host:4222)"))
		}
	}
	ways := 0
	for _, way := range []string{x.Credentials, x.User, x.Token, x.NKey} {
		if way != "" {
			ways++
		}
	}
	if ways > 1 {
		errs = append(errs, errors.New("ledger with more than one way to log in (fix: give one of credentials, user, token and nkey)"))
	}
	if (x.TLS.Cert == "") != (x.TLS.Key == "") {
		errs = append(errs, errors.New("ledger with half a TLS certificate (fix: give cert and key)"))
	}
	return errors.Join(errs...)
}

func (c Cluster) validate() error {
	if c.Name == "" {
		return nil
	}
	var errs []error
	if strings.ContainsAny(c.Name, " \t.*>") {
		errs = append(errs, fmt.Errorf("cluster %q: must be a word without blanks and dots (fix: write one like town)", c.Name))
	}
	if c.Node == "" || strings.ContainsAny(c.Node, " \t.*>") {
		errs = append(errs, fmt.Errorf("node %q of cluster %s: must be a word of its own (fix: write one like %s-1)", c.Node, c.Name, c.Name))
	}
	if c.Secret == "" {
		errs = append(errs, fmt.Errorf("cluster %s has no secret: anybody could write to it (fix: give all nodes the same long secret)", c.Name))
	}
	for _, address := range append([]string{c.Listen}, c.Routes...) {
		if _, port, err := net.SplitHostPort(address); err != nil || port == "" {
			errs = append(errs, fmt.Errorf("address %q of cluster %s: must be host:port (fix: write one like 10.0.0.1:6222)", address, c.Name))
		}
	}
	return errors.Join(errs...)
}

// filled returns o with the defaults in it.
func (o Options) filled() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Remember <= 0 {
		o.Remember = defaultRemember
	}
	if o.Retry <= 0 {
		o.Retry = defaultRetry
	}
	if o.Retain.Every <= 0 {
		o.Retain.Every = defaultEvery
	}
	if o.Replicas == 0 {
		o.Replicas = 1
		if o.Cluster.Name != "" {
			o.Replicas = 3
		}
	}
	return o
}

// external reports whether the servers are elsewhere.
func (o Options) external() bool { return len(o.External.URLs) > 0 }

// shared reports whether more than one server may answer.
func (o Options) shared() bool { return o.external() || o.Cluster.Name != "" }

// where names the ledger in a sentence, without passwords.
func (o Options) where() string {
	if !o.external() {
		return o.Dir
	}
	var list []string
	for _, one := range o.External.URLs {
		if u, err := url.Parse(one); err == nil {
			list = append(list, u.Redacted())
		}
	}
	return strings.Join(list, ",")
}
