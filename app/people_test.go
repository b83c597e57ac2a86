package app

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"github.com/honderd/honderd/internal/account"
)

// visitor is a browser: it keeps cookies, and asks from elsewhere over TLS, through a proxy on this machine.
type visitor struct {
	t       *testing.T
	doors   doors
	cookies map[string]string
	device  virtualwebauthn.Authenticator
}

func newVisitor(t *testing.T, d doors) *visitor {
	return &visitor{t: t, doors: d, cookies: map[string]string{}, device: virtualwebauthn.NewAuthenticator()}
}

func (b *visitor) ask(method, path, media, body string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr, r.Host = "127.0.0.1:4000", "honderd.example"
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	r.Header.Set("X-Forwarded-Proto", "https")
	r.Header.Set("Content-Type", media)
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.doors.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" {
			if c.Name != "honderd_lang" {
				b.t.Errorf("the cookie %v can be read by scripts, by others or on its way", c)
			}
		}
		b.cookies[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return w
}

func (b *visitor) get(path string) *httptest.ResponseRecorder { return b.ask("GET", path, "", "") }

func (b *visitor) post(path string, pairs ...string) *httptest.ResponseRecorder {
	f := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	return b.ask("POST", path, "application/x-www-form-urlencoded", f.Encode())
}

func (b *visitor) json(path string, v any) *httptest.ResponseRecorder {
	body, err := json.Marshal(v)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.ask("POST", path, "application/json", string(body))
}

func (b *visitor) login(name string) {
	b.t.Helper()
	if w := b.post("/login", "name", name, "password", goodPassword); w.Code != http.StatusSeeOther {
		b.t.Fatalf("log in = %d %.300s", w.Code, w.Body)
	}
}

// in reports whether somebody is logged in.
func (b *visitor) in() bool { return b.get("/api/v1/openapi.json").Code == http.StatusOK }

// makeKey makes a passkey as the script of the page does.
func (b *visitor) makeKey(at, invite string) *httptest.ResponseRecorder {
	b.t.Helper()
	w := b.json(at+"/ask", map[string]any{"invite": invite})
	if w.Code != http.StatusOK {
		return w
	}
	o, err := virtualwebauthn.ParseAttestationOptions(w.Body.String())
	if err != nil {
		b.t.Fatal(err, w.Body)
	}
	key := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	key.Counter = 1
	site := virtualwebauthn.RelyingParty{ID: "honderd.example", Origin: "https://honderd.example"}
	answer := virtualwebauthn.CreateAttestationResponse(site, b.device, key, *o)
	var of struct {
		PublicKey struct{ User struct{ ID string } }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &of); err != nil {
		b.t.Fatal(err)
	}
	if b.device.Options.UserHandle, err = base64url(of.PublicKey.User.ID); err != nil {
		b.t.Fatal(err)
	}
	b.device.AddCredential(key)
	return b.json(at, map[string]any{"name": "phone", "invite": invite, "answer": json.RawMessage(answer)})
}

// showKey shows the passkey as the script of the page does.
func (b *visitor) showKey(change func(answer string) string) *httptest.ResponseRecorder {
	b.t.Helper()
	w := b.json("/login/key/ask", map[string]any{})
	if w.Code != http.StatusOK {
		b.t.Fatalf("asked for a passkey = %d %s", w.Code, w.Body)
	}
	o, err := virtualwebauthn.ParseAssertionOptions(w.Body.String())
	if err != nil {
		b.t.Fatal(err)
	}
	key := &b.device.Credentials[0]
	key.Counter++
	site := virtualwebauthn.RelyingParty{ID: "honderd.example", Origin: "https://honderd.example"}
	answer := virtualwebauthn.CreateAssertionResponse(site, b.device, *key, *o)
	if change != nil {
		answer = change(answer)
	}
	return b.json("/login/key", map[string]any{"answer": json.RawMessage(answer), "to": "/faults"})
}

// servedAt is the whole product at an address.
func servedAt(t *testing.T, address string, names ...string) doors {
	t.Helper()
	d := served(t, names...)
	d.s.entry.url = address
	return d
}

