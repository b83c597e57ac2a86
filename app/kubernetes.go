package app

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/internal/kube"
	"github.com/honderd/honderd/release"
	"github.com/honderd/honderd/service"
	"github.com/honderd/honderd/source/backstage"
	"github.com/honderd/honderd/source/kubernetes"
	"github.com/honderd/honderd/view"
)

// errNoCluster is the answer when this program runs in no cluster, and is to watch it.
var errNoCluster = errors.New("kubernetes.url is in-cluster, and this is no pod of a cluster (fix: write its address as https://host:port, with token_file and ca)")

// openCluster makes ready to watch the cluster that the configuration names.
func (s *Server) openCluster() error {
	k := s.config.Kubernetes
	if k.URL == "" {
		return nil
	}
	at := k.Cluster()
	if at == nil {
		return errNoCluster
	}
	client, err := kube.New(*at)
	if err != nil {
		return err
	}
	s.cluster = kubernetes.New(kubernetes.Options{
		Client: client, Namespaces: k.Namespaces, Environment: k.Environment, Log: s.log,
		Release: func(ctx context.Context, r release.Release) error { return s.world.release(ctx, kubernetes.Name, r) },
		Service: s.world.service,
		Known:   func() []service.Entry { return s.entriesOf(service.FromKubernetes) },
	})
	return nil
}

// runCatalog hears of services from the cluster and from Backstage, until ctx is done.
func (s *Server) runCatalog(ctx context.Context, running *sync.WaitGroup) {
	if s.cluster != nil {
		running.Go(func() { s.cluster.Run(ctx) })
	}
	for _, from := range s.config.Catalog {
		one := backstage.New(backstage.Options{
			From: from, Documents: config.Documents, Service: s.world.service, Log: s.log,
			Known: func() []service.Entry { return s.entriesOf(service.FromBackstage) },
		})
		running.Go(func() { one.Run(ctx) })
	}
}

// entriesOf returns what a source told of services.
func (s *Server) entriesOf(source string) (list []service.Entry) {
	for _, one := range s.projector.said(view.KindService) {
		var e service.Entry
		if json.Unmarshal(one.Body, &e) == nil && (source == "" || e.Source == source) {
			list = append(list, e)
		}
	}
	return list
}

// service keeps what a source tells of a service, when that is news.
func (w *world) service(ctx context.Context, e service.Entry) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	e = e.Clean()
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return w.sayNew(ctx, view.KindService, w.pseudonym("service", e.Source, e.Name), e.Source, body)
}

// catalog returns all that is known of services.
func (s *Server) catalog(c view.Chain) []service.Known {
	list := s.entriesOf("")
	for _, one := range s.config.Services {
		list = append(list, one.Entry())
	}
	for _, n := range c.Nodes {
		if !n.Tells {
			continue
		}
		e := service.Entry{Name: n.Service, Source: service.FromTelemetry, Owner: n.Owner, Criticality: n.Criticality}
		if len(n.Versions) > 0 {
			e.Version = n.Versions[0].Version
		}
		list = append(list, e)
	}
	return service.Merge(list)
}

// services returns all that is known of services, of what traces tell as it was lately.
func (s *Server) services() []service.Known { return s.catalog(s.projector.chainLately()) }

// chain returns which service calls which, and whose they are by all that is known.
func (s *Server) chain() view.Chain {
	c := s.projector.chain()
	return c.Owned(s.catalog(c))
}
