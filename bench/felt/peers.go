package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// peer returns the starter of a proxy that is installed, tuned to hide what it can.
func peer(name, dir string) (starter, error) {
	bin, err := exec.LookPath(name)
	if err != nil {
		return nil, fmt.Errorf("%s is not installed (fix: apt-get install %s)", name, name)
	}
	return func(s *suite) (*exec.Cmd, error) {
		if s.scenario.second || s.scenario.names {
			return nil, errCannot
		}
		file := filepath.Join(dir, name+".conf")
		text, args := nginxConf(s, dir), []string{"-c", file, "-p", dir}
		if name == "haproxy" {
			text, args = haproxyConf(s), []string{"-db", "-f", file}
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return nil, err
		}
		return exec.Command(bin, args...), nil //nolint:gosec,noctx // that is what it is for
	}, nil
}

// nginxConf retries everything that nginx may retry, without bans: those last longer
// than the faults.
func nginxConf(s *suite, dir string) string {
	var b strings.Builder
	ms := s.patience.Milliseconds()
	fmt.Fprintf(&b, "user root; daemon off; worker_processes 1; pid %s/nginx.pid; error_log /dev/null;\nevents { worker_connections 4096; }\nhttp {\naccess_log off; client_max_body_size 0;\nclient_body_temp_path %s/b; proxy_temp_path %s/t; fastcgi_temp_path %s/f; uwsgi_temp_path %s/u; scgi_temp_path %s/s;\n", dir, dir, dir, dir, dir, dir)
	fmt.Fprintf(&b, "proxy_cache_path %s/c keys_zone=c:10m;\nupstream u { keepalive 64;\n", dir)
	for i, o := range s.origins {
		backup := ""
		if i >= len(s.origins)-s.scenario.then {
			backup = " backup"
		}
		fmt.Fprintf(&b, "server %s max_fails=0%s;\n", o.addr, backup)
	}
	fmt.Fprintf(&b, "}\nmap $http_upgrade $up { default upgrade; '' ''; }\nserver { listen %s;\nlocation / { proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection $up; proxy_set_header Upgrade $http_upgrade; proxy_set_header Host $host;\n", s.listen)
	fmt.Fprintf(&b, "proxy_next_upstream error timeout invalid_header http_500 http_502 http_503 http_504; proxy_next_upstream_timeout %dms; proxy_connect_timeout %dms; proxy_read_timeout %dms;\n", ms*95/100, ms/4, ms*85/100)
	b.WriteString("proxy_cache c; proxy_cache_use_stale error timeout http_500 http_502 http_503 http_504;\n} } }\n")
	return b.String()
}

func haproxyConf(s *suite) string {
	var b strings.Builder
	ms := s.patience.Milliseconds()
	fmt.Fprintf(&b, "global\n  maxconn 4096\ndefaults\n  mode http\n  timeout client 30s\n  timeout server %dms\n  timeout connect %dms\n  timeout queue %dms\n  timeout tunnel 60s\n  retries 3\n  option redispatch 1\n  retry-on conn-failure empty-response junk-response response-timeout 500 502 503 504\n", ms*85/100, ms/4, ms)
	fmt.Fprintf(&b, "frontend f\n  bind %s\n  default_backend b\nbackend b\n  balance leastconn\n  http-request disable-l7-retry if METH_POST\n", s.listen)
	for i, o := range s.origins {
		backup := ""
		if i >= len(s.origins)-s.scenario.then {
			backup = " backup"
		}
		fmt.Fprintf(&b, "  server s%d %s check inter 500ms%s\n", i, o.addr, backup)
	}
	return b.String()
}
