package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/honderd/honderd/internal/kube"
)

// endpointSlice is a part of the endpoints of a service, as the API has it:
// discovery.k8s.io/v1.
type endpointSlice struct {
	Metadata struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Endpoints []struct {
		Addresses  []string `json:"addresses"`
		Conditions struct {
			Ready *bool `json:"ready"` // absent: it is
		} `json:"conditions"`
	} `json:"endpoints"`
	Ports []struct {
		Name *string `json:"name"`
		Port *int    `json:"port"`
	} `json:"ports"`
}

// service is one service of a cluster.
type service struct {
	namespace, name, port string
}

// parseService reads k8s://namespace/service:port.
func parseService(u *url.URL) (s service, err error) {
	name, port, found := strings.Cut(strings.TrimPrefix(u.Path, "/"), ":")
	s = service{u.Host, name, port}
	if !found || s.namespace == "" || name == "" || port == "" || strings.ContainsAny(s.namespace+name+port, "/?#:%& ") || u.RawQuery != "" {
		return s, fmt.Errorf("backend %q: names no service (fix: write k8s://namespace/service:port, with the number or the name of a port)", u)
	}
	return s, nil
}

// path returns where the API has the endpoints of s.
func (s service) path() (path string, query url.Values) {
	return "/apis/discovery.k8s.io/v1/namespaces/" + s.namespace + "/endpointslices", url.Values{"labelSelector": {"kubernetes.io/service-name=" + s.name}}
}

// addrs returns the addresses of e that are ready, at the port of s.
func (s service) addrs(e endpointSlice) (list []string) {
	port := ""
	for _, p := range e.Ports {
		if p.Port != nil && (len(e.Ports) == 1 || p.Name != nil && *p.Name == s.port || strconv.Itoa(*p.Port) == s.port) {
			port = strconv.Itoa(*p.Port)
		}
	}
	for _, one := range e.Endpoints {
		if port == "" || one.Conditions.Ready != nil && !*one.Conditions.Ready {
			continue
		}
		for _, a := range one.Addresses {
			list = append(list, net.JoinHostPort(a, port))
		}
	}
	return list
}

// endpoints are the addresses of a service, slice by slice.
type endpoints struct {
	of    service
	parts map[string][]string // by the name of a slice
}

// all takes a whole list, and returns the addresses in it.
func (e *endpoints) all(items []json.RawMessage) []string {
	e.parts = map[string][]string{}
	for _, item := range items {
		e.one(kube.Added, item)
	}
	return e.addrs()
}

// one takes one slice that changed, and returns the addresses there are now.
func (e *endpoints) one(event string, object json.RawMessage) []string {
	var slice endpointSlice
	if json.Unmarshal(object, &slice) == nil { // another shape says nothing
		if e.parts[slice.Metadata.Name] = e.of.addrs(slice); event == kube.Deleted {
			delete(e.parts, slice.Metadata.Name)
		}
	}
	return e.addrs()
}

func (e *endpoints) addrs() (all []string) {
	for _, part := range e.parts {
		all = append(all, part...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// followService keeps the addresses of n as the cluster has them, until ctx is done. While
// the API does not answer they stay as they were.
func (g *Gateway) followService(ctx context.Context, p *pool, n *name) {
	e := endpoints{of: *n.service}
	path, query := n.service.path()
	g.kube.Follow(ctx, kube.Watch{
		Path: path, Query: query,
		All: func(items []json.RawMessage) { g.setAddrs(p, n, e.all(items)) },
		One: func(event string, object json.RawMessage) { g.setAddrs(p, n, e.one(event, object)) },
		Trouble: func(err error) {
			if err != nil && ctx.Err() == nil {
				g.options.Log.Error("endpoints of a service are not known anew: they stay as they were", "service", n.url.String(), "error", err)
			}
		},
	})
}

// setAddrs gives n its addresses. None at all is not believed while there were some: a
// pool that is empty helps nobody.
func (g *Gateway) setAddrs(p *pool, n *name, addrs []string) {
	n.mu.Lock()
	same := slices.Equal(addrs, n.addrs) || len(addrs) == 0
	if !same {
		n.addrs = addrs
	}
	n.mu.Unlock()
	if !same {
		g.arrange(p)
		p.recovered(time.Now())
	}
}

// openServices asks for the endpoints of services the first time.
func (g *Gateway) openServices(ctx context.Context) (err error) {
	if g.options.Kubernetes != nil {
		if g.kube, err = kube.New(*g.options.Kubernetes); err != nil {
			return err
		}
	}
	for _, p := range g.pools {
		for _, n := range p.names {
			if n.service == nil {
				continue
			}
			if g.kube == nil {
				return fmt.Errorf("backend %s.%s: there is no Kubernetes API here (fix: run in a cluster, or write kubernetes.url in honderd.yaml)", n.service.name, n.service.namespace)
			}
			path, query := n.service.path()
			items, _, err := g.kube.List(ctx, path, query)
			if err != nil {
				g.options.Log.Error("endpoints of a service are not known: they are asked for again", "error", err)
				continue
			}
			e := endpoints{of: *n.service}
			g.setAddrs(p, n, e.all(items))
		}
	}
	return nil
}
