package admit

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestWhoIsLetIn(t *testing.T) {
	for _, tt := range []struct {
		name   string
		keys   []string
		here   bool
		remote string
		head   map[string]string
		want   string
		status int
	}{
		{"this machine", nil, false, "127.0.0.1:9", nil, "127.0.0.1", 0},
		{"this machine, IPv6", nil, false, "[::1]:9", nil, "::1", 0},
		{"elsewhere", nil, false, "192.0.2.7:9", nil, "", 403},
		{"a page on this machine", nil, false, "127.0.0.1:9", map[string]string{"Origin": "https://x.example"}, "", 403},
		{"through a proxy", nil, false, "127.0.0.1:9", map[string]string{"X-Forwarded-For": "192.0.2.7"}, "", 403},
		{"a key", []string{"a", "b"}, false, "192.0.2.7:9", map[string]string{"Authorization": "Bearer b"}, "key 1", 0},
		{"a key of X-Api-Key", []string{"a"}, false, "192.0.2.7:9", map[string]string{"X-Api-Key": "a"}, "key 0", 0},
		{"a wrong key", []string{"a"}, false, "127.0.0.1:9", map[string]string{"X-Api-Key": "b"}, "", 401},
		{"no key", []string{"a"}, false, "127.0.0.1:9", nil, "", 401},
		{"this machine needs none", []string{"a"}, true, "127.0.0.1:9", nil, "127.0.0.1", 0},
		{"a proxy on this machine does", []string{"a"}, true, "127.0.0.1:9", map[string]string{"Forwarded": "for=x"}, "", 401},
		{"one key of many machines", []string{"a"}, true, "192.0.2.7:9", map[string]string{"X-Api-Key": "a"}, "key 0 192.0.2.7", 0},
	} {
		r := &http.Request{RemoteAddr: tt.remote, Header: http.Header{}}
		for name, value := range tt.head {
			r.Header.Set(name, value)
		}
		got, no := New(Options{Keys: tt.keys, Most: 1, Each: 1, Here: tt.here}).Sender(CallerOf(r))
		if got != tt.want || (no == nil) != (tt.status == 0) || no != nil && no.Status != tt.status {
			t.Errorf("%s: %q, %v", tt.name, got, no)
		}
	}
}

func TestOneSenderLeavesRoomForOthers(t *testing.T) {
	g := New(Options{Most: 3, Each: 2})
	for i, tt := range []struct {
		sender string
		want   bool
	}{{"a", true}, {"a", true}, {"a", false}, {"b", true}, {"c", false}} {
		if (g.Enter(tt.sender) == nil) != tt.want {
			t.Errorf("request %d, of %s: let in is %v, want %v", i, tt.sender, !tt.want, tt.want)
		}
	}
	g.Leave("a")
	if no := g.Enter("c"); no != nil || g.Open() != 3 {
		t.Errorf("who left makes room: %v, %d are in", no, g.Open())
	}
}

func packed(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.String()
}

func TestHowABodyIsRead(t *testing.T) {
	for _, tt := range []struct {
		name, sent, coding string
		status             int
		why                string
	}{
		{"as it is", "0123456789", "", 0, ""},
		{"packed", packed("0123456789"), "GZIP", 0, ""},
		{"one byte more", "0123456789a", "", 413, "too large"},
		{"a bomb", packed(strings.Repeat("0", 1<<20)), "gzip", 413, "too large"},
		{"packed otherwise", "0123456789", "zstd", 415, "content encoding"},
		{"not packed", "0123456789", "gzip", 400, "unreadable"},
		{"half of it", packed("0123456789")[:20], "gzip", 400, "unreadable"},
	} {
		b := Body{What: "batch", Most: 10, Patience: time.Second}
		if tt.coding != "" {
			b.Most = 40 // of what is packed, too
		}
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tt.sent))
		r.ContentLength = -1 // it does not say how much comes
		r.Header.Set("Content-Encoding", tt.coding)
		got, no := b.Read(httptest.NewRecorder(), r)
		if tt.status == 0 && (no != nil || string(got) != "0123456789") || tt.status != 0 && (no == nil || no.Status != tt.status || no.Why != tt.why) {
			t.Errorf("%s: %q, %+v", tt.name, got, no)
		}
	}
}

func TestARefusalSaysWhatNext(t *testing.T) {
	for _, tt := range []struct {
		give         *Refusal
		header, want string
	}{
		{TooMany("no room", "later"), "Retry-After", "1"},
		{NotKept("later"), "Retry-After", "1"},
		{BadMethod("no"), "Allow", "POST"},
		{NoKey("no"), "WWW-Authenticate", `Bearer realm="honderd"`},
		{TooLarge("no"), "Retry-After", ""},
		{WrongType("content type", "no"), "Retry-After", ""},
	} {
		w := httptest.NewRecorder()
		tt.give.Write(w, http.MethodPost)
		if w.Code != tt.give.Status || w.Header().Get(tt.header) != tt.want || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%+v: %d %v", tt.give, w.Code, w.Header())
		}
	}
}
