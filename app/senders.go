package app

import (
	"cmp"
	"encoding/json"
	"maps"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/fold/intake"
	"github.com/honderd/honderd/service"
	"github.com/honderd/honderd/source/browser"
	"github.com/honderd/honderd/source/hooks"
	"github.com/honderd/honderd/source/otlp"
	"github.com/honderd/honderd/source/push"
	"github.com/honderd/honderd/source/remotewrite"
	"github.com/honderd/honderd/source/syslog"
	"github.com/honderd/honderd/view"
	"github.com/honderd/honderd/web"
)

// ways returns each way in which something comes in, and who uses it.
func (s *Server) ways() []web.Way {
	known, _ := s.projector.sources()
	keyed := len(s.config.Receive.Keys) > 0
	list := []web.Way{
		s.logsWay(known),
		s.kept(web.WayBrowsers, browser.Name, s.config.Receive.Browser.Key != "", known),
		s.kept(web.WayTraces, otlp.Name, keyed, known),
		s.kept(web.WaySyslog, syslog.Name, false, known),
		s.kept(web.WayPush, push.Name, keyed, known),
		s.saidWay(web.WayHooks, hooksName, len(s.config.Receive.Hooks) > 0, view.KindRelease, view.KindAlert, view.KindMention),
		s.metricsWay(keyed),
		s.kept(web.WayGateway, gatewayName, false, known),
		s.probesWay(), s.vantagesWay(),
		s.servicesWay(web.WayCluster, service.FromKubernetes), s.servicesWay(web.WayCatalog, service.FromBackstage),
		s.mentionsWay(), s.saidWay(web.WayFromVendors, "dependency", false, view.KindVendor),
	}
	for i := range list {
		list[i].At = s.placesOf(list[i].Kind)
	}
	return list
}

// refusedBy returns what somebody refused or let fall.
func (s *Server) refusedBy(where string) (list []web.Drop) {
	for _, d := range s.dropped() {
		if d.Where == where {
			list = append(list, d)
		}
	}
	return list
}

func seen(k intake.Source) time.Time {
	if k.Newest <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(k.Newest)
}

// logsWay returns what is read.
func (s *Server) logsWay(known map[string]intake.Source) web.Way {
	w := web.Way{Kind: web.WayLogs, Refused: s.refusedBy("sources")}
	for _, one := range s.allSources() {
		k := known[one.Name()]
		w.Senders = append(w.Senders, web.Sender{Name: strings.TrimPrefix(one.Name(), "accesslog "), Came: k.Lines, Last: seen(k), Trouble: s.troubles.of(one.Name())})
	}
	if len(w.Senders) == 0 {
		w.Refused = nil // lines that others sent could not be read
	}
	return w
}

// kept returns a way of which all is one source in the ledger.
func (s *Server) kept(kind, name string, keyed bool, known map[string]intake.Source) web.Way {
	w := web.Way{Kind: kind, Keyed: keyed, Refused: s.refusedBy(name)}
	if k := known[name]; k.Lines > 0 || s.troubles.of(name) != "" {
		w.Senders = []web.Sender{{Name: name, Came: k.Lines, Last: seen(k), Trouble: s.troubles.of(name)}}
	}
	return w
}

// saidWay returns who told facts of some kinds, by their names.
func (s *Server) saidWay(kind, where string, keyed bool, kinds ...string) web.Way {
	w := web.Way{Kind: kind, Keyed: keyed, Refused: s.refusedBy(where)}
	by := map[string]web.Sender{}
	for _, k := range kinds {
		for _, one := range s.projector.said(k) {
			name := cmp.Or(one.By, k)
			if k == view.KindVendor {
				name = one.Key
			}
			if kind == web.WayHooks && !slices.Contains(hooks.Kinds(), name) {
				continue // it was not told by a hook
			}
			sender := by[name]
			sender.Name, sender.Came = name, sender.Came+1
			if one.Time.After(sender.Last) {
				sender.Last = one.Time
			}
			by[name] = sender
		}
	}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		w.Senders = append(w.Senders, by[name])
	}
	return w
}

