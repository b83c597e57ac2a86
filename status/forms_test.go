package status

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/honderd/honderd/look"
)

// list is who asked to be told.
type list struct {
	mu    sync.Mutex
	asked []string
	left  []string
	busy  bool
}

func (l *list) Ask(way Way, address, page string, language look.Tongue) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy {
		return ErrBusy
	}
	l.asked = append(l.asked, strings.Join([]string{string(way), address, page, language.String()}, " "))
	return nil
}

func (l *list) Confirm(token string) (string, bool, error) { return "s3cret", token == "good", nil }

func (l *list) Leave(token string) (bool, error) {
	l.left = append(l.left, token)
	return token == "good", nil
}

func (l *list) Ways() []Way     { return []Way{ByMail, ByWebhook, ByPush} }
func (l *list) PushKey() string { return "BKey" }

// fill sends a form.
func fill(h http.Handler, path string, values url.Values, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func telling(l *list) http.Handler {
	return of(hurtBoard(), func(o *Options) { o.Subscribers = l })
}

func TestSubscribing(t *testing.T) {
	l := &list{}
	h := telling(l)
	if body := ask(h, "/status/subscribe", nil).Body.String(); !strings.Contains(body, `type="email"`) || !strings.Contains(body, `data-key="BKey"`) || strings.Contains(body, "http-equiv") {
		t.Error("the form is not as it should be")
	}
	a := fill(h, "/status/subscribe", url.Values{"email": {"Anna@Example.com"}}, nil)
	b := fill(h, "/status/subscribe", url.Values{"email": {"Anna@Example.com"}}, nil)
	if a.Code != http.StatusOK || a.Body.String() != b.Body.String() || !strings.Contains(a.Body.String(), "Nearly done") {
		t.Errorf("answers differ: %d, %d", a.Code, b.Code)
	}
	fill(h, "/status/subscribe", url.Values{"url": {"https://hooks.example/x"}}, nil)
	want := []string{"mail Anna@example.com  en", "mail Anna@example.com  en", "webhook https://hooks.example/x  en"}
	if strings.Join(l.asked, "|") != strings.Join(want, "|") {
		t.Errorf("asked %q", l.asked)
	}
	if robot := fill(h, "/status/subscribe", url.Values{"email": {"x@example.com"}, "website": {"x"}}, nil); robot.Body.String() != a.Body.String() || len(l.asked) != 3 {
		t.Error("a robot is taken, or sees that it is not")
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	for _, text := range []string{
		"", "x", "x@y", "a@b.example\r\nBcc: v@c.example", "a@b.example\nSubject: x", "Anna <a@b.example>", "a@b.example, c@d.example", "<a@b.example>", "a@[127.0.0.1]", "\"a b\"@c.example",
		strings.Repeat("a", 250) + "@b.example", "a@b.example\x00",
	} {
		if got, ok := mailAddress(text); ok {
			t.Errorf("%q is taken as %q", text, got)
		}
	}
	for _, text := range []string{"http://x.example/", "https://", "https://user:pass@x.example/", "javascript:alert(1)", "file:///etc/passwd"} {
		if hookAddress(text) {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestNobodyAsksTooOften(t *testing.T) {
	h := telling(&list{})
	codes := map[int]int{}
	for range 10 {
		codes[fill(h, "/status/subscribe", url.Values{"email": {"a@b.example"}}, nil).Code]++
	}
	if codes[http.StatusOK] != calmOne || codes[http.StatusTooManyRequests] != 10-calmOne {
		t.Errorf("answers %v", codes)
	}
	elsewhere := fill(h, "/status/subscribe", url.Values{"email": {"a@b.example"}}, func(r *http.Request) { r.RemoteAddr = "198.51.100.7:1" })
	if elsewhere.Code != http.StatusOK {
		t.Errorf("somebody elsewhere: %d", elsewhere.Code)
	}
	if w := fill(telling(&list{busy: true}), "/status/subscribe", url.Values{"email": {"a@b.example"}}, nil); w.Code != http.StatusServiceUnavailable {
		t.Errorf("busy: %d", w.Code)
	}
}

func TestAClickIsNeededAndIsEnough(t *testing.T) {
	l := &list{}
	h := telling(l)
	if body := ask(h, "/status/confirm?t=good", nil).Body.String(); strings.Contains(body, "s3cret") || !strings.Contains(body, `value="good"`) {
		t.Error("looking at the address confirms it: a mail scanner would")
	}
	if body := fill(h, "/status/confirm", url.Values{"t": {"good"}}, nil).Body.String(); !strings.Contains(body, "You will be told.") || !strings.Contains(body, "s3cret") {
		t.Error("the click does not confirm")
	}
	one := fill(h, "/status/unsubscribe?t=good", url.Values{"List-Unsubscribe": {"One-Click"}}, nil)
	if one.Code != http.StatusOK || len(l.left) != 1 {
		t.Errorf("one click: %d, left %v", one.Code, l.left)
	}
	if w := fill(h, "/status/unsubscribe?t=bad", nil, nil); w.Code != http.StatusNotFound {
		t.Errorf("a token that is none: %d", w.Code)
	}
	if w := fill(h, "/status/confirm?t=good", nil, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }); w.Code != http.StatusForbidden {
		t.Errorf("from another site: %d", w.Code)
	}
	if w := ask(h, "/status/confirm?t=\"><script>alert(1)</script>", nil); strings.Contains(w.Body.String(), "<script>alert") {
		t.Error("the token is put on the page as it is")
	}
}

func TestLongFormsAreRefused(t *testing.T) {
	h := telling(&list{})
	if w := fill(h, "/status/subscribe", url.Values{"email": {strings.Repeat("a", maxForm)}}, nil); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a long form: %d", w.Code)
	}
	r := httptest.NewRequest(http.MethodPost, "/status/push", strings.NewReader("{}"))
	r.Header.Set("Content-Type", "text/plain")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("push of text: %d", w.Code)
	}
}
