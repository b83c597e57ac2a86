package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// suite is one scenario being played.
type suite struct {
	scenario scenario
	run
	length  time.Duration
	listen  string
	admin   string
	dir     string
	origins []*origin
	names   *names
	certs   *certs
	orders  *orders
	tally   *tally
	proxy   *proxy
	begin   time.Time
}

// run is what is varied between runs.
type run struct {
	seed     uint64
	patience time.Duration
	size     int
	rate     int    // of people; 0: that of the scenario
	logs     string // folder for what the proxy says; "": nowhere
}

// beat is the unit in which scenarios tell time: a second, or the patience if that is longer.
func (s *suite) beat() time.Duration { return max(time.Second, s.patience) }

// at waits until this many beats after the beginning.
func (s *suite) at(ctx context.Context, beats float64) {
	select {
	case <-time.After(time.Until(s.begin.Add(time.Duration(beats * float64(s.beat()))))):
	case <-ctx.Done():
	}
}

// pause waits for d.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// play plays one scenario.
func play(ctx context.Context, sc scenario, r run, start starter) (result, error) {
	if sc.beats == 0 {
		sc.beats = 8
	}
	if r.rate > 0 && sc.rate == 0 {
		sc.rate = r.rate
	}
	if sc.rate == 0 {
		sc.rate = rateFor(r.size)
	}
	if sc.origins == 0 {
		sc.origins = 3
	}
	if sc.next == nil {
		sc.next = plain
	}
	dir, err := os.MkdirTemp("", "felt-")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(dir)
	s := &suite{scenario: sc, run: r, dir: dir, tally: &tally{why: map[string]int{}}}
	s.length = time.Duration(sc.beats * float64(s.beat()))
	defer s.end()
	if err := s.prepare(); err != nil {
		return result{}, err
	}
	if s.proxy, err = startProxy(ctx, s, start); err != nil {
		return result{}, err
	}
	s.act(ctx)
	if sc.after != nil {
		sc.after(s)
	}
	return s.result(), nil
}

// act lets faults and people loose.
func (s *suite) act(ctx context.Context) {
	playing, end := context.WithCancel(ctx)
	done := make(chan struct{})
	stalls := watchStalls(playing)
	s.begin = time.Now()
	go func() {
		defer close(done)
		if s.scenario.play != nil {
			s.scenario.play(playing, s)
		}
	}()
	if s.scenario.sockets {
		s.sockets(ctx)
	} else {
		s.people(ctx)
	}
	end()
	<-done
	s.proxy.stalled = <-stalls
}

// watchStalls says at the end how long the machine let this process wait at most: nothing
// that is shorter can be blamed on a proxy.
func watchStalls(ctx context.Context) <-chan time.Duration {
	says := make(chan time.Duration, 1)
	go func() {
		const every = 5 * time.Millisecond
		worst := time.Duration(0)
		for last := time.Now(); ctx.Err() == nil; {
			time.Sleep(every)
			now := time.Now()
			worst = max(worst, now.Sub(last)-every)
			last = now
		}
		says <- worst
	}()
	return says
}

// prepare starts the servers and what they need.
func (s *suite) prepare() (err error) {
	if s.certs, err = newCerts(s.dir); err != nil {
		return err
	}
	if s.orders, err = newOrders(); err != nil {
		return err
	}
	if s.names, err = newNames(); err != nil {
		return err
	}
	s.names.set("127.0.0.1")
	for _, a := range []*string{&s.listen, &s.admin} {
		if *a, err = freePort("127.0.0.1"); err != nil {
			return err
		}
	}
	for i := range s.scenario.origins {
		if err := s.addOrigin(i); err != nil {
			return err
		}
	}
	return nil
}

func (s *suite) addOrigin(i int) error {
	c := conf{ID: i, Seed: s.seed, Speaks: s.scenario.speaks, Orders: s.orders.l.Addr().String()}
	if c.Speaks == "" {
		c.Speaks = "h1"
	}
	c.Cert = s.certs.file("origin-good")
	var err error
	switch {
	case s.scenario.named && i > 0: // another address, the same port
		c.Addr = fmt.Sprintf("127.0.0.%d:%s", 1+i, portOf(s.origins[0].Addr))
	default:
		if c.Addr, err = freePort("127.0.0.1"); err != nil {
			return err
		}
	}
	o, err := newOrigin(c, s.dir)
	if err != nil {
		return err
	}
	s.origins = append(s.origins, o)
	if s.scenario.wires {
		if o.wire, err = newWire(o.Addr); err != nil {
			return err
		}
	}
	if s.scenario.begin != nil {
		s.scenario.begin(s, o)
	}
	if s.scenario.absent == i+1 {
		return nil
	}
	return o.up()
}

// end ends all that was started.
func (s *suite) end() {
	if s.proxy != nil {
		s.proxy.stop()
	}
	for _, o := range s.origins {
		o.thaw()
		o.kill()
		o.drop()
		if o.wire != nil {
			o.wire.close()
		}
	}
	if s.names != nil {
		_ = s.names.conn.Close()
	}
	if s.orders != nil {
		_ = s.orders.l.Close()
	}
}

func (s *suite) all(do func(*origin)) {
	for _, o := range s.origins {
		do(o)
	}
}

// rateFor is how many requests a second are made of pages of this size: 160, and less
// where these would be more bytes than a busy machine of two cores carries for sure.
func rateFor(size int) int {
	const most = 10 << 20 // bytes a second
	return max(min(160, most/max(size, 1)), 20)
}

// sites returns the addresses of the first and of the second site.
func (s *suite) sites() (to, then []string) {
	for i, o := range s.origins {
		switch {
		case s.scenario.named && i > 0:
		case s.scenario.named:
			to = append(to, "origin.test:"+portOf(o.Addr))
		case i < len(s.origins)-s.scenario.then:
			to = append(to, o.addr())
		default:
			then = append(then, o.addr())
		}
	}
	return to, then
}

// logName is where the words of a proxy in this scenario go, within a folder.
func (s *suite) logName(dir string) string {
	return filepath.Join(dir, strings.ReplaceAll(fmt.Sprintf("%s-%d-%v-%d.log", s.scenario.name, s.seed, s.patience, s.size), " ", ""))
}
