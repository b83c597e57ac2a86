package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/internal/account"
	"github.com/honderd/honderd/release"
	"github.com/honderd/honderd/status"
	"github.com/honderd/honderd/view"
)

// house is somebody who runs honderd for two tenants, each with a word that is theirs alone
// in everything that they have.
type house struct {
	t       *testing.T
	base    string
	server  *Server
	tenants map[string]*tenant // by their word
	ids     []string           // of their incidents
}

func tenantFile(t *testing.T, dir, word string) config.Tenant {
	t.Helper()
	var lines strings.Builder
	for i := range 60 { // people of a moment ago, with one bad minute
		at := time.Now().Add(-time.Duration(90-i) * time.Minute)
		code := 200
		if i > 20 && i < 27 {
			code = 503
		}
		for p := range 8 {
			fmt.Fprintf(&lines, "10.0.%d.%d - - [%s] \"GET /%s-shop/x HTTP/1.1\" %d 10 \"-\" \"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 %s\"\n", i%3, p, at.Format("02/Jan/2006:15:04:05 -0700"), word, code, word)
		}
	}
	log := filepath.Join(dir, word+".log")
	text := fmt.Sprintf("data: %s\nsources:\n  - log: %s\nprobes:\n  targets:\n    - name: %s-probe\n      tcp: 127.0.0.1:1\nstatus:\n  pages:\n    - name: %s-page\n      title: %s Public\n",
		filepath.Join(dir, "data-"+word), log, word, word, word)
	for name, body := range map[string]string{log: lines.String(), filepath.Join(dir, word+".yaml"): text} {
		if err := os.WriteFile(name, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return config.Tenant{Name: word, Hosts: []string{word + ".example"}, Config: filepath.Join(dir, word+".yaml")}
}

func newHouse(t *testing.T, words ...string) *house {
	t.Helper()
	dir := t.TempDir()
	text := fmt.Sprintf("listen: 127.0.0.1:0\ndata: %s\nreceive:\n  otlp:\n    grpc: off\n    http: off\ntenants:\n", filepath.Join(dir, "data"))
	for _, word := range words {
		one := tenantFile(t, dir, word)
		text += fmt.Sprintf("  - name: %s\n    hosts: [%s]\n    config: %s\n", one.Name, one.Hosts[0], one.Config)
	}
	path := filepath.Join(dir, "honderd.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Options{ReadFile: config.ReadFile, Label: CheckLabel}.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	server, base, stop := serving(t, c)
	t.Cleanup(stop)
	h := &house{t: t, base: base, server: server, tenants: map[string]*tenant{}}
	for i, word := range words {
		h.tenants[word] = server.tenants.all()[i]
		if err := h.tenants[word].out(); err != nil {
			t.Fatal(err)
		}
		h.fill(word)
	}
	return h
}

// fill puts the word of a tenant wherever people and programs can put one.
func (h *house) fill(word string) {
	h.t.Helper()
	s := h.tenants[word].server
	for _, role := range account.Roles() {
		if err := s.entry.store.Add(word+"-"+role.String(), goodPassword, role); err != nil {
			h.t.Fatal(err)
		}
	}
	h.until("an incident of "+word+" is known", func() bool { return len(desk{s}.Stories()) > 0 })
	ctx, stop := context.WithTimeout(h.t.Context(), time.Minute)
	defer stop()
	id, who := desk{s}.Stories()[0].ID, word+"-editor"
	h.ids = append(h.ids, id)
	_, planned := s.say(ctx, 0, incident.KindPlanned, word+"-work", who, incident.Planned{ID: word + "-work", Title: word + " work", From: time.Now().Add(time.Hour), To: time.Now().Add(2 * time.Hour)})
	_, released := s.say(ctx, 0, view.KindRelease, word+"/1", who, release.Release{Service: word + "-service", Version: "1", At: time.Now()})
	err := errors.Join(
		desk{s}.SetAbout(ctx, id, who, 0, incident.About{Title: word + " title", Owner: word + " owner", Cause: word + " cause"}),
		desk{s}.AddWord(ctx, id, who, incident.Word{Text: word + " said", Public: true}),
		desk{s}.SetLesson(ctx, id, "", who, 0, incident.Lesson{Change: word + " learned"}), planned, released,
	)
	if err != nil {
		h.t.Fatal(err)
	}
	h.until(word+" is told of", func() bool {
		_, body := h.ask(word, "GET", "/api/v1/report", h.cookie(word, "admin"))
		_, page := h.ask(word, "GET", "/incidents/"+id, h.cookie(word, "admin"))
		_, public := h.ask(word, "GET", "/status", "")
		return strings.Contains(body, word+"-shop") && strings.Contains(page, word+" learned") && strings.Contains(public, word)
	})
}

// until waits for something, patiently.
func (h *house) until(what string, is func() bool) {
	h.t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); {
		if is() {
			return
		}
		select {
		case <-h.t.Context().Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	h.t.Fatalf("it never came about that %s", what)
}

func (h *house) cookie(word, role string) string {
	h.t.Helper()
	s := h.tenants[word].server
	a, ok := s.entry.store.Find(account.Named(word + "-" + role))
	if !ok {
		h.t.Fatalf("no account %s-%s", word, role)
	}
	c, err := s.entry.sessions.Begin(a, account.Way{How: account.ByPassword}, time.Now())
	if err != nil {
		h.t.Fatal(err)
	}
	return "honderd_session=" + c
}

// ask asks for a host over the real listener; header is a cookie, or a token.
func (h *house) ask(word, method, path, header string) (int, string) {
	h.t.Helper()
	ctx, stop := context.WithTimeout(h.t.Context(), time.Minute)
	defer stop()
	if path == "/live" { // a stream without an end: its first words are enough
		ctx, stop = context.WithTimeout(ctx, 2*time.Second)
		defer stop()
	}
	r, err := http.NewRequestWithContext(ctx, method, h.base+path, strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
	if err != nil {
		h.t.Fatal(err)
	}
	if method == http.MethodGet {
		r.Body, r.ContentLength = http.NoBody, 0
	}
	r.Host = word + ".example"
	r.Header.Set("Accept", "text/html, application/json, text/event-stream")
	r.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(header, account.TokenPrefix) {
		r.Header.Set("Authorization", "Bearer "+header)
	} else if header != "" {
		r.Header.Set("Cookie", header)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		h.t.Fatal(path, err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body) // a stream ends with an error
	return answer.StatusCode, string(body)
}

// paths returns every path there is: of the menu, of OpenAPI, of the public page, of the
// doors; and those that only a tenant of that word has.
func (h *house) paths(word string) []string {
	h.t.Helper()
	paths := []string{
		"/", "/live", "/faults", "/chain", "/probes", "/month", "/incidents", "/start", "/account", "/people", "/people/audit", "/tenants", "/login", "/metrics",
		"/?fragment=1", "/incidents?fragment=1", "/status/" + word + "-page", "/status/" + word + "-page/history", "/api/v1/planned/" + word + "-work",
		"/api/v1/probes?target=" + word + "-probe", "/api/v1/query?query=up", "/api/v1/status/copy.zip", "/beacon", "/honderd.js", "/nothing",
	}
	for _, id := range h.ids {
		paths = append(paths, "/incidents/"+id, "/status/incidents/"+id, "/api/v1/incidents/"+id)
	}
	paths = append(paths, slices.Sorted(maps.Keys(rules()))...)
	for _, path := range status.Paths() {
		path = strings.TrimPrefix(path, "GET ")
		if !strings.Contains(path, "{") {
			paths = append(paths, path)
		}
	}
	_, text := h.ask(word, "GET", "/api/v1/openapi.json", h.cookie(word, "admin"))
	var doc struct{ Paths map[string]any }
	if err := json.Unmarshal([]byte(text), &doc); err != nil || len(doc.Paths) < 25 {
		h.t.Fatalf("%d paths in OpenAPI, %v", len(doc.Paths), err)
	}
	for path := range doc.Paths {
		paths = append(paths, strings.NewReplacer("{id}", h.ids[0], "{month}", time.Now().Format("2006-01")).Replace(path))
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// No page, interface, feed, stream or export of one tenant has a word of another.
func TestNoTenantSeesAWordOfAnother(t *testing.T) {
	h := newHouse(t, "quokka", "wombat")
	own := 0
	for _, pair := range [][2]string{{"quokka", "wombat"}, {"wombat", "quokka"}} {
		mine, other := pair[0], pair[1]
		admin := h.cookie(mine, "admin")
		for _, path := range slices.Concat(h.paths(mine), h.paths(other)) { // also what only the other one has
			for _, method := range []string{"GET", "POST"} {
				if method == "POST" && path != "/mcp" {
					continue
				}
				for who, header := range map[string]string{"its admin": admin, "everybody": ""} {
					_, body := h.ask(mine, method, path, header)
					asked := strings.ReplaceAll(body, path, "") // what was asked for may be said back
					if strings.Contains(strings.ToLower(asked), other) {
						t.Errorf("%s %s of %s shows %s a word of %s: %.300s", method, path, mine, who, other, around(asked, other))
					}
					if strings.Contains(asked, mine) {
						own++
					}
				}
			}
		}
	}
	if own < 20 {
		t.Errorf("only %d answers have the tenant's own word: the test looks in the wrong place", own)
	}
}

func around(text, word string) string {
	i := strings.Index(strings.ToLower(text), word)
	return text[max(0, i-100):min(len(text), i+100)]
}

// What lets somebody in at one tenant is worth nothing at another, nor at who runs them.
func TestKeysOfOneTenantOpenNoOther(t *testing.T) {
	h := newHouse(t, "quokka", "wombat")
	s := h.tenants["quokka"].server
	token, err := s.entry.store.AddToken("", "graphs", account.Operator, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	invite, err := s.entry.store.Invite("guest", account.Admin, false)
	if err != nil {
		t.Fatal(err)
	}
	hosts := map[string]int{"quokka": http.StatusOK, "wombat": http.StatusUnauthorized, "provider": http.StatusUnauthorized}
	for host, want := range hosts {
		for name, header := range map[string]string{"session": h.cookie("quokka", "admin"), "token": token} {
			if got, body := h.ask(host, "GET", "/api/v1/report", header); got != want && (host != "provider" || got != http.StatusMisdirectedRequest) {
				t.Errorf("the %s of quokka at %s = %d, want %d: %.200s", name, host, got, want, body)
			}
		}
		if host == "provider" {
			continue
		}
		got, _ := h.ask(host, "GET", "/invited?by="+invite, "")
		if wantInvite := map[string]int{"quokka": 200, "wombat": 403}[host]; got != wantInvite {
			t.Errorf("an invitation of quokka at %s = %d, want %d", host, got, wantInvite)
		}
		if got, _ := h.ask(host, "GET", "/api/v1/report", ""); got != http.StatusUnauthorized {
			t.Errorf("somebody on the machine at %s = %d: nobody is special there", host, got)
		}
		if got, _ := h.ask(host, "GET", "/tenants", h.cookie(host, "admin")); got != http.StatusNotFound {
			t.Errorf("the page of tenants at %s = %d", host, got)
		}
		if got, _ := h.ask(host, "GET", "/start", h.cookie(host, "admin")); got != http.StatusNotFound {
			t.Errorf("what there is on the machine is shown at %s = %d", host, got)
		}
	}
	// A passkey of one is not known to the other: neither what it belongs to, nor whose it is.
	q, w := h.tenants["quokka"].server.entry, h.tenants["wombat"].server.entry
	if q.url == w.url || q.seals == w.seals || q.sessions == w.sessions || q.store == w.store {
		t.Error("two tenants share what lets people in")
	}
}

func TestWhoRunsTenantsSeesNumbersOfEach(t *testing.T) {
	h := newHouse(t, "quokka", "wombat")
	_, body := get(t, h.base+"/api/v1/tenants")
	var said struct {
		Tenants []struct {
			Name   string
			People int64
			Felt   *float64 `json:"felt_uptime"`
		}
	}
	if err := json.Unmarshal([]byte(body), &said); err != nil || len(said.Tenants) != 2 {
		t.Fatal(body, err)
	}
	for _, one := range said.Tenants {
		if one.People == 0 || one.Felt == nil {
			t.Errorf("%s: %d people, felt %v", one.Name, one.People, one.Felt)
		}
	}
	for _, word := range []string{"-shop", " title", " said", "-editor"} {
		if strings.Contains(body, word) {
			t.Errorf("what a tenant calls its own is told: %s", word)
		}
	}
	if status, page := get(t, h.base+"/tenants"); status != http.StatusOK || !strings.Contains(page, "wombat") {
		t.Errorf("GET /tenants = %d", status)
	}
}

func TestATenantThatIsOutOfOrderKeepsNobodyElseOut(t *testing.T) {
	dir := t.TempDir()
	c := config.Default()
	c.Listen, c.Data, c.Receive.OTLP = "127.0.0.1:0", filepath.Join(dir, "data"), config.OTLP{GRPC: config.Off, HTTP: config.Off}
	for _, name := range []string{"good", "bad"} {
		own := config.Default()
		own.Data, own.Receive.OTLP = filepath.Join(dir, name), c.Receive.OTLP
		own.Accounts.Login = "always"
		c.Tenants = append(c.Tenants, config.Tenant{Name: name, Hosts: []string{name + ".example"}, Settings: own})
	}
	if err := os.MkdirAll(filepath.Join(dir, "bad", account.Dir), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "bad", account.Dir, "accounts.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	server, base, stop := serving(t, c)
	defer stop()
	h := &house{t: t, base: base, server: server}
	if got, body := h.ask("bad", "GET", "/status", ""); got != http.StatusServiceUnavailable || strings.Contains(body, dir) {
		t.Errorf("the tenant that is out of order = %d %s", got, body)
	}
	if got, _ := h.ask("good", "GET", "/status", ""); got != http.StatusOK {
		t.Errorf("the other one = %d", got)
	}
}
