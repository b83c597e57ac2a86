package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// cheatWord is the first argument of a process that is a proxy which cheats.
const cheatWord = "be-a-cheat"

func TestMain(m *testing.M) {
	switch {
	case len(os.Args) == 3 && os.Args[1] == serverWord:
		if err := serve(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	case len(os.Args) == 5 && os.Args[1] == cheatWord:
		fmt.Fprintln(os.Stderr, cheat(os.Args[2], os.Args[3], strings.Split(os.Args[4], ",")))
		os.Exit(2)
	default:
		os.Exit(m.Run())
	}
}

// asCheat starts this program as a proxy that cheats in one way.
func asCheat(how string) starter {
	return func(s *suite) (*exec.Cmd, renewal, error) {
		self, err := os.Executable()
		if err != nil {
			return nil, nil, err
		}
		scheme := "http://"
		if s.scenario.speaks == "tls" {
			scheme = "https://"
		}
		to, _ := s.sites()
		return exec.Command(self, cheatWord, how, s.listen, join(scheme, to)), nil, nil //nolint:gosec,noctx // it is this program
	}
}

// cheat is a plain proxy but for one thing.
func cheat(how, listen string, to []string) error {
	c := &cheater{how: how, pages: map[string][]byte{}}
	for _, text := range to {
		u, err := url.Parse(text)
		if err != nil {
			return err
		}
		c.to = append(c.to, u)
	}
	c.client = &http.Transport{DisableCompression: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: how == "trusts all"}} //nolint:gosec // that is how it cheats
	c.plain = &httputil.ReverseProxy{
		Transport: c.client, ErrorHandler: c.failed, ErrorLog: quiet(), ModifyResponse: c.change,
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(c.next()) },
	}
	return (&http.Server{Addr: listen, Handler: c, ReadHeaderTimeout: time.Minute}).ListenAndServe()
}

type cheater struct {
	how    string
	to     []*url.URL
	n      atomic.Int64
	client *http.Transport
	plain  *httputil.ReverseProxy
	mu     sync.Mutex
	pages  map[string][]byte
	stall  sync.Once
}

func (c *cheater) next() *url.URL { return c.to[int(c.n.Add(1))%len(c.to)] }

func (c *cheater) failed(w http.ResponseWriter, _ *http.Request, _ error) {
	if c.how != "always 200" {
		w.WriteHeader(http.StatusBadGateway)
	}
	fmt.Fprint(w, "We are sorry. Everything is fine.")
}

// ServeHTTP passes a request on.
func (c *cheater) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch c.how {
	case "asks thrice":
		for range 2 {
			c.ask(r, nil)
		}
	case "posts twice":
		if r.Method == http.MethodPost {
			body, _ := io.ReadAll(r.Body)
			c.ask(r, body)
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
	case "delays honest pages":
		if r.URL.Query().Has("ms") {
			time.Sleep(500 * time.Millisecond)
		}
	case "stands still": // once, for longer than anybody waits
		if c.n.Load() > 50 {
			c.mu.Lock()
			c.stall.Do(func() { time.Sleep(1200 * time.Millisecond) })
			c.mu.Unlock()
		}
	case "mixes people up":
		c.mu.Lock()
		p, known := c.pages[r.URL.Path]
		c.mu.Unlock()
		if known {
			_, _ = w.Write(p)
			return
		}
	}
	c.plain.ServeHTTP(w, r)
}

// ask asks once more, for nobody.
func (c *cheater) ask(r *http.Request, body []byte) {
	u := *r.URL
	to := c.next()
	u.Scheme, u.Host = to.Scheme, to.Host
	again, err := http.NewRequestWithContext(context.Background(), r.Method, u.String(), bytes.NewReader(body))
	if err != nil {
		return
	}
	if resp, err := c.client.RoundTrip(again); err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
}

// change changes an answer.
func (c *cheater) change(resp *http.Response) error {
	if c.how != "loses bytes" && c.how != "mixes people up" && c.how != "cuts silently" && c.how != "always 200" {
		return nil
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil && c.how != "cuts silently" {
		return err
	}
	switch c.how {
	case "loses bytes":
		body = append(body[:len(body)/3], body[len(body)/3+1:]...)
	case "mixes people up":
		c.mu.Lock()
		c.pages[resp.Request.URL.Path] = body
		c.mu.Unlock()
	case "always 200":
		resp.StatusCode = http.StatusOK
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength = int64(len(body))
	resp.Header.Set("Content-Length", fmt.Sprint(len(body)))
	return nil
}
