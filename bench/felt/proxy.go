package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// errCannot is a scenario that a proxy cannot be configured for.
var errCannot = errors.New("this proxy cannot be told")

// starter returns the command of a proxy, and what starts it anew; nil: nothing does.
type starter func(s *suite) (cmd *exec.Cmd, anew renewal, err error)

// renewal starts a proxy anew, of which the first process is pid.
type renewal func(pid int)

// tell tells the first process, as those want it that stay when their workers go.
func tell(how syscall.Signal) renewal { return func(pid int) { _ = syscall.Kill(pid, how) } }

// tellNewest tells the newest process of the group, as those want it that hand over to
// another process and end.
func tellNewest(how syscall.Signal) renewal {
	return func(pid int) { _ = syscall.Kill(newest(pid), how) }
}

// newest returns the process of a group that was started last.
func newest(group int) int {
	best, latest := group, -1
	list, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range list {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(text), ") ") // state parent group ... the 20th is the start; proc(5)
		f := strings.Fields(rest)
		if len(f) < 20 || f[2] != strconv.Itoa(group) || f[0] == "Z" {
			continue
		}
		if at, _ := strconv.Atoi(f[19]); at > latest {
			latest = at
			best, _ = strconv.Atoi(filepath.Base(filepath.Dir(name)))
		}
	}
	return best
}

// proxy is the proxy at work.
type proxy struct {
	cmd     *exec.Cmd
	anew    renewal
	stalled time.Duration // by the machine, at most
	masked  float64       // faults, as the proxy says
}

// prepareProxy builds or finds the proxy.
func prepareProxy(ctx context.Context, f flags, dir string) (starter, error) {
	switch f.proxy {
	case "honderd":
		bin := filepath.Join(dir, "honderd")
		build := exec.CommandContext(ctx, "go", "build", "-C", f.root, "-o", bin, "./cmd/honderd")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return nil, fmt.Errorf("build honderd: %w (fix: name the project's root with -root)", err)
		}
		return command(bin+" gateway --listen {listen} --to {to} --patience {patience} [--then {then}] [--resolver {resolver}] [--cert {cert} --key {key}] [--admin {admin}] "+f.extra, tellNewest(syscall.SIGHUP), f.logs), nil
	case "nginx", "haproxy":
		return peer(f.proxy, dir)
	}
	return command(f.proxy+" "+f.extra, tellNewest(syscall.SIGHUP), f.logs), nil
}

// command fills a template in. What stands in [] is only said where a scenario needs it.
func command(template string, anew renewal, logs string) starter {
	group := regexp.MustCompile(`\[[^]]*\]`)
	return func(s *suite) (*exec.Cmd, renewal, error) {
		scheme := map[string]string{"h1": "http://", "tls": "https://", "h2c": "h2c://", "raw2": "h2c://", "": "http://"}[s.scenario.speaks]
		to, then := s.sites()
		values := map[string]string{
			"{listen}": s.listen, "{to}": join(scheme, to), "{then}": join(scheme, then), "{patience}": s.patience.String(), "{admin}": s.admin,
			"{resolver}": "", "{cert}": "", "{key}": "", "{log}": filepath.Join(logs, "lines-"+filepath.Base(s.logName(""))),
		}
		if s.scenario.named {
			values["{resolver}"] = s.names.conn.LocalAddr().String()
		}
		if s.scenario.front == "h2" {
			values["{cert}"], values["{key}"] = s.certs.file("site.pem"), s.certs.file("site.key")
		}
		text := group.ReplaceAllStringFunc(template, func(g string) string {
			for name, v := range values {
				if v == "" && strings.Contains(g, name) {
					return ""
				}
			}
			return strings.Trim(g, "[]")
		})
		for name, v := range values {
			if v != "" && !strings.Contains(template, name) && name != "{admin}" && name != "{log}" && name != "{patience}" {
				return nil, nil, fmt.Errorf("%w of %s", errCannot, name)
			}
			text = strings.ReplaceAll(text, name, v)
		}
		words := strings.Fields(text)
		cmd := exec.Command(words[0], words[1:]...) //nolint:gosec,noctx // that is what it is for
		cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+s.certs.file("ca.pem"))
		return cmd, anew, nil
	}
}

func join(scheme string, list []string) string {
	text := make([]string, len(list))
	for i, a := range list {
		text[i] = scheme + a
	}
	return strings.Join(text, ",")
}

// startProxy starts the proxy and waits until it answers.
func startProxy(ctx context.Context, s *suite, start starter) (*proxy, error) {
	cmd, anew, err := start(s)
	if err != nil {
		return nil, err
	}
	if s.scenario.reload && anew == nil {
		return nil, fmt.Errorf("%w to start anew", errCannot)
	}
	if s.logs != "" {
		file, err := os.OpenFile(s.logName(s.logs), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		cmd.Stdout, cmd.Stderr = file, file
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that those that it starts end too
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &proxy{cmd: cmd, anew: anew}
	for range 400 {
		c, err := net.DialTimeout("tcp", s.listen, time.Second) //nolint:noctx // it has a deadline
		if err == nil {
			_ = c.Close()
			return p, nil
		}
		if ctx.Err() != nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	p.stop()
	return nil, errors.New("the proxy does not listen")
}

// stop ends the proxy, and all that it has started.
func (p *proxy) stop() {
	group := -p.cmd.Process.Pid
	_ = syscall.Kill(group, syscall.SIGKILL)
	_ = p.cmd.Wait()
}

// startAnew tells the proxy to start anew.
func (p *proxy) startAnew() { p.anew(p.cmd.Process.Pid) }

// counts asks the proxy how many faults it has masked; it says so in Prometheus' words.
func (p *proxy) counts(admin string) {
	client := &http.Client{Timeout: time.Second}
	resp, err := client.Get("http://" + admin + "/metrics") //nolint:noctx // it has a deadline
	if err != nil {
		return
	}
	defer resp.Body.Close()
	sc := bufio.NewScanner(resp.Body)
	for sc.Scan() {
		if strings.HasPrefix(sc.Text(), "honderd_gateway_backend_faults_total{") {
			fields := strings.Fields(sc.Text())
			n, _ := strconv.ParseFloat(fields[len(fields)-1], 64)
			p.masked += n
		}
	}
}
