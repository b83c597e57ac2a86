// Package syslog takes access logs that servers send as messages of syslog: over UDP, TCP
// and unix sockets. Nobody is answered, so what is refused is counted by reason.
package syslog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/source"
)

// Reader turns lines into experiences.
type Reader interface {
	// Parse appends the experiences of the lines in chunk to b, and returns what did not
	// fit into it.
	Parse(chunk []byte, b *experience.Batch) (rest []byte)
}

// Options says where a Door listens, who may send and how much.
type Options struct {
	Listen []string       // udp://127.0.0.1:5514, tcp://HOST:PORT, unix:///PATH, unixgram:///PATH
	From   []netip.Prefix // who may send over UDP and TCP; none: this machine alone

	// NewReader returns a Reader for lines like those of sample; ok is false when they
	// are of no known format, and then it is asked again.
	NewReader func(sample []byte) (r Reader, ok bool)
	// Keep makes a batch durable before it returns nil.
	Keep source.Sink
	// Busy reports whether an error of Keep means: later.
	Busy func(err error) bool
	// Refuse is told how many messages or connections were refused, and why. nil: nobody.
	Refuse func(why string, n int)
	Log    *slog.Logger

	Line     int           // most bytes of a message; 0: 64 KiB
	Open     int           // most connections at once; 0: 256
	Each     int           // most connections of one sender; 0: 32
	Rate     int           // most messages of one sender in a second; 0: 100,000
	Patience time.Duration // how long a message may take from its first byte to its last; 0: 30 s
	Idle     time.Duration // how long a connection may be silent; 0: 1 h
}

// Limits when Options does not say them.
const (
	defaultLine     = 64 << 10
	defaultOpen     = 256
	defaultEach     = 32
	defaultRate     = 100_000
	defaultPatience = 30 * time.Second
	defaultIdle     = time.Hour
)

// Name is what the source of a Door is called.
const Name = "syslog"

// Why messages and connections are refused.
const (
	tooLong      = "too long"
	tooSlow      = "too slow"
	tooMany      = "too many a second"
	tooManyOpen  = "too many connections"
	noRoom       = "no room"
	notAllowed   = "not allowed"
	notKept      = "not kept"
	unreadable   = "unreadable"
	flushWithin  = 50 * time.Millisecond  // how long the first line waits for others
	busyPause    = 100 * time.Millisecond // between tries to keep a batch
	reportPeriod = time.Minute
)

// Door takes messages.
type Door struct {
	options Options
	streams []net.Listener
	packets []net.PacketConn
	queue   *queue
	reader  Reader

	mu      sync.Mutex
	refused map[string]uint64
	open    int
	each    map[string]int
	conns   map[net.Conn]struct{}
	bound   []string // paths to remove
}

// New opens every address that o names, or none.
func New(ctx context.Context, o Options) (*Door, error) {
	o.Line, o.Open, o.Each, o.Rate = or(o.Line, defaultLine), or(o.Open, defaultOpen), or(o.Each, defaultEach), or(o.Rate, defaultRate)
	o.Patience, o.Idle = or(o.Patience, defaultPatience), or(o.Idle, defaultIdle)
	d := &Door{options: o, queue: newQueue(), refused: map[string]uint64{}, each: map[string]int{}, conns: map[net.Conn]struct{}{}}
	for _, address := range o.Listen {
		if err := d.listen(ctx, address); err != nil {
			return nil, errors.Join(err, d.Close())
		}
	}
	return d, nil
}

func or[T int | time.Duration](n, other T) T {
	if n == 0 {
		return other
	}
	return n
}

// Addresses returns where d listens, in the order of Options.Listen by kind: streams, then
// datagrams.
func (d *Door) Addresses() []net.Addr {
	var list []net.Addr
	for _, l := range d.streams {
		list = append(list, l.Addr())
	}
	for _, p := range d.packets {
		list = append(list, p.LocalAddr())
	}
	return list
}

// Refused returns how many messages and connections were refused, by reason.
func (d *Door) Refused() map[string]uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.refused)
}

// refuse counts n refusals.
func (d *Door) refuse(why string, n int) {
	d.mu.Lock()
	d.refused[why] += uint64(n)
	d.mu.Unlock()
	if d.options.Refuse != nil {
		d.options.Refuse(why, n)
	}
}

