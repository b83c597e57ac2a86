package api

import (
	"net/http"

	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/view"
)

// table returns all that can be asked.
func (s *server) table() []Route {
	period := []Param{
		{Name: "from", Says: "RFC 3339, Unix seconds, or how long ago as 24h or 7d; without it: from the beginning"},
		{Name: "to", Says: "the same; without it: until now"},
	}
	list := []Route{
		{
			Method: http.MethodGet, Path: "/api/v1/between", Summary: "How it was from one time to another, in whole minutes: of everybody, or of people told apart by something.",
			Params: append(period, Param{Name: "by", Says: "journey, or the name of a label"}, Param{Name: "name", Says: "which one"}), Answer: view.Stretch{}, handle: s.between,
		},
		{
			Method: http.MethodGet, Path: "/api/v1/minutes", Summary: "The minutes from one time to another in which anybody did something; at most two days.",
			Params: period, Answer: []view.Minute{}, handle: s.minutes,
		},
		{
			Method: http.MethodGet, Path: "/api/v1/windows", Summary: "The worst window of every length from one time to another.",
			Params: period, Answer: []view.Window{}, handle: s.windows,
		},
		{Method: http.MethodGet, Path: "/api/v1/moments", Summary: "When it mattered: each moment, with a verdict for each time that it came.", Answer: []view.Moment{}, handle: s.moments},
		{Method: http.MethodGet, Path: "/api/v1/journeys", Summary: "What people came to do, and how it was for them.", Answer: []view.Journey{}, handle: s.journeys},
		{Method: http.MethodGet, Path: "/api/v1/masked", Summary: "The faults that nobody noticed.", Answer: view.Masked{}, handle: s.masked},
		{
			Method: http.MethodGet, Path: "/api/v1/query", Summary: "One value now or then, as Prometheus answers it.",
			Params: []Param{{Name: "query", Says: "a metric of /metrics, with {journey=\"...\",window=\"5m\"}; or vector(1)", Required: true}, {Name: "time", Says: "when; without it: now"}}, Answer: promAnswer{}, serve: s.query,
		},
		{
			Method: http.MethodGet, Path: "/api/v1/query_range", Summary: "Values over time, as Prometheus answers them.",
			Params: []Param{{Name: "query", Says: "as for query", Required: true}, {Name: "start", Says: "when", Required: true}, {Name: "end", Says: "when", Required: true}, {Name: "step", Says: "seconds, or as 1m", Required: true}}, Answer: promAnswer{}, serve: s.queryRange,
		},
		{Method: http.MethodPost, Path: "/api/v1/query", Summary: "As GET, with a form.", Answer: promAnswer{}, serve: s.query},
		{Method: http.MethodPost, Path: "/api/v1/query_range", Summary: "As GET, with a form.", Answer: promAnswer{}, serve: s.queryRange},
		{Method: http.MethodGet, Path: "/api/v1/labels", Summary: "The names of labels, as Prometheus answers it.", Answer: promNames{}, serve: s.labelNames},
		{Method: http.MethodGet, Path: "/api/v1/label/{name}/values", Summary: "The values of a label, as Prometheus answers it.", Answer: promNames{}, serve: s.labelValues},
		{Method: http.MethodGet, Path: "/api/v1/status/buildinfo", Summary: "Who we are, as Grafana asks Prometheus.", serve: s.buildInfo},
		{Method: http.MethodGet, Path: "/metrics", Summary: "The same numbers for a Prometheus that collects.", serve: s.metrics},
		{Method: http.MethodGet, Path: "/api/v1/openapi.json", Summary: "All that can be asked, as OpenAPI 3.1.", serve: s.openAPI},
	}
	if s.Desk != nil {
		list = append(list, s.deskRoutes()...)
	}
	return list
}

func (s *server) deskRoutes() []Route {
	return []Route{
		{
			Method: http.MethodGet, Path: "/api/v1/incidents", Summary: "The times in which people had a bad time, the newest first.",
			Params: []Param{{Name: "limit", Says: "how many at most, 1 to 200; without it 50"}, {Name: "cursor", Says: "next of the page before"}, {Name: "open", Says: "true: only those that go on"}}, Answer: IncidentPage{}, handle: s.incidents,
		},
		{Method: http.MethodGet, Path: "/api/v1/incidents/{id}", Summary: "All that is known of one incident.", Answer: view.Story{}, handle: s.incident},
		{Method: http.MethodPost, Path: "/api/v1/incidents/{id}/words", Summary: "Say something of an incident; it stays as it is, and is corrected by a further word.", Body: incident.Word{}, Answer: view.Story{}, Status: http.StatusCreated, handle: s.addWord},
		{Method: http.MethodPut, Path: "/api/v1/incidents/{id}/about", Summary: "Say what an incident is. version is that of what you have read: 409 when somebody else has changed it.", Body: aboutBody{}, Answer: view.Story{}, handle: s.setAbout},
		{Method: http.MethodPost, Path: "/api/v1/incidents/{id}/lessons", Summary: "Add a lesson, or with key and version say it anew.", Body: lessonBody{}, Answer: view.Story{}, Status: http.StatusCreated, handle: s.setLesson},
	}
}
