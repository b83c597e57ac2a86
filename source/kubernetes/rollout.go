package kubernetes

import (
	"strings"
	"time"

	"github.com/honderd/honderd/release"
	"github.com/honderd/honderd/service"
)

// read returns what the things that are known tell.
func (s *Source) read() (releases []release.Release, entries []service.Entry) {
	hosts := map[string][]string{} // by namespace/name of a service of the cluster
	for _, kind := range []string{ingresses, routes} {
		for _, o := range s.all(kind) {
			for name, list := range o.fronts() {
				at := o.Metadata.Namespace + "/" + name
				hosts[at] = append(hosts[at], list...)
			}
		}
	}
	doors := s.all(services)
	known := map[string]int{} // the place of each service in entries
	for _, kind := range []string{deployments, statefulsets, daemonsets} {
		for _, w := range s.all(kind) {
			e := w.entry()
			for _, d := range doors {
				if d.selects(w) {
					e.Hosts = append(e.Hosts, hosts[d.key()]...)
				}
			}
			if r, ok := w.release(s.o.Environment); ok {
				releases = append(releases, r)
			}
			if i, again := known[e.Name]; again { // several workloads are one service
				entries[i].Hosts = append(entries[i].Hosts, e.Hosts...)
				continue
			}
			known[e.Name] = len(entries)
			entries = append(entries, e)
		}
	}
	for i := range entries {
		entries[i] = entries[i].Clean()
	}
	return releases, entries
}

// entry returns what a workload says of its service.
func (o object) entry() service.Entry {
	one := strings.TrimSuffix(o.kind, "s")
	return service.Entry{
		Name: service.Name(o.service()), Source: service.FromKubernetes,
		Owner:       o.said("honderd.dev/owner", "backstage.io/owner", "owner", "team"),
		Contact:     o.said("honderd.dev/contact"),
		Criticality: o.said("honderd.dev/criticality", "resource.opentelemetry.io/service.criticality"),
		System:      o.said("app.kubernetes.io/part-of"),
		Version:     o.version(),
		Where:       one + " " + o.key(),
	}
}

// release returns how far the newest version of a workload is; false when nothing can be
// said of it.
func (o object) release(environment string) (release.Release, bool) {
	r := release.Release{Service: o.service(), Version: o.version(), Environment: environment, Source: Name, At: o.changed()}
	if o.Status.ObservedGeneration < o.Metadata.Generation || r.Version == "" {
		return r, false // the cluster has not looked at it yet
	}
	var at time.Time
	r.Phase, at = o.phase()
	if r.Phase == release.Succeeded && at.After(r.At) {
		r.At = at
	}
	r = r.Clean()
	return r, r.Phase != "" && r.Validate() == nil
}

// changed returns when somebody last said what is to run.
func (o object) changed() time.Time {
	at := o.Metadata.CreationTimestamp
	for _, f := range o.Metadata.ManagedFields {
		if f.Subresource == "" && f.Time.After(at) {
			at = f.Time
		}
	}
	return at
}

// phase returns how far the newest version is, and since when, if that is known. A workload
// of which nothing is wanted tells nothing.
func (o object) phase() (release.Phase, time.Time) {
	s, wanted := o.Status, int64(1)
	if o.Spec.Replicas != nil {
		wanted = *o.Spec.Replicas
	}
	done := false
	switch o.kind {
	case deployments: // its numbers sink when a pod falls over: only its condition tells of rollouts
		for _, c := range s.Conditions {
			switch {
			case wanted == 0 || c.Type != "Progressing":
			case c.Status == "False":
				return release.Failed, c.LastUpdateTime
			case c.Reason == "NewReplicaSetAvailable":
				return release.Succeeded, c.LastUpdateTime
			}
		}
	case statefulsets:
		done = s.CurrentRevision == s.UpdateRevision && s.ReadyReplicas >= wanted
	case daemonsets:
		wanted = s.DesiredNumberScheduled
		done = s.UpdatedNumberScheduled >= wanted && s.NumberAvailable >= wanted
	}
	switch {
	case wanted == 0:
		return "", time.Time{}
	case done:
		return release.Succeeded, time.Time{}
	}
	return release.Started, time.Time{}
}
