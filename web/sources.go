package web

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// The ways in which something comes in.
const (
	WayLogs        = "logs"
	WaySyslog      = "syslog"
	WayBrowsers    = "browsers"
	WayTraces      = "traces"
	WayPush        = "push"
	WayMetrics     = "metrics"
	WayHooks       = "hooks"
	WayGateway     = "gateway"
	WayProbes      = "probes"
	WayVantages    = "vantages"
	WayCluster     = "cluster"
	WayCatalog     = "catalog"
	WayMentions    = "mentions"
	WayFromVendors = "vendors"
)

// Way is one way in which something comes in, and who uses it.
type Way struct {
	Kind    string   // one of those above
	At      []string // where it listens, or what it reads; none: it is off
	Keyed   bool     // who sends shows a key
	Senders []Sender
	Refused []Drop
}

// Sender is one that something comes from.
type Sender struct {
	Name    string
	Came    int64     // how much came; below 0: that is not counted
	Last    time.Time // when last; zero: nothing yet
	Trouble string    // what is wrong, "" for nothing
}

// sourcesSheet is what the page of what comes in shows.
type sourcesSheet struct {
	sheet
	Used, Unused []Way
	base, host   string // where senders find us
}

// sources shows what comes in, from where, and how to let more in.
func (d dashboard) sources(w http.ResponseWriter, r *http.Request) {
	s := sourcesSheet{sheet: d.sheet(w, r), host: hostName(r.Host), base: "http://" + r.Host}
	if Encrypted(r) {
		s.base = "https://" + r.Host
	}
	s.Here = "sources"
	for _, way := range d.Ways() {
		if len(way.Senders) > 0 || len(way.Refused) > 0 {
			s.Used = append(s.Used, way)
		} else {
			s.Unused = append(s.Unused, way)
		}
	}
	d.show(w, r, "sources page", s)
}

// Senders returns how many senders told something.
func (s sourcesSheet) Senders() (n int) {
	for _, way := range s.Used {
		for _, one := range way.Senders {
			if !one.Last.IsZero() {
				n++
			}
		}
	}
	return n
}

// Title returns what a way is called.
func (s sourcesSheet) Title(way Way) string {
	return map[string]string{
		WayLogs: s.R.T("Logs of servers"), WaySyslog: s.R.T("Logs over syslog"), WayBrowsers: s.R.T("Browsers of people"), WayTraces: "OpenTelemetry",
		WayPush: s.R.T("Programs that send experiences"), WayMetrics: "Prometheus", WayHooks: s.R.T("Pipelines and alerts"), WayGateway: s.R.T("The gateway"),
		WayProbes: s.R.T("Probes"), WayVantages: s.R.T("Vantage points"), WayCluster: "Kubernetes", WayCatalog: s.R.T("Catalogs of services"),
		WayMentions: s.R.T("What people say in public"), WayFromVendors: s.R.T("Those on whom we depend"),
	}[way.Kind]
}

// Says returns what a way tells, for who does not use it yet.
func (s sourcesSheet) Says(way Way) string {
	return map[string]string{
		WayLogs:        s.R.T("Each line of an access log is a step of a person. It is followed, also when it is rotated."),
		WaySyslog:      s.R.T("Servers send their access logs here; nothing need be installed beside them."),
		WayBrowsers:    s.R.T("What no server knows: pages that did not come, scripts that broke, people who gave up."),
		WayTraces:      s.R.T("Traces tell what people got, which fault was hidden, and which service needs which."),
		WayPush:        s.R.T("Any program can say how a step of a person went."),
		WayMetrics:     s.R.T("What runs out is foreseen: disks, memory, connections, certificates, queues."),
		WayHooks:       s.R.T("Releases are judged by the people on them; alerts and complaints stand beside incidents."),
		WayGateway:     s.R.T("It hides faults from people, and knows what the backends did and what people got."),
		WayProbes:      s.R.T("An address is asked every minute, also when nobody is there."),
		WayVantages:    s.R.T("Another machine asks the same addresses from where your people are."),
		WayCluster:     s.R.T("Its rollouts are releases, its workloads services with owners."),
		WayCatalog:     s.R.T("Whose each service is, what it needs, how its owner is reached."),
		WayMentions:    s.R.T("How far a bad time spreads: tags of Mastodon, Bluesky, feeds such as the reviews of an app."),
		WayFromVendors: s.R.T("What they say of themselves, by their status page or feed."),
	}[way.Kind]
}

