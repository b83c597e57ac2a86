package browser

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/who"
)

// slow is longer than a page takes on a busy machine.
const slow = 8 * time.Second

// kept collects what a Door keeps.
type kept struct {
	mu    sync.Mutex
	list  []seen
	calls int
	fail  error
}

// seen is an experience with its names.
type seen struct {
	experience.Experience
	journey, step string
	labels        []experience.Label
}

func (s seen) String() string {
	return fmt.Sprintf("%s %q %s wait=%d part=%v rage=%v critical=%v", s.journey, s.step, s.Cause, s.Wait, s.Part, s.Rage, s.Critical)
}

func (k *kept) keep(_ context.Context, b *experience.Batch) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fail != nil {
		return k.fail
	}
	k.calls++
	for _, e := range b.Items {
		one := seen{Experience: e, labels: b.Labels[e.Labels]}
		if len(b.Journeys) > 0 {
			one.journey = b.Journeys[e.Journey]
		}
		one.step = b.Steps[e.Step]
		k.list = append(k.list, one)
	}
	return nil
}

func (k *kept) all() []seen {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]seen(nil), k.list...)
}

// wait returns the first experience that is as wanted.
func (k *kept) wait(t *testing.T, what string, is func(s seen) bool) seen {
	t.Helper()
	var found seen
	eventually(t, what, func() bool {
		for _, one := range k.all() {
			if is(one) {
				found = one
				return true
			}
		}
		return false
	})
	return found
}

// testRules are patient with a busy machine, not with people.
func testRules() experience.Rules {
	r := experience.DefaultRules()
	r.Patience, r.GaveUpAfter = slow, 300*time.Millisecond
	r.Critical = []string{"POST /pay"}
	return r
}

// site is a shop with our script, whose server can die and come back.
type site struct {
	t       *testing.T
	kept    *kept
	door    *Door
	address string
	mu      sync.Mutex
	beacons int
	server  *http.Server
	policy  string // Content-Security-Policy of its pages
	tag     string // of our script
}

const shopPage = `<!doctype html><title>Shop</title>%s<script src="/shop.js"></script><h1>Shop</h1>
<button id=good>Good</button><button id=cut>Cut</button><button id=bad>Bad</button><button id=slow>Slow</button><button id=hang>Hang</button>
<button id=error>Error</button><button id=reject>Reject</button><button id=view>View</button><button id=xhr>XHR</button><a id=next href="/shop/next?secret=1">Next</a>
<p id=out></p>`

const shopScript = `addEventListener('DOMContentLoaded', () => {
  const on = (id, f) => document.getElementById(id).addEventListener('click', f);
  const out = (x) => { document.getElementById('out').textContent += x + ' ' };
  const ask = (path, method) => fetch(path + '?card=4711', {method}).then((r) => out(r.status), () => out('failed'));
  on('good', () => ask('/pay/good', 'POST')); on('cut', () => ask('/pay/cut', 'POST')); on('bad', () => ask('/pay/bad', 'POST'));
  on('slow', () => ask('/search/slow', 'GET')); on('hang', () => ask('/search/hang', 'GET'));
  on('error', () => { throw new Error('broken by ' + 'secret') });
  on('reject', () => { Promise.reject(new Error('rejected')) });
  on('view', () => history.pushState(null, '', '/basket/4711'));
  on('xhr', () => { const x = new XMLHttpRequest(); x.open('POST', '/pay/cut'); x.onerror = () => out('failed'); x.send() });
});`

// newSite opens a shop. Its pages find the script and the door on the host of beacon, ""
// for their own.
func newSite(t *testing.T, o Options) *site {
	t.Helper()
	s := &site{t: t, kept: &kept{}, tag: `<script src="/honderd.js" async></script>`}
	s.policy = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'"
	o.Keep = s.kept.keep
	if o.Rules.Parts == nil {
		o.Rules = testRules()
	}
	o.Salts = who.Fixed([]byte("salt"))
	s.door = New(o)
	s.start()
	t.Cleanup(s.die)
	return s
}

// start starts the server, at the address where it was when it died.
func (s *site) start() {
	s.t.Helper()
	at := s.address
	if at == "" {
		at = "127.0.0.1:0"
	}
	var l net.Listener
	eventually(s.t, "a port", func() (ok bool) {
		var err error
		l, err = net.Listen("tcp", at)
		return err == nil
	})
	s.address = l.Addr().String()
	s.server = &http.Server{Handler: s}
	go s.server.Serve(l)
}

func (s *site) die() { s.server.Close() }

func (s *site) url(path string) string { return "http://" + s.address + path }

func (s *site) told() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.beacons
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "beacon") {
		s.mu.Lock()
		s.beacons++
		s.mu.Unlock()
	}
	switch r.URL.Path {
	case ScriptPath, BeaconPath, ReportsPath, FaroPath:
		s.door.ServeHTTP(w, r)
	case "/shop.js":
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = io.WriteString(w, shopScript)
	case "/pay/good":
		_, _ = io.WriteString(w, "paid")
	case "/pay/bad":
		w.WriteHeader(http.StatusServiceUnavailable)
	case "/pay/cut":
		panic(http.ErrAbortHandler)
	case "/search/slow", "/search/hang":
		limit := time.Hour
		if r.URL.Path == "/search/slow" {
			limit = slow + time.Second
		}
		timer := time.NewTimer(limit)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
		}
	default:
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", s.policy)
		s.mu.Lock()
		defer s.mu.Unlock()
		fmt.Fprintf(w, shopPage, s.tag)
	}
}
