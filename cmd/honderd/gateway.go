package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/honderd/honderd/app"
	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/gateway"
	"github.com/honderd/honderd/internal/kube"
)

// gatewayFlags are what gateway can be asked.
type gatewayFlags struct {
	listen, to, then []string
	patience         time.Duration
	marker, page     string
	cert, key        string
	plain, domains   []string
	ca               app.ACME
	data             string
	http3            bool
	clients          app.Clients
	otlp             config.GatewayOTLP
	admin, lines     string
	resolver, config string
	trust            []string
	proxied          bool
	cache, hold      int64
	verbose          bool
}

func newGateway(c *console) *cobra.Command {
	var f gatewayFlags
	cmd := &cobra.Command{
		Use:   "gateway --listen ADDR --to URL,URL",
		Short: "Stand before the backends of a service and hide their faults from people",
		Long: `Stand before the backends of a service and hide their faults from people.

An answer is not given away before it is known to be good. What fails is asked of
another backend at once; when one is silent, another is asked too; when none answers,
the request waits until one is back or the person's patience ends. Only what is safe
is asked twice: a POST without an Idempotency-Key never is, unless it is certain that
it was not executed.

SIGHUP starts the program anew, with its files as they are now, and hands the
listeners over: no request is lost.

What was hidden is counted by backend and by what was wrong: --admin shows it, and
--log writes a line of JSON for each request.`,
		Example: `  honderd gateway --listen :8080 --to http://10.0.0.1:80,http://10.0.0.2:80
  honderd gateway --listen :443 --cert shop.pem --key shop.key --to https://a.internal --then https://b.elsewhere`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), c) },
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.listen, "listen", []string{"127.0.0.1:8080"}, "the `ADDRESS`es that people come to")
	flags.StringSliceVar(&f.to, "to", nil, "the `URL`s of the backends: http, https, h2c or h2")
	flags.StringSliceVar(&f.then, "then", nil, "`URL`s of backends elsewhere, for when those of --to fail")
	flags.DurationVar(&f.patience, "patience", gateway.DefaultPatience, "how long a person waits before it is a bad experience")
	flags.StringVar(&f.marker, "marker", "", "a `FIELD` that every good answer of the backends has: Name or Name: value")
	flags.StringVar(&f.page, "page", "", "the `FILE` with the HTML that people see when nothing else can be done")
	flags.StringVar(&f.cert, "cert", "", "the `FILE` with the certificate for TLS")
	flags.StringVar(&f.key, "key", "", "the `FILE` with its key")
	flags.StringVar(&f.otlp.Endpoint, "otlp", "", "the `URL` of a collector for spans: http://host:4318 or grpc://host:4317 (default: what OTEL_EXPORTER_OTLP_ENDPOINT says)")
	flags.StringVar(&f.otlp.Sample, "otlp-sample", "", "how many `PERCENT` of the traces that begin here are sent; those with a fault always are (default 100%)")
	flags.BoolVar(&f.http3, "http3", false, "speak HTTP/3 too, at the same addresses over UDP")
	flags.IntVar(&f.clients.Connections, "client-connections", app.ClientConnections, "how many connections one client may have at once; -1: as many as all")
	flags.IntVar(&f.clients.Requests, "client-requests", app.ClientRequests, "how many requests of one client may be answered at once; -1: as many as all")
	flags.StringSliceVar(&f.plain, "plain", nil, "the `ADDRESS`es that people come to without TLS, to be sent to --listen")
	flags.StringSliceVar(&f.domains, "acme", nil, "the `DOMAINS` that a CA gives certificates for, by ACME; you agree to its terms")
	flags.StringVar(&f.ca.Email, "acme-email", "", "the `ADDRESS` that the CA writes to")
	flags.StringVar(&f.ca.CA, "acme-ca", "", "the `URL` of the directory of the CA (default: Let's Encrypt)")
	flags.StringVar(&f.ca.Root, "acme-ca-root", "", "the `FILE` with the certificate by which the CA is trusted (default: the system's)")
	flags.StringVar(&f.data, "data", "./honderd-data", "the `FOLDER` where certificates of the CA are kept")
	flags.StringVar(&f.admin, "admin", "", "the `ADDRESS` of /metrics and /api/v1/gateway (default: none)")
	flags.StringVar(&f.lines, "log", "", "the `FILE` of the access log in JSON; - is standard output")
	flags.StringVar(&f.resolver, "resolver", "", "the `ADDRESS` of the DNS server for names of backends (default: the machine's)")
	flags.StringVar(&f.config, "config", "", "take all of it from the section gateway of this honderd.yaml `FILE`")
	flags.StringSliceVar(&f.trust, "trust", nil, "`NETWORK`s of proxies before this one, whose X-Forwarded-For is believed")
	flags.BoolVar(&f.proxied, "proxy-protocol", false, "connections of --trust begin with the header of the PROXY protocol, version 1 or 2")
	flags.Int64Var(&f.cache, "cache", 64, "`MB` of answers that may be kept, as far as backends allow it; 0: none")
	flags.Int64Var(&f.hold, "hold", 1024, "`KB` of an answer that are judged before the first byte is given")
	flags.BoolVar(&f.verbose, "verbose", false, "log details")
	return cmd
}

