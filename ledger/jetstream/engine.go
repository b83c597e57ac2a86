package jetstream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/honderd/honderd/ledger"
)

const (
	// startPatience is how long a large stream may take to be read back after a crash,
	// or the other nodes of a cluster to be there: a guess.
	startPatience = time.Minute

	// sharedPatience is how long one of several servers may take to answer before it
	// is asked again: any of them may be the one that just died.
	sharedPatience = 3 * time.Second

	// again is the pause before that.
	again = 100 * time.Millisecond
)

// errWrite is the cause when the stream could not be written.
var errWrite = errors.New("the disk refused to write")

// errSilent is the cause when none of several servers answered.
var errSilent = errors.New("no server answered")

// engine is the server inside the process or the way to those elsewhere, with a
// connection to write and one to read: the server answers a read before it takes the
// next message of the same connection.
type engine struct {
	shared  bool           // there are several servers: an answer may be lost, and is asked for again
	server  *server.Server // nil: elsewhere
	writes  *nats.Conn
	reads   *nats.Conn
	stream  jetstream.JetStream // over writes
	lookups jetstream.JetStream // over reads
	answers jetstream.Stream    // over reads

	failed  chan struct{} // closed at the first write error
	once    sync.Once     // guards closing of failed
	stopped chan struct{} // closed by stop

	mu  sync.Mutex
	why error // the first write error
}

// startEngine starts a server on the folder or connects to those elsewhere, and has the
// stream there.
func startEngine(ctx context.Context, o Options) (_ *engine, err error) {
	e := &engine{shared: o.shared(), failed: make(chan struct{}), stopped: make(chan struct{})}
	if o.external() {
		err = e.connect(o.External)
	} else {
		err = e.startServer(o)
	}
	if err == nil {
		err = e.open(ctx, o)
	}
	if err != nil {
		e.stop()
		return nil, fmt.Errorf("start store: %w", errors.Join(err, e.failure()))
	}
	return e, nil
}

// dial opens both connections.
func (e *engine) dial(urls string, o []nats.Option) (err error) {
	if e.writes, err = nats.Connect(urls, o...); err != nil {
		return err
	}
	if e.reads, err = nats.Connect(urls, o...); err != nil {
		return err
	}
	if e.stream, err = jetstream.New(e.writes); err != nil {
		return err
	}
	e.lookups, err = jetstream.New(e.reads)
	return err
}

// patience is how long to wait for one answer.
func (e *engine) patience() time.Duration {
	if e.shared {
		return sharedPatience
	}
	return patience
}

// silence makes the engine a failed one when the server gave up: it does not say
// so to the one who asked.
func (e *engine) silence(err error) error {
	if e.server == nil || e.shared {
		return err
	}
	if health := e.server.Healthz(nil); health.Error != "" {
		e.fail(fmt.Errorf("%w: %s", err, health.Error))
		return e.failure()
	}
	return err
}

// standing is where the stream stands.
type standing struct {
	first   ledger.Sequence
	last    ledger.Sequence
	records uint64
	bytes   uint64
}

// state returns where the stream stands.
func (e *engine) state(ctx context.Context) (standing, error) {
	ctx, cancel := context.WithTimeout(ctx, e.patience())
	defer cancel()
	info, err := e.answers.Info(ctx)
	if err != nil {
		return standing{}, err
	}
	s := info.State
	return standing{ledger.Sequence(s.FirstSeq), ledger.Sequence(s.LastSeq), s.Msgs, s.Bytes}, nil
}

// fail records the first write error and ends all who wait for an answer.
func (e *engine) fail(err error) {
	e.once.Do(func() {
		e.mu.Lock()
		e.why = fmt.Errorf("%w: %w", errWrite, err)
		e.mu.Unlock()
		close(e.failed)
	})
}

// failure returns the first write error, nil when there was none.
func (e *engine) failure() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.why
}

// stop ends the server and waits for it. Only the owner calls it, under its lock.
func (e *engine) stop() {
	if e.isStopped() {
		return
	}
	close(e.stopped)
	for _, c := range []*nats.Conn{e.writes, e.reads} {
		if c != nil {
			c.Close()
		}
	}
	if e.server != nil {
		e.server.Shutdown()
		e.server.WaitForShutdown()
	}
}

// isStopped reports whether stop was called.
func (e *engine) isStopped() bool {
	select {
	case <-e.stopped:
		return true
	default:
		return false
	}
}

// isAway reports whether err says only that no server answered: the next may.
func isAway(err error) bool {
	for _, sign := range []error{
		errSilent, context.DeadlineExceeded, nats.ErrTimeout, nats.ErrNoResponders, nats.ErrDisconnected, nats.ErrConnectionClosed,
		nats.ErrReconnectBufExceeded, nats.ErrConnectionReconnecting, nats.ErrNoServers, jetstream.ErrNoStreamResponse, jetstream.ErrAsyncPublishTimeout,
	} {
		if errors.Is(err, sign) {
			return true
		}
	}
	if said, ok := errors.AsType[*jetstream.APIError](err); ok {
		return said.Code == http.StatusServiceUnavailable && said.ErrorCode != codeStoreFailed || said.ErrorCode == codeInProcess
	}
	return false
}
