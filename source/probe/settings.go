package probe

import (
	_ "embed" // for SettingSource
	"time"
)

//go:embed settings.go
var settingSource string

// SettingSource returns the source of the settings below: the comment of each tells an
// editor what a key of honderd.yaml means.
func SettingSource() string { return settingSource }

// Settings are the probes as people write them in honderd.yaml.
type Settings struct {
	// Every is how often a target is asked that does not say. When it is not written: 1m.
	Every time.Duration `yaml:"every" is:"every"`

	// Limit is how many are asked at one time. When it is not written: 512.
	Limit int `yaml:"limit" is:"count"`

	// Anchors are what can be reached while this machine has a network, as host:port.
	Anchors []string `yaml:"anchors" is:"address"`

	// Browser is where Chromium is. When it is not written it is looked for.
	Browser string `yaml:"browser" is:"file"`

	// Browsers is how many recordings are played at one time. When it is not written: 2.
	Browsers int `yaml:"browsers" is:"count"`

	// Pictures is how many pictures of steps that failed are kept. When it is not
	// written: 100.
	Pictures int `yaml:"pictures" is:"count"`

	// Import are files that say what other programs watch: Gatus, Uptime Kuma, HAR,
	// recordings, Prometheus and its blackbox exporter.
	Import []string `yaml:"import" is:"file"`

	// Vantages are other machines that probe too.
	Vantages []Vantage `yaml:"vantage_points"`

	// Targets are what is asked.
	Targets []Setting `yaml:"targets"`

	// Lookup returns variables of the environment that stand in the files of Import; nil:
	// they stay as they are written.
	Lookup func(name string) (string, bool)
}

// Vantage is another machine that probes too.
type Vantage struct {
	// Name is how the place is called.
	Name string `yaml:"name" is:"node,required"`

	// Key is what the other machine shows, 16 characters or more.
	Key string `yaml:"key" is:"secret,required"`
}

// Pair is a name that a person chooses, with its value.
type Pair struct{ Name, Value string }

// Setting is a Target as people write it. Exactly one of url, tcp, tls, dns, ping,
// recording and steps says what is asked.
type Setting struct {
	// Name is how the target is called, another name for each.
	Name string `yaml:"name" is:"probe,required"`

	// URL is an address with http, https, ws, wss, grpc or grpcs.
	URL string `yaml:"url" is:"url"`

	// TCP is where to connect, as host:port.
	TCP string `yaml:"tcp" is:"text"`

	// TLS is where to connect securely, as host or host:port.
	TLS string `yaml:"tls" is:"text"`

	// DNS is the server that is asked, as host or host:port.
	DNS string `yaml:"dns" is:"text"`

	// Ping is the host that is pinged.
	Ping string `yaml:"ping" is:"text"`

	// Recording is a file that Chrome DevTools Recorder saved.
	Recording string `yaml:"recording" is:"file"`

	// Steps are the requests of a journey, one after the other.
	Steps []StepSetting `yaml:"steps"`

	// Every is how often this target is asked. When it is not written: as probes say.
	Every time.Duration `yaml:"every" is:"every"`

	// Timeout is how long one try may take. When it is not written: 10s, a journey 30s,
	// a recording 1m.
	Timeout time.Duration `yaml:"timeout" is:"duration"`

	// IP is which kind of address is asked: any, 4 or 6.
	IP string `yaml:"ip" is:"any|4|6"`

	// Expect is what a good answer is, such as status 200 or time < 800ms.
	Expect []string `yaml:"expect" is:"expectation"`

	// Read is how many bytes of the answer are looked at.
	Read int64 `yaml:"body_limit" is:"bytes"`

	// Method is that of HTTP. When it is not written: GET.
	Method string `yaml:"method" is:"method"`

	// Headers are sent with the request.
	Headers []Pair `yaml:"headers" is:"header value,named"`

	// Body is sent with the request.
	Body string `yaml:"body" is:"text"`

	// Redirects says whether answers that lead elsewhere are followed: follow, same-host
	// or none.
	Redirects string `yaml:"redirects" is:"follow|same-host|none"`

	// Ask is what a DNS server is asked, such as MX example.org.
	Ask string `yaml:"ask" is:"text"`

	// Answers are those of DNS that must be there.
	Answers []string `yaml:"answers" is:"text"`

	// Only says whether no other answers of DNS may be there: yes or no.
	Only string `yaml:"only" is:"yes|no"`

	// Match are patterns that must each fit an answer of DNS.
	Match []string `yaml:"match" is:"pattern"`

	// MatchNot are patterns that no answer of DNS may fit.
	MatchNot []string `yaml:"match_not" is:"pattern"`

	// Code is that of DNS, such as NOERROR or NXDOMAIN.
	Code string `yaml:"code" is:"text"`

	// Over is how DNS is asked: udp or tcp.
	Over string `yaml:"over" is:"udp|tcp"`

	// Service is whose health is asked with gRPC. When it is not written: the server's.
	Service string `yaml:"service" is:"text"`

	// Talk is what is said and awaited over TCP, TLS or WebSocket.
	Talk []TurnSetting `yaml:"talk"`

	// Trust says which certificates are right.
	Trust TrustSetting `yaml:"trust"`
}

