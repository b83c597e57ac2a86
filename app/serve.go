package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/internal/who"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/gather"
	"github.com/honderd/honderd/ledger/jetstream"
	"github.com/honderd/honderd/source"
	"github.com/honderd/honderd/source/accesslog"
	"github.com/honderd/honderd/source/browser"
	"github.com/honderd/honderd/source/kubernetes"
	"github.com/honderd/honderd/source/push"
	"github.com/honderd/honderd/source/remotewrite"
	"github.com/honderd/honderd/source/syslog"
	"github.com/honderd/honderd/warning"
)

// Server is the whole product in one process: sources, ledger, folds and pages.
type Server struct {
	config    config.Config
	log       *slog.Logger
	sources   []source.Source
	ledger    ledger.Ledger
	gatherer  *gather.Gatherer // of what is sent by many
	push      *push.Door
	traces    traceDoors
	browser   *browser.Door
	syslog    *syslog.Door   // nil: there is none
	gateway   *GatewayServer // nil: there is none
	passing   *gatewayPeople
	spool     *spool
	salts     *who.Salts
	crossings *crossings
	causes    *accesslog.Causes // what error logs say
	held      *held
	drops     *drops
	probing   *probing
	world     *world
	cluster   *kubernetes.Source // nil: none is watched
	known     *warning.Known
	readings  *readings
	metrics   *remotewrite.Door
	projector *projector
	archiver  *archiver // nil: there is no archive
	listener  net.Listener
	publisher *publisher
	teller    *teller
	following following
	viewers   viewers
	control   string // what commands show
	entry     *entry

	publicListener net.Listener // nil: the public page is with the others
	http           *http.Server
	troubles       troubles
	tenants        tenants
	patience       time.Duration // how long senders may take for a body; 0: as long as each door says
	pace           int           // how many messages of syslog a sender may send in a second; 0: as many as that door says
	tenant         bool          // it is one of several: whom it belongs to sees nothing of the machine
}

// checkpointEvery is how often the state is saved: what came since is folded again
// after a crash.
const checkpointEvery = 20 * time.Second

// calendarEvery is how often calendars are read anew.
const calendarEvery = 10 * time.Minute

// NewServer opens everything that c names and listens, but serves nobody before Run.
// more are sources beside those of c.
func NewServer(ctx context.Context, c config.Config, log *slog.Logger, more ...source.Source) (*Server, error) {
	c.People.Recognise = c.People.Recognise.Kept()
	s := &Server{config: c, log: log}
	if err := s.begin(ctx, more); err != nil {
		return nil, err
	}
	return s, nil
}

// begin opens everything, and listens.
func (s *Server) begin(ctx context.Context, more []source.Source) (err error) {
	c := s.config
	if s.listener, err = listen(ctx, c.Listen); err != nil {
		return err
	}
	if c.Status.Listen != "" {
		if s.publicListener, err = listen(ctx, c.Status.Listen); err != nil {
			return errors.Join(err, s.close())
		}
	}
	if err := s.open(ctx, more); err != nil {
		return errors.Join(err, s.close())
	}
	s.openTenants(ctx)
	return nil
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w (fix: stop what listens there, or choose another address with --listen)", address, err)
	}
	return l, nil
}

func (s *Server) open(ctx context.Context, more []source.Source) error {
	dir := s.config.Data
	if err := checkWhole(dir); err != nil {
		return err
	}
	checkpoint := loadingCheckpoint(filepath.Join(dir, checkpointName), feltOptions(s.config))
	l, err := jetstream.Open(ctx, ledgerOptions(s.config, s.log))
	if err != nil {
		return err
	}
	s.ledger, s.drops = l, openDrops(dir, s.log)
	salts, err := loadSalts(filepath.Join(dir, "salt"), s.config, s.log)
	if err != nil {
		return err
	}
	s.salts, s.crossings, s.causes = salts, newCrossings(s.config, salts), accesslog.NewCauses()
	if err := s.openEntry(); err != nil {
		return err
	}
	if s.held, err = openHeld(dir, s.log, s.drops); err != nil {
		return err
	}
	if err := s.openSources(ctx, more); err != nil {
		return err
	}
	k, err := newCalendars(s.config)
	if err != nil {
		return err
	}
	if err := k.load(ctx); err != nil {
		s.log.Warn("calendar not read: it is tried again", "error", err)
	}
	if s.archiver, err = newArchiver(ctx, s.config, l, s.log, &s.troubles); err != nil {
		return err
	}
	s.projector = newProjector(l, dir, feltOptions(s.config), k, s.log)
	s.projector.loading, s.projector.drops = checkpoint, s.drops
	if s.archiver != nil {
		s.projector.heal = (&scrubber{ledger: l, archive: s.archiver.archive}).heal
		s.projector.archive, s.archiver.saved, s.archiver.drops = s.archiver.archive, s.projector.checkpointed, s.drops
	}
	if err := s.projector.catchUp(ctx); err != nil {
		return err
	}
	s.crossings.resume(s.projector.folds.felt)
	s.openFollowing(salts)
	s.spool.resume(s.projector.position(gatewayName))
	return nil
}

// openSources opens all that experiences come from; more are sources beside those of the
// configuration.
func (s *Server) openSources(ctx context.Context, more []source.Source) (err error) {
	if s.sources, err = newSources(s.config, s.salts, s.causes, s.log); err != nil {
		return err
	}
	if err := openStdin(s.config, s.salts, s.log, more); err != nil {
		return err
	}
	s.sources = append(s.sources, more...)
	if err := s.openDoors(ctx, s.salts); err != nil {
		return err
	}
	if err := s.openGateway(ctx, s.salts); err != nil {
		return err
	}
	return errors.Join(s.openProbes(), s.openCluster())
}

