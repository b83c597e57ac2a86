package main

import (
	"context"
	"net/http"
	"time"
)

// scenarios returns all.
func scenarios() []scenario {
	list := known()
	list = append(list, knownRequests()...)
	for i := range list {
		list[i].group = "first"
	}
	list = append(list, processes()...)
	list = append(list, networks()...)
	list = append(list, protocols()...)
	return append(list, beyond()...)
}

// known are faults of servers that answer pages.
func known() []scenario {
	return []scenario{
		{name: "baseline", short: true, about: "no fault; one page in ten honestly takes eight tenths of the patience", next: func(s *suite, i int) ask {
			if i%10 == 3 {
				return s.slow(i, 0.8)
			}
			return plain(s, i)
		}},
		{name: "kill", short: true, about: "origin 1 is killed at 2 and comes back at 5", play: func(ctx context.Context, s *suite) { s.gone(ctx, 2, 5, s.origins[0]) }},
		{name: "rst-mid", short: true, exact: true, about: "origin 1 resets half of its answers half-way", play: first(some(resetMid, 0.5))},
		{name: "truncate", exact: true, about: "origin 1 ends half of its answers half-way", play: first(some(truncate, 0.5))},
		{name: "hang", short: true, about: "origin 1 never answers", play: first(always(hang))},
		{name: "slowstart", about: "origin 1 is gone for a second and comes back cold: 2.5 s an answer, better over 5 s", play: slowStart},
		{name: "slowloris", about: "origin 1 sends half of its answers a byte each 100 ms", play: first(some(trickle, 0.5))},
		{name: "burst5xx", exact: true, about: "bursts of 500, 502, 503 walk over the origins; two at once for a second", play: bursts},
		{name: "blackhole", about: "origin 1 answers 500 at once, the others take 20 ms", play: func(ctx context.Context, s *suite) {
			s.each(later(20 * time.Millisecond))
			s.origins[0].set(code(500))
			<-ctx.Done()
		}},
		{name: "brownout", about: "every origin: one answer in twenty takes 1.2 patiences", play: func(ctx context.Context, s *suite) {
			s.each(fault{Kind: after, P: 0.05, For: s.patience * 12 / 10})
			<-ctx.Done()
		}, least: func(_ *suite, all []meant) float64 { return float64(len(all)) * 0.05 * 0.05 * 0.05 }},
		{name: "alldown", short: true, about: "all origins are killed at 3; public pages with stale-if-error, asked before", next: public, play: func(ctx context.Context, s *suite) {
			s.at(ctx, 3)
			together(s.origins, (*origin).kill)
			<-ctx.Done()
		}},
		{name: "private", short: true, about: "personal pages; all origins are killed at 3 and come back at 6", next: private, play: func(ctx context.Context, s *suite) { s.gone(ctx, 3, 6, s.origins...) }},
		{name: "blink", short: true, about: "all origins are gone for six tenths of the patience, three times", play: func(ctx context.Context, s *suite) {
			for i := range 3 {
				from := 1 + 2*float64(i)
				s.gone(ctx, from, from+0.6*float64(s.patience)/float64(s.beat()), s.origins...)
			}
		}},
		{name: "flap", about: "origin 1 is gone every other second", play: func(ctx context.Context, s *suite) {
			for i := 1.0; ctx.Err() == nil; i += 2 {
				s.gone(ctx, i, i+1, s.origins[0])
			}
		}},
		{name: "dns", about: "the only origin moves to another address at 3 and at 6", named: true, play: func(ctx context.Context, s *suite) {
			together(s.origins[1:], (*origin).kill)
			for i := 1; i <= 2; i++ {
				s.at(ctx, float64(3*i))
				s.origins[i-1].kill()
				_ = s.origins[i].up()
				s.names.set("127.0.0." + string(rune('1'+i)))
			}
		}},
		{name: "release", about: "one origin after another is asked to end (SIGTERM), is gone 700 ms, and is new; one request in five is a POST", next: onePost(5), play: func(ctx context.Context, s *suite) {
			for i, o := range s.origins {
				s.at(ctx, float64(1+2*i))
				o.leave()
				pause(ctx, 700*time.Millisecond)
				_ = o.up()
			}
		}},
		{name: "degrade", short: true, exact: true, about: "origin 1 goes from 1% to 100% errors", play: func(ctx context.Context, s *suite) {
			for i := 0; i <= 12 && ctx.Err() == nil; i++ {
				s.origins[0].set(fault{Kind: status, P: min(0.01+float64(i)/12, 1), Code: http.StatusInternalServerError})
				s.at(ctx, float64(i+1)/2)
			}
		}},
		{name: "poison", short: true, exact: true, about: "origin 1 says 200 with nothing, its crash page, or a damaged body", next: digests, play: func(ctx context.Context, s *suite) {
			s.at(ctx, 1)
			first(always(poison))(ctx, s)
		}},
	}
}

