package hooks

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/internal/reply"
)

// Hook is a secret of one kind of sender.
type Hook struct {
	Kind   string // one of Kinds
	Secret string
}

// Options says what a Door takes, and from whom.
type Options struct {
	Hooks []Hook // kinds without one are open to programs on this machine only

	// Keep makes news durable before it returns nil. The same news may come twice, and
	// counts once. It is called by many at once. by says which hook it came through.
	Keep func(ctx context.Context, by string, n News) error
	// Busy reports whether an error of Keep means: later. nil: none does.
	Busy func(err error) bool
	// Refuse counts a message that was refused. nil: nobody counts.
	Refuse func(why string)

	Body int64 // most bytes of a message; 0: 1 MB
	Open int   // most messages at once; 0: 64
}

// Limits when Options does not say them, and those that it cannot.
const (
	defaultBody = 1 << 20
	defaultOpen = 64
	patience    = 10 * time.Second // for a body
	keepFor     = 20 * time.Second // for the disk
	remembered  = 10_000           // signed messages that are known again
	window      = 24 * time.Hour   // for which they are; what is older is refused
)

// Door takes messages over HTTP at Root + kind.
type Door struct {
	o    Options
	open chan struct{}

	mu   sync.Mutex
	seen map[[sha256.Size]byte]time.Time // signed messages that were kept
}

// New returns a Door.
func New(o Options) *Door {
	if o.Body == 0 {
		o.Body = defaultBody
	}
	if o.Open == 0 {
		o.Open = defaultOpen
	}
	if o.Busy == nil {
		o.Busy = func(error) bool { return false }
	}
	if o.Refuse == nil {
		o.Refuse = func(string) {}
	}
	return &Door{o: o, open: make(chan struct{}, o.Open), seen: map[[sha256.Size]byte]time.Time{}}
}

// refusal is an answer to a message that is not taken.
type refusal struct {
	status int
	why    string // counted under this; a few words
	detail string // for who reads the answer, with the way out
}

// Answer is what a sender is told.
type Answer struct {
	Releases int    `json:"releases"`
	Alerts   int    `json:"alerts"`
	Mentions int    `json:"mentions"`
	Note     string `json:"note,omitempty"` // why there was nothing to keep
}

