package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTenantsShareNothing(t *testing.T) {
	tests := []struct{ name, a, b, want string }{
		{"nothing written", "", "", ""},
		{"the same data", "data: /srv/x\n", "data: /srv/x/\n", "fix: give each tenant its own"},
		{"data within data", "data: /srv/x\n", "data: /srv/x/y\n", "the folder of data"},
		{"the same log", "sources: [{log: /var/log/a}]\n", "sources: [{log: /var/log/../log/a}]\n", "the log"},
		{"the same archive", "archive: {where: \"s3://b/p?endpoint=https://s3.example\"}\n", "archive: {where: \"s3://b/p?endpoint=https://s3.example\"}\n", "the archive"},
		{"the same ledger", "ledger: {urls: [\"nats://h:4222\"]}\n", "ledger: {urls: [\"nats://h:4222\"]}\n", "the ledger"},
		{"the same host of a public page", "status: {pages: [{name: a, hosts: [s.example]}]}\n", "status: {pages: [{name: b, hosts: [s.example]}]}\n", "the host s.example"},
		{"an address of its own", "listen: 127.0.0.1:9\n", "", "take out listen"},
		{"tenants of its own", "tenants: [{name: c, hosts: [c.example], config: b.yaml}]\n", "", "a tenant has no tenants"},
		{"a mistake in it", "lissten: 1\n", "", "did you mean listen"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			all := "tenants:\n  - {name: a, hosts: [a.example], config: a.yaml}\n  - {name: b, hosts: [b.example], config: b.yaml}\n"
			for name, text := range map[string]string{"honderd.yaml": all, "a.yaml": tt.a, "b.yaml": tt.b} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			c, err := Load(filepath.Join(dir, "honderd.yaml"))
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Load() = %v, want %q", err, tt.want)
			}
			if err == nil && (c.Tenants[0].Settings.Data == c.Tenants[1].Settings.Data || c.Tenants[0].Settings.Accounts.Login != "always" || c.Tenants[0].Settings.Receive.OTLP.GRPC != Off) {
				t.Errorf("the settings are %+v", c.Tenants[0].Settings)
			}
		})
	}
}