func slowStart(ctx context.Context, s *suite) {
	s.gone(ctx, 1, 2, s.origins[0])
	for d := 2500 * time.Millisecond; d > 0 && ctx.Err() == nil; d -= 250 * time.Millisecond {
		s.origins[0].set(later(d))
		pause(ctx, 500*time.Millisecond)
	}
	s.origins[0].set()
}

func bursts(ctx context.Context, s *suite) {
	for i := 0; ctx.Err() == nil; i++ {
		s.at(ctx, float64(i))
		s.each()
		s.origins[i%3].set(code([]int{500, 502, 503}[i%3]))
		if i == 4 {
			s.origins[(i+1)%3].set(code(http.StatusServiceUnavailable))
		}
	}
}

// knownRequests are faults that depend on what is asked.
func knownRequests() []scenario {
	return []scenario{
		{name: "goaway", short: true, speaks: "raw2", about: "HTTP/2 origins say GOAWAY every 400 ms and refuse the newest streams; half of the requests are POSTs", next: onePost(2), begin: func(_ *suite, o *origin) {
			o.Faults = []fault{{Kind: goingAway, For: 400 * time.Millisecond}, some(stormy, 0.05)}
		}},
		{name: "keepalive", about: "origins reset idle connections just as a request comes, one in four; half are POSTs", next: onePost(2), begin: func(_ *suite, o *origin) { o.Faults = []fault{always(idleClose)} }},
		{name: "post-plain", short: true, about: "POSTs without a key; origin 1 breaks them and nobody knows whether they were executed", next: posts, play: first(always(breakPost))},
		{name: "post-keyed", about: "the same with Idempotency-Key", next: keyed, play: first(always(breakPost)), least: func(*suite, []meant) float64 { return 0 }},
		{name: "upload", rate: 8, about: "PUT of 4 MiB; origin 1 resets half of them after the first MiB", next: func(s *suite, _ int) ask {
			return ask{method: http.MethodPut, target: "/file", body: string(make([]byte, 4<<20)), want: []byte("4194304"), within: 3 * s.patience}
		}, play: first(some(cutUpload, 0.5))},
		{name: "ws", short: true, sockets: true, about: "40 WebSockets, a message each 250 ms; origin 1 is killed at 2 (back at 3), origin 2 freezes from 4 to 7", play: func(ctx context.Context, s *suite) {
			s.gone(ctx, 2, 3, s.origins[0])
			s.at(ctx, 4)
			s.origins[1].freeze()
			s.at(ctx, 7)
			s.origins[1].thaw()
		}},
		{name: "overload", short: true, rate: 160, about: "each origin can do 100/s; 160/s come; two become eight times slower from 3 to 5", next: small, begin: withSlots(4, 40*time.Millisecond), play: func(ctx context.Context, s *suite) {
			s.at(ctx, 3)
			s.slots(320*time.Millisecond, s.origins[:2]...)
			s.at(ctx, 5)
			s.slots(40*time.Millisecond, s.origins[:2]...)
		}, least: leastOverload},
	}
}

// withSlots gives each origin so many slots.
func withSlots(wide int, d time.Duration) func(*suite, *origin) {
	return func(_ *suite, o *origin) {
		o.table = &slotTable{wide: wide, each: []time.Duration{d}, at: []time.Time{{}}}
		o.Faults = []fault{{Kind: slots, Wide: wide, For: d}}
	}
}

// slots changes how long the slots of some origins take.
func (s *suite) slots(d time.Duration, list ...*origin) {
	for _, o := range list {
		o.set(fault{Kind: slots, Wide: o.table.wide, For: d})
		o.table.at, o.table.each = append(o.table.at, time.Now()), append(o.table.each, d)
	}
}

// beyond is more than anybody can answer.
func beyond() []scenario {
	flood := func(times int) scenario {
		return scenario{group: "beyond", beats: 6, next: small, begin: withSlots(2, 40*time.Millisecond), rate: 150 * times, least: leastOverload}
	}
	two, four := flood(2), flood(4)
	two.name, two.about = "overload-x2", "each of three origins can do 50/s; twice as much comes"
	four.name, four.about = "overload-x4", "each of three origins can do 50/s; four times as much comes"
	return []scenario{two, four}
}

