package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// server is one server behind the proxy, alone in its process.
type server struct {
	conf
	counters
	db     *database
	faults atomic.Pointer[[]fault]
	gate   *gate

	mu     sync.Mutex
	random *rand.Rand
	last   map[string]time.Time // of each connection
}

// serve is the life of a server: until it is killed, asked to end, or left alone.
func serve(text string) error {
	s := &server{gate: newGate(), last: map[string]time.Time{}}
	if err := json.Unmarshal([]byte(text), &s.conf); err != nil {
		return err
	}
	s.random = rand.New(rand.NewPCG(s.Seed, uint64(s.ID)<<8|uint64(s.Life))) //nolint:gosec // it is to be the same each time
	var err error
	if s.counters, err = openCounters(s.Counters); err != nil {
		return err
	}
	if s.db, err = openDatabase(s.Orders); err != nil {
		return err
	}
	s.faults.Store(&s.conf.Faults)
	s.gate.set(s.conf.Faults)
	says := bufio.NewScanner(os.Stdin)
	if s.Waits && !says.Scan() {
		return nil
	}
	l, err := listenAgain(s.Addr)
	if err != nil {
		return err
	}
	go s.obey(says)
	end, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	fmt.Println("up")
	switch {
	case s.Deaf:
		return deaf(end, l)
	case s.Speaks == "raw2":
		return s.second(end, l)
	}
	var protocols http.Protocols
	protocols.SetHTTP1(s.Speaks != "h2c")
	protocols.SetUnencryptedHTTP2(s.Speaks == "h2c")
	web := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute, Protocols: &protocols}
	if s.Speaks == "tls" {
		pair, err := tls.LoadX509KeyPair(s.Cert+".pem", s.Cert+".key")
		if err != nil {
			return err
		}
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}, SessionTicketsDisabled: true, MinVersion: tls.VersionTLS12})
		web.ErrorLog = quiet()
	}
	go func() { _ = web.Serve(l) }()
	<-end.Done()
	drain, over := context.WithTimeout(context.Background(), 2*time.Second)
	defer over()
	return web.Shutdown(drain)
}

// listenAgain listens where a process before this one did.
func listenAgain(addr string) (l net.Listener, err error) {
	for range 200 {
		if l, err = new(net.ListenConfig).Listen(context.Background(), "tcp", addr); err == nil {
			return l, nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return nil, err
}

// deaf accepts connections, and says nothing.
func deaf(ctx context.Context, l net.Listener) error {
	var held []net.Conn
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			held = append(held, c)
		}
	}()
	<-ctx.Done()
	return l.Close()
}

// obey takes what the suite tells. When the suite is gone it ends.
func (s *server) obey(sc *bufio.Scanner) {
	for sc.Scan() {
		var t told
		if err := json.Unmarshal(sc.Bytes(), &t); err != nil {
			fmt.Fprintln(os.Stderr, "felt: server:", err)
			os.Exit(2)
		}
		s.faults.Store(&t.Faults)
		s.gate.set(t.Faults)
		fmt.Println("ok", t.N)
	}
	os.Exit(0)
}

// chance is true with probability p; 0 is always.
func (s *server) chance(p float64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return p == 0 || s.random.Float64() < p
}

func (s *server) pick(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.random.IntN(n)
}

// ServeHTTP answers, well or badly.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.add(seen)
	if s.Speaks == "tls" && strings.HasSuffix(s.Cert, "-bad") {
		s.add(impostor)
		w.Header().Set("X-Shop", "yes")
		_, _ = w.Write(page("/impostor", sizeOf(r)))
		return
	}
	if r.Method == http.MethodPost && r.Header.Get("Idempotency-Key") == "" {
		s.add(once)
		defer s.add(onceDone)
	}
	if r.Header.Get("Upgrade") == "websocket" {
		s.socket(w, r)
		return
	}
	for _, f := range *s.faults.Load() {
		if s.chance(f.P) && s.fail(f, w, r) {
			return
		}
	}
	s.well(w, r)
}

// well answers as it should.
func (s *server) well(w http.ResponseWriter, r *http.Request) {
	if ms, err := strconv.Atoi(r.URL.Query().Get("ms")); err == nil {
		time.Sleep(time.Duration(ms) * time.Millisecond)
	}
	w.Header().Set("X-Shop", "yes")
	switch {
	case isGRPC(r):
		s.call(w, r)
		return
	case r.URL.Path == "/events":
		events(w)
		return
	case strings.HasPrefix(r.URL.Path, "/large"):
		large(w, r, 1)
		return
	case r.Method == http.MethodPost:
		_, _ = io.Copy(io.Discard, r.Body)
		s.db.execute(r)
	case r.Method == http.MethodPut:
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, "%d", n)
		return
	}
	body := pageOf(w, r)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

// pageOf returns what r asks for, and sets its fields.
func pageOf(w http.ResponseWriter, r *http.Request) []byte {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	name := r.URL.Path
	switch {
	case strings.HasPrefix(name, "/public"):
		h.Set("Cache-Control", "public, max-age=1, stale-if-error=60")
	case strings.HasPrefix(name, "/mine"):
		h.Set("Cache-Control", "private")
		h.Set("Vary", "Cookie")
		name += " of " + r.Header.Get("Cookie")
	default:
		h.Set("Cache-Control", "no-store")
	}
	body := page(name, sizeOf(r))
	if strings.HasPrefix(name, "/digest") {
		sum := sha256.Sum256(body)
		h.Set("Content-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":")
	}
	return body
}

// events is a stream that must pass at once.
func events(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/event-stream")
	for i := range 5 {
		fmt.Fprintf(w, "data: %d %d\n\n", i, time.Now().UnixNano())
		_ = http.NewResponseController(w).Flush()
		time.Sleep(50 * time.Millisecond)
	}
}

// large answers with a strong validator, and knows parts. It gives only this share of it,
// and then a reset.
func large(w http.ResponseWriter, r *http.Request, share float64) {
	body := page(r.URL.Path, sizeOf(r))
	w.Header().Set("Etag", `"v1"`)
	w.Header().Set("X-Shop", "yes")
	from := 0
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err == nil && r.Header.Get("If-Range") == `"v1"` {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(body)-1, len(body)))
		w.Header().Set("Content-Length", strconv.Itoa(len(body)-from))
		w.WriteHeader(http.StatusPartialContent)
	} else {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	rest := body[from:]
	_, _ = w.Write(rest[:int(float64(len(rest))*share)])
	if share < 1 {
		panic(http.ErrAbortHandler)
	}
}
