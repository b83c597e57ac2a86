package app

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/report"
	"github.com/honderd/honderd/source/browser"
	"github.com/honderd/honderd/source/push"
	"golang.org/x/net/html"
)

// What is hidden in every field: elements, attributes, scripts, what templates and
// terminals obey, what turns the direction of text, and what is no text at all.
const (
	evilTags = `<xmark/xattr=1/onx=hostile()>hostile()</xmark><script>hostile()</script><img/src=x/onerror=hostile()>`
	evilPath = `/'"` + evilTags + "{{.}}${1}\x1b[31m\x07\u202e\xff"
	evilURL  = "javascript:hostile()"
)

// evilText is evilPath with spaces and line ends, and very long.
func evilText() string {
	return `"'>` + evilTags + "{{.}} \x1b]0;hostile\x07\x1b[2J\r\n\x00\u202e\u2066\xff\xfe" + strings.Repeat("<b>é", 3000)
}

// inJSON is s as JSON has it, with what is not text left as it is.
func inJSON(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ':
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return `"` + b.String() + `"`
}

// hostileLines are lines of each kind of log, bad for the people in them, of person n.
func hostileLines(n int) []byte {
	at := time.Now().Add(-time.Minute).UTC()
	clf, iso, ms := at.Format("02/Jan/2006:15:04:05 -0700"), at.Format("2006-01-02T15:04:05.000Z"), at.UnixMilli()
	who := fmt.Sprintf("203.0.113.%d", n)
	p := strings.ReplaceAll(evilPath, `"`, `\"`)
	word := strings.NewReplacer(" ", "", `"`, "").Replace(evilPath)
	j := inJSON(evilPath)
	long := inJSON(strings.ReplaceAll(evilText(), "\n", ""))
	lines := []string{
		fmt.Sprintf(`%s - %s [%s] "GET %s HTTP/1.1" 503 5 "%s" "Mozilla/5.0 %s"`, who, word, clf, p, p, p),
		fmt.Sprintf(`%s %s - - [%s] "GET %s HTTP/1.1" 503 5 "%s" "Mozilla/5.0 %s"`, word[1:], who, clf, p, p, p),
		fmt.Sprintf(`%s - - [%s] "GET %s HTTP/1.1" 503 5 "%s" "Mozilla %s" 80 0.1 [%s] [] %s, %s 0, 0 0.1, 0.1 502, 503 %s`, who, clf, p, p, p, word, word, word, word),
		fmt.Sprintf(`%s:4711 [%s] %s %s/%s 0/0/1/0/31 503 138 - - SC-- 1/1/0/0/2 0/0 {%s} "GET %s HTTP/1.1"`, who, at.Format("02/Jan/2006:15:04:05.000"), word, word[1:9], word, word, evilPath[3:]),
		fmt.Sprintf(`[%s] "GET %s HTTP/1.1" 503 UF 0 5 7 - "%s" "Mozilla %s" "%s" "%s" "%s"`, iso, p, who, p, word, word, word),
		fmt.Sprintf(`{"level":"info","ts":%d.5,"logger":%s,"msg":"handled request","request":{"remote_ip":%q,"client_ip":%q,"method":"GET","host":%s,"uri":%s,"headers":{"User-Agent":["Mozilla",%s],"X-Region":[%s]}},"duration":0.1,"status":503}`, ms/1000, j, who, who, j, j, j, j),
		fmt.Sprintf(`{"ClientHost":%q,"DownstreamStatus":503,"OriginStatus":503,"Duration":1000000,"RequestMethod":"GET","RequestPath":%s,"RequestHost":%s,"RouterName":%s,"ServiceURL":%s,"ServiceName":%s,"StartUTC":%q,"request_User-Agent":%s,"region":%s}`, who, j, j, j, j, j, iso, j, j),
		fmt.Sprintf(`{"time":%q,"remote_addr":%q,"method":"GET","path":%s,"status":503,"upstream_addr":%s,"upstream_status":"502, 503","region":%s,"user_agent":%s}`, iso, who, long, j, long, long),
		fmt.Sprintf(`{"EdgeStartTimestamp":%q,"EdgeResponseStatus":503,"OriginResponseStatus":503,"ClientRequestMethod":"GET","ClientRequestURI":%s,"ClientRequestUserAgent":%s,"ClientIP":%q,"region":%s}`, iso, j, j, who, j),
		fmt.Sprintf(`%d.123 6 %s TCP_MISS/503 8 GET http://%s%s - HIER_DIRECT/%s text/html`, ms/1000, who, word[1:], word, word),
		at.Format("2006/01/02 15:04:05") + ` [error] 7#7: *9 connect() failed (111: Connection refused) while connecting to upstream, client: ` + who + `, server: ` + evilPath + `, request: "GET ` + p + ` HTTP/1.1", upstream: "` + p + `", host: "` + p + `"`,
		evilPath + " no known format", strings.Repeat(evilTags, 2000),
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}

// hostileLog writes a log in which enough people had a bad time for it to be shown.
func hostileLog(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "<xmark xattr=1>.log")
	var all []byte
	for n := range 12 {
		all = append(all, hostileLines(n+1)...)
	}
	if err := os.WriteFile(path, all, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// tellHostile sends what is hostile through every door of HTTP.
func tellHostile(t *testing.T, base string) {
	t.Helper()
	at, e := time.Now().UnixMilli(), inJSON(strings.ToValidUTF8(evilPath, "?"))
	host := strings.TrimPrefix(base, "http://")
	for n := range 8 {
		for _, m := range []struct{ path, body string }{
			{browser.BeaconPath, fmt.Sprintf(`{"id":%s,"k":%s,"u":"u%d","l":"region=x","t":%d,"i":[{"k":"ask","t":%d,"w":9,"m":"GET","p":%s,"n":%s,"j":%s,"f":"net"}]}`, e, e, n, at, at, e, e, e)},
			{browser.ReportsPath, fmt.Sprintf(`[{"age":1,"type":"network-error","url":%s,"user_agent":"Mozilla %d","body":{"type":"tcp.refused","method":%s,"phase":%s}}]`, inJSON("http://"+host+strings.ToValidUTF8(evilPath, "?")), n, e, e)},
			{browser.FaroPath, fmt.Sprintf(`{"meta":{"app":{"name":%s,"version":%s},"user":{"id":"f%d"},"page":{"url":"http://%s/x"},"view":{"name":%s}},"exceptions":[{"type":%s,"value":%s}],"events":[{"name":%s}]}`, e, e, n, host, e, e, e, e)},
		} {
			if status := tell(t, http.DefaultClient, base, m.path, m.body); status >= 500 {
				t.Errorf("%s: %d", m.path, status)
			}
		}
	}
	var sent strings.Builder
	for n := range 8 {
		fmt.Fprintf(&sent, `{"person":"p%d%s","journey":%s,"step":%s,"cause":"server_error","at":%d}`+"\n", n, "x", e, e, at)
		fmt.Fprintf(&sent, `{"person":%s,"method":%s,"path":%s,"status":503,"at":%d}`+"\n", e, e, e, at)
	}
	post(t, http.DefaultClient, base+push.Path, sent.String())
	for _, m := range []struct{ hook, body string }{
		{"release", `{"service":%[1]s,"version":%[1]s,"environment":%[1]s,"url":%[2]q}`},
		{"alertmanager", `{"alerts":[{"status":"firing","labels":{"alertname":%[1]s,"severity":%[1]s},"annotations":{"summary":%[1]s},"generatorURL":%[2]q,"startsAt":"2026-11-26T10:00:00Z","fingerprint":%[1]s}]}`},
		{"mention", `{"text":%[1]s,"author":%[1]s,"source":%[1]s,"id":%[1]s,"url":%[2]q}`},
		{"flux", `{"involvedObject":{"kind":"HelmRelease","name":%[1]s},"reason":"UpgradeSucceeded","message":%[1]s,"metadata":{"revision":%[1]s}}`},
	} {
		if status := posted(t, base+"/hooks/"+m.hook, fmt.Sprintf(m.body, e, evilURL)); status >= 500 {
			t.Errorf("hook %s: %d", m.hook, status)
		}
	}
}

// TestNothingHostileIsRendered feeds what is hostile through each field of each source and
// asks for each page, feed and answer: nothing of it is more than text.
func TestNothingHostileIsRendered(t *testing.T) {
	c := config.Default()
	c.By, c.Labels = []string{"step", "region"}, []config.Label{{Name: "region", Field: "field:region"}}
	c.Sources = []config.Source{{Log: hostileLog(t)}}
	c.Receive.OTLP.GRPC = config.Off
	c.Receive.OTLP.HTTP = "127.0.0.1:0"
	socket := hostileConfig(t, &c)
	s, base, _ := serving(t, c)
	tellHostile(t, base)
	tellHostileFar(t, base, socket)
	e := inJSON(strings.ToValidUTF8(evilPath, "?"))
	traces := strings.NewReplacer(`"shop"`, e, `"stock"`, e, `"1.4.0"`, e, `"production"`, e, `"GET /basket/{id}"`, e, `"/basket/{id}"`, e, `"postgresql"`, e).Replace(string(traceText(t)))
	sent, err := http.Post("http://"+s.traces.http.Addr().String()+"/v1/traces", "application/json", strings.NewReader(traces))
	if err != nil {
		t.Fatal(err)
	}
	if _ = sent.Body.Close(); sent.StatusCode != http.StatusOK {
		t.Errorf("traces: %d", sent.StatusCode)
	}
	hostileIsKnown(t, base)
	asked := map[string]bool{}
	todo := []string{"/", "/?fragment=1", "/?lang=nl", "/start", "/faults", "/month", "/incidents", "/chain", "/probes", "/status", "/status.atom", "/status.rss", "/status.json", "/status.ics",
		"/badge/status.svg", "/badge/status.json", "/badge/days.svg", "/metrics", "/api/v1/report", "/api/v1/drops", "/api/v1/chain", "/api/v1/probes", "/api/v1/world", "/api/v1/browser", "/api/v1/notifications", "/api/v1/warnings", "/api/v1/catalog", "/sources", "/sources?lang=nl",
		"/api/v2/summary.json", "/api/v2/components.json", "/api/v2/incidents.json", "/no/such/" + "%3Cxmark%20xattr=1%3E", "/?lang=%3Cxmark%3E&by=%3Cxmark%3E", "/faults?q=%22%3E%3Cxmark%3E"}
	todo = append(todo, describedPaths(t, base)...)
	for len(todo) > 0 && len(asked) < 400 {
		path := todo[0]
		todo = todo[1:]
		if asked[path] {
			continue
		}
		asked[path] = true
		todo = append(todo, examine(t, base, path)...)
	}
	if len(asked) < 50 {
		t.Errorf("only %d addresses were asked: %v", len(asked), asked)
	}
}

// describedPaths are the addresses that OpenAPI names and that can be asked for as they are.
func describedPaths(t *testing.T, base string) (paths []string) {
	t.Helper()
	_, text := get(t, base+"/api/v1/openapi.json")
	var doc struct{ Paths map[string]map[string]any }
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	for path, methods := range doc.Paths {
		if methods["get"] != nil && !strings.Contains(path, "{") {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// examine asks for path and looks whether anything hostile in it is more than text. It
// returns where the page leads to.
func examine(t *testing.T, base, path string) (links []string) {
	t.Helper()
	r, err := http.Get(base + path)
	if err != nil {
		t.Fatal(err)
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "text/event-stream" {
		_ = r.Body.Close()
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err = errors.Join(err, r.Body.Close()); err != nil {
		t.Fatal(path, err)
	}
	if r.StatusCode >= 500 && r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%s: %d", path, r.StatusCode)
	}
	if r.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s (%s) may be taken for something else: there is no nosniff", path, kind)
	}
	switch {
	case kind == "text/html":
		links = examineHTML(t, path, body)
	case strings.HasSuffix(kind, "xml"):
		examineXML(t, path, body)
	case strings.HasSuffix(kind, "json"):
		if !json.Valid(body) {
			t.Errorf("%s is no JSON", path)
		}
	}
	if kind != "application/zip" && !strings.HasPrefix(kind, "image/") || kind == "image/svg+xml" {
		examineText(t, path, body)
	}
	return links
}

// examineText looks for what acts on screens.
func examineText(t *testing.T, path string, body []byte) {
	t.Helper()
	if !utf8.Valid(body) {
		t.Errorf("%s is no UTF-8", path)
	}
	for n, c := range string(body) {
		if c != '\n' && c != '\r' && c != '\t' && (unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c)) {
			t.Errorf("%s has %U: %.80q", path, c, body[max(0, n-60):])
			return
		}
	}
}

// examineHTML looks for elements and attributes that no template of ours has.
func examineHTML(t *testing.T, path string, body []byte) (links []string) {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		t.Fatal(path, err)
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "xmark" || n.Type == html.TextNode && n.Parent != nil && (n.Parent.Data == "script" || n.Parent.Data == "style") && strings.Contains(n.Data, "hostile") {
			t.Errorf("%s has an element of somebody else: %s", path, n.Data)
		}
		for _, a := range n.Attr {
			value := strings.TrimSpace(strings.ToLower(a.Val))
			if strings.HasPrefix(a.Key, "on") || a.Key == "xattr" || strings.HasPrefix(value, "javascript:") {
				t.Errorf("%s has an attribute of somebody else in %s: %s=%.80q", path, n.Data, a.Key, a.Val)
			}
			if a.Key == "href" && n.Data == "a" && strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "//") {
				links = append(links, strings.SplitN(a.Val, "#", 2)[0])
			}
		}
	}
	return links
}

// examineXML looks for elements that no feed has.
func examineXML(t *testing.T, path string, body []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(body))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("%s is no XML: %v", path, err)
			return
		}
		if e, ok := token.(xml.StartElement); ok && (e.Name.Local == "xmark" || e.Name.Local == "script") {
			t.Errorf("%s has an element of somebody else: %s", path, e.Name.Local)
		}
	}
}

// TestAReportOfAHostileLogIsOnlyText wants nothing in a report that acts on a terminal or
// in a browser.
func TestAReportOfAHostileLogIsOnlyText(t *testing.T) {
	c := config.Default()
	c.By, c.Labels = []string{"step", "region"}, []config.Label{{Name: "region", Field: "field:region"}}
	a, err := Report(t.Context(), ReportOptions{Config: c, Paths: []string{hostileLog(t)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tongue := range []look.Tongue{look.EN, look.NL} {
		o := report.Options{Width: 120, Tongue: tongue, Zone: time.UTC}
		var text, page, answer bytes.Buffer
		if err := errors.Join(report.Text(&text, a, o), report.HTML(&page, a, o), report.JSON(&answer, a)); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text.String(), "xmark") || !strings.Contains(page.String(), "xmark") {
			t.Errorf("nothing hostile is in the report: the test tests nothing\n%s", text.String())
		}
		examineText(t, "the text", text.Bytes())
		examineText(t, "the page", page.Bytes())
		examineText(t, "the JSON", answer.Bytes())
		examineHTML(t, "the page", page.Bytes())
	}
}
