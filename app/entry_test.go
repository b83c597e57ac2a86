package app

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/internal/account"
)

const goodPassword = "correct horse battery"

// doors is a server that is asked without a network.
type doors struct {
	http.Handler
	s *Server
}

func newDoors(t *testing.T, names ...string) doors {
	t.Helper()
	s := quietServer(t)
	s.config.Data = t.TempDir()
	if err := s.openEntry(); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		role, err := account.ParseRole(name)
		if err == nil {
			err = s.entry.store.Add(name, goodPassword, role)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	fine := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Asker", mayWrite(r))
		w.WriteHeader(http.StatusTeapot)
	})
	return doors{s.entry.guard(fine), s}
}

// ask asks from elsewhere, with one header when it is given.
func (d doors) ask(method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	r.RemoteAddr = "203.0.113.7:4000"
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if at := r.Header.Get("Remote"); at != "" {
		r.RemoteAddr, r.Host = at, "localhost"
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

// cookie logs somebody in.
func (d doors) cookie(t *testing.T, name string) string {
	t.Helper()
	list, err := d.s.entry.store.Accounts()
	for _, a := range list {
		if a.Name == name {
			c, err := d.s.entry.sessions.Begin(a, account.Way{How: account.ByPassword}, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			return "honderd_session=" + c
		}
	}
	t.Fatalf("no account %s: %v", name, err)
	return ""
}

// routes is each path with the least role that may read and do; "" is open to everybody.
func routes() map[string][2]string {
	m := map[string][2]string{}
	for _, path := range []string{
		"/", "/live", "/faults", "/chain", "/probes", "/probes/pictures/x.png", "/month", "/api/v1/report", "/api/v1/drops", "/api/v1/probes",
		"/api/v1/chain", "/api/v1/gateway", "/api/v1/world", "/api/v1/browser", "/api/v1/notifications", "/api/v1/status/copy.zip", "/api/v1/planned",
		"/api/v1/planned/1", "/api/v1/subscribers", "/metrics", "/api/v1/openapi.json", "/api/v1/between", "/nothing/of/ours", "/api/v1/audits", "/hooksx",
	} {
		m[path] = [2]string{"viewer", "operator"}
	}
	for _, path := range []string{"/incidents", "/incidents/1/words", "/incidents/1/about", "/incidents/1/lessons", "/api/v1/incidents/1/words", "/api/v1/incidents/1/about"} {
		m[path] = [2]string{"viewer", "editor"}
	}
	for _, path := range []string{"/mcp", "/api/v1/query", "/api/v1/query_range", "/account", "/account/token-add", "/account/key/ask", "/logout"} {
		m[path] = [2]string{"viewer", "viewer"}
	}
	m["/start"] = [2]string{"operator", "operator"}
	for _, path := range []string{"/api/v1/audit", "/api/v1/accounts", "/tenants", "/api/v1/tenants", "/people", "/people/invite", "/people/audit"} {
		m[path] = [2]string{"admin", "admin"}
	}
	for _, path := range []string{"/login", "/login/key", "/login/with/company", "/login/back/company", "/invited", "/invited/key", "/hooks/github", "/api/v1/experiences", "/beacon", "/nel", "/honderd.js", "/-/healthy", "/-/ready", "/assets/1/x.css", "/favicon.ico"} {
		m[path] = [2]string{"nobody", "nobody"}
	}
	return m
}

func TestEachRoleOnEachRoute(t *testing.T) {
	d := newDoors(t, "viewer", "editor", "operator", "admin")
	headers := map[string]string{"nobody": ""}
	rank := map[string]int{"nobody": 0}
	for i, role := range account.Roles() {
		headers[role.String()], rank[role.String()] = d.cookie(t, role.String()), i+1
	}
	for path, least := range routes() {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "STRANGE"} {
			need := least[1]
			if method == "GET" || method == "HEAD" {
				need = least[0]
			}
			for role, cookie := range headers {
				want := http.StatusTeapot
				switch {
				case need != "nobody" && role == "nobody":
					want = http.StatusUnauthorized
				case rank[role] < rank[need]:
					want = http.StatusForbidden
				}
				if got := d.ask(method, path, "Cookie", cookie).Code; got != want {
					t.Errorf("%s %s by %s = %d, want %d", method, path, role, got, want)
				}
			}
		}
	}
}

func TestWhoIsLetIn(t *testing.T) {
	d := newDoors(t, "editor")
	read, err := d.s.entry.store.AddToken("", "graphs", account.Viewer, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	old, err := d.s.entry.store.AddToken("", "old", account.Operator, time.Now().Add(-time.Second))
	if err != nil {
		t.Fatal(err)
	}
	cookie := d.cookie(t, "editor")
	tests := []struct {
		name, method, path string
		headers            []string
		want               int
	}{
		{"this machine", "POST", "/start", []string{"Remote", "127.0.0.1:9"}, 418},
		{"this machine, IPv6", "GET", "/", []string{"Remote", "[::1]:9"}, 418},
		{"through a proxy on it", "GET", "/api/v1/report", []string{"Remote", "127.0.0.1:9", "X-Forwarded-For", "127.0.0.1"}, 401},
		{"a proxy that says little", "GET", "/api/v1/report", []string{"Remote", "127.0.0.1:9", "X-Real-Ip", "::1"}, 401},
		{"a person is led to the login", "GET", "/faults?x=1", []string{"Accept", "text/html"}, 303},
		{"a program is not", "GET", "/api/v1/report", []string{"Accept", "text/html"}, 401},
		{"a token", "GET", "/api/v1/report", []string{"Authorization", "Bearer " + read}, 418},
		{"a token that reads does not write", "POST", "/start", []string{"Authorization", "Bearer " + read}, 403},
		{"an expired token", "GET", "/api/v1/report", []string{"Authorization", "Bearer " + old}, 401},
		{"a cut token", "GET", "/api/v1/report", []string{"Authorization", "Bearer " + read[:20]}, 401},
		{"a wrong token on this machine", "GET", "/", []string{"Remote", "127.0.0.1:9", "Authorization", "Bearer hnd_x"}, 401},
		{"a wrong token beside a good cookie", "GET", "/", []string{"Cookie", cookie, "Authorization", "Bearer hnd_x"}, 401},
		{"a cookie that nobody gave", "GET", "/api/v1/report", []string{"Cookie", "honderd_session=chosen"}, 401},
		{"the cookie of plain HTTP over TLS", "GET", "/api/v1/report", []string{"Cookie", cookie, "X-Forwarded-Proto", "https"}, 401},
		{"another site in one's name", "POST", "/incidents/1/words", []string{"Cookie", cookie, "Sec-Fetch-Site", "cross-site"}, 403},
		{"another site, an old browser", "POST", "/incidents/1/words", []string{"Cookie", cookie, "Origin", "https://bad.example"}, 403},
		{"a path that hides", "GET", "/hooks/../api/v1/audit", []string{"Cookie", cookie}, 403},
		{"a path with slashes", "GET", "//api/v1/audit", nil, 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := d.ask(tt.method, tt.path, tt.headers...)
			if w.Code != tt.want {
				t.Errorf("%s %s = %d, want %d: %s", tt.method, tt.path, w.Code, tt.want, w.Body)
			}
		})
	}
}

func TestAnotherNameForThisMachineReadsNothing(t *testing.T) {
	d := newDoors(t)
	for _, path := range []string{"/api/v1/audit", "/api/v1/world", "/metrics"} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.RemoteAddr, r.Host = "127.0.0.1:9", "bad.example:8100"
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		if w.Code != http.StatusMisdirectedRequest {
			t.Errorf("GET %s of bad.example = %d, want 421", path, w.Code)
		}
	}
}

// served is the whole product, asked without a network.
func served(t *testing.T, names ...string) doors {
	t.Helper()
	c := config.Default()
	c.Data, c.Listen = t.TempDir(), "127.0.0.1:0"
	s, err := NewServer(t.Context(), c, quietServer(t).log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.close() })
	for _, name := range names {
		role, _ := account.ParseRole(name)
		if err := s.entry.store.Add(name, goodPassword, role); err != nil {
			t.Fatal(err)
		}
	}
	pages, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	return doors{pages, s}
}