// ServeHTTP takes one message.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, no := d.take(w, r)
	if no == nil {
		reply.JSON(w, http.StatusOK, answer)
		return
	}
	d.o.Refuse(no.why)
	switch no.status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "5")
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="honderd"`)
	}
	reply.Wrong(w, no.status, no.detail)
}

// take reads and keeps one message.
func (d *Door) take(w http.ResponseWriter, r *http.Request) (Answer, *refusal) {
	kind := strings.TrimPrefix(r.URL.Path, Root)
	p, known := protocolOf(kind)
	switch {
	case !known:
		return Answer{}, &refusal{http.StatusNotFound, "no such hook", "there is no such hook (fix: one of " + strings.Join(Kinds(), ", ") + ")"}
	case r.Method != http.MethodPost:
		return Answer{}, &refusal{http.StatusMethodNotAllowed, "method", "hooks are called with POST"}
	}
	select {
	case d.open <- struct{}{}:
		defer func() { <-d.open }()
	default:
		return Answer{}, &refusal{http.StatusTooManyRequests, "too many at once", "too many messages at once: send it again later"}
	}
	body, no := d.body(w, r)
	if no != nil {
		return Answer{}, no
	}
	m := message{head: r.Header, body: body, now: time.Now()}
	secret, no := d.admit(r, m, kind, p)
	if no != nil {
		return Answer{}, no
	}
	sum := sha256.Sum256(append([]byte(kind+" "+r.Header.Get("X-GitHub-Event")+" "), body...))
	if secret && d.known(sum, m.now) {
		return Answer{Note: "this very message was kept before"}, nil
	}
	n, no := read(p, m, r, secret)
	if no != nil || n.Empty() {
		return Answer{Note: errNothing.Error()}, no
	}
	// What was read whole is kept, also when who sent it has gone.
	ctx, stop := context.WithTimeout(context.WithoutCancel(r.Context()), keepFor)
	defer stop()
	switch err := d.o.Keep(ctx, kind, n); {
	case err == nil:
	case d.o.Busy(err):
		return Answer{}, &refusal{http.StatusTooManyRequests, "no room", "it cannot be kept at present: send it again later"}
	default:
		return Answer{}, &refusal{http.StatusServiceUnavailable, "not kept", "it is not known whether it was kept: send it again"}
	}
	d.remember(sum, m.now)
	return Answer{Releases: len(n.Releases), Alerts: len(n.Alerts), Mentions: len(n.Mentions)}, nil
}

// read returns what a message tells. ?service= and ?environment= say what a sender does
// not know itself.
func read(p protocol, m message, r *http.Request, signed bool) (News, *refusal) {
	n, err := p.read(m)
	if errors.Is(err, errNothing) {
		return News{}, nil
	}
	for i := range n.Releases {
		one := &n.Releases[i]
		if s := r.URL.Query().Get("service"); s != "" {
			one.Service = s
		}
		if s := r.URL.Query().Get("environment"); s != "" {
			one.Environment = s
		}
	}
	if err == nil {
		err = n.clean(m.now)
	}
	if err != nil {
		return News{}, &refusal{http.StatusBadRequest, "unreadable", err.Error()}
	}
	for i := range n.Releases {
		if signed && strings.HasPrefix(r.URL.Path, Root+"git") && m.now.Sub(n.Releases[i].At) > window {
			return News{}, &refusal{http.StatusConflict, "too old", "it tells of a time more than a day ago, as a message does that somebody sends again"}
		}
	}
	return n, nil
}

// admit reports whether the sender of m may: by a secret, or from this machine.
func (d *Door) admit(r *http.Request, m message, kind string, p protocol) (secret bool, no *refusal) {
	guarded := false
	for _, h := range d.o.Hooks {
		if h.Kind != kind {
			continue
		}
		guarded = true
		for _, proof := range p.proofs {
			if proof(m, h.Secret) {
				return true, nil
			}
		}
	}
	if guarded {
		return false, &refusal{http.StatusUnauthorized, "secret", "it does not show the secret of this hook (fix: docs/deploys.md says how each sender does)"}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	address, parseErr := netip.ParseAddr(host)
	proxied := r.Header.Get("Origin") != "" || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != ""
	if err != nil || parseErr != nil || !address.Unmap().IsLoopback() || proxied {
		return false, &refusal{http.StatusForbidden, "not on this machine", "without a secret only programs on this machine may (fix: write receive.hooks in honderd.yaml)"}
	}
	return false, nil
}

// known reports whether a signed message was kept before.
func (d *Door) known(sum [sha256.Size]byte, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	at, found := d.seen[sum]
	return found && now.Sub(at) < window
}

func (d *Door) remember(sum [sha256.Size]byte, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.seen) >= remembered {
		oldest, first := now, sum
		for one, at := range d.seen {
			if now.Sub(at) >= window {
				delete(d.seen, one)
			} else if at.Before(oldest) {
				oldest, first = at, one
			}
		}
		if len(d.seen) >= remembered {
			delete(d.seen, first)
		}
	}
	d.seen[sum] = now
}

// body returns what was sent, unpacked.
func (d *Door) body(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(patience)) // a server without deadlines has its own
	var from io.Reader = http.MaxBytesReader(w, r.Body, d.o.Body)
	if strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip") {
		unpacked, err := gzip.NewReader(from)
		if err != nil {
			return nil, &refusal{http.StatusBadRequest, "unreadable", "it is not gzip"}
		}
		from = unpacked
	}
	body, err := io.ReadAll(io.LimitReader(from, d.o.Body+1))
	if _, long := errors.AsType[*http.MaxBytesError](err); long || int64(len(body)) > d.o.Body {
		return nil, &refusal{http.StatusRequestEntityTooLarge, "too large", fmt.Sprintf("a message has at most %d bytes, unpacked", d.o.Body)}
	}
	if slow, isNet := errors.AsType[net.Error](err); isNet && slow.Timeout() {
		return nil, &refusal{http.StatusRequestTimeout, "too slow", "the message did not come in time"}
	}
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, "unreadable", "the message could not be read to its end"}
	}
	return body, nil
}
