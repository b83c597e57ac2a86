package notify

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// CourierOptions bound what a courier does. The zero value is good for a team.
type CourierOptions struct {
	Size    int           // deliveries under way or waiting at most; 0: 100
	Workers int           // at the same time; 0: 1
	Tries   int           // before it is given up; 0: 10
	First   time.Duration // wait after the first failure, twice as long after each; 0: 2s
	Most    time.Duration // longest wait; 0: 10m
	Timeout time.Duration // for one try; 0: 30s
}

// Delivery is a message on its way to one receiver.
type Delivery struct {
	Key     string // no two under way share one
	To      Notifier
	Message Message
	Done    func(err error) // is told once: nil when it was taken, else why it was given up
}

// Counts are what a courier did since it began.
type Counts struct {
	Sent    int64 `json:"sent"`
	Retried int64 `json:"retried"`
	Dead    int64 `json:"dead"` // given up
	Full    int64 `json:"full"` // not accepted: too much was waiting
	Waiting int64 `json:"waiting"`
}

// Courier delivers messages, each again and again until it is taken or given up.
type Courier struct {
	o    CourierOptions
	log  *slog.Logger
	work chan *under

	mu     sync.Mutex
	under  map[string]bool
	counts Counts
}

// under is a delivery that is under way.
type under struct {
	Delivery
	tries int
}

// NewCourier returns a courier that delivers while Run runs.
func NewCourier(o CourierOptions, log *slog.Logger) *Courier {
	o.Size, o.Workers, o.Tries = or(o.Size, 100), or(o.Workers, 1), or(o.Tries, 10)
	o.First, o.Most, o.Timeout = or(o.First, 2*time.Second), or(o.Most, 10*time.Minute), or(o.Timeout, 30*time.Second)
	return &Courier{o: o, log: log, work: make(chan *under, o.Size), under: map[string]bool{}}
}

func or[T int | time.Duration](n, other T) T {
	if n == 0 {
		return other
	}
	return n
}

// Offer takes d to be delivered. It returns false when that many are waiting already;
// what is under way already is taken once.
func (c *Courier) Offer(d Delivery) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.under[d.Key]:
		return true
	case len(c.under) >= c.o.Size:
		c.counts.Full++
		return false
	}
	c.under[d.Key] = true
	c.work <- &under{Delivery: d} // there is room: at most Size are under way
	return true
}

// Counts returns what was done.
func (c *Courier) Counts() Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.counts
	n.Waiting = int64(len(c.under))
	return n
}

// Run delivers until ctx ends. What is under way then is told to nobody: whoever offered
// it offers it again after a restart.
func (c *Courier) Run(ctx context.Context) {
	var workers sync.WaitGroup
	for range c.o.Workers {
		workers.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case u := <-c.work:
					c.try(ctx, u)
				}
			}
		})
	}
	workers.Wait()
}

func (c *Courier) try(ctx context.Context, u *under) {
	one, stop := context.WithTimeout(ctx, c.o.Timeout)
	err := u.To.Send(one, u.Message)
	stop()
	u.tries++
	switch {
	case err == nil:
		c.finish(u, nil)
	case ctx.Err() != nil: // we stop: it is unknown, and is tried after the restart
	case errors.Is(err, ErrGone), errors.Is(err, ErrRefused), u.tries >= c.o.Tries:
		c.log.Warn("message given up", "receiver", u.To.Name(), "message", u.Message.ID, "tries", u.tries, "error", err)
		c.finish(u, err)
	default:
		c.mu.Lock()
		c.counts.Retried++
		c.mu.Unlock()
		c.log.Info("message not taken: it is tried again", "receiver", u.To.Name(), "message", u.Message.ID, "tries", u.tries, "error", err)
		wait := min(c.o.First<<min(u.tries-1, 20), c.o.Most)
		time.AfterFunc(wait, func() { c.work <- u }) // there is room: u is one of Size
	}
}

// finish tells who offered u, and only then lets the same be offered again.
func (c *Courier) finish(u *under, err error) {
	if u.Done != nil {
		u.Done(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.counts.Sent++
	} else {
		c.counts.Dead++
	}
	delete(c.under, u.Key)
}
