package app

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/source/accesslog"
	"github.com/honderd/honderd/web"
)

func TestLogsAreFoundNewestFirst(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-time.Hour)
	for name, at := range map[string]time.Time{"access.log": old, "shop-access.log": time.Now(), "access.log.1": old, "access.log.2.gz": old, "access.log-20261126": old, "access_old": old.Add(-time.Hour)} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("x\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "access.d"), 0o700); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range logsIn([]string{filepath.Join(dir, "*access*"), "/nowhere/*"}) {
		names = append(names, filepath.Base(f.Name))
	}
	if got := strings.Join(names, " "); got != "shop-access.log access.log access_old" {
		t.Errorf("found %s", got)
	}
}

func TestListeningWebServersAreFound(t *testing.T) {
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Server", "shop/1") }))
	defer h.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(h.URL, "http://"), ":")
	table := filepath.Join(t.TempDir(), "tcp")
	n := 0
	for _, c := range port {
		n = n*10 + int(c-'0')
	}
	line := "   0: 0100007F:" + strings.ToUpper(hex4(n)) + " 00000000:0000 0A 00000000:00000000\n   1: 0100007F:0001 00000000:0000 01 0\n   2: broken\n"
	if err := os.WriteFile(table, []byte("  sl  local_address\n"+line), 0o600); err != nil {
		t.Fatal(err)
	}
	found := websOf(t.Context(), []string{table, "/nowhere"}, "127.0.0.1:1")
	if len(found) != 1 || found[0] != (web.Found{Kind: web.FoundWeb, Name: h.URL, Says: "shop/1"}) {
		t.Errorf("found %+v", found)
	}
	if own := websOf(t.Context(), []string{table}, "127.0.0.1:"+port); len(own) != 0 {
		t.Errorf("we find ourselves: %+v", own)
	}
}

func hex4(n int) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[n>>12&15], digits[n>>8&15], digits[n>>4&15], digits[n&15]})
}

func TestOnlyWhatWasFoundIsFollowed(t *testing.T) {
	s := quietServer(t)
	s.config = config.Default()
	s.following.begin = make(chan *accesslog.Log, 1)
	s.following.looked = time.Now()
	s.following.found = []web.Found{{Kind: web.FoundLog, Name: "/var/log/shop/access.log"}, {Kind: web.FoundLog, Name: "/var/log/secret", Trouble: "may not be read"}, {Kind: web.FoundWeb, Name: "http://127.0.0.1:3000"}}
	for _, name := range []string{"/etc/passwd", "/var/log/secret", "http://127.0.0.1:3000", ""} {
		if err := s.follow(t.Context(), name, "ann"); err == nil {
			t.Errorf("%q is followed", name)
		}
	}
	if err := s.follow(t.Context(), "/var/log/shop/access.log", "ann"); err != nil {
		t.Fatal(err)
	}
	s.waitSaid(t.Context())
	if !s.isRead(web.Found{Kind: web.FoundWeb, Name: "http://127.0.0.1:4318"}) || s.isRead(s.following.found[0]) {
		t.Error("our own door is shown, or a log that nobody follows yet is not")
	}
	again := &Server{config: s.config, ledger: s.ledger, log: s.log, projector: s.projector}
	again.openFollowing(nil)
	if !again.isRead(s.following.found[0]) {
		t.Error("a log that is followed is shown to be chosen")
	}
	if list := again.allSources(); len(list) != 1 || !strings.Contains(list[0].Name(), "/var/log/shop/access.log") || again.choose(list[0]) {
		t.Errorf("after a restart: %v", list)
	}
}
