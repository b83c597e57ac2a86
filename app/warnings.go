package app

import (
	"net/http"
	"strings"
	"time"

	"github.com/honderd/honderd/internal/reply"
	"github.com/honderd/honderd/service"
	"github.com/honderd/honderd/source/remotewrite"
	"github.com/honderd/honderd/view"
)

// warnings returns what is coming.
func (s *Server) warnings() view.Warnings {
	return view.NewWarnings(s.projector.foreseen(), s.probes(), time.Now(), s.whose(s.chain()))
}

// serviceLabels are the labels that may name a service, the surest first.
func serviceLabels() []string {
	return []string{"service.name", "service_name", "service", "app_kubernetes_io_name", "app", "target", "k8s.deployment.name", "job"}
}

// whose returns what says which service labels are of: as somebody said of labels, or by a
// label that names a service that is known.
func (s *Server) whose(c view.Chain) func(labels map[string]string) view.Whose {
	known := s.catalog(c)
	reach := make(map[string]*float64, len(c.Nodes))
	for _, n := range c.Nodes {
		reach[strings.ToLower(n.Service)] = n.Reach
	}
	return func(labels map[string]string) view.Whose {
		k, found := service.Of(known, labels)
		for _, name := range serviceLabels() {
			if !found {
				k, found = service.Named(known, labels[name])
			}
		}
		if !found {
			return view.Whose{Service: labels["service.name"]}
		}
		return view.Whose{Service: k.Name, Owner: k.Owner.Value, Contact: k.Contact.Value, Reach: reach[strings.ToLower(k.Name)]}
	}
}

// warningsPages tells programs what is coming.
func (s *Server) warningsPages(mux *http.ServeMux) {
	mux.Handle(remotewrite.Path, s.metrics)
	mux.HandleFunc("GET /api/v1/warnings", func(w http.ResponseWriter, _ *http.Request) { reply.JSON(w, http.StatusOK, s.warnings()) })
	mux.HandleFunc("GET /api/v1/catalog", func(w http.ResponseWriter, _ *http.Request) {
		reply.JSON(w, http.StatusOK, s.catalog(s.projector.chain()))
	})
}