// form sends a form from elsewhere.
func (d doors) form(path string, values url.Values, cookie string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(values.Encode()))
	r.RemoteAddr = "203.0.113.7:4000"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Cookie", cookie)
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

func TestAFirstStartShowsNothing(t *testing.T) {
	d := served(t)
	w := d.ask("GET", "/faults", "Accept", "text/html")
	if body := w.Body.String(); w.Code != http.StatusForbidden || !strings.Contains(body, "honderd account add NAME --role admin") || strings.Contains(body, "flawless") {
		t.Errorf("without accounts GET /faults = %d %.300s", w.Code, body)
	}
	if w := d.ask("GET", "/status", "Accept", "text/html"); w.Code != http.StatusOK {
		t.Errorf("the public page = %d, want 200", w.Code)
	}
}

func TestSessions(t *testing.T) {
	d := served(t, "editor")
	enter := func(name, password, to, cookie string) *httptest.ResponseRecorder {
		return d.form("/login", url.Values{"name": {name}, "password": {password}, "to": {to}}, cookie)
	}
	w := enter("Editor ", goodPassword, "//bad.example/x", "honderd_session=fixed")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" {
		t.Fatalf("log in = %d to %q, want 303 to /: %.300s", w.Code, w.Header().Get("Location"), w.Body)
	}
	set := w.Result().Cookies()[0]
	if set.Value == "fixed" || len(set.Value) != 43 || !set.HttpOnly || set.SameSite != http.SameSiteLaxMode || set.Secure {
		t.Errorf("cookie %v: want a new one for scripts and other sites to leave alone", set)
	}
	cookie := set.Name + "=" + set.Value
	if w := d.ask("GET", "/account", "Cookie", cookie, "Accept", "text/html"); w.Code != 200 || !strings.Contains(w.Body.String(), "editor") {
		t.Errorf("GET /account = %d", w.Code)
	}
	if w := d.ask("GET", "/api/v1/report", "Cookie", "honderd_session=fixed"); w.Code != http.StatusUnauthorized {
		t.Errorf("the cookie from before the login = %d, want 401", w.Code)
	}
	d.form("/logout", nil, cookie)
	if w := d.ask("GET", "/api/v1/report", "Cookie", cookie); w.Code != http.StatusUnauthorized {
		t.Errorf("a stolen cookie after logging out = %d, want 401", w.Code)
	}
	cookie = d.cookie(t, "editor")
	other := d.cookie(t, "editor")
	w = d.form("/account", url.Values{"old": {goodPassword}, "password": {"another horse battery"}}, cookie)
	if w.Code != http.StatusOK {
		t.Errorf("another password = %d: %.900s", w.Code, w.Body)
	}
	for _, c := range []string{cookie, other} {
		if w := d.ask("GET", "/api/v1/report", "Cookie", c); w.Code != http.StatusUnauthorized {
			t.Errorf("a session from before the change = %d, want 401", w.Code)
		}
	}
}