// Unit returns what is counted of a way.
func (s sourcesSheet) Unit(way Way) string {
	switch way.Kind {
	case WayLogs, WaySyslog:
		return s.R.T("Lines")
	case WayMetrics:
		return s.R.T("Samples")
	case WayHooks, WayMentions, WayFromVendors:
		return s.R.T("Messages")
	case WayProbes, WayVantages:
		return s.R.T("Targets")
	case WayCluster, WayCatalog:
		return s.R.T("Services")
	}
	return s.R.T("Experiences")
}

// How returns the command or the lines that connect one more, with this address in them.
// where it is a line of honderd.yaml, it says so.
func (s sourcesSheet) How(way Way) string {
	key := ""
	if way.Keyed {
		key = "KEY" // one of receive.keys: they are never shown
	}
	switch way.Kind {
	case WayLogs:
		return "honderd serve /var/log/nginx/access.log"
	case WaySyslog:
		if len(way.At) == 0 {
			return "# honderd.yaml\nreceive:\n  syslog:\n    listen: [udp://127.0.0.1:5514]\n\n# nginx.conf\naccess_log syslog:server=127.0.0.1:5514 combined;"
		}
		return "# nginx.conf\naccess_log syslog:server=" + s.here(bare(way.At[0])) + " combined;"
	case WayBrowsers:
		return `<script src="` + s.base + `/honderd.js" async></script>`
	case WayTraces:
		return s.howTraces(way, key)
	case WayPush:
		return "curl -H 'Content-Type: application/x-ndjson'" + header(key) + ` -d '{"person":"customer-1","path":"/checkout","status":200}' ` + s.base + "/api/v1/experiences"
	case WayMetrics:
		text := "# prometheus.yml\nremote_write:\n  - url: " + s.base + "/api/v1/write"
		if key != "" {
			text += "\n    authorization: {credentials: KEY}"
		}
		return text
	case WayHooks:
		return "curl" + header(key) + " -d service=shop -d version=1.4 " + s.base + "/hooks/release"
	}
	return s.howElse(way.Kind)
}

func (s sourcesSheet) howTraces(way Way, key string) string {
	if len(way.At) == 0 {
		return "# honderd.yaml\nreceive:\n  otlp:\n    grpc: 127.0.0.1:4317\n    http: 127.0.0.1:4318"
	}
	text := "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\nexport OTEL_EXPORTER_OTLP_ENDPOINT=http://" + s.here(way.At[len(way.At)-1])
	if key != "" {
		text += "\nexport OTEL_EXPORTER_OTLP_HEADERS=authorization=\"Bearer KEY\""
	}
	return text
}

// howElse is How for what is not sent to us.
func (s sourcesSheet) howElse(kind string) string {
	return map[string]string{
		WayGateway:     "honderd gateway --listen :8080 --to http://10.0.0.1,http://10.0.0.2",
		WayProbes:      "honderd serve https://shop.example/",
		WayVantages:    "# honderd.yaml\nprobes:\n  vantage_points:\n    - name: amsterdam\n      key: ${AMSTERDAM_KEY}\n\n# on the machine in Amsterdam\nhonderd probe --join " + s.base + " --key-file amsterdam.key",
		WayCluster:     "# honderd.yaml\nkubernetes: {url: in-cluster}",
		WayCatalog:     "# honderd.yaml\ncatalog: [https://git.example/shop/catalog-info.yaml]",
		WayMentions:    "# honderd.yaml\nmentions:\n  words: [shop.example]\n  mastodon: [https://mastodon.example/tags/shop]",
		WayFromVendors: "# honderd.yaml\ndependencies:\n  - name: Bank\n    statuspage: https://status.bank.example",
	}[kind]
}

func header(key string) string {
	if key == "" {
		return ""
	}
	return " -H 'Authorization: Bearer " + key + "'"
}

// bare returns an address without what kind it is of.
func bare(address string) string {
	kind, where, found := strings.Cut(address, "://")
	if !found {
		return address
	}
	if strings.HasPrefix(kind, "unix") {
		return "unix:" + where
	}
	return where
}

// here returns an address as who reads can use it: for one that listens everywhere by the
// name that they asked for.
func (s sourcesSheet) here(address string) string {
	for _, all := range []string{"0.0.0.0:", "[::]:"} {
		if port, found := strings.CutPrefix(address, all); found {
			return s.host + ":" + port
		}
	}
	return strings.TrimPrefix(address, "tcp ")
}

// Most returns the refusals of a way, the most frequent first.
func (s sourcesSheet) Most(way Way) []Drop {
	list := slices.Clone(way.Refused)
	slices.SortStableFunc(list, func(a, b Drop) int { return int(min(1, max(-1, b.Count-a.Count))) })
	return list
}
