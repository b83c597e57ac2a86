// Package kubernetes tells what runs in a cluster: which services there are and whose, and
// that a new version of one is going live, is live, or did not get there.
package kubernetes

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/internal/kube"
	"github.com/honderd/honderd/release"
	"github.com/honderd/honderd/service"
)

// Name is what the source is called.
const Name = "kubernetes"

// Options says what is watched, and who is told.
type Options struct {
	Client      *kube.Client
	Namespaces  []string // none: all
	Environment string

	// Release makes a release durable before it returns nil. The same may come again.
	Release func(ctx context.Context, r release.Release) error
	// Service makes what is known of a service durable before it returns nil.
	Service func(ctx context.Context, e service.Entry) error
	// Known returns the services that this source told of before the start.
	Known func() []service.Entry

	Log *slog.Logger
}

// Kinds of things that are watched.
const (
	deployments  = "deployments"
	statefulsets = "statefulsets"
	daemonsets   = "daemonsets"
	services     = "services"
	ingresses    = "ingresses"
	routes       = "httproutes"
)

// paths returns where the API has each kind, before and after the namespace.
func paths() map[string][2]string {
	return map[string][2]string{
		deployments:  {"/apis/apps/v1", "/deployments"},
		statefulsets: {"/apis/apps/v1", "/statefulsets"},
		daemonsets:   {"/apis/apps/v1", "/daemonsets"},
		services:     {"/api/v1", "/services"},
		ingresses:    {"/apis/networking.k8s.io/v1", "/ingresses"},
		routes:       {"/apis/gateway.networking.k8s.io/v1", "/httproutes"},
	}
}

// maxThings is how many things of a kind in a namespace are known.
const maxThings = 20_000

// How often what is known is put together after a change, and tried again after a failure.
const (
	settle = 2 * time.Second
	again  = 10 * time.Second
	old    = 24 * time.Hour // a rollout that began before that is no news
)

// Source watches a cluster.
type Source struct {
	o     Options
	dirty chan struct{} // gets a value when something has changed

	mu     sync.Mutex
	things map[string]map[string]object // by kind and namespace asked for, then by namespace/name
	asked  map[string]bool              // which kinds and namespaces the API has answered for, whatever it was
	heard  map[string]bool              // of which of them all is known
	told   map[string]string            // what was said last, by what
}

// New returns a Source.
func New(o Options) *Source {
	return &Source{o: o, dirty: make(chan struct{}, 1), things: map[string]map[string]object{}, asked: map[string]bool{}, heard: map[string]bool{}, told: map[string]string{}}
}

// Run watches until ctx is done.
func (s *Source) Run(ctx context.Context) {
	namespaces := s.o.Namespaces
	if len(namespaces) == 0 {
		namespaces = []string{""}
	}
	var watching sync.WaitGroup
	for kind, path := range paths() {
		for _, namespace := range namespaces {
			at := path[0] + path[1]
			if namespace != "" {
				at = path[0] + "/namespaces/" + namespace + path[1]
			}
			watching.Go(func() { s.watch(ctx, kind, namespace, at) })
		}
	}
	s.tell(ctx, len(paths())*len(namespaces))
	watching.Wait()
}

// watch keeps one kind of thing as the cluster has it.
func (s *Source) watch(ctx context.Context, kind, namespace, path string) {
	bucket := kind + "\x00" + namespace
	s.o.Client.Follow(ctx, kube.Watch{
		Path: path, Query: url.Values{},
		All: func(items []json.RawMessage) {
			all := make(map[string]object, len(items))
			for _, item := range items[:min(len(items), maxThings)] {
				if o, ok := parse(kind, item); ok {
					all[o.key()] = o
				}
			}
			s.set(func() { s.things[bucket], s.asked[bucket], s.heard[bucket] = all, true, true })
		},
		One: func(event string, item json.RawMessage) {
			o, ok := parse(kind, item)
			if !ok {
				return
			}
			s.set(func() {
				if event == kube.Deleted {
					delete(s.things[bucket], o.key())
				} else if len(s.things[bucket]) < maxThings {
					s.things[bucket][o.key()] = o
				}
			})
		},
		Trouble: func(err error) {
			s.set(func() { s.asked[bucket] = true })
			switch {
			case err == nil:
				s.o.Log.Info("the cluster is watched again", "kind", kind)
			case kube.Missing(err): // a cluster without Gateway API
				s.set(func() { s.heard[bucket] = true })
			case ctx.Err() == nil:
				s.o.Log.Warn("the cluster is not watched: it is tried again", "kind", kind, "error", err)
			}
		},
	})
}

func (s *Source) set(change func()) {
	s.mu.Lock()
	change()
	s.mu.Unlock()
	select {
	case s.dirty <- struct{}{}:
	default:
	}
}

// tell says what has changed, until ctx is done: nothing before there was an answer for
// each kind, and nothing is said to be gone before all of them are known.
func (s *Source) tell(ctx context.Context, kinds int) {
	for {
		select {
		case <-s.dirty:
		case <-ctx.Done():
			return
		}
		rest(ctx, settle) // a rollout changes many things at once
		s.mu.Lock()
		releases, entries := s.read()
		begun, whole := len(s.asked) == kinds, len(s.heard) == kinds
		s.mu.Unlock()
		if !begun {
			continue
		}
		if whole {
			entries = append(entries, s.gone(entries)...)
		}
		if err := s.say(ctx, releases, entries); err != nil && ctx.Err() == nil {
			s.o.Log.Warn("what the cluster tells is not kept: it is tried again", "error", err)
			rest(ctx, again)
			s.set(func() {})
		}
	}
}

// say tells what was not told before.
func (s *Source) say(ctx context.Context, releases []release.Release, entries []service.Entry) error {
	for _, r := range releases {
		place, what := "release "+r.Service+"\x00"+r.Environment, r.Key()+"\x00"+string(r.Phase)
		same := strings.HasPrefix(s.told[place], r.Key()+"\x00")
		if s.told[place] == what || r.Phase == release.Started && (same || time.Since(r.At) > old) {
			continue // a pod that fell over is no rollout
		}
		if err := s.o.Release(ctx, r); err != nil {
			return err
		}
		s.told[place] = what
	}
	for _, e := range entries {
		data, err := json.Marshal(e)
		if err != nil {
			return err
		}
		if s.told["service "+e.Name] == string(data) {
			continue
		}
		if err := s.o.Service(ctx, e); err != nil {
			return err
		}
		s.told["service "+e.Name] = string(data)
	}
	return nil
}

// gone returns the services that were told of before and that the cluster no longer has.
func (s *Source) gone(now []service.Entry) (list []service.Entry) {
	here := map[string]bool{}
	for _, e := range now {
		here[e.Name] = true
	}
	for _, e := range s.o.Known() {
		if !here[e.Name] && !e.Gone {
			e.Gone = true
			list = append(list, e)
		}
	}
	return list
}

// all returns the things of a kind, in the order of their names.
func (s *Source) all(kind string) (list []object) {
	for _, bucket := range slices.Sorted(maps.Keys(s.things)) {
		if len(bucket) <= len(kind) || bucket[:len(kind)+1] != kind+"\x00" {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(s.things[bucket])) {
			list = append(list, s.things[bucket][key])
		}
	}
	return list
}

// rest waits, unless ctx ends.
func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
