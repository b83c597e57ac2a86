package status

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/honderd/honderd/notify"
)

// list is who asked to be told.
type list struct {
	mu    sync.Mutex
	asked []string
	left  []string

	chosen []string
	busy   bool
}

func (l *list) Ask(w Wish) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy {
		return ErrBusy
	}
	l.asked = append(l.asked, strings.Join(append([]string{string(w.Way), w.Address, w.Page, w.Language.String()}, w.Components...), " "))
	return nil
}

func (l *list) Confirm(token string) (string, bool, error) { return "s3cret", token == "good", nil }

func (l *list) Leave(token string) (bool, error) {
	l.left = append(l.left, token)
	return token == "good", nil
}

func (l *list) Choose(token string, components []string) ([]string, bool, error) {
	if components != nil {
		l.chosen = components
	}
	return l.chosen, token == "good", nil
}

func (l *list) Ways() ([]Way, string) { return []Way{ByMail, ByWebhook, ByPush}, "BKey" }

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

func TestSomebodyIsToldOfSomeOfItOnly(t *testing.T) {
	l := &list{}
	h := telling(l)
	pay, search := shortID("/checkout"), shortID("/search")
	if body := ask(h, "/status/subscribe?component="+pay, nil).Body.String(); !strings.Contains(body, `value="`+pay+`" checked`) || strings.Contains(body, `value="`+search+`" checked`) {
		t.Error("what was chosen before is not chosen in the form")
	}
	fill(h, "/status/subscribe", url.Values{"email": {"anna@example.com"}, "component": {search, "nothing", pay}}, nil)
	fill(h, "/status/push?component="+pay, nil, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") })
	got := strings.Join(l.asked, "|")
	if !strings.Contains(got, "mail anna@example.com  en ") || strings.Contains(got, "nothing") || !strings.Contains(got, search) || !strings.HasSuffix(got, "push   en "+pay) {
		t.Errorf("asked %q", got)
	}
	l.chosen = []string{pay, search}
	if body := ask(h, "/status/unsubscribe?t=good", nil).Body.String(); strings.Count(body, " checked") != 2 {
		t.Error("who leaves does not see what they are told of")
	}
	if w := fill(h, "/status/unsubscribe", url.Values{"t": {"good"}, "only": {"1"}, "component": {pay}}, nil); w.Code != http.StatusOK || len(l.chosen) != 1 || len(l.left) != 0 {
		t.Errorf("told of less: %d, %v, left %v", w.Code, l.chosen, l.left)
	}
	if w := fill(h, "/status/unsubscribe", url.Values{"t": {"good"}, "only": {"1"}}, nil); w.Code != http.StatusOK || len(l.left) != 1 {
		t.Errorf("told of nothing: %d, left %v", w.Code, l.left)
	}
	if w := fill(h, "/status/unsubscribe?t=good", url.Values{"List-Unsubscribe": {"One-Click"}}, nil); w.Code != http.StatusOK || len(l.left) != 2 {
		t.Errorf("one click: %d, left %v", w.Code, l.left)
	}
}

func TestAFeedAndNewsOfOneComponent(t *testing.T) {
	b := hurtBoard()
	h := of(b, nil)
	pay, other := shortID("/checkout"), shortID("/search")
	all, of1, of2 := ask(h, "/status/feed.atom", nil).Body.String(), ask(h, "/status/feed.atom?component="+pay, nil).Body.String(), ask(h, "/status/feed.atom?component="+other, nil).Body.String()
	if strings.Count(all, "<entry>") == 0 || strings.Count(of1, "<entry>") <= strings.Count(of2, "<entry>") || !strings.Contains(of1, "?component="+pay+"</id>") {
		t.Errorf("entries: %d of all, %d, %d", strings.Count(all, "<entry>"), strings.Count(of1, "<entry>"), strings.Count(of2, "<entry>"))
	}
	if w := ask(h, "/status/feed.atom?component=nothing", nil); w.Code != http.StatusNotFound {
		t.Errorf("a component that is none = %d", w.Code)
	}
	n := NewNewsroom(Options{Board: func() Board { return b }, URL: "https://status.example"})
	opened := func(ids ...string) (n1 int) {
		for _, m := range n.News(b, Wish{Components: ids}, noon().AddDate(-1, 0, 0)) {
			if m.Kind == notify.Opened {
				n1++
			}
		}
		return n1
	}
	if opened() == 0 || opened(pay) == 0 || opened(other) >= opened() {
		t.Errorf("news: %d of all, %d and %d", opened(), opened(pay), opened(other))
	}
}
