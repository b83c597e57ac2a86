package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/honderd/honderd/ledger"
)

const (
	streamName    = "HONDERD"
	subjectPrefix = "honderd."

	maxPayload = 8 << 20       // of the server: a record with its subject and id
	maxRecord  = 8<<20 - 1<<10 // of data: leaves room for subject and id
	maxMemory  = 16 << 20      // streams in memory: we have none
	maxStore   = 1 << 60       // without a number the server takes 75% of what was free at its start

	startPatience = time.Minute // reading a large stream back after a crash takes this long at worst: a guess
)

// errWrite is the cause when the stream could not be written.
var errWrite = errors.New("the disk refused to write")

// engine is the server inside the process, with a connection to write and one to
// read: the server answers a read before it takes the next message of the same
// connection.
type engine struct {
	server  *server.Server
	writes  *nats.Conn
	reads   *nats.Conn
	stream  jetstream.JetStream // over writes
	answers jetstream.Stream    // over reads

	failed  chan struct{} // closed at the first write error
	once    sync.Once     // guards closing of failed
	stopped chan struct{} // closed by stop

	mu  sync.Mutex
	why error // the first write error
}

// startEngine starts a server on dir, with the stream in it.
func startEngine(ctx context.Context, dir string, remember time.Duration, log *slog.Logger) (_ *engine, err error) {
	e := &engine{failed: make(chan struct{}), stopped: make(chan struct{})}
	ears := &ears{log: log, fail: e.fail}
	if e.server, err = server.NewServer(serverOptions(dir)); err != nil {
		return nil, fmt.Errorf("start store: %w", err)
	}
	e.server.SetLoggerV2(ears, false, false, false)
	e.server.Start()
	if err = ears.fatal(); err == nil && !e.server.ReadyForConnections(startPatience) {
		err = errors.New("not ready in time")
	}
	if err == nil {
		err = e.connect(ctx, remember)
	}
	if err != nil {
		e.stop()
		return nil, fmt.Errorf("start store: %w", errors.Join(err, e.failure()))
	}
	return e, nil
}

// serverOptions says how the server runs: alone, silent and careful.
func serverOptions(dir string) *server.Options {
	return &server.Options{
		ServerName:             "honderd",
		DontListen:             true,
		NoSigs:                 true,
		DisableJetStreamBanner: true,
		JetStream:              true,
		JetStreamMaxMemory:     maxMemory,
		JetStreamMaxStore:      maxStore,
		StoreDir:               dir,
		SyncAlways:             true, // the default loses everything since the last sync at a power cut
		MaxPayload:             maxPayload,
		MaxPending:             64 << 20,
	}
}

// connect opens the connections and the stream.
func (e *engine) connect(ctx context.Context, remember time.Duration) (err error) {
	dial := func() (*nats.Conn, error) {
		return nats.Connect("", nats.InProcessServer(e.server), nats.NoReconnect(), nats.Timeout(10*time.Second))
	}
	if e.writes, err = dial(); err != nil {
		return err
	}
	if e.reads, err = dial(); err != nil {
		return err
	}
	if e.stream, err = jetstream.New(e.writes); err != nil {
		return err
	}
	lookups, err := jetstream.New(e.reads)
	if err != nil {
		return err
	}
	e.answers, err = openStream(ctx, lookups, remember)
	return err
}

// openStream returns the stream, made when it is not there. It changes one that is
// there only when it must: changing it writes, and the disk may be full.
func openStream(ctx context.Context, js jetstream.JetStream, remember time.Duration) (jetstream.Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := js.Stream(ctx, streamName)
	if err == nil && s.CachedInfo().Config.Duplicates == remember {
		return s, nil
	}
	if err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, err
	}
	return js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:        streamName,
		Subjects:    []string{subjectPrefix + ">"},
		Storage:     jetstream.FileStorage,
		Retention:   jetstream.LimitsPolicy,
		Discard:     jetstream.DiscardNew,
		Duplicates:  remember,
		AllowDirect: true,
		DenyDelete:  true,
		DenyPurge:   true,
	})
}

// publish writes one record and waits until it is on the disk. twice reports that
// the stream has the id already; place is then that of the first.
func (e *engine) publish(ctx context.Context, subject, id string, data []byte) (place ledger.Sequence, twice bool, err error) {
	m := &nats.Msg{Subject: subjectPrefix + subject, Data: data, Header: nats.Header{sumHeader: []string{sum(data)}}}
	if id != "" {
		m.Header.Set(nats.MsgIdHdr, id)
	}
	answer, err := e.stream.PublishMsgAsync(m)
	if err != nil {
		return 0, false, err
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case ack := <-answer.Ok():
		return ledger.Sequence(ack.Sequence), ack.Duplicate, nil
	case err := <-answer.Err():
		return 0, false, e.silence(err)
	case <-e.failed:
		return 0, false, e.failure()
	case <-ctx.Done():
		return 0, false, ctx.Err()
	case <-late.C:
		return 0, false, e.silence(fmt.Errorf("no answer from the disk in %v", patience))
	}
}

// silence makes the engine a failed one when the server gave up: it does not say
// so to the one who asked.
func (e *engine) silence(err error) error {
	if health := e.server.Healthz(nil); health.Error != "" {
		e.fail(fmt.Errorf("%w: %s", err, health.Error))
		return e.failure()
	}
	return err
}

// standing is where the stream stands.
type standing struct {
	last    ledger.Sequence
	records uint64
}

// lost returns how many records are gone without being the last: none was ever
// removed.
func (s standing) lost() uint64 {
	return uint64(s.last) - s.records
}

// state returns where the stream stands.
func (e *engine) state(ctx context.Context) (standing, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	info, err := e.answers.Info(ctx)
	if err != nil {
		return standing{}, err
	}
	return standing{last: ledger.Sequence(info.State.LastSeq), records: info.State.Msgs}, nil
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
	e.server.Shutdown()
	e.server.WaitForShutdown()
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

// checkRecord says what is wrong with a record before the server does.
func checkRecord(subject, id string, data []byte) error {
	switch {
	case subject == "" || strings.ContainsAny(subject, " \t\r\n*>") ||
		strings.HasPrefix(subject, ".") || strings.HasSuffix(subject, ".") || strings.Contains(subject, ".."):
		return fmt.Errorf("subject %q must be a word without blanks, * and >", subject)
	case strings.ContainsAny(id, "\r\n") || strings.TrimSpace(id) != id || len(subject)+len(id) > 512:
		return fmt.Errorf("id %q must be a short line without blanks around it", id)
	case len(data) > maxRecord:
		return fmt.Errorf("record of %d bytes: must be at most %d (fix: split it)", len(data), maxRecord)
	}
	return nil
}