// Close stops listening, when Run was not called.
func (d *Door) Close() error {
	var errs []error
	for _, l := range d.streams {
		errs = append(errs, l.Close())
	}
	for _, p := range d.packets {
		errs = append(errs, p.Close())
	}
	d.unbind()
	return errors.Join(errs...)
}

// Run takes messages until ctx is done, and keeps what it took until then.
func (d *Door) Run(ctx context.Context) error {
	var takers, keeper sync.WaitGroup
	for _, l := range d.streams {
		takers.Go(func() { d.accept(ctx, l) })
	}
	for _, p := range d.packets {
		takers.Go(func() { d.datagrams(ctx, p) })
	}
	keeper.Go(func() { d.keep(ctx) })
	d.report(ctx)
	err := d.Close()
	d.mu.Lock()
	for c := range d.conns {
		_ = c.SetDeadline(time.Unix(1, 0)) // its reader ends, and closes it
	}
	d.mu.Unlock()
	d.queue.close()
	takers.Wait()
	keeper.Wait()
	return err
}

// report logs now and then what was refused, until ctx is done.
func (d *Door) report(ctx context.Context) {
	tick := time.NewTicker(reportPeriod)
	defer tick.Stop()
	told := map[string]uint64{}
	for {
		select {
		case <-tick.C:
			told = d.tell(told)
		case <-ctx.Done():
			return
		}
	}
}

// tell logs what was refused since it told last.
func (d *Door) tell(told map[string]uint64) map[string]uint64 {
	now := d.Refused()
	for why, n := range now {
		if more := n - told[why]; more > 0 {
			d.options.Log.Warn("messages of syslog refused", "reason", why, "count", more)
		}
	}
	return now
}

// keep parses what was taken and makes it durable, sender by sender.
func (d *Door) keep(ctx context.Context) {
	var b experience.Batch
	var chunk []byte
	for {
		var ok bool
		if chunk, ok = d.queue.take(chunk[:0]); !ok {
			return
		}
		reader := d.read(chunk)
		for rest := chunk; len(rest) > 0; {
			b.Reset()
			b.Source = Name
			rest = reader.Parse(rest, &b)
			if b.Tally.Lines > 0 {
				d.store(ctx, &b)
			}
		}
	}
}

// read returns the Reader for chunk.
func (d *Door) read(chunk []byte) Reader {
	if d.reader != nil {
		return d.reader
	}
	r, ok := d.options.NewReader(chunk)
	if ok {
		d.reader = r
	}
	return r
}

// store keeps one batch. While there is no room it waits, and so do senders with a
// connection; those without lose what they send, which is counted.
func (d *Door) store(ctx context.Context, b *experience.Batch) {
	for last := false; ; {
		err := d.options.Keep(context.WithoutCancel(ctx), b)
		switch {
		case err == nil:
			return
		case d.options.Busy == nil || !d.options.Busy(err) || last:
			d.refuse(notKept, int(b.Tally.Lines))
			d.options.Log.Error("messages of syslog are lost: they cannot be kept", "lines", b.Tally.Lines, "error", err)
			return
		}
		wait := time.NewTimer(busyPause)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			last = true
		}
	}
}

// mayEnter reports whether somebody at address may send.
func (d *Door) mayEnter(address net.Addr) bool {
	var ip netip.Addr
	switch a := address.(type) {
	case *net.TCPAddr:
		ip = a.AddrPort().Addr()
	case *net.UDPAddr:
		ip = a.AddrPort().Addr()
	default:
		return true // a unix socket, which has the permissions of its file
	}
	ip = ip.Unmap().WithZone("")
	if len(d.options.From) == 0 {
		return ip.IsLoopback()
	}
	for _, network := range d.options.From {
		if network.Contains(ip) {
			return true
		}
	}
	return false
}

// errAddress says how an address is written.
func errAddress(address, what string) error {
	return fmt.Errorf("syslog: %q %s (fix: write it as udp://127.0.0.1:5514, tcp://127.0.0.1:5514, unix:///run/honderd/log or unixgram:///run/honderd/log)", address, what)
}
