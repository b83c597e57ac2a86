package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// scenario is one fault, how long it takes, and how much of it nobody could hide.
type scenario struct {
	name, about string
	length      time.Duration
	rate        int
	origins     int
	second      bool                   // origins speak HTTP/2
	then        int                    // how many of the origins are the second site
	names       bool                   // the origin is known by name
	least       func(s *suite) float64 // felt-bad that nobody could avoid
	play        func(ctx context.Context, s *suite)
	next        func(s *suite, i int) ask
	sockets     bool
}

// at waits until d after the beginning of the scenario.
func (s *suite) at(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(time.Until(s.begin.Add(d))):
	case <-ctx.Done():
	}
}

// plain is a page of the size of the suite.
func plain(s *suite, i int) ask {
	return s.page(fmt.Sprintf("/page/%d", i%20), "")
}

func (s *suite) page(path, more string) ask {
	return ask{method: http.MethodGet, target: fmt.Sprintf("%s?size=%d%s", path, s.size, more), want: page(path, s.size)}
}

func none(*suite) float64 { return 0 }

func each(s *suite, b behaviour) {
	for _, o := range s.origins {
		o.set(b)
	}
}

const second = time.Second

func scenarios() []scenario {
	return []scenario{
		{name: "baseline", about: "no fault; one page in ten honestly takes eight tenths of the patience", next: func(s *suite, i int) ask {
			if i%10 == 3 {
				return s.page(fmt.Sprintf("/slow/%d", i%20), fmt.Sprintf("&ms=%d", s.patience.Milliseconds()*8/10))
			}
			return plain(s, i)
		}},
		{name: "kill", about: "origin 1 dies at 2 s and comes back at 5 s", play: func(ctx context.Context, s *suite) {
			s.at(ctx, 2*second)
			s.origins[0].down()
			s.at(ctx, 5*second)
			_ = s.origins[0].up()
		}},
		{name: "rst-mid", about: "origin 1 resets half of its answers half-way", play: first(sometimes(0.5, resetMid))},
		{name: "truncate", about: "origin 1 ends half of its answers half-way", play: first(sometimes(0.5, truncate))},
		{name: "hang", about: "origin 1 never answers", play: first(hang)},
		{name: "slowstart", about: "origin 1 is gone for a second and comes back cold: 2.5 s an answer, better over 5 s", play: func(ctx context.Context, s *suite) {
			s.at(ctx, second)
			s.origins[0].down()
			s.at(ctx, 2*second)
			_ = s.origins[0].up()
			for d := 2500 * time.Millisecond; d > 0 && ctx.Err() == nil; d -= 250 * time.Millisecond {
				s.origins[0].set(after(d))
				time.Sleep(500 * time.Millisecond)
			}
			s.origins[0].set(nil)
		}},
		{name: "slowloris", about: "origin 1 sends half of its answers a byte each 100 ms", play: first(sometimes(0.5, trickle))},
		{name: "burst5xx", about: "bursts of 500, 502, 503 walk over the origins; two at once for a second", play: func(ctx context.Context, s *suite) {
			for i := 0; ctx.Err() == nil; i++ {
				s.at(ctx, time.Duration(i)*second)
				each(s, nil)
				s.origins[i%3].set(status([]int{500, 502, 503}[i%3]))
				if i == 4 {
					s.origins[(i+1)%3].set(status(503))
				}
			}
			each(s, nil)
		}},
		{name: "blackhole", about: "origin 1 answers 500 at once, the others take 20 ms", play: func(ctx context.Context, s *suite) {
			each(s, after(20*time.Millisecond))
			s.origins[0].set(status(500))
			<-ctx.Done()
		}},
		{name: "brownout", about: "every origin: one answer in twenty takes 1.2 patiences", play: func(ctx context.Context, s *suite) {
			each(s, sometimes(0.05, after(s.patience*12/10)))
			<-ctx.Done()
		}, least: func(s *suite) float64 { return float64(s.tally.requests.Load()) * 0.05 * 0.05 * 0.05 }},
		{name: "alldown", about: "all origins refuse from 3 s; public pages with stale-if-error, asked before", next: func(s *suite, i int) ask {
			return s.page(fmt.Sprintf("/public/%d", i%20), "")
		}, play: func(ctx context.Context, s *suite) {
			s.at(ctx, 3*second)
			s.all((*origin).down)
			<-ctx.Done()
		}},
		{name: "private", about: "personal pages; all origins refuse from 3 s to 6 s", next: func(s *suite, i int) ask {
			cookie := fmt.Sprintf("person=%02d", i%40) // so that none is in another
			return ask{method: http.MethodGet, target: fmt.Sprintf("/mine?size=%d", s.size), header: map[string]string{"Cookie": cookie}, want: page("/mine of "+cookie, s.size)}
		}, play: func(ctx context.Context, s *suite) {
			s.at(ctx, 3*second)
			s.all((*origin).down)
			s.at(ctx, 6*second)
			s.all(func(o *origin) { _ = o.up() })
		}, least: func(s *suite) float64 { return float64(s.scenario.rate) * max((3*second-s.patience).Seconds(), 0) }},
		{name: "blink", about: "all origins refuse for six tenths of the patience, three times", play: func(ctx context.Context, s *suite) {
			for i := range 3 {
				s.at(ctx, time.Duration(1+2*i)*second)
				s.all((*origin).down)
				time.Sleep(s.patience * 6 / 10)
				s.all(func(o *origin) { _ = o.up() })
			}
		}},
		{name: "flap", about: "origin 1 is gone every other second", play: func(ctx context.Context, s *suite) {
			for i := 0; ctx.Err() == nil; i++ {
				s.at(ctx, time.Duration(i)*second)
				if i%2 == 1 {
					s.origins[0].down()
				} else if i > 0 {
					_ = s.origins[0].up()
				}
			}
		}},
		{name: "dns", about: "the only origin moves to another address at 3 s and at 6 s", origins: 1, names: true, play: func(ctx context.Context, s *suite) {
			for i := 1; i <= 2; i++ {
				s.at(ctx, time.Duration(3*i)*second)
				s.origins[0].down()
				ip := fmt.Sprintf("127.0.0.%d", 1+i)
				s.origins[0].addr = ip + ":" + portOf(s.origins[0].addr)
				_ = s.origins[0].up()
				s.names.set(ip)
			}
		}},
		{name: "release", about: "one origin after another is asked to end, is gone 700 ms, and is new; one request in five is a POST", next: withPosts, play: func(ctx context.Context, s *suite) {
			for i := range 3 {
				s.at(ctx, time.Duration(1+2*i)*second)
				s.origins[i].leave()
				time.Sleep(700 * time.Millisecond)
				_ = s.origins[i].up()
			}
		}},
		{name: "degrade", about: "origin 1 goes from 1% to 100% errors", play: func(ctx context.Context, s *suite) {
			for i := 0; i <= 12 && ctx.Err() == nil; i++ {
				s.origins[0].set(sometimes(0.01+float64(i)/12, status(500)))
				s.at(ctx, time.Duration(i+1)*second/2)
			}
		}},
		{name: "poison", about: "origin 1 says 200 with nothing, its crash page, or a damaged body", next: func(s *suite, i int) ask {
			if i%3 == 0 {
				return s.page(fmt.Sprintf("/digest/%d", i%20), "")
			}
			return plain(s, i)
		}, play: func(ctx context.Context, s *suite) { s.at(ctx, second); first(poison)(ctx, s) }},
		{name: "goaway", about: "HTTP/2 origins end their connection every 400 ms; half of the requests are POSTs", second: true, next: halfPosts, play: func(ctx context.Context, s *suite) {
			for i := 1; ctx.Err() == nil; i++ {
				s.at(ctx, time.Duration(i)*400*time.Millisecond)
				o := s.origins[i%3]
				var once bool
				o.set(func(_ *origin, w http.ResponseWriter, _ *http.Request) bool {
					if !once {
						once = true
						w.Header().Set("Connection", "close")
					}
					return false
				})
			}
		}},
		{name: "keepalive", about: "origins close idle connections just as a request comes, one in four; half are POSTs", next: halfPosts, play: func(ctx context.Context, s *suite) {
			each(s, idleCloser())
			<-ctx.Done()
		}},
		{name: "post-plain", about: "POSTs without a key; origin 1 breaks them and nobody knows whether they were executed", next: posts, play: first(post), least: func(*suite) float64 { return 1 }},
		{name: "post-keyed", about: "the same with Idempotency-Key", next: func(s *suite, i int) ask {
			a := posts(s, i)
			a.header = map[string]string{"Idempotency-Key": fmt.Sprintf("key-%d", i)}
			return a
		}, play: first(post)},
		{name: "upload", about: "PUT of 4 MiB; origin 1 resets half of them after the first MiB", rate: 8, next: func(s *suite, _ int) ask {
			return ask{method: http.MethodPut, target: "/file", body: make([]byte, 4<<20), want: []byte("4194304"), within: 3 * s.patience}
		}, play: first(sometimes(0.5, cutUpload))},
		{name: "ws", about: "40 WebSockets, a message each 250 ms; origin 1 is reset at 2 s, origin 2 freezes from 4 s to 7 s", sockets: true, play: func(ctx context.Context, s *suite) {
			s.at(ctx, 2*second)
			s.origins[0].down()
			s.at(ctx, 3*second)
			_ = s.origins[0].up()
			s.at(ctx, 4*second)
			silence.set(1, true)
			s.origins[1].set(hang)
			s.at(ctx, 7*second)
			silence.set(1, false)
			s.origins[1].set(nil)
		}},
		{name: "overload", about: "each origin can do 200/s; 320/s come; two become eight times slower for 2 s", rate: 320, play: func(ctx context.Context, s *suite) {
			var all []*slots
			for _, o := range s.origins {
				one := newSlots(8, 40*time.Millisecond)
				all = append(all, one)
				o.set(one.behave)
			}
			s.at(ctx, 3*second)
			all[0].set(320 * time.Millisecond)
			all[1].set(320 * time.Millisecond)
			s.at(ctx, 5*second)
			all[0].set(40 * time.Millisecond)
			all[1].set(40 * time.Millisecond)
		}},
		{name: "large", about: "8 MiB with a strong ETag; origin 1 breaks off half of them after two thirds", rate: 8, next: func(s *suite, i int) ask {
			path := fmt.Sprintf("/large/%d", i%4)
			return ask{method: http.MethodGet, target: path + "?size=8388608", want: page(path, 8<<20), within: 3 * s.patience}
		}, play: func(ctx context.Context, s *suite) {
			each(s, large(false))
			s.origins[0].set(large(true))
			<-ctx.Done()
		}},
		{name: "events", about: "streams of events that must pass at once", rate: 20, next: func(*suite, int) ask {
			return ask{method: http.MethodGet, target: "/events", header: map[string]string{"Accept": "text/event-stream"}, sse: true}
		}, play: func(ctx context.Context, s *suite) { each(s, events); <-ctx.Done() }},
		{name: "sites", about: "two sites; all of the first answers 503 from 2 s to 5 s", origins: 4, then: 2, play: func(ctx context.Context, s *suite) {
			s.at(ctx, 2*second)
			s.origins[0].set(status(503))
			s.origins[1].set(status(503))
			s.at(ctx, 5*second)
			each(s, nil)
		}},
		{name: "several", about: "origin 1 hangs, origin 2 breaks off one answer in five", play: func(ctx context.Context, s *suite) {
			s.origins[0].set(hang)
			s.origins[1].set(sometimes(0.2, resetMid))
			<-ctx.Done()
		}},
	}
}

// first gives origin 1 a behaviour.
func first(b behaviour) func(context.Context, *suite) {
	return func(ctx context.Context, s *suite) { s.origins[0].set(b); <-ctx.Done() }
}

func posts(s *suite, i int) ask {
	path := "/order"
	return ask{method: http.MethodPost, target: fmt.Sprintf("%s?order=%d&size=%d", path, i, s.size), body: []byte("a=1"), want: page(path, s.size)}
}

func halfPosts(s *suite, i int) ask {
	if i%2 == 0 {
		return posts(s, i)
	}
	return plain(s, i)
}

func withPosts(s *suite, i int) ask {
	if i%5 == 0 {
		return posts(s, i)
	}
	return plain(s, i)
}
