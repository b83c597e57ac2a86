package gateway

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/honderd/honderd/experience"
)

// line is an Exchange as the access log has it: docs/gateway.md.
type line struct {
	Time     string      `json:"time"`
	Client   string      `json:"client"`
	Method   string      `json:"method"`
	Host     string      `json:"host"`
	Path     string      `json:"path"`
	Proto    string      `json:"proto"`
	Status   int         `json:"status"`
	Bytes    int64       `json:"bytes"`
	Duration float64     `json:"duration"` // seconds
	Agent    string      `json:"user_agent,omitempty"`
	Pool     string      `json:"pool"`
	Backend  string      `json:"backend,omitempty"`
	Attempts int         `json:"attempts"`
	Masked   string      `json:"masked,omitempty"`
	CostMs   float64     `json:"masked_ms,omitempty"`
	Cache    string      `json:"cache,omitempty"`
	Gone     bool        `json:"gave_up,omitempty"`
	Cut      bool        `json:"cut,omitempty"`
	Faults   []faultLine `json:"faults,omitempty"`

	// Who was asked, and how it went, as nginx writes it.
	Backends string `json:"upstream_addr,omitempty"`
	Statuses string `json:"upstream_status,omitempty"`
}

type faultLine struct {
	Backend string  `json:"backend"`
	Fault   string  `json:"fault"`
	AfterMs float64 `json:"after_ms"`
}

// asked returns who was asked and how that went, as nginx writes $upstream_addr and
// $upstream_status.
func (e *Exchange) asked() (backends, statuses string) {
	var names, codes []string
	for _, f := range e.Faults {
		code := "502" // no answer, or none that can be used
		switch f.What {
		case Silent, Frozen:
			code = "504"
		case ServerError:
			code = "500"
		}
		names, codes = append(names, f.Backend), append(codes, code)
	}
	if e.Backend != "" {
		names, codes = append(names, e.Backend), append(codes, strconv.Itoa(e.Status))
	}
	return strings.Join(names, ", "), strings.Join(codes, ", ")
}

// AppendJSON appends e as a line of the access log. The query is left out.
func (e *Exchange) AppendJSON(p []byte) []byte {
	path, _, _ := strings.Cut(e.Target, "?")
	l := line{
		Time: e.Start.Add(e.Wait).UTC().Format("2006-01-02T15:04:05.000Z07:00"), Client: e.Client.String(), Method: e.Method, Host: e.Host,
		Path: path, Proto: e.Proto, Status: e.Status, Bytes: e.Bytes, Duration: e.Wait.Seconds(), Agent: e.Agent, Pool: e.Pool,
		Backend: e.Backend, Attempts: e.Attempts, Cache: e.Cache, Gone: e.Gone, Cut: e.Cut,
	}
	if e.Mask != experience.Unmasked {
		l.Masked, l.CostMs = e.Mask.String(), float64(e.Cost)/float64(time.Millisecond)
	}
	for _, f := range e.Faults {
		l.Faults = append(l.Faults, faultLine{f.Backend, f.What, float64(f.After) / float64(time.Millisecond)})
	}
	if len(e.Faults) > 0 {
		l.Backends, l.Statuses = e.asked()
	}
	text, err := json.Marshal(l)
	if err != nil {
		return p
	}
	return append(append(p, text...), '\n')
}
