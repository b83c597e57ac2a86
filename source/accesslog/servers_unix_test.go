//go:build unix

package accesslog

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/who"
)

// backend is a server that can die in the middle of requests, and knows which it let down.
type backend struct {
	listener net.Listener
	dead     atomic.Bool

	mu       sync.Mutex
	letDown  map[string]bool
	answered int
}

func newBackend(t *testing.T) *backend {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &backend{listener: l, letDown: map[string]bool{}}
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { b.serve(c) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); conns.Wait() })
	return b
}

func (b *backend) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.dead.Load() {
		b.letDown[r.URL.Path] = true
		return
	}
	b.answered++
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
}

// realServer is a server of others, and how it is told what to do.
type realServer struct {
	program, debian string
	format          string // as it stands in conf; "": it is found out
	conf            func(dir, one, two, format string) string
	args            func(conf string) []string
	hides           bool // it hides faults, and its log tells
	fails           bool // it lets people feel that a server let it down
	port            bool // it listens on no unix socket
}

func realServers() []realServer {
	return []realServer{
		{
			program: "nginx", debian: "nginx-light", hides: true,
			format: `'$remote_addr [$time_local] "$request" $status $request_time "$http_user_agent" [$upstream_addr] $upstream_status'`,
			conf: func(dir, one, two, format string) string {
				return fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log;
events {}
http {
	client_body_temp_path %[1]s/t1; proxy_temp_path %[1]s/t2; fastcgi_temp_path %[1]s/t3; uwsgi_temp_path %[1]s/t4; scgi_temp_path %[1]s/t5;
	log_format mine %[4]s;
	access_log %[1]s/access.log mine;
	upstream shop { server %[2]s max_fails=0; server %[3]s max_fails=0; }
	server { listen unix:%[1]s/sock; location / { proxy_pass http://shop; } }
}
`, dir, one, two, format)
			},
			args: func(conf string) []string { return []string{"-c", conf, "-p", filepath.Dir(conf)} },
		},
		{
			program: "haproxy", debian: "haproxy", hides: true,
			format: `"%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r"`,
			conf: func(dir, one, two, format string) string {
				return fmt.Sprintf(`global
	log stdout format raw local0
defaults
	mode http
	log global
	timeout connect 2s
	timeout client 5s
	timeout server 5s
	retries 3
	option redispatch 1
	retry-on conn-failure empty-response
frontend f
	bind unix@%[1]s/sock
	log-format %[4]s
	default_backend b
backend b
	server one %[2]s
	server two %[3]s
`, dir, one, two, format)
			},
			args: func(conf string) []string { return []string{"-db", "-f", conf} },
		},
		{
			program: "caddy", debian: "caddy",
			conf: func(dir, one, two, _ string) string {
				return fmt.Sprintf(`{
	admin off
	auto_https off
}
http:// {
	bind unix/%[1]s/sock
	log {
		output file %[1]s/access.log
	}
	reverse_proxy %[2]s %[3]s {
		lb_policy round_robin
		lb_try_duration 2s
	}
}
`, dir, one, two)
			},
			args: func(conf string) []string { return []string{"run", "--adapter", "caddyfile", "--config", conf} },
		},
		{
			program: "apache2", debian: "apache2", fails: true, port: true,
			format: `"%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\" %D"`,
			conf: func(dir, one, two, format string) string {
				var modules strings.Builder
				for _, m := range []string{"mpm_event", "authz_core", "proxy", "proxy_http", "proxy_balancer", "lbmethod_byrequests", "slotmem_shm"} {
					fmt.Fprintf(&modules, "LoadModule %[1]s_module /usr/lib/apache2/modules/mod_%[1]s.so\n", m)
				}
				return modules.String() + fmt.Sprintf(`ServerRoot %[1]s
ServerName shop.example
PidFile %[1]s/pid
DefaultRuntimeDir %[1]s
ErrorLog %[1]s/error.log
LogFormat %[4]s mine
CustomLog %[1]s/access.log mine
Listen PORT
<Proxy balancer://shop>
	BalancerMember http://%[2]s retry=0
	BalancerMember http://%[3]s retry=0
</Proxy>
ProxyPass / balancer://shop/
`, dir, one, two, format)
			},
			args: func(conf string) []string { return []string{"-X", "-f", conf} },
		},
	}
}

// startReal starts a server of others; it ends with the test.
func startReal(t *testing.T, s realServer, dir, one, two string) *http.Client {
	t.Helper()
	path, err := exec.LookPath(s.program)
	if err != nil {
		if path = "/usr/sbin/" + s.program; func() bool { _, err := os.Stat(path); return err != nil }() {
			t.Skipf("%s is not installed (fix: apt-get install %s)", s.program, s.debian)
		}
	}
	conf, address := filepath.Join(dir, "conf"), filepath.Join(dir, "sock")
	if s.port {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address = l.Addr().String()
		_ = l.Close()
	}
	text := strings.ReplaceAll(s.conf(dir, one, two, s.format), "PORT", address)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.OpenFile(filepath.Join(dir, "access.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	said, err := os.Create(filepath.Join(dir, "said"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, s.args(conf)...)
	cmd.Stderr = said
	if s.program == "haproxy" {
		cmd.Stdout = log
	}
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
		_, _ = log.Close(), said.Close()
	})
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		network := "unix"
		if s.port {
			network = "tcp"
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(30 * time.Second)
	for {
		if c, err := dial(t.Context(), "", ""); err == nil {
			_ = c.Close()
			return &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}, Timeout: 20 * time.Second}
		}
		select {
		case <-tick.C:
		case err := <-ended:
			ended <- err
			text, _ := os.ReadFile(filepath.Join(dir, "said"))
			t.Fatalf("%s ended: %v: %s", s.program, err, text)
		case <-late:
			t.Fatalf("%s does not listen", s.program)
		}
	}
}

// A backend of a real server dies, and comes back. Its log is followed: what it hid is what
// we did to it, and nobody felt it.
func TestRealServersTellWhatTheyHid(t *testing.T) {
	for _, s := range realServers() {
		t.Run(s.program, func(t *testing.T) {
			one, two := newBackend(t), newBackend(t)
			dir, err := os.MkdirTemp("/tmp", "real") //nolint:usetesting // the path of a socket must be short
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			client := startReal(t, s, dir, one.listener.Addr().String(), two.listener.Addr().String())
			const n = 60
			for i := range n {
				one.dead.Store(i >= 20 && i < 40)
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("http://shop.example/shop/%d", i), nil)
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("User-Agent", firefox)
				answer, err := client.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				_ = answer.Body.Close()
				if answer.StatusCode != http.StatusOK && !s.fails {
					t.Fatalf("request %d: %s", i, answer.Status)
				}
			}
			items := followed(t, s.format, filepath.Join(dir, "access.log"), n)
			masked, bad := 0, 0
			for _, e := range items {
				if e.Mask != experience.Unmasked {
					masked++
				}
				if e.Bad() {
					bad++
				}
			}
			hidden, felt := 0, 0
			switch {
			case s.hides:
				hidden = len(one.letDown)
			case s.fails:
				felt = len(one.letDown)
			}
			if len(items) != n || masked != hidden || bad != felt || len(one.letDown) == 0 {
				t.Errorf("%d experiences, %d masked, %d bad; want %d, %d, %d; %d requests were let down", len(items), masked, bad, n, hidden, felt, len(one.letDown))
			}
		})
	}
}

// followed follows a log until it gave n experiences.
func followed(t *testing.T, format, path string, n int) []experience.Experience {
	t.Helper()
	if strings.Contains(format, "%ci") {
		format = "log-format " + format
	}
	p := mustParser(t, Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("s")), Format: format})
	ctx, stop := context.WithTimeout(t.Context(), 60*time.Second)
	defer stop()
	var items []experience.Experience
	if err := NewLog(p, path, slog.New(slog.DiscardHandler)).Run(ctx, "", func(_ context.Context, b *experience.Batch) error {
		if items = append(items, b.Items...); len(items) >= n {
			stop()
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return items
}
