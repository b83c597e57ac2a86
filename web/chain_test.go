package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/fold/chain"
	"github.com/honderd/honderd/service"
	"github.com/honderd/honderd/view"
)

func chainPage(t *testing.T, path string, a chain.Answer) string {
	t.Helper()
	h := New(Options{
		Answers: func() (view.Answer, time.Time) { return view.Answer{}, time.Unix(1767225600, 0) },
		Chain:   func() view.Chain { return view.NewChain(a) },
	})
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = "localhost"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

func TestAnEmptyChainTeaches(t *testing.T) {
	page := chainPage(t, "/chain", chain.Answer{})
	if !strings.Contains(page, "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318") || strings.Contains(page, "<svg class=\"chain\"") {
		t.Error("an empty chain does not say how to send traces")
	}
}

// Names of services come from whoever sends traces.
func TestHostileNamesOfServices(t *testing.T) {
	evil := `"><script>alert(1)</script><img src=x onerror=alert(2)>`
	sum := service.Sum{Count: 5, Errors: 5, Masked: 5}
	a := chain.Answer{
		Newest: time.Unix(1767225600, 0),
		Nodes: []chain.Node{{
			Service: evil, Owner: evil, Criticality: evil, Environment: evil, Spans: 1, Sampled: 1, People: chain.People{Steps: 3, Bad: 1},
			Versions: []chain.Version{{Version: evil}}, Heard: []service.Heard{{What: evil, Name: evil, Count: 1}},
		}},
		Edges: []chain.Edge{{Dependency: service.Dependency{From: evil, To: evil + "2", Kind: service.Kind(evil)}, Total: sum, Recent: sum}},
	}
	for _, path := range []string{"/chain", "/chain?lang=nl", "/chain?fragment=1", "/api/v1/chain"} {
		page := chainPage(t, path, a)
		if strings.Contains(page, "<script>alert") || strings.Contains(page, "<img") {
			t.Errorf("%s shows a name as it came", path)
		}
	}
	if page := chainPage(t, "/chain", a); !strings.Contains(page, "1 of 1 spans are samples") {
		t.Error("that traces are samples is not said")
	}
}
