package api

import (
	"context"
	"net/http"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/honderd/honderd/view"
)

// assistants answers assistants that speak the Model Context Protocol. They can only read.
func (s *server) assistants() http.Handler {
	m := mcp.NewServer(&mcp.Implementation{Name: "honderd", Title: "Honderd: what people feel", Version: s.Version}, &mcp.ServerOptions{
		Instructions: "Honderd knows what people experienced of a service. A ratio that is null was not measured: never call that good. Shares are of people, not of requests.",
	})
	tool(m, "how_is_it", "How it is for people now: the last hour and day, and the incidents that go on.", s.howIsIt)
	tool(m, "how_was_it", "How it was from one time to another, for everybody or for one journey.", s.howWasIt)
	tool(m, "incidents", "The newest incidents: people hurt, journeys, likely cause, words and lessons.", s.newestIncidents)
	tool(m, "moments", "When it mattered: each moment with its verdicts.", s.whenItMattered)
	tool(m, "worst_windows", "The worst window of each length in all of the period.", s.worstWindows)
	tool(m, "masked_faults", "The faults that nobody noticed, and how they were hidden.", s.maskedFaults)
	return mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return m }, &mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true, Logger: s.Log})
}

// tool adds a tool that only reads.
func tool[In, Out any](m *mcp.Server, name, says string, answer func(In) (Out, error)) {
	mcp.AddTool(m, &mcp.Tool{Name: name, Description: says, Annotations: &mcp.ToolAnnotations{ReadOnlyHint: true}, OutputSchema: anything()},
		func(_ context.Context, _ *mcp.CallToolRequest, in In) (*mcp.CallToolResult, Out, error) {
			out, err := answer(in)
			return nil, out, err
		})
}

// anything is the schema of an answer, which OpenAPI describes.
func anything() any { return map[string]any{"type": "object"} }

type nothing struct{}

// nowAnswer is how it is now.
type nowAnswer struct {
	AsOf     time.Time    `json:"as_of"`
	LastHour view.Stretch `json:"last_hour"`
	LastDay  view.Stretch `json:"last_day"`
	Open     []view.Story `json:"open_incidents"`
	Notes    []view.Note  `json:"notes"`
}

func (s *server) howIsIt(nothing) (nowAnswer, error) {
	a, now := s.Answers()
	out := nowAnswer{AsOf: now, LastHour: a.Between(now.Add(-time.Hour), now), LastDay: a.Between(now.Add(-24*time.Hour), now), Open: []view.Story{}, Notes: list(a.Notes)}
	for _, one := range s.stories() {
		if one.Open {
			out.Open = append(out.Open, one)
		}
	}
	return out, nil
}

func (s *server) stories() []view.Story {
	if s.Desk == nil {
		return []view.Story{}
	}
	return list(s.Desk.Stories())
}

type periodQuestion struct {
	From    string `json:"from" jsonschema:"RFC 3339, or how long ago, such as 24h or 7d"`
	To      string `json:"to,omitempty" jsonschema:"the same; empty: until now"`
	Journey string `json:"journey,omitempty" jsonschema:"one journey; empty: everybody"`
}

func (s *server) howWasIt(q periodQuestion) (view.Stretch, error) {
	a, now := s.Answers()
	from, err := when(q.From, now)
	to := now
	if err == nil && q.To != "" {
		to, err = when(q.To, now)
	}
	switch {
	case err != nil:
		return view.Stretch{}, err
	case !from.Before(to):
		return view.Stretch{}, wrong("from is not before to (fix: swap them)")
	case q.Journey != "":
		return a.BetweenOf(view.ByJourney, q.Journey, from, to), nil
	}
	return a.Between(from, to), nil
}

type limitQuestion struct {
	Limit int `json:"limit,omitempty" jsonschema:"how many at most; without it 10"`
}

func (s *server) newestIncidents(q limitQuestion) (IncidentPage, error) {
	all := s.stories()
	if q.Limit <= 0 {
		q.Limit = 10
	}
	return IncidentPage{Incidents: all[:min(len(all), q.Limit, mostPage)]}, nil
}

type momentsAnswer struct {
	Moments []view.Moment `json:"moments"`
}

func (s *server) whenItMattered(nothing) (momentsAnswer, error) {
	a, _ := s.Answers()
	return momentsAnswer{list(a.Moments)}, nil
}

type windowsAnswer struct {
	Windows []view.Window `json:"windows"`
}

func (s *server) worstWindows(nothing) (windowsAnswer, error) {
	a, _ := s.Answers()
	return windowsAnswer{list(a.Windows)}, nil
}

func (s *server) maskedFaults(nothing) (view.Masked, error) {
	a, _ := s.Answers()
	return a.Masked, nil
}