func TestPasskeys(t *testing.T) {
	d := servedAt(t, "https://honderd.example", "editor", "admin")
	b := newVisitor(t, d)
	b.login("editor")
	if w := b.makeKey("/account/key", ""); w.Code != http.StatusOK {
		t.Fatalf("make a passkey = %d %s", w.Code, w.Body)
	}
	if w := b.get("/account"); !strings.Contains(w.Body.String(), "phone") {
		t.Errorf("the passkey is not on the page: %.500s", w.Body)
	}
	before := b.cookies["__Host-honderd"]
	b.post("/logout")
	if b.in() {
		t.Fatal("still in after logging out")
	}
	if w := b.showKey(nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"/faults"`) || !b.in() || b.cookies["__Host-honderd"] == before {
		t.Fatalf("log in by passkey = %d %s", w.Code, w.Body)
	}
	b.post("/logout")
	replayed := b.cookies // an answer is good once
	var answer string
	b.showKey(func(a string) string { answer = a; return a })
	b.post("/logout")
	b.cookies = replayed
	if w := b.json("/login/key", map[string]any{"answer": json.RawMessage(answer)}); w.Code == http.StatusOK || b.in() {
		t.Errorf("an answer that was given before = %d", w.Code)
	}
	b.device.Credentials[0].Counter = 0
	if w := b.showKey(nil); w.Code == http.StatusOK || !strings.Contains(w.Body.String(), "copied") {
		t.Errorf("a copied passkey = %d %s", w.Code, w.Body)
	}
	a, _ := d.s.entry.store.Find(account.Named("editor"))
	if !a.Passkeys[0].Cloned || a.Passkeys[0].Used.IsZero() {
		t.Errorf("the passkey is kept as %+v", a.Passkeys[0])
	}
}

func TestAPasskeyBesideThePassword(t *testing.T) {
	d := servedAt(t, "https://honderd.example", "editor")
	b := newVisitor(t, d)
	b.login("editor")
	if w := b.post("/account/both", "both", "yes"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a passkey too, without one = %d", w.Code)
	}
	b.makeKey("/account/key", "")
	if w := b.post("/account/both", "both", "yes"); w.Code != http.StatusSeeOther {
		t.Fatalf("a passkey too = %d %.500s", w.Code, w.Body)
	}
	b.post("/logout")
	if w := b.post("/login", "name", "editor", "password", goodPassword); w.Code != http.StatusOK || b.in() || !strings.Contains(w.Body.String(), "And now your passkey.") {
		t.Fatalf("a password alone = %d, in: %v", w.Code, b.in())
	}
	if w := b.showKey(nil); w.Code != http.StatusOK || !b.in() {
		t.Errorf("and the passkey = %d %s", w.Code, w.Body)
	}
	// Somebody else's passkey does not go with this password.
	other := newVisitor(t, d)
	if err := d.s.entry.store.Add("thief", goodPassword, account.Viewer); err != nil {
		t.Fatal(err)
	}
	other.login("thief")
	other.makeKey("/account/key", "")
	other.post("/logout")
	other.post("/login", "name", "editor", "password", goodPassword)
	if w := other.showKey(nil); w.Code == http.StatusOK || other.in() {
		t.Errorf("the passkey of another account = %d", w.Code)
	}
}

var onceShown = regexp.MustCompile(`<code class="once">([^<]+)</code>`)

func shownOnce(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	m := onceShown.FindStringSubmatch(w.Body.String())
	if m == nil {
		t.Fatalf("nothing is shown once: %d %.900s", w.Code, w.Body)
	}
	return m[1]
}

func TestInvitations(t *testing.T) {
	for _, way := range []string{"password", "passkey"} {
		t.Run(way, func(t *testing.T) {
			d := servedAt(t, "https://honderd.example", "admin")
			boss, guest := newVisitor(t, d), newVisitor(t, d)
			boss.login("admin")
			link := shownOnce(t, boss.post("/people/invite", "name", "Bob", "role", "editor"))
			text, ok := strings.CutPrefix(link, "https://honderd.example/invited?by=")
			if !ok {
				t.Fatalf("the link is %s", link)
			}
			if w := guest.get("/invited?by=" + text); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Welcome, bob.") {
				t.Fatalf("the page of the link = %d", w.Code)
			}
			accept := func(b *visitor) {
				if way == "password" {
					b.post("/invited", "by", text, "password", goodPassword)
				} else {
					b.makeKey("/invited/key", text)
				}
			}
			accept(guest)
			if !guest.in() {
				t.Error("who accepted is not in")
			}
			thief := newVisitor(t, d)
			accept(thief)
			if thief.in() {
				t.Error("the link works twice")
			}
			if w := thief.get("/invited?by=" + text); w.Code != http.StatusForbidden {
				t.Errorf("the page of a link that was used = %d", w.Code)
			}
			b, err := json.Marshal(d.s.entry.store.Events())
			if err != nil || strings.Contains(string(b), text) {
				t.Errorf("the link is in what is told: %s, %v", b, err)
			}
		})
	}
}

func TestAdminsLookAfterAccounts(t *testing.T) {
	d := servedAt(t, "https://honderd.example", "admin", "editor")
	boss, b := newVisitor(t, d), newVisitor(t, d)
	boss.login("admin")
	b.login("editor")
	token := shownOnce(t, b.post("/account/token-add", "name", "graphs", "scope", "write", "days", "9"))
	byToken := func() int {
		return d.ask("GET", "/api/v1/report", "Authorization", "Bearer "+token).Code
	}
	if got := d.ask("POST", "/start", "Authorization", "Bearer "+token).Code; got != http.StatusForbidden {
		t.Errorf("a token may more than its owner: %d", got)
	}
	for _, what := range []string{"invite", "role", "disable", "reset", "remove", "session-end", "token-remove"} {
		if w := b.post("/people/"+what, "name", "admin", "role", "admin"); w.Code != http.StatusForbidden {
			t.Errorf("an editor did %s = %d", what, w.Code)
		}
	}
	if w := boss.post("/people/disable", "name", "admin"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("the last admin is disabled = %d", w.Code)
	}
	boss.post("/people/disable", "name", "editor")
	if b.in() || byToken() != http.StatusUnauthorized {
		t.Error("a disabled account, or its token, is still in")
	}
	if w := b.post("/login", "name", "editor", "password", goodPassword); w.Code != http.StatusUnauthorized {
		t.Errorf("a disabled account logs in = %d", w.Code)
	}
	boss.post("/people/enable", "name", "editor")
	d.s.entry.limits = account.Limits{}
	b.login("editor")
	if !b.in() || byToken() != http.StatusOK {
		t.Error("an enabled account, or its token, is not in")
	}
	list := d.s.entry.sessions.List("editor", time.Now())
	if len(list) != 1 {
		t.Fatalf("%d sessions, want 1: those from before are over", len(list))
	}
	boss.post("/people/session-end", "id", list[0].ID)
	if b.in() {
		t.Error("a session that an admin ended goes on")
	}
	b.login("editor")
	link := shownOnce(t, boss.post("/people/reset", "name", "editor"))
	if b.in() || !strings.Contains(link, "/invited?by=") {
		t.Error("after a reset the old session goes on")
	}
	if w := boss.get("/people/audit?who=admin&what=ways"); !strings.Contains(w.Body.String(), "all ways to log in taken back") || strings.Contains(w.Body.String(), "logged in") {
		t.Errorf("the audit trail, filtered = %d %.2000s", w.Code, w.Body)
	}
	if w := boss.get("/people"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "invited until") {
		t.Errorf("GET /people = %d", w.Code)
	}
}

func TestAnOldSessionDoesNotBecomeAKey(t *testing.T) {
	d := servedAt(t, "https://honderd.example", "admin")
	a, _ := d.s.entry.store.Find(account.Named("admin"))
	cookie, err := d.s.entry.sessions.Begin(a, account.Way{How: account.ByPassword}, time.Now().Add(-2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	b := newVisitor(t, d)
	b.cookies["__Host-honderd"] = cookie
	if !b.in() {
		t.Fatal("the session is over")
	}
	if w := b.makeKey("/account/key", ""); w.Code != http.StatusForbidden {
		t.Errorf("a passkey from an old session = %d", w.Code)
	}
	for _, path := range []string{"/account/token-add", "/account/password-remove", "/people/invite", "/people/reset"} {
		if w := b.post(path, "name", "x", "role", "admin", "scope", "write", "days", "9"); w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "once") {
			t.Errorf("%s from an old session = %d", path, w.Code)
		}
	}
}

func TestWhoIsOnThisMachineCanBeAskedToLogIn(t *testing.T) {
	d := served(t, "admin")
	d.s.entry.always = true
	if got := d.ask("GET", "/api/v1/report", "Remote", "127.0.0.1:9").Code; got != http.StatusUnauthorized {
		t.Errorf("this machine, with login: always = %d", got)
	}
	if got := d.ask("GET", "/api/v1/planned", "Remote", "127.0.0.1:9", "Authorization", "Bearer "+d.s.control).Code; got != http.StatusOK {
		t.Errorf("a command, with login: always = %d", got)
	}
	if got := d.ask("GET", "/api/v1/planned", "Authorization", "Bearer "+d.s.control).Code; got != http.StatusUnauthorized {
		t.Errorf("the key of commands from elsewhere = %d", got)
	}
}

func TestNoPageOfOursIsPutInAFrame(t *testing.T) {
	b := newVisitor(t, served(t, "admin"))
	for _, path := range []string{"/login", "/invited?by=x", "/account", "/people", "/login/back/nobody"} {
		w := b.get(path)
		if csp := w.Header().Get("Content-Security-Policy"); w.Code != http.StatusSeeOther && (!strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe")) {
			t.Errorf("%s = %d with %q", path, w.Code, csp)
		}
	}
}

func base64url(text string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
}
