package app

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/internal/account"
	"github.com/honderd/honderd/source/browser"
	"github.com/honderd/honderd/source/hooks"
	"github.com/honderd/honderd/source/otlp"
	"github.com/honderd/honderd/source/probe"
	"github.com/honderd/honderd/source/probe/vantage"
	"github.com/honderd/honderd/source/push"
	"github.com/honderd/honderd/source/remotewrite"
)

// Keys of the guarded server.
const (
	firstKey, secondKey = "the-first-key-of-all", "the-second-key-of-all"
	webForm             = "application/x-www-form-urlencoded"
)

// abused is one door over HTTP, and how it is spoken to.
type abused struct {
	name, where, path, kind string // what it is called; where drops are counted; its address; what is sent
	good                    string
	ok                      int
	most                    int
	broken, why             string // a body that is none, and what that is counted as
	key                     string // what a wrong key is counted as; "": nobody shows one
	packs                   bool   // gzip is taken
	plain                   bool   // it answers people, or in a protocol with shapes of its own
	each                    int    // requests of one sender at once; 0: that is not what bounds them
	me, other               []string
}

// abusedDoors are all doors over HTTP, as the guarded server has them.
func abusedDoors() []abused {
	bearer := func(key string) []string { return []string{"Authorization", "Bearer " + key} }
	line := `{"person":"a","path":"/","status":200}`
	list := []abused{
		{"push", push.Name, push.Path, "application/x-ndjson", line, 200, 8 << 20, "", "", "key", true, false, 256, bearer(firstKey), bearer(secondKey)},
		{"remote-write", remotewrite.Name, remotewrite.Path, "application/x-protobuf", "\x00", 204, 8 << 20, "\xff", "unreadable", "key", false, true, 16, bearer(firstKey), bearer(secondKey)},
		{"otlp", otlp.Name, "/v1/traces", "application/json", "{}", 200, 16 << 20, "{", "unreadable", "key", true, true, 12, nil, append(bearer(firstKey), "X-Forwarded-For", "192.0.2.1")},
		{"vantage", probesName, vantage.ResultsPath, "application/json", fmt.Sprintf(`{"id":"a","sent":%q,"results":[]}`, time.Now().UTC().Format(time.RFC3339)), 200, vantage.MaxBody, "{", "no batch", "key", true, false, 8, bearer(firstKey), bearer(secondKey)},
		{"beacon", browser.Name, browser.BeaconPath, "text/plain", `{"id":"a","k":"` + firstKey + `","t":1,"i":[]}`, 204, 64 << 10, "{", "not a message of honderd.js", "key", true, false, 64, nil, []string{"X-Forwarded-For", "203.0.113.9"}},
		{"nel", browser.Name, browser.ReportsPath, "application/reports+json", `[]`, 204, 256 << 10, "{", "not a list of reports", "key", true, false, 0, []string{"X-Api-Key", firstKey}, nil},
		{"faro", browser.Name, browser.FaroPath, "application/json", `{"meta":{}}`, 202, 1 << 20, "{", "not a payload of Faro", "key", true, false, 0, []string{"X-Api-Key", firstKey}, nil},
		{"subscribe", "status", "/status/subscribe", webForm, "email=a%40b.example", 200, 8 << 10, "%zz", "unreadable", "", false, true, 0, nil, nil},
		{"browsers that subscribe", "status", "/status/push", "application/json", `{"endpoint":"https://push.example/1","keys":{}}`, 422, 8 << 10, "{", "no address", "", false, true, 0, nil, nil},
		{"login", "login", "/login", webForm, "name=a", 401, 64 << 10, "%zz", "unreadable", "", false, true, 0, nil, nil},
	}
	for _, kind := range hooks.Kinds() {
		d := abused{kind, hooksName, hooks.Root + kind, "application/json", "{}", 0, 1 << 20, "{", "unreadable", "secret", true, false, 0, nil, nil}
		switch kind {
		case "release":
			d.good, d.ok, d.each = `{"service":"a","version":"1"}`, 200, 32
			d.me = bearer(firstKey)
		case "github":
			d.me = nil // it signs
		case "gitlab":
			d.me = []string{"X-Gitlab-Token", firstKey}
		default:
			d.me = bearer(firstKey)
		}
		list = append(list, d)
	}
	return list
}

// guarded is a server on which each door has a key.
func guarded(t *testing.T) (s *Server, base string) {
	t.Helper()
	c := config.Default()
	c.Data, c.Archive.Where, c.Status.URL = t.TempDir(), config.Off, "http://status.example"
	c.Receive.Keys, c.Receive.Browser.Key = []string{firstKey, secondKey}, firstKey
	c.Receive.OTLP.GRPC, c.Receive.OTLP.HTTP = "127.0.0.1:0", "127.0.0.1:0"
	for _, kind := range hooks.Kinds() {
		c.Receive.Hooks = append(c.Receive.Hooks, config.Hook{Hook: kind, Secret: firstKey})
	}
	c.Receive.Syslog.Listen = []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0", "unix://" + filepath.Join(t.TempDir(), "log")}
	c.Probes.Vantages = []probe.Vantage{{Name: "amsterdam", Key: firstKey}, {Name: "utrecht", Key: secondKey}}
	s, base, _ = serving(t, c)
	if err := s.entry.store.Add("ann", goodPassword, account.Admin); err != nil {
		t.Fatal(err)
	}
	return s, base
}