// metricsWay returns who writes by remote-write.
func (s *Server) metricsWay(keyed bool) web.Way {
	w := web.Way{Kind: web.WayMetrics, Keyed: keyed, Refused: s.refusedBy(remotewrite.Name)}
	for _, one := range s.metrics.Senders() {
		w.Senders = append(w.Senders, web.Sender{Name: one.Sender, Came: one.Samples, Last: one.Last})
	}
	return w
}

// probesWay returns what is probed from here.
func (s *Server) probesWay() web.Way {
	w := web.Way{Kind: web.WayProbes}
	if s.probing.prober == nil {
		return w
	}
	last := int64(0)
	for _, series := range s.projector.checks().Series {
		if series.From == "" {
			last = max(last, series.Last.At)
		}
	}
	sender := web.Sender{Name: probesName, Came: int64(len(s.probing.targets)), Trouble: s.troubles.of(probesName)}
	if last > 0 {
		sender.Last = time.UnixMilli(last)
	}
	w.Senders = []web.Sender{sender}
	return w
}

// vantagesWay returns from where else it is probed.
func (s *Server) vantagesWay() web.Way {
	w := web.Way{Kind: web.WayVantages, Keyed: true, Refused: s.refusedBy(probesName)}
	if s.probing.door == nil {
		return w
	}
	visits := s.probing.door.Visits()
	for _, name := range s.probing.vantages {
		w.Senders = append(w.Senders, web.Sender{Name: name, Came: int64(len(s.probing.targets)), Last: visits[name].Last})
	}
	return w
}

// servicesWay returns how many services a source told of.
func (s *Server) servicesWay(kind, from string) web.Way {
	w := web.Way{Kind: kind}
	by := map[string]int64{}
	for _, e := range s.entriesOf(from) {
		if !e.Gone {
			by[from]++
		}
	}
	if kind == web.WayCluster && s.cluster != nil || kind == web.WayCatalog && len(s.config.Catalog) > 0 {
		by[from] += 0 // it is asked, whatever it told
	}
	last := time.Time{}
	for _, one := range s.projector.said(view.KindService) {
		if one.By == from && one.Time.After(last) {
			last = one.Time
		}
	}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		w.Senders = append(w.Senders, web.Sender{Name: name, Came: by[name], Last: last})
	}
	return w
}

// mentionsWay returns where it is heard what people say.
func (s *Server) mentionsWay() web.Way {
	w := web.Way{Kind: web.WayMentions, Refused: s.refusedBy("mentions")}
	by := map[string]web.Sender{}
	c := s.config.Mentions
	for _, where := range slices.Concat(c.Mastodon, c.Feeds, []string{c.Bluesky}) {
		if where != "" {
			by[mentionsFrom(where, c.Bluesky, c.Feeds)] = web.Sender{}
		}
	}
	for _, one := range s.projector.said(view.KindMention) {
		var m view.Mention
		if json.Unmarshal(one.Body, &m) != nil || one.By != "mentions" {
			continue
		}
		sender := by[m.Source]
		sender.Came++
		if m.At.After(sender.Last) {
			sender.Last = m.At
		}
		by[m.Source] = sender
	}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		sender := by[name]
		sender.Name = name
		w.Senders = append(w.Senders, sender)
	}
	return w
}

// mentionsFrom returns as what a source of mentions tells.
func mentionsFrom(where, bluesky string, feeds []string) string {
	switch {
	case where == bluesky:
		return "bluesky"
	case slices.Contains(feeds, where):
		return "feed"
	}
	return "mastodon"
}

// placesOf returns where a way listens, or what it reads.
func (s *Server) placesOf(kind string) (list []string) {
	switch kind {
	case web.WayTraces:
		for _, l := range []net.Listener{s.traces.grpc, s.traces.http} {
			if l != nil {
				list = append(list, l.Addr().String())
			}
		}
	case web.WaySyslog:
		return s.config.Receive.Syslog.Listen
	case web.WayCatalog:
		return s.config.Catalog
	case web.WayMentions:
		c := s.config.Mentions
		return slices.DeleteFunc(slices.Concat(c.Mastodon, c.Feeds, []string{c.Bluesky}), func(s string) bool { return s == "" })
	case web.WayCluster:
		if s.config.Kubernetes.URL != "" {
			return []string{s.config.Kubernetes.URL}
		}
	}
	return list
}
