package app

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/honderd/honderd/view"
)

// gatewayNow returns what tells pages how the gateway is; nil: there is none.
func (s *Server) gatewayNow() func() view.Gateway {
	if s.gateway == nil {
		return nil
	}
	return s.gateway.now
}

// now returns how the gateway is, for pages.
func (s *GatewayServer) now() view.Gateway {
	state, now := s.State(), time.Now()
	g := view.Gateway{
		AsOf: now, Requests: state.Requests, Felt: state.Felt, Masked: state.Masked, Attempts: state.Attempts, Shed: state.Shed, Cached: state.Cached,
		CostMS: state.CostMs, Sockets: state.Sockets,
	}
	for _, b := range state.Backends {
		one := view.GatewayBackend{
			Pool: b.Pool, Name: b.Name, Owner: b.Owner, Site: b.Site, State: b.State, Score: b.Score, Room: b.Room, Open: b.Open, Fails: b.Fails, Answers: b.Answers,
		}
		for _, n := range b.Faults {
			one.Faults += n
		}
		for _, f := range b.Recent {
			one.Recent = append(one.Recent, view.GatewayFault{What: f.What, At: f.At})
		}
		g.Backends = append(g.Backends, one)
	}
	for _, c := range s.Certificates() {
		says := c.Says(now)
		g.Certificates = append(g.Certificates, view.GatewayCertificate{Domain: c.Domain, Until: c.Until, Says: says})
		if says != "" {
			g.Troubles = append(g.Troubles, says)
		}
	}
	if spans := s.spans.state(); spans != nil && spans.Trouble != "" {
		g.Troubles = append(g.Troubles, "spans are not taken: "+spans.Trouble)
	}
	for why, n := range state.Refused {
		g.Refused = append(g.Refused, view.Count{What: why, Count: n})
	}
	slices.SortFunc(g.Refused, func(a, b view.Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.What, b.What))
	})
	return g
}

// writeState answers with how a gateway or a door is.
func writeState(w http.ResponseWriter, s any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(s)
}
