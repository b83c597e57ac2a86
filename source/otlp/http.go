package otlp

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/honderd/honderd/internal/admit"
)

// ServeHTTP runs OTLP over HTTP on l until ctx is done.
func (d *Door) ServeHTTP(ctx context.Context, l net.Listener, log *slog.Logger) error {
	mux := http.NewServeMux()
	for path, of := range map[string]signal{"/v1/traces": traces, "/v1/logs": logs, "/v1/metrics": metrics} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { d.http(w, r, of) })
	}
	s := &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: patience + keepTimeout, WriteTimeout: patience + 2*keepTimeout, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(&bounded{Listener: l, open: make(chan struct{}, maxConns)}) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer stop()
	if err := s.Shutdown(last); err != nil {
		return s.Close()
	}
	return nil
}

// http takes one request.
func (d *Door) http(w http.ResponseWriter, r *http.Request, of signal) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	isJSON := kind == "application/json"
	out, no := d.hear(w, r, of, kind)
	if no == nil {
		body, err := out.answer(of, isJSON)
		if err == nil {
			write(w, kind, http.StatusOK, body)
			return
		}
		no = admit.Wrong("no answer", "the answer could not be written")
	}
	d.count(no)
	no.Head(w, http.MethodPost)
	code, status := codesOf(no)
	if isJSON || kind == "" {
		body, _ := json.Marshal(map[string]any{"code": code, "message": no.Detail}) // a number and a text can always be written
		write(w, "application/json", status, body)
		return
	}
	write(w, "application/x-protobuf", status, statusProto(uint64(code), no.Detail))
}

func write(w http.ResponseWriter, kind string, status int, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // who asked has gone: nobody is left to tell
}

// statusProto returns a google.rpc.Status: its code is field 1, its message field 2.
func statusProto(code uint64, message string) []byte {
	p := binary.AppendUvarint([]byte{1 << 3}, code)
	p = binary.AppendUvarint(append(p, 2<<3|2), uint64(len(message)))
	return append(p, message...)
}

// hear reads a request and keeps what it holds.
func (d *Door) hear(w http.ResponseWriter, r *http.Request, of signal, kind string) (outcome, *admit.Refusal) {
	if r.Method != http.MethodPost {
		return outcome{}, admit.BadMethod("OTLP is sent with POST")
	}
	if kind != "application/json" && kind != "application/x-protobuf" {
		return outcome{}, admit.WrongType("content type", "send application/x-protobuf or application/json")
	}
	sender, no := d.gate.Sender(admit.CallerOf(r))
	if no != nil {
		return outcome{}, no
	}
	if no := d.gate.Enter(sender); no != nil {
		return outcome{}, no
	}
	defer d.gate.Leave(sender)
	body, no := whole(d.patient).Read(w, r)
	if no != nil {
		return outcome{}, no
	}
	return d.keep(r.Context(), of, body, kind == "application/json")
}

// whole says how a request is read.
func whole(patience time.Duration) admit.Body {
	return admit.Body{What: "request", Most: maxBody, Patience: patience}
}

// bounded is a listener with so many connections open at most.
type bounded struct {
	net.Listener
	open chan struct{}
}

// Accept waits for a connection, and for room.
func (b *bounded) Accept() (net.Conn, error) {
	b.open <- struct{}{}
	c, err := b.Listener.Accept()
	if err != nil {
		<-b.open
		return nil, err
	}
	return &boundedConn{Conn: c, room: b.open}, nil
}

type boundedConn struct {
	net.Conn
	room chan struct{}
	gone sync.Once
}

// Close makes room for another.
func (c *boundedConn) Close() error {
	c.gone.Do(func() { <-c.room })
	return c.Conn.Close()
}
