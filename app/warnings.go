package app

import (
	"net/http"
	"time"

	"github.com/honderd/honderd/internal/reply"
	"github.com/honderd/honderd/source/remotewrite"
	"github.com/honderd/honderd/view"
)

// warnings returns what is coming.
func (s *Server) warnings() view.Warnings {
	p := s.projector
	p.mu.Lock()
	answer := p.folds.foresight.Answer()
	p.mu.Unlock()
	return view.NewWarnings(answer, s.probes(), time.Now(), s.whose(p.chain()))
}

// serviceLabels are the labels that may name a service, the surest first.
func serviceLabels() []string {
	return []string{"service.name", "service_name", "service", "app_kubernetes_io_name", "app", "target"}
}

// whose returns what says which service labels are of.
func (s *Server) whose(c view.Chain) func(labels map[string]string) view.Whose {
	nodes := make(map[string]view.ChainNode, len(c.Nodes))
	for _, n := range c.Nodes {
		nodes[n.Service] = n
	}
	return func(labels map[string]string) view.Whose {
		for _, name := range serviceLabels() {
			if n, known := nodes[labels[name]]; known {
				return view.Whose{Service: n.Service, Owner: n.Owner, Reach: n.Reach}
			}
		}
		return view.Whose{Service: labels["service.name"]}
	}
}

// warningsPages tells programs what is coming.
func (s *Server) warningsPages(mux *http.ServeMux) {
	mux.Handle(remotewrite.Path, s.metrics)
	mux.HandleFunc("GET /api/v1/warnings", func(w http.ResponseWriter, _ *http.Request) { reply.JSON(w, http.StatusOK, s.warnings()) })
}
