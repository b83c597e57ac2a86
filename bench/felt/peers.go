package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// peer returns the starter of a proxy that is installed, tuned to hide what it can.
func peer(name, dir string) (starter, error) {
	bin, err := exec.LookPath(name)
	if err != nil {
		return nil, fmt.Errorf("%s is not installed (fix: apt-get install %s)", name, name)
	}
	return func(s *suite) (*exec.Cmd, renewal, error) {
		file := filepath.Join(s.dir, name+".conf")
		var text string
		var args []string
		var anew renewal
		switch name {
		case "nginx":
			if s.scenario.speaks == "raw2" {
				return nil, nil, fmt.Errorf("%w to speak HTTP/2 to servers", errCannot)
			}
			text, args, anew = nginxConf(s), []string{"-c", file, "-p", s.dir}, tell(syscall.SIGHUP)
		default:
			text, args, anew = haproxyConf(s), []string{"-W", "-db", "-f", file}, tell(syscall.SIGUSR2)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return nil, nil, err
		}
		return exec.Command(bin, args...), anew, nil //nolint:gosec,noctx // that is what it is for
	}, nil
}

// nginxConf retries everything that nginx may retry, without bans, which last longer than
// the faults; time-outs let an honest answer of eight tenths of the patience pass.
func nginxConf(s *suite) string {
	var b strings.Builder
	ms := s.patience.Milliseconds()
	user := ""
	if os.Geteuid() == 0 {
		user = "user root; "
	}
	fmt.Fprintf(&b, "%sdaemon off; worker_processes 2; worker_shutdown_timeout 30s; pid %s/nginx.pid; error_log %s/error.log crit;\nevents { worker_connections 4096; }\nhttp {\naccess_log off; client_max_body_size 0; client_body_buffer_size 256k; proxy_buffers 16 64k; proxy_buffer_size 64k; proxy_busy_buffers_size 128k;\n", user, s.dir, s.dir)
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&b, "%s_temp_path %s/%s;\n", kind, s.dir, kind)
	}
	fmt.Fprintf(&b, "proxy_cache_path %s/c keys_zone=c:10m;\n", s.dir)
	target := "u"
	to, then := s.sites()
	if s.scenario.named {
		fmt.Fprintf(&b, "resolver %s valid=1s ipv6=off; resolver_timeout 1s;\n", s.names.conn.LocalAddr())
		target = "$name"
	} else {
		b.WriteString("upstream u { zone u 64k; keepalive 64; least_conn;\n")
		for _, a := range to {
			fmt.Fprintf(&b, "server %s max_fails=0;\n", a)
		}
		for _, a := range then {
			fmt.Fprintf(&b, "server %s max_fails=0 backup;\n", a)
		}
		b.WriteString("}\n")
	}
	b.WriteString("map $http_upgrade $up { default upgrade; '' ''; }\nserver { listen " + s.listen)
	if s.scenario.front == "h2" {
		fmt.Fprintf(&b, " ssl http2; ssl_certificate %s; ssl_certificate_key %s;\n", s.certs.file("site.pem"), s.certs.file("site.key"))
	} else {
		b.WriteString(";\n")
	}
	if s.scenario.named {
		fmt.Fprintf(&b, "set $name %s;\n", to[0])
	}
	kind, scheme := "proxy", "http"
	switch s.scenario.speaks {
	case "h2c":
		kind, scheme = "grpc", "grpc"
	case "tls":
		scheme = "https"
	}
	fmt.Fprintf(&b, "location / { %s_pass %s://%s;\n", kind, scheme, target)
	fmt.Fprintf(&b, "%s_next_upstream error timeout invalid_header http_500 http_502 http_503 http_504; %s_next_upstream_timeout %dms; %s_connect_timeout %dms; %s_read_timeout %dms;\n", kind, kind, ms*95/100, kind, ms/4, kind, ms*85/100)
	if kind == "proxy" {
		b.WriteString("proxy_http_version 1.1; proxy_set_header Connection $up; proxy_set_header Upgrade $http_upgrade; proxy_set_header Host $host;\nproxy_cache c; proxy_cache_use_stale error timeout http_500 http_502 http_503 http_504;\n")
	}
	if scheme == "https" {
		fmt.Fprintf(&b, "proxy_ssl_verify on; proxy_ssl_trusted_certificate %s; proxy_ssl_name origin.test;\n", s.certs.file("ca.pem"))
	}
	b.WriteString("}\nlocation /events { " + strings.ReplaceAll(fmt.Sprintf("KIND_pass %s://%s; KIND_buffering off; KIND_http_version 1.1; KIND_set_header Connection ''; KIND_next_upstream error timeout http_503;", "http", target), "KIND", "proxy") + " }\n")
	fmt.Fprintf(&b, "location /ws { proxy_pass http://%s; proxy_http_version 1.1; proxy_set_header Connection upgrade; proxy_set_header Upgrade $http_upgrade; proxy_connect_timeout %dms; proxy_read_timeout 60s; }\n} }\n", target, ms/4)
	return b.String()
}

// haproxyConf retries what HAProxy may retry; it knows nothing of methods, so POSTs
// without a key are left out by hand.
func haproxyConf(s *suite) string {
	var b strings.Builder
	ms := s.patience.Milliseconds()
	fmt.Fprintf(&b, "global\n  maxconn 4096\n  tune.bufsize 65536\n  hard-stop-after 30s\ndefaults\n  mode http\n  option http-keep-alive\n  option http-no-delay\n  timeout client 30s\n  timeout http-request 10s\n  timeout server %dms\n  timeout connect %dms\n  timeout queue %dms\n  timeout tunnel 60s\n  retries 3\n  option redispatch 1\n  retry-on conn-failure empty-response junk-response response-timeout 500 502 503 504\n", ms*85/100, ms/4, ms)
	more, bind := "", ""
	switch s.scenario.speaks {
	case "tls":
		more = fmt.Sprintf(" ssl verify required ca-file %s verifyhost origin.test", s.certs.file("ca.pem"))
	case "h2c", "raw2":
		more = " proto h2"
	}
	if s.scenario.front == "h2" {
		bind = " ssl crt " + s.certs.file("site.both") + " alpn h2,http/1.1"
	}
	if s.scenario.named {
		fmt.Fprintf(&b, "resolvers r\n  nameserver n %s\n  resolve_retries 3\n  timeout resolve 500ms\n  timeout retry 300ms\n  hold valid 1s\n  hold obsolete 1s\n  hold nx 60s\n  hold other 60s\n  hold refused 60s\n  hold timeout 60s\n", s.names.conn.LocalAddr())
		more += " resolvers r init-addr last,none resolve-prefer ipv4"
	}
	fmt.Fprintf(&b, "frontend f\n  bind %s%s\n  default_backend b\n", s.listen, bind)
	b.WriteString("backend b\n  balance leastconn\n  http-request disable-l7-retry if METH_POST !{ req.hdr(Idempotency-Key) -m found }\n")
	to, then := s.sites()
	check := " check inter 500ms"
	if len(then) > 0 { // or a site that answers with errors is never left
		b.WriteString("  option allbackups\n  option httpchk GET /page/1\n")
		check += " fall 2 rise 1"
	}
	if s.scenario.named {
		fmt.Fprintf(&b, "  server-template s 3 %s%s%s\n", to[0], check, more)
		return b.String()
	}
	for i, a := range to {
		fmt.Fprintf(&b, "  server s%d %s%s%s\n", i, a, check, more)
	}
	for i, a := range then {
		fmt.Fprintf(&b, "  server t%d %s%s%s backup\n", i, a, check, more)
	}
	return b.String()
}
