package main

import (
	"context"
	"net/http"
	"time"
)

// networks are faults between the proxy and its servers.
func networks() []scenario {
	return []scenario{
		{name: "syn", short: true, about: "from 2 to 5 connections to origin 1 are neither taken nor refused; one request in five is a POST", next: onePost(5), play: func(ctx context.Context, s *suite) {
			o := s.origins[0]
			s.at(ctx, 2)
			o.kill()
			end, err := swallow(o.Addr)
			s.at(ctx, 5)
			if err == nil {
				end()
			}
			_ = o.up()
		}},
		{name: "partial", short: true, wires: true, about: "connections to origin 1 that are open fall silent each second, new ones work; answers of origin 2 are lost from 2 to 4; new connections to origin 3 fall silent from 5 to 7", play: partial},
		{name: "narrow", wires: true, about: "the way back from origin 1 carries 8 KiB/s from 2 to 6", play: func(ctx context.Context, s *suite) {
			s.at(ctx, 2)
			s.origins[0].wire.slow.Store(8 << 10)
			s.at(ctx, 6)
			s.origins[0].wire.slow.Store(0)
		}},
		{name: "tls", short: true, speaks: "tls", about: "origins with TLS; origin 1 comes back with a certificate that has expired, of another name, of nobody, and then accepts and says nothing, a beat and a half each; one request in five is a POST", next: onePost(5), play: func(ctx context.Context, s *suite) {
			o := s.origins[0]
			for i, cert := range []string{"expired-bad", "name-bad", "stranger-bad", ""} {
				s.at(ctx, 1+1.5*float64(i))
				o.kill()
				if o.Cert, o.Deaf = s.certs.file(cert), cert == ""; o.Deaf {
					o.Cert = s.certs.file("origin-good")
				}
				_ = o.up()
			}
			s.at(ctx, 7)
			o.kill()
			o.Deaf = false
			_ = o.up()
		}},
		{name: "dns-loss", short: true, named: true, about: "the origins live; their name is lost from 1, answered SERVFAIL from 3 and NXDOMAIN from 5 to 7", begin: oneName, play: func(ctx context.Context, s *suite) {
			for i, how := range []string{"lost", "fail", "none", ""} {
				s.at(ctx, float64(1+2*i))
				s.names.fail(how)
			}
		}},
		{name: "dns-many", named: true, about: "a name with three addresses; one is killed at 2, leaves the name at 4, comes back at 5 and into the name at 6; half of the questions are lost", begin: oneName, play: func(ctx context.Context, s *suite) {
			s.names.fail("half")
			s.at(ctx, 2)
			s.origins[1].kill()
			s.at(ctx, 4)
			s.names.set("127.0.0.1", "127.0.0.3")
			s.at(ctx, 5)
			_ = s.origins[1].up()
			s.at(ctx, 6)
			s.names.set("127.0.0.1", "127.0.0.2", "127.0.0.3")
		}},
	}
}

// oneName gives the name the addresses of all origins.
func oneName(s *suite, _ *origin) { s.names.set("127.0.0.1", "127.0.0.2", "127.0.0.3") }

func partial(ctx context.Context, s *suite) {
	for i := 1.0; ctx.Err() == nil; i += 0.5 {
		s.at(ctx, i)
		if i == float64(int(i)) {
			s.origins[0].wire.forget()
		}
		one, three := s.origins[1], s.origins[2]
		one.wire.oneWay.Store(i >= 2 && i < 4)
		one.lives.set(i < 2 || i >= 4)
		three.wire.refuseNew(i >= 5 && i < 7)
	}
}

// protocols are what people and servers speak beside HTTP/1.1.
func protocols() []scenario {
	return []scenario{
		{name: "h2-people", short: true, front: "h2", about: "people speak HTTP/2; origin 1 is killed at 2 (back at 4), and resets half of its answers half-way from then on; one request in five is a POST", next: onePost(5), play: func(ctx context.Context, s *suite) {
			s.gone(ctx, 2, 4, s.origins[0])
			s.origins[0].set(some(resetMid, 0.5))
		}},
		{name: "h2-reload", reload: true, front: "h2", about: "people speak HTTP/2; the proxy is started anew at 2, 4 and 6", next: mixed, play: func(ctx context.Context, s *suite) {
			for i := range 3 {
				s.at(ctx, float64(2+2*i))
				s.proxy.startAnew()
			}
		}},
		{name: "grpc", short: true, speaks: "h2c", front: "h2", rate: 60, about: "calls of gRPC, one answer, many, or a talk; origin 1 is killed at 3 and comes back at 5", next: calls, play: func(ctx context.Context, s *suite) { s.gone(ctx, 3, 5, s.origins[0]) }},
		{name: "grpc-release", speaks: "h2c", front: "h2", rate: 60, about: "calls of gRPC; one origin after another is asked to end (SIGTERM: GOAWAY, and what was begun ends), is gone 700 ms, and is new", next: calls, play: func(ctx context.Context, s *suite) {
			for i, o := range s.origins {
				s.at(ctx, float64(1+2*i))
				o.leave()
				pause(ctx, 700*time.Millisecond)
				_ = o.up()
			}
		}},
		{name: "ws-rolling", sockets: true, about: "40 WebSockets; all origins are restarted one after another", play: func(ctx context.Context, s *suite) {
			for i := 0; ctx.Err() == nil; i++ {
				s.at(ctx, 1+float64(i))
				s.origins[i%3].leave()
				_ = s.origins[i%3].up()
			}
		}},
		{name: "events-kill", rate: 20, about: "streams of events; origin 1 refuses them with 503", next: func(*suite, int) ask {
			return ask{method: http.MethodGet, target: "/events", header: map[string]string{"Accept": "text/event-stream"}, events: true}
		}, play: first(code(http.StatusServiceUnavailable))},
	}
}