func (f *gatewayFlags) run(ctx context.Context, c *console) error {
	o, done, err := f.options(c)
	if err != nil {
		return err
	}
	defer done()
	var ready func()
	if o.Open, ready, err = inherited(os.Getenv(handedOver)); err != nil {
		return err
	}
	s, err := app.NewGateway(ctx, o, newLog(c.stderr, f.verbose))
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go handOver(ctx, s, slices.Concat(o.Listen, o.Plain), stop, c.stderr)
	ready()
	debug.SetGCPercent(gatewayGC)
	fmt.Fprintf(c.stderr, "people come to %s, patience %v\n", strings.Join(s.Addresses(), ", "), f.patience)
	err = s.Run(ctx)
	state := s.State()
	fmt.Fprintf(c.stderr, "%d requests, %d faults masked, %d felt\n", state.Requests, state.Masked, state.Felt)
	return err
}

// gatewayGC is how much the heap may grow before it is collected: a gateway keeps little
// and makes much, so that collecting seldom costs little memory.
const gatewayGC = 300

// options returns what the flags say, and what is to be done at the end.
func (f *gatewayFlags) options(c *console) (o app.GatewayOptions, done func(), err error) {
	done = func() {}
	switch {
	case f.config != "" && len(f.to) > 0:
		return o, done, errors.New("backends are named twice (fix: leave out --to or --config)")
	case f.config != "":
		o, err = f.fromFile()
	default:
		o, err = f.fromFlags()
	}
	if err != nil {
		return o, done, err
	}
	if o.Admin = f.admin; f.config == "" {
		o.Kubernetes = inCluster()
	}
	switch f.lines {
	case "":
	case "-":
		o.Lines = c.stdout
	default:
		file, err := app.OpenLines(f.lines)
		if err != nil {
			return o, done, err
		}
		end := onReopen(file.Reopen)
		o.Lines, done = file, func() { end(); _ = file.Close() }
	}
	return o, done, o.Validate()
}

// inCluster returns where the API of the cluster is that this program runs in; nil: in
// none.
func inCluster() *kube.Cluster {
	at, ok := kube.InCluster(os.Getenv)
	if !ok {
		return nil
	}
	return &at
}

// fromFile returns what the configuration says.
func (f *gatewayFlags) fromFile() (o app.GatewayOptions, err error) {
	s := settings{file: f.config}
	conf, err := s.config("")
	if err != nil {
		return o, err
	}
	if err := overOTLP(&conf.Gateway.OTLP, os.LookupEnv); err != nil {
		return o, err
	}
	if o, err = app.GatewayOf(conf); err == nil {
		f.patience = o.Patience
	}
	return o, err
}

// fromFlags returns what the flags say.
func (f *gatewayFlags) fromFlags() (o app.GatewayOptions, err error) {
	if len(f.to) == 0 {
		return o, errors.New("no backend (fix: name them with --to http://host:port,http://host:port)")
	}
	if (f.cert == "") != (f.key == "") {
		return o, errors.New("a certificate needs its key (fix: name both --cert and --key)")
	}
	pool := gateway.Pool{Marker: f.marker}
	for site, list := range [][]string{f.to, f.then} {
		for _, u := range list {
			pool.Backends = append(pool.Backends, gateway.Backend{URL: u, Site: site})
		}
	}
	o.Options = gateway.Options{Pools: []gateway.Pool{pool}, Patience: f.patience, Resolver: f.resolver, Hold: f.hold << 10, Cache: f.cache << 20}
	if f.cache == 0 {
		o.Cache = -1
	}
	for _, text := range f.trust {
		p, err := parseNetwork(text)
		if err != nil {
			return o, err
		}
		o.Trusted = append(o.Trusted, p)
	}
	if f.page != "" {
		if o.Page, err = os.ReadFile(f.page); err != nil {
			return o, fmt.Errorf("read the page: %w", err)
		}
	}
	if o.Proxied = f.proxied; f.proxied && len(f.trust) == 0 {
		return o, errors.New("nobody is trusted to say who is behind a connection (fix: name the proxies with --trust 10.0.0.0/8)")
	}
	o.Listen, o.Plain, o.Cert, o.Key, o.HTTP3, o.Clients = f.listen, f.plain, f.cert, f.key, f.http3, f.clients
	if len(f.domains) > 0 {
		f.ca.Domains, f.ca.Folder = f.domains, app.CertificatesIn(f.data)
		o.ACME = &f.ca
	}
	if o.Spans, err = f.spans(); err != nil {
		return o, err
	}
	if err := o.CheckHTTP3(); err != nil {
		return o, err
	}
	if len(f.plain) > 0 && len(f.domains) == 0 && f.cert == "" {
		return o, errors.New("--plain is where people come to without TLS, but there is no TLS (fix: write its addresses as --listen)")
	}
	return o, nil
}

// spans returns where spans go; nil: nowhere.
func (f *gatewayFlags) spans() (*app.Spans, error) {
	if f.otlp.Sample != "" {
		if _, err := config.ParseSample(f.otlp.Sample); err != nil {
			return nil, fmt.Errorf("--otlp-sample: %w", err)
		}
	}
	if err := overOTLP(&f.otlp, os.LookupEnv); err != nil || f.otlp.Endpoint == "" {
		return nil, err
	}
	return app.SpansOf(f.otlp), nil
}

func parseNetwork(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return p, fmt.Errorf("network %q: is none (fix: write 10.0.0.0/8 or an address)", text)
	}
	return p, nil
}
