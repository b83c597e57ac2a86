package monitor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/honderd/honderd/internal/diag"
	"github.com/honderd/honderd/internal/route"
	"github.com/honderd/honderd/source/probe"
)

// archive is what is needed of a HAR 1.2 archive: http://www.softwareishard.com/blog/har-12-spec/
type archive struct {
	Log struct {
		Entries []json.RawMessage `json:"entries"`
	} `json:"log"`
}

type entry struct {
	at       *url.URL
	Resource string `json:"_resourceType"` // of Chrome
	Request  struct {
		Method  string     `json:"method"`
		URL     string     `json:"url"`
		Headers []harField `json:"headers"`
		Post    *struct {
			Kind   string          `json:"mimeType"`
			Text   string          `json:"text"`
			Params json.RawMessage `json:"params"` // not all programs write them alike
		} `json:"postData"`
	} `json:"request"`
	Response struct {
		Status   int        `json:"status"`
		Redirect string     `json:"redirectURL"`
		Headers  []harField `json:"headers"`
		Content  struct {
			Kind string `json:"mimeType"`
		} `json:"content"`
	} `json:"response"`
}

type harField struct{ Name, Value string }

type harParam struct{ Name, Value, FileName string }

// HAR makes one journey of a HAR 1.2 archive: the pages, forms and calls that a browser
// made to the host of the page, in order.
func HAR(text []byte, o Options) ([]probe.Target, diag.Problems) {
	h := &har{reading: begin(text, o), own: map[string]bool{}, set: map[string]bool{}, left: map[string]int{}}
	var a archive
	if len(text) > MaxBytes {
		h.unread(nil, errTooMuch)
		return nil, h.problems
	}
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &a); err != nil {
		h.unread(nil, err)
		return nil, h.problems
	}
	entries := h.choose(h.readable(a.Log.Entries))
	t := probe.Target{Name: h.host, Kind: probe.Journey}
	for i := 0; i < len(entries); i++ {
		e := entries[i]
		status := e.Response.Status
		for i+1 < len(entries) && leadsTo(entries[i], entries[i+1]) { // what leads elsewhere is followed
			h.note(entries[i])
			i++
			status = entries[i].Response.Status
		}
		t.Steps = append(t.Steps, h.step(e, status))
		h.note(entries[i])
	}
	for _, why := range slices.Sorted(maps.Keys(h.left)) {
		h.say(nil, fmt.Sprintf("%d %s are left out", h.left[why], why), "")
	}
	if len(t.Steps) > probe.MaxSteps {
		h.say(nil, fmt.Sprintf("the last %d of %d requests are left out: a journey has at most %d", len(t.Steps)-probe.MaxSteps, len(t.Steps), probe.MaxSteps), "record a shorter visit")
		t.Steps = t.Steps[:probe.MaxSteps]
	}
	if len(t.Steps) == 0 {
		h.say(nil, "there is no request in it that can be asked again", "record a visit with the network panel open, and save all as HAR")
		return h.end()
	}
	h.add(nil, t)
	return h.end()
}

// har is a HAR archive that is read.
type har struct {
	*reading
	host string
	own  map[string]bool // hosts that are taken
	set  map[string]bool // cookies that answers set
	left map[string]int  // requests that are left out, by why
}

// readable returns the entries that are requests over HTTP. One that cannot be read costs
// no other.
func (h *har) readable(raw []json.RawMessage) (entries []entry) {
	for _, text := range raw {
		var e entry
		if err := json.Unmarshal(text, &e); err != nil {
			h.left["requests that cannot be read"]++
			continue
		}
		var err error
		if e.at, err = url.Parse(e.Request.URL); err != nil || e.at.Scheme != "http" && e.at.Scheme != "https" || e.at.Host == "" {
			h.left["requests that are not HTTP"]++
			continue
		}
		entries = append(entries, e)
	}
	return entries
}

// findHost finds the host of the page, and those that lead to it: example.org leads to
// www.example.org.
func (h *har) findHost(entries []entry) {
	for _, host := range h.o.Hosts {
		h.own[host] = true
	}
	pages := slices.Clone(entries)
	if slices.ContainsFunc(pages, entry.isDocument) {
		pages = slices.DeleteFunc(pages, func(e entry) bool { return !e.isDocument() })
	}
	for i, e := range pages {
		h.host = e.at.Host
		h.own[h.host] = true
		if i+1 == len(pages) || !leadsTo(e, pages[i+1]) {
			return
		}
	}
}

// choose returns the entries that are steps.
func (h *har) choose(entries []entry) (chosen []entry) {
	h.findHost(entries)
	for _, e := range entries {
		switch {
		case !h.own[e.at.Host]:
			h.left["requests to "+e.at.Host+", another host,"]++
		case !h.o.Everything && (!e.isDocument() && !e.isCall() || strings.HasSuffix(e.at.Path, "/favicon.ico")):
			h.left["pictures, styles, scripts and the like"]++
		case e.Response.Status < 100 || e.Response.Status > 999:
			h.left["requests without an answer"]++
		case e.Request.Method == http.MethodOptions:
			h.left["questions of the browser before a request"]++
		default:
			chosen = append(chosen, e)
		}
	}
	return chosen
}

// isDocument reports whether e asked for a page.
func (e entry) isDocument() bool {
	switch {
	case e.Resource != "":
		return e.Resource == "document"
	case headerOf(e.Request.Headers, "Sec-Fetch-Dest") != "":
		return headerOf(e.Request.Headers, "Sec-Fetch-Dest") == "document"
	}
	if accept := headerOf(e.Request.Headers, "Accept"); accept != "" {
		return strings.HasPrefix(accept, "text/html")
	}
	return strings.HasPrefix(e.Response.Content.Kind, "text/html")
}

