package otlp

import (
	"fmt"
	"io"

	"github.com/honderd/honderd/internal/robots"
)

// Advice is one thing that traces do or do not tell.
type Advice struct {
	What string // "persons"
	Says string
	Bad  bool
	Fix  string // of something bad
}

// advised is how many spans are looked at for advice.
const advised = 200_000

// Advise tells what the traces in from tell of people's experiences, and what must be
// added so that they tell more.
func Advise(o Options, from io.Reader) ([]Advice, error) {
	r := newReader(o, robots.New(o.Rules.Robots, o.Rules.Probes))
	var in intake
	err := documents(from, func(p []byte) error {
		if len(in.spans) < advised {
			r.document(&in, p, 0)
		}
		return nil
	})
	if err != nil && len(in.spans) == 0 {
		return nil, err
	}
	j := newJoiner()
	j.add(in.spans, 0, 0)
	var a advising
	for _, p := range j.due(0, true, j.spans+1) {
		a.look(p.spans)
	}
	return a.says(), nil
}

// advising is what was seen of traces.
type advising struct {
	tree                       tree
	spans, clients, sampled    int
	edges, nobody, pathless    int
	persons, services, callees map[string]int
}

func (a *advising) look(spans []span) {
	if a.services == nil {
		a.persons, a.services, a.callees = map[string]int{}, map[string]int{}, map[string]int{}
	}
	a.tree.plant(spans)
	a.spans += len(spans)
	for i := range spans {
		s := &spans[i]
		a.services[s.res.service]++
		if s.role == client {
			a.clients++
			a.callees[s.res.service]++
		}
		if s.is(sampled) {
			a.sampled++
		}
	}
	for _, i := range a.tree.edges(false) {
		s := &spans[i]
		a.edges++
		if s.person == 0 {
			a.nobody++
		} else {
			a.persons[fmt.Sprint(s.person)]++
		}
		if !s.is(routed) {
			a.pathless++
		}
	}
}

func (a *advising) says() (list []Advice) {
	list = append(list, Advice{What: "traces", Says: fmt.Sprintf("%d spans of %d services, %d steps at the edge", a.spans, len(a.services), a.edges)})
	edge := Advice{What: "edge", Says: "steps of people begin here"}
	if a.edges == 0 {
		edge = Advice{"edge", "no span is a step of a person: all are inside, or called by programs", true, "send the SERVER spans of what people call, or set the attribute honderd.edge=true on them"}
	}
	persons := Advice{What: "persons", Says: fmt.Sprintf("%d people", len(a.persons))}
	most := 0
	for _, n := range a.persons {
		most = max(most, n)
	}
	switch {
	case a.nobody > 0:
		persons = Advice{"persons", fmt.Sprintf("of %d of %d steps it is not known whose they are: they are not counted", a.nobody, a.edges), true,
			"let the instrumentation set client.address and user_agent.original, or set enduser.pseudo.id yourself"}
	case a.edges >= 100 && most > a.edges*9/10:
		persons = Advice{"persons", "nearly all steps are of one person: is client.address that of a proxy?", true, "let the application trust the X-Forwarded-For of its proxy, or set enduser.pseudo.id"}
	}
	routes := Advice{What: "routes", Says: "steps have routes"}
	if a.pathless > 0 {
		routes = Advice{"routes", fmt.Sprintf("%d of %d steps have no http.route, url.template or rpc.method: they are named by their path", a.pathless, a.edges), true, "instrument the framework, not only the HTTP server: it knows the route"}
	}
	masked := Advice{What: "masked faults", Says: fmt.Sprintf("%d CLIENT spans show what failed behind the edge", a.clients)}
	if a.clients == 0 {
		masked = Advice{"masked faults", "there is no CLIENT span: what was hidden from people cannot be seen", true, "instrument the HTTP, RPC and database clients too"}
	}
	sampling := Advice{What: "sampling", Says: "nothing says that traces are left out"}
	if a.sampled > 0 {
		sampling = Advice{"sampling", fmt.Sprintf("%d spans are of traces of which not all are sent: people are not multiplied", a.sampled), true, "send all traces of the edge, or read its access log too"}
	}
	return append(list, edge, persons, routes, masked, sampling)
}