// hasty is a server without keys that waits for nobody.
func hasty(t *testing.T) (s *Server, base string) {
	t.Helper()
	c := config.Default()
	c.Listen, c.Data, c.Archive.Where, c.Status.URL = "127.0.0.1:0", t.TempDir(), config.Off, "http://status.example"
	c.Receive.OTLP.GRPC, c.Receive.OTLP.HTTP = "127.0.0.1:0", "127.0.0.1:0"
	c.Receive.Syslog.Listen = []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0", "unix://" + filepath.Join(t.TempDir(), "log")}
	c.Probes.Vantages = []probe.Vantage{{Name: "amsterdam", Key: firstKey}}
	s = &Server{config: c, log: slog.New(slog.DiscardHandler), patience: 20 * time.Millisecond, pace: 1}
	ctx, cancel := context.WithCancel(t.Context())
	if err := s.begin(ctx, nil); err != nil {
		cancel()
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s, "http://" + s.Address()
}

// at returns where a door is.
func (d abused) at(s *Server, base string) string {
	if d.where == otlp.Name {
		return "http://" + s.traces.http.Addr().String() + d.path
	}
	return base + d.path
}

// drops returns what /metrics counts, by "where: reason".
func dropsOf(t *testing.T, base string) map[string]int {
	t.Helper()
	_, text := get(t, base+"/metrics")
	counted := map[string]int{}
	for _, m := range regexp.MustCompile(`honderd_drops_total\{reason="([^"]*)",what="[^"]*",where="([^"]*)"\} (\d+)`).FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(m[3])
		if err != nil {
			t.Fatal(err)
		}
		counted[m[2]+": "+m[1]] += n
	}
	return counted
}

// abuse is one way to speak to a door wrongly.
type abuse struct {
	name   string
	body   string
	header []string
	status int
	why    string
}

func packedText(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.String()
}

// abuses of a door that do not take time.
func (d abused) abuses() []abuse {
	list := []abuse{
		{"too large", strings.Repeat(" ", d.most+1), nil, 413, "too large"},
		{"of an unknown packing", d.good, []string{"Content-Encoding", "zstd"}, 415, "content encoding"},
		{"of a wrong type", d.good, []string{"Content-Type", "image/png"}, 415, "content type"},
	}
	bomb := abuse{"a bomb", packedText(strings.Repeat(" ", 64<<20)), []string{"Content-Encoding", "gzip"}, 415, "content encoding"}
	if d.packs {
		bomb.status, bomb.why = 413, "too large"
	}
	list = append(list, bomb)
	switch d.path {
	case push.Path:
		list = append(list, abuse{"broken", "not gzip", []string{"Content-Encoding", "gzip"}, 400, "unreadable"})
	case remotewrite.Path:
		list = append(list, abuse{"a bomb of snappy", "\xff\xff\xff\xff\x0f\x00", []string{"Content-Encoding", "snappy"}, 413, "too large"})
		fallthrough
	default:
		status := 400
		if d.why == "no address" {
			status = 422
		}
		list = append(list, abuse{"broken", d.broken, nil, status, d.why})
	}
	if d.path == browser.BeaconPath {
		list = append(list, abuse{"with a wrong key", `{"k":"wrong"}`, nil, 401, d.key})
	} else if d.key != "" && d.path != "/v1/traces" {
		list = append(list, abuse{"with a wrong key", d.good, []string{"Authorization", "Bearer wrong", "X-Api-Key", "wrong", "X-Gitlab-Token", "wrong", "X-Hub-Signature-256", "sha256=00"}, 401, d.key})
	} else if d.key != "" {
		list = append(list, abuse{"with a wrong key", d.good, []string{"Authorization", "Bearer wrong", "X-Forwarded-For", "192.0.2.1"}, 401, d.key})
	}
	if d.path == hooks.Root+"github" { // what is not signed is not read: it is no JSON of anybody
		list = list[:len(list)-2]
		list = append(list, abuse{"with a wrong key", d.good, []string{"X-Hub-Signature-256", "sha256=00"}, 401, d.key})
	}
	return list
}

