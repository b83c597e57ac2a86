package service

import (
	"strings"
	"testing"
)

func TestTheSurestSourceCounts(t *testing.T) {
	list := Merge([]Entry{
		{Name: "checkout", Source: FromTelemetry, Owner: "from traces", Version: "1.4"},
		{Name: "Checkout", Source: FromBackstage, Owner: "team a", Contact: "a@example.org", Needs: []string{"stock"}},
		{Name: "checkout", Source: FromConfiguration, Criticality: "critical", Needs: []string{"stock", "payments"}, Matches: []string{"job=co"}},
		{Name: "gone", Source: FromKubernetes, Gone: true},
		{Name: "other", Source: FromKubernetes, Hosts: []string{"x.example"}},
	})
	if len(list) != 2 || list[0].Name != "checkout" || list[1].Name != "other" {
		t.Fatalf("%+v", list)
	}
	k := list[0]
	for _, tt := range []struct {
		got  Told
		want Told
	}{
		{k.Owner, Told{"team a", FromBackstage}},
		{k.Contact, Told{"a@example.org", FromBackstage}},
		{k.Criticality, Told{"critical", FromConfiguration}},
		{k.Version, Told{"1.4", FromTelemetry}},
		{k.Needs[0], Told{"stock", FromConfiguration}},
		{k.Needs[1], Told{"payments", FromConfiguration}},
	} {
		if tt.got != tt.want {
			t.Errorf("%+v, want %+v", tt.got, tt.want)
		}
	}
	if strings.Join(k.Sources, " ") != "configuration backstage telemetry" || len(k.Needs) != 2 {
		t.Errorf("%+v", k)
	}
	if of, ok := Of(list, map[string]string{"job": "co"}); !ok || of.Name != "checkout" {
		t.Errorf("labels are of %+v, %v", of, ok)
	}
	if _, ok := Named(list, "CHECKOUT"); !ok {
		t.Error("a name in capitals is not known")
	}
	if _, ok := Named(list, ""); ok {
		t.Error("nothing is the name of something")
	}
}

func TestEntriesOfStrangersAreShort(t *testing.T) {
	e := Entry{Name: strings.Repeat("é", 200), Owner: "a\x00<b>\nc", Links: []string{"javascript:x", "https://a.example"}, Needs: make([]string, 100)}.Clean()
	if len(e.Name) > MaxName || strings.ContainsAny(e.Owner, "\x00\n") || len(e.Links) != 1 || len(e.Needs) != 0 {
		t.Errorf("%+v", e)
	}
}

func TestWhoseABackendIs(t *testing.T) {
	known := Merge([]Entry{
		{Name: "stock", Source: FromConfiguration, Owner: "warehouse"},
		{Name: "pay", Source: FromConfiguration, Owner: "money", Hosts: []string{"10.0.0.7", "pay.shop.example", "10.0.0.9:8443"}},
		{Name: "10", Source: FromConfiguration, Owner: "nobody"},
	})
	for _, tt := range []struct{ backend, want string }{
		{"stock", "stock"}, {"http://stock:8080", "stock"}, {"Stock.prod.svc.cluster.local:80", "stock"}, {"https://pay.shop.example/x?y", "pay"},
		{"10.0.0.7:80", "pay"}, {"10.0.0.9:8443", "pay"}, {"10.0.0.9:80", ""}, {"10.1.2.3:80", ""}, {"[::1]:80", ""}, {"", ""}, {"unix:/run/x", ""}, {"other", ""},
	} {
		if k, found := At(known, tt.backend); k.Name != tt.want || found != (tt.want != "") {
			t.Errorf("%s is of %q, want %q", tt.backend, k.Name, tt.want)
		}
	}
}
