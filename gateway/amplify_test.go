package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// failing is a backend that fails in a way of its own, for a share of what it is asked. It
// counts what it saw, and what of it it did wrong.
type failing struct {
	mu       sync.Mutex
	dice     *rand.Rand
	how      string // "": it is well
	share    float64
	usual    time.Duration
	patience time.Duration
	saw      int
	wrong    int
}

func (f *failing) set(how string, share float64) {
	f.mu.Lock()
	f.how, f.share = how, share
	f.mu.Unlock()
}

// next returns how the next call goes, and how long it takes.
func (f *failing) next() (how string, takes time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	takes = f.usual/2 + time.Duration(f.dice.Int64N(int64(f.usual)))
	if f.how != "" && f.dice.Float64() < f.share {
		how = f.how
	}
	if how != Refused {
		f.saw++
	}
	if how != "" && how != "slow" {
		f.wrong++
	}
	return how, takes
}

func (f *failing) ask(l *life, _ *call) (*reply, error) {
	how, takes := f.next()
	switch how {
	case Refused:
		return nil, &trouble{what: Refused, unsent: true, err: errors.New("gone")}
	case "hang":
		<-l.context().Done()
		return nil, context.Canceled
	case "late":
		takes = f.patience * 6 / 5
	case "slow":
		takes = f.patience * 4 / 10
	}
	done := time.NewTimer(takes)
	defer done.Stop()
	select {
	case <-done.C:
	case <-l.context().Done():
		return nil, context.Canceled
	}
	r := &reply{
		status: 200, header: http.Header{"Content-Type": {"text/plain"}}, length: 4, body: bytes.NewReader([]byte("good")),
		trailer: func() http.Header { return nil }, release: func(bool) {},
	}
	switch how {
	case "error":
		r.status = http.StatusServiceUnavailable
	case "reset":
		return nil, &trouble{what: Reset, err: io.ErrUnexpectedEOF}
	case "cut":
		r.body = io.MultiReader(bytes.NewReader([]byte("go")), brokenOff{})
	}
	return r, nil
}

// brokenOff is the end of a connection.
type brokenOff struct{}

// Read breaks.
func (brokenOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func (*failing) dial(context.Context) (net.Conn, error) { return nil, io.EOF }

func (*failing) close() {}

// weather is how a play goes: who comes, and what fails.
type weather struct {
	patience time.Duration
	rate     int
	length   time.Duration
	usual    time.Duration
	list     []*failing
	do       func(at func(time.Duration), list []*failing)
}

func (w *weather) String() string {
	return fmt.Sprintf("patience %v, %d/s for %v, answers in %v, %d backends", w.patience, w.rate, w.length, w.usual, len(w.list))
}

// cameOf is what came of a play.
type cameOf struct {
	requests, bad, saw, wrong int
	state                     State
}

// most is what backends may see: who waits long is helped for up to a minute more.
func (p cameOf) most() float64 {
	return float64(p.requests)*(1+budgetShare) + 2*budgetFew + 70*budgetFloor
}

func (w *weather) play(t *testing.T) (p cameOf) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := Options{Patience: w.patience, Cache: -1, Pools: []Pool{{}}}
		for i := range w.list {
			o.Pools[0].Backends = append(o.Pools[0].Backends, Backend{URL: fmt.Sprintf("http://192.0.2.%d:80", i+1)})
		}
		g, err := New(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		for i, b := range g.pools[0].all() {
			b.engine.close()
			b.engine = w.list[i]
			w.list[i].usual, w.list[i].patience = w.usual, w.patience
		}
		begin := time.Now()
		at := func(d time.Duration) { time.Sleep(time.Until(begin.Add(d))) }
		go w.do(at, w.list)
		var mu sync.Mutex
		var wait sync.WaitGroup
		n := int(w.length.Seconds() * float64(w.rate))
		for i := range n {
			at(time.Duration(i) * time.Second / time.Duration(w.rate))
			wait.Go(func() {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("/page/%d", i%7), nil)
				r.RemoteAddr = fmt.Sprintf("198.51.100.%d:999", i%40)
				rec := httptest.NewRecorder()
				from := time.Now()
				whole := serveWhole(g, rec, r)
				if took := time.Since(from); !whole || rec.Code != http.StatusOK || rec.Body.String() != "good" || took > w.patience {
					mu.Lock()
					p.bad++
					mu.Unlock()
				}
			})
		}
		wait.Wait()
		time.Sleep(2 * w.patience) // who lost is heard
		p.requests, p.state = n, g.State()
		time.Sleep(time.Minute)
	})
	for _, f := range w.list {
		p.saw += f.saw
		p.wrong += f.wrong
	}
	return p
}

// serveWhole serves r. It reports whether the answer was not broken off.
func serveWhole(g *Gateway, w http.ResponseWriter, r *http.Request) (whole bool) {
	defer func() {
		cause := recover()
		if err, _ := cause.(error); cause != nil && !errors.Is(err, http.ErrAbortHandler) {
			panic(cause)
		}
	}()
	g.ServeHTTP(w, r)
	return true
}

func backendsThatMayFail(n int, dice *rand.Rand) (list []*failing) {
	for range n {
		list = append(list, &failing{dice: rand.New(rand.NewPCG(dice.Uint64(), 1))})
	}
	return list
}

