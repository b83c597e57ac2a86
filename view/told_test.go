package view

import (
	"fmt"
	"testing"

	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/service"
)

// TestWhatIsToldStandsBesideWhatIsSeen draws what a catalog says that services need where no
// call was seen, and counts it when one breaks.
func TestWhatIsToldStandsBesideWhatIsSeen(t *testing.T) {
	c := Chain{People: 100, Nodes: []ChainNode{{Service: "shop", Tells: true, People: 100}, {Service: "pay", Tells: true, Calls: 5}}, Edges: []ChainEdge{{From: "shop", To: "pay", Calls: 5}}}
	known := service.Merge([]service.Entry{
		{Name: "Shop", Source: service.FromConfiguration, Needs: []string{"pay", "search"}},
		{Name: "pay", Source: service.FromBackstage, Owner: "money", Vendor: "Bank"},
	})
	got := c.Owned(known)
	edges := ""
	for _, e := range got.Edges {
		edges += fmt.Sprintf("%s>%s %d %s; ", e.From, e.To, e.Calls, e.Told)
	}
	if want := "shop>pay 5 ; pay>Bank 0 backstage; shop>search 0 configuration; "; edges != want {
		t.Errorf("edges %s, want %s", edges, want)
	}
	for _, n := range got.Nodes {
		want := map[string]string{"shop": "[] service", "pay": "[shop] service", "Bank": "[pay shop] told", "search": "[shop] told"}[n.Service]
		if kind := map[bool]string{true: "service", false: n.Kind}[n.Tells]; fmt.Sprint(n.Blast, " ", kind) != want || n.Reach == nil || *n.Reach != 1 {
			t.Errorf("%s: needed by %v, %s, reach %v; want %s", n.Service, n.Blast, kind, n.Reach, want)
		}
	}
	if len(c.Nodes) != 2 || len(c.Edges) != 1 || c.Nodes[0].Blast != nil {
		t.Errorf("what was asked is changed: %+v", c)
	}
}

func TestALikelyCauseHasAnOwner(t *testing.T) {
	data := &Incident{Likely: []Likely{{Fault: "refused", Backend: "10.0.0.1:80"}, {Fault: "slow", Backend: "http://stock:80"}}}
	list := []Story{{Record: incident.Record{}, Data: data}, {}}
	got := OwnedStories(list, service.Merge([]service.Entry{{Name: "stock", Source: service.FromConfiguration, Owner: "warehouse", Contact: "#stock"}}))
	if owner := got[0].LikelyOwner(); owner != "warehouse" || got[0].Data.Likely[1].Contact != "#stock" || got[1].LikelyOwner() != "" {
		t.Errorf("the owner is %q of %+v", owner, got[0].Data.Likely)
	}
	if data.Likely[1].Owner != "" {
		t.Error("the answer of others is changed")
	}
}