func TestGuessingIsSlow(t *testing.T) {
	d := served(t, "admin")
	var codes []int
	for _, name := range []string{"admin", "nobody-such"} {
		for range 6 {
			w := d.form("/login", url.Values{"name": {name}, "password": {"<script>alert(1)</script>"}}, "")
			codes = append(codes, w.Code)
			if strings.Contains(w.Body.String(), "<script>alert") {
				t.Error("what was typed is on the page as it is")
			}
		}
	}
	for i, code := range codes {
		want := http.StatusUnauthorized
		if i%6 == 5 {
			want = http.StatusTooManyRequests
		}
		if code != want {
			t.Errorf("try %d = %d, want %d: a name that nobody has is answered as one that there is", i, code, want)
		}
	}
	if w := d.form("/login", url.Values{"name": {"admin"}, "password": {goodPassword}}, ""); w.Code != http.StatusTooManyRequests {
		t.Errorf("the right password after too many = %d, want 429", w.Code)
	}
	d.s.entry.trail.flush(t.Context())
	w := d.ask("GET", "/api/v1/audit", "Cookie", d.cookie(t, "admin"))
	if body := w.Body.String(); w.Code != 200 || !strings.Contains(body, `"who":"admin","what":"failed to log in","count":7`) || strings.Contains(body, "nobody-such") || strings.Contains(body, "203.0.113") {
		t.Errorf("audit = %d %s", w.Code, body)
	}
}

func TestWhereSomebodyAsksFrom(t *testing.T) {
	d := newDoors(t)
	d.s.entry.trusted = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	tests := []struct{ name, remote, forwarded, want string }{
		{"straight", "203.0.113.7:1", "", "203.0.113.7"},
		{"says what nobody vouches for", "203.0.113.7:1", "198.51.100.1", "203.0.113.7"},
		{"through a proxy here", "127.0.0.1:1", "198.51.100.1", "198.51.100.1"},
		{"made up before the proxy", "127.0.0.1:1", "1.2.3.4, 198.51.100.1", "198.51.100.1"},
		{"through two that are trusted", "127.0.0.1:1", "1.2.3.4, 198.51.100.1, 10.1.1.1", "198.51.100.1"},
		{"a home with IPv6", "[2001:db8:1:2:3:4:5:6]:1", "", "2001:db8:1:2::/64"},
		{"the same home", "[2001:db8:1:2:ffff::1]:1", "", "2001:db8:1:2::/64"},
		{"IPv4 in IPv6", "[::ffff:203.0.113.7]:1", "", "203.0.113.7"},
		{"no address", "127.0.0.1:1", "unknown", "127.0.0.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = tt.remote
			r.Header.Set("X-Forwarded-For", tt.forwarded)
			if got := d.s.entry.from(r); got != tt.want {
				t.Errorf("from() = %s, want %s", got, tt.want)
			}
		})
	}
}
