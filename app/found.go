package app

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/source"
	"github.com/honderd/honderd/source/accesslog"
	"github.com/honderd/honderd/web"
)

// logPlaces are where web servers and proxies write their access logs.
func logPlaces() []string {
	return []string{
		"/var/log/nginx/*access*", "/var/log/apache2/*access*", "/var/log/httpd/*access*", "/var/log/caddy/*",
		"/var/log/traefik/access*", "/var/log/haproxy.log", "/var/log/lighttpd/access*", "/var/log/squid/access.log",
		"/usr/local/var/log/nginx/*access*", "/opt/homebrew/var/log/nginx/*access*",
	}
}

// Limits of what is looked for, so that a page comes at once.
const (
	maxFound   = 30
	askWebFor  = 300 * time.Millisecond
	foundStays = 10 * time.Second
)

// logsIn returns the logs in these places that can be read, the newest first; those
// that logrotate has put aside are left out.
func logsIn(places []string) []web.Found {
	type log struct {
		web.Found
		at time.Time
	}
	var list []log
	for _, place := range places {
		names, _ := filepath.Glob(place) // the pattern is ours
		for _, name := range names {
			info, err := os.Stat(name)
			if err != nil || !info.Mode().IsRegular() || setAside(name) {
				continue
			}
			one := log{Found: web.Found{Kind: web.FoundLog, Name: name, Bytes: info.Size()}, at: info.ModTime()}
			if err := CheckLog(name); err != nil {
				one.Trouble = err.Error()
			}
			list = append(list, one)
		}
	}
	slices.SortStableFunc(list, func(a, b log) int { return b.at.Compare(a.at) })
	found := make([]web.Found, 0, len(list))
	for _, one := range list[:min(len(list), maxFound)] {
		found = append(found, one.Found)
	}
	return found
}

// setAside reports whether a name is one that logrotate gives: access.log.1, .gz, -20261126.
func setAside(name string) bool {
	ext := strings.TrimPrefix(filepath.Ext(name), ".")
	if ext == "gz" || ext == "zst" || ext == "bz2" || ext == "xz" || ext != "" && strings.Trim(ext, "0123456789") == "" {
		return true
	}
	_, date, ok := strings.Cut(filepath.Base(name), "-20")
	return ok && len(date) >= 6 && strings.Trim(date[:6], "0123456789") == ""
}

// websOf returns what listens on this machine and answers as a web server does, except
// for ourselves.
func websOf(ctx context.Context, tables []string, own string) []web.Found {
	var found []web.Found
	for _, port := range listening(tables) {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		if strings.HasSuffix(own, ":"+strconv.Itoa(port)) || len(found) == maxFound {
			continue
		}
		if says, ok := askWeb(ctx, address); ok {
			found = append(found, web.Found{Kind: web.FoundWeb, Name: "http://" + address, Says: says})
		}
	}
	return found
}

// listening returns the ports that something listens on, from tables as /proc/net/tcp.
func listening(tables []string) []int {
	var ports []int
	for _, table := range tables {
		f, err := os.Open(table)
		if err != nil {
			continue // not Linux
		}
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			fields := strings.Fields(lines.Text())
			if len(fields) < 4 || fields[3] != "0A" { // LISTEN
				continue
			}
			_, port, ok := strings.Cut(fields[1], ":")
			b, err := hex.DecodeString(port)
			if ok && err == nil && len(b) == 2 {
				ports = append(ports, int(b[0])<<8|int(b[1]))
			}
		}
		f.Close()
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}

// askWeb reports whether a web server answers at address, and what it calls itself.
func askWeb(ctx context.Context, address string) (says string, ok bool) {
	ctx, stop := context.WithTimeout(ctx, askWebFor)
	defer stop()
	q, err := http.NewRequestWithContext(ctx, http.MethodHead, "http://"+address+"/", http.NoBody)
	if err != nil {
		return "", false
	}
	q.Header.Set("User-Agent", "honderd (looks for web servers on this machine)")
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(q)
	if err != nil {
		return "", false
	}
	answer.Body.Close()
	return answer.Header.Get("Server"), true
}

// found returns what could be read on this machine. It is looked for at most once in a
// while.
func (s *Server) found(ctx context.Context) []web.Found {
	s.following.mu.Lock()
	defer s.following.mu.Unlock()
	if time.Since(s.following.looked) < foundStays {
		return s.following.found
	}
	s.following.found = append(logsIn(logPlaces()), websOf(ctx, []string{"/proc/net/tcp", "/proc/net/tcp6"}, s.Address())...)
	s.following.found = slices.DeleteFunc(s.following.found, s.isRead)
	s.following.looked = time.Now()
	return s.following.found
}

// isRead reports whether f is read already, or is a door of our own. It is called with the
// lock.
func (s *Server) isRead(f web.Found) bool {
	if f.Kind == web.FoundWeb {
		_, port, _ := net.SplitHostPort(s.config.Receive.OTLP.HTTP)
		return port != "" && strings.HasSuffix(f.Name, ":"+port)
	}
	return slices.ContainsFunc(slices.Concat(s.sources, s.following.chosen), func(one source.Source) bool { return strings.HasSuffix(one.Name(), " "+f.Name) })
}

// kindFollow is the kind of facts that say which logs somebody chose on the page.
const kindFollow = "follow"

// follow begins to follow a log that was found, and goes on after a restart.
func (s *Server) follow(ctx context.Context, name, who string) error {
	if !slices.ContainsFunc(s.found(ctx), func(f web.Found) bool { return f.Kind == web.FoundLog && f.Name == name && f.Trouble == "" }) {
		return fmt.Errorf("%.200q is no log that was found (fix: honderd serve LOG)", name)
	}
	one, err := s.chosen(name)
	if err != nil {
		return err
	}
	if _, err := s.say(ctx, anyVersion, kindFollow, name, who, struct{}{}); err != nil {
		return err
	}
	select {
	case s.following.begin <- one:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// chosen returns the source of a log that somebody chose.
func (s *Server) chosen(name string) (*accesslog.Log, error) {
	c := s.config
	c.Sources = []config.Source{{Log: name}}
	list, err := newSources(c, s.following.salts, s.causes, s.log)
	if err != nil {
		return nil, err
	}
	one, ok := list[0].(*accesslog.Log)
	if !ok {
		return nil, fmt.Errorf("%s is no access log (fix: honderd serve LOG)", name)
	}
	return one, nil
}
