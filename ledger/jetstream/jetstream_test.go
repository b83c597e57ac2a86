package jetstream_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/jetstream"
	"github.com/honderd/honderd/ledger/ledgertest"
)

// options returns what the tests open a ledger with: it logs to t and tries a full
// disk again at once.
func options(t testing.TB, dir string) jetstream.Options {
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	return jetstream.Options{Dir: dir, Log: log, Retry: time.Millisecond}
}

// open opens the ledger in dir, or fails t.
func open(t testing.TB, dir string) *jetstream.Ledger {
	t.Helper()
	l, err := jetstream.Open(t.Context(), options(t, dir))
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	return l
}

func TestJetStreamIsALedger(t *testing.T) {
	ledgertest.Run(t, func(t *testing.T, dir string) ledger.Ledger { return open(t, dir) })
}
