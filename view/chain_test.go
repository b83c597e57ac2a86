package view

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/fold/chain"
	"github.com/honderd/honderd/service"
)

func edge(from, to string, kind service.Kind, count, errors int64) chain.Edge {
	sum := service.Sum{Count: count, Errors: errors, Millis: 10 * count}
	return chain.Edge{Dependency: service.Dependency{From: from, To: to, Kind: kind}, Total: sum, Recent: sum, Last: time.Unix(1767225600, 0).UTC()}
}

func TestBlastRadius(t *testing.T) {
	c := NewChain(chain.Answer{
		Newest: time.Unix(1767225600, 0).UTC(),
		Nodes: []chain.Node{
			{Service: "web", Spans: 9, People: chain.People{Steps: 60, Bad: 2}, Owner: "a"}, {Service: "app", Spans: 9, People: chain.People{Steps: 40}},
			{Service: "cart", Spans: 9}, {Service: "mailer", Spans: 9}, {Service: "lonely", Spans: 1},
		},
		Edges: []chain.Edge{
			edge("web", "cart", service.HTTP, 50, 5), edge("cart", "db", service.DB, 100, 0), edge("cart", "web", service.HTTP, 1, 0),
			edge("app", "mailer", service.Messaging, 10, 0), edge("mailer", "smtp", service.External, 10, 10), edge("app", "topic", service.Messaging, 3, 0),
		},
	})
	got := ""
	for _, n := range c.Nodes {
		reach := "?"
		if n.Reach != nil {
			reach = fmt.Sprintf("%.2f", *n.Reach)
		}
		got += fmt.Sprintf("%s(%s) %s %v; ", n.Service, n.Kind, reach, n.Blast)
	}
	want := "web(service) 0.60 [cart]; app(service) 0.40 []; db(db) 0.60 [cart web]; cart(service) 0.60 [web]; " +
		"mailer(service) 0.00 []; smtp(external) 0.00 [mailer]; topic(messaging) 0.40 [app]; lonely(service) 0.00 []; "
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if cart := c.Nodes[3]; *cart.ErrorShare != 0.1 || *cart.MeanMS != 10 {
		t.Errorf("cart: %v failed, %v ms", *cart.ErrorShare, *cart.MeanMS)
	}
	var b bytes.Buffer
	if err := c.WriteJSON(&b); err != nil || !strings.Contains(b.String(), `"blast_radius": []`) || strings.Contains(b.String(), ": null,\n      \"people") {
		t.Errorf("%v %s", err, b.String())
	}
}

func TestNothingIsKnownOfNothing(t *testing.T) {
	c := NewChain(chain.Answer{Nodes: []chain.Node{{Service: "a"}}, Edges: []chain.Edge{{Dependency: service.Dependency{From: "a", To: "b"}}}})
	for _, n := range c.Nodes {
		if n.Reach != nil || n.ErrorShare != nil || n.MeanMS != nil {
			t.Errorf("of %s something is known: %+v", n.Service, n)
		}
	}
	if c.Newest != nil || len(c.Edges) != 0 {
		t.Errorf("%+v", c)
	}
}
