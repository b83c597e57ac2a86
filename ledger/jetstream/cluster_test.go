package jetstream_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/jetstream"
	"github.com/honderd/honderd/ledger/ledgertest"
)

// addresses returns n addresses that nobody listens on. They are below the ports that
// connections are given, or one of those could take them before a node listens.
func addresses(t testing.TB, n int) []string {
	t.Helper()
	var list []string
	for range 1000 {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", fmt.Sprint("127.0.0.1:", 10_000+rand.IntN(20_000)))
		if err != nil {
			continue
		}
		address := l.Addr().String()
		if l.Close(); slices.Contains(list, address) {
			continue
		}
		if list = append(list, address); len(list) == n {
			return list
		}
	}
	t.Fatal("no free ports")
	return nil
}

// secret returns the secret of a cluster below dir: clusters of tests side by side may be
// given the addresses of each other, and must not become one.
func secret(dir string) string { return "only for tests in " + dir }

// node returns the options of one node of a cluster of those addresses.
func node(t testing.TB, dir string, routes []string, i int) jetstream.Options {
	o := options(t, filepath.Join(dir, fmt.Sprint("node", i)))
	o.Cluster = jetstream.Cluster{Name: "town", Node: fmt.Sprint("town-", i), Listen: routes[i], Routes: routes, Secret: secret(dir)}
	return o
}

// town is a cluster of three nodes in this process.
type town struct {
	dir    string
	routes []string
	nodes  []*jetstream.Ledger
}

// openTown opens a cluster, with new addresses, on the folders below dir.
func openTown(t testing.TB, dir string) *town {
	t.Helper()
	c := &town{dir: dir, routes: addresses(t, 3), nodes: make([]*jetstream.Ledger, 3)}
	errs := make([]error, 3)
	var all sync.WaitGroup
	for i := range c.nodes {
		all.Go(func() { c.nodes[i], errs[i] = jetstream.Open(t.Context(), node(t, dir, c.routes, i)) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatalf("Open() = %v", err)
	}
	return c
}

// whole is a cluster as one ledger: everything goes through its first node, and Close
// closes all.
type whole struct {
	*jetstream.Ledger
	town *town
}

// Close closes all nodes.
func (w whole) Close() error {
	var errs []error
	for _, n := range w.town.nodes {
		errs = append(errs, n.Close())
	}
	return errors.Join(errs...)
}

func TestClusterIsALedger(t *testing.T) {
	if testing.Short() {
		t.Skip("starts three servers for each test")
	}
	t.Parallel()
	ledgertest.RunWith(t, ledgertest.Options{Waits: true}, func(t *testing.T, dir string) ledger.Ledger {
		c := openTown(t, dir)
		return whole{c.nodes[0], c}
	})
}
