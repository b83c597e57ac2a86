package config

import "testing"

func TestTenantsAreAddedAndRemovedByACommand(t *testing.T) {
	add := func(text string) string {
		got, err := AddTenant(text, Tenant{Name: "shop", Hosts: []string{"shop.example", "status.shop.example"}, Config: "shop.yaml"})
		if err != nil {
			t.Error(err)
		}
		return got
	}
	entry := "  - name: \"shop\"\n    hosts: [\"shop.example\", \"status.shop.example\"]\n    config: \"shop.yaml\"\n"
	for _, tt := range []struct{ name, before, after string }{
		{"no tenants yet", "listen: 0.0.0.0:80 # all\n", "listen: 0.0.0.0:80 # all\ntenants:\n" + entry},
		{"at the end of others", "tenants:\n  - name: bank # old\n    hosts: [b.example]\n    config: b.yaml\n\n# more\ndata: x\n", "tenants:\n  - name: bank # old\n    hosts: [b.example]\n    config: b.yaml\n" + entry + "\n# more\ndata: x\n"},
		{"in one line each", "data: x\ntenants:\n  - {name: bank, hosts: [b.example], config: b.yaml}\n", "data: x\ntenants:\n  - {name: bank, hosts: [b.example], config: b.yaml}\n" + entry},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := add(tt.before)
			if got != tt.after {
				t.Errorf("AddTenant() =\n%s\nwant\n%s", got, tt.after)
			}
			if back, err := RemoveTenant(got, "shop"); err != nil || back != tt.before {
				t.Errorf("RemoveTenant() =\n%s\nwant\n%s (%v)", back, tt.before, err)
			}
			if _, err := RemoveTenant(got, "sho"); err == nil {
				t.Error("a part of a name is no name")
			}
		})
	}
	got := add("tenants:\n- name: bank\n  hosts: [b.example]\n")
	if left, err := RemoveTenant(got, "bank"); err != nil || left != "tenants:\n- name: \"shop\"\n  hosts: [\"shop.example\", \"status.shop.example\"]\n  config: \"shop.yaml\"\n" {
		t.Errorf("without indenting: %q, %v", left, err)
	}
	if left, err := RemoveTenant("tenants:\n  - {name: bank, hosts: [b.example]}\n  - {hosts: [c.example], name: 'shop'}\n", "bank"); err != nil || left != "tenants:\n  - {hosts: [c.example], name: 'shop'}\n" {
		t.Errorf("in one line: %q, %v", left, err)
	}
	if _, err := AddTenant("tenants: [{name: a}]\n", Tenant{}); err == nil {
		t.Error("a list in one line is changed")
	}
}
