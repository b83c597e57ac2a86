package admit

import (
	"errors"
	"net/http"
	"testing"
)

func TestWhoIsLetIn(t *testing.T) {
	for _, tt := range []struct {
		name   string
		keys   []string
		remote string
		head   map[string]string
		want   string
		err    error
	}{
		{"this machine", nil, "127.0.0.1:9", nil, "127.0.0.1", nil},
		{"this machine, IPv6", nil, "[::1]:9", nil, "::1", nil},
		{"elsewhere", nil, "192.0.2.7:9", nil, "", ErrElsewhere},
		{"a page on this machine", nil, "127.0.0.1:9", map[string]string{"Origin": "https://x.example"}, "", ErrElsewhere},
		{"through a proxy", nil, "127.0.0.1:9", map[string]string{"X-Forwarded-For": "192.0.2.7"}, "", ErrElsewhere},
		{"a key", []string{"a", "b"}, "192.0.2.7:9", map[string]string{"Authorization": "Bearer b"}, "key 1", nil},
		{"a key of X-Api-Key", []string{"a"}, "192.0.2.7:9", map[string]string{"X-Api-Key": "a"}, "key 0", nil},
		{"a wrong key", []string{"a"}, "127.0.0.1:9", map[string]string{"X-Api-Key": "b"}, "", ErrKey},
		{"no key", []string{"a"}, "127.0.0.1:9", nil, "", ErrKey},
	} {
		r := &http.Request{RemoteAddr: tt.remote, Header: http.Header{}}
		for name, value := range tt.head {
			r.Header.Set(name, value)
		}
		if got, err := New(tt.keys, 1, 1).Sender(r); got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: %q, %v", tt.name, got, err)
		}
	}
}

func TestOneSenderLeavesRoomForOthers(t *testing.T) {
	g := New(nil, 3, 2)
	for i, tt := range []struct {
		sender string
		want   bool
	}{{"a", true}, {"a", true}, {"a", false}, {"b", true}, {"c", false}} {
		if g.Enter(tt.sender) != tt.want {
			t.Errorf("request %d, of %s: let in is %v, want %v", i, tt.sender, !tt.want, tt.want)
		}
	}
	g.Leave("a")
	if !g.Enter("c") {
		t.Error("who left makes room")
	}
}
