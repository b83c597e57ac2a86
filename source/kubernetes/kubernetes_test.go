package kubernetes

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honderd/honderd/internal/kube"
	"github.com/honderd/honderd/release"
	"github.com/honderd/honderd/service"
)

// cluster is an API with one deployment, its service and its ingress, which can change.
type cluster struct {
	mu      sync.Mutex
	lists   map[string][]string // by path
	changes chan string         // events of deployments
}

func (c *cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	list, known := c.lists[r.URL.Path]
	c.mu.Unlock()
	switch {
	case !known:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"kind":"Status","code":404,"message":"the server could not find the requested resource"}`)
		return
	case r.FormValue("watch") == "":
		fmt.Fprintf(w, `{"metadata":{"resourceVersion":"7"},"items":[%s]}`, strings.Join(list, ","))
		return
	}
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
	for {
		var event string
		changes := c.changes
		if !strings.HasSuffix(r.URL.Path, "/deployments") {
			changes = nil
		}
		select {
		case event = <-changes:
		case <-r.Context().Done():
			return
		}
		fmt.Fprintln(w, event)
		_ = http.NewResponseController(w).Flush()
	}
}

// deployment is one as the API has it, in the state of a rollout.
func deployment(image, generation, observed, condition string) string {
	return fmt.Sprintf(`{"metadata":{"name":"web","namespace":"shop","resourceVersion":"9","generation":%s,"creationTimestamp":"2026-11-01T08:00:00Z",
		"labels":{"app.kubernetes.io/part-of":"webshop"},"annotations":{"honderd.dev/owner":"team web","honderd.dev/criticality":"High"},
		"managedFields":[{"manager":"kubectl","time":"2026-11-26T10:00:00Z"},{"manager":"hpa","subresource":"scale","time":"2026-11-26T11:00:00Z"}]},
		"spec":{"replicas":3,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web","app.kubernetes.io/name":"storefront"},
		"annotations":{"kubectl.kubernetes.io/default-container":"app"}},"spec":{"containers":[{"name":"proxy","image":"envoy:1"},{"name":"app","image":%q}]}}},
		"status":{"observedGeneration":%s,"conditions":[%s]}}`, generation, image, observed, condition)
}

const available = `{"type":"Progressing","status":"True","reason":"NewReplicaSetAvailable","lastUpdateTime":"2026-11-26T10:02:00Z"}`

// shelf keeps what is told.
type shelf struct {
	mu       sync.Mutex
	releases []string
	entries  []service.Entry
	before   []service.Entry
	news     chan struct{}
}

func (s *shelf) release(_ context.Context, r release.Release) error {
	s.mu.Lock()
	s.releases = append(s.releases, fmt.Sprint(r.Service, " ", r.Version, " ", r.Phase, " ", r.At.Format("15:04")))
	s.mu.Unlock()
	s.news <- struct{}{}
	return nil
}

func (s *shelf) service(_ context.Context, e service.Entry) error {
	s.mu.Lock()
	s.entries = append(s.entries, e)
	s.mu.Unlock()
	s.news <- struct{}{}
	return nil
}

// await waits until so much was told.
func (s *shelf) await(t *testing.T, n int) {
	t.Helper()
	for range n {
		select {
		case <-s.news:
		case <-time.After(time.Minute):
			t.Fatalf("told only %q, %+v", s.releases, s.entries)
		}
	}
}

// A rollout is told when it begins, and when it is live; a service by its name, its owner
// and the host that people ask it by; one that is gone is told to be.
func TestRolloutsAndServices(t *testing.T) {
	c := &cluster{changes: make(chan string), lists: map[string][]string{
		"/apis/apps/v1/namespaces/shop/deployments":  {deployment("registry.example:5000/shop/web:1.4", "3", "3", available)},
		"/apis/apps/v1/namespaces/shop/statefulsets": nil,
		"/apis/apps/v1/namespaces/shop/daemonsets":   nil,
		"/api/v1/namespaces/shop/services":           {`{"metadata":{"name":"web-svc","namespace":"shop"},"spec":{"selector":{"app":"web"}}}`},
		"/apis/networking.k8s.io/v1/namespaces/shop/ingresses": {
			`{"metadata":{"name":"in","namespace":"shop"},"spec":{"rules":[{"host":"shop.example","http":{"paths":[{"backend":{"service":{"name":"web-svc"}}}]}}]}}`,
		},
	}}
	server := httptest.NewServer(c)
	defer server.Close()
	client, err := kube.New(kube.Cluster{API: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	shelf := &shelf{news: make(chan struct{}, 100), before: []service.Entry{{Name: "old", Source: service.FromKubernetes}}}
	s := New(Options{
		Client: client, Namespaces: []string{"shop"}, Release: shelf.release, Service: shelf.service,
		Known: func() []service.Entry { return shelf.before }, Log: slog.New(slog.DiscardHandler),
	})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { s.Run(ctx); close(done) }()
	defer func() { stop(); <-done }()
	shelf.await(t, 3) // a release and two services
	change := func(event string) {
		select {
		case c.changes <- event:
		case <-time.After(time.Minute):
			t.Fatal("nobody watches")
		}
	}
	progressing := strings.Replace(available, "NewReplicaSetAvailable", "ReplicaSetUpdated", 1)
	recent := strings.NewReplacer("2026-11-26T10:00:00Z", time.Now().UTC().Format(time.RFC3339), "\n", "", "\t", "")
	change(`{"type":"MODIFIED","object":` + recent.Replace(deployment("shop/web:1.5", "4", "3", available)) + `}`) // not looked at yet
	change(`{"type":"MODIFIED","object":` + recent.Replace(deployment("shop/web:1.5", "4", "4", progressing)) + `}`)
	shelf.await(t, 2) // begun, and its version
	change(`{"type":"MODIFIED","object":` + recent.Replace(deployment("shop/web:1.5", "4", "4", available)) + `}`)
	shelf.await(t, 1)
	change(`{"type":"MODIFIED","object":` + recent.Replace(deployment("shop/web:1.6", "5", "5", strings.Replace(available, `"True"`, `"False"`, 1))) + `}`)
	shelf.await(t, 2)
	shelf.mu.Lock()
	defer shelf.mu.Unlock()
	var told []string
	for _, r := range shelf.releases {
		told = append(told, strings.Join(strings.Fields(r)[:3], " "))
	}
	if want := []string{"storefront 1.4 succeeded", "storefront 1.5 started", "storefront 1.5 succeeded", "storefront 1.6 failed"}; !slices.Equal(told, want) {
		t.Errorf("told of releases %q, want %q", told, want)
	}
	if !strings.HasSuffix(shelf.releases[0], "10:02") {
		t.Errorf("the first was live at %s, want when its rollout ended", shelf.releases[0])
	}
	e := shelf.entries[0]
	if e.Name != "storefront" || e.Owner != "team web" || e.Criticality != "high" || e.System != "webshop" || !slices.Equal(e.Hosts, []string{"shop.example"}) || e.Where != "deployment shop/web" {
		t.Errorf("the service is %+v", e)
	}
	if gone := shelf.entries[1]; gone.Name != "old" || !gone.Gone {
		t.Errorf("what is no more is %+v", gone)
	}
}

func TestHowFarOthersAre(t *testing.T) {
	for _, tt := range []struct{ kind, text, want string }{
		{statefulsets, `{"spec":{"replicas":2},"status":{"currentRevision":"a","updateRevision":"a","readyReplicas":2}}`, "succeeded"},
		{statefulsets, `{"spec":{"replicas":2},"status":{"currentRevision":"a","updateRevision":"b","readyReplicas":2}}`, "started"},
		{statefulsets, `{"spec":{"replicas":0}}`, ""},
		{daemonsets, `{"status":{"desiredNumberScheduled":3,"updatedNumberScheduled":3,"numberAvailable":3}}`, "succeeded"},
		{daemonsets, `{"status":{"desiredNumberScheduled":3,"updatedNumberScheduled":1,"numberAvailable":3}}`, "started"},
		{daemonsets, `{"status":{"desiredNumberScheduled":0}}`, ""},
		{deployments, `{"spec":{"replicas":2},"status":{"availableReplicas":1,"conditions":[` + available + `]}}`, "succeeded"},
	} {
		o := object{kind: tt.kind}
		if err := json.Unmarshal([]byte(tt.text), &o); err != nil {
			t.Fatal(err)
		}
		if got, _ := o.phase(); string(got) != tt.want {
			t.Errorf("%s %s is %q, want %q", tt.kind, tt.text, got, tt.want)
		}
	}
}

func TestTagsOfImages(t *testing.T) {
	for image, want := range map[string]string{
		"web": "", "web:1": "1", "registry:5000/web": "", "registry:5000/a/web:1.2@sha256:ff": "1.2", "web@sha256:ff": "sha256:ff",
	} {
		if got := tag(image); got != want {
			t.Errorf("tag(%q) = %q, want %q", image, got, want)
		}
	}
}
