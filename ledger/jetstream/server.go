package jetstream

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const (
	maxPayload = 8 << 20  // of the server: a record with its subject and id
	maxMemory  = 16 << 20 // streams in memory: we have none
	maxStore   = 1 << 60  // without a number the server takes 75% of what was free at its start

	// user is who this process is to its own server in a cluster.
	user = "honderd"
)

// serverOptions says how the server runs: silent and careful, and alone unless o names a
// cluster. password is for its own connections.
func serverOptions(o Options, password string) (*server.Options, error) {
	s := &server.Options{
		ServerName:             "honderd",
		DontListen:             true,
		NoSigs:                 true,
		DisableJetStreamBanner: true,
		JetStream:              true,
		JetStreamMaxMemory:     maxMemory,
		JetStreamMaxStore:      maxStore,
		StoreDir:               o.Dir,
		SyncAlways:             true, // the default loses everything since the last sync at a power cut
		MaxPayload:             maxPayload,
		MaxPending:             64 << 20,
	}
	if o.Cluster.Name == "" {
		return s, nil
	}
	host, text, err := net.SplitHostPort(o.Cluster.Listen)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return nil, fmt.Errorf("port %q of the cluster: %w", text, err)
	}
	s.ServerName = o.Cluster.Node
	// Routes wait for a listener of clients, so there has to be one: on loopback, and
	// only this process knows its password.
	s.DontListen, s.Host, s.Port = false, "127.0.0.1", server.RANDOM_PORT
	s.Username, s.Password = user, password
	s.NoSystemAccount = false
	s.Cluster = server.ClusterOpts{
		Name: o.Cluster.Name, Host: host, Port: port,
		Username: user, Password: o.Cluster.Secret,
		NoAdvertise: true, ConnectRetries: 1 << 30, ConnectBackoff: false,
	}
	for _, address := range o.Cluster.Routes {
		s.Routes = append(s.Routes, &url.URL{Scheme: "nats", Host: address, User: url.UserPassword(user, o.Cluster.Secret)})
	}
	return s, nil
}

// startServer starts the server in this process.
func (e *engine) startServer(o Options) error {
	password := rand.Text()
	s, err := serverOptions(o, password)
	if err != nil {
		return err
	}
	ears := &ears{log: o.Log, fail: e.fail}
	if e.server, err = server.NewServer(s); err != nil {
		return err
	}
	e.server.SetLoggerV2(ears, false, false, false)
	e.server.Start()
	if err := ears.fatal(); err != nil {
		return err
	}
	if !e.server.ReadyForConnections(startPatience) {
		return fmt.Errorf("not ready in %v", startPatience)
	}
	dial := []nats.Option{nats.InProcessServer(e.server), nats.NoReconnect(), nats.Timeout(10 * time.Second)}
	if o.Cluster.Name != "" {
		dial = append(dial, nats.UserInfo(user, password))
	}
	return e.dial("", dial)
}
