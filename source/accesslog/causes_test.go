package accesslog

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/who"
)

func TestWhatAnErrorLogSays(t *testing.T) {
	tests := []struct {
		line, client, target, backend, fault string
	}{
		{`2026/11/23 20:01:09 [error] 12#12: *5 upstream timed out (110: Connection timed out) while reading response header from upstream, client: 203.0.113.7, server: shop.example, request: "GET /basket?id=1 HTTP/1.1", upstream: "http://10.0.0.2:80/basket?id=1", host: "shop.example", referrer: "https://shop.example/"`, "203.0.113.7", "/basket?id=1", "10.0.0.2:80", "nginx: upstream timed out"},
		{`2026/11/23 20:01:09 [error] 12#12: *5 connect() failed (111: Connection refused) while connecting to upstream, client: 2001:db8::7, server: shop, request: "POST /pay HTTP/2.0", upstream: "fastcgi://unix:/run/php.sock:", host: "shop"`, "2001:db8::7", "/pay", "unix:/run/php.sock:", "nginx: connection refused"},
		{`2026/11/23 20:01:09 [error] 12#12: *5 no live upstreams while connecting to upstream, client: 203.0.113.7, server: shop, request: "GET / HTTP/1.1", upstream: "http://backend/", host: "shop"`, "203.0.113.7", "/", "backend", "nginx: no live upstreams"},
		{`2026/11/23 20:01:09 [error] 12#12: *5 client intended to send too large body: 20971520 bytes, client: 203.0.113.7, server: shop, request: "POST /upload HTTP/1.1", host: "shop"`, "203.0.113.7", "/upload", "", "nginx: body too large"},
		{`2026/11/23 20:01:09 [error] 12#12: *5 upstream prematurely closed connection while reading response header from upstream, client: 203.0.113.7, server: , request: "GET /x, client: 9.9.9.9 HTTP/1.1", upstream: "http://[2001:db8::1]:8080/x", host: "shop"`, "203.0.113.7", "/x, client: 9.9.9.9", "[2001:db8::1]:8080", "nginx: upstream closed the connection"},
		{`2026/11/23 20:01:09 [error] 12#12: *5 limiting requests, excess: 5.4 by zone "one", client: 203.0.113.7, server: shop, request: "GET / HTTP/1.1", host: "shop"`, "203.0.113.7", "/", "", "nginx: limited"},
		{`2026/11/23 20:01:09 [warn] 12#12: *5 a client request body is buffered to a temporary file, client: 203.0.113.7, server: shop, request: "POST / HTTP/1.1"`, "", "", "", ""},
		{`2026/11/23 20:01:09 [error] 12#12: lookup failed`, "", "", "", ""},
		{`2026/13/23 20:01:09 [error] 12#12: *5 x, client: 203.0.113.7`, "", "", "", ""},
		{`[Mon Nov 23 20:01:09.123456 2026] [proxy_http:error] [pid 1:tid 2] (70007)The timeout specified has expired: [client 203.0.113.7:51234] AH01102: error reading status line from remote server 10.0.0.2:80`, "203.0.113.7:51234", "", "10.0.0.2:80", "apache: backend timed out"},
		{`[Mon Nov 23 20:01:09.123456 2026] [proxy:error] [pid 1:tid 2] [client 203.0.113.7:51234] AH01114: HTTP: failed to make connection to backend: 10.0.0.2, referer: https://shop.example/`, "203.0.113.7:51234", "", "10.0.0.2", "apache: connection failed"},
		{`[Mon Nov 23 20:01:09.123456 2026] [core:error] [pid 1] [client 203.0.113.7:1] AH00126: Invalid URI in request`, "", "", "", ""},
		{`[Mon Nov 23 20:01:09.123456 2026] [proxy:notice] [pid 1] [client 203.0.113.7:1] connect to 10.0.0.1`, "", "", "", ""},
	}
	for _, tt := range tests {
		n, ok := readNote([]byte(tt.line))
		if ok != (tt.client != "") || ok && (string(n.client) != tt.client || string(n.target) != tt.target || n.blame != experience.Blame{Backend: tt.backend, Fault: tt.fault}) {
			t.Errorf("%s: %q %q %+v, %v", tt.line, n.client, n.target, n.blame, ok)
		}
		if ok && n.at/1000 != 1795464069 {
			t.Errorf("%s: at %d", tt.line, n.at)
		}
	}
}

// errorLine and requestLine tell of one request, in the zones that the two logs have.
func errorLine(second int, person int, path string) string {
	return fmt.Sprintf("2026/11/23 21:%02d:%02d [error] 1#1: *5 upstream timed out (110: Connection timed out) while reading response header from upstream, client: 203.0.113.%d, server: shop, request: \"GET %s HTTP/1.1\", upstream: \"http://10.0.0.2:80%s\", host: \"shop\"\n",
		second/60, second%60, person, path, path)
}

func requestLine(second, person, status int, path string) string {
	return fmt.Sprintf("203.0.113.%d - - [23/Nov/2026:21:%02d:%02d +0100] \"GET %s HTTP/1.1\" %d 12 \"-\" \"Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0\" 3.000\n", person, second/60, second%60, path, status)
}

