package jetstream_test

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"testing"

	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/jetstream"
	"github.com/honderd/honderd/ledger/ledgertest"
)

// addresses returns free addresses on loopback.
func addresses(t testing.TB, n int) []string {
	t.Helper()
	var list []string
	var open []net.Listener // closed at the end: no two are the same
	for range n {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, l)
		list = append(list, l.Addr().String())
	}
	for _, l := range open {
		l.Close()
	}
	return list
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
