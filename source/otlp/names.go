package otlp

// field is something that an attribute can say.
type field uint8

const (
	// Of a resource.
	fieldService field = iota
	fieldNamespace
	fieldVersion
	fieldEnvironment
	fieldCriticality
	fieldOwner
	fieldLanguage // of the SDK
	fieldBrowser
	fieldSystem // the operating system

	// Of a span.
	fieldPerson
	fieldAddress
	fieldForwarded
	fieldAgent
	fieldSynthetic
	fieldMethod
	fieldRoute
	fieldPath
	fieldURL
	fieldScreen
	fieldStatus
	fieldError
	fieldRPC
	fieldRPCService
	fieldRPCMethod
	fieldRPCStatus
	fieldGRPCMessage
	fieldResend
	fieldPeer
	fieldDB
	fieldDBName
	fieldMessaging
	fieldDestination
	fieldServer
	fieldEdge
	fieldKind // Jaeger
	fields
)

// meaning is what an attribute says, and how much it is to be believed beside others that
// say the same: 0 is the most.
type meaning struct {
	field field
	rank  uint8
}

// dictionary returns what the attributes are called, the newest name first.
//
// Source: OpenTelemetry semantic conventions 1.44.0 and, for the names before, 1.0 to
// 1.26; Zipkin's and Jaeger's own tags last.
func dictionary() map[string]meaning {
	known := map[string]meaning{}
	for f, names := range map[field][]string{
		fieldService:     {"service.name"},
		fieldNamespace:   {"service.namespace"},
		fieldVersion:     {"service.version", "version"},
		fieldEnvironment: {"deployment.environment.name", "deployment.environment"},
		fieldCriticality: {"service.criticality"},
		fieldOwner:       {"service.owner", "service.owner.name", "service.team", "team", "owner"},
		fieldLanguage:    {"telemetry.sdk.language"},
		fieldBrowser:     {"browser.brands", "browser.platform", "browser.language", "browser.mobile"},
		fieldSystem:      {"os.name"},

		fieldPerson:      {"enduser.pseudo.id", "user.hash", "user.id", "enduser.id", "app.installation.id", "device.id", "session.id"},
		fieldAddress:     {"client.address", "http.client_ip", "client.socket.address", "network.peer.address", "net.sock.peer.addr", "net.peer.ip", "peer.ipv4", "peer.ipv6"},
		fieldForwarded:   {"http.request.header.x-forwarded-for", "http.request.header.x_forwarded_for"},
		fieldAgent:       {"user_agent.original", "http.user_agent", "http.request.header.user-agent", "http.request.header.user_agent", "user_agent"},
		fieldSynthetic:   {"user_agent.synthetic.type"},
		fieldMethod:      {"http.request.method", "http.method"},
		fieldRoute:       {"http.route", "url.template"},
		fieldPath:        {"url.path", "http.target", "http.path"},
		fieldURL:         {"url.full", "http.url"},
		fieldScreen:      {"app.screen.name", "screen.name"},
		fieldStatus:      {"http.response.status_code", "http.status_code", "http.status"},
		fieldError:       {"error.type", "exception.type", "error"},
		fieldRPC:         {"rpc.system.name", "rpc.system"},
		fieldRPCService:  {"rpc.service"},
		fieldRPCMethod:   {"rpc.method"},
		fieldRPCStatus:   {"rpc.response.status_code", "rpc.grpc.status_code", "grpc.status_code", "rpc.connect_rpc.error_code"},
		fieldGRPCMessage: {"grpc.path"},
		fieldResend:      {"http.request.resend_count", "http.resend_count", "http.retry_count"},
		fieldPeer:        {"service.peer.name", "peer.service"},
		fieldDB:          {"db.system.name", "db.system", "db.type"},
		fieldDBName:      {"db.namespace", "db.name", "db.instance"},
		fieldMessaging:   {"messaging.system"},
		fieldDestination: {"messaging.destination.name", "messaging.destination", "kafka.topic", "message_bus.destination"},
		fieldServer:      {"server.address", "net.peer.name", "net.host.name", "http.host", "peer.hostname", "peer.address"},
		fieldEdge:        {"honderd.edge"},
		fieldKind:        {"span.kind"},
	} {
		for rank, name := range names {
			known[name] = meaning{f, uint8(rank)}
		}
	}
	return known
}

// bag is what the attributes of one span, or of one resource, say.
type bag struct {
	said [fields]string
	rank [fields]uint8 // of what is said, from 1; 0: nothing is

	wanted map[string]int // attributes that the configuration asks for, by where they are kept
	more   []string       // what those say
}

// put notes what an attribute says, unless another that is to be believed more said it.
func (b *bag) put(known map[string]meaning, name, value string) {
	if value == "" {
		return
	}
	if m, ok := known[name]; ok {
		if b.rank[m.field] == 0 || m.rank+1 < b.rank[m.field] {
			b.said[m.field], b.rank[m.field] = value, m.rank+1
		}
	}
	if len(b.wanted) > 0 {
		if i, ok := b.wanted[name]; ok {
			b.more[i] = value
		}
	}
}

// empty forgets what was said.
func (b *bag) empty() {
	for f := range b.rank {
		if b.rank[f] != 0 {
			b.rank[f], b.said[f] = 0, ""
		}
	}
	clear(b.more)
}
