package accesslog

import (
	"slices"
	"strings"

	"github.com/honderd/honderd/experience"
)

// blames finds which servers failed behind an experience that was bad, or would have
// been. It reports whether the log tells, and leaves it in w.blamed.
func (w *Worker) blames(g *Grammar, line []byte, e *experience.Experience) bool {
	if !g.has[slotBackends] || !g.has[slotUpstream] || !e.RawBad() || w.p.o.Raw {
		return false
	}
	w.blamed = w.blamed[:0]
	servers, statuses := w.m.value(g, slotBackends, line), w.m.value(g, slotUpstream, line)
	for servers != nil && statuses != nil {
		var server, status []byte
		server, servers, _ = nextAttempt(servers)
		status, statuses, _ = nextAttempt(statuses)
		if w.failed(status) || string(status) == "-" && string(server) != "-" {
			w.blamed = append(w.blamed, experience.Blame{Backend: string(labelValue(server)), Fault: faultOf(string(status))})
		}
	}
	return len(w.blamed) > 0
}

// faultOf names what was wrong with a server by the status that nginx gave its attempt:
// 502 is no answer or nonsense, 504 none in time.
func faultOf(status string) string {
	switch status {
	case "502", "0", "000", "-":
		return "no answer"
	case "504":
		return "silent"
	}
	return "server error"
}

// withBlames returns the key of a set of labels with those that say what was wrong.
func withBlames(key []byte, list []experience.Blame) []byte {
	set := experience.AppendBlames(setOf(string(key)), list, -1)
	slices.SortFunc(set, func(a, b experience.Label) int { return strings.Compare(a.Name, b.Name) })
	return append(key[:0], keyOf(set[:min(len(set), experience.MaxLabels)])...)
}
