package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honderd/honderd/internal/kube"
)

// cluster is the API of a cluster with one service, shop/web.
type cluster struct {
	mu      sync.Mutex
	ready   map[string]bool // by host:port
	changed chan struct{}
	version int
}

func (c *cluster) set(ready map[string]bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ready = ready
	c.version++
	if c.changed != nil {
		close(c.changed)
	}
	c.changed = make(chan struct{})
}

func (c *cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Header.Get("Authorization") != "Bearer secret":
		http.Error(w, "who is there?", http.StatusUnauthorized)
		return
	case r.URL.Path != "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices" || r.FormValue("labelSelector") != "kubernetes.io/service-name=web":
		http.NotFound(w, r)
		return
	}
	c.mu.Lock()
	changed, version := c.changed, strconv.Itoa(c.version)
	if r.FormValue("watch") != "" && r.FormValue("resourceVersion") != version {
		defer c.mu.Unlock()
		fmt.Fprintln(w, `{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old"}}`)
		return
	}
	if r.FormValue("watch") == "" {
		defer c.mu.Unlock()
		items := []map[string]any{}
		for addr, ready := range c.ready {
			host, port, _ := net.SplitHostPort(addr)
			n, _ := strconv.Atoi(port)
			items = append(items, map[string]any{
				"metadata":  map[string]any{"name": "web-" + port, "resourceVersion": version},
				"endpoints": []map[string]any{{"addresses": []string{host}, "conditions": map[string]any{"ready": ready}}},
				"ports":     []map[string]any{{"name": "http", "port": n}, {"name": "metrics", "port": 1}},
			})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"metadata": map[string]string{"resourceVersion": version}, "items": items})
		return
	}
	c.mu.Unlock()
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
	select {
	case <-changed:
		fmt.Fprintln(w, `{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old"}}`)
	case <-r.Context().Done():
	}
}

func TestEndpointsOfAClusterAreFollowed(t *testing.T) {
	origin := func(name string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, name) }))
		t.Cleanup(s.Close)
		return strings.TrimPrefix(s.URL, "http://")
	}
	one, two, ill := origin("one"), origin("two"), origin("ill")
	c := &cluster{}
	c.set(map[string]bool{one: true, ill: false})
	api := httptest.NewServer(c)
	t.Cleanup(api.Close)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := Options{Pools: []Pool{{Backends: []Backend{{URL: "k8s://shop/web:http"}}}}, Kubernetes: &kube.Cluster{API: api.URL, Token: token}, Cache: -1}
	ctx, stop := context.WithCancel(t.Context())
	g, err := New(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { g.Run(ctx); close(done) }()
	defer func() { stop(); <-done }()
	ask := func() string {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
		r.RemoteAddr = "198.51.100.7:999"
		g.ServeHTTP(w, r)
		return w.Body.String()
	}
	for range 10 {
		if got := ask(); got != "one" {
			t.Fatalf("answered %q, want the one that is ready", got)
		}
	}
	c.set(map[string]bool{two: true})
	until(t, func() bool { return ask() == "two" })
	c.set(map[string]bool{}) // all of them are gone, as the API says: not believed
	if got := ask(); got != "two" {
		t.Errorf("answered %q, want those that were there", got)
	}
}

// until waits until something holds.
func until(t *testing.T, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		if holds() {
			return
		}
		<-tick.C
	}
	t.Error("waited in vain")
}

func TestServicesAreNamedWhole(t *testing.T) {
	for _, tt := range []struct{ give, want string }{
		{"k8s://shop/web:http", ""},
		{"k8s://shop/web:8080", ""},
		{"k8s://shop/web", "fix: write k8s://namespace/service:port"},
		{"k8s://shop", "fix: write k8s://namespace/service:port"},
		{"k8s://shop/a/b:80", "fix: write k8s://namespace/service:port"},
	} {
		_, err := ParseBackend(tt.give)
		if got := fmt.Sprint(err); tt.want == "" && err != nil || !strings.Contains(got, tt.want) {
			t.Errorf("ParseBackend(%q) = %v, want %q", tt.give, err, tt.want)
		}
	}
	_, err := New(t.Context(), Options{Pools: []Pool{{Backends: []Backend{{URL: "k8s://shop/web:http"}}}}})
	if err == nil || !strings.Contains(err.Error(), "fix: run in a cluster") {
		t.Errorf("without a cluster: %v", err)
	}
}
