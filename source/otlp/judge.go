package otlp

import (
	"strconv"
	"strings"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/robots"
	"github.com/honderd/honderd/service"
)

// raw is a span as every format has it, before its attributes say what it means.
type raw struct {
	trace      traceID
	id, parent spanID
	name       string
	role       role
	begin, end int64 // Unix nanoseconds
	failed     bool  // its status says so
	state      string
}

// read returns what a span with these attributes, which are in the bag, means.
func (r *reader) read(w *raw, res *resource) span {
	b := &r.bag.said
	s := span{
		trace: w.trace, id: w.id, parent: w.parent, res: res, role: w.role,
		begin: w.begin / 1e6, end: w.end / 1e6,
	}
	if s.end < s.begin {
		s.end = s.begin
	}
	s.wait = uint32(min(s.end-s.begin, maxWait))
	switch b[fieldEdge] {
	case "true", "1":
		s.mark = atEdge
	case "false", "0":
		s.mark = notAtEdge
	}
	if b[fieldResend] != "" && b[fieldResend] != "0" {
		s.flags |= resent
	}
	if isSampled(w.state) {
		s.flags |= sampled
	}
	if res.app && s.role == internal && w.name == "documentLoad" {
		s.flags |= page
	}
	status := r.status(w.failed)
	s.cause = r.cause(status, -1)
	if s.role == client || s.role == producer {
		s.peer, s.peerKind = r.peer()
	}
	if s.edgy() {
		if s.cause == experience.Fine || s.cause == experience.GaveUp {
			if felt := r.cause(status, time.Duration(s.wait)*time.Millisecond); felt == experience.TooSlow {
				s.flags |= impatient
			} else {
				s.cause = felt
			}
		}
		r.name(&s, w.name, status)
		if b[fieldRoute] != "" || b[fieldRPCMethod] != "" || b[fieldScreen] != "" {
			s.flags |= routed
		}
		r.who(&s)
		if len(r.labels) > 0 {
			r.labelled(&s)
		}
	} else {
		s.robot = robots.Person
	}
	return s
}

// cause judges a status.
func (r *reader) cause(status int, wait time.Duration) experience.Cause {
	return r.o.Rules.Judge(status, wait)
}

// Statuses of HTTP that stand for what has none.
const (
	good        = 200
	clientGone  = 499
	broken      = 500
	unreachable = 503
	overdue     = 504
)

// status returns how the conversation ended, as the status of HTTP that means it.
func (r *reader) status(failed bool) int {
	b := &r.bag.said
	if code, err := strconv.Atoi(b[fieldStatus]); err == nil && code >= 100 && code <= 999 {
		if code < 400 && failed {
			return broken // the application says that its answer was none
		}
		return code
	}
	if b[fieldRPCStatus] != "" {
		return rpcStatus(b[fieldRPCStatus])
	}
	kind := strings.ToLower(b[fieldError])
	if kind == "false" || kind == "0" {
		kind = ""
	}
	switch {
	case kind == "" && !failed:
		return good
	case strings.Contains(kind, "cancel") || strings.Contains(kind, "abort"):
		return clientGone
	case strings.Contains(kind, "timeout") || strings.Contains(kind, "deadline"):
		return overdue
	case strings.Contains(kind, "connect") || strings.Contains(kind, "unavailable") || strings.Contains(kind, "unknownhost") ||
		strings.Contains(kind, "name_not_resolved") || strings.Contains(kind, "econn"):
		return unreachable
	}
	if code, err := strconv.Atoi(kind); err == nil && code >= 400 && code <= 599 {
		return code
	}
	return broken
}

// rpcStatus returns the status of HTTP that a status of gRPC means, which is written as a
// number or as a word.
//
// Source: google/rpc/code.proto, which names for each the status of HTTP.
func rpcStatus(code string) int {
	switch strings.ToUpper(strings.ReplaceAll(code, "_", "")) {
	case "0", "OK":
		return good
	case "1", "CANCELLED", "CANCELED":
		return clientGone
	case "3", "9", "11", "INVALIDARGUMENT", "FAILEDPRECONDITION", "OUTOFRANGE":
		return 400
	case "4", "DEADLINEEXCEEDED":
		return overdue
	case "5", "NOTFOUND":
		return 404
	case "6", "10", "ALREADYEXISTS", "ABORTED":
		return 409
	case "7", "PERMISSIONDENIED":
		return 403
	case "8", "RESOURCEEXHAUSTED":
		return 429
	case "12", "UNIMPLEMENTED":
		return 501
	case "14", "UNAVAILABLE":
		return unreachable
	case "16", "UNAUTHENTICATED":
		return 401
	}
	return broken
}

// peer returns whom a client called, as far as its span says so.
func (r *reader) peer() (name string, kind service.Kind) {
	b := &r.bag.said
	switch {
	case b[fieldDB] != "" || b[fieldDBName] != "":
		kind = service.DB
		name = b[fieldDB]
		if b[fieldDBName] != "" && name != "" {
			name += " " + b[fieldDBName]
		} else if name == "" {
			name = b[fieldDBName]
		}
	case b[fieldMessaging] != "" || b[fieldDestination] != "":
		kind, name = service.Messaging, b[fieldDestination]
		if name == "" {
			name = b[fieldMessaging]
		}
	case b[fieldRPC] != "" || b[fieldRPCMethod] != "" || b[fieldGRPCMessage] != "":
		kind = service.RPC
	case b[fieldMethod] != "" || b[fieldURL] != "" || b[fieldPath] != "" || b[fieldStatus] != "":
		kind = service.HTTP
	default:
		kind = service.External
	}
	switch {
	case b[fieldPeer] != "":
		name = b[fieldPeer]
	case name != "":
	case b[fieldServer] != "":
		name = b[fieldServer]
	default:
		name = hostOf(b[fieldURL])
	}
	return r.word(name), kind
}

// hostOf returns the host of an address.
func hostOf(url string) string {
	_, rest, found := strings.Cut(url, "://")
	if !found {
		return ""
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 { // user and password are nobody's business
		rest = rest[at+1:]
	}
	return rest
}

// isSampled reports whether tracestate says that not all traces like this one are sent:
// a threshold above 0, or a p-value, of OpenTelemetry.
//
// Source: OpenTelemetry, TraceState: probability sampling (ot=th:...; before: ot=p:...).
func isSampled(state string) bool {
	if state == "" {
		return false
	}
	for member := range strings.SplitSeq(state, ",") {
		ours, found := strings.CutPrefix(strings.TrimSpace(member), "ot=")
		if !found {
			continue
		}
		for pair := range strings.SplitSeq(ours, ";") {
			name, value, _ := strings.Cut(pair, ":")
			if (name == "th" || name == "p") && strings.Trim(value, "0") != "" {
				return true
			}
		}
	}
	return false
}