// Address returns where the pages are, for instance "127.0.0.1:8100".
func (s *Server) Address() string {
	if s.listener == nil {
		return "" // a tenant is where all of them are
	}
	return s.listener.Addr().String()
}

// Run serves until ctx is done, then stops in the opposite order of starting: sources,
// folds, pages, ledger.
func (s *Server) Run(ctx context.Context) error {
	pages, err := s.pages()
	if err != nil {
		return errors.Join(err, s.close())
	}
	return s.run(ctx, s.byHost(pages))
}

// run is Run, with pages that are made already.
func (s *Server) run(ctx context.Context, pages http.Handler) (err error) {
	reading, stopReading := context.WithCancel(ctx)
	s.http = &http.Server{
		Handler: pages, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return reading }, // so that pages that update themselves end
	}
	folding, stopFolding := context.WithCancel(context.WithoutCancel(ctx))
	defer stopReading()
	defer stopFolding()
	failed := make(chan error, 3)
	var readers, folders sync.WaitGroup
	folders.Go(func() { failed <- s.projector.follow(folding) })
	folders.Go(func() { s.keep(folding) })
	folders.Go(func() { s.keepIncidents(folding) })
	scrubber := &scrubber{ledger: s.ledger, pace: scrubPace, log: s.log, troubles: &s.troubles, drops: s.drops}
	if s.archiver != nil {
		folders.Go(func() { s.archiver.run(folding) })
		scrubber.archive = s.archiver.archive
	}
	folders.Go(func() { scrubber.run(folding) })
	folders.Go(func() { s.tellViewers(folding) })
	folders.Go(func() { s.publisher.run(folding) })
	folders.Go(func() { s.teller.run(folding) })
	folders.Go(func() { s.entry.trail.run(folding) })
	if s.publicListener != nil {
		folders.Go(func() { failed <- s.servePublic(folding, s.publisher.options) })
	}
	s.startReaders(reading, &readers)
	if s.listener != nil {
		go func() { failed <- s.http.Serve(s.listener) }()
	}
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	stopReading()
	readers.Wait()
	s.drain()
	stopFolding()
	folders.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, s.close())
}

// startReaders starts all that reads, until ctx is done.
func (s *Server) startReaders(ctx context.Context, readers *sync.WaitGroup) {
	readers.Go(func() { s.releaseHeld(ctx) })
	for _, one := range s.sources {
		readers.Go(func() { s.read(ctx, one) })
	}
	readers.Go(func() { s.runFollowing(ctx) })
	if s.gateway != nil {
		readers.Go(func() { s.runGateway(ctx) })
	}
	s.runTraces(ctx, readers)
	readers.Go(func() { s.runProbes(ctx) })
	s.runDependencies(ctx, readers)
	if s.syslog != nil {
		readers.Go(func() { s.runSyslog(ctx) })
	}
	readers.Go(func() { s.runTenants(ctx) })
}

// drain waits a moment until the folds know all that the sources gave, so that the next
// start is quick; nothing is lost without it.
func (s *Server) drain() {
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	s.waitSaid(ctx)
}

// keep saves the state now and then, and counts what came late.
func (s *Server) keep(ctx context.Context) {
	tick := time.NewTicker(checkpointEvery)
	late := time.NewTicker(time.Second)
	calendar := time.NewTicker(calendarEvery)
	defer calendar.Stop()
	defer tick.Stop()
	defer late.Stop()
	rested := false
	for {
		var err error
		select {
		case <-tick.C:
			var idle bool
			if idle, err = s.projector.save(); idle && !rested {
				debug.FreeOSMemory() // after a burst: what is not needed goes back at once
			}
			rested = idle
			err = errors.Join(err, s.drops.save())
			s.salts.Expire(time.Now())
		case <-s.projector.full:
			err = s.projector.saveSoon()
		case <-late.C:
			err = s.projector.refold(ctx)
		case <-calendar.C:
			err = s.projector.calendars.load(ctx)
		case <-ctx.Done():
			_, err := s.projector.save()
			if err = errors.Join(err, s.drops.save()); err != nil {
				s.log.Warn("state not saved: the next start folds it again", "error", err)
			}
			return
		}
		if err != nil && ctx.Err() == nil {
			s.log.Warn("state not kept", "error", err)
		}
	}
}

// close gives back what open and NewServer took.
func (s *Server) close() error {
	var errs []error
	if s.http != nil {
		ctx, stop := context.WithTimeout(context.Background(), 2*time.Second)
		defer stop()
		if err := s.http.Shutdown(ctx); err != nil {
			errs = append(errs, s.http.Close())
		}
	}
	if s.listener != nil {
		if err := s.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if s.publicListener != nil {
		if err := s.publicListener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if s.gateway != nil {
		errs = append(errs, s.gateway.closeListeners())
	}
	for _, t := range s.tenants.all() {
		errs = append(errs, t.close())
	}
	errs = append(errs, s.spool.close(), s.traces.close())
	if s.gatherer != nil {
		errs = append(errs, s.gatherer.Close())
	}
	if s.ledger != nil {
		errs = append(errs, s.ledger.Close())
	}
	return errors.Join(errs...)
}