// sendAbuse sends one, and returns the answer.
func sendAbuse(t *testing.T, client *http.Client, d abused, where, body string, header ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, where, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", d.kind)
	if d.where == browser.Name {
		r.Header.Set("Origin", strings.TrimSuffix(where, d.path))
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w, err := client.Do(r)
	if err != nil {
		t.Fatalf("%s: %v", d.name, err)
	}
	_, err = io.Copy(io.Discard, w.Body)
	if err = errors.Join(err, w.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return w
}

// refusedAs wants an answer to be a refusal in the words of its door, counted once.
func refusedAs(t *testing.T, d abused, what string, w *http.Response, status int, counted func(why string) int, why string) {
	t.Helper()
	shape := w.Header.Get("Content-Type") == "application/problem+json" || d.plain
	later := w.Header.Get("Retry-After") != ""
	if w.StatusCode != status || !shape || later != (status == 429 || status == 503) {
		t.Errorf("%s, %s: %d %v, want %d", d.name, what, w.StatusCode, w.Header, status)
	}
	if n := counted(why); n != 1 {
		t.Errorf("%s, %s: it is counted %d times as %q, want once", d.name, what, n, why)
	}
}

// TestNoDoorIsAbused sends what no door takes to each of them: each says no in its own
// words, and it is counted by reason.
func TestNoDoorIsAbused(t *testing.T) {
	s, base := guarded(t)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, d := range abusedDoors() {
		where := d.at(s, base)
		for _, a := range d.abuses() {
			before := dropsOf(t, base)
			w := sendAbuse(t, client, d, where, a.body, append(append([]string{}, d.me...), a.header...)...)
			refusedAs(t, d, a.name, w, a.status, func(why string) int { return dropsOf(t, base)[d.where+": "+why] - before[d.where+": "+why] }, a.why)
		}
	}
	for _, d := range abusedDoors() {
		if d.each > 0 {
			d.crowd(t, s, base)
		}
	}
	slowForms(t, base)
}

// crowd lets one sender send more than its share, and wants another to get in all the same.
func (d abused) crowd(t *testing.T, s *Server, base string) {
	t.Helper()
	where := d.at(s, base)
	u, err := url.Parse(where)
	if err != nil {
		t.Fatal(err)
	}
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: 9\r\n", d.path, u.Host, d.kind)
	if d.where == browser.Name {
		head += "Origin: http://" + u.Host + "\r\n"
	}
	for i := 0; i+1 < len(d.me); i += 2 {
		head += d.me[i] + ": " + d.me[i+1] + "\r\n"
	}
	hold := func() {
		c, err := net.Dial("tcp", u.Host)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if _, err := io.WriteString(c, head+"\r\n{"); err != nil {
			t.Fatal(err)
		}
	}
	for range d.each {
		hold()
	}
	client := http.DefaultClient
	var w *http.Response
	eventually(t, d.name+": one sender has its share and no more", func() bool {
		if w = sendAbuse(t, client, d, where, d.good, d.me...); w.StatusCode == http.StatusTooManyRequests {
			return true
		}
		hold() // in the place of one that was refused meanwhile
		return false
	})
	if w.Header.Get("Retry-After") == "" || dropsOf(t, base)[d.where+": too many at once"] == 0 {
		t.Errorf("%s: too many at once: %v, counted %v", d.name, w.Header, dropsOf(t, base))
	}
	if d.where == hooksName { // told apart by where they are
		client = &http.Client{Transport: &http.Transport{DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}).DialContext}}
		d.other = d.me
	}
	if w := sendAbuse(t, client, d, where, d.good, d.other...); w.StatusCode != d.ok {
		t.Errorf("%s: another sender is answered %d, want %d", d.name, w.StatusCode, d.ok)
	}
}

// slowForms asks too often by the forms that people fill in: others are let in meanwhile.
func slowForms(t *testing.T, base string) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, tt := range []struct {
		d        abused
		bad, why string
		ok       int
		from     []string
	}{
		{abused{name: "login", where: "login", path: "/login", kind: webForm, good: "name=ann&password=" + url.QueryEscape(goodPassword), plain: true}, "name=bob&password=x", "tried too often", 303, []string{"X-Forwarded-For", "203.0.113.9"}},
		{abused{name: "subscribe", where: "status", path: "/status/subscribe", kind: webForm, good: "url=https%3A%2F%2F127.0.0.1%3A1%2Fx", plain: true}, "email=c%40d.example", "asked too often", 200, []string{"X-Forwarded-For", "203.0.113.9"}},
	} {
		var w *http.Response
		for range 12 {
			if w = sendAbuse(t, client, tt.d, base+tt.d.path, tt.bad); w.StatusCode == http.StatusTooManyRequests {
				break
			}
		}
		refusedAs(t, tt.d, "too often", w, 429, func(why string) int { return min(dropsOf(t, base)[tt.d.where+": "+why], 1) }, tt.why)
		if w := sendAbuse(t, client, tt.d, base+tt.d.path, tt.d.good, tt.from...); w.StatusCode != tt.ok {
			t.Errorf("%s: another is answered %d, want %d", tt.d.name, w.StatusCode, tt.ok)
		}
	}
}

// slowly sends half a body, and returns the answer.
func slowly(t *testing.T, d abused, where string) *http.Response {
	t.Helper()
	u, err := url.Parse(where)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: 999\r\n", d.path, u.Host, d.kind)
	if d.where == browser.Name {
		head += "Origin: http://" + u.Host + "\r\n"
	}
	if d.where == probesName {
		head += "Authorization: Bearer " + firstKey + "\r\n"
	}
	if _, err := io.WriteString(c, head+"\r\n{"); err != nil {
		t.Fatal(err)
	}
	w, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("%s: a slow sender is not answered: %v", d.name, err)
	}
	return w
}
