package probe

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/experience"
)

// healthMethod is the health protocol of gRPC:
// https://github.com/grpc/grpc/blob/master/doc/health-checking.md
const healthMethod = "/grpc.health.v1.Health/Check"

// maxHealth is the longest answer about health in bytes. Real ones have two.
const maxHealth = 4096

// serving is the answer of a healthy service.
const serving = 1

// grpcCheck asks a gRPC server for the health of a service. The call is one request over
// HTTP/2, so no gRPC library is needed.
type grpcCheck struct {
	url         string
	body        []byte
	book        *certBook
	kept, fresh *http.Transport

	mu    sync.Mutex
	since time.Time
}

func newGRPC(t Target, dial dialer) (*grpcCheck, error) {
	if err := checkURL(t.Address, "grpc", "grpcs"); err != nil {
		return nil, err
	}
	u, err := url.Parse(t.Address)
	if err != nil {
		return nil, err
	}
	secure := strings.EqualFold(u.Scheme, "grpcs")
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return nil, errors.New("the address of a gRPC server has no path (fix: put the service in service)")
	}
	if len(t.Service) > 1024 {
		return nil, errors.New("the name of the service is too long (fix: at most 1024 bytes)")
	}
	if !secure && t.Expect.CertFor > 0 {
		return nil, errors.New("grpc has no certificate (fix: use grpcs)")
	}
	c := &grpcCheck{book: newCertBook(t.Trust), url: "http://" + u.Host + healthMethod, body: healthQuestion(t.Service)}
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(!secure)
	protocols.SetHTTP2(secure)
	if secure {
		c.url = "https" + strings.TrimPrefix(c.url, "http")
	}
	c.kept, c.fresh = newTransport(t, c.book, dial), newTransport(t, c.book, dial)
	for _, transport := range []*http.Transport{c.kept, c.fresh} {
		transport.Protocols = &protocols
	}
	return c, nil
}

// healthQuestion packs HealthCheckRequest{service} behind the prefix of a gRPC message:
// one byte for compression, four for the length.
func healthQuestion(service string) []byte {
	var message []byte
	if service != "" {
		message = append(binary.AppendUvarint([]byte{1<<3 | 2}, uint64(len(service))), service...)
	}
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
}

// healthAnswer unpacks HealthCheckResponse{status}.
func healthAnswer(p []byte) (status uint64, ok bool) {
	if len(p) < 5 || p[0] != 0 || uint64(binary.BigEndian.Uint32(p[1:])) != uint64(len(p)-5) {
		return 0, false
	}
	for p = p[5:]; len(p) > 0; {
		key, n := binary.Uvarint(p)
		if n <= 0 {
			return 0, false
		}
		p = p[n:]
		value, n := binary.Uvarint(p)
		if n <= 0 {
			return 0, false
		}
		p = p[n:]
		switch key & 7 {
		case 0:
			if key>>3 == 1 {
				status = value
			}
		case 2: // a field that we do not know
			if value > uint64(len(p)) {
				return 0, false
			}
			p = p[value:]
		default:
			return 0, false
		}
	}
	return status, true
}

func (c *grpcCheck) close() {
	c.kept.CloseIdleConnections()
	c.fresh.CloseIdleConnections()
}

// transport returns the connections to ask over. HTTP/2 keeps one however it is told, so
// a fresh one is made by closing what there was.
func (c *grpcCheck) transport(fresh bool) *http.Transport {
	if fresh {
		c.fresh.CloseIdleConnections()
		return c.fresh
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.since) >= keepFor {
		c.since = now
		c.kept.CloseIdleConnections()
	}
	return c.kept
}

func (c *grpcCheck) check(ctx context.Context, fresh bool) (out outcome) {
	watch := newStopwatch()
	request, err := http.NewRequestWithContext(watch.follow(ctx), http.MethodPost, c.url, bytes.NewReader(c.body))
	if err != nil {
		out.broke(ctx, err, watch)
		return out
	}
	request.Header = http.Header{"Content-Type": {"application/grpc"}, "Te": {"trailers"}, "User-Agent": {Agent}}
	transport := c.transport(fresh)
	if fresh {
		defer transport.CloseIdleConnections()
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		out.broke(ctx, err, watch)
		return out
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxHealth+1))
	if err != nil {
		out.broke(ctx, err, watch)
		return out
	}
	out.phases, out.wait = watch.end()
	out.ends = c.book.endOf(response.TLS)
	if old := c.book.outlived(out.ends); old != nil {
		out.cause, out.why = old.cause, old.why
		return out
	}
	out.cause, out.why = judgeHealth(response, body)
	return out
}

// judgeHealth says what is wrong with an answer about health.
func judgeHealth(response *http.Response, body []byte) (experience.Cause, string) {
	if response.StatusCode != http.StatusOK {
		rules := experience.Rules{Bad: []int{response.StatusCode}}
		return rules.Judge(response.StatusCode, -1), fmt.Sprintf("status %d, want 200", response.StatusCode)
	}
	code := response.Trailer.Get("Grpc-Status")
	message := response.Trailer.Get("Grpc-Message")
	if code == "" { // an answer without a message has them in its header
		code, message = response.Header.Get("Grpc-Status"), response.Header.Get("Grpc-Message")
	}
	switch code {
	case "0":
	case "":
		return experience.ServerError, "what it answered is no gRPC"
	case "4":
		return experience.TimedOut, "gRPC status 4: deadline exceeded"
	case "5":
		return experience.ServerError, "gRPC status 5: it does not know this service"
	case "8":
		return experience.TooMany, "gRPC status 8: resource exhausted " + quote(message)
	case "12":
		return experience.ServerError, "gRPC status 12: it has no health service"
	case "14":
		return experience.Unreachable, "gRPC status 14: unavailable " + quote(message)
	default:
		return experience.ServerError, fmt.Sprintf("gRPC status %s %s", quote(code), quote(message))
	}
	status, ok := healthAnswer(body)
	switch {
	case !ok:
		return experience.ServerError, "what it answered is no health"
	case status == serving:
		return experience.Fine, ""
	case status == 2:
		return experience.ServerError, "it says that it is not serving"
	case status == 3:
		return experience.ServerError, "it says that it does not know this service"
	}
	return experience.ServerError, "it says that it does not know how it is"
}