// blamedFor tells for each item of b what was wrong behind it.
func blamedFor(b *experience.Batch) string {
	var s []string
	for _, e := range b.Items {
		list, _ := experience.Blames(b.Labels[e.Labels])
		s = append(s, fmt.Sprint(e.Cause, " ", e.Mask, " ", list))
	}
	return strings.Join(s, "\n")
}

const aTimeout = "[{10.0.0.2:80 nginx: upstream timed out}]"

func TestAnErrorLogExplainsItsRequests(t *testing.T) {
	dir := t.TempDir()
	access, errors := filepath.Join(dir, "access.log"), filepath.Join(dir, "error.log")
	write(t, errors, errorLine(9, 7, "/basket?id=1")+errorLine(30, 7, "/basket")+errorLine(31, 7, "/basket")+errorLine(50, 7, "/ok")+errorLine(55, 7, "/app.js"))
	write(t, access, requestLine(9, 7, 504, "/basket?id=1")+ // said
		requestLine(9, 8, 504, "/basket?id=1")+ // somebody else
		requestLine(9, 7, 504, "/pay")+ // something else
		requestLine(33, 7, 504, "/basket")+ // 3 s later, which it took
		requestLine(50, 7, 200, "/ok")+ // another server answered
		requestLine(49, 7, 200, "/fine")+
		requestLine(40, 7, 504, "/basket")+requestLine(31, 7, 504, "/basket")) // again and again
	want := strings.Join([]string{
		"unreachable unmasked " + aTimeout, "unreachable unmasked []", "unreachable unmasked []", "unreachable unmasked " + aTimeout, "fine retry " + aTimeout, "fine unmasked []",
		"unreachable unmasked []", "unreachable unmasked " + aTimeout,
	}, "\n")
	for _, paths := range [][]string{{access, errors}, {errors, access}} {
		p := mustParser(t, Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("s")), Causes: NewCauses(),
			Format: `$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_time`})
		var all experience.Batch
		err := (&Whole{Parser: p, Paths: paths, Workers: 3}).Run(t.Context(), "", func(_ context.Context, b *experience.Batch) error {
			all.Items = append(all.Items, b.Items...)
			all.Labels = append(all.Labels, b.Labels...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		got := blamedFor(&all)
		if sortedLines(got) != sortedLines(want) {
			t.Errorf("%v:\n%s\nwant\n%s", paths, got, want)
		}
	}
}

func sortedLines(s string) string {
	list := strings.Split(s, "\n")
	slices.Sort(list)
	return strings.Join(list, "\n")
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Followed side by side, an error log explains the requests of the access log, whichever is
// read first, and each of them once.
func TestAnErrorLogThatIsFollowedExplainsItsRequests(t *testing.T) {
	dir := t.TempDir()
	access, errors := filepath.Join(dir, "access.log"), filepath.Join(dir, "error.log")
	var a, e strings.Builder
	const n = 50
	for i := range n {
		a.WriteString(requestLine(i, i, 504, "/basket"))
		e.WriteString(errorLine(i, i, "/basket"))
	}
	write(t, access, a.String())
	write(t, errors, e.String())
	causes := NewCauses()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var mu sync.Mutex
	explained, seen := 0, 0
	var logs sync.WaitGroup
	var both []*Log
	for _, path := range []string{access, errors} {
		p := mustParser(t, Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("s")), Causes: causes})
		both = append(both, NewLog(p, path, slog.New(slog.DiscardHandler)))
	}
	for _, l := range both {
		logs.Go(func() {
			err := l.Run(ctx, "", func(_ context.Context, b *experience.Batch) error {
				mu.Lock()
				defer mu.Unlock()
				explained += strings.Count(blamedFor(b), aTimeout)
				if seen += len(b.Items); seen >= n {
					stop()
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	logs.Wait()
	if explained != n || seen != n {
		t.Errorf("%d of %d requests are explained, want %d", explained, seen, n)
	}
}

// What waits for its request is bounded: the oldest is dropped.
func TestReasonsAreBounded(t *testing.T) {
	c := NewCauses()
	for i := range 2 * maxReasons {
		c.add(uint64(i%(maxReasons+7)), reason{at: int64(i)})
	}
	count := 0
	for _, list := range c.byKey {
		count += len(list)
	}
	if count != maxReasons || len(c.keys) != maxReasons {
		t.Errorf("%d reasons of %d keys wait, want %d", count, len(c.keys), maxReasons)
	}
}

func FuzzErrorLog(f *testing.F) {
	f.Add([]byte(errorLine(9, 7, "/basket")), []byte(requestLine(9, 7, 504, "/basket")))
	f.Add([]byte("[Mon Nov 23 20:01:09.123456 2026] [proxy:error] [pid 1:tid 2] [client 203.0.113.7:51234] AH01114: HTTP: failed to make connection to backend: 10.0.0.2\n"), []byte(requestLine(9, 7, 503, "/")))
	w := mustParser(f, Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("s")), Causes: NewCauses()}).NewWorker(nil)
	f.Fuzz(func(t *testing.T, note, request []byte) {
		var b experience.Batch
		b.Reset()
		w.Parse(note, &b)
		w.Parse(request, &b)
		for _, e := range b.Items {
			if int(e.Labels) >= len(b.Labels) {
				t.Fatalf("labels %d of %d", e.Labels, len(b.Labels))
			}
		}
		if _, err := b.AppendBinary(nil); err != nil {
			t.Fatal(err)
		}
	})
}