func one[T any](dice *rand.Rand, list ...T) T { return list[dice.IntN(len(list))] }

// oneOf is one of some times, each so many units.
func oneOf(dice *rand.Rand, unit time.Duration, list ...int) time.Duration {
	return time.Duration(one(dice, list...)) * unit
}

// Whatever fails, how often and how long: no more is asked of backends than 1.13 times what
// people ask, and a few.
func TestWhateverFailsBackendsAreNotAskedMuchMore(t *testing.T) {
	for seed := range uint64(24) {
		dice := rand.New(rand.NewPCG(seed, 7))
		w := &weather{
			patience: oneOf(dice, time.Millisecond, 400, 800, 1000, 2000, 5000), rate: one(dice, 2, 8, 40, 160, 320), length: 10 * time.Second,
			usual: oneOf(dice, time.Millisecond, 2, 10, 60), list: backendsThatMayFail(1+dice.IntN(4), dice),
		}
		faults := []string{"", "", Refused, "hang", "late", "slow", "error", "reset", "cut"}
		w.do = func(at func(time.Duration), list []*failing) {
			for i := range 20 {
				at(time.Duration(i) * time.Second / 2)
				list[dice.IntN(len(list))].set(one(dice, faults...), one(dice, 0.05, 0.2, 0.5, 1))
			}
		}
		p := w.play(t)
		if most := p.most(); float64(p.saw) > most {
			t.Errorf("seed %d, %v: %d requests, backends saw %d, want at most %.0f", seed, w, p.requests, p.saw, most)
		}
	}
}

// One backend of two or three that fails, however, is not felt: it is left before the
// budget is spent.
func TestOneThatFailsIsNotFelt(t *testing.T) {
	for _, how := range []string{Refused, "hang", "late", "error", "reset", "cut"} {
		t.Run(how, func(t *testing.T) {
			for seed := range uint64(6) {
				dice := rand.New(rand.NewPCG(seed, 11))
				w := &weather{
					patience: oneOf(dice, time.Millisecond, 400, 800, 1000, 2000, 5000), rate: one(dice, 2, 8, 40, 160, 320), length: 10 * time.Second,
					usual: oneOf(dice, time.Millisecond, 2, 10, 60), list: backendsThatMayFail(2+dice.IntN(2), dice),
				}
				from, until, share := oneOf(dice, time.Second, 0, 2, 3), oneOf(dice, time.Second, 5, 10), one(dice, 0.5, 1)
				w.do = func(at func(time.Duration), list []*failing) {
					at(from)
					list[0].set(how, share)
					at(until)
					list[0].set("", 0)
				}
				p := w.play(t)
				if p.bad > 0 {
					t.Errorf("seed %d, %v, %v of it from %v to %v: %d of %d felt it", seed, w, share, from, until, p.bad, p.requests)
				}
				if most := p.most(); float64(p.saw) > most {
					t.Errorf("seed %d, %v: %d requests, backends saw %d, want at most %.0f", seed, w, p.requests, p.saw, most)
				}
				if p.bad == 0 && int(p.state.Masked) != p.wrong {
					t.Errorf("seed %d, %v: there were %d faults, %d are told as masked", seed, w, p.wrong, p.state.Masked)
				}
			}
		})
	}
}

// A backend that had failed got no request any more, as long as another was well.
// One that is well again soon has a fifth of all requests, and whatever chance decides.
func TestABackendThatIsWellAgainIsAskedAgain(t *testing.T) {
	for _, how := range []string{Refused, "hang", "error"} {
		w := &weather{patience: time.Second, rate: 100, length: 12 * time.Second, usual: 10 * time.Millisecond, list: backendsThatMayFail(2, rand.New(rand.NewPCG(1, 1)))}
		before := 0
		w.do = func(at func(time.Duration), list []*failing) {
			list[0].set(how, 1)
			at(2 * time.Second)
			list[0].mu.Lock()
			list[0].how, before = "", list[0].saw
			list[0].mu.Unlock()
		}
		if p := w.play(t); p.bad > 0 || w.list[0].saw-before < p.requests/5 {
			t.Errorf("%s: %d of %d felt it, the one that is well again saw %d", how, p.bad, p.requests, w.list[0].saw-before)
		}
	}
}

// While all fail it is no use to ask them again and again: who comes is held.
func TestWhoComesWhileAllFailIsHeld(t *testing.T) {
	w := &weather{patience: time.Second, rate: 160, length: 9 * time.Second, usual: 10 * time.Millisecond, list: backendsThatMayFail(3, rand.New(rand.NewPCG(1, 1)))}
	w.do = func(at func(time.Duration), list []*failing) {
		for i := range 3 {
			at(time.Duration(1+2*i) * time.Second)
			for _, f := range list {
				f.set("error", 1)
			}
			at(time.Duration(1600+2000*i) * time.Millisecond)
			for _, f := range list {
				f.set("", 0)
			}
		}
	}
	if p := w.play(t); p.bad > 3 || float64(p.saw) > 1.12*float64(p.requests) {
		t.Errorf("%d of %d felt it, backends saw %d", p.bad, p.requests, p.saw)
	}
}
