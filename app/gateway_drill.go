package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/honderd/honderd/gateway"
)

// drillPath is where drills are asked for.
const drillPath = "/api/v1/gateway/drill"

// drillAsked is how a drill is asked for.
type drillAsked struct {
	Backend string  `json:"backend"`
	Fault   string  `json:"fault"`
	Share   float64 `json:"share"`
	For     string  `json:"for"`
}

// DrillState is how a drill is told of.
type DrillState struct {
	gateway.DrillReport
	For     string `json:"for"`
	On      bool   `json:"on"`
	Problem string `json:"problem,omitempty"`
}

// drillPages let programs on this machine break a backend on purpose.
func drillPages(mux *http.ServeMux, now func() *gateway.Gateway) {
	mux.HandleFunc("GET "+drillPath, func(w http.ResponseWriter, _ *http.Request) { writeDrill(w, http.StatusOK, now(), nil) })
	mux.HandleFunc("DELETE "+drillPath, func(w http.ResponseWriter, r *http.Request) {
		if onThisMachine(r) == "" {
			writeDrill(w, http.StatusForbidden, now(), errNotHere)
			return
		}
		now().StopDrill()
		writeDrill(w, http.StatusOK, now(), nil)
	})
	mux.HandleFunc("POST "+drillPath, func(w http.ResponseWriter, r *http.Request) {
		status, err := startDrill(now(), r)
		writeDrill(w, status, now(), err)
	})
}

var errNotHere = errors.New("drills are asked for on the machine of the gateway only")

func startDrill(g *gateway.Gateway, r *http.Request) (status int, err error) {
	if onThisMachine(r) == "" || r.Header.Get("Origin") != "" { // a page that somebody looks at is not somebody
		return http.StatusForbidden, errNotHere
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return http.StatusUnsupportedMediaType, errors.New("a drill is asked for in JSON (fix: send Content-Type: application/json)")
	}
	var a drillAsked
	d := json.NewDecoder(io.LimitReader(r.Body, 1<<16))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		return http.StatusBadRequest, fmt.Errorf("not a drill: %w", err)
	}
	length, err := time.ParseDuration(a.For)
	if err != nil {
		return http.StatusBadRequest, fmt.Errorf("%q is no time (fix: write 30s)", a.For)
	}
	err = g.StartDrill(gateway.Drill{Backend: a.Backend, Fault: a.Fault, Share: a.Share, For: length})
	switch {
	case errors.Is(err, gateway.ErrNotQuiet):
		return http.StatusConflict, err
	case err != nil:
		return http.StatusBadRequest, err
	}
	return http.StatusCreated, nil
}

func writeDrill(w http.ResponseWriter, status int, g *gateway.Gateway, problem error) {
	r, some := g.DrillReport()
	s := DrillState{DrillReport: r, For: r.For.String(), On: some && r.To.IsZero()}
	if problem != nil {
		s.Problem = problem.Error()
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(s)
}

// ErrDrillRefused is the answer of a gateway that does not begin a drill now.
var ErrDrillRefused = errors.New("the gateway does not begin a drill")

// DrillOptions say how a drill is to be and where.
type DrillOptions struct {
	Admin string // the address of the gateway's pages: http://127.0.0.1:8101
	gateway.Drill
	Every time.Duration        // how often it is looked at
	Wait  time.Duration        // how long a quiet time is waited for
	Says  func(message string) // while it waits
}

// RunDrill asks a gateway for a drill and waits until it is over; when ctx ends it is
// stopped.
func RunDrill(ctx context.Context, o DrillOptions) (DrillState, error) {
	body, err := json.Marshal(drillAsked{o.Backend, o.Fault, o.Share, o.For.String()})
	if err != nil {
		return DrillState{}, err
	}
	until := time.Now().Add(o.Wait)
	for {
		s, status, err := o.ask(ctx, http.MethodPost, body)
		if err != nil {
			return s, err
		}
		if status == http.StatusCreated {
			break
		}
		if status != http.StatusConflict || time.Now().After(until) {
			return s, fmt.Errorf("%w: %s", ErrDrillRefused, s.Problem)
		}
		o.Says(s.Problem)
		select {
		case <-time.After(5 * time.Second):
		case <-ctx.Done():
			return s, ctx.Err()
		}
	}
	tick := time.NewTicker(o.Every)
	defer tick.Stop()
	for {
		method := http.MethodGet
		select {
		case <-tick.C:
		case <-ctx.Done():
			method = http.MethodDelete
		}
		s, _, err := o.ask(context.WithoutCancel(ctx), method, nil)
		if err != nil || !s.On {
			return s, err
		}
	}
}

func (o DrillOptions) ask(ctx context.Context, method string, body []byte) (s DrillState, status int, err error) {
	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	at := o.Admin
	if !strings.Contains(at, "://") {
		at = "http://" + at
	}
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(at, "/")+drillPath, bytes.NewReader(body))
	if err != nil {
		return s, 0, fmt.Errorf("%q is no address of a gateway (fix: write http://127.0.0.1:8101)", o.Admin)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return s, 0, fmt.Errorf("%w (fix: start the gateway with --admin 127.0.0.1:8101, and name that address)", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotFound {
		return s, 0, fmt.Errorf("%s has no gateway (fix: name the address of --admin, or of honderd serve with a gateway)", o.Admin)
	}
	return s, resp.StatusCode, json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&s)
}
