package app

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/service"
)

// A cluster, a catalog and the configuration say whose a service is; its rollout is a
// release, and is one with what the pipeline told.
func TestWhoseAServiceIs(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer secret":
			w.WriteHeader(http.StatusUnauthorized)
		case r.FormValue("watch") != "":
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		case r.URL.Path == "/apis/apps/v1/deployments":
			fmt.Fprint(w, `{"metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"shop","namespace":"a","annotations":{"team":"cluster team"}},
				"spec":{"template":{"spec":{"containers":[{"image":"shop:1.4"}]}}},
				"status":{"conditions":[{"type":"Progressing","status":"True","reason":"NewReplicaSetAvailable","lastUpdateTime":"2026-11-26T10:02:00Z"}]}}]}`)
		default:
			fmt.Fprint(w, `{"metadata":{"resourceVersion":"7"},"items":[]}`)
		}
	}))
	t.Cleanup(api.Close)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"token": "secret\n",
		"catalog-info.yaml": "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: shop, annotations: {honderd.dev/contact: '#shop'}}\n" +
			"spec: {owner: team-shop, system: web}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := config.Default()
	c.Kubernetes = config.Kubernetes{URL: api.URL, TokenFile: filepath.Join(dir, "token")}
	c.Catalog = []string{filepath.Join(dir, "catalog-info.yaml")}
	c.Services = []config.Service{{Name: "shop", Criticality: "critical"}}
	_, url, _ := serving(t, c)
	if got := posted(t, url+"/hooks/release", `{"service":"shop","version":"v1.4","at":"2026-11-26T10:01:00Z"}`); got != http.StatusOK {
		t.Fatal(got)
	}
	var list []service.Known
	eventually(t, "all three have told", func() bool {
		list = nil
		text := fetched(t, url+"/api/v1/catalog")
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			t.Fatal(err)
		}
		return len(list) == 1 && len(list[0].Sources) == 3
	})
	k := list[0]
	if k.Owner != (service.Told{Value: "team-shop", Source: "backstage"}) || k.Contact.Value != "#shop" || k.Criticality.Source != "configuration" || k.Version != (service.Told{Value: "1.4", Source: "kubernetes"}) {
		t.Errorf("%+v", k)
	}
	w, text := worldOf(t, url)
	if len(w.Deploys) != 1 || strings.Contains(text, "secret") {
		t.Errorf("deploys %+v, want one", w.Deploys)
	}
}

func TestOutsideACluster(t *testing.T) {
	c := config.Default()
	c.Data, c.Listen = t.TempDir(), "127.0.0.1:0"
	c.Kubernetes.URL = config.InCluster
	if _, err := NewServer(t.Context(), c, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "fix: write its address") {
		t.Errorf("%v", err)
	}
}