// processes are faults of whole processes, and of several at once.
func processes() []scenario {
	return []scenario{
		{name: "freeze", short: true, about: "origin 1 is stopped (SIGSTOP) from 2 to 5: its system takes connections, nobody answers", play: func(ctx context.Context, s *suite) {
			s.at(ctx, 2)
			s.origins[0].freeze()
			s.at(ctx, 5)
			s.origins[0].thaw()
		}},
		{name: "cold", about: "origin 1 hangs and origin 3 is not there from the first request on", absent: 3, begin: func(_ *suite, o *origin) {
			if o.ID == 0 {
				o.Faults = []fault{always(hang)}
			}
		}},
		{name: "kill-two", short: true, about: "origins 1 and 2 are killed at 2; origin 3 answers one in ten with 503; back at 5", play: func(ctx context.Context, s *suite) {
			s.origins[2].set(fault{Kind: status, P: 0.1, Code: http.StatusServiceUnavailable})
			s.gone(ctx, 2, 5, s.origins[:2]...)
		}},
		{name: "several", about: "origin 1 hangs, origin 2 breaks off one answer in five", play: func(ctx context.Context, s *suite) {
			s.origins[0].set(always(hang))
			s.origins[1].set(some(resetMid, 0.2))
			<-ctx.Done()
		}},
		{name: "storm", short: true, about: "at once: origin 1 frozen from 1 to 6, origin 2 resets one in five, origin 3 slow in one of ten; a third are POSTs with keys", next: func(s *suite, i int) ask {
			if i%3 == 0 {
				return keyed(s, i)
			}
			return plain(s, i)
		}, play: func(ctx context.Context, s *suite) {
			s.origins[1].set(some(resetMid, 0.2))
			s.origins[2].set(fault{Kind: after, P: 0.1, For: s.patience / 2})
			s.at(ctx, 1)
			s.origins[0].freeze()
			s.at(ctx, 6)
			s.origins[0].thaw()
		}},
		{name: "brownout-all", about: "all origins together take four tenths of the patience longer, from 2 to 5", play: func(ctx context.Context, s *suite) {
			s.at(ctx, 2)
			s.each(later(s.patience * 4 / 10))
			s.at(ctx, 5)
			s.each()
			<-ctx.Done()
		}},
		{name: "chunked", exact: true, about: "origin 1 ends half of its answers within their chunks", play: first(some(chunked, 0.5))},
		{name: "wrong", exact: true, about: "origin 1 answers 200 with an error in JSON from 1 on", play: func(ctx context.Context, s *suite) { s.at(ctx, 1); first(always(wrongKind))(ctx, s) }},
		{name: "large", rate: 6, about: "8 MiB with a strong ETag; origin 1 breaks off half of them after two thirds", next: func(s *suite, i int) ask {
			path := "/large/" + string(rune('0'+i%4))
			return ask{method: http.MethodGet, target: path + "?size=8388608", want: page(path, 8<<20), within: 3 * s.patience}
		}, play: first(some(resetMid, 0.5))},
		{name: "events", rate: 20, about: "streams of events that must pass at once", next: func(*suite, int) ask {
			return ask{method: http.MethodGet, target: "/events", header: map[string]string{"Accept": "text/event-stream"}, events: true}
		}},
		{name: "sites", short: true, origins: 4, then: 2, about: "two sites; all of the first answer 503 from 2 to 5", play: func(ctx context.Context, s *suite) {
			s.at(ctx, 2)
			s.origins[0].set(code(http.StatusServiceUnavailable))
			s.origins[1].set(code(http.StatusServiceUnavailable))
			s.at(ctx, 5)
			s.each()
		}},
		{name: "sites-kill", origins: 4, then: 2, about: "two sites; all of the first are killed at 2 and come back at 5; one request in five is a POST", next: onePost(5), play: func(ctx context.Context, s *suite) { s.gone(ctx, 2, 5, s.origins[:2]...) }},
		{name: "sites-freeze", origins: 4, then: 2, about: "two sites; all of the first are stopped (SIGSTOP) from 2 to 5", play: func(ctx context.Context, s *suite) {
			s.at(ctx, 2)
			together(s.origins[:2], (*origin).freeze)
			s.at(ctx, 5)
			together(s.origins[:2], (*origin).thaw)
		}},
		{name: "reload", short: true, reload: true, front: "kept", about: "the proxy is started anew at 2, 4 and 6; people keep their connections, one request in five is a POST, one page in ten takes half of the patience", next: mixed, play: func(ctx context.Context, s *suite) {
			for i := range 3 {
				s.at(ctx, float64(2+2*i))
				s.proxy.startAnew()
			}
		}},
		{name: "rolling", short: true, reload: true, about: "all origins are restarted (SIGTERM) one after another, again and again, and the proxy at 3 and 6; one request in five is a POST, one page in ten takes half of the patience", next: mixed, play: rolling},
	}
}

// mixed is what people do in a shop.
func mixed(s *suite, i int) ask {
	switch i % 10 {
	case 0, 5:
		return posts(s, i)
	case 3:
		return s.slow(i, 0.5)
	}
	return plain(s, i)
}

func rolling(ctx context.Context, s *suite) {
	for i, next := 0, 3.0; ctx.Err() == nil; i++ {
		o := s.origins[i%3]
		o.leave()
		_ = o.up()
		pause(ctx, 200*time.Millisecond)
		if now := float64(time.Since(s.begin)) / float64(s.beat()); now >= next && next < 7 {
			s.proxy.startAnew()
			next += 3
		}
	}
}