// StepSetting is a Step as people write it.
type StepSetting struct {
	// Name is how the step is called.
	Name string `yaml:"name" is:"text"`

	// URL is what is asked. ${name} in it stands for what an earlier step extracted.
	URL string `yaml:"url" is:"template,required"`

	// Method is that of HTTP. When it is not written: GET.
	Method string `yaml:"method" is:"method"`

	// Headers are sent with the request. ${name} stands for what was extracted.
	Headers []Pair `yaml:"headers" is:"header template,named"`

	// Body is sent with the request. ${name} in it stands for what was extracted.
	Body string `yaml:"body" is:"template"`

	// Redirects says whether answers that lead elsewhere are followed: follow, same-host
	// or none.
	Redirects string `yaml:"redirects" is:"follow|same-host|none"`

	// Expect is what a good answer is, such as status 200.
	Expect []string `yaml:"expect" is:"expectation"`

	// Read is how many bytes of the answer are looked at.
	Read int64 `yaml:"body_limit" is:"bytes"`

	// Extract are values for later steps.
	Extract []ExtractSetting `yaml:"extract"`
}

// ExtractSetting is an Extract as people write it.
type ExtractSetting struct {
	// Name is how later steps call the value, in small letters, digits and _.
	Name string `yaml:"name" is:"value,required"`

	// From is where it stands: json data.token, header X-Id, cookie session, or body.
	From string `yaml:"from" is:"text,required"`

	// Pattern is a regular expression whose first group, or all of it, is the value.
	Pattern string `yaml:"pattern" is:"pattern"`
}

// TurnSetting is a Turn as people write it.
type TurnSetting struct {
	// Send is what is sent. ${1} in it stands for the first group of what came before.
	Send string `yaml:"send" is:"template"`

	// Expect is a regular expression that what comes must match.
	Expect string `yaml:"expect" is:"pattern"`

	// TLS says whether the connection becomes secure after that: yes or no.
	TLS string `yaml:"tls" is:"yes|no"`
}

// TrustSetting is a Trust as people write it.
type TrustSetting struct {
	// Name is the name that the certificate must have.
	Name string `yaml:"name" is:"text"`

	// CA is a file with who may sign.
	CA string `yaml:"ca" is:"file"`

	// Cert is a file with what is shown to servers that ask.
	Cert string `yaml:"cert" is:"file"`

	// Key is a file with the key of that certificate.
	Key string `yaml:"key" is:"file"`

	// Any says whether any certificate is right: yes or no.
	Any string `yaml:"any" is:"yes|no"`
}
