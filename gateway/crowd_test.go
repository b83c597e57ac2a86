package gateway

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// queued is a backend that does so many things at once, each for so long; the rest waits
// in a queue.
type queued struct {
	n     int
	slots chan struct{} // made where time passes at once
	mu    sync.Mutex
	each  time.Duration
	asked int
}

func newQueued(slots int, each time.Duration) *queued {
	return &queued{n: slots, each: each}
}

func (q *queued) set(each time.Duration) { q.mu.Lock(); q.each = each; q.mu.Unlock() }

func (q *queued) takes() time.Duration { q.mu.Lock(); defer q.mu.Unlock(); q.asked++; return q.each }

func (q *queued) ask(l *life, _ *call) (*reply, error) {
	select {
	case q.slots <- struct{}{}:
	case <-l.context().Done():
		return nil, context.Canceled
	}
	done := time.NewTimer(q.takes())
	<-done.C // what was begun is done, whoever still waits for it
	<-q.slots
	return &reply{
		status: 200, header: http.Header{"Content-Type": {"text/plain"}}, length: 4, body: strings.NewReader("good"),
		trailer: func() http.Header { return nil }, release: func(bool) {},
	}, nil
}

func (q *queued) dial(context.Context) (net.Conn, error) { return nil, io.EOF }

func (q *queued) close() {}

// crowdPlay is how it was for people who came at a rate for a time: answered well and in
// time, turned away, or late; of those what matters most (one in ten), and how many of it
// were bad; and how often backends were asked.
type crowdPlay struct{ good, shed, late, important, importantBad, asked int }

// playCrowd plays them, while do changes the backends.
func playCrowd(t *testing.T, patience time.Duration, rate int, length time.Duration, list []*queued, do func(at func(time.Duration))) (p crowdPlay) {
	t.Helper()
	o := Options{Patience: patience, Cache: -1, Rank: func(r *http.Request) int {
		if r.URL.Path == "/pay" {
			return 1
		}
		return 0
	}}
	pool := Pool{}
	for i := range list {
		pool.Backends = append(pool.Backends, Backend{URL: fmt.Sprintf("http://192.0.2.%d:80", i+1)})
	}
	o.Pools = []Pool{pool}
	synctest.Test(t, func(t *testing.T) {
		g, err := New(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		for i, b := range g.pools[0].all() {
			b.engine.close()
			list[i].slots = make(chan struct{}, list[i].n)
			b.engine = list[i]
		}
		begin := time.Now()
		go do(func(d time.Duration) { time.Sleep(time.Until(begin.Add(d))) })
		var mu sync.Mutex
		var wait sync.WaitGroup
		for i := range int(length.Seconds() * float64(rate)) {
			time.Sleep(time.Until(begin.Add(time.Duration(i) * time.Second / time.Duration(rate))))
			wait.Go(func() {
				path := fmt.Sprintf("/page/%d", i%5)
				if i%10 == 0 {
					path = "/pay"
				}
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
				r.RemoteAddr = fmt.Sprintf("198.51.100.%d:999", i%40)
				w := httptest.NewRecorder()
				from := time.Now()
				g.ServeHTTP(w, r)
				took := time.Since(from)
				mu.Lock()
				defer mu.Unlock()
				bad := true
				switch {
				case w.Code == http.StatusServiceUnavailable:
					p.shed++
				case took > patience:
					p.late++
				default:
					p.good++
					bad = false
				}
				if path == "/pay" {
					p.important++
					if bad {
						p.importantBad++
					}
				}
			})
		}
		wait.Wait()
		time.Sleep(time.Minute)
	})
	for _, q := range list {
		p.asked += q.asked
	}
	return p
}

// onAverage plays so often, and returns how it was on average.
func onAverage(plays int, play func() crowdPlay) (p crowdPlay) {
	for range plays {
		q := play()
		p.good, p.shed, p.late = p.good+q.good, p.shed+q.shed, p.late+q.late
		p.important, p.importantBad, p.asked = p.important+q.important, p.importantBad+q.importantBad, p.asked+q.asked
	}
	for _, n := range []*int{&p.good, &p.shed, &p.late, &p.important, &p.importantBad, &p.asked} {
		*n /= plays
	}
	return p
}

func threeQueued(slots int) []*queued {
	return []*queued{newQueued(slots, 40*time.Millisecond), newQueued(slots, 40*time.Millisecond), newQueued(slots, 40*time.Millisecond)}
}

// The bounds are what an oracle could not better by much: what is asked beyond what the
// backends can do while they are slow, and a little more.
func TestTooManyPeople(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		name      string
		patience  time.Duration
		rate      int
		length    time.Duration
		slots     int
		slow      int // how many are slower from 3 s on
		each      time.Duration
		back      time.Duration // when they are well again
		bad, late int           // at most
		plays     int           // the average is judged: chance decides who is asked
	}{
		{"two slow for 2 s, patient people", time.Second, 320, 8 * time.Second, 8, 2, 320 * ms, 5 * time.Second, 30, 15, 5},
		{"two slow for 2 s, impatient people", 500 * ms, 320, 8 * time.Second, 8, 2, 320 * ms, 5 * time.Second, 200, 70, 5},
		{"two slow for 2 s, very impatient people", 300 * ms, 320, 8 * time.Second, 8, 2, 320 * ms, 5 * time.Second, 280, 80, 5},
		{"240/s left of 320/s for good", time.Second, 320, 12 * time.Second, 8, 3, 100 * ms, 12 * time.Second, 620, 10, 3},
		{"all slower without a queue, but in time", time.Second, 160, 12 * time.Second, 1000, 3, 900 * ms, 12 * time.Second, 0, 0, 1},
		{"all slower without a queue, and soon well", time.Second, 160, 8 * time.Second, 1000, 3, 400 * ms, 5 * time.Second, 0, 0, 1},
		{"100/s left of 160/s for 2 s, few at once", time.Second, 160, 8 * time.Second, 4, 2, 320 * ms, 5 * time.Second, 40, 20, 5},
		{"all too slow without a queue: nobody gains by turning others away", time.Second, 160, 12 * time.Second, 1000, 3, 1500 * ms, 12 * time.Second, 1440, 1440, 1},
		{"few people", time.Second, 2, 6 * time.Second, 1, 3, 400 * ms, 6 * time.Second, 0, 0, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := onAverage(tt.plays, func() crowdPlay {
				list := threeQueued(tt.slots)
				return playCrowd(t, tt.patience, tt.rate, tt.length, list, func(at func(time.Duration)) {
					at(3 * time.Second)
					for _, q := range list[:tt.slow] {
						q.set(tt.each)
					}
					at(tt.back)
					for _, q := range list[:tt.slow] {
						q.set(40 * ms)
					}
				})
			})
			if p.shed+p.late > tt.bad || p.late > tt.late {
				t.Errorf("%d turned away and %d late of %d, want at most %d, %d of them late", p.shed, p.late, p.good+p.shed+p.late, tt.bad, tt.late)
			}
			if tt.each < tt.patience && p.importantBad*10 > p.important {
				t.Errorf("%d of %d of what matters most were bad", p.importantBad, p.important)
			}
			if all := p.good + p.late + p.shed; all > 100 && p.asked*100 > all*106 {
				t.Errorf("backends were asked %d times for %d requests", p.asked, all)
			}
		})
	}
}
