package browser

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/admit"
	"github.com/honderd/honderd/internal/route"
)

// report is one report of the Reporting API (W3C), with what Network Error Logging (W3C)
// and crash reports (WICG) have in their body. Nothing else is read.
type report struct {
	Age   float64 `json:"age"` // milliseconds since it happened
	Type  string  `json:"type"`
	URL   string  `json:"url"`
	Agent string  `json:"user_agent"`
	Body  struct {
		Type    string  `json:"type"`
		Method  string  `json:"method"`
		Status  int     `json:"status_code"`
		Elapsed float64 `json:"elapsed_time"` // milliseconds
	} `json:"body"`
}

// maxReportsAtOnce is the most reports in one request.
const maxReportsAtOnce = 200

// reports takes what browsers report by themselves.
func (d *Door) reports(s *sent) *admit.Refusal {
	if no := d.opens(s.from.shown); no != nil {
		return no
	}
	list, ok := readReports(s.body)
	if !ok {
		return notOurs("a list of reports")
	}
	for _, raw := range list {
		var r report
		if json.Unmarshal(raw, &r) != nil || r.Type == "" {
			s.batch.reject("not a report")
			continue
		}
		d.report(s, &r)
	}
	return nil
}

// readReports returns the reports of a body: a list, one alone, or what browsers sent for
// content security policies before there was a Reporting API.
func readReports(body []byte) (list []json.RawMessage, ok bool) {
	if json.Unmarshal(body, &list) == nil {
		return list, len(list) <= maxReportsAtOnce
	}
	var old struct {
		CSP  json.RawMessage `json:"csp-report"`
		Type string          `json:"type"`
	}
	switch {
	case json.Unmarshal(body, &old) != nil:
		return nil, false
	case len(old.CSP) > 0:
		return []json.RawMessage{json.RawMessage(`{"type":"csp-violation"}`)}, true
	}
	return []json.RawMessage{body}, old.Type != ""
}

// reportTypes are the types that are counted by their name.
func reportTypes() []string {
	return []string{
		"csp-violation", "deprecation", "intervention", "crash", "permissions-policy-violation", "coop", "coep", "document-policy-violation",
		"integrity-violation", "potential-permissions-policy-violation",
	}
}

// report judges one report. Its query never leaves this function.
func (d *Door) report(s *sent, r *report) {
	s.batch.read("report")
	at, err := url.Parse(r.URL)
	if err != nil {
		at = &url.URL{}
	}
	v := sight{
		at: s.at.Add(-time.Duration(min(max(r.Age, 0), float64(maxMessage.Milliseconds()))) * time.Millisecond), person: s.person, wait: -1,
		method: r.Body.Method, path: at.EscapedPath(), part: true,
	}
	switch {
	case r.Type == "network-error":
		if kind := d.networkError(&v, r); kind != "" {
			d.counts.report(kind)
			return
		}
		d.counts.report(errorKind(r.Body.Type))
	case slices.Contains(reportTypes(), r.Type):
		d.counts.report(r.Type)
		if r.Type != "crash" {
			return
		}
		v.cause, v.method = experience.Broken, http.MethodGet
	default:
		d.counts.report("other")
		return
	}
	if s.agent == "" {
		s.agent = string(route.Cut([]byte(r.Agent), 512))
	}
	if !d.speaksOf(s, at) {
		d.counts.report("of another site")
		return
	}
	if d.robot(s, false) {
		return
	}
	d.add(s.batch, v)
}

// speaksOf reports whether a report is of a site whose pages may tell.
func (d *Door) speaksOf(s *sent, at *url.URL) bool {
	host := strings.ToLower(at.Host)
	if len(d.origins) == 0 {
		return host == s.from.host || host == s.from.page
	}
	return slices.ContainsFunc(d.origins, func(o origin) bool { return o.takes(at.Scheme, host) })
}

// networkError judges what Network Error Logging reports, or says as what it is only
// counted.
func (d *Door) networkError(v *sight, r *report) string {
	if v.method == "" {
		v.method = http.MethodGet
	}
	if r.Body.Elapsed > 0 {
		v.wait = time.Duration(min(r.Body.Elapsed, float64(maxWait.Milliseconds()))) * time.Millisecond
	}
	kind := r.Body.Type
	family, _, _ := strings.Cut(kind, ".")
	switch {
	case kind == "ok":
		return "network: ok"
	case kind == "unknown" || kind == "dns.address_changed":
		return "network: " + kind // nobody can know whether it failed: NEL, section 5.4 (downgrade)
	case kind == "abandoned":
		v.cause = d.options.Rules.Judge(499, v.wait)
	case kind == "http.error":
		v.status, v.served = r.Body.Status, true
		v.cause = d.options.Rules.Judge(r.Body.Status, v.wait)
	case family == "dns" || family == "tcp" || family == "tls":
		v.cause = experience.Unreachable
	case family == "http":
		v.cause = experience.ServerError
	default:
		return "network: other"
	}
	if part, noticed := d.options.Rules.IsPart(v.path); part && !noticed {
		v.cause = experience.Fine
	}
	return ""
}

// errorTypes are the types of network errors in the specification.
func errorTypes() []string {
	return []string{
		"dns.unreachable", "dns.name_not_resolved", "dns.failed", "tcp.timed_out", "tcp.closed", "tcp.reset", "tcp.refused", "tcp.aborted",
		"tcp.address_invalid", "tcp.address_unreachable", "tcp.failed", "tls.version_or_cipher_mismatch", "tls.bad_client_auth_cert",
		"tls.cert.name_invalid", "tls.cert.date_invalid", "tls.cert.authority_invalid", "tls.cert.invalid", "tls.cert.revoked",
		"tls.cert.pinned_key_not_in_cert_chain", "tls.protocol.error", "tls.failed", "http.error", "http.protocol.error", "http.response.invalid",
		"http.response.redirect_loop", "http.failed", "abandoned",
	}
}

// errorKind returns the name under which a network error is counted: names from outside
// are not.
func errorKind(kind string) string {
	if slices.Contains(errorTypes(), kind) {
		return "network: " + kind
	}
	return "network: other"
}
