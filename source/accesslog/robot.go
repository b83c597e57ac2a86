package accesslog

import (
	"bytes"
	"hash/maphash"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/robots"
)

// kindSlots is how many user agents a worker remembers.
const kindSlots = 1 << 14

// kindSlot remembers whose a user agent is.
type kindSlot struct {
	hash  uint64
	kind  robots.Kind
	known bool
}

// agent returns the user agent of line, and its hash.
func (w *Worker) agent(g *Grammar, line []byte) (agent []byte, hash uint64) {
	if !g.has[slotAgent] {
		return nil, 0
	}
	agent = w.m.value(g, slotAgent, line)
	return agent, maphash.Bytes(w.p.seeds[0], agent)
}

// robot counts the request in line when it is not a person's: by what the server or the
// client itself declares, else by the user agent.
func (w *Worker) robot(g *Grammar, line, agent []byte, hash uint64, t *experience.Tally) bool {
	kind := robots.Person
	if g.has[slotRobot] || g.has[slotClass] {
		kind = declared(w.m.value(g, slotRobot, line), w.m.value(g, slotClass, line))
	}
	if kind == robots.Person && g.has[slotAgent] {
		kind = w.kindOf(agent, hash)
	}
	switch kind {
	case robots.Robot:
		t.Robots++
		return true
	case robots.Probe:
		t.Probes++
		return true
	default:
		return false
	}
}

// kindOf tells whose agent is. It remembers the last ones: their number is bounded, and the
// list looks at each byte of an agent once, whatever is in it.
func (w *Worker) kindOf(agent []byte, hash uint64) robots.Kind {
	// Four slots each, as in a cache of a processor: a robot that is rare does not push
	// out the browsers of many.
	set := w.agents[hash%kindSlots&^3:][:4]
	for i := range set {
		if set[i].hash == hash && set[i].known {
			return set[i].kind
		}
	}
	copy(set[1:], set)
	set[0] = kindSlot{hash: hash, kind: w.p.robots.Kind(agent), known: true}
	return set[0].kind
}

// declared reads what is said of not being a person: a category of robots, or a class of
// addresses, of which only some are robots'.
//
// Sources: Cloudflare, "HTTP requests" dataset: VerifiedBotCategory, ClientIPClass;
// OpenTelemetry semantic conventions, user_agent.synthetic.type.
func declared(category, class []byte) robots.Kind {
	switch string(class) {
	case "monitoringService":
		return robots.Probe
	case "searchEngine":
		return robots.Robot
	}
	switch string(category) {
	case "", "-", "0", "false", "no", "none", "null":
		return robots.Person
	case "test":
		return robots.Probe
	}
	if bytes.Contains(category, []byte("onitor")) { // "Monitoring & Analytics"
		return robots.Probe
	}
	return robots.Robot
}
