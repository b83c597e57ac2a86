package hooks

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/internal/admit"
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

	Body     int64         // most bytes of a message; 0: 1 MB
	Open     int           // most messages at once; 0: 64
	Each     int           // most messages of one address at once; 0: 32
	Patience time.Duration // how long a sender may take for its body; 0: 10 s
}

// Limits when Options does not say them, and those that it cannot.
const (
	defaultBody = 1 << 20
	defaultOpen = 64
	defaultEach = 32

	defaultPatience = 10 * time.Second

	keepFor    = 20 * time.Second // for the disk
	remembered = 10_000           // signed messages that are known again
	window     = 24 * time.Hour   // for which they are; what is older is refused
)

// Door takes messages over HTTP at Root + kind.
type Door struct {
	o    Options
	gate *admit.Gate

	mu   sync.Mutex
	seen map[[sha256.Size]byte]time.Time // signed messages that were kept
}

// New returns a Door.
func New(o Options) *Door {
	o.Body, o.Open = cmp.Or(o.Body, defaultBody), cmp.Or(o.Open, defaultOpen)
	o.Each, o.Patience = cmp.Or(o.Each, defaultEach), cmp.Or(o.Patience, defaultPatience)
	if o.Busy == nil {
		o.Busy = func(error) bool { return false }
	}
	if o.Refuse == nil {
		o.Refuse = func(string) {}
	}
	return &Door{o: o, gate: admit.New(admit.Options{Most: o.Open, Each: o.Each}), seen: map[[sha256.Size]byte]time.Time{}}
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
	d.o.Refuse(no.Why)
	no.Write(w, http.MethodPost)
}

// take reads and keeps one message.
func (d *Door) take(w http.ResponseWriter, r *http.Request) (Answer, *admit.Refusal) {
	kind := strings.TrimPrefix(r.URL.Path, Root)
	p, known := protocolOf(kind)
	switch {
	case !known:
		return Answer{}, &admit.Refusal{Status: http.StatusNotFound, Why: "no such hook", Detail: "there is no such hook (fix: one of " + strings.Join(Kinds(), ", ") + ")"}
	case r.Method != http.MethodPost:
		return Answer{}, admit.BadMethod("hooks are called with POST")
	case !understood(r):
		return Answer{}, admit.WrongType("content type", "it is neither a form nor JSON (fix: send JSON with Content-Type: application/json)")
	}
	// Who it is, only the body shows: until then each address has its share.
	from := admit.CallerOf(r)
	if no := d.gate.Enter(from.Host()); no != nil {
		return Answer{}, no
	}
	defer d.gate.Leave(from.Host())
	body, no := admit.Body{What: "message", Most: d.o.Body, Patience: d.o.Patience}.Read(w, r)
	if no != nil {
		return Answer{}, no
	}
	m := message{head: r.Header, body: body, now: time.Now()}
	secret, no := d.admit(from, m, kind, p)
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
		return Answer{}, admit.TooMany("no room", "it cannot be kept at present: send it again later")
	default:
		return Answer{}, admit.NotKept("it is not known whether it was kept: send it again")
	}
	d.remember(sum, m.now)
	return Answer{Releases: len(n.Releases), Alerts: len(n.Alerts), Mentions: len(n.Mentions)}, nil
}

// read returns what a message tells. ?service= and ?environment= say what a sender does
// not know itself.
func read(p protocol, m message, r *http.Request, signed bool) (News, *admit.Refusal) {
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
		return News{}, admit.Wrong("unreadable", err.Error())
	}
	for i := range n.Releases {
		if signed && strings.HasPrefix(r.URL.Path, Root+"git") && m.now.Sub(n.Releases[i].At) > window {
			return News{}, &admit.Refusal{Status: http.StatusConflict, Why: "too old", Detail: "it tells of a time more than a day ago, as a message does that somebody sends again"}
		}
	}
	return n, nil
}

// admit reports whether the sender of m may: by a secret, or from this machine.
func (d *Door) admit(from admit.Caller, m message, kind string, p protocol) (secret bool, no *admit.Refusal) {
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
		return false, &admit.Refusal{Status: http.StatusUnauthorized, Why: "secret", Detail: "it does not show the secret of this hook (fix: docs/deploys.md says how each sender does)"}
	}
	if !from.IsHere() {
		return false, &admit.Refusal{Status: http.StatusForbidden, Why: "not on this machine", Detail: "without a secret only programs on this machine may (fix: write receive.hooks in honderd.yaml)"}
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

// understood reports whether what is sent can be JSON or a form by what it says it is. Not
// all senders say it, and curl -d calls everything a form.
func understood(r *http.Request) bool {
	said := r.Header.Get("Content-Type")
	if said == "" {
		return true
	}
	kind, _, err := mime.ParseMediaType(said)
	known := []string{"application/json", "application/x-www-form-urlencoded", "text/plain", "application/octet-stream"}
	return err == nil && (slices.Contains(known, kind) || strings.HasSuffix(kind, "+json"))
}