// isCall reports whether a script of the page asked.
func (e entry) isCall() bool {
	switch {
	case e.Resource != "":
		return e.Resource == "xhr" || e.Resource == "fetch"
	case headerOf(e.Request.Headers, "Sec-Fetch-Dest") != "":
		return headerOf(e.Request.Headers, "Sec-Fetch-Dest") == "empty"
	}
	kind := e.Response.Content.Kind
	return strings.Contains(kind, "json") || strings.HasPrefix(kind, "text/html") || strings.Contains(kind, "xml") && !strings.HasPrefix(kind, "image/") ||
		e.Request.Method != http.MethodGet && e.Request.Method != http.MethodHead || headerOf(e.Request.Headers, "X-Requested-With") != ""
}

// leadsTo reports whether the answer to e leads to next.
func leadsTo(e, next entry) bool {
	to := e.Response.Redirect
	if to == "" {
		to = headerOf(e.Response.Headers, "Location")
	}
	if e.Response.Status < 300 || e.Response.Status > 399 || to == "" {
		return false
	}
	led, err := e.at.Parse(to)
	if err != nil {
		return false
	}
	return bare(led) == bare(next.at)
}

// bare returns an address without its fragment, which is never sent. No path is /.
func bare(u *url.URL) string {
	v := *u
	v.Fragment, v.RawFragment = "", ""
	if v.Path == "" {
		v.Path = "/"
	}
	return v.String()
}

func headerOf(headers []harField, name string) string {
	for _, h := range headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// step makes a step of e, whose answer in the end had that status.
func (h *har) step(e entry, status int) probe.Step {
	s := probe.Step{
		Name:    string(route.AppendStep(nil, []byte(e.Request.Method), route.Path([]byte(e.at.Path)))),
		URL:     escape(bare(e.at)),
		Request: probe.Request{Method: e.Request.Method, Headers: h.headers(e)},
	}
	switch {
	case status == http.StatusNotModified: // the browser had it already; we have not
	case status < 200 || status > 299:
		s.Expect.Status = []probe.StatusRange{{From: status, To: status}}
		if status >= 300 && status < 400 {
			s.Request.Redirects = probe.NoFollow
		}
	}
	if post := e.Request.Post; post != nil {
		s.Request.Body = escape(post.Text)
		var params []harParam
		if post.Text == "" && len(post.Params) > 0 {
			if json.Unmarshal(post.Params, &params) != nil {
				h.say(nil, fmt.Sprintf("what %s sends cannot be read: it sends nothing", s.Name), "write the body of that step")
				params = nil
			}
			s.Request.Body = escape(h.form(post.Kind, params))
		}
		if s.Request.Headers["Content-Type"] == "" && post.Kind != "" {
			s.Request.Headers["Content-Type"] = escape(post.Kind)
		}
	}
	return s
}

func (h *har) form(kind string, params []harParam) string {
	if len(params) > 0 && !strings.HasPrefix(kind, "application/x-www-form-urlencoded") {
		h.say(nil, "a form with files in it was not recorded as it was sent: it is sent without them", "write the body of that step")
	}
	values := url.Values{} // in the order of their names, which no form minds
	for _, p := range params {
		if p.FileName == "" {
			values.Add(p.Name, p.Value)
		}
	}
	return values.Encode()
}

// headers returns those that are sent again. What a browser adds by itself is not.
func (h *har) headers(e entry) map[string]string {
	sent := map[string]string{}
	for _, field := range e.Request.Headers {
		name := http.CanonicalHeaderKey(field.Name)
		switch lower := strings.ToLower(name); {
		case lower == "cookie":
			h.cookies(field.Value)
		case strings.HasPrefix(lower, ":"), strings.HasPrefix(lower, "sec-"), slices.Contains(ownHeaders(), lower):
		default:
			if lower == "authorization" || strings.Contains(lower, "token") || strings.Contains(lower, "api-key") {
				h.sayOnce(nil, fmt.Sprintf("the header %s may be a secret, or end soon", name), "write it as ${NAME}, or extract it from an earlier step")
			}
			sent[name] = escape(field.Value)
		}
	}
	return sent
}

// note keeps which cookies the answer in e sets.
func (h *har) note(e entry) {
	for _, field := range e.Response.Headers {
		if strings.EqualFold(field.Name, "Set-Cookie") {
			for line := range strings.SplitSeq(field.Value, "\n") {
				name, _, _ := strings.Cut(line, "=")
				h.set[strings.TrimSpace(name)] = true
			}
		}
	}
}

// cookies reports those that no step before set: the visit began before the recording.
func (h *har) cookies(line string) {
	for c := range strings.SplitSeq(line, ";") {
		name, _, _ := strings.Cut(c, "=")
		if name = strings.TrimSpace(name); name != "" && !h.set[name] {
			h.sayOnce(nil, fmt.Sprintf("the cookie %s is left out: no step before sets it", name), "record from before the login, in a private window")
		}
	}
}

// ownHeaders are those that a browser or a connection adds by itself.
func ownHeaders() []string {
	return []string{
		"host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "keep-alive", "proxy-connection",
		"accept-encoding", "user-agent", "if-none-match", "if-modified-since", "if-match", "if-range", "range", "cache-control", "pragma",
		"upgrade-insecure-requests", "priority", "dnt", "purpose", "x-client-data",
	}
}

// escape writes a text so that nothing in it stands for anything else.
func escape(s string) string { return strings.ReplaceAll(s, "${", "$${") }
