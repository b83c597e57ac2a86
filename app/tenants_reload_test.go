package app

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/honderd/honderd/config"
)

// Who runs a firm with customers adds one and removes one while the others notice nothing.
func TestTenantsComeAndGoWhileTheServerRuns(t *testing.T) {
	dir := t.TempDir()
	load := func(names ...string) config.Config {
		t.Helper()
		text := fmt.Sprintf("listen: 127.0.0.1:0\ndata: %s/data\nreceive: {otlp: {grpc: off, http: off}}\n", dir)
		for _, name := range names {
			if err := os.WriteFile(filepath.Join(dir, name+".yaml"), []byte("language: nl\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			var err error
			if text, err = config.AddTenant(text, config.Tenant{Name: name, Hosts: []string{name + ".example"}, Config: name + ".yaml"}); err != nil {
				t.Fatal(err)
			}
		}
		path := filepath.Join(dir, "honderd.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Options{ReadFile: config.ReadFile}.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	s, base, stop := serving(t, load("bank"))
	defer stop()
	asked := func(host string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/api/v1/report", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = w.Body.Close()
		return w.StatusCode
	}
	const own, tenants = http.StatusMisdirectedRequest, http.StatusUnauthorized // nobody's name; everybody logs in at a tenant
	bank := s.tenants.all()[0]
	if asked("bank.example") != tenants || asked("shop.example") != own {
		t.Fatal("before", asked("bank.example"), asked("shop.example"))
	}
	for _, step := range []struct {
		names      []string
		bank, shop int
	}{{[]string{"bank", "shop"}, tenants, tenants}, {[]string{"shop"}, own, tenants}, {nil, own, own}, {[]string{"bank"}, tenants, own}} {
		if err := s.Reload(t.Context(), load(step.names...)); err != nil {
			t.Fatal(err)
		}
		if b, sh := asked("bank.example"), asked("shop.example"); b != step.bank || sh != step.shop {
			t.Errorf("with %v: %d and %d, want %d and %d", step.names, b, sh, step.bank, step.shop)
		}
		if len(step.names) == 2 && s.tenants.all()[0] != bank {
			t.Error("who stays was started anew")
		}
	}
}
