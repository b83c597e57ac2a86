package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// reverseWord is the first argument of a process that is httputil.ReverseProxy.
const reverseWord = "be-a-reverse-proxy"

// reverse is the proxy of Go's standard library, with buffers and connections that are kept.
func reverse(listen, to string) error {
	p := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: to})
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return errors.New("no transport")
	}
	t = t.Clone()
	t.MaxIdleConnsPerHost, t.DisableCompression = 256, true
	p.Transport, p.BufferPool = t, &kept{}
	server := &http.Server{Addr: listen, Handler: p, ReadHeaderTimeout: 10 * time.Second}
	return server.ListenAndServe()
}

// kept keeps buffers.
type kept struct{ pool sync.Pool }

// Get returns a buffer.
func (k *kept) Get() []byte {
	if b, ok := k.pool.Get().(*[]byte); ok {
		return *b
	}
	return make([]byte, 32<<10)
}

// Put takes one back.
func (k *kept) Put(b []byte) { k.pool.Put(&b) }

// proxy is one at work, on core 0.
type proxy struct {
	cmd    *exec.Cmd
	listen string
}

func startProxy(name, dir, to string) (*proxy, error) {
	listen, err := freePort()
	if err != nil {
		return nil, err
	}
	var words []string
	switch name {
	case "honderd":
		words = []string{filepath.Join(dir, "honderd"), "gateway", "--listen", listen, "--to", "http://" + to}
	case "reverse":
		words = []string{os.Args[0], reverseWord, listen, to}
	case "nginx", "haproxy":
		bin, err := exec.LookPath(name)
		if err != nil {
			return nil, err
		}
		file := filepath.Join(dir, name+".conf")
		text, args := nginxConf(dir, listen, to), []string{"-c", file, "-p", dir}
		if name == "haproxy" {
			text, args = haproxyConf(listen, to), []string{"-db", "-f", file}
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return nil, err
		}
		words = append([]string{bin}, args...)
	default:
		return nil, fmt.Errorf("no such proxy (fix: honderd, reverse, nginx, haproxy, or the path of a program that takes --listen and --to)")
	}
	p := &proxy{listen: listen}
	p.cmd = exec.Command("taskset", append([]string{"-c", "0"}, words...)...) //nolint:gosec,noctx // that is what it is for
	p.cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	p.cmd.Stderr = os.Stderr
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	for range 1000 {
		if one, err := newPerson(listen); err == nil {
			err = one.ask()
			_ = one.c.Close()
			if err == nil {
				return p, nil
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	p.stop()
	return nil, errors.New("it does not answer")
}

func freePort() (string, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (p *proxy) stop() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// cpu is the time that a core has worked for it.
func (p *proxy) cpu() time.Duration {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(data), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * (time.Second / 100) // the unit of Linux for programs
}

// memory is how many MB it has with so many connections, on each of which was asked.
func (p *proxy) memory(n int) (float64, error) {
	list := make([]*person, 0, n)
	defer func() {
		for _, one := range list {
			_ = one.c.Close()
		}
	}()
	for range n {
		one, err := newPerson(p.listen)
		if err != nil {
			return 0, err
		}
		list = append(list, one)
		if err := one.ask(); err != nil {
			return 0, err
		}
	}
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(data), "VmRSS:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0, errors.New("its memory is not told")
	}
	kilo, err := strconv.ParseFloat(fields[0], 64)
	return kilo / 1000, err
}

// nginxConf is one process that keeps connections on both sides.
func nginxConf(dir, listen, to string) string {
	user := ""
	if os.Geteuid() == 0 {
		user = "user root; "
	}
	return fmt.Sprintf(`%sdaemon off; master_process off; pid %s/nginx.pid; error_log %s/error.log crit;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 100000000; client_body_temp_path %s/b; proxy_temp_path %s/p; fastcgi_temp_path %s/f; uwsgi_temp_path %s/u; scgi_temp_path %s/s;
upstream u { server %s max_fails=0; keepalive 256; keepalive_requests 100000000; }
server { listen %s; location / { proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
proxy_set_header X-Forwarded-For $remote_addr; proxy_next_upstream error timeout http_500 http_502 http_503 http_504; } } }
`, user, dir, dir, dir, dir, dir, dir, dir, to, listen)
}

// haproxyConf is one thread that keeps connections on both sides.
func haproxyConf(listen, to string) string {
	return fmt.Sprintf(`global
  maxconn 4096
  nbthread 1
defaults
  mode http
  option http-keep-alive
  option forwardfor
  http-reuse always
  timeout client 30s
  timeout server 30s
  timeout connect 1s
  retries 3
  option redispatch 1
  retry-on conn-failure empty-response junk-response 500 502 503 504
frontend f
  bind %s
  default_backend b
backend b
  server s %s
`, listen, to)
}
